package sqltext

import "strings"

// kind is what a token means to the parser.
type kind int

const (
	other      kind = iota // a word, a string, an operator
	named                  // :name
	positional             // ?, $1: what the drivers use
	semicolon
)

// token is a piece of a query; it ends where the scanner stands.
type token struct {
	kind kind
	at   int
}

// scanner reads a query token by token.
type scanner struct {
	dialect Dialect
	text    string
	at      int
}

// next is the next token after spaces and comments; none at the end of the
// text. The error is a string, a name or a comment without an end.
func (s *scanner) next() (token, bool, error) {
	if err := s.skip(); err != nil {
		return token{}, false, err
	}
	if s.at == len(s.text) {
		return token{}, false, nil
	}
	t := token{at: s.at}
	c := s.text[s.at]
	s.at++
	switch {
	case c == '\'' || c == '"' || c == '`' && s.dialect != Postgres || c == '[' && s.dialect == SQLite:
		return t, true, s.quoted(t.at, c)
	case c == '$' && s.dialect == Postgres && s.dollarTag() != "":
		return t, true, s.dollarQuoted(t.at)
	case c == '$' && s.dialect == Postgres && s.peek(isDigit):
		t.kind = positional
		s.run(isDigit)
	case c == '?' && s.dialect != Postgres: // which has operators of that name
		t.kind = positional
		s.run(isDigit)
	case c == ':' && s.peek(func(b byte) bool { return b == ':' || b == '=' }):
		s.at++ // a cast, or an assignment
	case c == ':' && s.peek(isLetter):
		t.kind = named
		s.run(isWord)
	case c == ';':
		t.kind = semicolon
	case isWord(c):
		s.run(isWord)
		// E'…' has escapes of its own.
		if word := s.text[t.at:s.at]; s.dialect == Postgres && strings.EqualFold(word, "e") && s.peek(func(b byte) bool { return b == '\'' }) {
			s.at++
			return t, true, s.until(t.at, '\'', true)
		}
	}
	return t, true, nil
}

// skip goes beyond spaces and comments.
func (s *scanner) skip() error {
	for s.at < len(s.text) {
		rest := s.text[s.at:]
		switch {
		case strings.ContainsRune(" \t\r\n\f\v", rune(rest[0])):
			s.at++
		case s.lineComment(rest):
			end := strings.IndexByte(rest, '\n')
			if end < 0 {
				end = len(rest) - 1
			}
			s.at += end + 1
		case strings.HasPrefix(rest, "/*"):
			if err := s.blockComment(); err != nil {
				return err
			}
		default:
			return nil
		}
	}
	return nil
}

func (s *scanner) lineComment(rest string) bool {
	if s.dialect == MySQL {
		// There, 1--1 is 2.
		return rest[0] == '#' || rest == "--" || strings.HasPrefix(rest, "--") && rest[2] <= ' '
	}
	return strings.HasPrefix(rest, "--")
}

// blockComment goes beyond a comment. PostgreSQL's hold others.
func (s *scanner) blockComment() error {
	from, depth := s.at, 0
	for s.at < len(s.text) {
		switch rest := s.text[s.at:]; {
		case strings.HasPrefix(rest, "/*") && (depth == 0 || s.dialect == Postgres):
			depth++
			s.at += 2
		case strings.HasPrefix(rest, "*/"):
			s.at += 2
			if depth--; depth == 0 {
				return nil
			}
		default:
			s.at++
		}
	}
	if s.dialect == SQLite {
		return nil // which ends it with the text
	}
	return s.errorAt(from, "a comment without its end */")
}

// quoted goes beyond a string or a quoted name.
func (s *scanner) quoted(from int, open byte) error {
	end := open
	if open == '[' {
		end = ']'
	}
	return s.until(from, end, s.dialect == MySQL && open != '`')
}

// until goes beyond the end of what is quoted; an end that stands twice is none.
func (s *scanner) until(from int, end byte, escapes bool) error {
	for ; s.at < len(s.text); s.at++ {
		switch c := s.text[s.at]; {
		case c == '\\' && escapes:
			s.at++
		case c == end && end != ']' && s.at+1 < len(s.text) && s.text[s.at+1] == end:
			s.at++
		case c == end:
			s.at++
			return nil
		}
	}
	s.at = len(s.text)
	return s.errorAt(from, "a %c without the one that ends it", s.text[from])
}

// dollarTag is the tag that opens a string of dollars at the scanner, such as
// $body$; empty where there is none.
func (s *scanner) dollarTag() string {
	rest := s.text[s.at-1:]
	end := strings.IndexByte(rest[1:], '$')
	if end < 0 {
		return ""
	}
	name := rest[1 : end+1]
	if name != "" && (isDigit(name[0]) || strings.ContainsFunc(name, func(r rune) bool { return r < 0x80 && !isWord(byte(r)) })) {
		return ""
	}
	return rest[:end+2]
}

func (s *scanner) dollarQuoted(from int) error {
	tag := s.dollarTag()
	s.at += len(tag) - 1
	end := strings.Index(s.text[s.at:], tag)
	if end < 0 {
		return s.errorAt(from, "a %s without the one that ends it", shorten(tag))
	}
	s.at += end + len(tag)
	return nil
}

func (s *scanner) peek(is func(byte) bool) bool { return s.at < len(s.text) && is(s.text[s.at]) }

func (s *scanner) run(is func(byte) bool) {
	for s.peek(is) {
		s.at++
	}
}

func isDigit(b byte) bool  { return '0' <= b && b <= '9' }
func isLetter(b byte) bool { return b == '_' || 'a' <= b|0x20 && b|0x20 <= 'z' || b >= 0x80 }

// isWord says whether a byte goes on with a word: a $ in it begins no string.
func isWord(b byte) bool { return isLetter(b) || isDigit(b) || b == '$' }
