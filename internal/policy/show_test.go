package policy

import (
	"bytes"
	"errors"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

func show(t *testing.T, e *Effective) string {
	t.Helper()
	var out bytes.Buffer
	require.NoError(t, e.Show(&out))
	return out.String()
}

func TestShow(t *testing.T) {
	e := merge(t, example, `controls:
  lint: {mode: enforce, allow: [x]}
  sbom: {mode: "off"}
`)
	assert.Equal(t, `version: 1 # what this forewarden reads
preset: recommended # org.yml:2:1
enforce-from: 2027-01-15 # org.yml:3:1
overrides: waivers # org.yml:4:1
controls:
  license-scan:
    mode: enforce # org.yml:8:5
    fail-on: high # preset recommended
    on-error: warn # preset recommended
    disable: [a-rule, b-rule] # org.yml:10:5
    time-limit: 1h0m0s # default
    allow: ["preset:cncf"] # org.yml:9:5
  lint:
    mode: enforce # repo.yml:2:10
    fail-on: high # preset recommended
    on-error: warn # preset recommended
    time-limit: 1h0m0s # default
  sbom:
    mode: enforce # preset recommended
    fail-on: high # preset recommended
    on-error: warn # preset recommended
    time-limit: 1h0m0s # default
  secret-scan:
    mode: enforce # org.yml:6:19
    fail-on: critical # org.yml:6:34
    on-error: block # org.yml:6:53
    engine: gitleaks # org.yml:6:70
    time-limit: 30m0s # org.yml:6:88
  workflow-scan:
    mode: enforce # preset recommended
    fail-on: high # preset recommended
    on-error: block # preset recommended
    time-limit: 1h0m0s # default
waivers:
  - control: license-scan # org.yml:12:5
    match: {purl: "pkg:golang/example.com/x", rule: denied-license}
    reason: "dual licensed by agreement, see legal#42"
    owner: "@acme/legal"
    expires: 2027-06-30
# refused of the repository's layer:
#   repo.yml:2:25: controls.lint.allow: `+waiversOnly+`
#   repo.yml:3:10: controls.sbom.mode: off: `+waiversOnly+`
`, show(t, e))
}

type full struct{}

func (full) Write([]byte) (int, error) { return 0, errors.New("disk full") }

func TestShowReportsTheWriter(t *testing.T) {
	assert.EqualError(t, Merge(nil, nil).Show(full{}), "disk full")
}

func TestShowKeepsCommentsOnTheirLine(t *testing.T) {
	doc, err := Parse("a\nb.yml", []byte("preset: strict"), Organisation, known())
	require.NoError(t, err)
	assert.Contains(t, show(t, Merge(doc, nil)), "preset: strict # a?b.yml:1:1\n")
}
