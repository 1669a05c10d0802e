package strictyaml

import (
	"maps"
	"regexp"
	"slices"
)

// variable is where a text names a variable. The name is as long as it can be:
// $names is not $name and an s.
var variable = regexp.MustCompile(`\$[A-Za-z_][A-Za-z0-9_]*`)

// With is the node with $name replaced by vars[name] in every text in it, keys
// too. A name that vars lacks stays as it is: free text may hold a dollar.
func (n Node) With(vars map[string]string) Node {
	n.vars = vars
	return n
}

// replaced is s with the variables' values, which are not looked at again.
func (n Node) replaced(s string) string {
	if len(n.vars) == 0 {
		return s
	}
	return variable.ReplaceAllStringFunc(s, func(found string) string {
		if value, ok := n.vars[found[1:]]; ok {
			return value
		}
		return found
	})
}

// unset is the error of a text that names a variable without a value; nil where
// it names none. It explains why a word is not known, or a number none.
func (n Node) unset() error {
	text, _ := n.Scalar()
	return n.unsetIn(text)
}

func (n Node) unsetIn(text string) error {
	found := variable.FindString(text)
	if found == "" {
		return nil
	}
	known := slices.Sorted(maps.Keys(n.vars))
	if len(known) == 0 {
		return n.Errorf("%s stands for nothing: want for: {%s: [...]} in the same document", found, found[1:])
	}
	for i := range known {
		known[i] = "$" + known[i]
	}
	return n.Errorf("%s stands for nothing; %s", found, Suggest(found, known))
}
