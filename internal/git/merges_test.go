package git

import (
	"fmt"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
)

// A merge of "ours" and "theirs", which both come from "base".
func TestMerges(t *testing.T) {
	base := files{"a": lines(20), "b": "b\n"}
	ours := files{"a": "ours\n" + lines(20), "b": "b\n"}
	theirs := files{"a": lines(20) + "theirs\n", "b": "b\n", "main": "of main\n"}
	both := files{"a": "ours\n" + lines(20) + "theirs\n", "b": "b\n", "main": "of main\n"}
	with := func(base files, path, content string) files {
		changed := files{path: content}
		for p, c := range base {
			if p != path {
				changed[p] = c
			}
		}
		return changed
	}
	mergeOnly := func(path string, hunks ...Hunk) []added { return []added{{path, MergeOnly, hunks}} }
	binary := "\x00\x01\x02"
	for name, tt := range map[string]struct {
		base, ours, theirs, merge files
		want                      []added
		skipped                   []string
	}{
		"clean":                      {base, ours, theirs, both, nil, nil},
		"one side taken":             {base, ours, theirs, theirs, nil, nil},
		"evil line in a merged file": {base, ours, theirs, with(both, "a", "ours\nevil\n"+lines(20)+"theirs\n"), mergeOnly("a", Hunk{2, "evil\n"}), nil},
		"evil lines apart": {base, ours, theirs, with(both, "a", "ours\n1\nevil\n"+strings.TrimPrefix(lines(20), "1\n")+"theirs\nevil 2"),
			mergeOnly("a", Hunk{3, "evil\n"}, Hunk{24, "evil 2"}), nil},
		"evil line in an untouched file": {base, ours, theirs, with(both, "b", "b\nevil\n"), mergeOnly("b", Hunk{2, "evil\n"}), nil},
		"evil line in a file of one side": {base, ours, theirs, with(both, "main", "of main\nevil\n"),
			mergeOnly("main", Hunk{2, "evil\n"}), nil},
		"file of the merge":                  {base, ours, theirs, with(both, "new", "1\n2"), mergeOnly("new", Hunk{1, "1\n2"}), nil},
		"file of the merge, diff syntax":     {base, ours, theirs, with(both, "new", "++ x\n--- a/b\n@@@ -1 -1 +1 @@@\n"), mergeOnly("new", Hunk{1, "++ x\n--- a/b\n@@@ -1 -1 +1 @@@\n"}), nil},
		"file of the merge renamed and more": {base, ours, theirs, files{"c": "ours\n" + lines(20) + "theirs\nevil\n"}, mergeOnly("c", Hunk{23, "evil\n"}), nil},
		"conflict, both sides kept": {base, with(base, "b", "ours\n"), with(base, "b", "theirs\n"), with(base, "b", "ours\ntheirs\n"),
			nil, nil},
		"conflict, written anew": {base, with(base, "b", "ours\n"), with(base, "b", "theirs\n"), with(base, "b", "ours\nand\ntheirs\n"),
			mergeOnly("b", Hunk{2, "and\n"}), nil},
		"conflict marks left in": {base, with(base, "b", "ours\n"), with(base, "b", "theirs\n"), with(base, "b", "<<<<<<<\nours\n=======\ntheirs\n>>>>>>>\n"),
			mergeOnly("b", Hunk{1, "<<<<<<<\n"}, Hunk{3, "=======\n"}, Hunk{5, ">>>>>>>\n"}), nil},
		"renamed on one side": {base, files{"renamed": lines(20), "b": "b\n"}, theirs, files{"renamed": lines(20) + "theirs\n", "b": "b\n"},
			nil, nil},
		"renamed on one side, evil": {base, files{"renamed": lines(20), "b": "b\n"}, theirs, files{"renamed": "evil\n" + lines(20) + "theirs\n", "b": "b\n"},
			mergeOnly("renamed", Hunk{1, "evil\n"}), nil},
		"deleted on both sides, back in the merge": {base, files{"a": lines(20)}, files{"a": lines(20)}, files{"a": lines(20), "b": "back\n"},
			mergeOnly("b", Hunk{1, "back\n"}), nil},
		"a file becomes empty": {with(base, "b", "b\nc\n"), with(ours, "b", "x\n"), with(theirs, "b", "y\n"), with(both, "b", ""), nil, nil},
		"a file loses its end": {base, ours, theirs, with(both, "a", "ours\nevil\n"+lines(18)), mergeOnly("a", Hunk{2, "evil\n"}), nil},
		"lines between removed ones": {base, ours, theirs, with(both, "a", "ours\n2\nevil\n4\nevil 2\n6\n"+"theirs\n"),
			mergeOnly("a", Hunk{3, "evil\n"}, Hunk{5, "evil 2\n"}), nil},
		"removed lines":          {base, ours, theirs, with(both, "a", "ours\ntheirs\n"), nil, nil},
		"file removed":           {base, ours, theirs, files{"b": "b\n"}, nil, nil},
		"CRLF":                   {base, ours, theirs, with(both, "new", "1\r\n2\r\n"), mergeOnly("new", Hunk{1, "1\r\n2\r\n"}), nil},
		"a line with a NUL":      {base, ours, theirs, with(both, "a", lines(5000)+"be\x00hind\n\x00\nend"), mergeOnly("a", Hunk{21, strings.TrimPrefix(lines(5000), lines(20)) + "be\x00hind\n\x00\nend"}), nil},
		"binary":                 {base, ours, theirs, with(both, "b", binary), nil, []string{SkipBinary + ": b"}},
		"text that was binary":   {with(base, "b", binary), with(ours, "b", binary), with(theirs, "b", binary+"x"), with(both, "b", "1\n"), []added{{"b", AttributeHidden, []Hunk{{1, "1\n"}}}}, nil},
		"UTF-16":                 {base, ours, theirs, with(both, "b", "\xff\xfeb\x00\n\x00k\x00"), []added{{"b", UTF16, []Hunk{{2, "k"}}}}, nil},
		"symbolic link":          {base, ours, theirs, with(both, "b", symlink+"evil"), mergeOnly("b", Hunk{1, "evil"}), nil},
		"submodule":              {base, ours, theirs, with(both, "b", submodule+strings.Repeat("1", 40)), mergeOnly("b", Hunk{1, "Subproject commit " + strings.Repeat("1", 40) + "\n"}), nil},
		"submodule on one side":  {base, with(ours, "b", submodule+strings.Repeat("1", 40)), theirs, with(both, "b", "b\nevil"), mergeOnly("b", Hunk{2, "evil"}), nil},
		"UTF-16 for a submodule": {base, with(ours, "b", submodule+strings.Repeat("1", 40)), theirs, with(both, "b", "\xff\xfek\x00"), []added{{"b", UTF16, []Hunk{{1, "k"}}}}, nil},
		"odd names": {base, ours, theirs, with(both, " \t\"\n\\\xff ", "evil"),
			mergeOnly(" \t\"\n\\\xff ", Hunk{1, "evil"}), nil},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			f := newFixture(t)
			ids := f.commits(spec{tt.base, nil}, spec{tt.ours, []string{":1"}}, spec{tt.theirs, []string{":1"}},
				spec{tt.merge, []string{":2", ":3"}})
			got, skipped := f.additions(Options{}, ids[3])
			assert.Equal(t, tt.want, got)
			assert.Equal(t, tt.skipped, skipped)
		})
	}
}

