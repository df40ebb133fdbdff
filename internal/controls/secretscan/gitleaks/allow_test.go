package gitleaks

import (
	"fmt"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/forewarden/forewarden/internal/controls/secretscan/intent"
	"github.com/forewarden/forewarden/internal/controltest"
)

func ours(reason string) intent.Allow {
	return intent.Allow{Marker: intent.ForewardenAllow, Reason: reason}
}

func theirs() intent.Allow {
	return intent.Allow{Marker: intent.GitleaksAllow, Reason: "marked gitleaks:allow"}
}

func TestAllowOn(t *testing.T) {
	for line, want := range map[string]intent.Allow{
		"x := 1":                              {},
		"x := 1 // forewarden:allow a sample": ours("a sample"),
		"x := 1 /* forewarden:allow a sample */ + 2":   ours("a sample"),
		"<!-- forewarden:allow a sample -->":           ours("a sample"),
		"{{/* forewarden:allow a sample */}}":          ours("a sample"),
		"{# forewarden:allow a sample #} x":            ours("a sample"),
		"<%-- forewarden:allow a sample --%>":          ours("a sample"),
		`"forewarden:allow a sample",`:                 ours("a sample"),
		"x # forewarden:allow: a sample":               ours("a sample"),
		"x # forewarden:allow":                         ours(""),
		"x # forewarden:allow   ":                      ours(""),
		"x # forewarden:allow */":                      ours(""),
		"x # gitleaks:allow":                           theirs(),
		"x # gitleaks:allow forewarden:allow a sample": ours("a sample"),
		"x # Forewarden:Allow a sample":                {},
		"x # forewarden:allow \x1b[31mred":             ours("[31mred"),
	} {
		assert.Equal(t, want, allowOn(line), line)
	}
}

// A comment counts on the lines of the sighting; alone on the line above, our own counts too.
func TestAllowIn(t *testing.T) {
	for name, tt := range map[string]struct {
		text string // the sighting is what stands in the lines with an x
		want intent.Allow
	}{
		"on the line":                     {"x # forewarden:allow why", ours("why")},
		"gitleaks' own":                   {"x # gitleaks:allow", theirs()},
		"alone on the line above":         {"# forewarden:allow why\nx", ours("why")},
		"indented":                        {"a\n\t  // forewarden:allow why\nx", ours("why")},
		"gitleaks' own on the line above": {"# gitleaks:allow\nx", intent.Allow{}},
		"above, but not alone":            {"y = 1 # forewarden:allow why\nx", intent.Allow{}},
		"two lines above":                 {"# forewarden:allow why\n\nx", intent.Allow{}},
		"below":                           {"x\n# forewarden:allow why", intent.Allow{}},
		"on the first of several":         {"x # forewarden:allow why\nx\nx", ours("why")},
		"on the last of several":          {"x\nx\nx # forewarden:allow why", ours("why")},
		"on the line rather than above":   {"# forewarden:allow above\nx # gitleaks:allow", theirs()},
		"with the other line ends":        {"# forewarden:allow why\r\nx\r\n", ours("why")},
		"nowhere":                         {"x", intent.Allow{}},
	} {
		t.Run(name, func(t *testing.T) {
			lines := newLineIndex(tt.text)
			first, last := -1, -1
			for n := range lines.starts {
				if strings.HasPrefix(lines.at(n), "x") {
					if first < 0 {
						first = n
					}
					last = n
				}
			}
			assert.Equal(t, tt.want, allowIndex{lines: lines, known: map[int]marker{}}.in(first, last))
		})
	}
}

func TestIsComment(t *testing.T) {
	for _, line := range []string{"# a", "// a", "/* a", "* a", "-- a", "; a", "<!-- a", "% a", "{{/* a", "{# a", "REM a"} {
		assert.True(t, isComment(line), line)
	}
	for _, line := range []string{"", "a", "a # b", "REMOVE a", "x = 1 // b", "\"# a\""} {
		assert.False(t, isComment(line), line)
	}
}

// A reason can be copied from the line that it excuses: it never repeats the credential.
func TestReasonsHoldNoSecret(t *testing.T) {
	d := defaultDetector(t)
	for _, kind := range []string{"aws-token", "github-token", "generic-key"} {
		for variant := range 40 { // some of them have no digit
			secret := controltest.Secret(kind, fmt.Sprint(variant))
			found, err := d.scan(t.Context(), "api_key = \""+secret+"\" # forewarden:allow "+secret+" is a sample", "a.go", "", 1)
			require.NoError(t, err)
			for _, s := range found {
				assert.Equal(t, intent.ForewardenAllow, s.Allow.Marker)
				assert.NotContains(t, s.Allow.Reason, secret[:8])
			}
		}
	}
}

// The same holds for a comment that was added later, in a change's last commit.
func TestReasonsAtHeadHoldNoSecret(t *testing.T) {
	login := "bob:" + "hunter" + "2"
	call := "curl -u " + login + " https://example.org/"
	for name, text := range map[string]string{
		"on the line":   "x\n" + call + " # forewarden:allow " + login + " is none\n",
		"the one above": "x\n# forewarden:allow " + login + " is none\n" + call + "\n",
	} {
		t.Run(name, func(t *testing.T) {
			s := sighting{source: call, secret: login}
			search := newLiteralSearch(map[string][]int{s.literal(): nil})
			file := searched(text, search.in(text))
			allow := copiesAt{{file: file, offset: strings.Index(text, login)}}.allow(s)
			assert.Equal(t, ours("******** is none"), allow)
		})
	}
}

// Text before a private key's header is masked like any other, and so is what a sighting before it is about.
func TestExcerptNearAKeyHeader(t *testing.T) {
	d := defaultDetector(t)
	aws := ""
	for i := 0; aws == "" || strings.ContainsAny(aws, "234567"); i++ { // without digits it looks like a word
		aws = controltest.Secret("aws-token", fmt.Sprint("letters", i))
	}
	key := strings.ReplaceAll(controltest.Secret("private-key", "header"), "\n", `\n`)
	found, err := d.scan(t.Context(), `{"id": "`+aws+`", "key": "`+key+`"}`, "a.go", "", 1)
	require.NoError(t, err)
	excerpts := map[string]string{}
	for _, s := range found {
		excerpts[s.Rule] = s.Excerpt.String()
	}
	assert.Equal(t, `{"id": "********…`, excerpts["aws-access-token"])
	header, _, _ := strings.Cut(key, `\n`)
	assert.True(t, strings.HasSuffix(excerpts["private-key"], `"key": "`+header+"********…"), excerpts["private-key"])
}

func TestLiteralIsTheLongestLine(t *testing.T) {
	for source, want := range map[string]string{
		"": "", "one": "one", "a\nlonger\nb": "longer", "a\r\nlonger\r\nb": "longer", "same\nsize": "same",
	} {
		assert.Equal(t, want, sighting{source: source}.literal(), source)
	}
}
