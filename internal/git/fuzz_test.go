package git

import (
	"bufio"
	"bytes"
	"errors"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

func parseBytes(data []byte, ids []string, limit int64, yield func(Addition) error) error {
	p := &diffParser{in: bufio.NewReader(bytes.NewReader(data)), expected: ids, yield: yield, options: Options{MaxHunkBytes: limit}}
	return p.parse()
}

func FuzzParse(f *testing.F) {
	id, parent := strings.Repeat("1", 40), strings.Repeat("2", 40)
	header := "\x00" + id + " 1 " + parent + "\x00\n\n"
	merge := "\x00" + id + " 1 " + parent + " " + parent + "\x00\n\n"
	for _, s := range []string{
		"", "~end\n", "diff --combined 0\n@\n", header + "~end\n", header + "diff --git a/x b/x\n--- a/x\n+++ b/x\n@@ -0,0 +1,2 @@\n+1\n+2\n\\ No newline at end of file\n~end\n",
		header + "diff --git a/x b/y\nrename from x\nrename to \"y\\n\"\n~end\n", header + "diff --git a/x b/x\nindex 0..1\nBinary files a/x and b/x differ\n~end\n",
		merge + "diff --combined x\nindex 1,2..3\n--- a/x\n+++ b/x\n@@@ -1,1 -1,1 +1,2 @@@\n  1\n++2\n~end\n",
		merge + "diff --combined x\nindex 1,2..3\nmode 160000,100644..100644\n--- a/x\n+++ b/x\n@@@ -1,1 -1,1 +1,2 @@@\n- 1\n +1\n++2\n~end\n",
		"\x00" + id + " 1" + strings.Repeat(" "+parent, 70) + "\x00\n\ndiff --combined x\n@@@ what\n~end\n",
	} {
		f.Add([]byte(s))
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		size := 0
		err := parseBytes(data, []string{id}, 0, func(a Addition) error {
			assert.NotEmpty(t, a.Path)
			for _, h := range a.Hunks {
				size += len(h.Text)
			}
			return nil
		})
		assert.LessOrEqual(t, size, len(data))
		if err == nil {
			// What is cut anywhere is not whole.
			require.NotEmpty(t, data)
			for _, n := range []int{len(data) / 2, len(data) - 1} {
				cut := bytes.TrimRight(data[:n], "\n")
				if !bytes.HasSuffix(cut, []byte("\n~end")) || n == len(data)-1 && data[n-1] != '\n' {
					require.Error(t, parseBytes(cut, []string{id}, 0, func(Addition) error { return nil }))
				}
			}
			return
		}
		require.True(t, errors.Is(err, errCut) || errors.Is(err, errFormat), "%v", err)
	})
}

func FuzzHunkSpans(f *testing.F) {
	for _, s := range []string{"@@ -1 +1 @@", "@@ -0,0 +1,2 @@ func @@", "@@@ -1,2 -3 +4,5 @@@", "@@ -1 +1", "@@  @@", "@@ -99999999999999999999 +1 @@", "@@ --1 +1 @@", "@@ -1,-1 +1 @@"} {
		f.Add(s, 1)
		f.Add(s, 2)
	}
	f.Fuzz(func(t *testing.T, s string, parents int) {
		if parents < 1 || parents > 100 {
			return
		}
		spans, ok := hunkSpans(s, parents)
		if !ok {
			return
		}
		require.Len(t, spans, parents+1)
		for _, span := range spans {
			assert.GreaterOrEqual(t, span.start, 0)
			assert.GreaterOrEqual(t, span.count, 0)
		}
	})
}

func TestUnquoteAgainstGit(t *testing.T) {
	f := newFixture(t)
	blob := f.gitWith("1", "hash-object", "-w", "--stdin")
	want := append([]string(nil), oddPaths...)
	for c := 1; c < 256; c++ {
		if c != '/' && c != '.' {
			want = append(want, "byte "+string([]byte{byte(c)}), "byte "+string([]byte{byte(c)})+"7\"")
		}
	}
	var index strings.Builder
	for _, path := range want {
		index.WriteString("100644 " + blob + " 0\t" + path + "\x00")
	}
	f.gitWith(index.String(), "update-index", "-z", "--index-info")
	var got []string
	for line := range strings.SplitSeq(f.git("-c", "core.quotePath=true", "ls-files"), "\n") {
		got = append(got, unquote(line))
		assert.Equal(t, line, quoteLikeGit(unquote(line)))
	}
	assert.ElementsMatch(t, want, got)
}

