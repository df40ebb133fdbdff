package gate_test

import (
	"fmt"
	"maps"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/forewarden/forewarden/internal/control"
	"github.com/forewarden/forewarden/internal/finding"
	"github.com/forewarden/forewarden/internal/gate"
	"github.com/forewarden/forewarden/internal/policy"
)

// waiver is a document with one waiver of the control lint.
func waiver(match, expires string) string {
	return "waivers:\n- {control: lint, match: {" + match + "}, reason: because, owner: me, expires: " + expires + "}\n"
}

const enforced = "controls: {lint: {mode: enforce}}\n"

// told lists what a verdict says about the policy itself.
func told(v gate.Verdict) []string {
	var rules []string
	for _, o := range v.Outcomes {
		if o.Control == control.Policy {
			for _, f := range o.Findings {
				rules = append(rules, f.Rule+" "+f.Severity.String())
			}
		}
	}
	return rules
}

func TestWaivers(t *testing.T) {
	expired, unused := "expired-waiver medium", "unused-waiver low"
	byFingerprint := "fingerprint: " + fingerprint
	lint := func() control.Result { return found("lint", finding.New, finding.High) }
	skipped := control.Result{Control: "lint", Status: control.Skipped}
	failed := control.Result{Control: "lint", Status: control.Failed}
	for name, tt := range map[string]struct {
		policy string
		result control.Result
		part   bool // not everything was looked at
		want   gate.Decision
		told   []string
	}{
		"in force":                      {waiver(byFingerprint, "2027-06-30"), lint(), false, gate.Pass, nil},
		"on its last day":               {waiver(byFingerprint, "2026-11-21"), lint(), false, gate.Pass, nil},
		"on the day after":              {waiver(byFingerprint, "2026-11-20"), lint(), false, gate.Blocked, []string{expired}},
		"expired, in a change":          {waiver(byFingerprint, "2026-11-20"), lint(), true, gate.Blocked, []string{expired}},
		"expired and matching nothing":  {waiver("path: other", "2026-11-20"), lint(), false, gate.Blocked, []string{unused}},
		"by path":                       {waiver("path: dir/*", "2027-06-30"), lint(), false, gate.Pass, nil},
		"of another rule":               {waiver("path: dir/*, rule: another", "2027-06-30"), lint(), false, gate.Blocked, []string{unused}},
		"unused":                        {waiver("path: other", "2027-06-30"), lint(), false, gate.Blocked, []string{unused}},
		"unused, in a change":           {waiver("path: other", "2027-06-30"), lint(), true, gate.Blocked, nil},
		"unused, nothing applied":       {waiver("path: other", "2027-06-30"), skipped, false, gate.Pass, nil},
		"unused, the control failed":    {waiver("path: other", "2027-06-30"), failed, false, gate.Pass, nil},
		"unused, the control is not on": {waiver("path: other", "2027-06-30"), found("sbom", finding.New), false, gate.Pass, nil},
		"of another control":            {strings.Replace(waiver(byFingerprint, "2027-06-30"), "lint", "sbom", 1), lint(), false, gate.Blocked, nil},
	} {
		t.Run(name, func(t *testing.T) {
			v := gate.Decide(gate.Input{Policy: merged(t, enforced+tt.policy), Results: []control.Result{tt.result}, Now: now(), Whole: !tt.part})
			assert.Equal(t, tt.want, v.Decision)
			assert.Equal(t, tt.told, told(v))
		})
	}
}

func TestAWaivedFindingSaysBecauseOfWhat(t *testing.T) {
	v := decide(t, enforced+waiver("path: dir/*", "2027-06-30"), found("lint", finding.New, finding.High))
	require.Len(t, v.Outcomes[0].Waived, 1)
	f := v.Outcomes[0].Waived[0]
	assert.Equal(t, finding.Waived, f.State)
	assert.Equal(t, map[string]string{
		"waived-by": "org.yml:3", "waiver-reason": "because", "waiver-owner": "me", "waiver-expires": "2027-06-30",
	}, f.Attributes)
}

// Both waivers of one finding are in use; the first is the one named.
func TestTwoWaiversForOneFinding(t *testing.T) {
	line := func(reason, expires string) string {
		return fmt.Sprintf("- {control: lint, match: {path: dir/0.txt}, reason: %s, owner: me, expires: %s}\n", reason, expires)
	}
	for name, tt := range map[string]struct {
		waivers, reason string
		told            []string
	}{
		"both in force":         {line("first", "2027-01-01") + line("second", "2027-01-01"), "first", nil},
		"the first has expired": {line("first", "2026-01-01") + line("second", "2027-01-01"), "second", []string{"expired-waiver medium"}},
	} {
		t.Run(name, func(t *testing.T) {
			v := gate.Decide(gate.Input{Policy: merged(t, enforced+"waivers:\n"+tt.waivers), Now: now(), Whole: true,
				Results: []control.Result{found("lint", finding.New, finding.High)}})
			assert.Equal(t, gate.Pass, v.Decision)
			require.Len(t, v.Outcomes[0].Waived, 1)
			assert.Equal(t, tt.reason, v.Outcomes[0].Waived[0].Attributes["waiver-reason"])
			assert.Equal(t, tt.told, told(v))
		})
	}
}

