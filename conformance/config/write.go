package config

import (
	"encoding/json"
	"fmt"
	"maps"
	"reflect"
	"regexp"
	"slices"
	"strings"

	"github.com/ctxpush/ctxpush/mocksender"
)

// Commented is c as a receiver.yaml for people: what c sets, and as comments
// what else they may want. The secret is never in it: secretEnv names the
// variable that holds it, and where that is empty each run makes one of its own.
// The error is an *Error: a value that holds the secret where no variable can
// stand for it, or one that would be read back as another.
func (c Config) Commented(secretEnv string) ([]byte, error) {
	w := &writer{secret: string(c.Secret)}
	w.head(c, secretEnv)
	w.receiver(c.Receiver)
	w.probe(c.Probe)
	w.tail(c)
	if w.secret != "" && strings.Contains(w.String(), w.secret) {
		return nil, &Error{Msg: "a value other than the secret's own holds the secret: want ${SECRET} there, under env, headers or dsn"}
	}
	text := []byte(w.String())
	return text, c.readBack(text, secretEnv)
}

// readBack sees that the text says what c says, all of it.
func (c Config) readBack(text []byte, secretEnv string) error {
	got, err := Parse("receiver.yaml", text, c.Dir, func(name string) (string, bool) { return "any", name == secretEnv })
	if err != nil {
		return err
	}
	c.own()
	for _, v := range c.Receiver.values() {
		for name, value := range v {
			v[name] = hidden(value, string(c.Secret))
		}
	}
	for _, v := range c.Probe.values() {
		for name, value := range v {
			v[name] = hidden(value, string(c.Secret))
		}
	}
	if c.Probe.SQL != nil {
		c.Probe.SQL.DSN = Secret(hidden(string(c.Probe.SQL.DSN), string(c.Secret)))
	}
	for _, side := range []*Config{&c, &got} {
		side.SetDefaults()
		side.Secret, side.origin = "", origin{}
	}
	if !reflect.DeepEqual(c, got) {
		return &Error{Msg: "a key is set that can't be written here: want it in a receiver.yaml written by hand"}
	}
	return nil
}

// values are the variables of the receiver.
func (r Receiver) values() []Values {
	var all []Values
	if r.Command != nil {
		all = append(all, r.Command.Env)
	}
	if r.Container != nil {
		all = append(all, r.Container.Env)
	}
	if r.Compose != nil {
		all = append(all, r.Compose.Env)
	}
	return all
}

// values are the texts of the probe that may hold the secret.
func (p Probe) values() []Values {
	var all []Values
	if p.HTTP != nil {
		all = append(all, p.HTTP.Headers)
	}
	if p.Exec != nil {
		all = append(all, p.Exec.Env)
	}
	return all
}

// hidden is a template in which ${SECRET} takes the secret's place.
func hidden(template, secret string) string {
	if secret == "" {
		return template
	}
	return strings.ReplaceAll(template, secret, "${"+VarSecret+"}")
}

// writer writes lines of YAML.
type writer struct {
	strings.Builder
	secret string
}

func (w *writer) line(format string, args ...any) {
	fmt.Fprintf(w, format+"\n", args...)
}

// key is a line of a key, and a comment behind it.
func (w *writer) key(indent int, name, value, comment string) {
	text := strings.Repeat(" ", indent) + name + ": " + value
	if comment != "" {
		text = fmt.Sprintf("%-30s # %s", text, comment)
	}
	w.line("%s", text)
}

// option is a key with its value, or the comment that shows what it might be.
func (w *writer) option(indent int, set bool, name, value, comment string) {
	if !set {
		name = "# " + name
	}
	w.key(indent, name, value, comment)
}

