package strictyaml

import (
	"bytes"
	"errors"
	"fmt"
	"strings"
	"unicode/utf8"

	"github.com/goccy/go-yaml"
	"github.com/goccy/go-yaml/ast"
	"github.com/goccy/go-yaml/lexer"
	"github.com/goccy/go-yaml/parser"
	"github.com/goccy/go-yaml/token"
)

// What people write is far below these, and beyond them the time of the YAML
// parser grows faster than the file.
const (
	// MaxSize is the most bytes that a file may have.
	MaxSize = 256 << 10
	// MaxDepth is how deep lists and mappings may stand in each other.
	MaxDepth = 100
	// MaxKeys is how many keys and list items a file may have that are not in
	// brackets.
	MaxKeys = 15_000
)

// document is what the nodes of one document share.
type document struct {
	file    string
	anchors map[string]ast.Node
}

// Parse reads the documents of a file. A document that holds nothing is left
// out. Anchors, aliases, tags and merge keys are refused: what is read as free
// JSON could grow without bounds by them. The error is an *Error.
func Parse(file string, data []byte) ([]Node, error) {
	nodes, err := parse(file, data)
	for _, n := range nodes {
		if err == nil {
			err = n.plain()
		}
	}
	if err != nil {
		return nil, err
	}
	return nodes, nil
}

// ParseOne reads a file of one document, in which an alias stands for the value
// of its anchor, and !!str makes text of a number. It is for files of which
// known keys are read, one by one. The error is an *Error.
func ParseOne(file string, data []byte) (Node, error) {
	nodes, err := parse(file, data)
	switch {
	case err != nil:
		return Node{}, err
	case len(nodes) == 0:
		return Node{}, &Error{File: file, Msg: "is empty: want keys and values"}
	case len(nodes) > 1:
		return Node{}, &Error{File: file, Line: nodes[1].line, Msg: "a second document: want one"}
	}
	root := nodes[0]
	root.doc.anchors = map[string]ast.Node{}
	var twice error
	ast.Walk(visitor(func(n ast.Node) bool {
		if n, ok := n.(*ast.AnchorNode); ok {
			name := tokenText(n.Name)
			if _, set := root.doc.anchors[name]; set && twice == nil {
				twice = &Error{File: file, Line: lineOf(n, 0), Msg: fmt.Sprintf("the anchor &%s is set twice", Name(name))}
			}
			root.doc.anchors[name] = n.Value
		}
		return true
	}), root.node)
	if twice != nil {
		return Node{}, twice
	}
	return root.resolve()
}

func parse(file string, data []byte) ([]Node, error) {
	data = bytes.TrimPrefix(data, []byte("\ufeff"))
	if err := isText(file, data); err != nil {
		return nil, err
	}
	parsed, err := tree(file, string(data))
	if err != nil {
		return nil, err
	}
	var nodes []Node
	for _, doc := range parsed.Docs {
		switch doc.Body.(type) {
		case nil, *ast.CommentGroupNode, *ast.NullNode, *ast.DirectiveNode:
			continue
		}
		nodes = append(nodes, Node{doc: &document{file: file}, node: doc.Body}.at())
	}
	return nodes, nil
}

func isText(file string, data []byte) error {
	if len(data) > MaxSize {
		return &Error{File: file, Msg: fmt.Sprintf("is larger than %d KiB: want at most that", MaxSize>>10)}
	}
	wrong := func(at int, format string, args ...any) error {
		return &Error{File: file, Line: bytes.Count(data[:at], []byte("\n")) + 1, Msg: fmt.Sprintf(format, args...)}
	}
	for i := 0; i < len(data); {
		r, size := utf8.DecodeRune(data[i:])
		switch {
		case r == utf8.RuneError && size == 1:
			return wrong(i, "byte 0x%02x is not UTF-8: want a text file in UTF-8", data[i])
		case r < ' ' && r != '\t' && r != '\n' && r != '\r', r == 0x7f:
			return wrong(i, "control character %U: want a text file", r)
		}
		i += size
	}
	return nil
}

// tree is the file's syntax tree. A panic of the parser, which is not ours, is
// an error like any other: no file may end the program.
func tree(file, text string) (parsed *ast.File, err error) {
	defer func() {
		if recover() != nil {
			parsed, err = nil, &Error{File: file, Msg: "malformed YAML"}
		}
	}()
	tokens := lexer.Tokenize(text)
	if err := bounded(file, tokens); err != nil {
		return nil, err
	}
	parsed, err = parser.Parse(tokens, 0, parser.AllowDuplicateMapKey()) // those are told by Map
	if err == nil {
		return parsed, nil
	}
	e := &Error{File: file, Msg: "malformed YAML"}
	var syntax yaml.Error
	if errors.As(err, &syntax) {
		if t := syntax.GetToken(); t != nil && t.Position != nil {
			e.Line = t.Position.Line
		}
		e.Msg += ": " + Cut(syntax.GetMessage())
		if strings.Contains(syntax.GetMessage(), "must be specified") {
			e.Msg += `; between { and } a "${NAME}" is quoted`
		}
	}
	return nil, e
}

// bounded refuses a file that would keep the parser busy for long, and one of
// which the parser loses a part.
func bounded(file string, tokens token.Tokens) error {
	brackets, dashes, line, keys := 0, 0, 0, 0
	begun := false // a document that holds nothing yet
	for _, t := range tokens {
		refuse := func(format string, args ...any) error {
			return &Error{File: file, Line: t.Position.Line, Msg: fmt.Sprintf(format, args...)}
		}
		switch t.Type {
		case token.MappingStartType, token.SequenceStartType:
			brackets++
		case token.MappingEndType, token.SequenceEndType:
			brackets--
		case token.SequenceEntryType, token.MappingKeyType:
			if t.Position.Line != line {
				dashes, line = 0, t.Position.Line
			}
			dashes++
			keys++
		case token.MappingValueType:
			keys++
		}
		switch {
		case brackets > MaxDepth || dashes > MaxDepth:
			return refuse("is nested deeper than %d levels", MaxDepth)
		case keys > MaxKeys:
			return refuse("has more than %d keys and list items", MaxKeys)
		}
		switch t.Type {
		case token.DocumentHeaderType:
			if begun {
				return refuse("a document that holds nothing: leave its --- out")
			}
			begun = true
		case token.CommentType:
		default:
			begun = false
		}
	}
	return nil
}

// plain refuses what most files do without, at any depth.
func (n Node) plain() error {
	var found error
	ast.Walk(visitor(func(node ast.Node) bool {
		if found != nil || node == nil {
			return false
		}
		switch node.(type) {
		case *ast.AnchorNode, *ast.AliasNode, *ast.TagNode, *ast.MergeKeyNode:
			found = Node{doc: n.doc, node: node}.at().Errorf(
				"anchors, aliases, tags and merge keys are not used here: write the value itself")
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
