package scenarios

import (
	"fmt"
	"time"

	"github.com/ctxpush/ctxpush/scenarios/strictyaml"
)

// Outage is what fails for a while as webhooks arrive, and then works again.
type Outage string

// The outages.
const (
	// NetworkCut resets the connections to the receiver and refuses new ones.
	NetworkCut Outage = "network-cut"
	// NetworkSlow delays what goes to the receiver and comes from it, and lets
	// little through at a time.
	NetworkSlow Outage = "network-slow"
	// ReceiverPaused freezes the receiver: it takes connections, and does nothing.
	ReceiverPaused Outage = "receiver-paused"
	// ServicesKilled ends what the receiver needs, such as its database, as
	// SIGKILL does, and starts it again.
	ServicesKilled Outage = "services-killed"
	// ServicesPaused freezes what the receiver needs.
	ServicesPaused Outage = "services-paused"
)

var outageWords = []string{
	string(NetworkCut), string(NetworkSlow), string(ReceiverPaused), string(ServicesKilled), string(ServicesPaused),
}

// OfNetwork says whether the outage lies before the receiver, which does not
// notice more of it than its own connections.
func (o Outage) OfNetwork() bool { return o == NetworkCut || o == NetworkSlow }

// OfServices says whether the outage is of what the receiver needs.
func (o Outage) OfServices() bool { return o == ServicesKilled || o == ServicesPaused }

// The bounds of an outage, in real time, and how long one lasts of which the
// scenario says nothing.
const (
	DefaultOutage = 500 * time.Millisecond
	MaxOutage     = time.Minute
)

// fitsOutage sees that an outage while batches are on their way can be played.
func fitsOutage(n strictyaml.Node, step *Step, fields strictyaml.Map) error {
	if step.Outage == "" {
		return nil
	}
	if step.Restart != "" {
		return n.Errorf("has both restart and outage: want one of them a step")
	}
	if !fields.Has("lasts") {
		step.Lasts = DefaultOutage
	}
	if !fields.Has("moment") {
		step.Moment = BeforeSending
	}
	if step.Moment == MidRequest {
		return n.Errorf("moment: %s goes with restart: want %s, %s or such as 3%s", momentMidRequest, momentBefore, momentSent, acknowledged)
	}
	return nil
}

// outage is its part of a step with batches on their way.
func (s Step) outage() string {
	return fmt.Sprintf("outage: %s, lasts: %s, moment: %s", s.Outage, duration(s.Lasts), s.Moment)
}
