// Package strictyaml reads YAML that people write by hand: every key must be
// known, every value of the type that is wanted, and an error is one line that
// names the file, the line, the key and what would be right.
package strictyaml

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
	"unicode"

	"github.com/goccy/go-yaml/ast"
)

// Error is what is wrong with a file, at a line of it.
type Error struct {
	File string
	Line int // from 1; 0 for the file as a whole
	Key  string
	Msg  string
}

func (e *Error) Error() string {
	var b strings.Builder
	b.WriteString(e.File)
	if e.Line > 0 {
		fmt.Fprintf(&b, ":%d", e.Line)
	}
	if e.Key != "" {
		b.WriteString(": " + e.Key)
	}
	return b.String() + ": " + e.Msg
}

// Node is one value of a file.
type Node struct {
	file string
	key  string // the keys that lead to it, joined by dots
	line int
	vars map[string]string
	node ast.Node
}

// child is a node below n.
func (n Node) child(key string, line int, node ast.Node) Node {
	return Node{file: n.file, key: key, line: line, vars: n.vars, node: node}
}

// at fills in the node's line.
func (n Node) at() Node {
	if t := n.node.GetToken(); t != nil && t.Position != nil {
		n.line = t.Position.Line
	}
	if m, ok := n.node.(*ast.MappingNode); ok && len(m.Values) > 0 && !m.IsFlowStyle {
		n.line = m.Values[0].Key.GetToken().Position.Line
	}
	return n
}

// Errorf is an error at the node.
func (n Node) Errorf(format string, args ...any) error {
	return &Error{File: n.file, Line: n.line, Key: n.key, Msg: fmt.Sprintf(format, args...)}
}

// Line is the node's line in its file, from 1.
func (n Node) Line() int { return n.line }

// wanted is the error of a node of another type.
func (n Node) wanted(what string) error {
	if err := n.unset(); err != nil {
		return err
	}
	return n.Errorf("is %s: want %s", n.what(), what)
}

func (n Node) what() string {
	switch n.node.(type) {
	case *ast.MappingNode, *ast.MappingValueNode:
		return "a mapping"
	case *ast.SequenceNode:
		return "a list"
	case *ast.NullNode:
		return "empty"
	}
	if text, ok := n.text(); ok {
		return fmt.Sprintf("%q", cut(text))
	}
	return "no plain value"
}

// shown is a key as errors name it: as it is where it is a plain word.
func shown(key string) string {
	if key == "" || strings.ContainsFunc(key, func(r rune) bool { return !unicode.IsPrint(r) }) {
		return strconv.Quote(cut(key))
	}
	return cut(key)
}

func cut(s string) string {
	const most = 60
	s = oneLine(s)
	if len(s) > most {
		return strings.ToValidUTF8(s[:most], "") + "…"
	}
	return s
}

// IsText, IsList, IsMap and IsNull tell what a node is.
func (n Node) IsText() bool { _, ok := n.text(); return ok }

// IsList tells whether the node is a list.
func (n Node) IsList() bool { _, ok := n.node.(*ast.SequenceNode); return ok }

// IsMap tells whether the node is a mapping.
func (n Node) IsMap() bool {
	switch n.node.(type) {
	case *ast.MappingNode, *ast.MappingValueNode:
		return true
	}
	return false
}

// IsNull tells whether the node is empty.
func (n Node) IsNull() bool { _, ok := n.node.(*ast.NullNode); return ok }

// Text is the node as text, as it stands in the file: a number or a boolean is
// text too where text is wanted.
func (n Node) Text() (string, error) {
	if text, ok := n.text(); ok {
		return text, nil
	}
	return "", n.wanted("text")
}

func (n Node) text() (text string, ok bool) {
	switch v := n.node.(type) {
	case *ast.StringNode:
		return n.replaced(v.Value), true
	case *ast.LiteralNode:
		return n.replaced(v.Value.Value), true
	case *ast.IntegerNode, *ast.FloatNode, *ast.BoolNode, *ast.InfinityNode, *ast.NanNode:
		return v.GetToken().Value, true
	}
	return "", false
}

// Word is the node as one of the words that are allowed.
func (n Node) Word(allowed ...string) (string, error) {
	s, err := n.Text()
	if err != nil {
		return "", n.wanted("one of " + strings.Join(allowed, ", "))
	}
	if !slices.Contains(allowed, s) {
		return "", n.Unknown(s, "is not known", allowed)
	}
	return s, nil
}

// Unknown is the error of a node whose text has a word that is not among the
// known ones; what is that it is not: "is no message".
func (n Node) Unknown(word, what string, known []string) error {
	if err := n.unset(); err != nil {
		return err
	}
	return n.Errorf("%q %s; %s", cut(word), what, Suggest(word, known))
}

// Int is the node as a whole number from low to high.
func (n Node) Int(low, high int) (int, error) {
	want := fmt.Sprintf("a whole number from %d to %d", low, high)
	s, err := n.Text()
	if err != nil {
		return 0, n.wanted(want)
	}
	i, err := strconv.Atoi(s)
	if err != nil || i < low || i > high {
		return 0, n.wanted(want)
	}
	return i, nil
}

// List is the node's elements.
func (n Node) List() ([]Node, error) {
	seq, ok := n.node.(*ast.SequenceNode)
	if !ok {
		return nil, n.wanted("a list")
	}
	nodes := make([]Node, len(seq.Values))
	for i, v := range seq.Values {
		nodes[i] = n.child(fmt.Sprintf("%s[%d]", n.key, i), n.line, v).at()
	}
	return nodes, nil
}

// Entry is a key of a mapping and its value.
type Entry struct {
	Key   string
	Value Node
}

// Map is a mapping's entries in their order.
type Map struct {
	Node
	Entries []Entry
}

// Map is the node as a mapping whose keys are all among the allowed ones; none
// allowed means any.
func (n Node) Map(allowed ...string) (Map, error) {
	var values []*ast.MappingValueNode
	switch v := n.node.(type) {
	case *ast.MappingNode:
		values = v.Values
	case *ast.MappingValueNode:
		values = []*ast.MappingValueNode{v}
	default:
		return Map{}, n.wanted("a mapping")
	}
	m := Map{Node: n}
	for _, v := range values {
		key := n.replaced(v.Key.GetToken().Value)
		path := shown(key)
		if n.key != "" {
			path = n.key + "." + path
		}
		at := n.child(path, v.Key.GetToken().Position.Line, v.Value)
		if len(allowed) > 0 && !slices.Contains(allowed, key) {
			if err := at.unsetIn(key); err != nil {
				return Map{}, err
			}
			return Map{}, at.Errorf("unknown key; %s", Suggest(key, allowed))
		}
		if m.Has(key) {
			return Map{}, at.Errorf("stands twice")
		}
		m.Entries = append(m.Entries, Entry{key, at})
	}
	return m, nil
}

// Has says whether the mapping has the key.
func (m Map) Has(key string) bool {
	_, ok := m.Get(key)
	return ok
}

// Get is the value of a key.
func (m Map) Get(key string) (Node, bool) {
	for _, e := range m.Entries {
		if e.Key == key {
			return e.Value, true
		}
	}
	return Node{}, false
}
