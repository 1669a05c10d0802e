package config

import (
	"errors"
	"fmt"
	"reflect"
	"slices"
	"strings"

	"github.com/ctxpush/ctxpush/scenarios/strictyaml"
)

// group is a mapping whose members are keys of the table.
type group struct {
	choice bool // at most one of its members, but for those beside it
	list   bool // several such mappings
	flow   bool // written on one line
	// one makes an element of a list from a flag's text.
	one func(text string) (reflect.Value, error)
}

func (t group) place() string   { return "" }
func (t group) words() []string { return nil }
func (t group) repeats() bool   { return t.list }

func (t group) read(d *decoder, k *key, n strictyaml.Node, into reflect.Value) error {
	if !t.list {
		return t.readOne(d, k, n, ensure(into))
	}
	items, err := d.items(n)
	if err != nil {
		return err
	}
	for _, item := range items {
		one := reflect.New(into.Type().Elem()).Elem()
		if err := t.readOne(d, k, item, one); err != nil {
			return err
		}
		into.Set(reflect.Append(into, one))
	}
	return nil
}

func (t group) readOne(d *decoder, k *key, n strictyaml.Node, into reflect.Value) error {
	m, err := d.mapping(n, labels(byParent[k.name])...)
	if err != nil {
		return err
	}
	if t.choice {
		if err := onlyOne(m, labels(kinds(k.name))); err != nil {
			return err
		}
	}
	for _, e := range m.Entries {
		member := byName[strings.TrimPrefix(k.name+"."+e.Key, ".")]
		if err := member.of.read(d, member, e.Value, member.field(into)); err != nil {
			return err
		}
	}
	return nil
}

// onlyOne refuses a mapping that is empty, or has several of the kinds.
func onlyOne(m strictyaml.Map, kinds []string) error {
	if len(m.Entries) == 0 {
		return m.Errorf("is empty: want %s", strictyaml.OneOf(kinds))
	}
	var first *strictyaml.Entry
	for _, e := range m.Entries {
		switch {
		case !slices.Contains(kinds, e.Key):
		case first == nil:
			first = &e
		default:
			return e.Value.Errorf("a second kind, beside %s in line %d; want exactly one", first.Key, first.Value.Line())
		}
	}
	return nil
}

func (t group) parse(into reflect.Value, s string) error {
	one, err := t.one(s)
	if err != nil {
		return err
	}
	// Over an element of the same name, the first member: the flag's counts.
	kept := reflect.MakeSlice(into.Type(), 0, into.Len()+1)
	for i := range into.Len() {
		if !into.Index(i).Field(0).Equal(one.Field(0)) {
			kept = reflect.Append(kept, into.Index(i))
		}
	}
	into.Set(reflect.Append(kept, one))
	return nil
}

func (t group) check(string, reflect.Value, func(string, error)) {} // the members are

func (t group) text(reflect.Value, string) string { return "" }

// sharedSecret is the secret itself, or the name of the variable that holds it.
type sharedSecret struct{ scalar }

func (t sharedSecret) read(d *decoder, _ *key, n strictyaml.Node, into reflect.Value) error {
	if _, ok := n.Scalar(); ok {
		what := n.Describe()
		if n.IsNumber() {
			what = "text" // it may be the secret
		}
		return n.Errorf("is %s: want {env: NAME} or {value: …}", what)
	}
	m, err := d.mapping(n, "env", "value")
	if err == nil {
		err = onlyOne(m, []string{"env", "value"})
	}
	if err != nil {
		return err
	}
	e := m.Entries[0]
	if e.Key == "value" {
		text, _ := e.Value.Scalar()
		d.secretVars = append(d.secretVars, variables(text)...)
		return t.scalar.read(d, nil, e.Value, into)
	}
	name, err := d.text(e.Value, false, plainScope)
	if err != nil {
		return err
	}
	if !isVarName(name) {
		return e.Value.Errorf("%s is no name of a variable", strictyaml.Quote(name))
	}
	d.secretVars = append(d.secretVars, name)
	text, err := lookup(name, d.env)
	if err == nil {
		err = t.parse(into, text)
	}
	if err != nil {
		return n.Errorf("%v", err)
	}
	return nil
}

// waiver is a waiver of the flag --waive.
func waiver(s string) (reflect.Value, error) {
	check, why, ok := strings.Cut(s, "=")
	if !ok || strings.TrimSpace(why) == "" {
		return reflect.Value{}, fmt.Errorf("%s: want CHECK=WHY such as entry/unknown-fields=ACME-12", strictyaml.Quote(s))
	}
	return reflect.ValueOf(Waiver{Check: check, Why: why}), checkWaived(check)
}

// nameless refuses a flag of a variable or a header without its name. The text
// is not shown: it may be the secret.
func nameless(msg string) func(string) error {
	return func(string) error { return errors.New(msg) }
}
