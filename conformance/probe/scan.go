package probe

import "encoding/json"

// deepest is how deep values may lie in each other, as in encoding/json.
const deepest = 10000

// elements are the values of the JSON array that b is, without copies of them;
// false where b is no array. It accepts what encoding/json does, in one pass.
func elements(b []byte) ([]json.RawMessage, bool) {
	i := space(b, 0)
	if i == len(b) || b[i] != '[' {
		return nil, false
	}
	all := []json.RawMessage{}
	i = list(b, i, ']', 1, func(from, to int) { all = append(all, b[from:to:to]) }, nil)
	return all, i >= 0 && space(b, i) == len(b)
}

// members calls member for each member of the JSON object that b is, with its
// name as it is written, quotes included; false where b is no object.
func members(b []byte, member func(name, value []byte)) bool {
	i := space(b, 0)
	if i == len(b) || b[i] != '{' {
		return false
	}
	var name []byte
	i = list(b, i, '}', 1, func(from, to int) { member(name, b[from:to:to]) }, func(from, to int) { name = b[from:to] })
	return i >= 0 && space(b, i) == len(b)
}

// list is where the array or object that begins at i ends, -1 where it is none.
// value is told where each value lies, and name each name; either may be nil.
func list(b []byte, i int, end byte, depth int, value, name func(from, to int)) int {
	if depth > deepest {
		return -1
	}
	i = space(b, i+1)
	if i < len(b) && b[i] == end {
		return i + 1
	}
	for i < len(b) {
		if end == '}' {
			from := i
			if b[i] != '"' {
				return -1
			}
			if i = text(b, i); i < 0 {
				return -1
			}
			if name != nil {
				name(from, i)
			}
			if i = space(b, i); i == len(b) || b[i] != ':' {
				return -1
			}
			if i = space(b, i+1); i == len(b) {
				return -1
			}
		}
		from := i
		if i = skip(b, i, depth); i < 0 {
			return -1
		}
		if value != nil {
			value(from, i)
		}
		if i = space(b, i); i == len(b) {
			return -1
		}
		switch b[i] {
		case end:
			return i + 1
		case ',':
			i = space(b, i+1)
		default:
			return -1
		}
	}
	return -1
}

// skip is where the value that begins at i ends, -1 where none does.
func skip(b []byte, i, depth int) int {
	switch c := b[i]; {
	case c == '"':
		return text(b, i)
	case c == '{':
		return list(b, i, '}', depth+1, nil, nil)
	case c == '[':
		return list(b, i, ']', depth+1, nil, nil)
	case c == 't':
		return word(b, i, "true")
	case c == 'f':
		return word(b, i, "false")
	case c == 'n':
		return word(b, i, "null")
	case c == '-' || digit(c):
		return number(b, i)
	}
	return -1
}

func space(b []byte, i int) int {
	for i < len(b) && (b[i] == ' ' || b[i] == '\n' || b[i] == '\r' || b[i] == '\t') {
		i++
	}
	return i
}

func word(b []byte, i int, w string) int {
	if len(b)-i < len(w) || string(b[i:i+len(w)]) != w {
		return -1
	}
	return i + len(w)
}

// text is where the string that begins at i, with its quote, ends.
func text(b []byte, i int) int {
	for i++; i < len(b); i++ {
		switch c := b[i]; {
		case c == '"':
			return i + 1
		case c < ' ':
			return -1
		case c != '\\':
			continue
		}
		if i++; i == len(b) {
			return -1
		}
		switch b[i] {
		case '"', '\\', '/', 'b', 'f', 'n', 'r', 't':
		case 'u':
			if len(b)-i < 5 || !hex(b[i+1]) || !hex(b[i+2]) || !hex(b[i+3]) || !hex(b[i+4]) {
				return -1
			}
			i += 4
		default:
			return -1
		}
	}
	return -1
}

func number(b []byte, i int) int {
	if b[i] == '-' {
		i++
	}
	switch {
	case i < len(b) && b[i] == '0':
		i++
	default:
		if i = digits(b, i); i < 0 {
			return -1
		}
	}
	if i < len(b) && b[i] == '.' {
		if i = digits(b, i+1); i < 0 {
			return -1
		}
	}
	if i < len(b) && (b[i] == 'e' || b[i] == 'E') {
		i++
		if i < len(b) && (b[i] == '+' || b[i] == '-') {
			i++
		}
		return digits(b, i)
	}
	return i
}

// digits is where one digit or more end.
func digits(b []byte, i int) int {
	from := i
	for i < len(b) && digit(b[i]) {
		i++
	}
	if i == from {
		return -1
	}
	return i
}

func digit(c byte) bool { return '0' <= c && c <= '9' }

func hex(c byte) bool { return digit(c) || 'a' <= c|0x20 && c|0x20 <= 'f' }
