package git

import (
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

func plain(path string, hunks ...Hunk) added { return added{path, Plain, hunks} }

func TestAdditionsOfOneCommit(t *testing.T) {
	for name, tt := range map[string]struct {
		before, after files
		want          []added
	}{
		"new file": {nil, files{"a": "1\n2\n"}, []added{plain("a", Hunk{1, "1\n2\n"})}},
		"two hunks": {files{"a": lines(9)}, files{"a": "0\n" + strings.ReplaceAll(lines(9), "8\n", "eight\n8a\n")},
			[]added{plain("a", Hunk{1, "0\n"}, Hunk{9, "eight\n8a\n"})}},
		"neighbouring hunks stay apart": {files{"a": "1\n2\n3\n"}, files{"a": "one\n2\nthree\n"},
			[]added{plain("a", Hunk{1, "one\n"}, Hunk{3, "three\n"})}},
		"removed lines":                    {files{"a": lines(5)}, files{"a": "1\n5\n"}, nil},
		"removed file":                     {files{"a": "1\n", "b": "b\n"}, files{"b": "b\n"}, nil},
		"several files":                    {nil, files{"b/c": "2\n", "a": "1\n"}, []added{plain("a", Hunk{1, "1\n"}), plain("b/c", Hunk{1, "2\n"})}},
		"rename":                           {files{"a": lines(9)}, files{"b": lines(9)}, nil},
		"rename with an edit":              {files{"a": lines(9)}, files{"b": lines(9) + "ten\n"}, []added{plain("b", Hunk{10, "ten\n"})}},
		"rename of an odd name":            {files{"a b/c": lines(9)}, files{"x\ty": lines(9) + "ten\n"}, []added{plain("x\ty", Hunk{10, "ten\n"})}},
		"mode change":                      {files{"a": "1\n"}, files{"a": executable + "1\n"}, nil},
		"mode change with an edit":         {files{"a": "1\n"}, files{"a": executable + "1\n2\n"}, []added{plain("a", Hunk{2, "2\n"})}},
		"mode change, then another file":   {files{"a": "1\n"}, files{"a": executable + "1\n", "b": "2\n"}, []added{plain("b", Hunk{1, "2\n"})}},
		"empty file":                       {nil, files{"a": ""}, nil},
		"an empty file gets text":          {files{"a": ""}, files{"a": "1"}, []added{plain("a", Hunk{1, "1"})}},
		"a file becomes empty":             {files{"a": "1"}, files{"a": ""}, nil},
		"no newline at the end":            {nil, files{"a": "1\n2"}, []added{plain("a", Hunk{1, "1\n2"})}},
		"no newline before":                {files{"a": "1\n2"}, files{"a": "1\n2\n3\n"}, []added{plain("a", Hunk{2, "2\n3\n"})}},
		"no newline after":                 {files{"a": "1\n2\n"}, files{"a": "1\n2"}, []added{plain("a", Hunk{2, "2"})}},
		"no newline before and after":      {files{"a": "1\n2"}, files{"a": "1\n3"}, []added{plain("a", Hunk{2, "3"})}},
		"no newline, the end is untouched": {files{"a": "1\n2"}, files{"a": "0\n1\n2"}, []added{plain("a", Hunk{1, "0\n"})}},
		"only an empty line":               {files{"a": "1\n"}, files{"a": "1\n\n"}, []added{plain("a", Hunk{2, "\n"})}},
		"CRLF":                             {files{"a": "1\r\n"}, files{"a": "1\r\n2\r\n"}, []added{plain("a", Hunk{2, "2\r\n"})}},
		"LF becomes CRLF":                  {files{"a": "1\n"}, files{"a": "1\r\n"}, []added{plain("a", Hunk{1, "1\r\n"})}},
		"a bare CR":                        {nil, files{"a": "1\r2\r"}, []added{plain("a", Hunk{1, "1\r2\r"})}},
		"white space alone":                {files{"a": "1\n"}, files{"a": "1 \n"}, []added{plain("a", Hunk{1, "1 \n"})}},
		"bytes that are no UTF-8":          {nil, files{"a": "\xff\xfe\xfd\n"}, []added{plain("a", Hunk{1, "\xff\xfe\xfd\n"})}},
		"symbolic link":                    {nil, files{"a": symlink + "to/there"}, []added{plain("a", Hunk{1, "to/there"})}},
		"symbolic link becomes a file": {files{"a": symlink + "b"}, files{"a": "1\n"},
			[]added{{"a", TypeChange, []Hunk{{1, "1\n"}}}}},
		"a file becomes a symbolic link": {files{"a": "1\n"}, files{"a": symlink + "b"},
			[]added{{"a", TypeChange, []Hunk{{1, "b"}}}}},
		"submodule becomes a file": {files{"a": submodule + strings.Repeat("1", 40)}, files{"a": "1\n", "b": "2\n"},
			[]added{{"a", TypeChange, []Hunk{{1, "1\n"}}}, plain("b", Hunk{1, "2\n"})}},
		"submodule": {files{"a": submodule + strings.Repeat("1", 40)}, files{"a": submodule + strings.Repeat("2", 40)},
			[]added{plain("a", Hunk{1, "Subproject commit " + strings.Repeat("2", 40) + "\n"})}},
		"folder becomes a file": {files{"a/b": "1\n"}, files{"a": "2\n"}, []added{plain("a", Hunk{1, "2\n"})}},
		"NUL after what git sniffs": {nil, files{"a": strings.Repeat("x\n", 5000) + "\x00\n\x00y\nz\x00z"},
			[]added{plain("a", Hunk{1, strings.Repeat("x\n", 5000) + "\x00\n\x00y\nz\x00z"})}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			f := newFixture(t)
			base := f.commit(tt.before)
			assert.Equal(t, tt.want, f.adds(f.commit(tt.after, base)))
		})
	}
}

