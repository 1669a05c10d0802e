package probe

import (
	"testing"

	"golang.org/x/text/encoding/unicode"
)

func TestInUTF8(t *testing.T) {
	const want = `{"title":"Grüße"}`
	wide, err := unicode.UTF16(unicode.LittleEndian, unicode.UseBOM).NewEncoder().String(want)
	if err != nil {
		t.Fatal(err)
	}
	for name, c := range map[string]struct{ text, contentType string }{
		"plain":                {want, "application/json"},
		"no content type":      {want, ""},
		"a mark":               {"\xef\xbb\xbf" + want, "application/json; charset=UTF-8"},
		"Latin 1":              {"{\"title\":\"Gr\xfc\xdfe\"}", "application/json; charset=ISO-8859-1"},
		"UTF-16 by its mark":   {wide, "application/json"},
		"UTF-16 by its name":   {wide, `application/json; charset="utf-16"`},
		"a mark wins":          {"\xef\xbb\xbf" + want, "text/plain; charset=windows-1252"},
		"a malformed one":      {want, "application/json; charset"},
		"UTF-8 without hyphen": {want, "application/json;charset=utf8"},
	} {
		if got, err := inUTF8([]byte(c.text), c.contentType); err != nil || string(got) != want {
			t.Errorf("%s: got %q, %v", name, got, err)
		}
	}
	if _, err := inUTF8([]byte(want), "application/json; charset=klingon"); err == nil || err.Error() != "answered in the charset klingon: want UTF-8" {
		t.Errorf("a charset that is none: %v", err)
	}
}
