package config

import (
	"encoding/json"
	"fmt"
	"reflect"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/ctxpush/ctxpush/scenarios/strictyaml"
)

// valueType is what a key's value is.
type valueType interface {
	place() string      // what it is, for a usage text
	words() []string    // all that it may be, or examples
	repeats() bool      // a flag adds to what is there
	schema(*key) string // members of a JSON Schema object
	// read sets the field from a node of a file; parse from the text of a flag.
	read(d *decoder, k *key, n strictyaml.Node, into reflect.Value) error
	parse(into reflect.Value, text string) error
	// check judges a field that is set, whatever set it.
	check(name string, v reflect.Value, found func(name string, err error))
	// flags are the values of the key's flag that make the field, quoted for a
	// shell.
	flags(k *key, v reflect.Value) []string
	// text is the field in a file, with ${SECRET} in the secret's place.
	text(v reflect.Value, secret string) string
}

// scalar is a text that a check finds right, kept as one or as a number.
type scalar struct {
	what      string                              // for a usage text, and for errors where want is empty
	scope     scope                               // which variables stay in it
	bare      bool                                // a number and true and false are taken as they are written
	refuse    func(string) error                  // what is wrong with the text; nil: nothing ever is
	onDisk    func(d *decoder, text string) error // the same, for what only a file can tell
	normalize func(string) string
	private   func(text string) string // the part of the text that holds secrets; nil: none does
	known     []string                 // all words, or examples
	json      string                   // members of a JSON Schema object
}

func (t scalar) place() string      { return t.what }
func (t scalar) words() []string    { return t.known }
func (t scalar) repeats() bool      { return false }
func (t scalar) schema(*key) string { return t.json }

func (t scalar) read(d *decoder, _ *key, n strictyaml.Node, into reflect.Value) error {
	s, err := d.text(n, t.bare, t.scope)
	if err != nil {
		return err
	}
	if err = t.parse(into, s); err == nil && t.onDisk != nil {
		err = t.onDisk(d, s)
	}
	if err != nil {
		return n.Errorf("%v", err)
	}
	if written, ok := n.Scalar(); ok && t.private != nil {
		d.keepPrivate(t.private(written), t.scope)
	}
	return nil
}

func (t scalar) parse(into reflect.Value, s string) error {
	if t.normalize != nil {
		into.SetString(t.normalize(s))
	} else {
		into.SetString(s)
	}
	if t.refuse == nil {
		return nil
	}
	return t.refuse(s)
}

func (t scalar) check(name string, v reflect.Value, found func(string, error)) {
	if t.refuse != nil {
		found(name, t.refuse(v.String()))
	}
}

func (t scalar) text(v reflect.Value, secret string) string {
	if t.scope == nil {
		return quoted(v.String())
	}
	return yamlText(t.scope.hide(v.String(), secret))
}

// oneOf is one of some words.
func oneOf[T ~string](all []T, more ...any) scalar {
	t := scalar{refuse: func(s string) error { _, err := strictyaml.Word(s, all); return err }}
	enum := make([]any, len(all))
	for i, w := range all {
		enum[i] = string(w)
		t.known = append(t.known, string(w))
	}
	text, _ := json.Marshal(append(enum, more...)) // words and numbers always have a JSON form
	t.what, t.bare = strings.Join(t.known, "|"), len(more) > 0
	t.json = fmt.Sprintf(`"anyOf": [{"enum": %s}, {"$ref": "#/$defs/variable"}]`, text)
	return t
}

// length is a length of time above 0.
type length struct{ scalar }

func (t length) read(d *decoder, _ *key, n strictyaml.Node, into reflect.Value) error {
	s, ok := n.Scalar()
	if !ok {
		return n.Errorf("is %s: want a duration such as 2s", n.Describe())
	}
	s, err := plainScope.fill(s, d.env)
	if err == nil {
		err = t.parse(into, s)
	}
	if err != nil {
		return n.Errorf("%v", err)
	}
	return nil
}

func (t length) parse(into reflect.Value, s string) error {
	v, err := parseDuration(s)
	into.SetInt(int64(v))
	return err
}

func (t length) check(name string, v reflect.Value, found func(string, error)) {
	found(name, checkDuration(time.Duration(v.Int())))
}

func (t length) text(v reflect.Value, _ string) string { return time.Duration(v.Int()).String() }

// whole is a whole number from 1 to most, or a variable that holds one.
type whole struct {
	scalar
	most int
}

func (t whole) read(d *decoder, _ *key, n strictyaml.Node, into reflect.Value) error {
	s, ok := n.Scalar()
	if !ok || !n.IsNumber() && len(variables(s)) == 0 {
		return n.Errorf("is %s: want a number from 1 to %d", n.Describe(), t.most)
	}
	s, err := plainScope.fill(s, d.env)
	if err == nil {
		err = t.parse(into, s)
	}
	if err != nil {
		return n.Errorf("%v", err)
	}
	return nil
}