func TestAMergeOfBinaryThatAnAttributeCallsText(t *testing.T) {
	f := newFixture(t)
	f.write(".gitattributes", "* diff\n")
	ids := f.commits(spec{files{"a": "\x00\n"}, nil}, spec{files{"a": "1\n\x00\n"}, []string{":1"}}, spec{files{"a": "\x00\n2\n"}, []string{":1"}},
		spec{files{"a": "1\n\x00\n2\nevil\x00 too"}, []string{":2", ":3"}})
	assert.Equal(t, []added{{"a", MergeOnly, []Hunk{{4, "evil\x00 too"}}}}, f.adds(ids[3]))
}

// git's own combined diff is wrong from 63 parents on, and shows nothing at 64.
func TestOctopus(t *testing.T) {
	for _, parents := range []int{3, 8, maxCombined, maxCombined + 1, 62, 63, 64, 65, 130} {
		t.Run(fmt.Sprint(parents), func(t *testing.T) {
			t.Parallel()
			f := newFixture(t)
			specs := []spec{{files{"a": lines(9), "hidden": "\x00"}, nil}}
			merge := spec{files: files{"a": lines(9) + "evil\n", "hidden": "\x00\x00", "link": submodule + strings.Repeat("1", 40), "new": "1"}}
			for i := range parents {
				mine := fmt.Sprintf("file %d", i)
				specs = append(specs, spec{files{"a": lines(9), mine: "x\n", "hidden": "\x00"}, []string{":1"}})
				merge.files[mine] = "x\n"
				merge.parents = append(merge.parents, fmt.Sprintf(":%d", i+2))
			}
			merge.files["file 0"] = "x\nevil, too"
			specs = append(specs, merge, spec{files{"after": "2"}, []string{fmt.Sprintf(":%d", parents+2)}})
			ids := f.commits(specs...)
			got, skipped := f.additions(Options{}, ids[len(ids)-1], ids[len(ids)-2])
			assert.Equal(t, []string{SkipBinary + ": hidden"}, skipped)
			for _, want := range []added{
				plain("after", Hunk{1, "2"}),
				{"a", MergeOnly, []Hunk{{10, "evil\n"}}},
				{"new", MergeOnly, []Hunk{{1, "1"}}},
				{"file 0", MergeOnly, []Hunk{{2, "evil, too"}}},
			} {
				assert.Contains(t, got, want)
			}
			got = filter(got, "link")
			assert.Len(t, got, 4)
		})
	}
}

// filter takes the additions of a path away.
func filter(all []added, path string) (kept []added) {
	for _, a := range all {
		if a.Path != path {
			kept = append(kept, a)
		}
	}
	return kept
}

func TestSecondParentsAreReached(t *testing.T) {
	f := newFixture(t)
	ids := f.commits(
		spec{files{"a": "1\n"}, nil},
		spec{files{"a": "1\n", "side": "secret\n"}, []string{":1"}},
		spec{files{"a": "1\n"}, []string{":2"}},
		spec{files{"a": "2\n"}, []string{":1"}},
		spec{files{"a": "2\n"}, []string{":4", ":3"}},
	)
	listed, err := f.open().Commits(t.Context(), Range{Head: ids[4], Base: ids[3]})
	assert.NoError(t, err)
	got, _ := f.additions(Options{}, listed...)
	assert.Equal(t, []added{plain("side", Hunk{1, "secret\n"})}, got)
}
