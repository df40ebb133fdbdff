package report

import (
	"fmt"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/forewarden/forewarden/internal/control"
	"github.com/forewarden/forewarden/internal/finding"
	"github.com/forewarden/forewarden/internal/gate"
)

func TestAnnotationsOfTheSample(t *testing.T) {
	var got []string
	for _, a := range Annotations(sample().Verdict) {
		got = append(got, fmt.Sprintf("%s %s:%d %s", a.Level, a.Path, a.Line, a.Title))
	}
	require.NotEmpty(t, got)
	assert.Equal(t, "warning :0 lint could not look", got[0], "it does not decide, but comes first")
	assert.Contains(t, got, "error config/prod.yml:0 secret-scan: aws-access-token (critical)", "it is in a commit alone")
	for _, s := range got {
		assert.NotContains(t, s, secret)
	}
}

func annotated(class string, fs ...finding.Finding) []Annotation {
	o := gate.Outcome{Result: control.Result{Control: "c", Status: control.Checked}}
	switch class {
	case "blocking":
		o.Blocking = fs
	case "warnings":
		o.Warnings = fs
	}
	return Annotations(gate.Verdict{Decision: gate.Blocked, Outcomes: []gate.Outcome{o}})
}

func TestAnnotationsAreRanked(t *testing.T) {
	at := func(path string, severity finding.Severity, line int, commit string) finding.Finding {
		return finding.Finding{Rule: "r", Severity: severity, Message: path, Location: finding.Location{Path: path, StartLine: line, EndLine: line, Commit: commit}, Fingerprint: path}
	}
	standing := at("standing", finding.High, 3, headCommit)
	standing.Attributes = map[string]string{headPath: "standing", headLine: "7"}
	var got []string
	for _, a := range annotated("blocking", at("commit", finding.High, 3, headCommit), at("mild", finding.Medium, 1, ""), standing, at("worst", finding.Critical, 9, headCommit), at("tree", finding.High, 4, "")) {
		got = append(got, fmt.Sprintf("%s:%d", a.Path, a.Line))
	}
	assert.Equal(t, []string{"worst:0", "standing:7", "tree:4", "commit:0", "mild:1"}, got)
	assert.Equal(t, LevelWarning, annotated("warnings", standing)[0].Level)
}

func TestAnnotationsAtHead(t *testing.T) {
	f := finding.Finding{
		Rule: "r", Severity: finding.High, Message: "A key.", Remedy: "Take it out.",
		Location: finding.Location{Path: "old.go", StartLine: 3, StartColumn: 5, EndLine: 4, EndColumn: 9, Commit: headCommit},
	}
	with := func(path, line string) Annotation {
		f.Attributes = map[string]string{headPath: path, headLine: line}
		return annotated("blocking", f)[0]
	}
	same := with("old.go", "3")
	assert.Equal(t, []any{"old.go", 3, 5, 4, 9}, []any{same.Path, same.Line, same.Column, same.EndLine, same.EndColumn})
	moved := with("new.go", "8")
	assert.Equal(t, []any{"new.go", 8, 0, 0, 0}, []any{moved.Path, moved.Line, moved.Column, moved.EndLine, moved.EndColumn})
	for _, line := range []string{"", "x", "99999999999999999999"} {
		gone := with("new.go", line)
		assert.Equal(t, []any{"old.go", 0}, []any{gone.Path, gone.Line})
		assert.Equal(t, "In commit 222222222222, line 3: A key.\nFix: Take it out.", gone.Message)
	}
}

// Whatever the texts hold, an annotation has its own lines alone and nothing that a terminal or a runner obeys.
func TestAnnotationsCannotBeInjected(t *testing.T) {
	hostile := "x\n::error::y\r\x1b[31m##[error]z\u202e\xff\x00\u2028" + strings.Repeat(" ", 3) + "end"
	f := finding.Finding{
		Rule: hostile, Severity: finding.High, Message: hostile, Remedy: hostile,
		Location: finding.Location{Path: hostile, StartLine: 1, EndLine: 1}, Attributes: map[string]string{vendoredIn: hostile},
	}
	g := f
	g.Attributes, g.Commit = map[string]string{headPath: hostile, headLine: "1"}, headCommit
	h := f
	h.Attributes = nil
	outcome := gate.Outcome{Result: control.Result{Control: "c", Status: control.Failed, Reason: hostile}}
	all := append(annotated("blocking", f, f, g, h), Annotations(gate.Verdict{Outcomes: []gate.Outcome{outcome}})...)
	require.Len(t, all, 4)
	for _, a := range all {
		for _, text := range []string{a.Path, a.Title, strings.Replace(a.Message, "\nFix: ", "", 1)} {
			assert.NotContains(t, text, "##[")
			assert.Equal(t, -1, strings.IndexFunc(text, unprintable), "%q", text)
		}
	}
}
