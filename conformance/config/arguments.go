package config

import (
	"reflect"
	"strings"

	"github.com/kballard/go-shellquote"
)

// Arguments are those of a command line, quoted for a shell, that name the
// receiver: its file, behind the word that stands for it, with the flags that
// were set over it, or else flags for all that is not by default. A value that may be a secret is left to a variable of
// the shell: $CTXPUSH_SECRET, and for a header or a variable one of its name.
func (c Config) Arguments(file string) string {
	var words []string
	switch {
	case c.File != "":
		words = append(words, file+shellquote.Join(c.File))
	case c.Receiver.Kind() == "":
		words = append(words, "--built-in")
	}
	each(&c, func(p place) {
		f := p.key.flag.name
		switch {
		case f == "" || p.field.IsZero():
		case c.File != "" && c.origin.flags[f] == "":
		case c.File == "" && c.isDefault(p):
		default:
			for _, word := range p.key.of.flags(p.key, p.field) {
				words = append(words, "--"+f, word)
			}
		}
	})
	return strings.Join(words, " ")
}

// isDefault says whether a key is what SetDefaults makes of it.
func (c Config) isDefault(p place) bool {
	if c.Receiver.Kind() == "" && p.key.name == "probe.http.bulk" {
		var zero Config
		zero.SetDefaults()
		return reflect.DeepEqual(zero.Probe, c.Probe)
	}
	byDefault := reflect.New(p.field.Type()).Elem()
	text := c.byDefault(p.key)
	return text != "" && p.key.of.parse(byDefault, text) == nil && reflect.DeepEqual(byDefault.Interface(), p.field.Interface())
}

func (t scalar) flags(k *key, v reflect.Value) []string {
	if _, hidden := v.Interface().(Secret); hidden {
		return []string{shellVariable(EnvName(k.flag.name))}
	}
	return []string{shellquote.Join(v.String())}
}

func (t length) flags(_ *key, v reflect.Value) []string { return []string{t.text(v, "")} }

func (t whole) flags(_ *key, v reflect.Value) []string { return []string{t.text(v, "")} }

func (t list) flags(_ *key, v reflect.Value) []string {
	words := make([]string, v.Len())
	for i := range words {
		words[i] = v.Index(i).String()
	}
	if t.process {
		return []string{shellquote.Join(shellquote.Join(words...))}
	}
	return []string{shellquote.Join(strings.Join(words, ","))}
}

func (t mapping) flags(_ *key, v reflect.Value) []string {
	var words []string
	for _, name := range namesOf(v) {
		text := v.MapIndex(reflect.ValueOf(name)).String()
		if rest, _ := expand(text, func(string) (string, error) { return "", nil }); rest != "" && t.scope != nil {
			words = append(words, shellquote.Join(name+t.sep)+shellVariable(variableOf(name)))
		} else {
			words = append(words, shellquote.Join(name+t.sep+text))
		}
	}
	return words
}

func (t group) flags(_ *key, v reflect.Value) []string {
	var words []string
	for i := range v.Len() {
		words = append(words, shellquote.Join(v.Index(i).Field(0).String()+"="+v.Index(i).Field(1).String()))
	}
	return words
}

func shellVariable(name string) string { return `"$` + name + `"` }

// variableOf is the name of a shell's variable for a header or a variable.
func variableOf(name string) string {
	return strings.Map(func(r rune) rune {
		if !isVarChar(r) {
			return '_'
		}
		return r
	}, strings.ToUpper(name))
}
