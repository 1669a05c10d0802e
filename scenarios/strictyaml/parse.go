package strictyaml

import (
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
)

// Parse reads the documents of a file. A document that holds nothing is left
// out. Anchors, aliases, tags and merge keys are refused: none of our formats
// has a use for them. The error is an *Error.
func Parse(file string, data []byte) ([]Node, error) {
	if len(data) > MaxSize {
		return nil, &Error{File: file, Msg: fmt.Sprintf("has %d bytes: want at most %d", len(data), MaxSize)}
	}
	if !utf8.Valid(data) {
		return nil, &Error{File: file, Msg: "is not UTF-8 text"}
	}
	parsed, err := tree(file, string(data))
	if err != nil {
		return nil, err
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

// tree is the file's syntax tree. A panic of the parser, which is not ours, is
// an error like any other: no file may end the program.
func tree(file, text string) (parsed *ast.File, err error) {
	defer func() {
		if recover() != nil {
			parsed, err = nil, &Error{File: file, Msg: "is no YAML"}
		}
	}()
	tokens := lexer.Tokenize(text)
	if err := flat(file, tokens); err != nil {
		return nil, err
	}
	parsed, err = parser.Parse(tokens, 0)
	if err == nil {
		return parsed, nil
	}
	var syntax yaml.Error
	if errors.As(err, &syntax) && syntax.GetToken() != nil {
		return nil, &Error{File: file, Line: syntax.GetToken().Position.Line, Msg: oneLine(syntax.GetMessage())}
	}
	return nil, &Error{File: file, Msg: oneLine(err.Error())}
}

// flat refuses a file whose values stand too deep in each other, before the
// parser spends its time on it.
func flat(file string, tokens token.Tokens) error {
	braces, dashes, line := 0, 0, 0
	for _, t := range tokens {
		switch t.Type {
		case token.MappingStartType, token.SequenceStartType:
			braces++
		case token.MappingEndType, token.SequenceEndType:
			braces--
		case token.SequenceEntryType, token.MappingKeyType:
			if t.Position.Line != line {
				dashes, line = 0, t.Position.Line
			}
			dashes++
		}
		if braces > MaxDepth || dashes > MaxDepth {
			return &Error{File: file, Line: t.Position.Line, Msg: fmt.Sprintf("is nested deeper than %d levels", MaxDepth)}
		}
	}
	return nil
}

func oneLine(s string) string {
	return strings.Join(strings.Fields(s), " ")
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