func (t whole) parse(into reflect.Value, s string) error {
	n, err := parseWhole(s, t.most)
	into.SetInt(int64(n))
	return err
}

func (t whole) check(name string, v reflect.Value, found func(string, error)) {
	found(name, checkWhole(int(v.Int()), t.most))
}

func (t whole) text(v reflect.Value, _ string) string { return strconv.Itoa(int(v.Int())) }

// list is several values. As a flag it is one text that split takes apart.
type list struct {
	scalar
	split   func(string) ([]string, error)
	process bool // a program's arguments, which process lists show
}

func (t list) schema(k *key) string {
	least := ""
	if k.missing != "" {
		least = `"minItems": 1, `
	}
	return `"type": "array", ` + least + `"items": {` + t.json + `}`
}

func (t list) read(d *decoder, k *key, n strictyaml.Node, into reflect.Value) error {
	items, err := d.items(n)
	if err != nil {
		return err
	}
	into.Set(reflect.MakeSlice(into.Type(), len(items), len(items)))
	for i, item := range items {
		if text, _ := item.Scalar(); t.process {
			for _, name := range variables(text) {
				d.argvVars[name] = item
			}
			if i > 0 { // the first is the program's name
				d.keepPrivate(text, t.scope)
			}
		}
		if err := t.scalar.read(d, k, item, into.Index(i)); err != nil {
			return err
		}
	}
	if len(items) == 0 {
		into.SetZero()
	}
	return nil
}

func (t list) parse(into reflect.Value, s string) error {
	texts, err := t.split(s)
	into.SetZero()
	for _, text := range texts {
		one := reflect.New(into.Type().Elem()).Elem()
		if err := t.scalar.parse(one, text); err != nil {
			return err
		}
		into.Set(reflect.Append(into, one))
	}
	return err
}

func (t list) check(name string, v reflect.Value, found func(string, error)) {
	for i := range v.Len() {
		t.scalar.check(indexed(name, i), v.Index(i), found)
	}
}

func (t list) text(v reflect.Value, secret string) string {
	words := make([]string, v.Len())
	for i := range words {
		words[i] = t.scalar.text(v.Index(i), secret)
	}
	return "[" + strings.Join(words, ", ") + "]"
}

// mapping is names with their values. A flag sets one of them.
type mapping struct {
	scalar
	sep   string                 // between name and value in a flag
	wrong func(string) error     // how a flag without it is refused
	name  func(string) error     // what is wrong with a name
	same  func(a, b string) bool // two spellings of one name; nil: there are none
}

func (t mapping) repeats() bool   { return true }
func (t mapping) words() []string { return nil }

func (t mapping) schema(*key) string {
	return `"type": "object", "additionalProperties": {` + t.json + `}`
}

func (t mapping) read(d *decoder, k *key, n strictyaml.Node, into reflect.Value) error {
	m, err := d.mapping(n)
	if err != nil {
		return err
	}
	into.Set(reflect.MakeMap(into.Type()))
	for _, e := range m.Entries {
		if err := t.name(e.Key); err != nil {
			return e.Value.Errorf("%v", err)
		}
		if t.bare && e.Value.IsNull() {
			return e.Value.Errorf(`is empty: want text; an empty value is written ""`)
		}
		one := reflect.New(into.Type().Elem()).Elem()
		if err := t.scalar.read(d, k, e.Value, one); err != nil {
			return err
		}
		into.SetMapIndex(reflect.ValueOf(e.Key), one)
	}
	return nil
}

func (t mapping) parse(into reflect.Value, s string) error {
	name, text, ok := strings.Cut(s, t.sep)
	if !ok {
		return t.wrong(s)
	}
	if t.sep == ":" {
		text = strings.TrimSpace(text)
	}
	if into.IsNil() {
		into.Set(reflect.MakeMap(into.Type()))
	}
	for _, other := range into.MapKeys() {
		if t.same != nil && t.same(other.String(), name) {
			into.SetMapIndex(other, reflect.Value{})
		}
	}
	one := reflect.New(into.Type().Elem()).Elem()
	err := t.name(name)
	if err == nil {
		err = t.scalar.parse(one, text)
	}
	into.SetMapIndex(reflect.ValueOf(name), one)
	return err
}

func (t mapping) check(name string, v reflect.Value, found func(string, error)) {
	names := namesOf(v)
	for i, member := range names {
		key := strictyaml.Child(name, member)
		found(key, t.name(member))
		t.scalar.check(key, v.MapIndex(reflect.ValueOf(member)), found)
		for _, other := range names[:i] {
			if t.same != nil && t.same(other, member) {
				found(key, fmt.Errorf("the same header as %s: want one", other))
			}
		}
	}
}

func namesOf(v reflect.Value) []string {
	var names []string
	for _, name := range v.MapKeys() {
		names = append(names, name.String())
	}
	slices.Sort(names)
	return names
}
