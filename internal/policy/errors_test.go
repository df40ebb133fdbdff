package policy

import (
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

func TestParseErrors(t *testing.T) {
	for name, c := range map[string]struct{ yaml, want string }{
		"list on top":         {"- a\n", "p.yml:1:1: a policy must be a mapping of keys to values"},
		"text on top":         {"hello\n", "p.yml:1:1: a policy must be a mapping of keys to values"},
		"null on top":         {"~\n", "p.yml:1:1: a policy must be a mapping of keys to values"},
		"newer version":       {"version: 2\nnovelty: x\n", "p.yml:1:10: this policy has version 2 and needs a newer forewarden; this one reads version 1"},
		"version below":       {"version: 0\n", "p.yml:1:10: version must be the number 1"},
		"version as text":     {"version: \"1\"\n", "p.yml:1:10: version must be the number 1"},
		"unknown key":         {"version: 1\nwaivrs: []\n", `p.yml:2:1: unknown key "waivrs" (did you mean "waivers"?)`},
		"far key":             {"colour: red\n", `p.yml:1:1: unknown key "colour" (want one of version, preset, enforce-from, overrides, controls, waivers)`},
		"preset":              {"preset: strickt\n", `p.yml:1:9: preset cannot be "strickt" (did you mean "strict"?)`},
		"preset as list":      {"preset: [strict]\n", "p.yml:1:9: preset must be one of observe, recommended, strict"},
		"overrides":           {"overrides: waiver\n", `p.yml:1:12: overrides cannot be "waiver" (did you mean "waivers"?)`},
		"date":                {"enforce-from: soon\n", "p.yml:1:15: enforce-from must be a date such as 2027-06-30"},
		"no such day":         {"enforce-from: 2027-02-30\n", "p.yml:1:15: enforce-from must be a date such as 2027-06-30"},
		"controls as list":    {"controls: [lint]\n", "p.yml:1:11: controls must be a mapping of keys to values"},
		"unknown control":     {"controls:\n  secretscan: {}\n", `p.yml:2:3: unknown control "secretscan" (did you mean "secret-scan"?)`},
		"reserved control":    {"controls:\n  policy: {}\n", `p.yml:2:3: unknown control "policy" (want one of license-scan, lint, sbom, secret-scan, workflow-scan)`},
		"control as text":     {"controls:\n  lint: warn\n", "p.yml:2:9: the section of lint must be a mapping of keys to values"},
		"mode":                {"controls: {lint: {mode: Enforced}}\n", `p.yml:1:25: mode cannot be "Enforced" (did you mean "enforce"?)`},
		"no mode":             {"controls:\n  lint:\n    mode:\n", "p.yml:3:5: mode must be one of off, warn, enforce"},
		"fail-on":             {"controls: {lint: {fail-on: hihg}}\n", `p.yml:1:28: fail-on cannot be "hihg" (did you mean "high"?)`},
		"on-error":            {"controls: {lint: {on-error: stop}}\n", `p.yml:1:29: on-error cannot be "stop" (want one of warn, block)`},
		"engine":              {"controls: {lint: {engine: [a]}}\n", "p.yml:1:27: engine must be a name without spaces"},
		"disable as text":     {"controls: {lint: {disable: a}}\n", "p.yml:1:28: disable must be a list of rule ids"},
		"disable of a list":   {"controls: {lint: {disable: [a, [b]]}}\n", "p.yml:1:32: a rule id in disable must be a text without spaces"},
		"time-limit number":   {"controls: {lint: {time-limit: 30}}\n", "p.yml:1:31: time-limit must be a duration above zero such as 30m or 1h30m"},
		"time-limit zero":     {"controls: {lint: {time-limit: 0s}}\n", "p.yml:1:31: time-limit must be a duration above zero such as 30m or 1h30m"},
		"time-limit below":    {"controls: {lint: {time-limit: -5m}}\n", "p.yml:1:31: time-limit must be a duration above zero such as 30m or 1h30m"},
		"duplicate":           {"preset: strict\npreset: observe\n", `p.yml:2:1: the key "preset" is here twice (first in line 1)`},
		"duplicate in params": {"controls:\n  lint:\n    x: {a: 1, a: 2}\n", `p.yml:3:15: the key "a" is here twice (first in line 3)`},
		"anchor":              {"controls: &a {}\n", "p.yml:1:11: an anchor (&name) is not read here (write the value out, or put a text that begins with & in quotes)"},
		"alias":               {"controls: {lint: {x: *a }}\n", "p.yml:1:22: an alias (*name) is not read here (put a text that begins with *, such as a glob, in quotes)"},
		"merge key":           {"controls:\n  <<: {}\n", "p.yml:2:3: a merge key (<<) is not read here (write the keys out)"},
		"tag":                 {"preset: !!str strict\n", "p.yml:1:9: a tag (!name) is not read here (put a text that begins with ! in quotes)"},
		"directive":           {"%YAML 1.2\n---\nversion: 1\n", "p.yml:1:1: a directive (%NAME) is not read here (put a text that begins with % in quotes)"},
		"complex key":         {"? version\n: 1\n", "p.yml:1:1: a complex key (?) is not read here (put a text that begins with ? in quotes)"},
		"two documents":       {"version: 1\n---\nversion: 1\n", "p.yml:2:1: a second document begins here (a policy is one document)"},
		"after the end":       {"version: 1\n...\nversion: 1\n", "p.yml:3:1: a second document begins here (a policy is one document)"},
		"tab":                 {"controls:\n\tlint: {}\n", "p.yml:2:1: a tab indents this line (YAML wants spaces)"},
		"tab after spaces":    {"controls:\n  \tlint: {}\n", "p.yml:2:3: a tab indents this line (YAML wants spaces)"},
		"control character":   {"version: 1\npreset: \"a\x00\"\n", "p.yml:2:11: this line has a control character"},
		"not UTF-8":           {"version: 1\n# \xff\n", "p.yml:2:1: this line is not UTF-8"},
		"too large":           {strings.Repeat("# filler\n", 1<<17), "p.yml: this file is larger than 1 MiB, which no policy is"},
		"reserved character":  {"waivers:\n  - owner: @acme/legal\n", "p.yml:2:12: '@' is a reserved character (put it in quotes)"},
	} {
		t.Run(name, func(t *testing.T) {
			_, err := Parse("p.yml", []byte(c.yaml), Organisation, known())
			require.EqualError(t, err, c.want)
			var e *Error
			require.ErrorAs(t, err, &e)
			assert.Equal(t, "p.yml", e.File)
		})
	}
}

func TestWaiverErrors(t *testing.T) {
	const rest = ", reason: because, owner: me, expires: 2027-06-30"
	broad := ": this waiver accepts every finding of the rule; name a path, a fingerprint or an attribute, " +
		"or turn the rule off with `disable`"
	for name, c := range map[string]struct{ waiver, want string }{
		"no mapping":       {"lint", "p.yml:1:11: a waiver must be a mapping with control, match, reason, owner, expires"},
		"empty":            {"{}", "p.yml:1:11: this waiver lacks control, match, reason, owner, expires"},
		"missing":          {"{control: lint, match: {path: x}, owner: me}", "p.yml:1:11: this waiver lacks reason, expires"},
		"unknown key":      {"{control: lint, match: {path: x}, expire: x" + rest + "}", `p.yml:1:45: unknown key "expire" in a waiver (did you mean "expires"?)`},
		"unknown control":  {"{control: lnt, match: {path: x}" + rest + "}", `p.yml:1:21: unknown control "lnt" (did you mean "lint"?)`},
		"policy":           {"{control: policy, match: {path: x}" + rest + "}", "p.yml:1:21: findings about the policy itself cannot be waived"},
		"short reason":     {"{control: lint, match: {path: x}, reason: 'a b', owner: me, expires: 2027-06-30}", "p.yml:1:53: reason must be a text of 3 or more characters"},
		"blank owner":      {"{control: lint, match: {path: x}, reason: because, owner: ' ', expires: 2027-06-30}", "p.yml:1:69: owner must be a text of 1 or more characters"},
		"expires":          {"{control: lint, match: {path: x}, reason: because, owner: me, expires: never}", "p.yml:1:82: expires must be a date such as 2027-06-30"},
		"match as text":    {"{control: lint, match: x" + rest + "}", "p.yml:1:34: match must be a mapping of what a finding has"},
		"empty match":      {"{control: lint, match: {}" + rest + "}", "p.yml:1:27" + broad},
		"rule only":        {"{control: lint, match: {rule: x}" + rest + "}", "p.yml:1:27" + broad},
		"every path":       {"{control: lint, match: {rule: x, path: '**'}" + rest + "}", "p.yml:1:27" + broad},
		"every file":       {"{control: lint, match: {path: '**/*'}" + rest + "}", "p.yml:1:27" + broad},
		"every root file":  {"{control: lint, match: {path: '*'}" + rest + "}", "p.yml:1:27" + broad},
		"every long name":  {"{control: lint, match: {path: '**/?*/'}" + rest + "}", "p.yml:1:27" + broad},
		"severity":         {"{control: lint, match: {path: x, severity: low}" + rest + "}", "p.yml:1:44: a waiver cannot match on the severity; name what it is about"},
		"attribute":        {"{control: license-scan, match: {prul: x}" + rest + "}", `p.yml:1:43: findings of license-scan have no "prul" (did you mean "purl"?)`},
		"list in match":    {"{control: lint, match: {path: [x]}" + rest + "}", `p.yml:1:41: "path" must be a text`},
		"blank attribute":  {"{control: license-scan, match: {purl: ' '}" + rest + "}", `p.yml:1:49: "purl" must be a text`},
		"absolute path":    {"{control: lint, match: {path: /x}" + rest + "}", "p.yml:1:41: a path must be relative to the repository, without empty, . or .. segments"},
		"path from a dot":  {"{control: lint, match: {path: ./x}" + rest + "}", "p.yml:1:41: a path must be relative to the repository, without empty, . or .. segments"},
		"windows path":     {`{control: lint, match: {path: 'a\b'}` + rest + "}", "p.yml:1:41: a path must use forward slashes"},
		"short commit":     {"{control: lint, match: {commit: abc123}" + rest + "}", "p.yml:1:43: commit must be a full object id or at least its first 7 hexadecimal digits"},
		"commit of no hex": {"{control: lint, match: {commit: main-branch}" + rest + "}", "p.yml:1:43: commit must be a full object id or at least its first 7 hexadecimal digits"},
	} {
		t.Run(name, func(t *testing.T) {
			_, err := Parse("p.yml", []byte("waivers: ["+c.waiver+"]"), Repository, known())
			require.EqualError(t, err, c.want)
		})
	}
	_, err := Parse("p.yml", []byte("waivers: {}"), Repository, known())
	assert.EqualError(t, err, "p.yml:1:10: waivers must be a list")
	_, err = Parse("p.yml", []byte("waivers: [{control: lint, match: {anything: x}"+rest+", }]"), Repository, known())
	assert.NoError(t, err, "the attributes of lint are not known here")
}

func TestErrorsAreJoinedInOrderAndBounded(t *testing.T) {
	_, err := Parse("p.yml", []byte("overrides: x\ncontrols: {nope: {}}\npreset: y\n"), Organisation, known())
	lines := strings.Split(err.Error(), "\n")
	require.Len(t, lines, 3)
	for i, line := range lines {
		assert.True(t, strings.HasPrefix(line, fmt.Sprintf("p.yml:%d:", i+1)), line)
	}

	var many strings.Builder
	for i := range 30 {
		fmt.Fprintf(&many, "key%d: x\n", i)
	}
	_, err = Parse("p.yml", []byte(many.String()), Organisation, known())
	require.Error(t, err)
	var joined interface{ Unwrap() []error }
	require.ErrorAs(t, err, &joined)
	assert.Len(t, joined.Unwrap(), 10)
	var e *Error
	assert.True(t, errors.As(err, &e))
}

// What is no word could be a secret that somebody put into the wrong place.
func TestErrorsQuoteWordsAlone(t *testing.T) {
	for value, quoted := range map[string]string{
		"strickt":                  `"strickt"`,
		strings.Repeat("é", 100):   "(a text of 100 characters)",
		"gh" + "p_a1b2c3d4e5f6":    "(a text of 16 characters)",
		"AK" + "IAQYLPMN5HHHFPZ2A": "(a text of 19 characters)",
		"a/b+c=":                   "(a text of 6 characters)",
	} {
		_, err := Parse("p.yml", []byte("preset: "+value), Organisation, known())
		require.Error(t, err)
		assert.True(t, strings.HasPrefix(err.Error(), "p.yml:1:9: preset cannot be "+quoted+" ("), err.Error())
	}
}

// Nothing but keys and enum-like words of a broken file may reach a message.
func TestErrorsQuoteNoContent(t *testing.T) {
	const canary = "CANARY7f3a"
	for _, format := range []string{
		"enforce-from: %s", "controls: %s", "controls: {lint: {engine: '%s b'}}", "controls: {lint: {disable: ['%s b']}}",
		"controls: {lint: {time-limit: %s}}", "waivers: %s", "waivers: [%s]", "waivers: [{match: %s}]",
		"waivers: [{control: lint, match: {path: '/%s'}, reason: '%[1]s', owner: '%[1]s', expires: '%[1]s'}]",
		"waivers: [{control: lint, match: {commit: '%s'}}]", "a: |%s\n  b\n", "a: \"%s", "a: '%s", "a: \"%s\\q\"", "a: [%s",
		"a: {%s", "a: b: %s", "a: %s\n b: c\n", "a: @%s", "a: `%s`", "a: *%s", "a: &%s b", "a: !%s b", "%%%s x\n", "\t%s",
		"a: %s\n---\n%[1]s", "a: %s\x00", "a: %s\xff", "version: '%s'", "%s", "- %s", "a: >%s\n",
	} {
		text := fmt.Sprintf(format, canary)
		_, err := Parse("p.yml", []byte(text), Organisation, known())
		if assert.Error(t, err, format) {
			assert.NotContains(t, err.Error(), canary, format)
		}
	}
}

// A file of the largest size cannot keep the parser busy or exhaust its stack.
func TestParseIsBounded(t *testing.T) {
	var keys strings.Builder
	for i := 0; keys.Len() < maxSize-20; i++ {
		fmt.Fprintf(&keys, "k%d: v\n", i)
	}
	for name, text := range map[string]string{
		"brackets": strings.Repeat("[", maxSize), "braces": strings.Repeat("{a: ", maxSize/4),
		"dashes": strings.Repeat("- ", maxSize/2), "keys": keys.String(),
		"questions": strings.Repeat("? ", maxSize/2), "tags": strings.Repeat("!a ", maxSize/3),
		"bomb": "a: &a [x,x]\nb: &b [*a,*a]\nc: [*b,*b]\n", "quotes": strings.Repeat("\"", maxSize),
	} {
		t.Run(name, func(t *testing.T) {
			start := time.Now()
			_, err := Parse("p.yml", []byte(text), Repository, known())
			assert.Error(t, err)
			assert.Less(t, time.Since(start), 10*time.Second)
		})
	}
}

func TestManyWaiversAreRead(t *testing.T) {
	const one = "- control: lint\n  match: {path: a}\n  reason: because\n  owner: me\n  expires: 2027-06-30\n"
	doc := parse(t, "p.yml", "waivers:\n"+strings.Repeat(one, 5000), Repository)
	assert.Len(t, doc.waivers, 5000)
	assert.Equal(t, Position{"p.yml", 24997, 3}, doc.waivers[4999].Position)
}
