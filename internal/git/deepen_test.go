package git

import (
	"context"
	"io/fs"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// upstream is a repository whose branch change left main after fork commits and was merged as GitHub does to test a pull
// request.
type upstream struct {
	*fixture
	root, base, head, merge string
}

// newUpstream has fork commits before the branch, ahead commits on main after it, and behind on the branch.
func newUpstream(t *testing.T, fork, ahead, behind int) upstream {
	t.Helper()
	f := newFixture(t)
	var specs []spec
	at := func(i int) string { return ":" + strconv.Itoa(i) }
	chain := func(n int, name string, parent int) int {
		for i := range n {
			s := spec{files: files{name: lines(i + 1)}}
			if parent > 0 {
				s.parents = []string{at(parent)}
			}
			specs = append(specs, s)
			parent = len(specs)
		}
		return parent
	}
	left := chain(fork, "old.txt", 0)
	base := chain(ahead, "main.txt", left)
	head := chain(behind, "change.txt", left)
	specs = append(specs, spec{files: files{"main.txt": "m", "change.txt": "c"}, parents: []string{at(base), at(head)}})
	ids := f.commits(specs...)
	u := upstream{fixture: f, root: ids[0], base: ids[base-1], head: ids[head-1], merge: ids[len(ids)-1]}
	f.git("update-ref", "refs/pull/7/merge", u.merge)
	f.git("update-ref", "refs/pull/7/head", u.head)
	f.git("update-ref", "refs/heads/main", u.base)
	return u
}

// checkout clones as actions/checkout does for a pull request: one reference, and nothing that it does not reach.
func (u upstream) checkout(t *testing.T, ref string, depth int) *fixture {
	t.Helper()
	c := newFixture(t)
	c.git("remote", "add", "origin", "file://"+u.dir)
	args := []string{"fetch", "--quiet", "--no-tags", "origin", "+" + ref + ":refs/remotes/pull/7/merge"}
	if depth > 0 {
		args = append(args, "--depth="+strconv.Itoa(depth))
	}
	c.git(args...)
	c.git("checkout", "--quiet", "--detach", "refs/remotes/pull/7/merge")
	return c
}

// listing is every file below a folder with its size and time.
func listing(t *testing.T, dir string) map[string]string {
	t.Helper()
	got := map[string]string{}
	require.NoError(t, filepath.WalkDir(dir, func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		info, err := d.Info()
		if err == nil {
			got[path] = strconv.FormatInt(info.Size(), 10) + " " + info.ModTime().String()
		}
		return err
	}))
	return got
}

func TestCompleteAPullRequestAtDepthOne(t *testing.T) {
	for name, allow := range map[string]string{"any commit may be asked for": "true", "only what is offered": "false"} {
		t.Run(name, func(t *testing.T) {
			u := newUpstream(t, 5, 3, 2)
			u.git("config", "uploadpack.allowAnySHA1InWant", allow)
			c := u.checkout(t, "refs/pull/7/merge", 1)
			r := c.open()
			rng := Range{Head: u.head, Base: u.base}
			_, err := r.Commits(t.Context(), rng)
			require.Error(t, err, "nothing to complete")
			require.NoError(t, r.Complete(t.Context(), rng, os.Getenv))
			ids, err := r.Commits(t.Context(), rng)
			require.NoError(t, err)
			assert.Len(t, ids, 2)
			assert.Equal(t, u.merge, c.git("rev-parse", "HEAD"), "what is checked out stays")
			assert.Equal(t, "refs/remotes/pull/7/merge", c.git("for-each-ref", "--format=%(refname)"), "no reference was made")
		})
	}
}

