package terminal

import "strings"

// Color is an ANSI attribute.
type Color string

// The attributes that reports use.
const (
	Red    Color = "31"
	Green  Color = "32"
	Yellow Color = "33"
	Bold   Color = "1"
	Dim    Color = "2"
)

// Palette paints where it is on; the zero Palette leaves text as it is.
type Palette struct{ On bool }

// Paint is s in colours.
func (p Palette) Paint(s string, colors ...Color) string {
	if !p.On || strings.TrimSpace(s) == "" {
		return s
	}
	for _, c := range colors {
		s = "\x1b[" + string(c) + "m" + s
	}
	return s + "\x1b[0m"
}
