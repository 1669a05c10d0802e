package scenarios

import (
	"slices"
	"strings"
	"time"

	"github.com/ctxpush/ctxpush/mocksender"
	"github.com/ctxpush/ctxpush/scenarios/strictyaml"
)

const (
	// MaxWait is the longest wait of a step, which is in real time.
	MaxWait = time.Hour
	// waitOthers is the word for a wait until all else was sent.
	waitOthers = "others"
	// maxNeutral is the most requests that one step makes to change nothing.
	maxNeutral = 100
)

var (
	batchVerbs = []string{"batch", "raw"}
	stepVerbs  = []string{"batch", "raw", "together", "restart", "wait", "neutral", "expect", "provided"}
	// batchOptions go with a batch or a raw body only.
	batchOptions = []string{"fault", "proxy", "secret", "headers", "add", "answer"}

	batchKeys = slices.Concat(batchVerbs, batchOptions)
	stepKeys  = slices.Concat(stepVerbs, batchOptions, []string{"moment", "outage", "lasts"})
)

// parseStep reads a step of the scenario, or with batchKeys one of the requests
// that go out together.
func parseStep(n strictyaml.Node, s *Scenario, keys []string) (Step, error) {
	step := Step{Line: n.Line(), Request: Request{Answer: Acknowledge}}
	fields, err := n.Map(keys...)
	if err != nil {
		return step, err
	}
	var verbs []string
	for _, v := range stepVerbs {
		if fields.Has(v) && (v != "restart" || !fields.Has("together")) {
			verbs = append(verbs, v)
		}
	}
	switch {
	case len(verbs) == 0 && len(keys) == len(batchKeys):
		return step, n.Errorf("does nothing: want one of %s", strings.Join(batchVerbs, ", "))
	case len(verbs) == 0:
		return step, n.Errorf("does nothing: want one of %s", strings.Join(stepVerbs, ", "))
	case len(verbs) > 1:
		return step, n.Errorf("has both %s and %s: want one of them a step", verbs[0], verbs[1])
	}
	verb := verbs[0]
	for _, e := range fields.Entries {
		switch {
		case e.Key == verb:
		case e.Key == "moment" && (verb != "together" || !fields.Has("restart") && !fields.Has("outage")):
			return step, e.Value.Errorf("goes with together and restart or outage: when it begins")
		case e.Key == "lasts" && (verb != "together" || !fields.Has("outage")):
			return step, e.Value.Errorf("goes with together and outage: how long that lasts")
		case e.Key == "outage" && verb != "together":
			return step, e.Value.Errorf("goes with together: the batches that are sent meanwhile")
		case verb == "together" && (e.Key == "restart" || e.Key == "moment" || e.Key == "outage" || e.Key == "lasts"):
		case verb != "batch" && verb != "raw":
			return step, e.Value.Errorf("goes with batch or raw, not with %s", verb)
		}
		if err := parseStepField(e, s, &step); err != nil {
			return step, err
		}
	}
	if err := fitsOutage(n, &step, fields); err != nil {
		return step, err
	}
	if err := fitsRestart(n, step); err != nil {
		return step, err
	}
	if err := fitsRetries(n, step); err != nil {
		return step, err
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
	case "outage":
		var word string
		word, err = e.Value.Word(outageWords...)
		step.Outage = Outage(word)
	case "lasts":
		step.Lasts, err = within(e.Value, time.Millisecond, MaxOutage)
	case "moment":
		step.Moment, err = parseMoment(e.Value)
	case "wait":
		if text, _ := e.Value.Text(); text == waitOthers {
			step.Others = true
			return nil
		}
		step.Wait, err = within(e.Value, time.Millisecond, MaxWait)
	case "neutral":
		step.Neutral, err = e.Value.Int(1, maxNeutral)
	case "expect":
		step.Expect, err = parseExpect(e.Value, s)
	case "provided":
		if step.Provided, err = parseExpect(e.Value, s); err == nil && len(step.Provided) == 0 {
			err = e.Value.Errorf("is empty: want such as {%s: %s}", s.Messages[0].Name, mocksender.Pending)
		}
	case "fault":
		step.Faults, err = parseFaults(e.Value)
	case "proxy":
		step.Proxy, err = parseProxy(e.Value)
	case "secret":
		var word string
		word, err = e.Value.Word(secretWords...)
		step.Secret = Secret(word)
	case "headers":
		step.Headers, err = parseHeaders(e.Value)
	case "add":
		step.Add, err = parseAdd(e.Value)
	case "answer":
		var word string
		word, err = e.Value.Word(string(Acknowledge), string(Refuse), string(Anything), string(Drop))
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
	if len(list) == 0 {
		return nil, n.Errorf("holds no batch")
	}
	var steps []Step
	for _, item := range list {
		step := Step{Line: item.Line(), Request: Request{Answer: Acknowledge}}
		if item.IsList() {
			step.Batch, err = parseBatch(item, s)
		} else {
			step, err = parseStep(item, s, batchKeys)
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

// parseHeaders reads the fields that a request has besides, or in place of,
// those that the sender makes.
func parseHeaders(n strictyaml.Node) ([]Header, error) {
	headers, err := parsePairs(n, strictyaml.Node.Text)
	if err != nil {
		return nil, err
	}
	for _, h := range headers {
		if strings.Contains(h.Value, OwnSecret) && h.Value != OwnSecret {
			return nil, n.Errorf("%s: %s is the shared secret and stands alone: want %s: %s", h.Name, OwnSecret, h.Name, OwnSecret)
		}
		request := mocksender.Request{Fields: []mocksender.Field{{Name: h.Name, Value: h.Value}}}
		if err := anySender.Preview(request).Err; err != nil {
			return nil, n.Errorf("%v", err)
		}
	}
	return headers, nil
}

// anySender knows which requests can be sent at all.
var anySender = &mocksender.Sender{URL: "http://receiver.example/"}

// parseAdd reads the fields that each entry has besides the contract's.
func parseAdd(n strictyaml.Node) ([]Header, error) {
	fields, err := parsePairs(n, strictyaml.Node.JSON)
	if err != nil {
		return nil, err
	}
	for _, f := range fields {
		if slices.Contains(entryFields, f.Name) {
			return nil, n.Errorf("%s is one of the contract's fields, which every entry has: want another name, or a raw body", f.Name)
		}
	}
	return fields, nil
}

// entryFields are the fields of an entry (clause entry).
var entryFields = []string{
	"device_token", "user_id", "campaign_id", "idempotency_key",
	"delivery_status", "delivery_method", "planned_delivery_method", "timestamp", "content",
}

func parsePairs(n strictyaml.Node, value func(strictyaml.Node) (string, error)) ([]Header, error) {
	m, err := n.Map()
	if err != nil {
		return nil, err
	}
	var pairs []Header
	for _, e := range m.Entries {
		v, err := value(e.Value)
		if err != nil {
			return nil, err
		}
		pairs = append(pairs, Header{e.Key, v})
	}
	return pairs, nil
}
