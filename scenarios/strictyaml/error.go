package strictyaml

import (
	"fmt"
	"strconv"
	"strings"
	"unicode"
	"unicode/utf8"
)

// Error is a mistake in what the user gave: a file, or a flag or variable in a
// file's place. It is one line.
type Error struct {
	File string // as the user named it; empty for a flag, a variable or a value made in Go
	Line int    // from 1; 0: none in particular
	Key  string // dotted, such as probe.http.path, or --flag, or a variable; empty: the file as a whole
	Msg  string // what is wrong, and what would be right
}

// Error is file:line: key: message, without the parts that are empty.
func (e *Error) Error() string {
	var b strings.Builder
	if e.File != "" {
		if strings.ContainsFunc(e.File, unicode.IsControl) {
			b.WriteString(strconv.Quote(e.File))
		} else {
			b.WriteString(e.File)
		}
		if e.Line > 0 {
			fmt.Fprintf(&b, ":%d", e.Line)
		}
		b.WriteString(": ")
	}
	if e.Key != "" {
		b.WriteString(e.Key + ": ")
	}
	return b.String() + e.Msg
}

// most is how many characters of a text an error shows.
const most = 60

// Quote is s for a message: quoted, on one line, and not longer than one reads.
func Quote(s string) string {
	if utf8.RuneCountInString(s) <= most {
		return strconv.Quote(s)
	}
	return strconv.Quote(string([]rune(s)[:most])) + "…"
}

// Name is a key or a number as a message names it: bare where it is a plain
// word, else quoted.
func Name(s string) string {
	odd := func(r rune) bool {
		return !unicode.IsLetter(r) && !unicode.IsDigit(r) && !strings.ContainsRune("_-/$", r)
	}
	if s == "" || len(s) > most || strings.ContainsFunc(s, odd) {
		return Quote(s)
	}
	return s
}

// Child is the dotted key of a mapping's member.
func Child(key, name string) string {
	shown := name
	if Name(strings.ReplaceAll(name, ".", "_")) != strings.ReplaceAll(name, ".", "_") {
		shown = Quote(name)
	}
	return strings.TrimPrefix(key+"."+shown, ".")
}

// Cut is the text of another package or of a file as a part of a line.
func Cut(s string) string {
	s = strings.Map(func(r rune) rune {
		if unicode.IsControl(r) {
			return -1
		}
		return r
	}, strings.Join(strings.Fields(strings.ReplaceAll(s, "\t", `\t`)), " "))
	if r := []rune(s); len(r) > 2*most {
		return string(r[:2*most]) + "…"
	}
	return s
}
