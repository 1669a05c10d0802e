package scenarios

import (
	"strings"

	"github.com/ctxpush/ctxpush/mocksender"
	"github.com/ctxpush/ctxpush/scenarios/strictyaml"
)

var (
	batchVerbs = []string{"batch", "raw"}
	stepVerbs  = append(batchVerbs[:2:2], "together", "restart", "wait", "expect")
	// batchOptions go with a batch or a raw body only.
	batchOptions = []string{"fault", "proxy", "secret", "headers", "add", "answer"}
)

func parseStep(n strictyaml.Node, s *Scenario, verbs []string) (Step, error) {
	step := Step{Line: n.Line(), Answer: Acknowledge}
	fields, err := n.Map(append(verbs[:len(verbs):len(verbs)], batchOptions...)...)
	if err != nil {
		return step, err
	}
	verb := ""
	for _, e := range fields.Entries {
		for _, v := range verbs {
			if e.Key != v {
				continue
			}
			if verb != "" {
				return step, n.Errorf("has both %s and %s: want one of them a step", verb, v)
			}
			verb = v
		}
	}
	if verb == "" {
		return step, n.Errorf("does nothing: want one of %s", strings.Join(verbs, ", "))
	}
	for _, e := range fields.Entries {
		if verb != "batch" && verb != "raw" && e.Key != verb {
			return step, e.Value.Errorf("goes with batch or raw, not with %s", verb)
		}
		if err := parseStepField(e, s, &step); err != nil {
			return step, err
		}
	}
	if step.Answer != Acknowledge && (len(step.Faults) > 0 || len(step.Proxy) > 0) {
		return step, n.Errorf("faults and proxy answers lead to a retry: want answer: 2xx")
	}
	if len(step.Add) > 0 && step.Raw != nil {
		return step, n.Errorf("add goes with batch: write the field into the raw body")
	}
	return step, nil
}

func parseStepField(e strictyaml.Entry, s *Scenario, step *Step) (err error) {
	switch e.Key {
	case "batch":
		step.Batch, err = parseBatch(e.Value, s)
	case "raw":
		var text string
		text, err = e.Value.Text()
		step.Raw = &text
	case "together":
		step.Together, err = parseTogether(e.Value, s)
	case "restart":
		var word string
		word, err = e.Value.Word(string(RestartStop), string(RestartKill))
		step.Restart = Restart(word)
	case "wait":
		step.Wait, err = e.Value.Duration()
		if err == nil && step.Wait <= 0 {
			err = e.Value.Errorf("is %s: want more than 0", step.Wait)
		}
	case "expect":
		step.Expect, err = parseExpect(e.Value, s)
	case "fault":
		step.Faults, err = parseFaults(e.Value)
	case "proxy":
		step.Proxy, err = parseProxy(e.Value)
	case "secret":
		var word string
		word, err = e.Value.Word(secretWords...)
		step.Secret = Secret(word)
	case "headers":
		step.Headers, err = parseHeaders(e.Value, strictyaml.Node.Text)
	case "add":
		step.Add, err = parseHeaders(e.Value, strictyaml.Node.JSON)
	case "answer":
		var word string
		word, err = e.Value.Word(string(Acknowledge), string(Refuse), string(Anything))
		step.Answer = Answer(word)
	}
	return err
}

var secretWords = []string{
	string(SecretWrong), string(SecretMissing), string(SecretEmpty),
	string(SecretPrefix), string(SecretExtended), string(SecretCase),
}

// parseBatch reads a list of entries, and sees that it makes 1 to MaxBatch.
func parseBatch(n strictyaml.Node, s *Scenario) ([]Ref, error) {
	list, err := n.List()
	if err != nil {
		return nil, err
	}
	var refs []Ref
	entries := 0
	for _, item := range list {
		ref, err := parseRef(item, s)
		if err != nil {
			return nil, err
		}
		refs = append(refs, ref)
		entries += ref.entries(s.Message(ref.Message))
	}
	if entries < 1 || entries > mocksender.MaxBatch {
		return nil, n.Errorf("holds %d entries: want 1 to %d", entries, mocksender.MaxBatch)
	}
	return refs, nil
}

// entries is how many entries the reference stands for.
func (r Ref) entries(m *Message) int {
	each := 0
	for _, d := range m.Devices {
		if r.Device != "" && r.Device != d.Name {
			continue
		}
		for _, c := range d.History {
			if r.Status == "" || r.Status == c.Status {
				each++
			}
		}
	}
	if m.Cancelled != nil && r.Device == "" && (r.Status == "" || r.Status == mocksender.Cancelled) {
		each++
	}
	members := m.Count
	if r.From > 0 {
		members = r.To - r.From + 1
	}
	return each * members
}

