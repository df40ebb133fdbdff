// Package report shows a verdict to a person or a program: text, JSON, SARIF and Markdown. It decides nothing.
package report

import (
	"fmt"
	"io"
	"strings"

	"github.com/forewarden/forewarden/internal/gate"
)

// A Run is everything that a report tells: which program looked at what, and the verdict.
type Run struct {
	Tool    Tool
	Scope   Scope
	Verdict gate.Verdict
	// Paths says where the driver wrote an artifact. One that is missing here was not written.
	Paths map[Artifact]string
}

// Tool is the program that looked.
type Tool struct{ Name, Version string }

// Scope is what was looked at. Base and Head are full commit ids, empty where there is none; Under is the folder
// that the run was limited to.
type Scope struct {
	Kind, Base, Head string
	Under            string
}

// An Artifact names a document that a control left behind.
type Artifact struct{ Control, Name string }

// Options are the presentation of Text. Width is the terminal's width in columns; 0 means that nothing is wrapped.
type Options struct {
	Color, Verbose, Quiet bool
	Width                 int
}

// Formats are the names that Write knows; the first is the default.
func Formats() []string { return []string{"text", "json", "sarif", "markdown"} }

// Write writes r in the named format. Only text heeds the options. A name that is not in Formats is an error.
func Write(format string, w io.Writer, r Run, o Options) error {
	switch format {
	case "text":
		return Text(w, r, o)
	case "json":
		return JSON(w, r)
	case "sarif":
		return SARIF(w, r)
	case "markdown":
		return Markdown(w, r)
	}
	return fmt.Errorf("no report format %q: want one of %s", format, strings.Join(Formats(), ", "))
}
