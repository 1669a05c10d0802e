package redact

import "reflect"

// Deep is a copy of v in which every text is Text, however deep it lies: in
// fields that are exported, elements, keys and errors.
func Deep[T any](r *Redactor, v T) T {
	if r == nil {
		return v
	}
	into := reflect.New(reflect.TypeFor[T]()).Elem()
	into.Set(r.deep(reflect.ValueOf(&v).Elem()))
	return into.Interface().(T)
}

// Err is err with a message that is Text; it unwraps to err.
func (r *Redactor) Err(err error) error {
	if err == nil {
		return nil
	}
	if shown := r.Text(err.Error()); shown != err.Error() {
		return &shownError{shown, err}
	}
	return err
}

type shownError struct {
	shown string
	err   error
}

func (e *shownError) Error() string { return e.shown }
func (e *shownError) Unwrap() error { return e.err }

// deep is a copy of v without what is to be hidden.
func (r *Redactor) deep(v reflect.Value) reflect.Value {
	switch v.Kind() {
	case reflect.String:
		return reflect.ValueOf(r.Text(v.String())).Convert(v.Type())
	case reflect.Pointer, reflect.Interface:
		return r.behind(v)
	case reflect.Struct:
		return r.fields(v)
	case reflect.Slice:
		return r.elements(v)
	case reflect.Map:
		return r.members(v)
	}
	return v
}

func (r *Redactor) behind(v reflect.Value) reflect.Value {
	if v.IsNil() {
		return v
	}
	if err, ok := v.Interface().(error); ok {
		if shown := r.Err(err); reflect.TypeOf(shown).AssignableTo(v.Type()) {
			return reflect.ValueOf(&shown).Elem().Elem()
		}
		return v
	}
	if v.Kind() == reflect.Interface {
		return r.deep(v.Elem())
	}
	into := reflect.New(v.Type().Elem())
	into.Elem().Set(r.deep(v.Elem()))
	return into
}

func (r *Redactor) fields(v reflect.Value) reflect.Value {
	into := reflect.New(v.Type()).Elem()
	into.Set(v)
	for i := range v.NumField() {
		if v.Type().Field(i).IsExported() {
			into.Field(i).Set(r.deep(v.Field(i)))
		}
	}
	return into
}

func (r *Redactor) elements(v reflect.Value) reflect.Value {
	if v.IsNil() {
		return v
	}
	if v.Type().Elem().Kind() == reflect.Uint8 {
		return reflect.ValueOf([]byte(r.Text(string(v.Bytes())))).Convert(v.Type())
	}
	into := reflect.MakeSlice(v.Type(), v.Len(), v.Len())
	for i := range v.Len() {
		into.Index(i).Set(r.deep(v.Index(i)))
	}
	return into
}

func (r *Redactor) members(v reflect.Value) reflect.Value {
	if v.IsNil() {
		return v
	}
	into := reflect.MakeMapWithSize(v.Type(), v.Len())
	for _, key := range v.MapKeys() {
		into.SetMapIndex(r.deep(key), r.deep(v.MapIndex(key)))
	}
	return into
}
