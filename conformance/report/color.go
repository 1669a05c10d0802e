package report

// color is an ANSI attribute.
type color string

const (
	red    color = "31"
	green  color = "32"
	yellow color = "33"
	bold   color = "1"
	dim    color = "2"
)

// palette paints where it is on; the zero palette leaves text as it is.
type palette struct{ on bool }

func (p palette) paint(s string, colors ...color) string {
	if !p.on || s == "" {
		return s
	}
	for _, c := range colors {
		s = "\x1b[" + string(c) + "m" + s
	}
	return s + "\x1b[0m"
}
