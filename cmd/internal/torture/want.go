package torture

import (
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/ctxpush/ctxpush/fixtures/hostile"
)

// wanted are the exit codes that are right for a case.
func wanted(c Case) []int {
	if codes, ok := exceptions[c.Name()]; ok {
		return codes
	}
	if c.Side == hostile.Webhook {
		return notTaken
	}
	return surroundings
}

var (
	wellDone     = []int{0}
	fellShort    = []int{1}
	surroundings = []int{3}
	// notTaken is where the first request is not taken: what may be the
	// configuration, such as a port that speaks no HTTP, a redirect or another
	// path, is of the surroundings; all else is the receiver's fault.
	notTaken = []int{1, 3}
	// byLookUp is where a bulk look-up that makes no sense is told apart from a
	// receiver that knows nothing, and a single one can't be.
	byLookUp = []int{1, 3}
)

// exceptions are the cases in which a webhook that misbehaves does not fall
// short, or where something can be judged although the probe or the whole
// misbehaves.
var exceptions = map[string][]int{
	"half-answers/webhook":             wellDone,
	"half-answers/probe":               wellDone,
	"dies-at-second-request/webhook":   wellDone,
	"dies-at-second-request/probe":     wellDone,
	"resets-at-second-request/webhook": wellDone,
	"resets-at-second-request/probe":   wellDone,
	"resets-in-body/webhook":           wellDone,
	"resets-after-answer/webhook":      wellDone,
	"resets-after-answer/probe":        wellDone,
	"drips-body/webhook":               wellDone,
	"cookies/webhook":                  wellDone,
	"cookies/probe":                    wellDone,
	"answers-in-advance/whole":         {0, 1, 3}, // as the answers overtake the questions or not

	// States that can be read, and are not what was sent.
	"deep-content/probe":     fellShort,
	"fat-content/probe":      fellShort,
	"many-members/probe":     {1, 3}, // more than is read, where many are asked for
	"knows-everything/probe": {1, 3}, // a load does not ask before it sends
	"huge-number/probe":      fellShort,
	"changes-its-mind/probe": fellShort,
	"secret-in-state/probe":  fellShort,
	"forgets/probe":          byLookUp,
	"short-array/probe":      byLookUp,

	"listens-late/whole":          wellDone,
	"ignores-sigterm/whole":       wellDone,
	"forks/whole":                 wellDone,
	"forks-a-daemon/whole":        wellDone,
	"closes-its-log/whole":        wellDone,
	"floods-its-log/whole":        wellDone,
	"floods-one-line/whole":       wellDone,
	"logs-the-secret/whole":       notTaken,
	"exits-at-each-request/whole": notTaken,
	"dies-by-signal/whole":        notTaken,
}

// silent are the behaviours that keep whoever asks waiting until his time-out.
var silent = []string{"never-answers", "never-reads", "status-line-only", "drips-head", "drips-body", "drips-interim",
	"http-2", "tls-alert", "chunk-overflow", "never-accepts", "black-hole"}

// patience is how long a request waits for its answer: long enough for a busy
// machine, but where it is always used up.
func patience(c Case) time.Duration {
	if slices.Contains(silent, c.Behaviour.Name()) {
		return 500 * time.Millisecond
	}
	return 10 * time.Second
}

// codes are exit codes as a table shows them.
func codes(all []int) string {
	words := make([]string, len(all))
	for i, n := range all {
		words[i] = strconv.Itoa(n)
	}
	return strings.Join(words, " or ")
}