func TestCompleteDeepensInSteps(t *testing.T) {
	for name, tt := range map[string]struct{ fork, ahead, behind, want int }{
		"a long change":           {300, 1, 150, 150},
		"a base far ahead":        {300, 250, 3, 3},
		"a longer change":         {5, 1, 1200, 1200},
		"an old and short change": {5, 400, 1, 1},
		"a change off the first":  {1, 150, 1, 1},
	} {
		t.Run(name, func(t *testing.T) {
			u := newUpstream(t, tt.fork, tt.ahead, tt.behind)
			r := u.checkout(t, "refs/pull/7/merge", 1).open()
			rng := Range{Head: u.head, Base: u.base}
			require.NoError(t, r.Complete(t.Context(), rng, os.Getenv))
			ids, err := r.Commits(t.Context(), rng)
			require.NoError(t, err)
			assert.Len(t, ids, tt.want, "what was there before is not new")
		})
	}
}

// A base whose history is cut off hides what it has: the range would be the whole history.
func TestABaseThatIsCutOffIsNotWhole(t *testing.T) {
	u := newUpstream(t, 5, 3, 2)
	c := u.checkout(t, "refs/pull/7/head", 0)
	c.git("fetch", "--quiet", "--depth=1", "origin", "refs/heads/main")
	r := c.open()
	require.NoError(t, r.Complete(t.Context(), Range{Head: u.head, Base: u.base}, os.Getenv))
	ids, err := r.Commits(t.Context(), Range{Head: u.head, Base: u.base})
	require.NoError(t, err)
	assert.Len(t, ids, 2)
}

func TestCompleteTheWholeHistory(t *testing.T) {
	u := newUpstream(t, 150, 3, 2)
	c := u.checkout(t, "refs/heads/main", 1)
	r := c.open()
	require.NoError(t, r.Complete(t.Context(), Range{All: true}, os.Getenv))
	ids, err := r.Commits(t.Context(), Range{All: true})
	require.NoError(t, err)
	assert.Len(t, ids, 153)
	assert.NoFileExists(t, filepath.Join(c.dir, ".git", "shallow"))
}

// A push of a new branch has no base but the beginning.
func TestCompleteWithoutABase(t *testing.T) {
	u := newUpstream(t, 150, 3, 2)
	r := u.checkout(t, "refs/pull/7/head", 1).open()
	require.NoError(t, r.Complete(t.Context(), Range{Head: u.head}, os.Getenv))
	ids, err := r.Commits(t.Context(), Range{Head: u.head})
	require.NoError(t, err)
	assert.Len(t, ids, 152)
}

// A whole range is neither fetched nor touched, not even where there is no remote.
func TestCompleteLeavesAWholeRangeAlone(t *testing.T) {
	u := newUpstream(t, 5, 3, 2)
	before := listing(t, u.dir)
	require.NoError(t, u.open().Complete(t.Context(), Range{Head: u.head, Base: u.base}, os.Getenv))
	require.NoError(t, u.open().Complete(t.Context(), Range{All: true}, os.Getenv))
	assert.Equal(t, before, listing(t, u.dir))

	c := u.checkout(t, "refs/pull/7/merge", 5)
	c.git("remote", "set-url", "origin", "file:///nowhere")
	before = listing(t, c.dir)
	require.NoError(t, c.open().Complete(t.Context(), Range{Head: u.head, Base: u.base}, os.Getenv), "shallow, but below the range")
	assert.Equal(t, before, listing(t, c.dir))
}

// A full clone that lacks a commit gets it and does not become a shallow one.
func TestCompleteAFullClone(t *testing.T) {
	u := newUpstream(t, 300, 3, 2)
	for name, ref := range map[string]string{"without the change": "refs/heads/main", "without the base": "refs/pull/7/head"} {
		t.Run(name, func(t *testing.T) {
			c := u.checkout(t, ref, 0)
			r := c.open()
			require.NoError(t, r.Complete(t.Context(), Range{Head: u.head, Base: u.base}, os.Getenv))
			id, err := r.FetchBranch(t.Context(), "main", os.Getenv)
			require.NoError(t, err)
			assert.Equal(t, u.base, id)
			assert.NoFileExists(t, filepath.Join(c.dir, ".git", "shallow"))
			ids, err := r.Commits(t.Context(), Range{Head: u.head, Base: u.base})
			require.NoError(t, err)
			assert.Len(t, ids, 2)
		})
	}
}