func (w *writer) head(c Config, secretEnv string) {
	w.line("# The receiver under test. ctxpush doctor looks whether it is ready to be certified,")
	w.line("# ctxpush certify certifies it; ctxpush schema receiver has every key, for editors.")
	w.line("")
	w.option(0, c.Name != "", "name", quotedOr(c.Name, "my-receiver"), "shown in reports")
	if c.Protocol != "" {
		w.key(0, "protocol", `"`+string(c.Protocol)+`"`, "")
	}
	w.key(0, "identity", quotedOr(string(c.Identity), string(identities[0])), "device: a state for each device of a message; user: one for the message")
	w.key(0, "path", quotedOr(c.Path, defaultPath), "the webhook's; it takes POST")
	if secretEnv != "" {
		w.key(0, "secret", "{env: "+secretEnv+"}", "the variable that holds the shared secret")
	} else {
		w.line("# secret: {env: CTXPUSH_SECRET} # default: a random one for each run, handed over as ${SECRET}")
	}
	w.option(0, c.Settle > 0, "settle", or(c.Settle, defaultSettle).String(), "how long after the last acknowledgement a final state may take")
	w.option(0, c.Timeout > 0, "timeout", or(c.Timeout, mocksender.RequestTimeout).String(), "per request")
	w.line("")
}

func (w *writer) tail(c Config) {
	if len(c.Statuses) > 0 {
		w.line("statuses: # the receiver's word: the contract's")
		for _, name := range slices.Sorted(maps.Keys(c.Statuses)) {
			w.line("  %s: %s", quoted(name), c.Statuses[name])
		}
	} else {
		w.line("# statuses: {clicked: opened} # the receiver's word: the contract's")
	}
	if len(c.Ignores) > 0 {
		words := make([]string, len(c.Ignores))
		for i, s := range c.Ignores {
			words[i] = string(s)
		}
		w.line("ignores: [%s]", strings.Join(words, ", "))
	} else {
		w.line("# ignores: [pending] # statuses that the receiver by design does not keep")
	}
	if len(c.Waive) == 0 {
		w.line("# waive: [{check: entry/unknown-fields, why: tracked as ACME-12}] # failures that you accept: still run, still shown")
		return
	}
	w.line("waive:")
	for _, waiver := range c.Waive {
		w.line("  - {check: %s, why: %s}", waiver.Check, quoted(waiver.Why))
	}
}

// values writes names with their templates.
func (w *writer) values(indent int, key string, v Values, comment string) {
	if len(v) == 0 {
		return
	}
	head := strings.Repeat(" ", indent) + key + ":"
	if comment != "" {
		head += " # " + comment
	}
	w.line("%s", head)
	for _, name := range slices.Sorted(maps.Keys(v)) {
		w.line("%s%s: %s", strings.Repeat(" ", indent+2), quoted(name), yamlText(hidden(v[name], w.secret)))
	}
}

// quoted is a text in which a ${ means itself.
func quoted(s string) string { return yamlText(strings.ReplaceAll(s, "${", "$${")) }

func quotedOr(s, otherwise string) string { return quoted(or(s, otherwise)) }

func or[T comparable](value, otherwise T) T {
	var zero T
	if value == zero {
		return otherwise
	}
	return value
}

// plainText is what YAML takes for the text that it is, wherever it stands.
var (
	plainText = regexp.MustCompile(`^(https?://[A-Za-z0-9.-]+(:[0-9]+)?(/[A-Za-z0-9_/.-]*)?|[A-Za-z/][A-Za-z0-9_/.-]*(:[A-Za-z0-9_.-]+)?)$`)
	noText    = regexp.MustCompile(`(?i)^(y|n|yes|no|on|off|true|false|null|nan|inf)$`)
)

// yamlText is a text as a YAML scalar: bare where that is safe, else quoted.
func yamlText(s string) string {
	if plainText.MatchString(s) && !noText.MatchString(s) {
		return s
	}
	var b strings.Builder
	e := json.NewEncoder(&b)
	e.SetEscapeHTML(false)
	_ = e.Encode(s) // a string always has a JSON form, which YAML reads alike
	return strings.TrimSuffix(b.String(), "\n")
}
