package git

import (
	"encoding/binary"
	"strings"
	"testing"
	"unicode/utf16"

	"github.com/stretchr/testify/assert"
)

func encodeUTF16(order binary.AppendByteOrder, mark bool, text string) string {
	var b []byte
	if mark {
		b = order.AppendUint16(b, 0xfeff)
	}
	for _, unit := range utf16.Encode([]rune(text)) {
		b = order.AppendUint16(b, unit)
	}
	return string(b)
}

func TestUTF16(t *testing.T) {
	before, after := "password: 1\nkey: 2\n", "password: 1\nkey: é\n日本\n"
	want := []Hunk{{2, "key: é\n日本\n"}}
	for name, encode := range map[string]func(string) string{
		"little endian with a mark": func(s string) string { return encodeUTF16(binary.LittleEndian, true, s) },
		"big endian with a mark":    func(s string) string { return encodeUTF16(binary.BigEndian, true, s) },
		"little endian":             func(s string) string { return encodeUTF16(binary.LittleEndian, false, s) },
		"big endian":                func(s string) string { return encodeUTF16(binary.BigEndian, false, s) },
	} {
		t.Run(name, func(t *testing.T) {
			f := newFixture(t)
			base := f.commit(files{"a": encode(before)})
			assert.Equal(t, []added{{"a", UTF16, []Hunk{{1, before}}}}, f.adds(base))
			assert.Equal(t, []added{{"a", UTF16, want}}, f.adds(f.commit(files{"a": encode(after)}, base)))

			f.write(".gitattributes", "* diff\n") // now git shows it as if it were text
			got := f.adds(f.commit(files{"a": encode(after)}, base))
			assert.Contains(t, got, added{"a", UTF16, want})
			assert.Len(t, got, 2, "and what git shows")
		})
	}
}

func TestText(t *testing.T) {
	for name, tt := range map[string]struct {
		content string
		text    string
		origin  Origin
		ok      bool
	}{
		"empty":                          {"", "", Plain, true},
		"text":                           {"a\n", "a\n", Plain, true},
		"binary":                         {"a\x00b", "", Plain, false},
		"NUL after what git sniffs":      {strings.Repeat("x", sniffed) + "\x00", strings.Repeat("x", sniffed) + "\x00", Plain, true},
		"NUL in what git sniffs":         {strings.Repeat("x", sniffed-1) + "\x00", "", Plain, false},
		"a mark alone":                   {"\xff\xfe", "\xff\xfe", Plain, true},
		"a mark before text":             {"\xff\xfepassword", "\xff\xfepassword", Plain, true},
		"UTF-16":                         {"\xff\xfea\x00", "a", UTF16, true},
		"UTF-16 with half a unit":        {"\xff\xfea\x00b", "a", UTF16, true},
		"UTF-16 with half a surrogate":   {"\xff\xfea\x00\x00\xd8b\x00", "a\ufffdb", UTF16, true},
		"UTF-16 that is Latin after CJK": {"\xff\xfe" + strings.Repeat("\x01\x4e", sniffed) + "a\x00", strings.Repeat("丁", sniffed) + "a", UTF16, true},
		"UTF-32":                         {"\xff\xfe\x00\x00a\x00\x00\x00", "", Plain, false},
		"short, without a mark":          {"a\x00b\x00", "", Plain, false},
		"zeros":                          {strings.Repeat("\x00", 100), "", Plain, false},
	} {
		t.Run(name, func(t *testing.T) {
			text, origin, ok := Text([]byte(tt.content))
			assert.Equal(t, tt.text, text)
			assert.Equal(t, tt.origin, origin)
			assert.Equal(t, tt.ok, ok)
		})
	}
}

