package load

import engine "github.com/ctxpush/ctxpush/mocksender/load"

// Phase is what a load test does at the moment.
type Phase string

// The phases, in their order; a search repeats those from Sending on.
const (
	Starting  Phase = "starting"
	Sending   Phase = "sending"
	Draining  Phase = "draining" // only retries and what completes histories
	Verifying Phase = "verifying"
	Done      Phase = "done"
)

// Progress is how a load goes.
type Progress struct {
	Phase Phase
	// Target is the rate that a search tries, in requests a second; 0: none.
	Target float64
	// Load is the engine's last word.
	Load engine.Snapshot
	// Checked, Wrong and Missing are states that were looked at.
	Checked, Wrong, Missing uint64
}
