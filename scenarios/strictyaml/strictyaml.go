// Package strictyaml reads YAML that people write by hand: every key must be
// known, every value of the type that is wanted, and an error is one line that
// names the file, the line, the key and what would be right.
package strictyaml

import (
	"errors"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/agnivade/levenshtein"
	"github.com/goccy/go-yaml"
	"github.com/goccy/go-yaml/ast"
	"github.com/goccy/go-yaml/parser"
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

// MaxSize is the most bytes that a file may have. People write less, and the
// parser's time grows faster than the file.
const MaxSize = 1 << 20

// Node is one value of a file.
type Node struct {
	file string
	key  string // the keys that lead to it, joined by dots
	line int
	vars map[string]string
	node ast.Node
}

// With is the node with $name replaced by vars[name] in every text in it.
func (n Node) With(vars map[string]string) Node {
	n.vars = vars
	return n
}

// child is a node below n.
func (n Node) child(key string, line int, node ast.Node) Node {
	return Node{file: n.file, key: key, line: line, vars: n.vars, node: node}
}

// replaced is s with the variables' values; the longest name wins.
func (n Node) replaced(s string) string {
	names := slices.SortedFunc(maps.Keys(n.vars), func(a, b string) int { return len(b) - len(a) })
	for _, name := range names {
		s = strings.ReplaceAll(s, "$"+name, n.vars[name])
	}
	return s
}

// Parse reads the documents of a file. A document that holds nothing is left
// out. Anchors, aliases, tags and merge keys are refused: none of our formats
// has a use for them.
func Parse(file string, data []byte) ([]Node, error) {
	if len(data) > MaxSize {
		return nil, &Error{File: file, Msg: fmt.Sprintf("has %d bytes: want at most %d", len(data), MaxSize)}
	}
	if !utf8.Valid(data) {
		return nil, &Error{File: file, Msg: "is not UTF-8 text"}
	}
	parsed, err := parser.ParseBytes(data, 0)
	if err != nil {
		var syntax yaml.Error
		if errors.As(err, &syntax) && syntax.GetToken() != nil {
			return nil, &Error{File: file, Line: syntax.GetToken().Position.Line, Msg: oneLine(syntax.GetMessage())}
		}
		return nil, &Error{File: file, Msg: oneLine(err.Error())}
	}
	var nodes []Node
	for _, doc := range parsed.Docs {
		if doc.Body == nil {
			continue
		}
		if doc.Body.Type() == ast.CommentType || doc.Body.Type() == ast.NullType {
			continue
		}
		n := Node{file: file, node: doc.Body}.at()
		if err := n.plain(); err != nil {
			return nil, err
		}
		nodes = append(nodes, n)
	}
	return nodes, nil
}

func oneLine(s string) string {
	return strings.Join(strings.Fields(s), " ")
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

// plain refuses what strict files do without, at any depth.
func (n Node) plain() error {
	var found error
	ast.Walk(visitor(func(node ast.Node) bool {
		if found != nil || node == nil {
			return false
		}
		switch node.(type) {
		case *ast.AnchorNode, *ast.AliasNode, *ast.TagNode, *ast.MergeKeyNode, *ast.DirectiveNode:
			found = Node{file: n.file, node: node}.at().Errorf("anchors, aliases, tags and merge keys are not used here: write the value itself")
			return false
		}
		return true
	}), n.node)
	return found
}

type visitor func(ast.Node) bool

func (v visitor) Visit(n ast.Node) ast.Visitor {
	if !v(n) {
		return nil
	}
	return v
}

// Errorf is an error at the node.
func (n Node) Errorf(format string, args ...any) error {
	return &Error{File: n.file, Line: n.line, Key: n.key, Msg: fmt.Sprintf(format, args...)}
}

// Line is the node's line in its file, from 1.
func (n Node) Line() int { return n.line }

// wanted is the error of a node of another type.
func (n Node) wanted(what string) error {
	return n.Errorf("is %s: want %s", n.what(), what)
}

func (n Node) what() string {
	switch v := n.node.(type) {
	case *ast.MappingNode, *ast.MappingValueNode:
		return "a mapping"
	case *ast.SequenceNode:
		return "a list"
	case *ast.NullNode:
		return "empty"
	default:
		return fmt.Sprintf("%q", cut(v.String()))
	}
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
func (n Node) IsText() bool { _, err := n.Text(); return err == nil }

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
	switch v := n.node.(type) {
	case *ast.StringNode:
		return n.replaced(v.Value), nil
	case *ast.LiteralNode:
		return n.replaced(v.Value.Value), nil
	case *ast.IntegerNode, *ast.FloatNode, *ast.BoolNode, *ast.InfinityNode, *ast.NanNode:
		return v.GetToken().Value, nil
	}
	return "", n.wanted("text")
}

// Word is the node as one of the words that are allowed.
func (n Node) Word(allowed ...string) (string, error) {
	s, err := n.Text()
	if err != nil {
		return "", n.wanted("one of " + strings.Join(allowed, ", "))
	}
	if !slices.Contains(allowed, s) {
		return "", n.Errorf("%q is not known; %s", cut(s), Suggest(s, allowed))
	}
	return s, nil
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

// Duration is the node as a length of time such as 250ms, 2s, 1h30m or 31d,
// with a sign where it is an offset.
func (n Node) Duration() (time.Duration, error) {
	const want = "a length of time such as 250ms, 2s, 1h30m or 31d"
	s, err := n.Text()
	if err != nil {
		return 0, n.wanted(want)
	}
	d, err := ParseDuration(s)
	if err != nil {
		return 0, n.wanted(want)
	}
	return d, nil
}

// ParseDuration is time.ParseDuration with days: 31d, 1d12h.
func ParseDuration(s string) (time.Duration, error) {
	rest, sign := s, time.Duration(1)
	if r, ok := strings.CutPrefix(rest, "-"); ok {
		rest, sign = r, -1
	} else {
		rest = strings.TrimPrefix(rest, "+")
	}
	days, after, ok := strings.Cut(rest, "d")
	if !ok {
		return time.ParseDuration(s)
	}
	const mostDays = 100 * 365
	n, err := strconv.Atoi(days)
	if err != nil || n < 0 || n > mostDays {
		return 0, fmt.Errorf("length of time %q: want such as 31d or 1d12h", s)
	}
	d := time.Duration(n) * 24 * time.Hour
	if after != "" {
		more, err := time.ParseDuration(after)
		if err != nil || more < 0 {
			return 0, fmt.Errorf("length of time %q: want such as 31d or 1d12h", s)
		}
		d += more
	}
	return sign * d, nil
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
		path := key
		if n.key != "" {
			path = n.key + "." + key
		}
		at := n.child(path, v.Key.GetToken().Position.Line, v.Value)
		if len(allowed) > 0 && !slices.Contains(allowed, key) {
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

// Suggest is the end of an error about an unknown word: the nearest known one
// where one is near, else all of them.
func Suggest(word string, known []string) string {
	if best := Nearest(word, known); best != "" {
		return fmt.Sprintf("did you mean %q?", best)
	}
	return "known are " + strings.Join(known, ", ")
}

// Nearest is the known word that was probably meant; empty where none is near.
func Nearest(word string, known []string) string {
	best, distance := "", 1+max(2, len(word)/3)
	for _, k := range known {
		if d := levenshtein.ComputeDistance(strings.ToLower(word), strings.ToLower(k)); d < distance {
			best, distance = k, d
		}
	}
	return best
}
