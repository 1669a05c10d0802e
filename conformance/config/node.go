package config

import (
	"fmt"
	"strconv"
	"time"

	"github.com/goccy/go-yaml/ast"
)

// value is a value of the file and the dotted key that it stands under.
type value struct {
	key  string
	line int
	node ast.Node // without anchors and aliases; nil where an alias leads nowhere
}

// decoder reads the nodes of one file.
type decoder struct {
	file    string
	dir     string
	env     func(string) (string, bool)
	anchors map[string]ast.Node
	lines   map[string]int

	// Variables that stand in argv, with where; and those that the secret is
	// made of: process lists would show one that is both.
	argvVars   map[string]value
	secretVars []string
}

func (d *decoder) errorf(v value, format string, args ...any) *Error {
	return &Error{File: d.file, Line: v.line, Key: v.key, Msg: fmt.Sprintf(format, args...)}
}

// value follows anchors, aliases and the tag !!str. A loop of aliases ends like
// an alias to nothing.
func (d *decoder) value(key string, line int, n ast.Node) (value, error) {
	v := value{key: key, line: line}
	for range 10 {
		switch t := n.(type) {
		case *ast.AnchorNode:
			n = t.Value
		case *ast.AliasNode:
			name := tokenText(t.Value)
			if n = d.anchors[name]; n == nil {
				return v, d.errorf(v, "the alias *%s has no anchor &%s", keyName(name), keyName(name))
			}
		case *ast.TagNode:
			if tag := tokenText(t); tag != "!!str" {
				return v, d.errorf(v, "the tag %s is not read here; leave it out", keyName(tag))
			}
			if n = t.Value; n == nil {
				continue
			}
			if s, ok := scalar(n); ok {
				n = &ast.StringNode{BaseNode: &ast.BaseNode{}, Token: n.GetToken(), Value: s}
			}
		default:
			v.node = n
			return v, nil
		}
	}
	return v, d.errorf(v, "aliases lead to aliases; write the value")
}

// entry is one member of a mapping.
type entry struct {
	name string
	value
}

// entries are the members of a mapping, in the order of the file.
func (d *decoder) entries(v value) ([]entry, error) {
	var pairs []*ast.MappingValueNode
	switch n := v.node.(type) {
	case *ast.MappingNode:
		pairs = n.Values
	case *ast.MappingValueNode:
		pairs = []*ast.MappingValueNode{n}
	default:
		return nil, d.errorf(v, "is %s: want a mapping", describe(v.node))
	}
	entries := make([]entry, 0, len(pairs))
	first := make(map[string]int, len(pairs))
	for _, p := range pairs {
		line := lineOf(p.Key, v.line)
		if _, ok := p.Key.(*ast.MergeKeyNode); ok {
			return nil, d.errorf(value{key: v.key, line: line}, "merge keys (<<) are not read here; write the keys out")
		}
		kv, err := d.value(v.key, line, p.Key)
		if err != nil {
			return nil, err
		}
		name, ok := scalar(kv.node)
		if !ok {
			return nil, d.errorf(kv, "a key is %s: want text", describe(kv.node))
		}
		key := child(v.key, name)
		if at, ok := first[name]; ok {
			return nil, d.errorf(value{key: key, line: line}, "set twice, first in line %d", at)
		}
		first[name] = line
		val, err := d.value(key, line, p.Value)
		if err != nil {
			return nil, err
		}
		d.lines[key] = line
		entries = append(entries, entry{name, val})
	}
	return entries, nil
}

// items are the elements of a list.
func (d *decoder) items(v value) ([]value, error) {
	n, ok := v.node.(*ast.SequenceNode)
	if !ok {
		return nil, d.errorf(v, "is %s: want a list", describe(v.node))
	}
	items := make([]value, len(n.Values))
	for i, e := range n.Values {
		item, err := d.value(fmt.Sprintf("%s[%d]", v.key, i), lineOf(e, v.line), e)
		if err != nil {
			return nil, err
		}
		d.lines[item.key] = item.line
		items[i] = item
	}
	return items, nil
}

// text is a text with its variables filled in, as far as the scope wants it.
func (d *decoder) text(v value, sc scope) (string, error) {
	switch v.node.(type) {
	case *ast.StringNode, *ast.LiteralNode:
	case *ast.IntegerNode, *ast.FloatNode:
		// Which number is not said: it may be the secret.
		return "", d.errorf(v, "is a number: want text; put it in quotes")
	case *ast.BoolNode:
		return "", d.errorf(v, "is %s: want text; put it in quotes", describe(v.node))
	default:
		return "", d.errorf(v, "is %s: want text", describe(v.node))
	}
	return d.anyText(v, sc)
}

