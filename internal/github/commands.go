package github

import (
	"errors"
	"fmt"
	"io"
	"strconv"
	"strings"

	"github.com/sethvargo/go-githubactions"

	"github.com/forewarden/forewarden/internal/report"
)

// What GitHub shows: ten annotations of each type per step, and 4,096 characters of each message. Source: the limits
// at https://docs.github.com/en/actions/reference/workflows-and-actions/workflow-commands, and what runners do.
const (
	annotationsPerType = 10
	messageLimit       = 4096
	titleLimit         = 255
)

// Annotate prints annotations as workflow commands, in their order and within GitHub's limits. Where there are more of
// a type than GitHub shows, the tenth says how many are left and where they are.
func Annotate(w io.Writer, annotations []report.Annotation) error {
	out := &errorWriter{w: w}
	for _, level := range []report.Level{report.LevelError, report.LevelWarning} {
		var of []report.Annotation
		for _, a := range annotations {
			if a.Level == level {
				of = append(of, a)
			}
		}
		if over := len(of) - annotationsPerType; over > 0 {
			of = append(of[:annotationsPerType-1:annotationsPerType-1], report.Annotation{
				Level: level, Title: fmt.Sprintf("%d more", over+1),
				Message: fmt.Sprintf("%d more of these are in the summary of this job and in the log of this step.", over+1),
			})
		}
		for _, a := range of {
			issue(out, a)
		}
	}
	return out.err
}

func issue(w io.Writer, a report.Annotation) {
	properties := githubactions.CommandProperties{}
	set := func(key, value string) {
		if value != "" && value != "0" {
			properties[key] = value
		}
	}
	set("title", cut(a.Title, titleLimit))
	if a.Path != "" {
		set("file", a.Path)
		set("line", strconv.Itoa(a.Line))
		set("endLine", strconv.Itoa(a.EndLine))
		if a.EndLine == a.Line { // GitHub refuses columns across lines
			set("col", strconv.Itoa(a.Column))
			set("endColumn", strconv.Itoa(a.EndColumn))
		}
	}
	command := githubactions.Command{Name: string(a.Level), Message: cut(a.Message, messageLimit), Properties: properties}
	_, _ = fmt.Fprintln(w, command.String())
}

// cut shortens a text to a number of bytes without cutting a character in two.
func cut(s string, limit int) string {
	s = strings.ToValidUTF8(s, "\uFFFD")
	if len(s) <= limit {
		return s
	}
	s = s[:limit-len("…")]
	for len(s) > 0 && s[len(s)-1]&0xc0 == 0x80 {
		s = s[:len(s)-1]
	}
	if len(s) > 0 && s[len(s)-1] >= 0xc0 {
		s = s[:len(s)-1]
	}
	return s + "…"
}

// Shielded writes text to w with workflow commands switched off around it, so that nothing in it is taken for one.
func Shielded(w io.Writer, write func(io.Writer) error) error {
	stop, err := token()
	if err != nil {
		return err
	}
	if _, err := fmt.Fprintf(w, "::stop-commands::%s\n", stop); err != nil {
		return err
	}
	err = write(w)
	_, endErr := fmt.Fprintf(w, "\n::%s::\n", stop) // also after an error: whoever tells it needs commands
	return errors.Join(err, endErr)
}

// Grouped writes text to w in a fold of the log, shielded. title is ours.
func Grouped(w io.Writer, title string, write func(io.Writer) error) error {
	if _, err := fmt.Fprintf(w, "::group::%s\n", title); err != nil {
		return err
	}
	err := Shielded(w, write)
	_, endErr := io.WriteString(w, "::endgroup::\n")
	return errors.Join(err, endErr)
}

// Complain prints an error that kept the check from being made at all.
func Complain(w io.Writer, title string, err error) {
	issue(w, report.Annotation{Level: report.LevelError, Title: title, Message: report.Safe(err.Error())})
}

// errorWriter remembers the first error.
type errorWriter struct {
	w   io.Writer
	err error
}

func (e *errorWriter) Write(p []byte) (int, error) {
	if e.err != nil {
		return 0, e.err
	}
	n, err := e.w.Write(p)
	e.err = err
	return n, err
}
