package gitleaks

import (
	"encoding/base64"
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"github.com/zricethezav/gitleaks/v8/detect"

	"github.com/forewarden/forewarden/internal/controltest"
	"github.com/forewarden/forewarden/internal/finding"
	"github.com/forewarden/forewarden/internal/scope"
)

// defaultDetector looks with the default rules.
func defaultDetector(t *testing.T) *detector {
	t.Helper()
	c, _, err := configuration(scope.Settings{})
	require.NoError(t, err)
	return newDetector(c)
}

// A spot is where a credential was planted, or seen.
type spot struct {
	digest                     string
	line, column, last, behind int
}

func (s spot) String() string {
	return fmt.Sprintf("%d:%d-%d:%d %s", s.line, s.column, s.last, s.behind, s.digest)
}

func spots(found []sighting, rules ...string) []string {
	var out []string
	for _, s := range found {
		if slices.Contains(rules, s.Rule) {
			l := s.Location
			out = append(out, spot{s.Digest, l.StartLine, l.StartColumn, l.EndLine, l.EndColumn}.String())
		}
	}
	slices.Sort(out)
	return out
}

// A planter writes a random text and remembers where it put credentials.
type planter struct {
	random *rand.Rand
	text   strings.Builder
	line   int // number of the line that is being written
	column int
	secret int // number of the next credential
	where  []string
	own    map[string]string // each credential by its digest
}

func (p *planter) write(s string) {
	p.text.WriteString(s)
	p.column += utf8.RuneCountInString(s)
}

func (p *planter) end() {
	p.text.WriteString([]string{"\n", "\n", "\r\n"}[p.random.IntN(3)])
	p.line, p.column = p.line+1, 1
}

// filler has no letter or digit at its ends, so that no credential touches a word.
func (p *planter) filler() {
	p.write([]string{" ", ",", "\t"}[p.random.IntN(3)])
	words := []string{" ", " = ", "\t", "日本 ", "«é» ", "🔑 ", "word ", "'", " \"", "; ", ", x = ", "\u00a0", "{ ", " e\u0301 "}
	for range p.random.IntN(4) {
		p.write(words[p.random.IntN(len(words))])
	}
	p.write([]string{" ", "\"", "'", "=", "「"}[p.random.IntN(5)])
}

func (p *planter) plant() {
	kind := []string{"aws-token", "github-token"}[p.random.IntN(2)]
	secret := controltest.Secret(kind, fmt.Sprint("planted", p.secret))
	p.secret++
	p.own[finding.SecretDigest(secret)] = secret
	p.where = append(p.where, spot{finding.SecretDigest(secret), p.line, p.column, p.line, p.column + len(secret)}.String())
	p.write(secret)
}

func plant(seed uint64, startLine int) *planter {
	p := &planter{random: rand.New(rand.NewPCG(seed, 1)), line: startLine, column: 1, secret: int(seed) * 100, own: map[string]string{}}
	lines := 1 + p.random.IntN(6)
	for i := range lines {
		for range p.random.IntN(3) {
			if p.column > 1 || p.random.IntN(2) > 0 {
				p.filler()
			}
			p.plant()
		}
		if p.random.IntN(2) > 0 {
			p.filler()
		}
		if i < lines-1 || p.random.IntN(2) > 0 {
			p.end()
		}
	}
	slices.Sort(p.where)
	return p
}

// Whatever stands around it, a credential is told where it was planted: on the first line and later ones, on a last
// line without an end, with either kind of line ends, behind characters of several bytes, beside others.
func TestPlacesAreThoseOfTheSecrets(t *testing.T) {
	d := defaultDetector(t)
	planted := 0
	for seed := range uint64(1500) {
		startLine := 1 + int(seed%3)*41
		p := plant(seed, startLine)
		found, err := d.scan(t.Context(), p.text.String(), "a.go", "", startLine)
		require.NoError(t, err)
		got := spots(found, "aws-access-token", "github-pat")
		require.Equal(t, p.where, got, "seed %d: %q", seed, p.text.String())
		planted += len(got)
		for _, s := range found {
			require.NotContains(t, s.Excerpt.String(), p.own[s.Digest][4:10])
		}
	}
	assert.Greater(t, planted, 2000)
}

