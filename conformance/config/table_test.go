package config

import (
	"reflect"
	"testing"
)

// Every row has its field, and a default that its own type takes.
func TestTable(t *testing.T) {
	var c Config
	seen := map[string]bool{}
	for i := range table {
		k := &table[i]
		if seen[k.name] {
			t.Errorf("%s has two rows", k.name)
		}
		seen[k.name] = true
		if above := parent(k.name); above != "" && byName[above] == nil {
			t.Errorf("%s has no row for %s", k.name, above)
		}
		if k.doc == "" {
			t.Errorf("%s has no words for editors", k.name)
		}
		if list, ok := byName[parent(k.name)]; ok && list.of.repeats() {
			continue // a member of an element
		}
		v := c.make(k)
		if k.byDef == "" {
			continue
		}
		if err := k.of.parse(v, k.byDef); err != nil || v.IsZero() {
			t.Errorf("%s: its default %q is refused: %v", k.name, k.byDef, err)
		}
		k.of.check(k.name, v, func(name string, err error) {
			if err != nil {
				t.Errorf("%s: its default %q is judged wrong: %v", name, k.byDef, err)
			}
		})
	}
	// And every field of a Config that a file can set has its row.
	var fields func(above string, of reflect.Type)
	fields = func(above string, of reflect.Type) {
		for i := range of.NumField() {
			f := of.Field(i)
			if !f.IsExported() || above == "" && (f.Name == "File" || f.Name == "FileDigest" || f.Name == "Dir") {
				continue
			}
			found := false
			for _, k := range byParent[above] {
				v := k.field(reflect.New(of).Elem())
				if field, _ := of.FieldByName(f.Name); v.Type() == field.Type && k.matches(f.Name) {
					found = true
					inner := field.Type
					for inner.Kind() == reflect.Pointer || inner.Kind() == reflect.Slice {
						inner = inner.Elem()
					}
					if inner.Kind() == reflect.Struct {
						fields(k.name, inner)
					}
				}
			}
			if !found {
				t.Errorf("%s of %s has no row", f.Name, of)
			}
		}
	}
	fields("", reflect.TypeFor[Config]())
}
