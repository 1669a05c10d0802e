package torture

import (
	"strconv"
	"strings"

	"github.com/ctxpush/ctxpush/fixtures/hostile"
)

// wanted are the exit codes that are right for a case.
func wanted(c Case) []int {
	if codes, ok := exceptions[c.Name()]; ok {
		return codes
	}
	if c.Side == hostile.Webhook {
		return fellShort
	}
	return surroundings
}

var (
	wellDone     = []int{0}
	fellShort    = []int{1}
	surroundings = []int{3}
)

// exceptions are the cases in which a webhook that misbehaves does not fall
// short, or something else can be judged after all.
var exceptions = map[string][]int{}

// codes are exit codes as a table shows them.
func codes(all []int) string {
	words := make([]string, len(all))
	for i, n := range all {
		words[i] = strconv.Itoa(n)
	}
	return strings.Join(words, " or ")
}
