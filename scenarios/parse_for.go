package scenarios

import (
	"regexp"

	"github.com/ctxpush/ctxpush/scenarios/strictyaml"
)

// variable is a name of a for and the value that it has in one scenario.
type variable struct{ name, value string }

var variableName = regexp.MustCompile(`^[a-z][a-z0-9_]*$`)

// OwnSecret is the value of a header that stands for the shared secret; no for
// may name a variable so.
const OwnSecret = "$secret"

// parseFor is every combination of the values of a document's for, at most so
// many; without one it is a single combination of nothing.
func parseFor(m strictyaml.Map, most int) ([][]variable, error) {
	combinations := [][]variable{nil}
	n, ok := m.Get("for")
	if !ok {
		if most < 1 {
			return nil, m.Errorf("makes more than %d scenarios of the file", MaxScenarios)
		}
		return combinations, nil
	}
	lists, err := n.Map()
	if err != nil {
		return nil, err
	}
	if len(lists.Entries) == 0 {
		return nil, n.Errorf("is empty: want such as {size: [1, 50, 100]}")
	}
	for _, e := range lists.Entries {
		switch {
		case !variableName.MatchString(e.Key):
			return nil, e.Value.Errorf("is no name of a variable: want lower-case letters, digits and _")
		case "$"+e.Key == OwnSecret:
			return nil, e.Value.Errorf("%s is the shared secret: want another name", OwnSecret)
		}
		values, err := e.Value.List()
		if err != nil {
			return nil, err
		}
		if len(values) == 0 {
			return nil, e.Value.Errorf("is empty: want at least one value")
		}
		if len(values)*len(combinations) > most {
			return nil, e.Value.Errorf("makes more than %d scenarios of the file", MaxScenarios)
		}
		var longer [][]variable
		for _, c := range combinations {
			for _, v := range values {
				text, err := v.Text()
				if err != nil {
					return nil, err
				}
				longer = append(longer, append(c[:len(c):len(c)], variable{e.Key, text}))
			}
		}
		combinations = longer
	}
	return combinations, nil
}
