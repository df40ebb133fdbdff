package report

import (
	"cmp"
	"fmt"
	"slices"
	"strconv"

	"github.com/forewarden/forewarden/internal/control"
	"github.com/forewarden/forewarden/internal/finding"
	"github.com/forewarden/forewarden/internal/gate"
)

// A Level says how loud an annotation is.
type Level string

// The levels, as GitHub names them.
const (
	LevelError   Level = "error"
	LevelWarning Level = "warning"
)

// An Annotation is what a contributor reads beside a line: one problem, what it is and what to do. Line is 0 where it
// is about the whole file, Path "" where it is about no file. Nothing in it moves a cursor, hides text or starts an old
// workflow command; what the new ones need escaped is not escaped yet.
type Annotation struct {
	Level                            Level
	Path                             string
	Line, Column, EndLine, EndColumn int
	Title, Message                   string
}

// Annotations lists what a verdict has to tell beside the lines, the most important first: what could not be looked
// at, then what blocks, then what warns, each by severity, and what stands in the files as they are now before what
// only a commit holds. A vendored folder and a repeated sighting are one annotation.
func Annotations(v gate.Verdict) []Annotation {
	var out []Annotation
	for _, o := range v.Outcomes {
		if o.Status == control.Failed {
			level := LevelWarning
			if o.Blind() || v.Decision == gate.Error {
				level = LevelError
			}
			out = append(out, Annotation{Level: level, Title: o.Control + " could not look", Message: prose(o.Reason)})
		}
	}
	for _, c := range []class{blocking, warning} {
		es := entries(v, c)
		slices.SortStableFunc(es, func(a, b entry) int {
			return cmp.Or(cmp.Compare(b.severity(), a.severity()), cmp.Compare(b.standing(), a.standing()))
		})
		for _, e := range es {
			out = append(out, e.annotation())
		}
	}
	return out
}

// The attributes that say where a finding of an earlier commit stands now.
const (
	headPath = "head-path"
	headLine = "head-line"
)

// standing is 1 for an entry that has a line in the files as they are now.
func (e entry) standing() int {
	f := e.worst()
	if f.Commit == "" && f.StartLine > 0 || f.Attributes[headPath] != "" {
		return 1
	}
	return 0
}

func (e entry) annotation() Annotation {
	f := e.worst()
	a := Annotation{
		Level: LevelError, Path: f.Path, Line: f.StartLine, Column: f.StartColumn, EndLine: f.EndLine, EndColumn: f.EndColumn,
		Title: prose(fmt.Sprintf("%s: %s (%s)", e.control, f.Rule, f.Severity)), Message: prose(f.Message),
	}
	if e.class == warning {
		a.Level = LevelWarning
	}
	if f.Commit != "" {
		a.atHead(f)
	}
	if e.folder != "" {
		a.Message = prose(e.vendored()) + ". The first: " + a.Message
	}
	if again := e.again(); again != "" {
		a.Message += " (" + again + ")"
	}
	if f.Remedy != "" {
		a.Message += "\nFix: " + prose(f.Remedy)
	}
	a.Path = printable(a.Path)
	return a
}

// atHead moves an annotation to where the finding stands in the files that a reader sees. One that is in a commit
// alone names the commit and no line: its line is another one now.
func (a *Annotation) atHead(f finding.Finding) {
	line, err := strconv.Atoi(f.Attributes[headLine])
	if path := f.Attributes[headPath]; path != "" && err == nil {
		if line != a.Line || path != a.Path {
			a.EndLine, a.Column, a.EndColumn = 0, 0, 0
		}
		a.Path, a.Line = path, line
		return
	}
	a.Line, a.Column, a.EndLine, a.EndColumn = 0, 0, 0, 0
	a.Message = fmt.Sprintf("In commit %s, line %d: %s", short(f.Commit), f.StartLine, a.Message)
}