// parseTogether reads batches: each a list of entries, or a step with a batch
// and what goes with it.
func parseTogether(n strictyaml.Node, s *Scenario) ([]Step, error) {
	list, err := n.List()
	if err != nil {
		return nil, err
	}
	if len(list) < 2 {
		return nil, n.Errorf("holds %d batches: want at least 2", len(list))
	}
	var steps []Step
	for _, item := range list {
		step := Step{Line: item.Line(), Answer: Acknowledge}
		if item.IsList() {
			step.Batch, err = parseBatch(item, s)
		} else {
			step, err = parseStep(item, s, batchVerbs)
		}
		if err != nil {
			return nil, err
		}
		steps = append(steps, step)
	}
	return steps, nil
}

// parseFaults reads a fault's name, or one for each attempt in turn.
func parseFaults(n strictyaml.Node) ([]string, error) {
	allowed := append([]string{NoFault}, mocksender.FaultNames()...)
	if n.IsList() {
		return words(n, allowed...)
	}
	word, err := n.Word(allowed...)
	return []string{word}, err
}

// parseProxy reads the answers that take the receiver's place, in turn.
func parseProxy(n strictyaml.Node) ([]int, error) {
	list := []strictyaml.Node{n}
	if n.IsList() {
		var err error
		if list, err = n.List(); err != nil {
			return nil, err
		}
	}
	var answers []int
	for _, item := range list {
		status, err := item.Int(300, 599)
		if err != nil {
			return nil, err
		}
		answers = append(answers, status)
	}
	if len(answers) > mocksender.MaxRetries {
		return nil, n.Errorf("fails %d attempts: want at most %d, so that the last one gets through", len(answers), mocksender.MaxRetries)
	}
	return answers, nil
}

func parseHeaders(n strictyaml.Node, value func(strictyaml.Node) (string, error)) ([]Header, error) {
	m, err := n.Map()
	if err != nil {
		return nil, err
	}
	var headers []Header
	for _, e := range m.Entries {
		v, err := value(e.Value)
		if err != nil {
			return nil, err
		}
		headers = append(headers, Header{e.Key, v})
	}
	return headers, nil
}

// unknown is the word for a message that the receiver must not know.
const unknown = "unknown"

func parseExpect(n strictyaml.Node, s *Scenario) ([]Expectation, error) {
	m, err := n.Map()
	if err != nil {
		return nil, err
	}
	var all []Expectation
	for _, e := range m.Entries {
		x := Expectation{Line: e.Value.Line()}
		x.Message, x.Device, _ = strings.Cut(e.Key, ".")
		message := s.Message(x.Message)
		if message == nil {
			return nil, e.Value.Errorf("%q is no message; %s", x.Message, strictyaml.Suggest(x.Message, messageNames(s)))
		}
		if x.Device != "" && !hasDevice(message, x.Device) {
			return nil, e.Value.Errorf("%q is no device of %s; %s", x.Device, x.Message, strictyaml.Suggest(x.Device, deviceNames(message)))
		}
		word, err := e.Value.Word(append(statusWords(), unknown)...)
		if err != nil {
			return nil, err
		}
		if word != unknown {
			if !happened(message, x.Device, word) {
				return nil, e.Value.Errorf("%s is not in the history of %s", word, e.Key)
			}
			x.Status = mocksender.DeliveryStatus(word)
		}
		all = append(all, x)
	}
	return all, nil
}

// The words that the language is made of.

func statusWords() []string {
	words := make([]string, len(mocksender.Statuses))
	for i, s := range mocksender.Statuses {
		words[i] = string(s)
	}
	return words
}

func partWords() []string {
	words := make([]string, len(KeyParts))
	for i, p := range KeyParts {
		words[i] = string(p)
	}
	return words
}

func messageNames(s *Scenario) []string {
	var names []string
	for _, m := range s.Messages {
		names = append(names, m.Name)
	}
	return names
}

func deviceNames(m *Message) []string {
	var names []string
	for _, d := range m.Devices {
		names = append(names, d.Name)
	}
	return names
}

func hasDevice(m *Message, device string) bool {
	for _, d := range m.Devices {
		if d.Name == device {
			return true
		}
	}
	return false
}

func isStatus(word string) bool {
	for _, s := range mocksender.Statuses {
		if string(s) == word {
			return true
		}
	}
	return false
}

func toStatus(word string) mocksender.DeliveryStatus { return mocksender.DeliveryStatus(word) }

// happened says whether the status is in the history of the message, on the
// device where one is named.
func happened(m *Message, device, status string) bool {
	if status == string(mocksender.Cancelled) {
		return m.Cancelled != nil
	}
	for _, d := range m.Devices {
		if device != "" && device != d.Name {
			continue
		}
		for _, c := range d.History {
			if string(c.Status) == status {
				return true
			}
		}
	}
	return false
}
