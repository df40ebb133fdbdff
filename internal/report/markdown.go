package report

import (
	"bytes"
	"fmt"
	"io"
	"strings"

	"github.com/forewarden/forewarden/internal/control"
	"github.com/forewarden/forewarden/internal/gate"
)

// GitHub shows nothing of a summary above 1 MiB, so the findings end where the room for the rest of the page begins.
const (
	maxMarkdown     = 1_000_000
	detailsReserved = 100_000
	endReserved     = 1_000
)

// A page is Markdown that never grows beyond a limit.
type page struct{ bytes.Buffer }

// fits writes s only where it leaves the reserved bytes free.
func (p *page) fits(s string, reserved int) bool {
	if p.Len()+len(s) > maxMarkdown-reserved {
		return false
	}
	p.WriteString(s)
	return true
}

// Markdown writes the run as GitHub's job summary.
func Markdown(w io.Writer, r Run) error {
	p := &page{}
	word, next := verdictWords(r)
	fmt.Fprintf(p, "## Forewarden: %s\n\n%s\n\n", word, paragraph(strings.ToUpper(next[:1])+next[1:]))
	p.controls(r)
	p.findings(r.Verdict)
	p.details(r)
	_, err := w.Write(p.Bytes())
	return err
}

// paragraph is prose of several reasons, which is longer than one message.
func paragraph(s string) string {
	return markdown(cut(strings.Join(strings.Fields(s), " "), 4000))
}

func (p *page) controls(r Run) {
	p.WriteString("| control | verdict | new | waived | looked at |\n| --- | --- | ---: | ---: | --- |\n")
	for _, o := range r.Verdict.Outcomes {
		looked := lookedAt(o.Stats)
		if o.Status == control.Skipped {
			looked = "nothing"
		}
		fmt.Fprintf(p, "| %s | %s | %d | %d | %s |\n", markdownProse(o.Control), markdownProse(outcomeVerdict(o)),
			len(o.Blocking)+len(o.Warnings)+len(o.Counted), len(o.Waived), markdown(looked))
	}
	fmt.Fprintf(p, "\nScope: %s\n\n", markdownProse(scopeWords(r.Scope)))
}

// outcomeVerdict is one control's part of the verdict.
func outcomeVerdict(o gate.Outcome) string {
	var parts []string
	switch o.Status {
	case control.Skipped:
		return "skipped: " + o.Reason
	case control.Failed:
		parts = append(parts, "could not look: "+o.Reason)
	}
	if n := len(o.Blocking); n > 0 {
		parts = append(parts, fmt.Sprintf("blocked by %s", count(n, "finding")))
	} else if len(parts) == 0 {
		parts = append(parts, "pass")
	}
	if n := len(o.Warnings); n > 0 {
		parts = append(parts, count(n, "warning"))
	}
	if !o.WouldBlockFrom.IsZero() {
		parts = append(parts, "would block from "+day(o.WouldBlockFrom))
	}
	return strings.Join(parts, ", ")
}

// findings writes what blocks and what warns, as much as fits, and counts the rest.
func (p *page) findings(v gate.Verdict) {
	left := 0
	last := class(-1)
	for _, e := range entries(v, blocking, warning) {
		row := markdownRow(e)
		if e.class != last {
			row = fmt.Sprintf("### %s\n\n| severity | place | rule | what to do |\n| --- | --- | --- | --- |\n%s",
				strings.TrimSuffix(e.class.heading(), ":"), row)
			if last >= 0 {
				row = "\n" + row
			}
		}
		// Once a row does not fit, no later one is shown, so that the table is a prefix of what there is.
		if left > 0 || !p.fits(row, detailsReserved) {
			left += len(e.findings)
			continue
		}
		last = e.class
	}
	if last >= 0 {
		p.WriteByte('\n')
	}
	if left > 0 {
		fmt.Fprintf(p, "%s left out here, because the page is full; the JSON report lists all.\n\n", more(left))
	}
	low := 0
	for _, o := range v.Outcomes {
		low += len(o.Counted)
	}
	if low > 0 {
		fmt.Fprintf(p, "Besides, %s of low severity, counted only.\n\n", count(low, "finding"))
	}
}

func markdownRow(e entry) string {
	f := e.worst()
	rule := ruleLink(f.Rule, f.HelpURL)
	var what []string
	if e.folder != "" {
		rule = markdownProse(e.vendored())
	} else {
		what = append(what, markdownProse(f.Message))
	}
	if remedy := e.remedy(); remedy != "" {
		what = append(what, "**Fix:** "+markdownProse(remedy))
	}
	place := markdown(cut(e.place(false), 1000))
	if o := origin(f); o != "" && e.folder == "" {
		place += " (" + markdownProse(o) + ")"
	}
	if again := e.again(); again != "" {
		place += ", " + again
	}
	return fmt.Sprintf("| %s | %s | %s | %s |\n", f.Severity, place, rule, strings.Join(what, "<br>"))
}

// ruleLink is a rule's id, linked to its documentation.
func ruleLink(rule, url string) string {
	if !isWebURL(url) {
		return markdownProse(rule)
	}
	return "[" + strings.ReplaceAll(markdownProse(rule), breakLink, "") + "](" + url + ")"
}

// details lists what was not looked at, and the notes.
func (p *page) details(r Run) {
	var lines []string
	for _, o := range r.Verdict.Outcomes {
		for _, note := range o.Notes {
			lines = append(lines, fmt.Sprintf("- note on %s: %s\n", markdownProse(o.Control), markdownProse(note)))
		}
		for _, s := range o.Stats.Skipped {
			lines = append(lines, fmt.Sprintf("- %s: %s\n", markdownProse(o.Control), markdown(cut(skipWords(s), 1000))))
		}
	}
	if len(lines) == 0 {
		return
	}
	p.WriteString("<details><summary>What was not looked at, and notes</summary>\n\n")
	left := 0
	for _, line := range lines {
		if !p.fits(line, endReserved) {
			left++
		}
	}
	if left > 0 {
		fmt.Fprintf(p, "- %s left out, because the page is full\n", count(left, "line"))
	}
	p.WriteString("\n</details>\n")
}
