package config

import (
	"fmt"
	"maps"
	"reflect"
	"slices"
	"strings"
)

// key is a key of receiver.yaml, a row of the table. From it come how the key is
// read from a file, a flag and a variable, what it is by default, how it is
// judged and written, and its part of the JSON Schema.
type key struct {
	name    string // dotted, as in the file; each part is the name of a field of Config
	of      valueType
	doc     string  // for editors
	byDef   string  // as a flag has it
	missing string  // what is wanted where the key must be set; {name} is the value of a key beside it
	not     string  // the key beside it that it excludes: one of the two
	beside  bool    // below a choice: may be set beside any of its kinds
	flag    flag    // none: only in the file
	written written // how Commented shows it
	rule    func(v *validator, c Config)
}

// flag is how a key is set on the command line. Keys of several kinds of
// receivers have one flag: the first of them describes it.
type flag struct {
	name  string // without its dashes
	help  string // one line for a usage text
	value string // what the value is, for a usage text; default the type's
	kind  bool   // says how the receiver runs
	needs string // what the receiver must be already, and the flags that make it so
	words []string
}

// written is what a file for people shows of a key.
type written struct {
	comment string
	always  bool   // also by default
	example string // in a comment where the key is not set
	hint    string // such a comment as a whole
	gap     bool   // an empty line before it
}

// Flag is a flag that sets a key of the file, in the same way as its variable.
type Flag struct {
	Name  string   // without its dashes
	Env   string   // CTXPUSH_…
	Key   string   // dotted, as in the file: receiver.container.image
	Help  string   // one line for a usage text
	Value string   // what the value is, for a usage text: URL, DURATION, …
	Words []string // all that it takes, or examples of it; may be empty
	Kind  bool     // says how the receiver runs
	// Repeat is set where the flag may be given more than once; the variable
	// then holds one value a line.
	Repeat bool
}

// Flags are all of them, those first that say how the receiver runs: Overlay
// sets them in this order.
func Flags() []Flag { return slices.Clone(flags) }

// EnvName is the environment variable that stands for a flag.
func EnvName(flag string) string {
	return "CTXPUSH_" + strings.ToUpper(strings.ReplaceAll(flag, "-", "_"))
}

var (
	byName   = map[string]*key{}
	byParent = map[string][]*key{}
	byFlag   = map[string][]*key{}
	flags    []Flag
)

func init() {
	for i := range table {
		k := &table[i]
		byName[k.name] = k
		byParent[parent(k.name)] = append(byParent[parent(k.name)], k)
		if k.flag.name != "" {
			byFlag[k.flag.name] = append(byFlag[k.flag.name], k)
		}
	}
	for _, first := range []bool{true, false} {
		for _, k := range table {
			if f := k.flag; f.help != "" && f.kind == first {
				flags = append(flags, Flag{Name: f.name, Env: EnvName(f.name), Key: k.name, Help: f.help, Kind: f.kind,
					Value: or(f.value, k.of.place()), Words: append(f.words, k.of.words()...), Repeat: k.of.repeats()})
			}
		}
	}
}

// label is the last part of the name.
func (k *key) label() string { return k.name[strings.LastIndexByte(k.name, '.')+1:] }

// find is the row of a dotted key, which may name an element of a list.
func find(name string) *key {
	if i := strings.IndexByte(name, '['); i >= 0 {
		return byName[name[:i]]
	}
	return byName[name]
}

func parent(name string) string { return name[:max(strings.LastIndexByte(name, '.'), 0)] }

func labels(keys []*key) []string {
	names := make([]string, len(keys))
	for i, k := range keys {
		names[i] = k.label()
	}
	return names
}

// field is the field of a struct that the key is kept in.
func (k *key) field(of reflect.Value) reflect.Value { return of.FieldByNameFunc(k.matches) }

func (k *key) matches(field string) bool {
	return strings.EqualFold(field, strings.ReplaceAll(k.label(), "_", ""))
}

