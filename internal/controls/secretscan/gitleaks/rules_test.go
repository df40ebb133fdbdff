package gitleaks

import (
	"errors"
	"io/fs"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"github.com/zricethezav/gitleaks/v8/config"

	"github.com/forewarden/forewarden/internal/scope"
)

// An allow-list holds secrets, and so may a pattern: no error quotes the file, but for rule ids.
func TestParseErrorsSayWhereAndQuoteNothing(t *testing.T) {
	const quoted = "hunter2hunter2"
	for name, tt := range map[string]struct{ toml, want string }{
		"no TOML":               {"[[rules]]\nid = \"a\"\n" + quoted + "\n", "line 3, column"},
		"an unfinished string":  {"title = \"" + quoted, "line 1, column"},
		"a key twice":           {"title = \"" + quoted + "\"\ntitle = \"" + quoted + "\"", "not valid TOML"},
		"another type":          {"[[rules]]\nid = \"a\"\nkeywords = {" + quoted + " = 1}", "line 3, column"},
		"a rule without id":     {"[[rules]]\nregex = \"" + quoted + "\"", "rule 1 (): it has no id"},
		"a bad pattern":         {"[[rules]]\nid = \"a\"\nregex = '''" + quoted + "('''", "rule 1 (a): a pattern is not a valid RE2 expression"},
		"a bad path":            {"[[rules]]\nid = \"a\"\npath = '''" + quoted + "['''", "rule 1 (a): a pattern is not a valid RE2 expression"},
		"look-ahead":            {"[[rules]]\nid = \"ok\"\nregex='x'\n[[rules]]\nid = \"b\"\nregex = '(?=" + quoted + ")'", "rule 2 (b): a pattern"},
		"no such group":         {"[[rules]]\nid = \"a\"\nregex = '''(" + quoted + ")'''\nsecretGroup = 2", "rule 1 (a): secretGroup is 2, but the pattern has 1 groups"},
		"a bad allowed pattern": {"[allowlist]\nregexes = ['''" + quoted + "(''']", "allow-list 1: a pattern is not a valid"},
		"a bad allowed path":    {"[[allowlists]]\npaths = ['''" + quoted + "(''']", "allow-list 1: a pattern is not a valid"},
		"an empty allow-list":   {"[[allowlists]]\ndescription = \"" + quoted + "\"", "allow-list 1: must contain at least one check"},
		"a condition of no use": {"[[allowlists]]\nstopwords = [\"x\"]\ncondition = \"" + quoted + "\"", "allow-list 1: its condition is neither AND nor OR"},
		"a target of no use":    {"[[allowlists]]\nregexes = [\"x\"]\nregexTarget = \"" + quoted + "\"", "its regexTarget is none of"},
		"in a rule's own":       {"[[rules]]\nid='a'\nregex='x'\n[[rules.allowlists]]\nregexes = ['" + quoted + "(']", "rule 1 (a): a pattern is not a valid"},
	} {
		t.Run(name, func(t *testing.T) {
			_, err := parse(tt.toml)
			require.ErrorContains(t, err, tt.want)
			assert.NotContains(t, err.Error(), quoted)
			assert.NotContains(t, err.Error(), "\n")
		})
	}
}

func TestParse(t *testing.T) {
	rs, err := parse(`
[[rules]]
id = "a"
description = "A."
regex = '''x(y)(z)'''
path = '''\.txt$'''
secretGroup = 2
entropy = 3
keywords = ["KEY", "other"]
tags = ["t"]
  [rules.allowlist]
  stopwords = ["old"]
  [[rules.allowlists]]
  condition = "and"
  regexTarget = "line"
  regexes = ["r"]
  paths = ["p"]
  commits = ["C0FFEE"]
[[rules]]
id = "b"
path = "b"
[[rules.required]]
id = "a"
withinLines = 5
[[allowlists]]
regexTarget = "secret"
regexes = ["everywhere"]
[[allowlists]]
targetRules = ["a", "b"]
regexes = ["targeted"]
[allowlist]
paths = ["old spelling"]
`)
	require.NoError(t, err)
	a := rs.rules["a"]
	assert.Equal(t, plain{
		"id": "a", "description": "A.", "entropy": 3.0, "group": 2, "regex": "x(y)(z)", "path": `\.txt$`, "tags": "t",
		"keywords": "key,other", "skip": false, "required": []string(nil), "allow": []plain{
			{"description": "", "condition": config.AllowlistMatchAnd, "target": "line", "commits": []string{"c0ffee"},
				"stopwords": []string(nil), "regexes": []string{"r"}, "paths": []string{"p"}},
			{"description": "", "condition": config.AllowlistMatchOr, "target": "", "commits": []string(nil),
				"stopwords": []string{"old"}, "regexes": []string(nil), "paths": []string(nil)},
		},
	}, plainRule(a))
	assert.Equal(t, len(a.Tags), cap(a.Tags), "the library appends to Tags from many goroutines")
	require.Len(t, rs.rules["b"].RequiredRules, 1)
	assert.Equal(t, "a", rs.rules["b"].RequiredRules[0].RuleID)
	assert.Equal(t, 5, *rs.rules["b"].RequiredRules[0].WithinLines)
	assert.Nil(t, rs.rules["b"].RequiredRules[0].WithinColumns)
	assert.Len(t, rs.allowlists, 2, "those that target no rule")

	c, err := rs.finish()
	require.NoError(t, err)
	assert.Equal(t, []string{"a", "b"}, c.OrderedRules)
	assert.Equal(t, map[string]struct{}{"key": {}, "other": {}}, c.Keywords)
	assert.Len(t, c.Rules["a"].Allowlists, 3)
	require.Len(t, c.Rules["b"].Allowlists, 1)
	assert.Equal(t, []string{"targeted"}, patterns(c.Rules["b"].Allowlists[0].Regexes))
}

