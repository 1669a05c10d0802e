package scenarios

import (
	"fmt"
	"strconv"
	"strings"

	"github.com/ctxpush/ctxpush/scenarios/strictyaml"
)

// The words for a moment, and what stands behind a number of batches.
const (
	momentSent       = "sent"
	momentMidRequest = "mid-request"
	momentBefore     = "before"
	acknowledged     = " acknowledged"
)

// String is the moment in the language's words.
func (m Moment) String() string {
	switch m {
	case MidRequest:
		return momentMidRequest
	case BeforeSending:
		return momentBefore
	case 0:
		return momentSent
	}
	return strconv.Itoa(int(m)) + acknowledged
}

// parseMoment reads before, sent, mid-request, or such as 3 acknowledged.
func parseMoment(n strictyaml.Node) (Moment, error) {
	text, err := n.Text()
	if err != nil {
		return 0, err
	}
	switch text {
	case momentSent:
		return 0, nil
	case momentMidRequest:
		return MidRequest, nil
	case momentBefore:
		return BeforeSending, nil
	}
	if number, ok := strings.CutSuffix(text, acknowledged); ok {
		if count, err := strconv.Atoi(number); err == nil && count > 0 {
			return Moment(count), nil
		}
	}
	return 0, n.Errorf("%q is no moment: want %s, %s, %s or such as 3%s", text, momentBefore, momentSent, momentMidRequest, acknowledged)
}

// fitsRestart sees that a restart or an outage while batches are on their way can
// be played.
func fitsRestart(n strictyaml.Node, step Step) error {
	switch {
	case step.Together == nil:
		return nil
	case step.Restart == "" && step.Outage == "" && len(step.Together) == 1:
		return n.Errorf("holds one batch: want at least 2 that go together")
	case step.Restart == "" && step.Outage == "":
		return nil
	case step.Restart != "" && step.Moment == BeforeSending:
		return n.Errorf("moment: %s goes with outage: want a step restart: %s of its own, before this one", momentBefore, step.Restart)
	case int(step.Moment) > len(step.Together):
		return n.Errorf("waits for %d acknowledgements of %d batches: want at most as many", step.Moment, len(step.Together))
	case step.Moment == MidRequest && step.Restart == RestartStop:
		return n.Errorf("a receiver that is stopped waits for the rest of a request: want moment: %s", momentSent)
	}
	for _, batch := range step.Together {
		if batch.Answer != Acknowledge || len(batch.Faults) > 0 || len(batch.Proxy) > 0 {
			return n.Errorf("has a batch with a fault, proxy or answer of its own: the restart or outage is what goes wrong here")
		}
	}
	return nil
}

// inFlight is the restart's part of a step with batches on their way.
func (s Step) inFlight() string {
	return fmt.Sprintf("restart: %s, moment: %s", s.Restart, s.Moment)
}
