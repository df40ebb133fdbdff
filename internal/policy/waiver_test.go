package policy

import (
	"testing"
	"time"

	"github.com/stretchr/testify/assert"

	"github.com/forewarden/forewarden/internal/finding"
)

func TestWaiverMatches(t *testing.T) {
	f := finding.Finding{
		Rule: "aws-access-token/merge-only", Fingerprint: "f00d",
		Location:   finding.Location{Path: "docs/a/b.md", Commit: "0123456789ABCDEF0123456789abcdef01234567"},
		Attributes: map[string]string{"purl": "pkg:golang/x", "empty": ""},
	}
	for name, c := range map[string]struct {
		match map[string]string
		want  bool
	}{
		"rule":                  {map[string]string{"rule": "aws-access-token/merge-only"}, true},
		"rule above":            {map[string]string{"rule": "aws-access-token"}, true},
		"rule with a prefix":    {map[string]string{"rule": "aws-access"}, false},
		"rule below":            {map[string]string{"rule": "aws-access-token/merge-only/x"}, false},
		"path":                  {map[string]string{"path": "docs/**"}, true},
		"other path":            {map[string]string{"path": "docs/*.md"}, false},
		"fingerprint":           {map[string]string{"fingerprint": "f00d"}, true},
		"fingerprint's start":   {map[string]string{"fingerprint": "f00"}, false},
		"full commit":           {map[string]string{"commit": "0123456789abcdef0123456789abcdef01234567"}, true},
		"short commit":          {map[string]string{"commit": "0123456"}, true},
		"too short commit":      {map[string]string{"commit": "012345"}, false},
		"other commit":          {map[string]string{"commit": "1234567"}, false},
		"attribute":             {map[string]string{"purl": "pkg:golang/x"}, true},
		"attribute's start":     {map[string]string{"purl": "pkg:golang"}, false},
		"absent attribute":      {map[string]string{"none": ""}, false},
		"all must match":        {map[string]string{"rule": "aws-access-token", "purl": "other"}, false},
		"all match":             {map[string]string{"rule": "aws-access-token", "path": "docs/a/b.md"}, true},
		"nothing to match with": {nil, false},
	} {
		t.Run(name, func(t *testing.T) {
			w := Waiver{Control: "secret-scan", Match: c.match}
			assert.Equal(t, c.want, w.Matches("secret-scan", f))
			assert.False(t, w.Matches("lint", f), "another control")
		})
	}
	pathless := Waiver{Control: "lint", Match: map[string]string{"path": "**"}}
	assert.False(t, pathless.Matches("lint", finding.Finding{}), "a finding without a path")
}

func TestMatchPath(t *testing.T) {
	for _, c := range []struct {
		glob, name string
		want       bool
	}{
		{"a.go", "a.go", true},
		{"a.go", "b/a.go", false},
		{"*.go", "a.go", true},
		{"*.go", "b/a.go", false},
		{"**/*.go", "a.go", true},
		{"**/*.go", "b/c/a.go", true},
		{"a?.go", "ab.go", true},
		{"a?.go", "a/.go", false},
		{"docs/", "docs/a/b", true},
		{"docs/", "docs", false},
		{"docs/**", "docs/a", true},
		{"docs/**", "docs", false},
		{"docs/**", "docs2/a", false},
		{"docs/**/x", "docs/x", true},
		{"docs/**/x", "docs/a/b/x", true},
		{"docs/**/x/**/y", "docs/x/x/a/y", true},
		{"docs/**/x", "docs/a/b/xx", false},
		{"**/test/**", "a/test/b", true},
		{"**/test/**", "test", false},
		{"a**b", "axxb", true},
		{"a**b", "a/b", false},
		{"app/[id]/page.tsx", "app/[id]/page.tsx", true},
		{"app/[id]/page.tsx", "app/i/page.tsx", false},
		{`a\*`, "ab", false},
		{"a/b", "a", false},
		{"a", "a/b", false},
	} {
		assert.Equal(t, c.want, matchPath(c.glob, c.name), "%s on %s", c.glob, c.name)
	}
}

func TestMatchPathIsQuick(t *testing.T) {
	glob, name := "", ""
	for range 200 {
		glob += "**/a*a*a*/"
		name += "aaaaaaaaaaaaaaaaaaab/"
	}
	start := time.Now()
	assert.False(t, matchPath(glob+"x", name+"y"))
	assert.Less(t, time.Since(start), 5*time.Second)
}

func TestWaiverExpired(t *testing.T) {
	w := Waiver{Expires: date(t, "2027-06-30")}
	assert.False(t, w.Expired(time.Date(2027, 6, 30, 23, 59, 59, 0, time.UTC)), "the day is inclusive")
	assert.True(t, w.Expired(time.Date(2027, 7, 1, 0, 0, 0, 0, time.UTC)))
	west := time.FixedZone("", -8*3600)
	assert.True(t, w.Expired(time.Date(2027, 6, 30, 20, 0, 0, 0, west)), "already the 1st in UTC")
}
