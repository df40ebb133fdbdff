package policy

import (
	"fmt"
	"slices"
	"strings"
)

// A kind is what a piece of YAML is.
type kind int

const (
	null kind = iota
	text
	number
	boolean
	list
	mapping
)

// A node is a piece of a policy: plain data with positions, free of anchors, tags and duplicate keys.
type node struct {
	at      Position
	kind    kind
	text    string // a scalar as it reads; a number or a boolean as it was written
	items   []*node
	entries []entry
}

// An entry is one key of a mapping with its value.
type entry struct {
	key   string
	at    Position
	value *node
}

// word is a scalar's text; false where there is none.
func (n *node) word() (string, bool) {
	return n.text, n.kind == text || n.kind == number || n.kind == boolean
}

// find is the value of a mapping's key, or nil.
func (n *node) find(key string) *node {
	for _, e := range n.entries {
		if e.key == key {
			return e.value
		}
	}
	return nil
}

// equal says whether two nodes hold the same data, wherever they stand and in whichever order their keys are.
func (n *node) equal(m *node) bool {
	if n.kind != m.kind || n.text != m.text || len(n.entries) != len(m.entries) {
		return false
	}
	for _, e := range n.entries {
		other := m.find(e.key)
		if other == nil || !e.value.equal(other) {
			return false
		}
	}
	return slices.EqualFunc(n.items, m.items, (*node).equal)
}

// place is the position as messages and origins write it; a line of 0 means the whole file.
func (p Position) place() string {
	if p.Line == 0 {
		return p.File
	}
	return fmt.Sprintf("%s:%d:%d", p.File, p.Line, p.Column)
}

// Error is "file:line:column: message".
func (e *Error) Error() string { return e.place() + ": " + e.Message }

// flow writes a node on one line, as YAML that reads back as the same data.
func (n *node) flow() string {
	switch n.kind {
	case text:
		return scalar(n.text)
	case number, boolean:
		return n.text
	case list:
		var items []string
		for _, item := range n.items {
			items = append(items, item.flow())
		}
		return "[" + strings.Join(items, ", ") + "]"
	case mapping:
		var entries []string
		for _, e := range n.entries {
			entries = append(entries, scalar(e.key)+": "+e.value.flow())
		}
		return "{" + strings.Join(entries, ", ") + "}"
	}
	return "null"
}

// scalar writes a text plainly where YAML cannot take it for anything else, in double quotes otherwise.
func scalar(s string) string {
	plain := s != "" && !strings.ContainsFunc(s, func(r rune) bool {
		return (r < 'a' || r > 'z') && (r < 'A' || r > 'Z') && !strings.ContainsRune("-_/.0123456789", r)
	})
	first := strings.ToLower(s[:min(len(s), 1)])
	if plain && first >= "a" && first <= "z" && !slices.Contains(reserved(), strings.ToLower(s)) {
		return s
	}
	return fmt.Sprintf("%q", s)
}

// reserved are words that some reader of YAML 1.1 or 1.2 takes for something else than text.
func reserved() []string {
	return []string{"true", "false", "null", "yes", "no", "on", "off", "y", "n", "nan", "inf"}
}