func TestFinishRefusesWhatCannotBe(t *testing.T) {
	for toml, want := range map[string]string{
		"[[rules]]\nid = \"a\"\nentropy = 1.0":                                 "rule a has neither a pattern nor a path",
		"[[rules]]\nid = \"a\"\nregex = \"x\"\n[[rules.required]]\nid = \"b\"": "rule a requires rule b, which is not there",
	} {
		rs, err := parse(toml)
		require.NoError(t, err)
		_, err = rs.finish()
		assert.EqualError(t, err, want)
	}
}

// files are the settings of a repository that has these files.
func files(loosen, waivers bool, content map[string]string) scope.Settings {
	return scope.Settings{Origin: "at the base", Waivers: waivers, Loosen: loosen, Read: func(path string) ([]byte, error) {
		if data, ok := content[path]; ok {
			return []byte(data), nil
		}
		return nil, fs.ErrNotExist
	}}
}

const own = "[[rules]]\nid = \"own\"\nregex = '''own-[0-9]{6}'''\nkeywords = [\"own-\"]\n"

// What a repository may say depends on what the organisation allows it.
func TestConfiguration(t *testing.T) {
	const (
		inPart   = ".gitleaks.toml (at the base) counts in part: it turns rules off or changes them, which needs `overrides: all` in the organisation's policy"
		notAtAll = ".gitleaks.toml (at the base) does not count: "
	)
	globalAllow := "[[allowlists]]\npaths = [\"^fixtures/\"]\n"
	targeted := "[[allowlists]]\ntargetRules = [\"github-pat\"]\nregexes = [\"abc\"]\n"
	changed := "[[rules]]\nid = \"github-pat\"\nregex = '''never'''\n"
	narrowed := "[[rules]]\nid = \"github-pat\"\n[[rules.allowlists]]\nregexes = [\"abc\"]\n"
	off := "[extend]\nuseDefault = true\ndisabledRules = [\"github-pat\"]\n"
	type want struct {
		notes       []string
		own         bool   // its own rule counts
		pat         string // the pattern of github-pat, "" where the rule is off
		patAllows   int
		globalLists int
		all         bool // the other default rules are there
	}
	library, err := fromLibrary()
	require.NoError(t, err)
	pat := library.Config.Rules["github-pat"].Regex.String()
	patAllows := len(library.Config.Rules["github-pat"].Allowlists)
	for name, tt := range map[string]struct {
		toml            string
		loosen, waivers bool
		want            want
	}{
		"none":                            {"", false, true, want{pat: pat, globalLists: 1, all: true}},
		"a rule of its own":               {own, false, true, want{own: true, pat: pat, globalLists: 1, all: true}},
		"a rule of its own, no waivers":   {own, false, false, want{own: true, pat: pat, globalLists: 1, all: true}},
		"an allow-list":                   {globalAllow, false, true, want{pat: pat, globalLists: 2, all: true}},
		"an allow-list, no waivers":       {own + globalAllow, false, false, want{notes: []string{inPart}, own: true, pat: pat, globalLists: 1, all: true}},
		"a targeted one":                  {targeted, false, true, want{pat: pat, patAllows: 1, globalLists: 1, all: true}},
		"a targeted one, no waivers":      {targeted, false, false, want{notes: []string{inPart}, pat: pat, globalLists: 1, all: true}},
		"a changed pattern":               {changed + own, false, true, want{notes: []string{inPart}, own: true, pat: pat, globalLists: 1, all: true}},
		"a rule's allow-list":             {narrowed, false, true, want{pat: pat, patAllows: 1, globalLists: 1, all: true}},
		"a rule's allow-list, no waivers": {narrowed, false, false, want{notes: []string{inPart}, pat: pat, globalLists: 1, all: true}},
		"a rule that is off":              {off, false, true, want{notes: []string{inPart}, pat: pat, globalLists: 1, all: true}},
		"without the default rules":       {own, true, true, want{own: true}},
		"loosened: a rule that is off":    {off + own, true, true, want{own: true, globalLists: 1, all: true}},
		"loosened: a changed pattern":     {"[extend]\nuseDefault = true\n" + changed, true, true, want{pat: "never", globalLists: 1, all: true}},
		"loosened: a targeted allow-list": {"[extend]\nuseDefault = true\n" + targeted, true, true, want{pat: pat, patAllows: 1, globalLists: 1, all: true}},
		"broken":                          {"[[rules]]\n", true, true, want{notes: []string{notAtAll + "rule 1 (): it has no id"}, pat: pat, globalLists: 1, all: true}},
		"broken when put together": {"[extend]\nuseDefault = true\n[[rules]]\nid = \"x\"\nentropy = 2.0\n", true, true,
			want{notes: []string{notAtAll + "rule x has neither a pattern nor a path"}, pat: pat, globalLists: 1, all: true}},
		"requires what is not there": {own + "[[rules.required]]\nid = \"nothing\"\n", true, true,
			want{notes: []string{notAtAll + "rule own requires rule nothing, which is not there"}, pat: pat, globalLists: 1, all: true}},
	} {
		t.Run(name, func(t *testing.T) {
			content := map[string]string{}
			if tt.toml != "" {
				content[configFile] = tt.toml
			}
			c, notes, err := configuration(files(tt.loosen, tt.waivers, content))
			require.NoError(t, err)
			_, ownRule := c.Rules["own"]
			_, others := c.Rules["slack-bot-token"]
			got := want{
				notes: notes, own: ownRule, pat: pattern(c.Rules["github-pat"].Regex), globalLists: len(c.Allowlists), all: others,
				patAllows: max(len(c.Rules["github-pat"].Allowlists)-patAllows, 0),
			}
			assert.Equal(t, tt.want, got)
		})
	}
}

