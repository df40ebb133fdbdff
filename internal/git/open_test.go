package git

import (
	"context"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

func TestOpen(t *testing.T) {
	f := newFixture(t)
	id := f.commit(files{"dir/a": "1\n"})
	f.git("reset", "--quiet", "--hard")
	sub := newFixture(t)
	sub.commit(files{"b": "2\n"})
	f.git("-c", "protocol.file.allow=always", "submodule", "--quiet", "add", sub.dir, "sub")
	linked := filepath.Join(t.TempDir(), "linked")
	f.git("worktree", "add", "--quiet", "--detach", linked, id)
	bare := filepath.Join(t.TempDir(), "bare.git")
	f.git("clone", "--quiet", "--bare", f.dir, bare)
	f.write("dir/empty/.git/keep", "")
	f.write("broken/.git/HEAD", "nonsense")
	link := filepath.Join(t.TempDir(), "link")
	require.NoError(t, os.Symlink(filepath.Join(f.dir, "dir"), link))
	for name, tt := range map[string]struct {
		path, root string
		bare       bool
		head       string
		fails      string
	}{
		"top":                     {f.dir, f.dir, false, id, ""},
		"folder":                  {f.dir + "/dir", f.dir, false, id, ""},
		"through a symbolic link": {link, f.dir, false, id, ""},
		"bare":                    {bare, bare, true, id, ""},
		"in a bare one":           {bare + "/refs", bare, true, id, ""},
		"linked work tree":        {linked + "/dir", linked, false, id, ""},
		"submodule":               {f.dir + "/sub", f.dir + "/sub", false, sub.git("rev-parse", "HEAD"), ""},
		"an unrelated .git":       {f.dir + "/dir/empty", f.dir, false, id, ""},
		"a repository that broke": {f.dir + "/broken", "", false, "", "not a git repository"},
		".git itself":             {f.dir + "/.git", "", false, "", "name the folder above it"},
		"in .git":                 {f.dir + "/.git/refs", "", false, "", "name the folder above it"},
		"no repository":           {t.TempDir(), "", false, "", ErrNotRepository.Error()},
		"no folder":               {f.dir + "/none", "", false, "", "no such file"},
	} {
		t.Run(name, func(t *testing.T) {
			r, err := Open(t.Context(), tt.path, os.Getenv)
			if tt.fails != "" {
				require.ErrorContains(t, err, tt.fails)
				return
			}
			require.NoError(t, err)
			assert.Equal(t, tt.root, r.Root)
			assert.Equal(t, tt.bare, r.Bare)
			head, err := r.Head(t.Context())
			require.NoError(t, err)
			assert.Equal(t, tt.head, head)
			require.NoError(t, read(t, r))
			files, err := r.WorkTree(t.Context(), "")
			if tt.bare {
				require.ErrorContains(t, err, "--scope history")
				return
			}
			require.NoError(t, err)
			assert.NotEmpty(t, files)
		})
	}
}

func TestARepositoryOfAnotherUser(t *testing.T) {
	if os.Getuid() != 0 {
		t.Skip("only root can give a repository away")
	}
	f := newFixture(t)
	f.commit(files{"a": "1\n"})
	f.git("reset", "--quiet", "--hard")
	require.NoError(t, filepath.WalkDir(f.dir, func(path string, _ os.DirEntry, err error) error {
		require.NoError(t, err)
		return os.Lchown(path, 12345, 12345)
	}))
	assert.Len(t, everything(t, f.open()), 5)
}

func TestSHA256(t *testing.T) {
	f := newFixture(t, "--object-format=sha256")
	ids := f.commits(
		spec{files{"a": "1\n", "utf": "\xff\xfea\x00"}, nil},
		spec{files{"a": "1\n2\n"}, []string{":1"}},
		spec{files{"a": "1\n3\n"}, []string{":1"}},
		spec{files{"a": "1\n2\n3\nevil"}, []string{":2", ":3"}},
	)
	require.Len(t, ids[0], 64)
	got, _ := f.additions(Options{}, ids...)
	assert.Equal(t, []added{
		plain("a", Hunk{1, "1\n"}), plain("a", Hunk{2, "2\n"}), plain("a", Hunk{2, "3\n"}),
		{"utf", UTF16, []Hunk{{1, "a"}}}, {"a", MergeOnly, []Hunk{{4, "evil"}}},
	}, got)
	head, err := f.open().Resolve(t.Context(), "main~1")
	require.NoError(t, err)
	assert.Equal(t, ids[1], head)
}

func TestAnEmptyRepository(t *testing.T) {
	r := newFixture(t).open()
	head, err := r.Head(t.Context())
	require.NoError(t, err)
	assert.Empty(t, head)
	ids, err := r.Commits(t.Context(), Range{All: true})
	require.NoError(t, err)
	assert.Empty(t, ids)
	require.NoError(t, r.Additions(t.Context(), nil, Options{}, nil))
	_, err = r.Resolve(t.Context(), "HEAD")
	require.ErrorContains(t, err, `there is no commit "HEAD"`)
}

func TestResolve(t *testing.T) {
	f := newFixture(t)
	ids := f.commits(spec{files{"a": "1\n"}, nil}, spec{files{"a": "2\n"}, []string{":1"}})
	f.git("tag", "-a", "-m", "tag", "v1", ids[0])
	f.git("update-ref", "refs/heads/-x", ids[0])
	r := f.open()
	for revision, want := range map[string]string{
		"HEAD": ids[1], "main": ids[1], "v1": ids[0], "main~1": ids[0], ids[0]: ids[0], ids[0][:8]: ids[0], "refs/heads/-x": ids[0],
		"-x": ids[0],
	} {
		got, err := r.Resolve(t.Context(), revision)
		require.NoError(t, err, revision)
		assert.Equal(t, want, got, revision)
	}
	for _, revision := range []string{
		"", "none", "-", "--all", "--help", "--git-dir", "^main", "main..HEAD", "main^{tree}", "main:a", "HEAD~5", "a", "--", "main --all",
		strings.Repeat("1", 40), "main\n", "@{-1}", "--end-of-options", "--output=x",
	} {
		_, err := r.Resolve(t.Context(), revision)
		require.ErrorContains(t, err, "there is no commit", "%q", revision)
	}
}

func TestCommitsOfARevisionThatIsAFlag(t *testing.T) {
	f := newFixture(t)
	f.commit(files{"a": "1\n"})
	for _, rng := range []Range{{Head: "--all"}, {Head: "main", Base: "--output=x"}, {Head: "--output=x"}, {Head: "--disk-usage"}, {Head: ""}, {Head: "none"}} {
		_, err := f.open().Commits(t.Context(), rng)
		require.Error(t, err, "%v", rng)
	}
	_, err := f.open().Tree(t.Context(), "--help")
	require.Error(t, err)
}

func TestAllIsEveryReference(t *testing.T) {
	f := newFixture(t)
	ids := f.commits(spec{files{"a": "1\n"}, nil}, spec{files{"a": "2\n"}, nil}, spec{files{"a": "3\n"}, nil}, spec{files{"a": "4\n"}, nil})
	f.git("update-ref", "refs/odd/place", ids[0])
	f.git("tag", "v1", ids[1])
	f.git("checkout", "--quiet", "--detach", ids[2])
	got, err := f.open().Commits(t.Context(), Range{All: true})
	require.NoError(t, err)
	assert.ElementsMatch(t, ids, got)
}

func TestCancelled(t *testing.T) {
	f := newFixture(t)
	id := f.commit(files{"a": lines(1 << 18), "b": "1\n", "hidden": "\xff\xfea\x00"})
	r := f.open()
	ctx, cancel := context.WithCancel(t.Context())
	err := r.Additions(ctx, []string{id}, Options{}, func(Addition) error { cancel(); return nil })
	require.ErrorIs(t, err, context.Canceled)
	_, err = r.Commits(ctx, Range{All: true})
	require.ErrorIs(t, err, context.Canceled)
}