func TestAttributesHideNothing(t *testing.T) {
	hidden := func(path string, hunks ...Hunk) added { return added{path, AttributeHidden, hunks} }
	for name, tt := range map[string]struct{ file, attributes string }{
		"-diff":           {".gitattributes", "* -diff"},
		"binary":          {".gitattributes", "* binary"},
		"a macro":         {".gitattributes", "[attr]secret -diff -text\n* secret"},
		"nested":          {"dir/.gitattributes", "* binary"},
		"info/attributes": {".git/info/attributes", "* -diff"},
	} {
		t.Run(name, func(t *testing.T) {
			f := newFixture(t)
			f.write(tt.file, tt.attributes+"\n")
			ids := f.commits(
				spec{files{"dir/a": lines(9)}, nil},
				spec{files{"dir/a": "0\n" + lines(9) + "10"}, []string{":1"}},
				spec{files{"dir/renamed": "0\n" + lines(9) + "10\n"}, []string{":2"}},
				spec{files{"dir/a": lines(9) + "theirs\n"}, []string{":1"}},
				spec{files{"dir/a": "0\n" + lines(9) + "10\ntheirs\n"}, []string{":2", ":4"}},
				spec{files{"dir/a": "0\n" + lines(9) + "10\ntheirs\nevil"}, []string{":2", ":4"}},
				spec{files{"dir/a": symlink + "to"}, []string{":2"}},
				spec{files{"dir/a": "a file"}, []string{":7"}},
				spec{files{"dir/a": "\x00"}, []string{":7"}},
				spec{files{"dir/a": "text"}, []string{":9"}},
				spec{nil, []string{":10"}},
			)
			got, skipped := f.additions(Options{}, ids...)
			assert.Equal(t, []added{
				{"dir/a", TypeChange, []Hunk{{1, "to"}}}, // attributes do not apply to symbolic links
				hidden("dir/a", Hunk{1, lines(9)}),
				hidden("dir/a", Hunk{1, "0\n"}, Hunk{11, "10"}),
				hidden("dir/renamed", Hunk{11, "10\n"}),
				hidden("dir/a", Hunk{10, "theirs\n"}),
				hidden("dir/a", Hunk{11, "10\n"}), // ours had no newline there, theirs no such line
				hidden("dir/a", Hunk{11, "10\n"}, Hunk{13, "evil"}),
				hidden("dir/a", Hunk{1, "a file"}),
				hidden("dir/a", Hunk{1, "text"}),
			}, got)
			assert.Equal(t, []string{SkipBinary + ": dir/a"}, skipped)
		})
	}
}

func TestLargeOpaqueFiles(t *testing.T) {
	f := newFixture(t)
	f.write(".gitattributes", "* -diff\n")
	base := f.commit(files{"a": strings.Repeat("x\n", 100)})
	id := f.commit(files{"a": "short\n", "b": strings.Repeat("y\n", 100), "c": "\x00"}, base)
	got, skipped := f.additions(Options{MaxHunkBytes: 100}, id)
	assert.Equal(t, []added{{"a", AttributeHidden, []Hunk{{1, "short\n"}}}}, got)
	assert.Equal(t, []string{SkipLarge + ": b", SkipBinary + ": c"}, skipped)
}

func TestNewLines(t *testing.T) {
	for name, tt := range map[string]struct {
		before, now string
		want        []Hunk
	}{
		"nothing before":  {"", "a\nb", []Hunk{{1, "a\nb"}}},
		"nothing now":     {"a\n", "", nil},
		"the same":        {"a\nb", "a\nb", nil},
		"a new end":       {"a", "a\n", []Hunk{{1, "a\n"}}},
		"diff syntax":     {"a\n", "@@ -1,2 +7,8 @@\n--- a\n+++ b\na\n\\ x\n", []Hunk{{1, "@@ -1,2 +7,8 @@\n--- a\n+++ b\n"}, {5, "\\ x\n"}}},
		"far from a line": {lines(50), lines(50) + "x\n", []Hunk{{51, "x\n"}}},
	} {
		t.Run(name, func(t *testing.T) {
			assert.Equal(t, tt.want, hunksOf(tt.now, newLines(tt.before, tt.now)))
		})
	}
}