// What a rule inherits is merged as gitleaks does: numbers and patterns replace, lists add up.
func TestExtendMergesFieldByField(t *testing.T) {
	library, err := fromLibrary()
	require.NoError(t, err)
	base := library.Config.Rules["github-pat"]
	c, notes, err := configuration(files(true, true, map[string]string{configFile: `
[extend]
useDefault = true
[[rules]]
id = "github-pat"
description = "Ours."
entropy = 4.5
keywords = ["MORE"]
tags = ["t"]
`}))
	require.NoError(t, err)
	require.Empty(t, notes)
	want := plainRule(base)
	want["description"], want["entropy"], want["tags"] = "Ours.", 4.5, "t"
	want["keywords"] = strings.Join(slices.Concat(base.Keywords, []string{"more"}), ",")
	assert.Equal(t, want, plainRule(c.Rules["github-pat"]))
	assert.Contains(t, c.Keywords, "more")
}

func TestExtendAnotherFile(t *testing.T) {
	for name, tt := range map[string]struct {
		path, note string
		rules      []string
	}{
		"in the repository":          {"ci/rules.toml", "", []string{"own", "top"}},
		"with the default rules":     {"ci/all.toml", "", []string{"github-pat", "own", "top"}},
		"spelled in a roundabout":    {"./x/../ci/rules.toml", "", []string{"own", "top"}},
		"outside":                    {"../rules.toml", "extend.path leaves the repository", []string{"github-pat"}},
		"outside, by a roundabout":   {"ci/../../rules.toml", "extend.path leaves the repository", []string{"github-pat"}},
		"absolute":                   {"/etc/rules.toml", "extend.path leaves the repository", []string{"github-pat"}},
		"not there":                  {"ci/none.toml", "extend.path names a file that is not there", []string{"github-pat"}},
		"broken, and quotes nothing": {"ci/broken.toml", "rule 1 (b): a pattern is not a valid RE2 expression", []string{"github-pat"}},
	} {
		t.Run(name, func(t *testing.T) {
			c, notes, err := configuration(files(true, true, map[string]string{
				configFile:      "[extend]\npath = \"" + tt.path + "\"\n[[rules]]\nid = \"top\"\nregex = \"top\"\n",
				"ci/rules.toml": own, "ci/all.toml": "[extend]\nuseDefault = true\n" + own,
				"ci/broken.toml": "[[rules]]\nid = \"b\"\nregex = \"hunter2(\"\n",
			}))
			require.NoError(t, err)
			var has []string
			for _, id := range []string{"github-pat", "own", "top"} {
				if _, ok := c.Rules[id]; ok {
					has = append(has, id)
				}
			}
			assert.Equal(t, tt.rules, has)
			if tt.note == "" {
				assert.Empty(t, notes)
				return
			}
			assert.Equal(t, []string{".gitleaks.toml (at the base) does not count: " + tt.note}, notes)
		})
	}
}

// Settings that cannot be read are no reason to look with other rules than those that hold.
func TestConfigurationThatCannotBeRead(t *testing.T) {
	broken := errors.New("the disk is gone")
	_, _, err := configuration(scope.Settings{Origin: "here", Read: func(string) ([]byte, error) { return nil, broken }})
	require.ErrorIs(t, err, broken)
	assert.ErrorContains(t, err, "reading .gitleaks.toml (here)")
}
