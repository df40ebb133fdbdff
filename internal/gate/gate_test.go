package gate_test

import (
	"fmt"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/forewarden/forewarden/internal/control"
	"github.com/forewarden/forewarden/internal/finding"
	"github.com/forewarden/forewarden/internal/gate"
	"github.com/forewarden/forewarden/internal/policy"
)

const fingerprint = "0123456789abcdef0123456789abcdef"

func now() time.Time { return time.Date(2026, time.November, 21, 12, 0, 0, 0, time.UTC) }

// merged is the policy of an organisation's document.
func merged(t *testing.T, org string) *policy.Effective { t.Helper(); return layered(t, org, "") }

func layered(t *testing.T, org, repo string) *policy.Effective {
	t.Helper()
	known := policy.Known{}
	for _, id := range control.Known() {
		known[id] = nil
	}
	o, err := policy.Parse("org.yml", []byte(org), policy.Organisation, known)
	require.NoError(t, err)
	r, err := policy.Parse(policy.RepositoryFile, []byte(repo), policy.Repository, known)
	require.NoError(t, err)
	return policy.Merge(o, r)
}

// found is a control's result with findings of the given severities, all in one state.
func found(id string, state finding.State, severities ...finding.Severity) control.Result {
	r := control.Result{Control: id, Engine: "e", Status: control.Checked}
	for i, s := range severities {
		r.Findings = append(r.Findings, finding.Finding{
			Rule: "rule", Severity: s, State: state, Fingerprint: fingerprint,
			Location: finding.Location{Path: fmt.Sprintf("dir/%d.txt", i), StartLine: 1},
		})
	}
	return r
}

func decide(t *testing.T, org string, results ...control.Result) gate.Verdict {
	t.Helper()
	return gate.Decide(gate.Input{Policy: merged(t, org), Results: results, Now: now()})
}

// classes counts an outcome's findings: blocking, warnings, counted, waived, existing.
func classes(o gate.Outcome) [5]int {
	return [5]int{len(o.Blocking), len(o.Warnings), len(o.Counted), len(o.Waived), len(o.Existing)}
}

func TestExit(t *testing.T) {
	for d, want := range map[gate.Decision]int{gate.Pass: 0, gate.Blocked: 1, gate.Error: 3, "": 3, "made up": 3} {
		assert.Equal(t, want, d.Exit(), d)
	}
}

func TestNothingIsAPass(t *testing.T) {
	assert.Equal(t, gate.Verdict{Decision: gate.Pass}, gate.Decide(gate.Input{Policy: merged(t, ""), Now: now()}))
}

// Every mode, fail-on, severity and state: where the one finding goes, and what comes of it.
func TestWhatBlocks(t *testing.T) {
	all := []finding.Severity{finding.Low, finding.Medium, finding.High, finding.Critical}
	for _, mode := range []policy.Mode{policy.Off, policy.Warn, policy.Enforce} {
		for _, failOn := range all {
			for _, severity := range all {
				for _, state := range []finding.State{finding.New, finding.Existing, finding.Waived} {
					t.Run(fmt.Sprint(mode, " ", failOn, " ", severity, " ", state), func(t *testing.T) {
						v := decide(t, fmt.Sprintf("controls: {lint: {mode: %q, fail-on: %s}}", mode, failOn), found("lint", state, severity))
						blocks := mode == policy.Enforce && severity >= failOn && state == finding.New
						want, decision := [5]int{}, gate.Pass
						switch {
						case blocks:
							want[0], decision = 1, gate.Blocked
						case state == finding.Waived:
							want[3] = 1
						case state == finding.Existing:
							want[4] = 1
						case severity == finding.Low:
							want[2] = 1
						default:
							want[1] = 1
						}
						require.Len(t, v.Outcomes, 1)
						assert.Equal(t, want, classes(v.Outcomes[0]))
						assert.Equal(t, decision, v.Decision)
						assert.Equal(t, []any{mode, failOn}, []any{v.Outcomes[0].Mode, v.Outcomes[0].FailOn})
					})
				}
			}
		}
	}
}

func TestHavingFailed(t *testing.T) {
	failed := control.Result{Control: "lint", Status: control.Failed, Reason: "no"}
	seen := found("lint", finding.New, finding.High)
	seen.Status = control.Failed
	for name, tt := range map[string]struct {
		policy  string
		results []control.Result
		want    gate.Decision
	}{
		"on-error: block":                   {"controls: {lint: {on-error: block}}", []control.Result{failed}, gate.Error},
		"on-error: warn":                    {"controls: {lint: {on-error: warn}}", []control.Result{failed}, gate.Pass},
		"warning mode still has to look":    {"controls: {lint: {mode: warn, on-error: block}}", []control.Result{failed}, gate.Error},
		"skipped is no failure":             {"preset: strict", []control.Result{{Control: "lint", Status: control.Skipped}}, gate.Pass},
		"3 wins over 1":                     {"preset: strict", []control.Result{found("sbom", finding.New, finding.High), failed}, gate.Error},
		"3 wins over 1, in any order":       {"preset: strict", []control.Result{failed, found("sbom", finding.New, finding.High)}, gate.Error},
		"3 wins over 1, in one control":     {"preset: strict", []control.Result{seen}, gate.Error},
		"what was seen blocks all the same": {"controls: {lint: {mode: enforce, on-error: warn}}", []control.Result{seen}, gate.Blocked},
		"blocked stays blocked": {"{preset: strict, controls: {lint: {on-error: warn}}}",
			[]control.Result{found("lint", finding.New, finding.High), found("sbom", finding.New, finding.Low)}, gate.Blocked},
	} {
		t.Run(name, func(t *testing.T) { assert.Equal(t, tt.want, decide(t, tt.policy, tt.results...).Decision) })
	}
}

