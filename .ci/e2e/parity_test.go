package e2e

import (
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"io/fs"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// A module is a published Go module, taken for its files: real material that nobody wrote for this test.
type module struct{ path, version, sum string }

const gitleaksModule = "github.com/zricethezav/gitleaks/v8"

// The modules whose successive versions make the histories, and whose last versions make the trees.
var (
	gitleaksVersions = []module{
		{gitleaksModule, "v8.16.0", "h1:mYy6rovlEdkmfHvGwSrcDPKsLbAyV7EgbFctdwTzUx0="},
		{gitleaksModule, "v8.18.4", "h1:mWOfVGO8ksok21iOb7h4DZMcUxyvsol8l6o1uNOQxww="},
		{gitleaksModule, "v8.21.0", "h1:O11P5uYwAOWWTpnqla9cxWCweTQWS8hSx9J/0QE5vBY="},
		{gitleaksModule, "v8.24.3", "h1:s8zfbwUBGZIul5vgr5SZIInaRoYQSiYaZCsh94bKSNU="},
		{gitleaksModule, "v8.25.1", "h1:/qr6ZqudkUMb3aXlj6qtV/YJ+Wll3znAmE85ri60i9c="},
		{gitleaksModule, "v8.27.2", "h1:gztgJLjD/ITdfm5reG2XLJBhnZX4wHtCXU8W9Ea6qDk="},
		{gitleaksModule, "v8.28.0", "h1:XXeibrt4XbdrYm3FnzXR3uUPs9HbgGduroICjBl6PMw="},
		{gitleaksModule, "v8.29.0", "h1:AK+34GCSqHd3zChrI2w3fOoWa81VwFbvKLVxjaNSQMs="},
		{gitleaksModule, "v8.30.0", "h1:5heLlxRQkHfXgTJgdQsJhi/evX1oj6i+xBanDu2XUM8="},
		{gitleaksModule, "v8.30.1", "h1:PmEvCfVI7ti9dV3s5aMZUY7sS2GxRvG3yzih7E+cS3w="},
	}
	otherVersions = []module{
		{"golang.org/x/crypto", "v0.17.0", "h1:r8bRNjWL3GshPW3gkd+RpvzWrZAwPS49OmTGZ/uhM4k="},
		{"golang.org/x/crypto", "v0.35.0", "h1:b15kiHdrGCHrP6LvwaQ3c03kgNhhiMgvlhxHQhmg2Xs="},
		{"github.com/securego/gosec/v2", "v2.21.4", "h1:Le8MSj0PDmOnHJgUATjD96PaXRvCpKC+DGJvwyy0Mlk="},
		{"github.com/securego/gosec/v2", "v2.29.0", "h1:pF2HSLcnY5voqpxQumEe0O5YAAbvF4Syu4qeIewpLyc="},
	}
)

// fetch is the module's folder in Go's module cache, with its content checked against the sum.
func (m module) fetch(tb testing.TB) string {
	tb.Helper()
	cmd := exec.CommandContext(tb.Context(), "go", "mod", "download", "-json", m.path+"@"+m.version)
	cmd.Dir = tb.TempDir()
	cmd.Env = append(os.Environ(), "GOFLAGS=", "GOWORK=off", "GOSUMDB=off")
	out, err := cmd.Output()
	require.NoError(tb, err, "%s", out)
	var got struct{ Dir, Sum string }
	require.NoError(tb, json.Unmarshal(out, &got))
	require.Equal(tb, m.sum, got.Sum, "%s@%s is not the one this test was written with", m.path, m.version)
	return got.Dir
}

// copyTo copies the module's files, writable. Without its gitleaks configuration where bare, so that the rules meet
// all of it.
func (m module) copyTo(tb testing.TB, dir string, bare bool) {
	tb.Helper()
	from := m.fetch(tb)
	require.NoError(tb, filepath.WalkDir(from, func(path string, d fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		if bare && slices.Contains([]string{".gitleaks.toml", ".gitleaksignore"}, d.Name()) {
			return nil
		}
		rel, err := filepath.Rel(from, path)
		if err != nil {
			return err
		}
		to := filepath.Join(dir, rel)
		if d.IsDir() {
			return os.MkdirAll(to, 0o755)
		}
		data, err := os.ReadFile(path)
		if err != nil {
			return err
		}
		return os.WriteFile(to, data, 0o644)
	}))
}

// A place is what two scanners must agree on.
type place struct {
	rule, path string
	line       int
	commit     string
}

var referenceProgram = sync.OnceValues(func() (string, error) {
	out, err := exec.Command(filepath.Join("..", "install.sh"), "gitleaks").CombinedOutput()
	if err != nil {
		return "", fmt.Errorf("%w: %s", err, out)
	}
	return filepath.Abs(filepath.Join("..", "bin", "gitleaks"))
})

// reference is what the gitleaks program finds in the current state (dir) or the history (git) of a folder.
func reference(t *testing.T, dir, mode string) map[place]int {
	t.Helper()
	program, err := referenceProgram()
	if err != nil {
		missing(t, "the gitleaks program: "+err.Error())
	}
	file := filepath.Join(t.TempDir(), "report.json")
	cmd := exec.CommandContext(t.Context(), program, mode, "--report-format", "json", "--report-path", file,
		"--exit-code", "0", "--no-banner", ".")
	cmd.Dir, cmd.Env = dir, environment(t.TempDir(), t.TempDir())
	out, err := cmd.CombinedOutput()
	require.NoError(t, err, "%s", out)
	require.NotContains(t, string(out), "ERR", "gitleaks fails open")
	data, err := os.ReadFile(file)
	require.NoError(t, err)
	var list []struct {
		RuleID, File, Commit string
		StartLine            int
	}
	require.NoError(t, json.Unmarshal(data, &list))
	places := map[place]int{}
	for _, f := range list {
		places[place{f.RuleID, filepath.ToSlash(f.File), f.StartLine, f.Commit}]++
	}
	return places
}

// ours is what secret-scan finds, without what is accepted by name and without the documented extras (a rule with a
// slash in its id).
func ours(t *testing.T, dir, scope string) map[place]int {
	t.Helper()
	r := run(t, dir, "secret-scan", "--scope", scope, "--format", "json", ".")
	require.Contains(t, []int{exitPass, exitBlocked}, r.exit, "%s", r.stderr)
	places := map[place]int{}
	for _, f := range r.findings(t) {
		if f.State != "waived" && !strings.Contains(f.Rule, "/") {
			places[place{f.Rule, f.Path, f.StartLine, f.Commit}]++
		}
	}
	return places
}

func count(places map[place]int) (n int) {
	for _, c := range places {
		n += c
	}
	return n
}

// compare fails with the places that only one of the two has.
func compare(t *testing.T, want, got map[place]int, atLeast int) {
	t.Helper()
	t.Logf("%d findings of the reference, %d of ours", count(want), count(got))
	require.GreaterOrEqual(t, count(want), atLeast, "too few findings to compare anything")
	var lost, extra []string
	for p, n := range want {
		if got[p] < n {
			lost = append(lost, fmt.Sprintf("%+v: %d, want %d", p, got[p], n))
		}
	}
	for p, n := range got {
		if want[p] < n {
			extra = append(extra, fmt.Sprintf("%+v: %d, want %d", p, n, want[p]))
		}
	}
	slices.Sort(lost)
	slices.Sort(extra)
	assert.Empty(t, first(lost, 20), "%d lost", len(lost))
	assert.Empty(t, first(extra, 20), "%d extra", len(extra))
}

func first(s []string, n int) []string { return s[:min(n, len(s))] }

// TestParity shows that secret-scan finds what the gitleaks program finds, in trees and in histories.
func TestParity(t *testing.T) {
	t.Parallel()
	t.Run("tree", func(t *testing.T) {
		t.Parallel()
		for _, c := range []struct {
			name    string
			module  module
			bare    bool
			atLeast int
		}{
			{"gitleaks with its allow-lists", last(gitleaksVersions), false, 1},
			{"gitleaks", last(gitleaksVersions), true, 300},
			{"crypto", otherVersions[1], true, 100},
			{"gosec", last(otherVersions), true, 20},
		} {
			t.Run(c.name, func(t *testing.T) {
				t.Parallel()
				dir := t.TempDir()
				c.module.copyTo(t, dir, c.bare)
				compare(t, reference(t, dir, "dir"), ours(t, dir, "tree"), c.atLeast)
			})
		}
	})
	t.Run("history", func(t *testing.T) {
		t.Parallel()
		for name, modules := range map[string][]module{"gitleaks": gitleaksVersions, "crypto and gosec": otherVersions} {
			t.Run(name, func(t *testing.T) {
				t.Parallel()
				r := newRepository(t)
				for _, m := range modules {
					r.git("rm", "--quiet", "-r", "--force", "--ignore-unmatch", ".")
					m.copyTo(t, r.dir, true)
					r.commit(m.path + " " + m.version)
				}
				compare(t, reference(t, r.dir, "git"), ours(t, r.dir, "history"), 20)
			})
		}
		t.Run("synthetic", func(t *testing.T) {
			t.Parallel()
			r := syntheticHistory(t)
			compare(t, reference(t, r.dir, "git"), ours(t, r.dir, "history"), 150)
		})
	})
}

func last(modules []module) module { return modules[len(modules)-1] }

// syntheticHistory has merges, renames, deletions, changed lines, long lines, line ends of every kind and encoded
// secrets. No secret stands only in a merge commit, which gitleaks cannot see.
func syntheticHistory(t *testing.T) *repository {
	t.Helper()
	r, s := newRepository(t), newSecrets("history")
	r.write("README.md", "# A history\n")
	r.commit("start")
	kinds := []func() secret{s.aws, s.github, s.generic, s.privateKey}
	encodings := []func(string) string{
		func(v string) string { return v },
		func(v string) string { return base64.StdEncoding.EncodeToString([]byte("value: " + v + "\n")) },
		func(v string) string { return hex.EncodeToString([]byte("value: " + v + "\n")) },
		func(v string) string { return url.QueryEscape("value: \"" + v + "\"\n") },
		func(v string) string {
			return base64.StdEncoding.EncodeToString([]byte(base64.StdEncoding.EncodeToString([]byte("value: " + v))))
		},
	}
	for i := range 40 {
		if i%8 == 4 {
			r.branch(fmt.Sprintf("side%d", i))
		}
		a, b := kinds[i%4](), kinds[(i/4)%4]()
		ends := []string{"\n", "\n", "\r\n", "\n"}[i%4]
		file := fmt.Sprintf("src/part%d/file %d.conf", i%5, i)
		r.write(file, strings.Join([]string{
			"# file", "x = 1", "value = \"" + encodings[i%5](a.value) + "\"", strings.Repeat("padding ", 40*(i%7)),
			"two: " + s.aws().value + " " + s.aws().value, "same: " + a.value + " " + a.value,
			encodings[(i+1)%5](b.value) + " # " + strings.Repeat("y", i),
		}, ends)+[]string{"", ends}[i%2])
		switch i % 8 {
		case 1: // appended to, changed in the middle
			previous := fmt.Sprintf("src/part%d/file %d.conf", (i-1)%5, i-1)
			data, err := os.ReadFile(filepath.Join(r.dir, previous))
			require.NoError(t, err)
			r.write(previous, strings.Replace(string(data), "x = 1", "x = '"+s.github().value+"'", 1)+"\n"+s.generic().value+"\n")
		case 2:
			r.git("mv", fmt.Sprintf("src/part%d/file %d.conf", (i-1)%5, i-1), fmt.Sprintf("renamed %d.txt", i))
		case 6: // renamed and changed
			to := fmt.Sprintf("moved/%d.txt", i)
			r.write(to, "# moved\n"+s.generic().value+"\n")
			r.git("add", to)
			r.git("mv", "--force", fmt.Sprintf("src/part%d/file %d.conf", (i-2)%5, i-2), to)
		case 3:
			r.remove(fmt.Sprintf("src/part%d/file %d.conf", (i-3)%5, i-3))
		case 7: // allowed, binary and no secret at all
			r.write(fmt.Sprintf("allowed%d.py", i), "k = '"+s.aws().value+"' # gitleaks:allow\n")
			r.write(fmt.Sprintf("data%d.dat", i), "\x00\x01"+s.aws().value+"\n")
			r.write("empty", "")
		}
		r.commit(fmt.Sprintf("step %d", i))
		if i%8 == 5 {
			side := r.git("branch", "--show-current")
			r.checkout("main")
			r.write(fmt.Sprintf("main%d.yml", i), "key: "+s.aws().value+"\n")
			r.commit(fmt.Sprintf("main moves on %d", i))
			r.merge(nil, side)
		}
	}
	r.branch("unmerged")
	r.write("unmerged.ini", "[a]\n"+s.generic().value+"\n")
	r.commit("unmerged")
	r.git("tag", "old")
	r.checkout("main")
	r.git("branch", "--quiet", "-D", "unmerged")
	return r
}
