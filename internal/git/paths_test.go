package git

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
)

var oddPaths = []string{
	"new\nline", "\n", "tab\there", `quo"te`, `"quoted"`, `back\slash`, `\`, `\n`, "bell\a\b\v\f\r", "\x01\x7f", "\xff\xfe", "é", "日本",
	" ", "  leading", "trailing ", " b/x", "x b/x", "x b/x b/x", "a/x b/a/x", "a b/c b/a b/c", "diff --git a/x b/x",
	"+++ b/x", "--- a/x", "@@ -0,0 +1 @@", "~end", "rename to x", "dev/null", "Binary files a and b differ", "=>", "{a => b}", "-x", "--",
	":(glob)*", "*", "[a]", "x\ndiff --git a/y b/y\nnew file mode 100644\n--- /dev/null\n+++ b/y\n@@ -0,0 +1 @@\n+no", "tab at the end\t",
	"back\\", "octal\\101", strings.Repeat("long", 60),
}

func TestOddPaths(t *testing.T) {
	for _, path := range oddPaths {
		t.Run(path, func(t *testing.T) {
			t.Parallel()
			f := newFixture(t)
			ids := f.commits(
				spec{files{"other": lines(30)}, nil},
				spec{files{"other": lines(30), path: "1\n2\n3\n"}, []string{":1"}},
				spec{files{"other": lines(30), path: "1\n2\n3\n4"}, []string{":2"}},
				spec{files{"other": lines(30), path: executable + "1\n2\n3\n4"}, []string{":3"}},
				spec{files{"other": lines(30), path: "\x00"}, []string{":4"}},
				spec{files{path: lines(30) + "more\n"}, []string{":1"}},
				spec{files{path: symlink + "x"}, []string{":2"}},
				spec{files{path: lines(30) + "more\nand more"}, []string{":6", ":2"}},
			)
			got, skipped := f.additions(Options{}, ids[1:]...)
			assert.Equal(t, []string{SkipBinary + ": " + path}, skipped)
			assert.Equal(t, []added{
				plain(path, Hunk{1, "1\n2\n3\n"}), plain(path, Hunk{4, "4"}), plain(path, Hunk{31, "more\n"}),
				{path, TypeChange, []Hunk{{1, "x"}}}, {path, MergeOnly, []Hunk{{32, "and more"}}},
			}, got)
			tree, err := f.open().Tree(t.Context(), ids[1])
			assert.NoError(t, err)
			assert.Len(t, tree, 2)
			content, err := f.open().File(t.Context(), ids[1], path, 0)
			assert.NoError(t, err)
			assert.Equal(t, "1\n2\n3\n", string(content))
		})
	}
}

// Neighbours in one commit: no file's lines go to another's name.
func TestOddPathsTogether(t *testing.T) {
	f := newFixture(t)
	all, want := files{}, map[string]string{}
	for _, path := range oddPaths {
		all[path+"/in it"], want[path+"/in it"] = path, path
	}
	got := map[string]string{}
	for _, a := range f.adds(f.commit(all)) {
		got[a.Path] += a.Hunks[0].Text
	}
	assert.Equal(t, want, got)
}

var oddLines = []string{
	"", " ", "+", "-", "\\", "--- a/x", "+++ b/y", "-- a/x", "++ b/y", "@@ -1 +1 @@", "@@ -0,0 +1,9 @@ f", "diff --git a/x b/x",
	"diff --combined x", "\\ No newline at end of file", " No newline", "~end", "\r", "\x0c", "commit 0000", "index 0..1", "new file mode 100644",
	"deleted file mode 100644", "rename to z", "Binary files a/x and b/y differ", "\xff", "\xef\xbb\xbf", "GIT binary patch", "\x1b[31m", "@", "@@", "@@@ -1 -1 +1 @@@",
}

func TestOddLines(t *testing.T) {
	for _, line := range oddLines {
		t.Run(line, func(t *testing.T) {
			t.Parallel()
			for _, end := range []string{"\n", "", "\n\n", "\nx", "\n" + line} {
				text := line + end
				if text == "" {
					continue
				}
				f := newFixture(t)
				ids := f.commits(
					spec{files{"a": line + "\n"}, nil},
					spec{files{"a": text, "b": text, "c": "1\n2\n"}, nil},
					spec{files{"a": lines(3) + text, "c": "1\n" + line + "\n2\n"}, []string{":2"}},
					spec{files{"a": lines(3), "b": text}, []string{":3"}}, // takes them away again
					spec{files{"e": text + "evil"}, []string{":3", ":1"}},
				)
				assert.Equal(t, []added{plain("a", Hunk{1, text}), plain("b", Hunk{1, text}), plain("c", Hunk{1, "1\n2\n"})}, f.adds(ids[1]))
				got := f.adds(ids[2])
				assert.Contains(t, got, plain("c", Hunk{2, line + "\n"}))
				for _, a := range f.adds(ids[4]) {
					assert.Equal(t, "e", a.Path)
				}
			}
		})
	}
}
