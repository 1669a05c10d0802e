package config

import (
	"errors"
	"fmt"
	"slices"
	"strings"
)

// The variables that have their values only when a receiver starts.
const (
	VarPort   = "PORT"   // a free port
	VarSecret = "SECRET" // the shared secret
	// VarContextPush is where the mock ContextPush service listens, for an app that
	// schedules at it.
	VarContextPush = "CONTEXTPUSH_URL"
	VarHost        = "HOST" // where the ports of a receiver's containers are reached from here

	// VarPortOf and a number is the port under which a container's port of that
	// number is reached.
	VarPortOf = "PORT_"
)

// portOf is the port that PORT_5432 names; 0: the name is another.
func portOf(name string) int {
	digits, ok := strings.CutPrefix(name, VarPortOf)
	if p, err := parsePort(digits); ok && err == nil && digits[0] != '+' && digits[0] != '0' {
		return p
	}
	return 0
}

// Expand replaces each ${NAME} in s by its value in vars. A name that vars
// lacks stays as it is, and $${ is a literal ${. Values are put in as they are:
// a ${NAME} in a value is not replaced again.
func Expand(s string, vars map[string]string) string {
	out, _ := expand(s, func(name string) (string, error) {
		if v, ok := vars[name]; ok {
			return v, nil
		}
		return "${" + name + "}", nil
	})
	return out
}

// expand is Expand with any look-up. Where it fails the text stays, and the
// first error is returned at the end.
func expand(s string, lookup func(name string) (string, error)) (string, error) {
	var b strings.Builder
	var first error
	for {
		i := strings.Index(s, "${")
		if i < 0 {
			b.WriteString(s)
			return b.String(), first
		}
		if i > 0 && s[i-1] == '$' {
			b.WriteString(s[:i-1] + "${")
			s = s[i+2:]
			continue
		}
		b.WriteString(s[:i])
		s = s[i+2:]
		end := strings.IndexFunc(s, func(r rune) bool { return !isVarChar(r) })
		if end < 0 || s[end] != '}' || !isVarName(s[:end]) {
			b.WriteString("${")
			if first == nil {
				// What stands there is not shown: the text may be the secret.
				first = errors.New("holds a ${ without a NAME and }; a literal ${ is written $${")
			}
			continue
		}
		value, err := lookup(s[:end])
		if err != nil {
			value = "${" + s[:end] + "}"
			if first == nil {
				first = err
			}
		}
		b.WriteString(value)
		s = s[end+1:]
	}
}

// isVarName says whether s is a variable's name, as POSIX has it.
func isVarName(s string) bool {
	return s != "" && (s[0] < '0' || s[0] > '9') && !strings.ContainsFunc(s, func(r rune) bool { return !isVarChar(r) })
}

func isVarChar(r rune) bool {
	return r == '_' || 'a' <= r && r <= 'z' || 'A' <= r && r <= 'Z' || '0' <= r && r <= '9'
}

// variables are the names that Expand would look up.
func variables(s string) []string {
	var names []string
	_, _ = expand(s, func(name string) (string, error) {
		names = append(names, name)
		return "", nil
	})
	return names
}

// scope says which variables a text keeps until a receiver starts. A text that
// may keep some is a template, whatever it holds.
type scope []string

var (
	plainScope  scope
	argvScope   = scope{VarPort}
	envScope    = scope{VarPort, VarSecret}
	headerScope = scope{VarSecret}
	dsnScope    = scope{VarSecret, VarHost, VarPortOf}
)

func (sc scope) keeps(name string) bool {
	return slices.Contains(sc, name) || slices.Contains(sc, VarPortOf) && portOf(name) > 0
}

// fill replaces the environment's variables and leaves those of the scope.
func (sc scope) fill(s string, env func(string) (string, bool)) (string, error) {
	value := func(name string) (string, error) {
		if name == VarPort || name == VarSecret {
			return "", sc.refuse(name)
		}
		return lookup(name, env)
	}
	if sc == nil {
		return expand(s, value)
	}
	// A template is expanded once more: what is literal now must be so then.
	parts := strings.Split(s, "$${")
	for i, part := range parts {
		filled, err := expand(part, func(name string) (string, error) {
			if sc.keeps(name) {
				return "${" + name + "}", nil
			}
			v, err := value(name)
			return strings.ReplaceAll(v, "${", "$${"), err
		})
		if err != nil {
			return "", err
		}
		parts[i] = filled
	}
	template := strings.Join(parts, "$${")

	// A value that ends in $ makes an escape of a ${ that follows it.
	mark := func(name string) string { return "\x00" + name }
	direct, err := expand(s, func(name string) (string, error) {
		if sc.keeps(name) {
			return mark(name), nil
		}
		return value(name)
	})
	later, _ := expand(template, func(name string) (string, error) { return mark(name), nil })
	if err == nil && later != direct {
		err = fmt.Errorf("a variable whose value ends in $ can't stand in front of a {")
	}
	return template, err
}

// check says whether s is a template of the scope, with nothing left to fill.
func (sc scope) check(s string) error {
	_, err := expand(s, func(name string) (string, error) {
		if sc.keeps(name) {
			return "", nil
		}
		return "", sc.refuse(name)
	})
	return err
}

func (sc scope) refuse(name string) error {
	switch {
	case name == VarSecret && slices.Contains(sc, VarPort):
		return fmt.Errorf("${%s} would be shown in process lists; hand it over under env", name)
	case name == VarPort:
		return fmt.Errorf("${%s} has a value only under argv and env", name)
	case name == VarSecret:
		return fmt.Errorf("${%s} has a value only under env, headers and dsn", name)
	}
	return fmt.Errorf("${%s} is not replaced here; a literal ${ is written $${", name)
}

func lookup(name string, env func(string) (string, bool)) (string, error) {
	if env != nil {
		if v, ok := env(name); ok {
			return v, nil
		}
	}
	return "", fmt.Errorf("${%s} is not set in the environment; set it, or write the value", name)
}
