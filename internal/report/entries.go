package report

import (
	"cmp"
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/forewarden/forewarden/internal/finding"
	"github.com/forewarden/forewarden/internal/gate"
)

// A class is what a finding means for the verdict, in the order in which a reader wants to hear of it.
type class int

const (
	blocking class = iota
	warning
	counted
	existing
	waived
)

// of returns the outcome's findings in the class.
func (c class) of(o gate.Outcome) []finding.Finding {
	return [...][]finding.Finding{o.Blocking, o.Warnings, o.Counted, o.Existing, o.Waived}[c]
}

// An entry is what a reader sees as one problem: a finding, all that one control says of a vendored folder, or the
// same problem of one file met in several commits.
type entry struct {
	class    class
	control  string
	folder   string // set for a vendored folder with several findings
	findings []finding.Finding
}

// again says how often more the same problem was met in the same file, "" for a problem met once.
func (e entry) again() string {
	if e.folder != "" || len(e.findings) == 1 {
		return ""
	}
	return fmt.Sprintf("met %s more in this file's history", count(len(e.findings)-1, "time"))
}

// The attributes of a finding that a report shows.
const (
	vendoredIn   = "vendored-in"   // the vendored folder that the finding is in
	authorDate   = "author-date"   // of its commit
	waiverReason = "waiver-reason" // why it was accepted
	source       = "source"        // where outside the repository the finding is about
)

// entries lists the findings of the classes: by class, then the most severe first, then as the outcomes have them.
func entries(v gate.Verdict, classes ...class) []entry {
	var out []entry
	for _, c := range classes {
		start := len(out)
		for _, o := range v.Outcomes {
			out = append(out, collapse(c, o.Control, c.of(o))...)
		}
		slices.SortStableFunc(out[start:], func(a, b entry) int { return cmp.Compare(b.severity(), a.severity()) })
	}
	return out
}

// collapse makes one entry of the findings in one vendored folder, and of those that say the same of one file in
// several commits, where the first of them stands.
func collapse(c class, control string, findings []finding.Finding) []entry {
	type key struct{ folder, rule, path, fingerprint string }
	var out []entry
	at := map[key]int{}
	for _, f := range findings {
		k := key{rule: f.Rule, path: f.Path, fingerprint: f.Fingerprint}
		folder := f.Attributes[vendoredIn]
		if folder != "" {
			k = key{folder: folder}
		}
		i, seen := at[k]
		if seen && (folder != "" || f.Commit != "" && f.Fingerprint != "") {
			out[i].findings = append(out[i].findings, f)
			out[i].folder = folder
			continue
		}
		at[k] = len(out)
		out = append(out, entry{class: c, control: control, findings: []finding.Finding{f}})
	}
	return out
}

// remedy says what to do about the entry.
func (e entry) remedy() string {
	if e.folder != "" {
		return fmt.Sprintf("Report it to where the code comes from, or leave the files out. To accept it, waive the path %q in the policy.", e.folder+"/**")
	}
	return e.findings[0].Remedy
}

// worst is the entry's most severe finding, the first of several.
func (e entry) worst() finding.Finding {
	return slices.MaxFunc(e.findings, func(a, b finding.Finding) int { return cmp.Compare(a.Severity, b.Severity) })
}

func (e entry) severity() finding.Severity { return e.worst().Severity }

// vendored says what is in a vendored folder: "12 findings in vendored code (a 8, b 4)", the most frequent rule first.
func (e entry) vendored() string {
	rules := map[string]int{}
	for _, f := range e.findings {
		rules[f.Rule]++
	}
	names := slices.SortedFunc(maps.Keys(rules), func(a, b string) int {
		return cmp.Or(cmp.Compare(rules[b], rules[a]), cmp.Compare(a, b))
	})
	var parts []string
	for _, name := range names[:min(len(names), 5)] {
		parts = append(parts, fmt.Sprintf("%s %s", name, thousands(int64(rules[name]))))
	}
	if more := len(names) - len(parts); more > 0 {
		parts = append(parts, count(more, "other rule"))
	}
	return fmt.Sprintf("%s in vendored code (%s)", count(len(e.findings), "finding"), strings.Join(parts, ", "))
}

// place is where the entry is, as an editor takes it: path:line:column, as far as is known. It is not escaped.
func (e entry) place(column bool) string {
	if e.folder != "" {
		return strings.TrimRight(e.folder, "/") + "/"
	}
	f := e.findings[0]
	switch {
	case f.Path == "" && f.Attributes[source] != "":
		return f.Attributes[source]
	case f.Path == "":
		return "(no file)"
	case f.StartLine == 0:
		return f.Path
	case f.StartColumn == 0 || !column:
		return fmt.Sprintf("%s:%d", f.Path, f.StartLine)
	}
	return fmt.Sprintf("%s:%d:%d", f.Path, f.StartLine, f.StartColumn)
}

// origin says which commit the finding came in with, empty outside history.
func origin(f finding.Finding) string {
	if f.Commit == "" {
		return ""
	}
	text := "commit " + short(f.Commit)
	if date := f.Attributes[authorDate]; date != "" {
		text += " of " + date
	}
	return text
}