func TestCompleteSaysWhatToDo(t *testing.T) {
	u := newUpstream(t, 5, 3, 2)
	gone := strings.Repeat("1", 40)
	cancelled, cancel := context.WithCancel(t.Context())
	cancel()
	for name, tt := range map[string]struct {
		break_ func(c *fixture)
		ctx    context.Context //nolint:containedctx // a row's own
		rng    Range
		want   string
	}{
		"the remote is gone": {func(c *fixture) { c.git("remote", "set-url", "origin", "file:///nowhere") }, t.Context(), Range{Head: u.head, Base: u.base}, "fetching what is missing: git fetch: "},
		"there is no remote": {func(c *fixture) { c.git("remote", "remove", "origin") }, t.Context(), Range{Head: u.head, Base: u.base}, "origin"},
		"the head is gone":   {func(*fixture) {}, t.Context(), Range{Head: gone, Base: u.base}, gone},
		"the base is gone":   {func(*fixture) {}, t.Context(), Range{Head: u.head, Base: gone}, gone},
		"a remote is a program": {func(c *fixture) {
			c.git("config", "remote.origin.url", "ext::touch ran")
			c.git("config", "protocol.ext.allow", "always")
		}, t.Context(), Range{Head: u.head, Base: u.base}, "transport 'ext' not allowed"},
		"stopped": {func(*fixture) {}, cancelled, Range{Head: u.head, Base: u.base}, "context canceled"},
	} {
		t.Run(name, func(t *testing.T) {
			c := u.checkout(t, "refs/pull/7/merge", 1)
			tt.break_(c)
			err := c.open().Complete(tt.ctx, tt.rng, os.Getenv)
			require.ErrorContains(t, err, tt.want)
			assert.ErrorContains(t, err, "fetch-depth: 0")
			assert.NoFileExists(t, filepath.Join(c.dir, "ran"))
		})
	}
}

func TestCompleteTakesCommitIDsAlone(t *testing.T) {
	u := newUpstream(t, 5, 3, 2)
	c := u.checkout(t, "refs/pull/7/merge", 1)
	before := listing(t, c.dir)
	for _, id := range []string{"", "--upload-pack=touch ran", "-x", "main", "HEAD", u.head[:39], u.head + "\n", u.head + "^{tree}", strings.ToUpper(u.head), "+" + u.head + ":refs/heads/main"} {
		assert.ErrorContains(t, c.open().Complete(t.Context(), Range{Head: id, Base: u.base}, os.Getenv), "is no commit id", "%q", id)
		if id != "" {
			assert.ErrorContains(t, c.open().Complete(t.Context(), Range{Head: u.head, Base: id}, os.Getenv), "is no commit id", "%q", id)
		}
	}
	assert.Equal(t, before, listing(t, c.dir))
}

func TestRef(t *testing.T) {
	f := newFixture(t)
	id := f.commit(files{"a": "1\n"})
	f.git("update-ref", "refs/tags/refs/heads/other", id)
	blob := f.git("rev-parse", "main:a")
	f.git("update-ref", "refs/tags/blob", blob)
	r := f.open()
	got, err := r.Ref(t.Context(), "refs/heads/main")
	require.NoError(t, err)
	assert.Equal(t, id, got)
	for _, name := range []string{"refs/heads/other", "main", "", "--all", "refs/heads/*", "refs/heads/main~0", "refs/heads/main^{tree}", "refs/tags/blob", "x\ny", id} {
		_, err := r.Ref(t.Context(), name)
		assert.Error(t, err, "%q", name)
	}
}

