package gitleaks

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/forewarden/forewarden/internal/controls/secretscan/intent"
	"github.com/forewarden/forewarden/internal/controltest"
	"github.com/forewarden/forewarden/internal/finding"
	"github.com/forewarden/forewarden/internal/git"
	"github.com/forewarden/forewarden/internal/scope"
)

func TestParseIgnores(t *testing.T) {
	got, notes := parseIgnores(strings.Join([]string{
		"# a comment", "", "a/b.txt:rule:7", "  c0ffee:a.txt:other:12  ", `win\path.txt:rule:1`, "rule", "a:b:c:d:1", "a.txt:rule:x", "#",
	}, "\r\n"))
	assert.Equal(t, []ignore{
		{file: "a/b.txt", rule: "rule", line: 7, at: 3},
		{commit: "c0ffee", file: "a.txt", rule: "other", line: 12, at: 4},
		{file: "win/path.txt", rule: "rule", line: 1, at: 5},
	}, got)
	const bad = ": not file:rule:line nor commit:file:rule:line"
	assert.Equal(t, []string{".gitleaksignore:6" + bad, ".gitleaksignore:7" + bad, ".gitleaksignore:8" + bad}, notes)
	none, notes := parseIgnores("")
	assert.Empty(t, none)
	assert.Empty(t, notes)
}

func TestMatches(t *testing.T) {
	old, swapped := controltest.Secret("aws-token", "old"), controltest.Secret("aws-token", "swapped")
	base := "first\nid = " + old + "\n"
	at := func(secret, commit string) sighting {
		return sighting{Hit: intent.Hit{Rule: "aws-access-token", Digest: finding.SecretDigest(secret),
			Location: finding.Location{Path: "a.go", StartLine: 2, Commit: commit}}}
	}
	entry := ignore{file: "a.go", rule: "aws-access-token", line: 2}
	with := func(change func(*ignore)) ignore {
		g := entry
		change(&g)
		return g
	}
	moved := at(old, "c1")
	moved.Location.StartLine = 40
	for name, tt := range map[string]struct {
		kind  scope.Kind
		entry ignore
		of    sighting
		want  bool
	}{
		"the place, in a tree":                    {scope.Tree, entry, at(old, ""), true},
		"the place, in history":                   {scope.History, entry, at(old, "c1"), true},
		"another line":                            {scope.Tree, with(func(g *ignore) { g.line = 3 }), at(old, ""), false},
		"another rule":                            {scope.Tree, with(func(g *ignore) { g.rule = "x" }), at(old, ""), false},
		"another file":                            {scope.Tree, with(func(g *ignore) { g.file = "b.go" }), at(old, ""), false},
		"the commit":                              {scope.Change, with(func(g *ignore) { g.commit = "c1" }), at(swapped, "c1"), true},
		"another commit":                          {scope.Change, with(func(g *ignore) { g.commit = "c2" }), at(old, "c1"), false},
		"the commit, another line":                {scope.Change, with(func(g *ignore) { g.commit, g.line = "c1", 3 }), at(old, "c1"), false},
		"in a change, what the base accepted":     {scope.Change, entry, at(old, "c1"), true},
		"in a change, it moved":                   {scope.Change, entry, moved, true},
		"in a change, swapped for another":        {scope.Change, entry, at(swapped, "c1"), false},
		"in a change, a file the base has not":    {scope.Change, with(func(g *ignore) { g.file = "gone.go" }), sighting{Hit: intent.Hit{Rule: "aws-access-token", Location: finding.Location{Path: "gone.go", StartLine: 2}}}, false},
		"in a change, not there in the base file": {scope.Change, with(func(g *ignore) { g.line = 1 }), at(old, "c1"), false},
	} {
		t.Run(name, func(t *testing.T) {
			l := &look{detector: defaultDetector(t), scope: scope.Scope{Kind: tt.kind, Settings: files(false, true, map[string]string{"a.go": base})}}
			got, err := l.matches(t.Context(), &tt.entry, &tt.of)
			require.NoError(t, err)
			assert.Equal(t, tt.want, got)
		})
	}
}