// Who could not look at anything has nothing to pass, whatever a control's on-error says.
func TestBlind(t *testing.T) {
	for _, org := range []string{"", "preset: observe", "controls: {secret-scan: {on-error: warn}}"} {
		v := gate.Decide(gate.Input{Policy: merged(t, org), Now: now(), Blind: true, Results: []control.Result{
			{Control: "secret-scan", Status: control.Failed, Reason: "no git"},
		}})
		assert.Equal(t, gate.Error, v.Decision)
		assert.Len(t, v.Outcomes, 1)
	}
}

func TestEnforceFrom(t *testing.T) {
	from := time.Date(2027, time.January, 15, 0, 0, 0, 0, time.UTC)
	for name, tt := range map[string]struct {
		now   time.Time
		want  gate.Decision
		would time.Time
	}{
		"the second before":               {from.Add(-time.Second), gate.Pass, from},
		"at the day's first moment":       {from, gate.Blocked, time.Time{}},
		"after":                           {from.AddDate(1, 0, 0), gate.Blocked, time.Time{}},
		"the day has not come in UTC yet": {time.Date(2027, time.January, 15, 1, 0, 0, 0, time.FixedZone("", 2*3600)), gate.Pass, from},
	} {
		t.Run(name, func(t *testing.T) {
			p := merged(t, "{enforce-from: 2027-01-15, controls: {lint: {mode: enforce, fail-on: low}, sbom: {fail-on: high}}}")
			v := gate.Decide(gate.Input{Policy: p, Now: tt.now, Results: []control.Result{
				found("lint", finding.New, finding.Low), found("sbom", finding.New, finding.Medium),
			}})
			assert.Equal(t, tt.want, v.Decision)
			lint, sbom := v.Outcomes[0], v.Outcomes[1]
			assert.Equal(t, tt.would, lint.WouldBlockFrom)
			assert.Zero(t, sbom.WouldBlockFrom, "nothing here would block")
			want := [5]int{0, 1} // a finding that will block warns, however mild
			if tt.want == gate.Blocked {
				want = [5]int{1, 0}
			}
			assert.Equal(t, want, classes(lint))
		})
	}
}

func TestEnforceFromDoesNotExcuseNotLooking(t *testing.T) {
	v := decide(t, "enforce-from: 2027-01-15", control.Result{Control: "secret-scan", Status: control.Failed})
	assert.Equal(t, gate.Error, v.Decision)
}

func TestOutcomesAreSortedAndPolicyIsLast(t *testing.T) {
	in := gate.Input{Policy: merged(t, ""), Now: now(), Rules: []control.Rule{{ID: "about"}},
		About: []finding.Finding{{Rule: "b", State: finding.New, Severity: finding.Low}, {Rule: "a", Severity: finding.Medium}}}
	for _, id := range []string{"workflow-scan", "lint", "secret-scan", "sbom"} {
		in.Results = append(in.Results, found(id, finding.New))
	}
	v := gate.Decide(in)
	var ids []string
	for _, o := range v.Outcomes {
		ids = append(ids, o.Control)
	}
	assert.Equal(t, []string{"lint", "sbom", "secret-scan", "workflow-scan", "policy"}, ids)
	last := v.Outcomes[4]
	assert.Equal(t, []any{"forewarden", control.Checked, in.Rules}, []any{last.Engine, last.Status, last.Rules})
	assert.Equal(t, [5]int{0, 1, 1}, classes(last))
	assert.Equal(t, "a", last.Findings[0].Rule, "findings about the policy are sorted like any others")
	assert.Equal(t, gate.Pass, v.Decision)
}

func TestFindingsAboutThePolicyBlockWhenHigh(t *testing.T) {
	about := func(s finding.Severity, org string) gate.Decision {
		return gate.Decide(gate.Input{Policy: merged(t, org), Now: now(),
			About: []finding.Finding{{Rule: "invalid-policy", Severity: s}}}).Decision
	}
	assert.Equal(t, gate.Blocked, about(finding.High, ""))
	assert.Equal(t, gate.Pass, about(finding.Medium, ""))
	assert.Equal(t, gate.Pass, about(finding.High, "enforce-from: 2027-01-15"), "not before there is enforcement")
}