// A finding about a waiver of the repository stands in its file; the organisation's policy is no file of the
// repository, so there it is an attribute alone.
func TestFindingsAboutWaiversSayWhere(t *testing.T) {
	for name, tt := range map[string]struct{ org, repo, path, source string }{
		"organisation": {waiver("path: x", "2026-01-01"), "", "", "org.yml:2"},
		"repository":   {"", waiver("path: x", "2026-01-01"), policy.RepositoryFile, policy.RepositoryFile + ":2"},
	} {
		t.Run(name, func(t *testing.T) {
			v := gate.Decide(gate.Input{Policy: layered(t, tt.org, tt.repo), Results: []control.Result{found("lint", finding.New)}, Now: now(), Whole: true})
			require.Len(t, v.Outcomes, 2)
			require.Len(t, v.Outcomes[1].Findings, 1)
			f := v.Outcomes[1].Findings[0]
			assert.Equal(t, tt.path, f.Path)
			assert.Equal(t, tt.path != "", f.StartLine == 2 && f.StartColumn > 0)
			assert.Equal(t, map[string]string{"control": "lint", "owner": "me", "source": tt.source}, f.Attributes)
			assert.NotEmpty(t, f.Fingerprint)
			assert.Contains(t, f.Message, "because")
		})
	}
}

func TestDisabledRules(t *testing.T) {
	result := control.Result{Control: "lint", Status: control.Checked}
	for _, rule := range []string{"a", "a/one", "a/two", "ab", "b/one"} {
		result.Findings = append(result.Findings, finding.Finding{Rule: rule, Severity: finding.High, State: finding.New})
	}
	for name, tt := range map[string]struct {
		disable string
		waived  []string
	}{
		"a rule and all below it": {"[a]", []string{"a", "a/one", "a/two"}},
		"one below a rule":        {"[a/one]", []string{"a/one"}},
		"several":                 {"[ab, b]", []string{"ab", "b/one"}},
		"none of these":           {"[c]", nil},
	} {
		t.Run(name, func(t *testing.T) {
			v := decide(t, "controls: {lint: {mode: enforce, disable: "+tt.disable+"}}", result)
			var waived []string
			for _, f := range v.Outcomes[0].Waived {
				waived = append(waived, f.Rule)
				assert.Equal(t, "the policy turns this rule off", f.Attributes["waiver-reason"])
				assert.Contains(t, f.Attributes["waived-by"], "org.yml:1")
			}
			assert.Equal(t, tt.waived, waived)
			assert.Len(t, v.Outcomes[0].Blocking, len(result.Findings)-len(tt.waived))
		})
	}
}

// What existed before, and what is waived already, needs no waiver and is not told twice.
func TestOnlyNewFindingsAreWaived(t *testing.T) {
	for _, state := range []finding.State{finding.Existing, finding.Waived} {
		v := decide(t, "controls: {lint: {disable: [rule]}}\n"+waiver("path: dir/*", "2027-01-01"), found("lint", state, finding.High))
		assert.Equal(t, state, v.Outcomes[0].Findings[0].State)
		assert.Empty(t, v.Outcomes[0].Findings[0].Attributes)
	}
}

func TestDecideChangesNothingOfItsInput(t *testing.T) {
	make := func() gate.Input {
		result := found("lint", finding.New, finding.High, finding.Low)
		result.Findings[0].Attributes = map[string]string{"kind": "x"}
		return gate.Input{
			Policy:  merged(t, enforced+waiver("path: dir/0.txt", "2027-06-30")),
			Results: []control.Result{found("sbom", finding.New), result},
			About:   []finding.Finding{{Rule: "z"}, {Rule: "a"}},
			Now:     now(), Whole: true,
		}
	}
	in, same := make(), make()
	in.About = slices.Grow(in.About, 10)
	attributes := maps.Clone(in.Results[1].Findings[0].Attributes)
	first := gate.Decide(in)
	assert.Equal(t, same, in)
	assert.Equal(t, attributes, in.Results[1].Findings[0].Attributes)
	assert.Equal(t, first, gate.Decide(in))
	in.Now = in.Now.Add(365 * 24 * time.Hour)
	assert.NotEqual(t, first.Decision, gate.Decide(in).Decision, "time comes from the input alone")
}
