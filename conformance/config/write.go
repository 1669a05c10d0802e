package config

import (
	"fmt"
	"reflect"
	"regexp"
	"slices"
	"strings"
)

// Commented is c as a receiver.yaml for people: what c sets, and as comments
// what else they may want. The secret is never in it: secretEnv names the
// variable that holds it, and where that is empty each run makes one of its own.
// The error is an *Error: a value that holds the secret where no variable can
// stand for it, or one that would be read back as another.
func (c Config) Commented(secretEnv string) ([]byte, error) {
	w := &writer{secret: string(c.Secret), secretEnv: secretEnv}
	w.line("# yaml-language-server: $schema=%s", schemaID)
	w.line("# The receiver under test. ctxpush doctor says whether it is ready to be certified,")
	w.line("# ctxpush certify certifies it; ctxpush schema receiver has every key, for editors.")
	w.line("")
	shown := c
	if kindOf("probe", reflect.ValueOf(c.Probe)) == nil {
		shown.Probe.HTTP = new(HTTPProbe)
	}
	w.members(&key{}, 0, reflect.ValueOf(shown))
	if w.secret != "" && strings.Contains(w.String(), w.secret) {
		return nil, &Error{Msg: "a value other than the secret's own holds the secret: " +
			"want ${SECRET} there, under env, headers or dsn"}
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
	c.hideSecret()
	for _, side := range []*Config{&c, &got} {
		side.SetDefaults()
		side.Secret, side.origin = "", origin{}
	}
	if !reflect.DeepEqual(c, got) {
		return &Error{Msg: "a key is set that can't be written here: want it in a receiver.yaml written by hand"}
	}
	return nil
}

// hideSecret puts ${SECRET} in the secret's place wherever a value may have it.
func (c *Config) hideSecret() {
	c.detach()
	each(c, func(p place) {
		switch t := p.key.of.(type) {
		case mapping:
			for _, name := range p.field.MapKeys() {
				hidden := reflect.New(p.field.Type().Elem()).Elem()
				hidden.SetString(t.scope.hide(p.field.MapIndex(name).String(), string(c.Secret)))
				p.field.SetMapIndex(name, hidden)
			}
		case scalar:
			p.field.SetString(t.scope.hide(p.field.String(), string(c.Secret)))
		}
	})
}

// hide is a template of the scope in which ${SECRET} takes the secret's place.
func (sc scope) hide(template, secret string) string {
	if secret == "" || !slices.Contains(sc, VarSecret) {
		return template
	}
	return strings.ReplaceAll(template, secret, "${"+VarSecret+"}")
}

// writer writes lines of YAML.
type writer struct {
	strings.Builder
	secret, secretEnv string
}

func (w *writer) line(format string, args ...any) { fmt.Fprintf(w, format+"\n", args...) }

// members writes the keys of a mapping.
func (w *writer) members(above *key, indent int, of reflect.Value) {
	for _, k := range byParent[above.name] {
		if k.written.gap {
			w.line("")
		}
		w.key(k, indent, k.field(of))
	}
}

// key writes a key, or in a comment what it might be.
func (w *writer) key(k *key, indent int, v reflect.Value) {
	g, _ := k.of.(group)
	blank := strings.Repeat(" ", indent)
	head := blank + k.label() + ":"
	if k.written.comment != "" {
		head += " # " + k.written.comment
	}
	switch inner := reflect.Indirect(v); {
	case k.name == "secret" && w.secretEnv != "":
		w.pair(blank+k.label(), "{env: "+w.secretEnv+"}", k.written.comment)
	case v.IsZero() || k.name == "secret" || k.written.hint != "" && v.Kind() == reflect.String && v.String() == k.byDef:
		w.unset(k, blank)
	default:
		w.value(k, indent, head, inner, g)
	}
}

// unset shows a key by default, or what it might be.
func (w *writer) unset(k *key, blank string) {
	switch {
	case k.written.always:
		w.pair(blank+k.label(), yamlText(k.byDef), k.written.comment)
	case k.written.example != "":
		w.pair(blank+"# "+k.label(), k.written.example, k.written.comment)
	case k.written.hint != "":
		w.line("%s# %s", blank, k.written.hint)
	}
}

// value writes a key that is set.
func (w *writer) value(k *key, indent int, head string, v reflect.Value, g group) {
	blank := strings.Repeat(" ", indent)
	name := blank + k.label()
	switch t := k.of.(type) {
	case group:
		switch {
		case t.list:
			w.line("%s", head)
			for i := range v.Len() {
				w.line("%s  - %s", blank, w.flow(k, v.Index(i)))
			}
		case t.flow:
			w.pair(name, w.flow(k, v), w.flowComment(k, v))
		default:
			w.line("%s", head)
			w.members(k, indent+2, v)
		}
	case mapping:
		w.line("%s", head)
		for _, member := range namesOf(v) {
			w.line("%s  %s: %s", blank, quoted(member), t.text(v.MapIndex(reflect.ValueOf(member)), w.secret))
		}
	case list:
		w.line("%s: %s", name, t.text(v, w.secret))
	default:
		text := k.of.text(v, w.secret)
		if block, ok := blockOf(v); ok {
			w.line("%s: %s", name, strings.ReplaceAll(block, "\n", "\n  "+blank))
			return
		}
		w.pair(name, text, k.written.comment)
	}
}

// pair is a line of a key and its value, and a comment behind it.
func (w *writer) pair(name, value, comment string) {
	text := name + ": " + value
	if comment != "" {
		text = fmt.Sprintf("%-30s # %s", text, comment)
	}
	w.line("%s", text)
}

// flow is a mapping on one line.
func (w *writer) flow(above *key, of reflect.Value) string {
	var pairs []string
	for _, k := range byParent[above.name] {
		v := k.field(of)
		if v.IsZero() && k.byDef != "" {
			v = reflect.New(v.Type()).Elem()
			_ = k.of.parse(v, k.byDef)
		}
		if !v.IsZero() {
			pairs = append(pairs, k.label()+": "+k.of.text(v, w.secret))
		}
	}
	return "{" + strings.Join(pairs, ", ") + "}"
}

// flowComment is that of its first member, where that is set.
func (w *writer) flowComment(above *key, of reflect.Value) string {
	if first := byParent[above.name][0]; !first.field(of).IsZero() {
		return first.written.comment
	}
	return ""
}

// blockText is what can stand in a YAML file as it is, over several lines: none
// of them empty or with spaces at its end, the first without spaces before it.
var blockText = regexp.MustCompile(`^[!-~]([ -~]*[!-~])?(\n[ -~]*[!-~])+\n?$`)

// blockOf is a text of several lines as a YAML block.
func blockOf(v reflect.Value) (string, bool) {
	if v.Kind() != reflect.String || !blockText.MatchString(v.String()) {
		return "", false
	}
	text := literal(v.String())
	if body, ended := strings.CutSuffix(text, "\n"); ended {
		return "|\n" + body, true
	}
	return "|-\n" + text, true
}

// literal is a text in which a ${ means itself.
func literal(s string) string { return strings.ReplaceAll(s, "${", "$${") }

func quoted(s string) string { return yamlText(literal(s)) }

// plainText is what YAML takes for the text that it is, wherever it stands.
var (
	plainText = regexp.MustCompile(`^(https?://[A-Za-z0-9.-]+(:[0-9]+)?(/[A-Za-z0-9_/.-]*)?|` +
		`[A-Za-z/][A-Za-z0-9_/.-]*(:[A-Za-z0-9_.-]+)?)$`)
	noText = regexp.MustCompile(`(?i)^(y|n|yes|no|on|off|true|false|null|nan|inf)$`)
)

// yamlText is a text as a YAML scalar: bare where that is safe, else quoted.
func yamlText(s string) string {
	if plainText.MatchString(s) && !noText.MatchString(s) {
		return s
	}
	return jsonText(s) // which YAML reads alike
}
