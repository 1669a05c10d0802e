package config

import (
	"bytes"
	"crypto/sha256"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"unicode/utf8"

	"github.com/goccy/go-yaml"
	"github.com/goccy/go-yaml/ast"
	"github.com/goccy/go-yaml/lexer"
	"github.com/goccy/go-yaml/parser"
	"github.com/goccy/go-yaml/token"
)

// A file of people is far below these. Beyond them the YAML parser takes
// seconds.
const (
	maxFile  = 32 << 10 // bytes
	maxDepth = 64       // lists and mappings in each other
)

// Load reads a receiver.yaml. Relative paths in it are relative to the file's
// directory; ${NAME} is looked up with env, in which nothing is set where it is
// nil. Neither defaults are set nor is looked for what is missing: SetDefaults
// and Validate do that, after Overlay. The error is an *Error.
func Load(path string, env func(string) (string, bool)) (Config, error) {
	if info, err := os.Stat(path); err == nil && info.IsDir() {
		return Config{}, &Error{File: path, Msg: "is a directory: want a file such as " + filepath.Join(path, "receiver.yaml")}
	}
	f, err := os.Open(path)
	if err != nil {
		msg := "can't be read: " + err.Error()
		var pathErr *fs.PathError
		switch {
		case errors.Is(err, fs.ErrNotExist):
			msg = "no such file"
		case errors.As(err, &pathErr):
			msg = "can't be read: " + pathErr.Err.Error()
		}
		return Config{}, &Error{File: path, Msg: msg}
	}
	defer f.Close()
	data, err := io.ReadAll(io.LimitReader(f, maxFile+1))
	if err != nil {
		return Config{}, &Error{File: path, Msg: "can't be read to its end"}
	}
	c, err := Parse(path, data, filepath.Dir(path), env)
	if err != nil {
		return Config{}, err
	}
	c.File = path
	_, holds := c.origin.lines["secret.value"]
	if !holds && (c.Secret == "" || !bytes.Contains(data, []byte(c.Secret))) {
		c.FileDigest = fmt.Sprintf("sha256:%x", sha256.Sum256(data))
	}
	return c, nil
}

// Parse is Load of a file's text; name stands in errors, dir is what relative
// paths are relative to.
func Parse(name string, data []byte, dir string, env func(string) (string, bool)) (Config, error) {
	d := &decoder{
		file:     name,
		dir:      dir,
		env:      env,
		anchors:  map[string]ast.Node{},
		lines:    map[string]int{},
		argvVars: map[string]value{},
	}
	root, err := d.parse(data)
	if err != nil {
		return Config{}, err
	}
	c := Config{Dir: dir, origin: origin{file: name, lines: d.lines}}
	if err := object(d, root, fileFields, &c); err != nil {
		return Config{}, err
	}
	for _, name := range d.secretVars {
		if v, ok := d.argvVars[name]; ok {
			return Config{}, d.errorf(v, "${%s} is the secret, which process lists would show; hand it over under env", name)
		}
	}
	return c, nil
}

// parse turns the text into the file's one mapping.
func (d *decoder) parse(data []byte) (value, error) {
	data = bytes.TrimPrefix(data, []byte("\ufeff"))
	if err := d.checkText(data); err != nil {
		return value{}, err
	}
	tokens, err := guard(func() (token.Tokens, error) { return lexer.Tokenize(string(data)), nil })
	if err == nil {
		err = d.checkTokens(tokens)
	}
	if err != nil {
		return value{}, d.malformed(err)
	}
	file, err := guard(func() (*ast.File, error) { return parser.Parse(tokens, 0, parser.AllowDuplicateMapKey()) })
	if err != nil {
		return value{}, d.malformed(err)
	}
	var body ast.Node
	for _, doc := range file.Docs {
		switch doc.Body.(type) {
		case nil, *ast.CommentGroupNode, *ast.NullNode, *ast.DirectiveNode:
			continue
		}
		if body != nil {
			return value{}, &Error{File: d.file, Line: lineOf(doc.Body, 0), Msg: "a second document: want one"}
		}
		body = doc.Body
	}
	if m, ok := body.(*ast.MappingNode); body == nil || ok && len(m.Values) == 0 {
		return value{}, &Error{File: d.file, Msg: "is empty: want at least the key receiver"}
	}
	found := &anchors{nodes: d.anchors}
	ast.Walk(found, body)
	if found.twice != nil {
		return value{}, &Error{File: d.file, Line: lineOf(found.twice, 0), Msg: fmt.Sprintf("the anchor &%s is set twice", keyName(tokenText(found.twice.Name)))}
	}
	root, err := d.value("", lineOf(body, 1), body)
	if err == nil {
		switch root.node.(type) {
		case *ast.MappingNode, *ast.MappingValueNode:
		default:
			err = d.errorf(root, "the file is %s: want a mapping with keys such as receiver", describe(root.node))
		}
	}
	return root, err
}