// anyText is text where a number or true and false are taken as they are
// written, as users of environment variables expect.
func (d *decoder) anyText(v value, sc scope) (string, error) {
	s, ok := scalar(v.node)
	if !ok {
		return "", d.errorf(v, "is %s: want text", describe(v.node))
	}
	filled, err := sc.fill(s, d.env)
	if err != nil {
		return "", d.errorf(v, "%v", err)
	}
	return filled, nil
}

// checked is a text that check finds right.
func (d *decoder) checked(v value, check func(string) error) (string, error) {
	s, err := d.text(v, plainScope)
	if err != nil {
		return "", err
	}
	if err := check(s); err != nil {
		return "", d.errorf(v, "%v", err)
	}
	return s, nil
}

func (d *decoder) duration(v value) (time.Duration, error) {
	s, ok := scalar(v.node)
	if !ok {
		return 0, d.errorf(v, "is %s: want a duration such as 2s", describe(v.node))
	}
	s, err := plainScope.fill(s, d.env)
	if err != nil {
		return 0, d.errorf(v, "%v", err)
	}
	t, err := parseDuration(s)
	if err != nil {
		return 0, d.errorf(v, "%v", err)
	}
	return t, nil
}

// port is a port's number, or a variable that holds one.
func (d *decoder) port(v value) (int, error) {
	s, ok := scalar(v.node)
	_, number := v.node.(*ast.IntegerNode)
	if !ok || !number && len(variables(s)) == 0 {
		return 0, d.errorf(v, "is %s: want a number from 1 to 65535", describe(v.node))
	}
	s, err := plainScope.fill(s, d.env)
	if err != nil {
		return 0, d.errorf(v, "%v", err)
	}
	p, err := parsePort(s)
	if err != nil {
		return 0, d.errorf(v, "%v", err)
	}
	return p, nil
}

// values is a mapping of texts.
func (d *decoder) values(v value, sc scope, checkName func(string) error) (Values, error) {
	entries, err := d.entries(v)
	if err != nil {
		return nil, err
	}
	values := make(Values, len(entries))
	for _, e := range entries {
		if err := checkName(e.name); err != nil {
			return nil, d.errorf(e.value, "%v", err)
		}
		if _, null := e.node.(*ast.NullNode); null {
			return nil, d.errorf(e.value, `is empty: want text; an empty value is written ""`)
		}
		if values[e.name], err = d.anyText(e.value, sc); err != nil {
			return nil, err
		}
	}
	return values, nil
}

// scalar is the text of a scalar, a number as it is written.
func scalar(n ast.Node) (string, bool) {
	switch n := n.(type) {
	case *ast.StringNode:
		return n.Value, true
	case *ast.LiteralNode:
		if n.Value == nil {
			return "", true
		}
		return n.Value.Value, true
	case *ast.IntegerNode, *ast.FloatNode, *ast.BoolNode:
		return tokenText(n), true
	case *ast.MappingKeyNode:
		return scalar(n.Value)
	}
	return "", false
}

func tokenText(n ast.Node) string {
	if n == nil || n.GetToken() == nil {
		return ""
	}
	return n.GetToken().Value
}

func lineOf(n ast.Node, otherwise int) int {
	if n == nil || n.GetToken() == nil || n.GetToken().Position == nil {
		return otherwise
	}
	return n.GetToken().Position.Line
}

// describe says what a node is, in the words of a user.
func describe(n ast.Node) string {
	switch n := n.(type) {
	case nil, *ast.NullNode:
		return "empty"
	case *ast.MappingNode, *ast.MappingValueNode:
		return "a mapping"
	case *ast.SequenceNode:
		return "a list"
	case *ast.IntegerNode, *ast.FloatNode, *ast.InfinityNode, *ast.NanNode:
		return "the number " + keyName(tokenText(n))
	case *ast.BoolNode:
		return strconv.FormatBool(n.Value)
	case *ast.StringNode, *ast.LiteralNode:
		return "text"
	}
	return "no plain value"
}

func child(key, name string) string {
	if key == "" {
		return keyName(name)
	}
	return key + "." + keyName(name)
}
