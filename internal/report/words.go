package report

import (
	"regexp"
	"strings"
	"time"

	"github.com/forewarden/forewarden/internal/control"
	"github.com/forewarden/forewarden/internal/gate"
)

// The sentences that the reports for people share. None of them is escaped: each report escapes for its own medium.

// verdictWords is the verdict in one word, and what to do next.
func verdictWords(r Run) (word, next string) {
	word, next = wordsOf(r.Verdict)
	if r.Scope.Under != "" {
		next += " (only " + r.Scope.Under + " was looked at)"
	}
	return word, next
}

func wordsOf(v gate.Verdict) (word, next string) {
	mustFix := blockingWords(v)
	unseen := failedWords(v)
	switch v.Decision {
	case gate.Pass:
		return passWords(v, unseen)
	case gate.Blocked:
		next = mustFix + ": do what each says; what is acceptable can be waived in the policy"
		if unseen != "" {
			next += ". Moreover, " + unseen
		}
		return "BLOCKED", next
	}
	next = "could not look"
	if unseen != "" {
		next = unseen
	}
	next += ". What was not looked at is not clean: repair the cause and run it again"
	if mustFix != "" {
		next += ". Moreover, " + mustFix
	}
	return "ERROR", next
}

func passWords(v gate.Verdict, unseen string) (word, next string) {
	warnings, skipped := 0, 0
	var later []string
	for _, o := range v.Outcomes {
		warnings += len(o.Warnings)
		if o.Status == control.Skipped {
			skipped++
		}
		if !o.WouldBlockFrom.IsZero() {
			later = append(later, o.Control+" would block from "+day(o.WouldBlockFrom))
		}
	}
	next = "nothing to fix"
	switch {
	case len(later) > 0:
		next = "nothing blocks yet, but " + strings.Join(later, ", ")
	case warnings > 0:
		next = "nothing blocks; please look at the " + count(warnings, "warning")
	case skipped == len(v.Outcomes):
		next = "nothing was looked at: " + skippedWords(v)
	}
	if unseen != "" {
		return "NOT CHECKED", unseen + ". The policy lets that pass (on-error: warn), but what was not looked at is not clean. Otherwise " + next
	}
	return "PASS", next
}

// VerdictLine is the verdict and what to do next, on one line that is safe in a terminal and in a workflow log.
func VerdictLine(r Run) string {
	word, next := verdictWords(r)
	return word + ": " + prose(next)
}

// skippedWords says why each control had nothing to do.
func skippedWords(v gate.Verdict) string {
	if len(v.Outcomes) == 0 {
		return "no control was asked for"
	}
	var parts []string
	for _, o := range v.Outcomes {
		parts = append(parts, o.Control+": "+strings.TrimRight(o.Reason, ". "))
	}
	return strings.Join(parts, "; ")
}

// blockingWords says what must be fixed, with a count per control; empty where nothing must.
func blockingWords(v gate.Verdict) string {
	total := 0
	var parts []string
	for _, o := range v.Outcomes {
		if n := len(o.Blocking); n > 0 {
			total += n
			parts = append(parts, o.Control+" "+thousands(int64(n)))
		}
	}
	if total == 0 {
		return ""
	}
	words := count(total, "finding") + " must be fixed"
	if len(v.Outcomes) > 1 {
		words += " (" + strings.Join(parts, ", ") + ")"
	}
	return words
}

// failedWords says which controls could not look, and why; empty where all could.
func failedWords(v gate.Verdict) string {
	var parts []string
	for _, o := range v.Outcomes {
		if o.Status == control.Failed {
			parts = append(parts, o.Control+": "+strings.TrimRight(o.Reason, ". "))
		}
	}
	if len(parts) == 0 {
		return ""
	}
	return "could not look: " + strings.Join(parts, "; ")
}

// outcomeWords counts an outcome's findings.
func outcomeWords(o gate.Outcome) string {
	var parts []string
	add := func(n int, words string) {
		if n > 0 {
			parts = append(parts, words)
		}
	}
	add(len(o.Blocking), thousands(int64(len(o.Blocking)))+" blocking")
	add(len(o.Warnings), count(len(o.Warnings), "warning"))
	add(len(o.Counted), thousands(int64(len(o.Counted)))+" counted")
	add(len(o.Existing), thousands(int64(len(o.Existing)))+" existing")
	add(len(o.Waived), thousands(int64(len(o.Waived)))+" waived")
	if len(parts) == 0 {
		parts = []string{"nothing found"}
	}
	if !o.WouldBlockFrom.IsZero() {
		parts = append(parts, "would block from "+day(o.WouldBlockFrom))
	}
	return strings.Join(parts, ", ")
}

// lookedAt says how much was looked at, and how long it took where that is known.
func lookedAt(s control.Stats) string {
	parts := []string{count(s.Files, "file")}
	if s.Commits > 0 {
		parts = append(parts, count(s.Commits, "commit"))
	}
	if s.Bytes > 0 {
		parts = append(parts, size(s.Bytes))
	}
	words := strings.Join(parts, ", ")
	if s.Duration > 0 {
		words += " in " + seconds(s.Duration)
	}
	return words
}

var fileWord = regexp.MustCompile(`\bfile\b`)

// skipWords says what was not looked at: "3 binary files (a.png, b.png, c.png)". A reason is a phrase that can
// follow a number.
func skipWords(s control.Skip) string {
	reason := s.Reason
	if place := fileWord.FindStringIndex(reason); place != nil && s.Count != 1 {
		reason = reason[:place[1]] + "s" + reason[place[1]:]
	}
	words := thousands(s.Count) + " " + reason
	if len(s.Examples) == 0 {
		return words
	}
	examples := strings.Join(s.Examples, ", ")
	if s.Count > int64(len(s.Examples)) {
		examples += ", ..."
	}
	return words + " (" + examples + ")"
}

// scopeWords says what was looked at.
func scopeWords(s Scope) string {
	words := s.Kind
	if s.Kind == "change" && s.Head != "" {
		base := "(no base)"
		if s.Base != "" {
			base = short(s.Base)
		}
		words += " " + base + ".." + short(s.Head)
	} else if s.Head != "" {
		words += " at " + short(s.Head)
	}
	if s.Under != "" {
		words += ", only " + s.Under
	}
	return words
}

func short(commit string) string { return commit[:min(len(commit), 12)] }

func day(t time.Time) string { return t.UTC().Format(time.DateOnly) }