// What is found, and on which lines, is what the library finds in the same text.
func TestScanFindsWhatTheLibraryFinds(t *testing.T) {
	d := defaultDetector(t)
	_, err := fromLibrary()
	require.NoError(t, err)
	library, err := detect.NewDetectorDefaultConfig()
	require.NoError(t, err)
	library.MaxDecodeDepth, library.IgnoreGitleaksAllow = decodeDepth, true
	random := rand.New(rand.NewPCG(5, 6))
	pieces := []string{"\n", "\n", "\n\n", "\r\n", " ", "# gitleaks:allow\n", "x := 1\n", "日本\n", "key = '", "password: ", "token=\"", "';\n", "\"\n"}
	total := 0
	for i := range 600 {
		var b strings.Builder
		for range 2 + random.IntN(12) {
			b.WriteString(pieces[random.IntN(len(pieces))])
			if random.IntN(3) == 0 {
				kind := []string{"${aws-token:%d}", "${github-token:%d}", "${generic-key:%d}", "${base64:aws-token:%d}", "${private-key:%d}"}[random.IntN(5)]
				b.WriteString(controltest.Expand(fmt.Sprintf(kind, random.IntN(50))))
			}
		}
		path := []string{"a.go", "go.sum", "b/c.yaml", "d.md"}[i%4]
		startLine := 1 + random.IntN(3)
		var want, got []string
		for _, f := range library.Detect(detect.Fragment{Raw: b.String(), FilePath: path, StartLine: startLine}) { //nolint:staticcheck // as in scan
			want = append(want, fmt.Sprint(f.RuleID, ":", f.StartLine, ":", finding.SecretDigest(f.Secret)))
		}
		found, err := d.scan(t.Context(), b.String(), path, "", startLine)
		require.NoError(t, err)
		for _, s := range found {
			got = append(got, fmt.Sprint(s.Rule, ":", s.Location.StartLine, ":", s.Digest))
		}
		require.ElementsMatch(t, want, got, "%q", b.String())
		total += len(got)
	}
	assert.Greater(t, total, 300)
}

func TestPlacesOfOtherShapes(t *testing.T) {
	d := defaultDetector(t)
	generic, key := controltest.Secret("generic-key", "c"), controltest.Secret("private-key", "c")
	aws := controltest.Expand("${base64:aws-token:c}")
	for name, tt := range map[string]struct {
		text, rule, want string
		secretLine       int
		encoding         string
	}{
		"the value and not its key":            {"é = 1\napi_key = \"" + generic + "\"\n", "generic-api-key", "2:12-2:52", 0, ""},
		"all of it, the value on a later line": {"x\napi_key =\n  \"" + generic + "\"\n", "generic-api-key", "2:1-3:45", 3, ""},
		"a key of many lines":                  {"a\n" + key + "\nb\n", "private-key", "2:1-11:26", 0, ""},
		"a key of many lines in the first one": {"key = '" + key + "'", "private-key", "1:8-10:26", 0, ""},
		"encoded":                              {"x\nv = " + aws + "\n", "aws-access-token", fmt.Sprintf("2:5-2:%d", 5+len(aws)), 0, "base64"},
	} {
		t.Run(name, func(t *testing.T) {
			found, err := d.scan(t.Context(), tt.text, "a.go", "", 1)
			require.NoError(t, err)
			i := slices.IndexFunc(found, func(s sighting) bool { return s.Rule == tt.rule })
			require.GreaterOrEqual(t, i, 0, "%v", found)
			l := found[i].Location
			assert.Equal(t, tt.want, fmt.Sprintf("%d:%d-%d:%d", l.StartLine, l.StartColumn, l.EndLine, l.EndColumn))
			assert.Equal(t, tt.secretLine, found[i].SecretLine)
			assert.Equal(t, tt.encoding, found[i].Encoding)
		})
	}
}

// What was encoded several times is decoded as often as gitleaks' program does by default.
func TestScanDecodesFiveTimes(t *testing.T) {
	d := defaultDetector(t)
	text := controltest.Secret("aws-token", "nested")
	for depth := 1; depth <= 6; depth++ {
		text = base64.StdEncoding.EncodeToString([]byte("id = " + text))
		found, err := d.scan(t.Context(), "v = "+text+"\n", "a.go", "", 1)
		require.NoError(t, err)
		seen := slices.ContainsFunc(found, func(s sighting) bool { return s.Rule == "aws-access-token" })
		assert.Equal(t, depth <= 5, seen, "encoded %d times", depth)
	}
}

func TestPathRules(t *testing.T) {
	found, err := defaultDetector(t).scan(t.Context(), "", "certs/server.p12", "", 1)
	require.NoError(t, err)
	require.Len(t, found, 1)
	s := found[0]
	assert.Equal(t, "pkcs12-file", s.Rule)
	assert.Equal(t, finding.Location{Path: "certs/server.p12"}, s.Location)
	assert.Equal(t, finding.SecretDigest("server.p12"), s.Digest, "a moved file is the same problem")
}

func TestScanOfNothing(t *testing.T) {
	d := defaultDetector(t)
	for _, text := range []string{"", "\n", "\r\n\r\n", "é", "nothing to see"} {
		found, err := d.scan(t.Context(), text, "a.go", "", 1)
		require.NoError(t, err)
		assert.Empty(t, found)
	}
}

func TestLineIndex(t *testing.T) {
	x := newLineIndex("é\r\n\nlast")
	for n, want := range []string{"é", "", "last", ""} {
		assert.Equal(t, want, x.at(n))
	}
	assert.Empty(t, x.at(-1))
	for offset, want := range map[int][2]int{0: {0, 1}, 2: {0, 2}, 3: {0, 3}, 4: {1, 1}, 5: {2, 1}, 9: {2, 5}} {
		assert.Equal(t, want, [2]int{x.line(offset), x.column(offset)}, offset)
	}
}
