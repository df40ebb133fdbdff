package policy

import (
	"errors"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

type level string

func (l *level) UnmarshalText(text []byte) error {
	if s := string(text); s != "warn" && s != "deny" {
		return errors.New("no level " + s)
	}
	*l = level(text)
	return nil
}

type nested struct {
	Depth int      `yaml:"depth"`
	Names []string `yaml:"names"`
}

type shared struct {
	Paths []string `yaml:"paths"`
}

type sample struct {
	Shared  shared            `yaml:",inline"`
	Allow   []string          `yaml:"allow"`
	Unknown level             `yaml:"unknown"`
	Limit   int8              `yaml:"limit,omitempty"`
	Count   uint              `yaml:"count"`
	Ratio   float64           `yaml:"ratio"`
	Deep    bool              `yaml:"deep"`
	Wait    time.Duration     `yaml:"wait"`
	Since   time.Time         `yaml:"since"`
	Nested  nested            `yaml:"nested"`
	Pointer *nested           `yaml:"pointer"`
	Map     map[string]nested `yaml:"map"`
	Any     any               `yaml:"any"`
	Plain   string
	Hidden  string   `yaml:"-"`
	Channel chan int `yaml:"channel"`
}

func decode(t *testing.T, org, repo string, into any) error {
	t.Helper()
	return merge(t, "overrides: all\ncontrols:\n  lint: {"+org+"}", "controls:\n  lint: {"+repo+"}").Controls["lint"].Decode(into)
}

func TestDecode(t *testing.T) {
	got := sample{Plain: "kept", Nested: nested{Depth: 7, Names: []string{"kept"}}}
	require.NoError(t, decode(t, `
    mode: warn, allow: [MIT, "1", 1.20], unknown: deny, limit: -5, count: 0x10, ratio: 2, deep: true, wait: 1h30m,
    since: 2027-01-15, nested: {depth: 8}, pointer: {names: [a]}, map: {a: {depth: 1}}, any: {x: [1, 2.5, y, true, null]},
    paths: [p]`, "", &got))
	assert.Equal(t, sample{
		Shared: shared{Paths: []string{"p"}}, Allow: []string{"MIT", "1", "1.20"}, Unknown: "deny", Limit: -5, Count: 16,
		Ratio: 2, Deep: true, Wait: 90 * time.Minute, Since: date(t, "2027-01-15"),
		Nested: nested{Depth: 8, Names: []string{"kept"}}, Pointer: &nested{Names: []string{"a"}},
		Map: map[string]nested{"a": {Depth: 1}}, Any: map[string]any{"x": []any{int64(1), 2.5, "y", true, nil}},
		Plain: "kept",
	}, got)
}

func TestDecodeLayers(t *testing.T) {
	var got sample
	require.NoError(t, decode(t, "allow: [MIT, ISC], limit: 3, nested: {depth: 1}, map: {a: {}}",
		"allow: [0BSD], nested: {names: [x]}, map: {b: {}}", &got))
	assert.Equal(t, sample{
		Allow: []string{"0BSD"}, Limit: 3, Nested: nested{Depth: 1, Names: []string{"x"}}, Map: map[string]nested{"b": {}},
	}, got)
}

func TestDecodeNothing(t *testing.T) {
	got := sample{Plain: "kept"}
	require.NoError(t, decode(t, "mode: warn", "", &got))
	assert.Equal(t, sample{Plain: "kept"}, got)
	assert.Error(t, decode(t, "", "", sample{}), "no pointer")
	assert.Error(t, decode(t, "", "", nil))
}

func TestDecodeErrors(t *testing.T) {
	for params, want := range map[string]string{
		"alow: [x]":             `repo.yml:2:10: unknown key "alow" (did you mean "allow"?)`,
		"mod: warn":             `repo.yml:2:10: unknown key "mod" (did you mean "mode"?)`,
		"pathes: []":            `repo.yml:2:10: unknown key "pathes" (did you mean "paths"?)`,
		"hidden: SECRET":        `repo.yml:2:10: unknown key "hidden" (want one of`,
		"nested: {dept: 1}":     `repo.yml:2:19: unknown key "dept" (did you mean "depth"?)`,
		"map: {a: {dept: 1}}":   `repo.yml:2:20: unknown key "dept" (did you mean "depth"?)`,
		"allow: SECRET":         "repo.yml:2:17: allow must be a list",
		"allow: [a, {b: 1}]":    `repo.yml:2:21: "an item of allow" must be a text`,
		"allow:":                "repo.yml:2:10: allow must be a list",
		"plain: null":           "repo.yml:2:10: plain must be a text",
		"plain: true":           "repo.yml:2:17: plain must be a text",
		"unknown: SECRET":       "repo.yml:2:19: unknown must be one of the values that its control documents",
		"limit: SECRET":         "repo.yml:2:17: limit must be a whole number in range",
		"limit: 128":            "repo.yml:2:17: limit must be a whole number in range",
		"limit: 1.5":            "repo.yml:2:17: limit must be a whole number in range",
		"count: -1":             "repo.yml:2:17: count must be a whole number in range, not below zero",
		"ratio: SECRET":         "repo.yml:2:17: ratio must be a number",
		`deep: "true"`:          "repo.yml:2:16: deep must be true or false",
		"wait: 30":              "repo.yml:2:16: wait must be a duration such as 30m",
		"since: SECRET":         "repo.yml:2:17: since must be a date such as 2027-06-30",
		"nested: [SECRET]":      "repo.yml:2:18: nested must be a mapping of keys to values",
		"pointer: SECRET":       "repo.yml:2:19: pointer must be a mapping of keys to values",
		"map: SECRET":           "repo.yml:2:15: map must be a mapping of keys to values",
		"channel: SECRET":       "repo.yml:2:19: channel must be of a type that a policy can hold",
		"count: 1, limit: long": "repo.yml:2:27: limit must be a whole number in range",
	} {
		t.Run(params, func(t *testing.T) {
			got := sample{Count: 42, Pointer: &nested{Depth: 1}}
			err := decode(t, "", params, &got)
			require.ErrorContains(t, err, want)
			assert.NotContains(t, err.Error(), "SECRET")
			var e *Error
			assert.ErrorAs(t, err, &e)
			assert.Equal(t, sample{Count: 42, Pointer: &nested{Depth: 1}}, got, "nothing is half filled")
		})
	}
}