func FuzzUnquote(f *testing.F) {
	for _, path := range oddPaths {
		f.Add(path)
	}
	f.Fuzz(func(t *testing.T, path string) {
		_ = unquote(path)
		assert.Equal(t, path, unquote(quoteLikeGit(path)))
	})
}

// quoteLikeGit is quote_c_style in git's quote.c, with core.quotePath.
func quoteLikeGit(path string) string {
	var b strings.Builder
	quoted := false
	for i := range len(path) {
		c := path[i]
		n := strings.IndexByte("\a\b\t\n\v\f\r\"\\", c)
		switch {
		case n >= 0:
			b.WriteByte('\\')
			b.WriteByte(`abtnvfr"\`[n])
		case c < 0x20 || c >= 0x7f:
			b.WriteByte('\\')
			b.WriteByte('0' + c>>6)
			b.WriteByte('0' + c>>3&7)
			b.WriteByte('0' + c&7)
		default:
			b.WriteByte(c)
			continue
		}
		quoted = true
	}
	if !quoted {
		return path
	}
	return `"` + b.String() + `"`
}

func FuzzText(f *testing.F) {
	for _, s := range []string{"", "a", "\xff\xfea\x00", "\xfe\xff\x00a", "a\x00b\x00c\x00d\x00", "\xff\xfe\x00\x00", "\x00"} {
		f.Add([]byte(s))
	}
	f.Fuzz(func(t *testing.T, content []byte) {
		text, origin, ok := Text(content)
		switch {
		case !ok:
			assert.Empty(t, text)
			assert.Contains(t, string(content[:min(len(content), sniffed)]), "\x00", "git, too, takes it for binary")
		case origin == UTF16:
			assert.True(t, utf8.ValidString(text))
			assert.Contains(t, string(content), "\x00")
		default:
			assert.Equal(t, string(content), text)
		}
	})
}

// The lines of now without the new ones are lines of before, in their order.
func FuzzNewLines(f *testing.F) {
	for _, s := range [][2]string{{"", ""}, {"a\n", "a"}, {lines(9), "0\n" + lines(20)}, {"@@ -1 +1 @@\n", "+\n-\n@@ -1 +1 @@\n\\ x"}, {"\n\n", "\n"}, {"a\nb\na\n", "b\na\nb"}} {
		f.Add(s[0], s[1])
	}
	f.Fuzz(func(t *testing.T, before, now string) {
		hunks := hunksOf(now, newLines(before, now))
		checkHunks(t, before, now, hunks)
		if before == now {
			assert.Empty(t, hunks)
		}
	})
}

// checkHunks is the slow truth about added lines: they are where they say, and without them now is made of lines
// of before.
func checkHunks(t *testing.T, before, now string, hunks []Hunk) {
	t.Helper()
	all := splitLines(now)
	rest, next := []string{}, 0
	for _, h := range hunks {
		text := splitLines(h.Text)
		require.NotEmpty(t, text)
		require.GreaterOrEqual(t, h.StartLine, next+1)
		require.LessOrEqual(t, h.StartLine-1+len(text), len(all))
		require.Equal(t, all[h.StartLine-1:h.StartLine-1+len(text)], text)
		rest = append(rest, all[next:h.StartLine-1]...)
		next = h.StartLine - 1 + len(text)
	}
	rest = append(rest, all[next:]...)
	old := splitLines(before)
	for _, line := range rest {
		for len(old) > 0 && old[0] != line {
			old = old[1:]
		}
		require.NotEmpty(t, old, "%q is not of before, but is said not to be new", line)
		old = old[1:]
	}
}

func splitLines(s string) []string {
	all := strings.SplitAfter(s, "\n")
	if all[len(all)-1] == "" {
		all = all[:len(all)-1]
	}
	return all
}
