package probe

import "encoding/binary"

// deepest is how deep values may lie in each other, as in encoding/json.
const deepest = 10000

// elements calls element for each value of the JSON array that b is, with where
// it begins; element says where it ends, -1 where there is none. It is false
// where b is no array. It accepts what encoding/json does, in one pass.
func elements(b []byte, element func(i int) int) bool {
	i := space(b, 0)
	if i == len(b) || b[i] != '[' {
		return false
	}
	i = space(b, i+1)
	for more := i < len(b) && b[i] != ']'; more; {
		if i = element(i); i < 0 {
			return false
		}
		if i = space(b, i); i == len(b) {
			return false
		}
		if more = b[i] == ','; more {
			if i = space(b, i+1); i == len(b) {
				return false
			}
		}
	}
	return i < len(b) && b[i] == ']' && space(b, i+1) == len(b)
}

// members calls member for each member of the JSON object that b is, with its
// name as it is written, quotes included; false where b is no object.
func members(b []byte, member func(name, value []byte)) bool {
	i := space(b, 0)
	if i == len(b) || b[i] != '{' {
		return false
	}
	i = object(b, i, 1, member)
	return i >= 0 && space(b, i) == len(b)
}

// object is members for the object that begins at i, and where it ends.
func object(b []byte, i, depth int, member func(name, value []byte)) int {
	var name []byte
	return list(b, i, '}', depth, func(from, to int) { member(name, b[from:to:to]) }, func(from, to int) { name = b[from:to] })
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
		for len(b)-i >= 8 && plain8(binary.LittleEndian.Uint64(b[i:])) {
			i += 8
		}
		if i == len(b) {
			return -1
		}
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

// plain8 says that of eight bytes of a string none is a quote, a backslash or a
// control character. In each byte, what is below n has its highest bit set once
// n is taken off, if it was not set before; equal bytes are made 0 and are below
// 1. A borrow reaches only bytes above one that counts already.
func plain8(x uint64) bool {
	const ones, high = 0x0101010101010101, 0x8080808080808080
	quote, slash := x^ones*'"', x^ones*'\\'
	return ((x-ones*' ')&^x|(quote-ones)&^quote|(slash-ones)&^slash)&high == 0
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