func TestRootCommit(t *testing.T) {
	f := newFixture(t)
	root := f.commit(files{"a": "1\n", "b": lines(3)})
	assert.Equal(t, []added{plain("a", Hunk{1, "1\n"}), plain("b", Hunk{1, lines(3)})}, f.adds(root))
}

func TestEveryCommitInOrder(t *testing.T) {
	f := newFixture(t)
	ids := f.commits(
		spec{files{"a": "1\n"}, nil},
		spec{files{"a": "1\nsecret\n"}, []string{":1"}},
		spec{files{"a": "1\n"}, []string{":2"}}, // adds nothing
		spec{files{"a": "1\n"}, []string{":3"}}, // changes nothing
		spec{files{"a": "1\n", "b": "2\n"}, []string{":4"}},
	)
	r := f.open()
	listed, err := r.Commits(t.Context(), Range{Head: ids[4], Base: ids[0]})
	require.NoError(t, err)
	require.Equal(t, []string{ids[4], ids[3], ids[2], ids[1]}, listed)
	var got []string
	require.NoError(t, r.Additions(t.Context(), listed, Options{}, func(a Addition) error {
		got = append(got, a.Commit.ID+" "+a.Path+" "+a.Hunks[0].Text)
		return nil
	}))
	assert.Equal(t, []string{ids[4] + " b 2\n", ids[1] + " a secret\n"}, got)
}

func TestCommitIsTold(t *testing.T) {
	f := newFixture(t)
	ids := f.commits(spec{files{"a": "1\n"}, nil}, spec{files{"a": "2\n"}, []string{":1"}})
	var got *Commit
	require.NoError(t, f.open().Additions(t.Context(), ids[1:], Options{}, func(a Addition) error {
		got = a.Commit
		return nil
	}))
	assert.Equal(t, &Commit{ID: ids[1], Parents: ids[:1], Authored: time.Unix(1700000120, 0).UTC()}, got)
}

