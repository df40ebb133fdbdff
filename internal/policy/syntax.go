package policy

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

// What a policy file may be at most. The parser recurses over nesting and over the keys of a block mapping, in
// quadratic time over the latter, so both are bounded before it runs.
const (
	maxSize  = 1 << 20 // bytes
	maxDepth = 32      // collections within collections
	maxKeys  = 1000    // keys of one mapping
)

// A source is a policy file on its way from bytes to nodes.
type source struct{ name string }

func (s source) fail(line, column int, message string) *Error {
	return &Error{Position: Position{File: s.name, Line: line, Column: column}, Message: message}
}

func (s source) failAt(tk *token.Token, message string) *Error {
	if tk == nil || tk.Position == nil {
		return s.fail(0, 0, message)
	}
	return s.fail(tk.Position.Line, tk.Position.Column, message)
}

// read turns a file into a node; nil where the file says nothing. It never panics.
func (s source) read(data []byte) (n *node, err error) {
	defer func() {
		if recover() != nil {
			// A panic's text could quote the file.
			n, err = nil, s.fail(0, 0, "this cannot be read as YAML")
		}
	}()
	data = bytes.TrimPrefix(data, []byte("\ufeff"))
	if e := s.checkBytes(data); e != nil {
		return nil, e
	}
	tokens := withoutComments(lexer.Tokenize(string(data)))
	if e := s.checkTokens(tokens); e != nil {
		return nil, e
	}
	// Duplicate keys are found in convert, which can say where without quoting.
	file, err := parser.Parse(tokens, 0, parser.AllowDuplicateMapKey())
	if err != nil {
		return nil, s.syntaxError(err, data)
	}
	for _, doc := range file.Docs {
		if doc.Body != nil {
			return s.convert(doc.Body)
		}
	}
	return nil, nil
}

// checkBytes refuses what no policy holds, before a parser sees it.
func (s source) checkBytes(data []byte) *Error {
	if len(data) > maxSize {
		return s.fail(0, 0, "this file is larger than 1 MiB, which no policy is")
	}
	for i, line := range strings.Split(string(data), "\n") {
		rest := strings.TrimLeft(line, " \t")
		if tab := strings.IndexByte(line[:len(line)-len(rest)], '\t'); tab >= 0 && strings.TrimSpace(rest) != "" {
			return s.fail(i+1, tab+1, "a tab indents this line (YAML wants spaces)")
		}
		if !utf8.ValidString(line) {
			return s.fail(i+1, 1, "this line is not UTF-8")
		}
		strange := func(r rune) bool { return r < ' ' && r != '\t' || r == 0x7f }
		if at := strings.IndexFunc(strings.TrimSuffix(line, "\r"), strange); at >= 0 {
			return s.fail(i+1, utf8.RuneCountInString(line[:at])+1, "this line has a control character")
		}
	}
	return nil
}

func withoutComments(tokens token.Tokens) token.Tokens {
	var kept token.Tokens
	for _, tk := range tokens {
		if tk.Type != token.CommentType {
			kept = append(kept, tk)
		}
	}
	return kept
}

// checkTokens refuses what a policy does not need of YAML (anchors, aliases, merge keys, tags, directives, complex
// keys, several documents), and nesting that would exhaust the parser.
func (s source) checkTokens(tokens token.Tokens) *Error {
	var n nesting
	content, ended := false, false
	for _, tk := range tokens {
		if tk.Type == token.DocumentEndType {
			ended = true
			continue
		}
		if content && (ended || tk.Type == token.DocumentHeaderType) {
			return s.failAt(tk, "a second document begins here (a policy is one document)")
		}
		content = content || tk.Type != token.DocumentHeaderType
		if message := refused(tk.Type); message != "" {
			return s.failAt(tk, message)
		}
		if message := n.add(tk); message != "" {
			return s.failAt(tk, message)
		}
	}
	return nil
}

// refused says what is wrong with a piece of YAML that a policy never uses, or "".
func refused(t token.Type) string {
	switch t {
	case token.AnchorType:
		return "an anchor (&name) is not read here (write the value out, or put a text that begins with & in quotes)"
	case token.AliasType:
		return "an alias (*name) is not read here (put a text that begins with *, such as a glob, in quotes)"
	case token.MergeKeyType:
		return "a merge key (<<) is not read here (write the keys out)"
	case token.TagType:
		return "a tag (!name) is not read here (put a text that begins with ! in quotes)"
	case token.DirectiveType:
		return "a directive (%NAME) is not read here (put a text that begins with % in quotes)"
	case token.MappingKeyType:
		return "a complex key (?) is not read here (put a text that begins with ? in quotes)"
	}
	return ""
}