func TestIgnoresThatMatchNothingAreTold(t *testing.T) {
	sightings := func() []sighting {
		return []sighting{{Hit: intent.Hit{Rule: "r", Location: finding.Location{Path: "a", StartLine: 2}}}}
	}
	settings := files(false, true, map[string]string{ignoreFile: "# why\na:r:2\nb:r:1\nc:r:1\n"})
	l := &look{scope: scope.Scope{Kind: scope.Tree, Settings: settings}, sightings: sightings()}
	notes, err := l.ignored(t.Context())
	require.NoError(t, err)
	assert.Equal(t, []string{".gitleaksignore: nothing matches line 3, 4"}, notes)
	assert.Equal(t, ".gitleaksignore:2", l.sightings[0].Ignored)

	part := &look{scope: scope.Scope{Kind: scope.Tree, Under: "x", Settings: settings}, sightings: sightings()}
	notes, err = part.ignored(t.Context())
	require.NoError(t, err)
	assert.Empty(t, notes, "nobody looked at everything")

	settings.Waivers = false
	none := &look{scope: scope.Scope{Kind: scope.Tree, Settings: settings}, sightings: sightings()}
	notes, err = none.ignored(t.Context())
	require.NoError(t, err)
	assert.Empty(t, notes)
	assert.Empty(t, none.sightings[0].Ignored)
}

func TestIgnoresThatCannotBeRead(t *testing.T) {
	gone := errors.New("the disk is gone")
	l := &look{scope: scope.Scope{Kind: scope.Tree, Settings: scope.Settings{Waivers: true, Read: func(string) ([]byte, error) { return nil, gone }}}}
	_, err := l.ignored(t.Context())
	require.ErrorIs(t, err, gone)
}

func TestLeftOut(t *testing.T) {
	c, _, err := configuration(files(false, true, map[string]string{configFile: `
[[allowlists]]
paths = ["^fixtures/"]
[[allowlists]]
condition = "AND"
paths = ["^both/"]
regexes = ["sample"]
[[allowlists]]
targetRules = ["github-pat"]
paths = ["^targeted/"]
`}))
	require.NoError(t, err)
	d := newDetector(c)
	for range 2 { // the second time from memory
		for path, want := range map[string]bool{
			"fixtures/a.txt": true, "src/fixtures/a.txt": false, "both/a.txt": false, "targeted/a.txt": false, "main.go": false,
			configFile: true, "sub/" + configFile: true, "go.sum": true, "a/package-lock.json": true, "logo.svg": true,
		} {
			assert.Equal(t, want, d.leftOut(path), path)
		}
	}
	secret := controltest.Secret("github-token", "left out")
	for path, want := range map[string]bool{"targeted/a.txt": false, "both/a.txt": true, "main.go": true} {
		found, err := d.scan(t.Context(), "t = '"+secret+"'", path, "", 1)
		require.NoError(t, err)
		assert.Equal(t, want, len(found) > 0, path)
	}
}

// Looking at a tree, the engine says what it did not look into.
func TestTreeSaysWhatItLeftOut(t *testing.T) {
	root := t.TempDir()
	for name, content := range map[string]string{
		"a.txt": "text\n", "empty.txt": "", "go.sum": "x", "big.txt": strings.Repeat("x", 1<<20+1), "tool": "\x7fELF\x02\x01\x01" + strings.Repeat("\x00", 100),
	} {
		require.NoError(t, os.WriteFile(filepath.Join(root, name), []byte(content), 0o600))
	}
	require.NoError(t, os.Mkdir(filepath.Join(root, "sub"), 0o700))
	require.NoError(t, os.Mkdir(filepath.Join(root, "sub", ".git"), 0o700))
	require.NoError(t, os.Symlink("a.txt", filepath.Join(root, "link")))
	e, err := Engine(os.Getenv).Observe(t.Context(), scope.Scope{Kind: scope.Tree, Root: root}, intent.Params{MaxFileMegabytes: 1})
	require.NoError(t, err)
	skipped := map[string][]string{}
	for _, s := range e.Stats.Skipped {
		skipped[s.Reason] = s.Examples
	}
	assert.Equal(t, []string{"go.sum"}, skipped[skipAllowList])
	assert.Equal(t, []string{"sub"}, skipped[skipNested])
	assert.Equal(t, []string{"link"}, skipped[git.SkipLink])
	assert.Len(t, skipped, 5, "and what is large, and what is binary: %v", skipped)
	assert.EqualValues(t, 2, e.Stats.Files)
	assert.Empty(t, e.Nothing)
}

func TestTreeThatCannotBeReadIsNotClean(t *testing.T) {
	_, err := Engine(os.Getenv).Observe(t.Context(), scope.Scope{Kind: scope.Tree, Root: filepath.Join(t.TempDir(), "gone")}, intent.Params{MaxFileMegabytes: 1})
	require.ErrorIs(t, err, fs.ErrNotExist)
	assert.EqualError(t, unread([]error{errors.New("d"), errors.New("b"), errors.New("a"), errors.New("c")}),
		"4 of the files could not be read: a\nb\nc; and 1 more")
}
