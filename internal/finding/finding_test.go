package finding_test

import (
	"encoding/json"
	"maps"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/forewarden/forewarden/internal/finding"
)

func TestSeverityNames(t *testing.T) {
	for want, name := range finding.Severities() {
		s, err := finding.ParseSeverity(name)
		require.NoError(t, err)
		assert.Equal(t, finding.Severity(want+1), s)
		assert.Equal(t, name, s.String())
		text, err := json.Marshal(map[string]finding.Severity{"s": s})
		require.NoError(t, err)
		assert.Equal(t, `{"s":"`+name+`"}`, string(text))
	}
	assert.Equal(t, []string{"low", "medium", "high", "critical"}, finding.Severities())
	assert.True(t, finding.Low < finding.Medium && finding.Medium < finding.High && finding.High < finding.Critical)
}

func TestSeverityThatIsNone(t *testing.T) {
	for _, name := range []string{"", "High", "severe", "low "} {
		s, err := finding.ParseSeverity(name)
		require.Error(t, err, name)
		assert.Zero(t, s)
		assert.ErrorContains(t, err, "want one of low, medium, high, critical")
	}
	assert.Equal(t, "severity(0)", finding.Severity(0).String())
	assert.Equal(t, "severity(5)", finding.Severity(5).String())
}

func TestFingerprintTellsPartsApart(t *testing.T) {
	same := finding.Fingerprint("secret-scan", "rule", "00aabbcc")
	assert.Equal(t, same, finding.Fingerprint("secret-scan", "rule", "00aabbcc"))
	assert.Regexp(t, `^[0-9a-f]{32}$`, same)
	assert.Regexp(t, `^[0-9a-f]{32}$`, finding.Fingerprint())
	distinct := map[string][]string{}
	for _, parts := range [][]string{
		{}, {""}, {"", ""}, {"abc"}, {"a", "bc"}, {"ab", "c"}, {"abc", ""}, {"", "abc"}, {"bc", "a"}, {"c", "ab"},
		{"1:a"}, {"a1:b"}, {"a", "b"}, {"b", "a"}, {"a\x00b"}, {"a", "\x00b"},
	} {
		f := finding.Fingerprint(parts...)
		assert.NotContains(t, distinct, f, "%q and %q are one", parts, distinct[f])
		distinct[f] = parts
	}
}

func TestSecretDigestIs32Bits(t *testing.T) {
	for _, s := range []string{"", "a", strings.Repeat("long", 1000)} {
		assert.Regexp(t, `^[0-9a-f]{8}$`, finding.SecretDigest(s))
		assert.Equal(t, finding.SecretDigest(s), finding.SecretDigest(s))
	}
	assert.NotEqual(t, finding.SecretDigest("a"), finding.SecretDigest("b"))
}

// ordered is a list in which each finding differs from the one before in one respect, and belongs behind it.
func ordered() []finding.Finding {
	at := func(path string, numbers ...int) finding.Finding {
		l := finding.Location{Path: path, StartLine: numbers[0], StartColumn: numbers[1], EndLine: numbers[2], EndColumn: numbers[3]}
		return finding.Finding{Rule: "r1", Severity: finding.Low, State: finding.New, Location: l}
	}
	with := func(change func(*finding.Finding)) finding.Finding {
		f := at("b", 2, 2, 3, 4)
		change(&f)
		return f
	}
	return []finding.Finding{
		at("", 0, 0, 0, 0),
		at("a", 9, 9, 9, 9),
		at("b", 1, 9, 9, 9),
		at("b", 2, 1, 9, 9),
		at("b", 2, 2, 2, 9),
		at("b", 2, 2, 3, 3),
		with(func(f *finding.Finding) { f.Severity = finding.Critical }),
		at("b", 2, 2, 3, 4),
		with(func(f *finding.Finding) { f.Attributes = map[string]string{"k": "1"} }),
		with(func(f *finding.Finding) { f.Attributes = map[string]string{"k": "2"} }),
		with(func(f *finding.Finding) { f.Message = "m" }),
		with(func(f *finding.Finding) { f.State = finding.Waived }),
		with(func(f *finding.Finding) { f.Fingerprint = "f" }),
		with(func(f *finding.Finding) { f.Commit = "c" }),
		with(func(f *finding.Finding) { f.Rule = "r2" }),
		at("b", 10, 1, 1, 1),
		at("c", 1, 1, 1, 1),
	}
}

func TestNormalizeDoesNotDependOnTheOrderOfItsInput(t *testing.T) {
	want := ordered()
	random := rand.New(rand.NewPCG(1, 2))
	for range 200 {
		shuffled := slices.Concat(ordered(), ordered()) // each twice: the second says nothing new
		random.Shuffle(len(shuffled), func(i, j int) { shuffled[i], shuffled[j] = shuffled[j], shuffled[i] })
		require.Equal(t, want, finding.Normalize(shuffled))
	}
}

func TestNormalizeKeepsWhatDiffersInAnAttribute(t *testing.T) {
	f := func(attributes map[string]string) finding.Finding {
		return finding.Finding{Rule: "r", Attributes: attributes}
	}
	for name, tt := range map[string]struct {
		in   []finding.Finding
		want int
	}{
		"none":                       {nil, 0},
		"the same twice":             {[]finding.Finding{f(nil), f(nil)}, 1},
		"the same, empty and absent": {[]finding.Finding{f(nil), f(map[string]string{})}, 1},
		"another value":              {[]finding.Finding{f(map[string]string{"a": "1"}), f(map[string]string{"a": "2"})}, 2},
		"another key":                {[]finding.Finding{f(map[string]string{"a": "1"}), f(map[string]string{"b": "1"})}, 2},
		"look alike when joined":     {[]finding.Finding{f(map[string]string{"a": `1",b="2`}), f(map[string]string{"a": "1", "b": "2"})}, 2},
		"far apart in the input": {[]finding.Finding{
			f(map[string]string{"a": "1"}), f(map[string]string{"a": "2"}), f(map[string]string{"a": "1"}),
		}, 2},
	} {
		t.Run(name, func(t *testing.T) { assert.Len(t, finding.Normalize(tt.in), tt.want) })
	}
}

func TestNormalizeChangesNothingOfItsInput(t *testing.T) {
	in := []finding.Finding{
		{Rule: "z", Attributes: map[string]string{"k": "v"}}, {Rule: "a"}, {Rule: "a"}, {Rule: "a", State: finding.Existing},
	}
	before := slices.Clone(in)
	attributes := maps.Clone(in[0].Attributes)
	out := finding.Normalize(in)
	assert.Equal(t, before, in)
	assert.Equal(t, attributes, in[0].Attributes)
	require.Len(t, out, 3)
	var states []finding.State
	for _, f := range out {
		states = append(states, f.State)
	}
	assert.Equal(t, []finding.State{finding.Existing, finding.New, finding.New}, states, "a finding without a state is new")
}
