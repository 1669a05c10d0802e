package strictyaml

import (
	"bytes"
	"encoding/json"

	"github.com/goccy/go-yaml/ast"
)

// JSON is the node as JSON text, its members in the file's order and its
// numbers as they are spelled there.
func (n Node) JSON() (string, error) {
	var b bytes.Buffer
	if err := n.appendJSON(&b, MaxDepth); err != nil {
		return "", err
	}
	return b.String(), nil
}

func (n Node) appendJSON(b *bytes.Buffer, depth int) error {
	if depth < 0 || b.Len() > 2*MaxSize {
		return n.Errorf("its aliases lead to more than can be written")
	}
	switch n.node.(type) {
	case *ast.MappingNode, *ast.MappingValueNode:
		m, err := n.Map()
		if err != nil {
			return err
		}
		b.WriteByte('{')
		for i, e := range m.Entries {
			if i > 0 {
				b.WriteByte(',')
			}
			appendString(b, e.Key)
			b.WriteByte(':')
			if err := e.Value.appendJSON(b, depth-1); err != nil {
				return err
			}
		}
		b.WriteByte('}')
	case *ast.SequenceNode:
		list, err := n.List()
		if err != nil {
			return err
		}
		b.WriteByte('[')
		for i, v := range list {
			if i > 0 {
				b.WriteByte(',')
			}
			if err := v.appendJSON(b, depth-1); err != nil {
				return err
			}
		}
		b.WriteByte(']')
	case *ast.NullNode:
		b.WriteString("null")
	case *ast.IntegerNode, *ast.FloatNode, *ast.BoolNode:
		text := n.node.GetToken().Value
		if !json.Valid([]byte(text)) {
			return n.Errorf("%q is no JSON number or boolean: put it in quotes", text)
		}
		b.WriteString(text)
	default:
		text, err := n.Text()
		if err != nil {
			return err
		}
		appendString(b, text)
	}
	return nil
}

func appendString(b *bytes.Buffer, s string) {
	e := json.NewEncoder(b)
	e.SetEscapeHTML(false)
	_ = e.Encode(s)         // a string always has a JSON form
	b.Truncate(b.Len() - 1) // Encode ends with a new line
}