func (d *decoder) checkText(data []byte) error {
	line := func(at int) int { return bytes.Count(data[:at], []byte("\n")) + 1 }
	if len(data) > maxFile {
		return &Error{File: d.file, Msg: fmt.Sprintf("is larger than %d KiB: want a receiver.yaml", maxFile>>10)}
	}
	for i := 0; i < len(data); {
		r, size := utf8.DecodeRune(data[i:])
		switch {
		case r == utf8.RuneError && size == 1:
			return &Error{File: d.file, Line: line(i), Msg: fmt.Sprintf("byte 0x%02x is not UTF-8: want a text file in UTF-8", data[i])}
		case r < ' ' && r != '\t' && r != '\n' && r != '\r', r == 0x7f:
			return &Error{File: d.file, Line: line(i), Msg: fmt.Sprintf("control character %U: want a text file", r)}
		}
		i += size
	}
	return nil
}

// checkTokens refuses what would keep the parser busy for long, and what it
// reads in another way than a user does.
func (d *decoder) checkTokens(tokens token.Tokens) error {
	depth, headers, content := 0, 0, false
	for _, t := range tokens {
		switch t.Type {
		case token.MappingStartType, token.SequenceStartType:
			depth++
		case token.MappingEndType, token.SequenceEndType:
			depth--
		case token.DocumentHeaderType:
			if headers++; headers > 1 || content {
				return &Error{File: d.file, Line: t.Position.Line, Msg: "a second document: want one"}
			}
		}
		if depth > maxDepth {
			return &Error{File: d.file, Line: t.Position.Line, Msg: fmt.Sprintf("more than %d levels of [ and {", maxDepth)}
		}
		switch t.Type {
		case token.DocumentHeaderType, token.DocumentEndType, token.CommentType, token.DirectiveType:
		default:
			content = true
		}
	}
	return nil
}

// malformed is the parser's error as one line.
func (d *decoder) malformed(err error) error {
	var own *Error
	if errors.As(err, &own) {
		return own
	}
	e := &Error{File: d.file, Msg: "malformed YAML"}
	var syntax *yaml.SyntaxError
	if errors.As(err, &syntax) {
		if syntax.Token != nil && syntax.Token.Position != nil {
			e.Line = syntax.Token.Position.Line
		}
		e.Msg += ": " + oneLine(syntax.Message)
		if e.Line > 0 && strings.Contains(syntax.Message, "must be specified") {
			e.Msg += `; between { and } a "${NAME}" is quoted`
		}
	}
	return e
}

// guard makes an error of a panic: a file of whatever bytes must not end the
// program, and the parser is not ours.
func guard[T any](parse func() (T, error)) (t T, err error) {
	defer func() {
		if recover() != nil {
			err = errors.New("malformed")
		}
	}()
	return parse()
}

// anchors collects the anchors of a tree, and the first that is set twice.
type anchors struct {
	nodes map[string]ast.Node
	twice *ast.AnchorNode
}

// Visit is called by ast.Walk with each node.
func (a *anchors) Visit(n ast.Node) ast.Visitor {
	if n, ok := n.(*ast.AnchorNode); ok {
		name := tokenText(n.Name)
		if _, set := a.nodes[name]; set && a.twice == nil {
			a.twice = n
		}
		a.nodes[name] = n.Value
	}
	return a
}
