package report

import (
	"bytes"
	"flag"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/forewarden/forewarden/internal/control"
	"github.com/forewarden/forewarden/internal/finding"
	"github.com/forewarden/forewarden/internal/gate"
)

var update = flag.Bool("update", false, "rewrite the golden files in testdata")

const (
	baseCommit = "1111111111111111111111111111111111111111"
	headCommit = "2222222222222222222222222222222222222222"
	// secret is what a sample's line holds; no report may contain it.
	secret = "AKIA" + "QYLPMN5HHHFPZAM2"
)

// golden compares got with a file in testdata.
func golden(t *testing.T, name string, got []byte) {
	t.Helper()
	path := filepath.Join("testdata", name)
	if *update {
		require.NoError(t, os.WriteFile(path, got, 0o644))
	}
	want, err := os.ReadFile(path)
	require.NoError(t, err)
	require.Equal(t, string(want), string(got), "run the test with -update where the change is meant")
}

// write returns the run in a format.
func write(t *testing.T, format string, r Run, o Options) []byte {
	t.Helper()
	var b bytes.Buffer
	require.NoError(t, Write(format, &b, r, o))
	return b.Bytes()
}

// sample is a blocked run that has one of everything.
func sample() Run {
	return Run{
		Tool:  Tool{Name: "forewarden", Version: "v1.2.3"},
		Scope: Scope{Kind: "change", Base: baseCommit, Head: headCommit, Under: "services"},
		Verdict: gate.Verdict{Decision: gate.Blocked, Outcomes: []gate.Outcome{
			lintFailed(), sbomSkipped(), secretsFound(), policyWarned(),
		}},
		Paths: map[Artifact]string{{"lint", "baseline"}: "out/baseline.json"},
	}
}

func lintFailed() gate.Outcome {
	return gate.Outcome{
		Result: control.Result{
			Control: "lint", Engine: "forewarden", Status: control.Failed, Reason: "golangci-lint is missing",
			Judgement: control.Judgement{
				Artifacts: []control.Artifact{
					{Name: "baseline", MediaType: "application/json", Data: []byte("not for a report")},
					{Name: "unwritten", MediaType: "text/plain"},
				},
				Stats: control.Stats{Files: 2},
			},
		},
		Title: "Lint", Mode: "warn", OnError: "warn",
	}
}

func sbomSkipped() gate.Outcome {
	return gate.Outcome{
		Result: control.Result{Control: "sbom", Engine: "forewarden", Status: control.Skipped, Reason: "no manifest was found"},
		Mode:   "enforce",
	}
}

func secretsFound() gate.Outcome {
	remedy := "Revoke the key with its provider, then add a commit that removes it."
	token := finding.Finding{
		Rule: "aws-access-token", Severity: finding.Critical, State: finding.New,
		Message: "An AWS access token is committed.", Remedy: remedy,
		Location:    finding.Location{Path: "config/prod.yml", StartLine: 12, StartColumn: 8, EndLine: 12, EndColumn: 28, Commit: headCommit},
		Fingerprint: finding.Fingerprint("a"), HelpURL: "https://forewarden.example/rules/aws-access-token",
		Attributes: map[string]string{"author-date": "2026-01-02", "path-class": "production"},
		Excerpt:    finding.NewExcerpt("token: "+secret+" # ours", 8, 28),
	}
	key := finding.Finding{
		Rule: "private-key", Severity: finding.High, State: finding.New, Message: "A private key is committed", Remedy: remedy,
		Location: finding.Location{Path: "a dir/100% #1|`x`.pem"}, Fingerprint: finding.Fingerprint("b"),
	}
	vendored := func(rule, path string, severity finding.Severity) finding.Finding {
		return finding.Finding{
			Rule: rule, Severity: severity, State: finding.New, Message: "A token in vendored code.",
			Remedy:      "Tell the authors upstream, or waive the folder.",
			Location:    finding.Location{Path: "third_party/foo/" + path, StartLine: 3, StartColumn: 1},
			Fingerprint: finding.Fingerprint(rule, path), Attributes: map[string]string{"vendored-in": "third_party/foo"},
		}
	}
	v1, v2, v3 := vendored("gcp-key", "a.go", finding.Medium), vendored("aws-access-token", "b.go", finding.Medium), vendored("gcp-key", "ü/c.go", finding.Medium)
	generic := finding.Finding{
		Rule: "generic-secret", Severity: finding.Low, State: finding.New, Message: "This looks like a secret", Remedy: "Look at it",
		Location: finding.Location{Path: "x_test.go", StartLine: 1}, Fingerprint: finding.Fingerprint("c"),
	}
	waived := generic
	waived.State, waived.Severity, waived.Fingerprint = finding.Waived, finding.High, finding.Fingerprint("d")
	waived.Attributes = map[string]string{"waiver-reason": "a published example, see #42"}
	existing := generic
	existing.State, existing.Rule, existing.Fingerprint = finding.Existing, "aws-access-token/merge-only", finding.Fingerprint("e")
	return gate.Outcome{
		Result: control.Result{
			Control: "secret-scan", Engine: "gitleaks", Status: control.Checked,
			Judgement: control.Judgement{
				Findings: []finding.Finding{key, token, v1, v2, v3, generic, waived, existing},
				Notes:    []string{"looked at the added lines of 56 commits"},
				Stats: control.Stats{Files: 1234, Bytes: 7_812_345, Commits: 56, Duration: 1234 * time.Millisecond, Skipped: []control.Skip{
					{Reason: "binary file", Count: 12, Examples: []string{"a.png", "b.png", "c\x1b.png"}},
					{Reason: "file over the size limit", Count: 1, Examples: []string{"big.txt"}},
				}},
				Rules: []control.Rule{
					{ID: "aws-access-token", Title: "AWS access token", Doc: "Whoever has it can use the account", Remedy: remedy, HelpURL: "https://forewarden.example/rules/aws-access-token"},
					{ID: "unused", Title: "A rule that found nothing"},
				},
			},
		},
		Mode: "enforce", FailOn: finding.High, OnError: "block",
		Blocking: []finding.Finding{key, token}, Warnings: []finding.Finding{v1, v2, v3},
		Counted: []finding.Finding{generic}, Waived: []finding.Finding{waived}, Existing: []finding.Finding{existing},
	}
}

