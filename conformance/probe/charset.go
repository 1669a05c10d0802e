package probe

import (
	"bytes"
	"fmt"
	"mime"
	"strings"

	"golang.org/x/text/encoding"
	"golang.org/x/text/encoding/htmlindex"
	"golang.org/x/text/encoding/unicode"
	"golang.org/x/text/transform"
)

// bom is the mark that some programs put in front of UTF-8.
var bom = []byte("\xef\xbb\xbf")

// inUTF8 is a text in UTF-8 without a mark in front, whatever charset its mark or
// content type names.
func inUTF8(text []byte, contentType string) ([]byte, error) {
	_, params, _ := mime.ParseMediaType(contentType) // what is malformed names no charset
	label := strings.TrimSpace(params["charset"])
	isUTF8 := label == "" || strings.EqualFold(label, "utf-8") || strings.EqualFold(label, "utf8")
	hasMark := bytes.HasPrefix(text, []byte{0xfe, 0xff}) || bytes.HasPrefix(text, []byte{0xff, 0xfe})
	if isUTF8 && !hasMark {
		return bytes.TrimPrefix(text, bom), nil
	}
	charset := encoding.Encoding(unicode.UTF8)
	if !isUTF8 {
		var err error
		if charset, err = htmlindex.Get(label); err != nil {
			return nil, fmt.Errorf("answered in the charset %s: want UTF-8", plain(label, 40))
		}
	}
	text, _, err := transform.Bytes(unicode.BOMOverride(charset.NewDecoder()), text)
	if err != nil {
		return nil, fmt.Errorf("answered what is no %s, which it says it is: want UTF-8", plain(label, 40))
	}
	return text, nil
}
