package policy

import (
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// known is a binary that carries license-scan and only knows the other ids.
func known() Known {
	return Known{
		"secret-scan": nil, "workflow-scan": nil, "lint": nil, "sbom": nil,
		"license-scan": {"purl", "licence"}, "policy": nil,
	}
}

func parse(t *testing.T, name, yaml string, layer Layer) *Document {
	t.Helper()
	doc, err := Parse(name, []byte(yaml), layer, known())
	require.NoError(t, err)
	return doc
}

// merge merges an organisation's and a repository's file; "" stands for no file.
func merge(t *testing.T, org, repo string) *Effective {
	t.Helper()
	var o, r *Document
	if org != "" {
		o = parse(t, "org.yml", org, Organisation)
	}
	if repo != "" {
		r = parse(t, "repo.yml", repo, Repository)
	}
	return Merge(o, r)
}

func date(t *testing.T, s string) time.Time {
	t.Helper()
	d, err := time.Parse(time.DateOnly, s)
	require.NoError(t, err)
	return d
}

const example = `version: 1
preset: recommended          # observe (nothing blocks), recommended (default), strict
enforce-from: 2027-01-15
overrides: waivers
controls:
  secret-scan:  { mode: enforce, fail-on: critical, on-error: block, engine: gitleaks, time-limit: 30m }
  license-scan:
    mode: enforce
    allow: [preset:cncf]
    disable: [b-rule, a-rule, b-rule]
waivers:
  - control: license-scan
    match: { rule: denied-license, purl: "pkg:golang/example.com/x" }
    reason: "dual licensed by agreement, see legal#42"
    owner: "@acme/legal"
    expires: 2027-06-30
`

func TestParseExample(t *testing.T) {
	doc := parse(t, "org.yml", example, Organisation)
	require.Len(t, doc.waivers, 1)
	assert.Equal(t, Waiver{
		Control: "license-scan",
		Match:   map[string]string{"rule": "denied-license", "purl": "pkg:golang/example.com/x"},
		Reason:  "dual licensed by agreement, see legal#42", Owner: "@acme/legal",
		Expires: date(t, "2027-06-30"), Layer: Organisation,
		Position: Position{"org.yml", 12, 5},
	}, doc.waivers[0])

	e := Merge(doc, nil)
	assert.Equal(t, Value[string]{"recommended", "org.yml:2:1"}, e.Preset)
	assert.Equal(t, Value[time.Time]{date(t, "2027-01-15"), "org.yml:3:1"}, e.EnforceFrom)
	assert.Equal(t, Value[Overrides]{OverrideWaivers, "org.yml:4:1"}, e.Overrides)
	secrets := e.Controls["secret-scan"]
	assert.Equal(t, Value[Mode]{Enforce, "org.yml:6:19"}, secrets.Mode)
	assert.Equal(t, Value[string]{"gitleaks", "org.yml:6:70"}, secrets.Engine)
	assert.Equal(t, Value[time.Duration]{30 * time.Minute, "org.yml:6:88"}, secrets.TimeLimit)
	assert.Equal(t, Value[[]string]{[]string{"a-rule", "b-rule"}, "org.yml:10:5"}, e.Controls["license-scan"].Disable)
}

func TestParseNothing(t *testing.T) {
	for name, yaml := range map[string]string{
		"empty": "", "spaces": "  \n\n", "comment": "# nothing yet\n", "byte order mark": "\ufeff# x\n",
		"header": "---\n", "tabs on an empty line": "\t\n",
		"empty sections": "controls:\nwaivers:\n", "empty control": "controls:\n  lint:\n",
	} {
		t.Run(name, func(t *testing.T) {
			assert.Equal(t, Merge(nil, nil), Merge(parse(t, "org.yml", yaml, Organisation), nil))
		})
	}
}

func TestParseAccepts(t *testing.T) {
	for name, yaml := range map[string]string{
		"header and footer":    "---\nversion: 1\n...\n",
		"off is a word":        "controls: {lint: {mode: off}}",
		"quoted":               `preset: "strict"`,
		"json":                 `{"version": 1, "controls": {"lint": {"fail-on": "low"}}}`,
		"windows line ends":    "version: 1\r\ncontrols:\r\n  lint:\r\n    mode: warn\r\n",
		"unindented list":      "waivers:\n- control: lint\n  match: {path: x}\n  reason: because\n  owner: me\n  expires: 2020-01-01\n",
		"a timestamp":          "enforce-from: 2027-01-15T23:00:00-05:00",
		"a date with a clock":  "enforce-from: 2027-01-16 10:00:00",
		"opaque values":        "controls:\n  lint:\n    deep: {a: [1, {b: null}], c: 1.5}\n    text: |\n      several\n      lines\n",
		"an unquoted location": "controls: {lint: {path: docs/&x*y}}",
	} {
		t.Run(name, func(t *testing.T) { parse(t, "p.yml", yaml, Organisation) })
	}
	e := merge(t, "enforce-from: 2027-01-15T23:00:00-05:00", "")
	assert.Equal(t, date(t, "2027-01-16"), e.EnforceFrom.Value, "the UTC day")
	assert.Equal(t, Off, merge(t, "controls: {lint: {mode: off}}", "").Controls["lint"].Mode.Value)
	assert.Equal(t, "repo.yml:4:5", merge(t, "", "version: 1\r\ncontrols:\r\n  lint:\r\n    mode: enforce\r\n").Controls["lint"].Mode.Origin)
}

func TestEnforcing(t *testing.T) {
	e := &Effective{EnforceFrom: Value[time.Time]{Value: date(t, "2027-01-15")}}
	assert.False(t, e.Enforcing(time.Date(2027, 1, 14, 23, 59, 59, 0, time.UTC)))
	assert.True(t, e.Enforcing(time.Date(2027, 1, 15, 0, 0, 0, 0, time.UTC)))
	east := time.FixedZone("", 6*3600)
	assert.False(t, e.Enforcing(time.Date(2027, 1, 15, 5, 0, 0, 0, east)), "still the 14th in UTC")
	assert.True(t, (&Effective{}).Enforcing(time.Date(1980, 1, 1, 0, 0, 0, 0, time.UTC)))
}
