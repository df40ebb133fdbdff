package git

import (
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// clone makes a clone of f, by a URL, so that it may be shallow or partial.
func (f *fixture) clone(args ...string) *fixture {
	f.tb.Helper()
	f.git("config", "uploadpack.allowFilter", "true")
	f.git("config", "uploadpack.allowAnySHA1InWant", "true")
	c := &fixture{tb: f.tb, dir: f.tb.TempDir()}
	c.git(append(append([]string{"clone", "--quiet", "--no-checkout"}, args...), "file://"+f.dir, ".")...)
	return c
}

func (f *fixture) objects() []string {
	f.tb.Helper()
	var all []string
	require.NoError(f.tb, filepath.WalkDir(filepath.Join(f.dir, ".git"), func(path string, _ os.DirEntry, err error) error {
		all = append(all, path)
		return err
	}))
	return all
}

func TestAPartialCloneFailsAndFetchesNothing(t *testing.T) {
	for name, filter := range map[string]string{"no blobs": "blob:none", "no trees": "tree:0", "no large blobs": "blob:limit=10"} {
		for _, protect := range []string{"both guards", "GIT_NO_LAZY_FETCH alone", "protocol.allow alone"} {
			t.Run(name+", "+protect, func(t *testing.T) {
				f := newFixture(t)
				ids := f.commits(spec{files{"a": lines(50)}, nil}, spec{files{"a": "0\n" + lines(50), "bin": "\x00" + lines(50)}, []string{":1"}})
				c := f.clone("--filter=" + filter)
				before := c.objects()
				r := c.open()
				switch protect {
				case "GIT_NO_LAZY_FETCH alone":
					r.env = append(r.env, "GIT_ALLOW_PROTOCOL=file")
				case "protocol.allow alone": // an older git does not know GIT_NO_LAZY_FETCH
					r.env = slices.DeleteFunc(r.env, func(kv string) bool { return kv == "GIT_NO_LAZY_FETCH=1" })
				}
				err := r.Additions(t.Context(), ids, Options{}, func(Addition) error { return nil })
				require.Error(t, err)
				missing := strings.Fields(f.git("rev-list", "--objects", "--no-object-names", "--all"))
				assert.True(t, slices.ContainsFunc(missing, func(id string) bool { return strings.Contains(err.Error(), id) }), "names an object: %v", err)
				_, err = r.File(t.Context(), ids[0], "a", 0)
				require.Error(t, err)
				assert.Equal(t, before, c.objects(), "nothing was fetched or written")
			})
		}
	}
}

func TestAShallowClone(t *testing.T) {
	f := newFixture(t)
	ids := f.commits(
		spec{files{"a": "1\n"}, nil}, spec{files{"a": "2\n"}, []string{":1"}}, spec{files{"a": "3\n"}, []string{":2"}},
		spec{files{"a": "4\n"}, []string{":3"}}, spec{files{"a": "5\n"}, []string{":4"}},
	)
	c := f.clone("--depth=3")
	r := c.open()
	for name, tt := range map[string]struct {
		rng  Range
		want []string
	}{
		"above the boundary":   {Range{Base: ids[3], Head: ids[4]}, ids[4:]},
		"down to the boundary": {Range{Base: ids[2], Head: ids[4]}, []string{ids[4], ids[3]}},
		"nothing":              {Range{Base: ids[4], Head: ids[2]}, []string{}},
	} {
		t.Run(name, func(t *testing.T) {
			got, err := r.Commits(t.Context(), tt.rng)
			require.NoError(t, err)
			assert.Equal(t, tt.want, got)
		})
	}
	for name, rng := range map[string]Range{"everything": {All: true}, "no base": {Head: ids[4]}, "the boundary itself": {Head: ids[2]}} {
		t.Run(name, func(t *testing.T) {
			_, err := r.Commits(t.Context(), rng)
			var shallow *ShallowError
			require.ErrorAs(t, err, &shallow)
			assert.Equal(t, ids[2], shallow.Commit)
			assert.ErrorContains(t, err, "fetch-depth: 0")
		})
	}
	t.Run("base below the boundary", func(t *testing.T) {
		_, err := r.Resolve(t.Context(), ids[0])
		require.ErrorContains(t, err, "git fetch")
		_, err = r.Commits(t.Context(), Range{Base: ids[0], Head: ids[4]})
		require.Error(t, err)
	})
	t.Run("in a linked work tree", func(t *testing.T) {
		linked := filepath.Join(t.TempDir(), "linked")
		c.git("worktree", "add", "--quiet", "--detach", linked, ids[4])
		r, err := Open(t.Context(), linked, os.Getenv)
		require.NoError(t, err)
		_, err = r.Commits(t.Context(), Range{Head: ids[4]})
		var shallow *ShallowError
		require.ErrorAs(t, err, &shallow)
	})
}