// nesting follows which collections are open: flow collections by their brackets, block collections by column.
type nesting struct {
	flow   int
	blocks []block
}

type block struct{ column, keys int }

// add takes the next token and says what is too much, or "".
func (n *nesting) add(tk *token.Token) string {
	switch t := tk.Type; {
	case t == token.MappingStartType, t == token.SequenceStartType:
		n.flow++
	case t == token.MappingEndType, t == token.SequenceEndType:
		n.flow--
	case n.flow > 0: // brackets alone nest in here
	case t == token.SequenceEntryType:
		n.open(tk.Position.Column)
	case t == token.MappingValueType:
		key := tk
		if tk.Prev != nil {
			key = tk.Prev
		}
		n.open(key.Position.Column)
		n.blocks[len(n.blocks)-1].keys++
	}
	if len(n.blocks)+n.flow > maxDepth {
		return "this is nested too deeply"
	}
	if len(n.blocks) > 0 && n.blocks[len(n.blocks)-1].keys > maxKeys {
		return "this mapping has too many keys"
	}
	return ""
}

func (n *nesting) open(column int) {
	for len(n.blocks) > 0 && n.blocks[len(n.blocks)-1].column > column {
		n.blocks = n.blocks[:len(n.blocks)-1]
	}
	if len(n.blocks) == 0 || n.blocks[len(n.blocks)-1].column < column {
		n.blocks = append(n.blocks, block{column: column})
	}
}

// syntaxError is the parser's complaint without the source that it likes to show.
func (s source) syntaxError(err error, data []byte) *Error {
	var syntax yaml.Error
	if !errors.As(err, &syntax) {
		return s.fail(0, 0, "this cannot be read as YAML")
	}
	message, _, _ := strings.Cut(syntax.GetMessage(), ": \"") // "invalid header option" repeats what it met
	if message == "" {
		message = "this cannot be read as YAML"
	}
	if strings.HasSuffix(message, "is a reserved character") {
		message += " (put it in quotes)"
	}
	e := s.failAt(syntax.GetToken(), message)
	lines := strings.Split(string(data), "\n")
	if e.Line >= 1 && e.Line <= len(lines) && strings.Contains(lines[e.Line-1], "\t") {
		e.Message += " (this line has a tab; YAML wants spaces)"
	}
	return e
}

// convert turns the parser's tree into nodes.
func (s source) convert(n ast.Node) (*node, error) {
	at := s.failAt(n.GetToken(), "").Position
	switch n := n.(type) {
	case *ast.NullNode:
		return &node{at: at}, nil
	case *ast.StringNode:
		return &node{at: at, kind: text, text: n.Value}, nil
	case *ast.LiteralNode:
		return &node{at: at, kind: text, text: n.Value.Value}, nil
	case *ast.BoolNode:
		return &node{at: at, kind: boolean, text: n.Token.Value}, nil
	case *ast.IntegerNode, *ast.FloatNode, *ast.InfinityNode, *ast.NanNode:
		return &node{at: at, kind: number, text: n.GetToken().Value}, nil
	case *ast.SequenceNode:
		out := &node{at: at, kind: list}
		for _, v := range n.Values {
			item, err := s.convert(v)
			if err != nil {
				return nil, err
			}
			out.items = append(out.items, item)
		}
		return out, nil
	case *ast.MappingNode:
		return s.convertMapping(n, at)
	}
	return nil, s.failAt(n.GetToken(), "this form of YAML is not read here")
}

func (s source) convertMapping(n *ast.MappingNode, at Position) (*node, error) {
	out := &node{at: at, kind: mapping}
	lines := map[string]int{}
	for _, v := range n.Values {
		key, err := s.convert(v.Key)
		if err != nil {
			return nil, err
		}
		name, ok := key.word()
		if !ok {
			return nil, &Error{Position: key.at, Message: "a key is missing here"}
		}
		if first, twice := lines[name]; twice {
			return nil, &Error{Position: key.at, Message: "the key " + quote(name) + fmt.Sprintf(" is here twice (first in line %d)", first)}
		}
		lines[name] = key.at.Line
		value, err := s.convert(v.Value)
		if err != nil {
			return nil, err
		}
		if value.kind == null {
			value.at = key.at // the parser puts what is not there somewhere else
		}
		out.entries = append(out.entries, entry{key: name, at: key.at, value: value})
	}
	if !n.IsFlowStyle && len(out.entries) > 0 {
		out.at = out.entries[0].at // the parser's token is the first colon
	}
	return out, nil
}