func policyWarned() gate.Outcome {
	f := finding.Finding{
		Rule: "policy-edited", Severity: finding.Medium, State: finding.New,
		Message: "The policy is edited\n::error::by | <b>@someone</b> in ##[error]this change \x1b[31m[here](https://evil.example)",
		Remedy:  "Ask an administrator to look", Location: finding.Location{Path: "::add-mask::\u202e\nx.yml", StartLine: 2},
		Fingerprint: finding.Fingerprint("f"), HelpURL: "javascript:alert(1)",
	}
	return gate.Outcome{
		Result: control.Result{
			Control: control.Policy, Status: control.Checked,
			Judgement: control.Judgement{Findings: []finding.Finding{f}, Stats: control.Stats{Files: 1}},
		},
		Mode: "enforce", Warnings: []finding.Finding{f}, WouldBlockFrom: time.Date(2027, 1, 15, 0, 0, 0, 0, time.UTC),
	}
}

// clean is a run that found nothing.
func clean() Run {
	return Run{
		Tool: Tool{Name: "secret-scan", Version: "devel"}, Scope: Scope{Kind: "tree"},
		Verdict: gate.Verdict{Decision: gate.Pass, Outcomes: []gate.Outcome{{
			Result: control.Result{
				Control: "secret-scan", Engine: "gitleaks", Status: control.Checked,
				Judgement: control.Judgement{Stats: control.Stats{Files: 1, Bytes: 1}},
			},
			Mode: "enforce",
		}}},
	}
}

// unseen is a run that could not look.
func unseen() Run {
	r := clean()
	r.Verdict.Decision = gate.Error
	o := &r.Verdict.Outcomes[0]
	o.Status, o.Reason, o.OnError = control.Failed, "git log: exit status 128.", "block"
	return r
}

func TestGolden(t *testing.T) {
	cases := []struct {
		file, format string
		run          Run
		options      Options
	}{
		{"sample.txt", "text", sample(), Options{}},
		{"sample-verbose.txt", "text", sample(), Options{Verbose: true}},
		{"sample-quiet.txt", "text", sample(), Options{Quiet: true}},
		{"sample-color.txt", "text", sample(), Options{Color: true, Width: 60}},
		{"sample.json", "json", sample(), Options{}},
		{"sample.sarif", "sarif", sample(), Options{}},
		{"sample.md", "markdown", sample(), Options{}},
		{"clean.txt", "text", clean(), Options{}},
		{"clean.json", "json", clean(), Options{}},
		{"clean.sarif", "sarif", clean(), Options{}},
		{"clean.md", "markdown", clean(), Options{}},
		{"unseen.txt", "text", unseen(), Options{}},
		{"unseen-quiet.txt", "text", unseen(), Options{Quiet: true}},
		{"unseen.sarif", "sarif", unseen(), Options{}},
		{"unseen.md", "markdown", unseen(), Options{}},
	}
	for _, c := range cases {
		t.Run(c.file, func(t *testing.T) {
			got := write(t, c.format, c.run, c.options)
			golden(t, c.file, got)
			require.NotContains(t, string(got), secret)
			require.NotContains(t, string(got), "not for a report", "the contents of an artifact")
			require.Equal(t, string(got), string(write(t, c.format, c.run, c.options)), "the same input gives the same bytes")
		})
	}
}

func TestWriteRefusesAnUnknownFormat(t *testing.T) {
	require.EqualError(t, Write("xml", &bytes.Buffer{}, clean(), Options{}),
		`no report format "xml": want one of text, json, sarif, markdown`)
	for _, format := range Formats() {
		require.NotEmpty(t, write(t, format, Run{}, Options{}), format)
	}
}