func TestOddCommitObjects(t *testing.T) {
	const author = "author A <a@example.com> 1700000000 +0000\n"
	const committer = "committer A <a@example.com> 1700000000 +0000\n"
	for name, tt := range map[string]struct {
		headers string
		undated bool // what git makes of a date in UTF-16 is of no concern
	}{
		"message of diff syntax": {author + committer + "\ndiff --git a/x b/x\n--- a/x\n+++ b/x\n@@ -0,0 +1 @@\n+no\n\n~end\n\x00", false},
		"no author":              {committer + "\nmsg", true},
		"no date":                {"author A <a@example.com>\n" + committer + "\nmsg", true},
		"forty digits":           {"author A <a@example.com> " + strings.Repeat("1", 40) + " +0000\n" + committer + "\nmsg", true},
		"names of NUL and diff":  {"author diff --git <\x01> 1700000000 +0000\n" + committer + "\nmsg", false},
		"encoding UTF-16":        {author + committer + "encoding UTF-16LE\n\nmsg", false},
		"encoding unknown":       {author + committer + "encoding no-such\n\nmsg", false},
	} {
		t.Run(name, func(t *testing.T) {
			f := newFixture(t)
			f.git("config", "i18n.logOutputEncoding", "UTF-16")
			parent := f.commit(files{"a": "1\n"})
			tree := f.git("rev-parse", f.commit(files{"a": "1\n2\n"})+"^{tree}")
			object := "tree " + tree + "\nparent " + parent + "\n" + tt.headers
			id := f.gitWith(object, "hash-object", "-t", "commit", "-w", "--literally", "--stdin")
			var got []Addition
			require.NoError(t, f.open().Additions(t.Context(), []string{id}, Options{}, func(a Addition) error {
				got = append(got, a)
				return nil
			}))
			require.Len(t, got, 1)
			assert.Equal(t, []Hunk{{2, "2\n"}}, got[0].Hunks)
			assert.Equal(t, []string{parent}, got[0].Commit.Parents)
			if tt.undated {
				assert.Zero(t, got[0].Commit.Authored)
			}
		})
	}
}

func TestUnder(t *testing.T) {
	f := newFixture(t)
	ids := f.commits(
		spec{files{"in/a": "1\n", "out": "1\n", "in*": "x\n", "inner": "x\n"}, nil},
		spec{files{"in/a": "1\n", "out": "2\n"}, []string{":1"}},
		spec{files{"in/b": "3\n", "out": "2\n"}, []string{":2"}},
		spec{files{"in/b": "3\n", "out": "4\n", "in/c": "4\n"}, []string{":3", ":1"}},
	)
	got, _ := f.additions(Options{Under: "in"}, ids...)
	assert.Equal(t, []added{plain("in/a", Hunk{1, "1\n"}), plain("in/b", Hunk{1, "3\n"}), {"in/c", MergeOnly, []Hunk{{1, "4\n"}}}}, got)
	got, _ = f.additions(Options{Under: "in*"}, ids...)
	assert.Equal(t, []added{plain("in*", Hunk{1, "x\n"})}, got, "a folder is no pattern")
}

func TestLargeHunks(t *testing.T) {
	long := strings.Repeat("y", 3<<20)
	for name, tt := range map[string]struct {
		content string
		limit   int64
		want    []added
		skipped []string
	}{
		"one line over the limit": {"x\n" + long + "\n", 1 << 20, nil, []string{SkipLarge + ": a"}},
		"many lines over it":      {strings.Repeat("yyy\n", 100), 100, nil, []string{SkipLarge + ": a"}},
		"just within":             {"12345678\n", 9, []added{plain("a", Hunk{1, "12345678\n"})}, nil},
		"just over":               {"123456789\n", 9, nil, []string{SkipLarge + ": a"}},
		"no limit":                {long, 0, []added{plain("a", Hunk{1, long})}, nil},
	} {
		t.Run(name, func(t *testing.T) {
			f := newFixture(t)
			got, skipped := f.additions(Options{MaxHunkBytes: tt.limit}, f.commit(files{"a": tt.content}))
			assert.Equal(t, tt.want, got)
			assert.Equal(t, tt.skipped, skipped)
		})
	}
}

func TestSmallHunksOfALargeFile(t *testing.T) {
	f := newFixture(t)
	base := f.commit(files{"a": lines(1000)})
	got, skipped := f.additions(Options{MaxHunkBytes: 100}, f.commit(files{"a": "0\n" + lines(1000) + strings.Repeat("z\n", 100)}, base))
	assert.Equal(t, []added{plain("a", Hunk{1, "0\n"})}, got)
	assert.Equal(t, []string{SkipLarge + ": a"}, skipped)
}

func TestAnErrorOfYieldEndsTheReading(t *testing.T) {
	f := newFixture(t)
	content := files{"huge": strings.Repeat("a line that fills every pipe\n", 1<<18), "hidden": "\xff\xfea\x00"}
	for name, after := range map[string]int{"at once": 1, "at the last": 2} {
		t.Run(name, func(t *testing.T) {
			stop, n := errors.New("stop"), 0
			start := time.Now()
			err := f.open().Additions(t.Context(), []string{f.commit(content)}, Options{}, func(Addition) error {
				if n++; n == after {
					return stop
				}
				return nil
			})
			require.ErrorIs(t, err, stop)
			assert.Equal(t, after, n)
			assert.Less(t, time.Since(start), 10*time.Second)
		})
	}
}
