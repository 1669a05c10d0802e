// Package strictyaml reads YAML that people write by hand: every key must be
// known, every value of the type that is wanted, and an error is one line that
// names the file, the line, the key and what would be right.
package strictyaml

import (
	"fmt"
	"slices"
	"strconv"

	"github.com/goccy/go-yaml/ast"
)

// Node is one value of a file.
type Node struct {
	doc  *document
	key  string // the keys that lead to it, joined by dots
	line int
	vars map[string]string
	node ast.Node
}

// child is the node below n that an anchor, an alias or a tag may stand for.
func (n Node) child(key string, line int, node ast.Node) (Node, error) {
	return Node{doc: n.doc, key: key, line: line, vars: n.vars, node: node}.resolve()
}

// maxAliases is how many anchors, aliases and tags may lead to a value. A loop of
// aliases ends there.
const maxAliases = 10

func (n Node) resolve() (Node, error) {
	for range maxAliases {
		switch t := n.node.(type) {
		case *ast.AnchorNode:
			n.node = t.Value
		case *ast.AliasNode:
			name := tokenText(t.Value)
			if n.node = n.doc.anchors[name]; n.node == nil {
				return n, n.Errorf("the alias *%s has no anchor &%s", Name(name), Name(name))
			}
		case *ast.TagNode:
			if tag := tokenText(t); tag != "!!str" {
				return n, n.Errorf("the tag %s is not read here; leave it out", Name(tag))
			}
			n.node = t.Value
			if s, ok := n.Scalar(); ok {
				n.node = &ast.StringNode{BaseNode: &ast.BaseNode{}, Token: t.Value.GetToken(), Value: s}
			}
		default:
			return n, nil
		}
	}
	return n, n.Errorf("aliases lead to aliases; write the value")
}

// at fills in the node's line.
func (n Node) at() Node {
	n.line = lineOf(n.node, n.line)
	if m, ok := n.node.(*ast.MappingNode); ok && len(m.Values) > 0 && !m.IsFlowStyle {
		n.line = lineOf(m.Values[0].Key, n.line)
	}
	return n
}

func lineOf(n ast.Node, otherwise int) int {
	if n == nil || n.GetToken() == nil || n.GetToken().Position == nil {
		return otherwise
	}
	return n.GetToken().Position.Line
}

func tokenText(n ast.Node) string {
	if n == nil || n.GetToken() == nil {
		return ""
	}
	return n.GetToken().Value
}

// Errorf is an error at the node.
func (n Node) Errorf(format string, args ...any) error {
	return &Error{File: n.doc.file, Line: n.line, Key: n.key, Msg: fmt.Sprintf(format, args...)}
}

// Line is the node's line in its file, from 1.
func (n Node) Line() int { return n.line }

// Key is the keys that lead to the node, joined by dots.
func (n Node) Key() string { return n.key }

// wanted is the error of a node of another type.
func (n Node) wanted(what string) error {
	if err := n.unset(); err != nil {
		return err
	}
	return n.Errorf("is %s: want %s", n.what(), what)
}

// what is the node for an error: its text, or what it is instead of one. What is
// read key by key may be a secret, and is not shown.
func (n Node) what() string {
	if text, ok := n.Scalar(); ok && n.doc.anchors == nil {
		return Quote(text)
	}
	return n.Describe()
}

// Describe says what the node is, in the words of a user and without its text.
func (n Node) Describe() string {
	switch v := n.node.(type) {
	case nil, *ast.NullNode:
		return "empty"
	case *ast.MappingNode, *ast.MappingValueNode:
		return "a mapping"
	case *ast.SequenceNode:
		return "a list"
	case *ast.BoolNode:
		return strconv.FormatBool(v.Value)
	case *ast.StringNode, *ast.LiteralNode:
		return "text"
	}
	if n.IsNumber() {
		return "a number"
	}
	return "no plain value"
}

// IsString tells whether the node is a text that is no number and no boolean.
func (n Node) IsString() bool { return n.Describe() == "text" }

// IsNumber tells whether the node is a number.
func (n Node) IsNumber() bool {
	switch n.node.(type) {
	case *ast.IntegerNode, *ast.FloatNode, *ast.InfinityNode, *ast.NanNode:
		return true
	}
	return false
}

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
	if text, ok := n.Scalar(); ok {
		return text, nil
	}
	return "", n.wanted("text")
}

// Scalar is Text, and whether the node is one.
func (n Node) Scalar() (text string, ok bool) {
	switch v := n.node.(type) {
	case *ast.StringNode:
		return n.replaced(v.Value), true
	case *ast.LiteralNode:
		if v.Value == nil {
			return "", true
		}
		return n.replaced(v.Value.Value), true
	case *ast.IntegerNode, *ast.FloatNode, *ast.BoolNode, *ast.InfinityNode, *ast.NanNode:
		return tokenText(v), true
	}
	return "", false
}

// Word is the node as one of the words that are allowed.
func (n Node) Word(allowed ...string) (string, error) {
	s, err := n.Text()
	if err != nil {
		return "", n.wanted(OneOf(allowed))
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
	return n.Errorf("%s %s; %s", Quote(word), what, Suggest(word, known))
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
		at := Node{doc: n.doc, node: v, line: n.line}.at()
		var err error
		if nodes[i], err = n.child(fmt.Sprintf("%s[%d]", n.key, i), at.line, v); err != nil {
			return nil, err
		}
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
		line := lineOf(v.Key, n.line)
		if _, ok := v.Key.(*ast.MergeKeyNode); ok {
			n.line = line
			return Map{}, n.Errorf("merge keys (<<) are not read here; write the keys out")
		}
		key, err := n.keyText(line, v.Key)
		if err != nil {
			return Map{}, err
		}
		at, err := n.child(Child(n.key, key), line, v.Value)
		if err != nil {
			return Map{}, err
		}
		if len(allowed) > 0 && !slices.Contains(allowed, key) {
			if err := at.unsetIn(key); err != nil {
				return Map{}, err
			}
			return Map{}, at.Errorf("unknown key; %s", Suggest(key, allowed))
		}
		if first, ok := m.Get(key); ok {
			return Map{}, at.Errorf("set twice, first in line %d", first.line)
		}
		m.Entries = append(m.Entries, Entry{key, at})
	}
	return m, nil
}

// keyText is the text of a mapping's key.
func (n Node) keyText(line int, key ast.Node) (string, error) {
	if explicit, ok := key.(*ast.MappingKeyNode); ok {
		key = explicit.Value
	}
	at, err := n.child(n.key, line, key)
	if err != nil {
		return "", err
	}
	text, ok := at.Scalar()
	if !ok {
		return "", at.Errorf("a key is %s: want text", at.Describe())
	}
	return text, nil
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
