package mocksender

import (
	"fmt"
	"strings"

	"github.com/ctxpush/ctxpush/mocksender/internal/wire"
)

// Field is one header field, spelled as on the wire.
type Field struct{ Name, Value string }

// String is "Name: Value", the value of the secret's header left out.
func (f Field) String() string {
	if strings.EqualFold(f.Name, Profile2025.SecretHeader()) {
		return f.Name + ": [secret]"
	}
	return f.Name + ": " + f.Value
}

// GoString keeps the secret out of %#v, too.
func (f Field) GoString() string { return fmt.Sprintf("mocksender.Field(%q)", f.String()) }

// Request is what one webhook request carries. Sender.Request makes one as
// ContextPush sends it, which a test may alter before it is sent.
type Request struct {
	// Fields are the header's fields in their order on the wire, without Host
	// and Content-Length: those are added when it is sent.
	Fields []Field
	// Body is sent as it is. It must not be changed while the request, or an
	// attempt that was made of it, is in use.
	Body []byte
}

// Set gives the field a value, and the name the spelling that is asked for. It
// takes the place of the first field of that name, in any spelling, and others
// of the name are removed; a new field comes last. Copies of r keep theirs.
func (r *Request) Set(name, value string) {
	fields := make([]Field, 0, len(r.Fields)+1)
	done := false
	for _, f := range r.Fields {
		switch {
		case !strings.EqualFold(f.Name, name):
			fields = append(fields, f)
		case !done:
			fields = append(fields, Field{name, value})
			done = true
		}
	}
	if !done {
		fields = append(fields, Field{name, value})
	}
	r.Fields = fields
}

// Del removes the fields of that name, in any spelling. Copies of r keep
// theirs.
func (r *Request) Del(name string) {
	fields := make([]Field, 0, len(r.Fields))
	for _, f := range r.Fields {
		if !strings.EqualFold(f.Name, name) {
			fields = append(fields, f)
		}
	}
	r.Fields = fields
}

// Get is the value of the first field of that name, in any spelling; empty if
// there is none.
func (r Request) Get(name string) string {
	for _, f := range r.Fields {
		if strings.EqualFold(f.Name, name) {
			return f.Value
		}
	}
	return ""
}

// appendTo appends the request's bytes to dst: the head and the body. head is
// the length of the head among them.
func (r Request) appendTo(dst []byte, e wire.Endpoint) (whole []byte, head int) {
	begin := len(dst)
	dst = e.AppendStart(dst)
	for _, f := range r.Fields {
		dst = wire.AppendField(dst, f.Name, f.Value)
	}
	dst = wire.AppendEnd(dst, len(r.Body))
	head = len(dst) - begin
	return append(dst, r.Body...), head
}

// validate says what in the header would garble the request. It shows no
// values, since one of them is the secret.
func (r Request) validate() error {
	for _, f := range r.Fields {
		switch strings.ToLower(f.Name) {
		case "host", "content-length", "transfer-encoding":
			return fmt.Errorf("request field %s: the sender sets it: remove it", f.Name)
		}
		if !isToken(f.Name) {
			return fmt.Errorf("request field %q: not a header name: want letters, digits and hyphens", f.Name)
		}
		for i := range len(f.Value) {
			if c := f.Value[i]; c < 0x20 && c != '\t' || c == 0x7f {
				return fmt.Errorf("request field %s: its value has the control character %q at byte %d: want a text of one line", f.Name, c, i)
			}
		}
	}
	return nil
}

// isToken tells whether s is a token of RFC 9110, as a field's name must be.
func isToken(s string) bool {
	for i := range len(s) {
		c := s[i]
		if c <= ' ' || c >= 0x7f || strings.IndexByte(`"(),/:;<=>?@[\]{}`, c) >= 0 {
			return false
		}
	}
	return s != ""
}
