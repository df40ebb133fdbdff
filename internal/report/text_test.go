package report

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/forewarden/forewarden/internal/control"
	"github.com/forewarden/forewarden/internal/finding"
	"github.com/forewarden/forewarden/internal/gate"
)

// many is a blocked run with n findings that block.
func many(n int, change func(i int, f *finding.Finding)) Run {
	r := clean()
	r.Verdict.Decision = gate.Blocked
	o := &r.Verdict.Outcomes[0]
	for i := range n {
		f := finding.Finding{
			Rule: "rule", Severity: finding.High, State: finding.New, Message: "It is wrong.", Remedy: "Repair it.",
			Location: finding.Location{Path: fmt.Sprintf("file%05d", i), StartLine: 1}, Fingerprint: finding.Fingerprint(fmt.Sprint(i)),
		}
		change(i, &f)
		o.Findings = append(o.Findings, f)
	}
	o.Blocking = o.Findings
	return r
}

func TestTextShowsTheMostSevereHundred(t *testing.T) {
	r := many(137, func(i int, f *finding.Finding) {
		if i == 136 {
			f.Severity = finding.Critical
		}
	})
	got := string(write(t, "text", r, Options{}))
	require.Equal(t, 100, strings.Count(got, "fix: "))
	require.Contains(t, got, "37 more findings are not shown here (--format json lists all)\n")
	require.True(t, strings.HasPrefix(got, "Blocking:\n\nfile00136:1  critical  rule\n"), "the most severe comes first")
	require.Contains(t, got, "secret-scan: 137 blocking - looked at")
}

// A reader of text in a workflow log or a terminal must never be at the mercy of what was scanned.
func TestTextCannotBeInjected(t *testing.T) {
	hostile := "::stop-commands::x\n::error::y\r\x1b]0;title\x07\u009b31m\u202e##[error]z\xff"
	r := many(1, func(_ int, f *finding.Finding) {
		f.Path, f.Rule, f.Message, f.Remedy, f.HelpURL = hostile, hostile, hostile, hostile, hostile
		f.Commit = headCommit
		f.Attributes = map[string]string{"author-date": hostile, "waiver-reason": hostile}
	})
	o := &r.Verdict.Outcomes[0]
	o.Waived, o.Reason, o.Notes = o.Blocking, hostile, []string{hostile}
	o.Stats.Skipped = []control.Skip{{Reason: hostile, Count: 1, Examples: []string{hostile}}}
	r.Scope.Under = hostile
	for _, status := range []control.Status{control.Checked, control.Skipped, control.Failed} {
		o.Status = status
		for _, options := range []Options{{Verbose: true}, {Quiet: true}, {Verbose: true, Width: 1}} {
			got := string(write(t, "text", r, options))
			require.NotContains(t, got, "##[")
			for line := range strings.SplitSeq(got, "\n") {
				require.False(t, strings.HasPrefix(strings.TrimSpace(line), "::"), line)
				require.Equal(t, -1, strings.IndexFunc(line, unprintable), "%q", line)
			}
		}
	}
}

func TestTextWraps(t *testing.T) {
	r := many(1, func(_ int, f *finding.Finding) { f.Remedy = strings.Repeat("word ", 30) })
	var longest int
	for line := range strings.SplitSeq(string(write(t, "text", r, Options{Width: 50, Quiet: true})), "\n") {
		if strings.Contains(line, "word") {
			longest = max(longest, len(line))
			require.Regexp(t, `^  (fix: |     )word`, line)
		}
	}
	require.Greater(t, longest, 40)
	require.LessOrEqual(t, longest, 50)
}

func TestVerdictWords(t *testing.T) {
	failed := func(d gate.Decision, blocking ...finding.Finding) gate.Verdict {
		o := gate.Outcome{Result: control.Result{Control: "sbom", Status: control.Failed, Reason: "no tool"}, Blocking: blocking}
		return gate.Verdict{Decision: d, Outcomes: []gate.Outcome{o}}
	}
	checked := func(o gate.Outcome) gate.Verdict {
		o.Control, o.Status = "lint", control.Checked
		return gate.Verdict{Decision: gate.Pass, Outcomes: []gate.Outcome{o}}
	}
	one := []finding.Finding{{}}
	cases := map[string]struct {
		verdict gate.Verdict
		want    []string
	}{
		"clean":              {checked(gate.Outcome{}), []string{"PASS", "nothing to fix"}},
		"warnings":           {checked(gate.Outcome{Warnings: one}), []string{"PASS", "1 warning"}},
		"later":              {checked(gate.Outcome{Warnings: one, WouldBlockFrom: time.Date(2027, 1, 15, 0, 0, 0, 0, time.UTC)}), []string{"PASS", "lint would block from 2027-01-15"}},
		"nothing applied":    {gate.Verdict{Decision: gate.Pass}, []string{"PASS", "nothing was looked at: no control was asked for"}},
		"failed, warn":       {failed(gate.Pass), []string{"NOT CHECKED", "could not look: sbom: no tool", "on-error: warn", "not clean"}},
		"failed":             {failed(gate.Error), []string{"ERROR", "could not look: sbom: no tool", "run it again"}},
		"failed and blocked": {failed(gate.Error, one...), []string{"ERROR", "could not look", "1 finding must be fixed"}},
		"blocked and failed": {failed(gate.Blocked, one...), []string{"BLOCKED", "1 finding must be fixed", "could not look: sbom: no tool"}},
		"no decision":        {gate.Verdict{}, []string{"ERROR", "could not look"}},
	}
	for name, c := range cases {
		word, next := verdictWords(Run{Verdict: c.verdict})
		require.Equal(t, c.want[0], word, name)
		for _, want := range c.want[1:] {
			require.Contains(t, next, want, name)
		}
	}
}

func TestNumbers(t *testing.T) {
	for n, want := range map[int64]string{0: "0", 999: "999", 1000: "1,000", 1234567: "1,234,567", -1234: "-1,234"} {
		require.Equal(t, want, thousands(n))
	}
	for n, want := range map[int64]string{1: "1 byte", 999: "999 bytes", 7_812_345: "7.8 MB", 999_990: "1.0 MB", 1 << 62: "4.6 EB"} {
		require.Equal(t, want, size(n))
	}
	for d, want := range map[time.Duration]string{
		1234 * time.Millisecond: "1.2s", 345678 * time.Microsecond: "346ms", 61500 * time.Millisecond: "1m2s",
	} {
		require.Equal(t, want, seconds(d))
	}
}
