package scenarios

import (
	"net/http"
	"strconv"

	"github.com/ctxpush/ctxpush/mocksender"
	"github.com/ctxpush/ctxpush/scenarios/strictyaml"
)

// ProxyAnswer is what a proxy does in the receiver's place: it answers with a
// status code, 300 to 599, or does one of the things below.
type ProxyAnswer int

const (
	// ProxyReset resets the connection once the request has come.
	ProxyReset ProxyAnswer = -1
	// ProxySilence answers nothing, until the sender gives up.
	ProxySilence ProxyAnswer = -2
)

// String is the answer as a scenario file says it.
func (a ProxyAnswer) String() string {
	switch a {
	case ProxyReset:
		return "reset"
	case ProxySilence:
		return "timeout"
	}
	return strconv.Itoa(int(a))
}

// parseProxy reads the answers that take the receiver's place, in turn.
func parseProxy(n strictyaml.Node) ([]ProxyAnswer, error) {
	list := []strictyaml.Node{n}
	if n.IsList() {
		var err error
		if list, err = n.List(); err != nil {
			return nil, err
		}
	}
	var answers []ProxyAnswer
	for _, item := range list {
		answer, err := parseProxyAnswer(item)
		if err != nil {
			return nil, err
		}
		answers = append(answers, answer)
	}
	return answers, nil
}

func parseProxyAnswer(n strictyaml.Node) (ProxyAnswer, error) {
	text, err := n.Text()
	if err != nil {
		return 0, err
	}
	for _, a := range []ProxyAnswer{ProxyReset, ProxySilence} {
		if text == a.String() {
			return a, nil
		}
	}
	status, err := n.Int(http.StatusMultipleChoices, 599)
	if err != nil {
		return 0, n.Errorf("%q is no failure: want a status from 300 to 599, %s or %s", text, ProxyReset, ProxySilence)
	}
	return ProxyAnswer(status), nil
}

// fitsRetries sees that what goes wrong with a step's attempts leads to the
// answer that the step wants.
func fitsRetries(n strictyaml.Node, s Step) error {
	const attempts = mocksender.MaxRetries + 1
	failed := max(len(s.Faults), len(s.Proxy))
	switch {
	case s.Answer == Drop && len(s.Proxy) != attempts:
		return n.Errorf("answer: dropped with %d proxy answers: want %d, one for each attempt", len(s.Proxy), attempts)
	case s.Answer == Drop && len(s.Faults) > 0:
		return n.Errorf("answer: dropped leaves the faults nothing to strike: want proxy answers alone")
	case s.Answer == Acknowledge && failed >= attempts:
		return n.Errorf("fails %d attempts: want at most %d, so that the last one gets through", failed, attempts-1)
	case s.Answer != Acknowledge && s.Answer != Drop && failed > 0:
		return n.Errorf("faults and proxy answers lead to a retry: want answer: 2xx")
	}
	return nil
}
