package report

import (
	"bytes"
	"fmt"
	"io"
	"strings"
	"unicode/utf8"

	"github.com/forewarden/forewarden/internal/control"
	"github.com/forewarden/forewarden/internal/finding"
	"github.com/forewarden/forewarden/internal/gate"
)

// maxEntries is how many entries a terminal shows; more would hide the first.
const maxEntries = 100

// The ANSI codes of the text report.
const (
	bold   = "1"
	dim    = "2"
	red    = "1;31"
	green  = "1;32"
	yellow = "33"
)

type text struct {
	Options
	bytes.Buffer
	controls int
}

// Text writes the run for a person at a terminal: what blocks, what to do about it, what was and was not looked
// at, and the verdict as the last line.
func Text(w io.Writer, r Run, o Options) error {
	t := &text{Options: o, controls: len(r.Verdict.Outcomes)}
	t.entries(r.Verdict)
	if !o.Quiet {
		t.counted(r.Verdict)
		t.summaries(r)
	}
	t.verdict(r)
	_, err := w.Write(guardCommands(t.Bytes()))
	return err
}

// classes are the kinds of finding that the options ask for.
func (o Options) classes() []class {
	switch {
	case o.Quiet:
		return []class{blocking}
	case o.Verbose:
		return []class{blocking, warning, counted, existing, waived}
	}
	return []class{blocking, warning}
}

// heading is what stands above the findings of the class.
func (c class) heading() string {
	switch c {
	case blocking:
		return "Blocking:"
	case warning:
		return "Warnings:"
	case counted:
		return "Counted, of low severity:"
	case existing:
		return "Existing, not brought by this change:"
	}
	return "Waived:"
}

func (t *text) entries(v gate.Verdict) {
	all := entries(v, t.classes()...)
	shown := all[:min(len(all), maxEntries)]
	last := class(-1)
	for _, e := range shown {
		if e.class != last {
			last = e.class
			fmt.Fprintf(t, "%s\n\n", t.paint(bold, e.class.heading()))
		}
		t.entry(e)
		t.WriteByte('\n')
	}
	left := 0
	for _, e := range all[len(shown):] {
		left += len(e.findings)
	}
	if left > 0 {
		fmt.Fprintf(t, "%s not shown here (--format json lists all)\n\n", more(left))
	}
}

// entry writes one problem: where, how bad and which rule; then the place, why, and what to do.
func (t *text) entry(e entry) {
	f := e.worst()
	first := []string{t.paint(bold, printable(e.place(true))), t.paint(colour(f.Severity), f.Severity.String())}
	if e.folder != "" {
		first = append(first, prose(e.vendored()))
	} else {
		first = append(first, prose(f.Rule))
		if o := origin(f); o != "" {
			first = append(first, prose(o))
		}
		if again := e.again(); again != "" {
			first = append(first, again)
		}
	}
	if t.controls > 1 {
		first = append(first, t.paint(dim, "["+prose(e.control)+"]"))
	}
	fmt.Fprintln(t, strings.Join(first, "  "))
	if e.folder == "" {
		t.excerpt(f.Excerpt)
		t.wrap("  ", "", f.Message)
	}
	t.wrap("  ", "fix: ", e.remedy())
	if e.class == waived {
		t.wrap("  ", "waived: ", f.Attributes[waiverReason])
	}
	if t.Verbose && isWebURL(f.HelpURL) {
		t.wrap("  ", "see: ", f.HelpURL)
	}
}

// excerpt shows the masked line with carets under the place.
func (t *text) excerpt(e finding.Excerpt) {
	line := printable(e.String())
	column, width := e.Place()
	if line == "" || column < 1 || width < 1 {
		return
	}
	carets := strings.Repeat(" ", column-1) + t.paint(red, strings.Repeat("^", width))
	fmt.Fprintf(t, "    %s\n    %s\n", line, carets)
}

// counted says what --verbose would show besides.
func (t *text) counted(v gate.Verdict) {
	n := 0
	for _, o := range v.Outcomes {
		n += len(o.Counted)
	}
	switch {
	case n == 0 || t.Verbose:
	case n == 1:
		t.WriteString("1 more of low severity is counted, not shown (--verbose shows it)\n\n")
	default:
		fmt.Fprintf(t, "%s more of low severity are counted, not shown (--verbose shows them)\n\n", thousands(int64(n)))
	}
}

// summaries writes the notes and then a line per control: what it found, what it looked at, and what it did not.
func (t *text) summaries(r Run) {
	for _, o := range r.Verdict.Outcomes {
		for _, note := range o.Notes {
			t.wrap("", "note: ", o.Control+": "+note)
		}
	}
	fmt.Fprintf(t, "%s\n", prose("scope: "+scopeWords(r.Scope)))
	for _, o := range r.Verdict.Outcomes {
		t.summary(o)
	}
}

func (t *text) summary(o gate.Outcome) {
	name := prose(o.Control) + ": "
	switch o.Status {
	case control.Skipped:
		t.WriteString(name + prose("skipped: "+o.Reason))
	case control.Failed:
		t.WriteString(name + t.paint(red, prose("COULD NOT LOOK: "+strings.TrimRight(o.Reason, ". "))))
		t.WriteString(soFar(o))
	default:
		t.WriteString(name + outcomeWords(o))
		if o.Stats.Files+o.Stats.Commits > 0 || len(o.Stats.Skipped) > 0 {
			t.WriteString(" - looked at " + lookedAt(o.Stats))
		}
	}
	for i, s := range o.Stats.Skipped {
		separator := ", "
		if i == 0 {
			separator = "; not looked at: "
		}
		t.WriteString(separator + printable(skipWords(s)))
	}
	t.WriteByte('\n')
}

// soFar is how far a control came that could not look to the end. It never says that nothing was found.
func soFar(o gate.Outcome) string {
	words := ""
	if o.Stats.Files+o.Stats.Commits+o.Stats.Bytes > 0 {
		words = "; got as far as " + lookedAt(o.Stats)
	}
	if len(o.Findings) > 0 {
		words += "; until then: " + outcomeWords(o)
	}
	return words
}

func (t *text) verdict(r Run) {
	word, next := verdictWords(r)
	code := map[string]string{"PASS": green}[word]
	if code == "" {
		code = red
	}
	fmt.Fprintf(t, "%s: %s\n", t.paint(code, word), prose(next))
}

// wrap writes text in lines of the terminal's width, behind a label; nothing where the text is empty.
func (t *text) wrap(indent, label, words string) {
	words = prose(words)
	if words == "" {
		return
	}
	line := indent + label
	length, start := utf8.RuneCountInString(line), true
	limit := max(t.Width, 40)
	for word := range strings.SplitSeq(words, " ") {
		n := utf8.RuneCountInString(word)
		if !start && t.Width > 0 && length+1+n > limit {
			fmt.Fprintln(t, line)
			line = indent + strings.Repeat(" ", len(label))
			length, start = len(line), true
		}
		if !start {
			line, length = line+" ", length+1
		}
		line, length, start = line+word, length+n, false
	}
	fmt.Fprintln(t, line)
}

func (t *text) paint(code, s string) string {
	if !t.Color || code == "" {
		return s
	}
	return "\x1b[" + code + "m" + s + "\x1b[0m"
}

func colour(s finding.Severity) string {
	switch s {
	case finding.Critical, finding.High:
		return red
	case finding.Medium:
		return yellow
	}
	return dim
}

func more(n int) string {
	if n == 1 {
		return "1 more finding is"
	}
	return thousands(int64(n)) + " more findings are"
}
