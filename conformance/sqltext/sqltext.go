// Package sqltext finds the named parameters of a query, such as :user_id, in
// the text of one: not in its strings, comments, quoted names and casts.
package sqltext

import (
	"fmt"
	"slices"
	"strings"
	"unicode/utf8"

	"github.com/ctxpush/ctxpush/scenarios/strictyaml"
)

// Dialect is how a database writes strings, comments and quoted names.
type Dialect string

// The dialects.
const (
	Postgres Dialect = "postgres"
	MySQL    Dialect = "mysql" // and MariaDB
	SQLite   Dialect = "sqlite"
)

// Dialects are all of them.
var Dialects = []Dialect{Postgres, MySQL, SQLite}

// Query is one SELECT with named parameters.
type Query struct{ parts []part }

// part is a text of the query, or a parameter between two.
type part struct {
	text  string
	param string // empty: text counts
}

// Error is a mistake in a query, and where it is.
type Error struct {
	Line, Column int // from 1; the column in characters
	Msg          string
}

// Error is line, column and message; of a query of one line the line is left
// out.
func (e *Error) Error() string {
	if e.Line == 1 {
		return fmt.Sprintf("column %d: %s", e.Column, e.Msg)
	}
	return fmt.Sprintf("line %d, column %d: %s", e.Line, e.Column, e.Msg)
}

// Parse reads one SELECT whose parameters are among names. A semicolon at its
// end is left out. The error is an *Error.
func Parse(d Dialect, text string, names []string) (Query, error) {
	p := parser{scanner: scanner{dialect: d, text: text}, names: names}
	return p.parse()
}

// Render is the query with what ref returns in the place of each parameter.
func (q Query) Render(ref func(name string) string) string {
	var b strings.Builder
	for _, part := range q.parts {
		if part.param == "" {
			b.WriteString(part.text)
		} else {
			b.WriteString(ref(part.param))
		}
	}
	return b.String()
}

// Params are the names of the parameters in the order of the text, each as
// often as it stands there.
func (q Query) Params() []string {
	var names []string
	for _, part := range q.parts {
		if part.param != "" {
			names = append(names, part.param)
		}
	}
	return names
}

// parser splits a query at its parameters.
type parser struct {
	scanner
	names []string
	query Query
	from  int    // where the text began that is not a part yet
	first string // the query's first word
	ended int    // after the first semicolon; 0: none yet
}

func (p *parser) parse() (Query, error) {
	for {
		t, ok, err := p.next()
		if err != nil {
			return Query{}, err
		}
		if !ok {
			break
		}
		if err := p.take(t); err != nil {
			return Query{}, err
		}
	}
	rest := p.text[p.from:]
	if p.ended > 0 {
		rest = p.text[p.from : p.ended-1]
	}
	p.query.parts = append(p.query.parts, part{text: rest})
	switch {
	case p.first == "":
		return Query{}, p.errorAt(0, "is empty: want a SELECT")
	case len(p.query.parts) == 1:
		return Query{}, p.errorAt(0, "names none of %s: it would find the same for every message", p.list())
	}
	return p.query, nil
}

// take looks at one token.
func (p *parser) take(t token) error {
	if p.ended > 0 {
		return p.errorAt(t.at, "text after the semicolon: want one statement")
	}
	word := p.text[t.at:p.at]
	if p.first == "" && word != "(" {
		if p.first = strings.ToUpper(word); p.first != "SELECT" && p.first != "WITH" {
			return p.errorAt(t.at, "begins with %q: want a SELECT", shorten(word))
		}
	}
	switch t.kind {
	case semicolon:
		p.ended = p.at
	case positional:
		return p.errorAt(t.at, "the parameter %s has no value: want named ones, %s", word, p.list())
	case named:
		name := word[1:]
		if !slices.Contains(p.names, name) {
			all := make([]string, len(p.names))
			for i, n := range p.names {
				all[i] = ":" + n
			}
			return p.errorAt(t.at, "the parameter %s is not known; %s", shorten(word), strictyaml.Suggest(word, all))
		}
		p.query.parts = append(p.query.parts, part{text: p.text[p.from:t.at]}, part{param: name})
		p.from = p.at
	}
	return nil
}

func (p *parser) list() string { return ":" + strings.Join(p.names, ", :") }

func shorten(s string) string {
	if r := []rune(s); len(r) > 40 {
		return string(r[:40]) + "…"
	}
	return s
}

func (s *scanner) errorAt(at int, format string, args ...any) *Error {
	before := s.text[:at]
	return &Error{
		Line:   strings.Count(before, "\n") + 1,
		Column: utf8.RuneCountInString(before[strings.LastIndexByte(before, '\n')+1:]) + 1,
		Msg:    fmt.Sprintf(format, args...),
	}
}
