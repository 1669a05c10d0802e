package config

import (
	"fmt"
	"strconv"
	"strings"
	"unicode"
	"unicode/utf8"
)

// Error is a mistake in what the user gave: a file, a flag, a variable. It is
// one line, and free of the secret.
type Error struct {
	File string // as the user named it; empty for a flag, a variable or a Config made in Go
	Line int    // from 1; 0: none in particular
	Key  string // dotted, such as probe.http.path, or --flag, or CTXPUSH_NAME; empty: the file as a whole
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

// origin remembers where a Config's keys were set, so that what is found wrong
// later still names the line.
type origin struct {
	file  string
	lines map[string]int    // by dotted key
	flags map[string]string // the flag or variable, by dotted key; nil before Overlay
}

// err blames the flag or variable that set the key, or else the line of the
// key or of the nearest key above it.
func (o origin) err(key, msg string) *Error {
	for k := key; k != ""; k = parent(k) {
		if flag, ok := o.flag(k); ok {
			return &Error{Key: flag, Msg: msg}
		}
		if line, ok := o.lines[k]; ok {
			return &Error{File: o.file, Line: line, Key: key, Msg: msg}
		}
	}
	// What is missing has no place; who works with flags is told the flag.
	if o.flags != nil && o.file == "" {
		for _, k := range keys {
			if k.names(key) {
				return &Error{Key: "--" + k.Flag, Msg: msg}
			}
		}
	}
	return &Error{File: o.file, Key: key, Msg: msg}
}

// flag is the flag or variable that set the key.
func (o origin) flag(key string) (string, bool) {
	for _, k := range keys {
		if flag, ok := o.flags[k.Name]; ok && k.names(key) {
			return flag, true
		}
	}
	return "", false
}

// Mistake is an error about a key of the Config, with the line or the flag where
// it was set. The message must be one line, and free of the secret.
func (c Config) Mistake(key, format string, args ...any) *Error {
	return c.origin.err(key, fmt.Sprintf(format, args...))
}

func parent(key string) string {
	return key[:max(strings.LastIndexByte(key, '.'), 0)]
}

// quote is s for a message: quoted, on one line, and not longer than one reads.
func quote(s string) string {
	const most = 60
	if utf8.RuneCountInString(s) <= most {
		return strconv.Quote(s)
	}
	return strconv.Quote(string([]rune(s)[:most])) + "…"
}

// keyName is a key as a message names it: bare where it is a plain word.
func keyName(s string) string {
	odd := func(r rune) bool {
		return !unicode.IsLetter(r) && !unicode.IsDigit(r) && !strings.ContainsRune("_-/", r)
	}
	if s == "" || len(s) > 60 || strings.ContainsFunc(s, odd) {
		return quote(s)
	}
	return s
}
