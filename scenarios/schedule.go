package scenarios

import (
	"strings"

	"github.com/ctxpush/ctxpush/mocksender"
)

// Schedule is one way in which a message's entries may reach a receiver: which
// of them arrive, how often, in which order, grouped into which batches, on
// which connections. It is a value: nothing of it may be changed.
type Schedule struct {
	Message Message
	// Rounds come one after the other: each begins when the one before it was
	// acknowledged.
	Rounds []Round
}

// Round is one batch, or two that are under way at once: the first on the
// connection that all single batches take, the second on another.
type Round [][]Ref

// Requests is how many requests the schedule takes without a retry.
func (s Schedule) Requests() int {
	n := 0
	for _, round := range s.Rounds {
		n += len(round)
	}
	return n
}

// Entries is how many entries arrive, copies counted.
func (s Schedule) Entries() int {
	n := 0
	for _, round := range s.Rounds {
		for _, batch := range round {
			n += len(batch)
		}
	}
	return n
}

// AtOnce says whether two of the batches are under way at once.
func (s Schedule) AtOnce() bool {
	for _, round := range s.Rounds {
		if len(round) > 1 {
			return true
		}
	}
	return false
}

// Names says whether an entry of the schedule names the device, so that a
// receiver can know it; with an empty name, whether any entry names a device.
func (s Schedule) Names(device string) bool {
	for _, round := range s.Rounds {
		for _, batch := range round {
			for _, ref := range batch {
				if ref.Status != mocksender.Cancelled && (device == "" || ref.Device == device) {
					return true
				}
			}
		}
	}
	return false
}

// String is the schedule in one line: entries of one batch are joined by a plus,
// batches that follow each other by a comma, batches at once by two bars, such
// as "opened, pending + delivered || delivered".
func (s Schedule) String() string {
	var b strings.Builder
	for i, round := range s.Rounds {
		if i > 0 {
			b.WriteString(", ")
		}
		for j, batch := range round {
			if j > 0 {
				b.WriteString(" || ")
			}
			for k, ref := range batch {
				if k > 0 {
					b.WriteString(" + ")
				}
				if ref.Device != "" {
					b.WriteString(ref.Device + ".")
				}
				b.WriteString(string(ref.Status))
			}
		}
	}
	return b.String()
}

// Scenario is the schedule as a scenario that can be played and written down. It
// expects the oracle's states, of each identity for which the contract settles
// them.
func (s Schedule) Scenario(judge Fields) Scenario {
	sc := Scenario{
		Name:     s.String(),
		Messages: []Message{s.Message},
		Steps:    make([]Step, 0, len(s.Rounds)),
		Judge:    judge,
	}
	for _, round := range s.Rounds {
		if len(round) == 1 {
			sc.Steps = append(sc.Steps, batchStep(round[0]))
			continue
		}
		step := Step{Together: make([]Step, len(round))}
		for i, batch := range round {
			step.Together[i] = batchStep(batch)
		}
		sc.Steps = append(sc.Steps, step)
	}
	sc.Expect = s.Message.expected()
	return sc
}

func batchStep(batch []Ref) Step { return Step{Request: Request{Batch: batch, Answer: Acknowledge}} }
