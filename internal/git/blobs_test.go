package git

import (
	"errors"
	"io/fs"
	"os"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

func TestBlobs(t *testing.T) {
	f := newFixture(t)
	blob := func(content string) string { return f.gitWith(content, "hash-object", "-w", "--stdin") }
	contents := []string{"", "small\n", strings.Repeat("large", 1000), "\x00\n\xff", "no newline"}
	var ids []string
	for _, c := range contents {
		ids = append(ids, blob(c))
	}
	ids = append(ids, ids[1]) // again
	for name, tt := range map[string]struct {
		limit int64
		large []bool
	}{
		"no limit":       {0, []bool{false, false, false, false, false, false}},
		"a limit":        {6, []bool{false, false, true, false, true, false}},
		"all are larger": {-1, nil},
	} {
		t.Run(name, func(t *testing.T) {
			wanted := ids
			if tt.limit < 0 {
				wanted, tt.limit, tt.large = ids[2:3], 10, []bool{true}
			}
			n := 0
			require.NoError(t, f.open().Blobs(t.Context(), wanted, tt.limit, func(b Blob) error {
				assert.Equal(t, wanted[n], b.ID, "in the order of the ids")
				assert.Equal(t, tt.large[n], b.Content == nil)
				i := n % 5
				if len(wanted) == 1 {
					i = 2
				} else if n == 5 {
					i = 1
				}
				assert.Equal(t, int64(len(contents[i])), b.Size)
				if b.Content != nil {
					assert.Equal(t, contents[i], string(b.Content))
				}
				n++
				return nil
			}))
			assert.Len(t, tt.large, n)
		})
	}
	t.Run("none", func(t *testing.T) {
		require.NoError(t, f.open().Blobs(t.Context(), nil, 0, nil))
	})
	t.Run("missing", func(t *testing.T) {
		missing := strings.Repeat("1", 40)
		err := f.open().Blobs(t.Context(), []string{ids[0], missing}, 0, func(Blob) error { return nil })
		require.ErrorContains(t, err, "object "+missing+" is missing")
	})
	t.Run("not a blob", func(t *testing.T) {
		err := f.open().Blobs(t.Context(), []string{f.commit(nil)}, 0, func(Blob) error { return nil })
		require.ErrorContains(t, err, "is a commit, not a file")
	})
	t.Run("an error of yield", func(t *testing.T) {
		stop := errors.New("stop")
		err := f.open().Blobs(t.Context(), ids, 0, func(Blob) error { return stop })
		require.ErrorIs(t, err, stop)
	})
	for name, says := range map[string]string{
		"nothing": "", "half": "ID blob 6\nsma", "another": strings.Repeat("1", 40) + " blob 6\nsmall\n\n",
		"another size": "ID blob 900000000000\nsmall\n\n", "no size": "ID blob x\n", "no end": "ID blob 6\nsmall\nx", "noise": "a b c d e\n",
	} {
		t.Run("a git that says "+name, func(t *testing.T) {
			says = strings.ReplaceAll(strings.ReplaceAll(says, "ID", ids[1]), "\n", `\n`)
			r, err := Open(t.Context(), f.dir, fakeGit(t, `case " $* " in *" --batch "*) cat >/dev/null; printf '`+says+`'; exit 0;; esac; exec "$REAL" "$@"`))
			require.NoError(t, err)
			require.Error(t, r.Blobs(t.Context(), ids[1:2], 0, func(Blob) error { return nil }))
		})
	}
}

func TestFile(t *testing.T) {
	f := newFixture(t)
	id := f.commit(files{
		"a": "1\n", "dir/b": "2", "empty": "", "link": symlink + "a", "sub": submodule + strings.Repeat("1", 40), "x*": "star", "xy": "no",
		"run": executable + "#!",
	})
	r := f.open()
	for path, want := range map[string]string{"a": "1\n", "dir/b": "2", "empty": "", "x*": "star", "run": "#!"} {
		content, err := r.File(t.Context(), id, path, 10)
		require.NoError(t, err, path)
		assert.Equal(t, want, string(content), path)
	}
	for path, want := range map[string]error{
		"none": fs.ErrNotExist, "dir": fs.ErrNotExist, "dir/": fs.ErrNotExist, "dir/none": fs.ErrNotExist, "a/b": fs.ErrNotExist, "./a": fs.ErrNotExist,
		"*": fs.ErrNotExist, ":(glob)*": fs.ErrNotExist, "--": fs.ErrNotExist, "-r": fs.ErrNotExist, "A": fs.ErrNotExist, "link": ErrNotRegular, "sub": ErrNotRegular,
	} {
		_, err := r.File(t.Context(), id, path, 10)
		require.ErrorIs(t, err, want, path)
	}
	_, err := r.File(t.Context(), id, "a", 1)
	require.ErrorContains(t, err, "more than 1")
	_, err = r.File(t.Context(), "none", "a", 0)
	require.Error(t, err)
	require.NotErrorIs(t, err, fs.ErrNotExist, "could not look is not the same as not there")
}

func TestTree(t *testing.T) {
	f := newFixture(t)
	id := f.commit(files{"b": "1", "a/x\ny": "2", "link": symlink + "b", "run": executable + "3", "sub": submodule + strings.Repeat("1", 40)})
	f.write(".gitattributes", "* export-ignore\n")
	entries, err := f.open().Tree(t.Context(), id)
	require.NoError(t, err)
	var got []string
	for _, e := range entries {
		got = append(got, e.Mode+" "+e.Path)
	}
	assert.Equal(t, []string{"100644 a/x\ny", "100644 b", "120000 link", "100755 run", "160000 sub"}, got)
	f.forget(f.git("rev-parse", id+":a"))
	_, err = f.open().Tree(t.Context(), id)
	require.ErrorContains(t, err, "git fsck")
}

func TestWorkTree(t *testing.T) {
	f := newFixture(t)
	// "conflict" is in conflict, "sub" a submodule.
	blob := f.gitWith("1", "hash-object", "-w", "--stdin")
	var index strings.Builder
	for _, entry := range []string{"100644 BLOB 0\ttracked", "100644 BLOB 0\tdir/tracked", "100644 BLOB 1\tconflict", "100755 BLOB 2\tconflict", "100644 BLOB 3\tconflict",
		"160000 BLOB 0\tsub", "120000 BLOB 0\tlink", "100644 BLOB 0\tignored/tracked", "100644 BLOB 0\tgone", "100644 BLOB 0\todd\t\"\n\xffé ", "100644 BLOB 0\t-x", "100644 BLOB 0\t:(glob)*"} {
		index.WriteString(strings.ReplaceAll(entry, "BLOB", blob) + "\x00")
	}
	f.gitWith(index.String(), "update-index", "-z", "--index-info")
	f.git("update-index", "--skip-worktree", "tracked")
	f.write(".gitignore", "ignored\n*.log\n")
	for _, path := range []string{"tracked", "dir/tracked", "dir/un tracked", "new/deep/file", "ignored/untracked", "a.log", "odd new\t\"\n\xff "} {
		f.write(path, "1")
	}
	require.NoError(t, os.Mkdir(f.dir+"/nested", 0o755))
	(&fixture{tb: t, dir: f.dir + "/nested"}).git("init", "--quiet")
	f.write("nested/inner", "1")
	for under, want := range map[string][]WorkFile{
		"": {
			{"-x", true, false}, {".gitignore", false, false}, {":(glob)*", true, false}, {"conflict", true, false}, {"dir/tracked", true, false}, {"dir/un tracked", false, false},
			{"gone", true, false}, {"ignored/tracked", true, false}, {"link", true, false}, {"nested", false, true}, {"new/deep/file", false, false},
			{"odd\t\"\n\xffé ", true, false}, {"odd new\t\"\n\xff ", false, false}, {"sub", true, true}, {"tracked", true, false},
		},
		"dir":      {{"dir/tracked", true, false}, {"dir/un tracked", false, false}},
		"new":      {{"new/deep/file", false, false}},
		"none":     nil,
		":(glob)*": {{":(glob)*", true, false}},
		"-x":       {{"-x", true, false}},
		"nested":   {{"nested", false, true}},
	} {
		t.Run(under, func(t *testing.T) {
			got, err := f.open().WorkTree(t.Context(), under)
			require.NoError(t, err)
			assert.Equal(t, want, got)
		})
	}
}