func TestFetchBranch(t *testing.T) {
	u := newUpstream(t, 5, 3, 2)
	odd := []string{"main", "release/1.0", "a'b", "ünï", "x$(ran)", "a;b", "--upload-pack=x"[2:], "refs/heads/main"}
	for i, name := range odd {
		if i > 0 {
			u.git("update-ref", "refs/heads/"+name, u.head)
		}
	}
	// Git lists whatever ends in the name asked for, and this before it.
	u.git("update-ref", "refs/heads/a/refs/heads/main", u.root)
	for _, name := range odd {
		c := u.checkout(t, "refs/pull/7/merge", 1)
		id, err := c.open().FetchBranch(t.Context(), name, os.Getenv)
		require.NoError(t, err, name)
		want := u.head
		if name == "main" {
			want = u.base
		}
		assert.Equal(t, want, id, name)
		c.git("cat-file", "-e", id)
	}
	c := u.checkout(t, "refs/pull/7/merge", 1)
	before := listing(t, c.dir)
	for _, name := range []string{"", "*", "mai?", "a b", "main~1", "main^{/x}", "main@{1}", "a..b", "..", "x\n", "x\x00y", "x:y", "[a]", `a\b`, "gone", "/main", "main/", "main.lock"} {
		id, err := c.open().FetchBranch(t.Context(), name, os.Getenv)
		assert.Error(t, err, "%q", name)
		assert.Empty(t, id, "%q", name)
	}
	assert.Equal(t, before, listing(t, c.dir))
}

// A change can bring a bare repository as ordinary files, with a configuration of its own.
func TestNothingIsFetchedIntoABareRepository(t *testing.T) {
	u := newUpstream(t, 5, 3, 2)
	bare := newFixture(t, "--bare")
	bare.git("config", "remote.origin.url", u.dir)
	bare.git("config", "remote.origin.uploadpack", "touch "+filepath.Join(bare.dir, "ran")+"; git-upload-pack")
	r := bare.open()
	require.True(t, r.Bare)
	require.ErrorContains(t, r.Complete(t.Context(), Range{Head: u.head, Base: u.base}, os.Getenv), "bare")
	_, err := r.FetchBranch(t.Context(), "main", os.Getenv)
	require.ErrorContains(t, err, "bare")
	assert.NoFileExists(t, filepath.Join(bare.dir, "ran"))
}

// What git gets from the job's environment: proxies and certificates, and no token.
func TestTheEnvironmentOfAFetch(t *testing.T) {
	u := newUpstream(t, 5, 3, 2)
	c := u.checkout(t, "refs/pull/7/merge", 1)
	bin, log := t.TempDir(), filepath.Join(t.TempDir(), "env")
	require.NoError(t, os.WriteFile(filepath.Join(bin, "git"), []byte("#!/bin/sh\nfor a; do [ \"$a\" = fetch ] && env >>'"+log+"'; done\nPATH=${PATH#*:} exec git \"$@\"\n"), 0o755))
	env := map[string]string{
		"PATH":         bin + string(os.PathListSeparator) + os.Getenv("PATH"),
		"GITHUB_TOKEN": "the-token", "GH_TOKEN": "the-token", "ACTIONS_RUNTIME_TOKEN": "the-token", "ACTIONS_ID_TOKEN_REQUEST_TOKEN": "the-token", "INPUT_TOKEN": "the-token",
		"GIT_CONFIG_COUNT": "1", "GIT_SSH_COMMAND": "evil", "GIT_ASKPASS": "evil", "GIT_DIR": "evil", "GIT_TRACE": "1", "GIT_PROXY_COMMAND": "evil",
		"HTTPS_PROXY": "http://proxy.invalid:1", "no_proxy": "localhost", "SSL_CERT_FILE": "/etc/ssl/ours.pem", "SSH_AUTH_SOCK": "/run/agent",
	}
	getenv := func(key string) string { return env[key] }
	r, err := Open(t.Context(), c.dir, getenv)
	require.NoError(t, err)
	require.NoError(t, r.Complete(t.Context(), Range{Head: u.head, Base: u.base}, getenv))
	data, err := os.ReadFile(log)
	require.NoError(t, err)
	for _, want := range []string{"HTTPS_PROXY=http://proxy.invalid:1\n", "no_proxy=localhost\n", "SSL_CERT_FILE=/etc/ssl/ours.pem\n", "SSH_AUTH_SOCK=/run/agent\n", "GIT_TERMINAL_PROMPT=0\n"} {
		assert.Contains(t, string(data), want)
	}
	for _, no := range []string{"the-token", "evil", "GIT_CONFIG_COUNT", "GIT_TRACE"} {
		assert.NotContains(t, string(data), no)
	}
}