// kinds are the keys below a choice of which one may be set.
func kinds(choice string) []*key {
	return slices.DeleteFunc(slices.Clone(byParent[choice]), func(k *key) bool { return k.beside })
}

// kindOf is the one that is set; nil: none is.
func kindOf(choice string, v reflect.Value) *key {
	for _, k := range kinds(choice) {
		if !k.field(v).IsZero() {
			return k
		}
	}
	return nil
}

// make is the field of a key in c, made where it is not there. What the key
// excludes is cleared on the way.
func (c *Config) make(k *key) reflect.Value {
	v := reflect.ValueOf(c).Elem()
	if p := byName[parent(k.name)]; p != nil {
		v = c.make(p)
		if g, ok := p.of.(group); ok && g.choice && !k.beside {
			for _, other := range kinds(p.name) {
				if other.name != k.name {
					other.field(v).SetZero()
				}
			}
		}
		if k.not != "" {
			byName[p.name+"."+k.not].field(v).SetZero()
		}
	}
	return ensure(k.field(v))
}

// ensure is what a field holds, or points to; where it points to nothing, that is
// made.
func ensure(v reflect.Value) reflect.Value {
	if v.Kind() != reflect.Pointer {
		return v
	}
	if v.IsNil() {
		v.Set(reflect.New(v.Type().Elem()))
	}
	return v.Elem()
}

// has says whether all that is above the key is there in c.
func (c *Config) has(k *key) bool {
	v := reflect.ValueOf(c).Elem()
	for i, r := range k.name {
		if r != '.' {
			continue
		}
		if v = byName[k.name[:i]].field(v); v.Kind() == reflect.Pointer {
			if v.IsNil() {
				return false
			}
			v = v.Elem()
		}
	}
	return true
}

// detach makes c independent of the Configs that it was copied from.
func (c *Config) detach() {
	detach(reflect.ValueOf(c).Elem())
	if c.origin.flags = maps.Clone(c.origin.flags); c.origin.flags == nil {
		c.origin.flags = map[string]string{}
	}
}

func detach(v reflect.Value) {
	switch {
	case !v.CanSet():
	case v.Kind() == reflect.Struct:
		for i := range v.NumField() {
			detach(v.Field(i))
		}
	case v.Kind() == reflect.Pointer && !v.IsNil():
		fresh := reflect.New(v.Type().Elem())
		fresh.Elem().Set(v.Elem())
		detach(fresh.Elem())
		v.Set(fresh)
	case v.Kind() == reflect.Map && !v.IsNil():
		fresh := reflect.MakeMapWithSize(v.Type(), v.Len())
		for _, name := range v.MapKeys() {
			fresh.SetMapIndex(name, v.MapIndex(name))
		}
		v.Set(fresh)
	case v.Kind() == reflect.Slice && !v.IsNil():
		fresh := reflect.MakeSlice(v.Type(), v.Len(), v.Len())
		reflect.Copy(fresh, v)
		v.Set(fresh)
	}
}

// place is a key that a Config has a field for.
type place struct {
	key   *key
	name  string        // as an error has it, with the index of an element
	field reflect.Value // a pointer may be nil
	of    reflect.Value // the struct of the field
}

// each calls visit with all keys that c has a place for, in the table's order but
// for members, which come before what they are of.
func each(c *Config, visit func(place)) { walk("", "", reflect.ValueOf(c).Elem(), visit) }

func walk(above, shown string, of reflect.Value, visit func(place)) {
	for _, k := range byParent[above] {
		p := place{k, strings.TrimPrefix(shown+"."+k.label(), "."), k.field(of), of}
		g, isGroup := k.of.(group)
		switch inner := reflect.Indirect(p.field); {
		case isGroup && g.list:
			for i := range inner.Len() {
				walk(k.name, indexed(p.name, i), inner.Index(i), visit)
			}
		case isGroup && inner.IsValid():
			walk(k.name, p.name, inner, visit)
		}
		visit(p)
	}
}

func indexed(name string, i int) string { return fmt.Sprintf("%s[%d]", name, i) }
