package finding_test

import (
	"math/rand/v2"
	"strings"
	"testing"
	"unicode"
	"unicode/utf8"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/forewarden/forewarden/internal/finding"
)

const mask = "********"

// Every place is given as the text before it, the text at it and the text after it.
func TestExcerpt(t *testing.T) {
	key := "AK" + "IA" + strings.Repeat("Q7", 8)
	for name, tt := range map[string]struct{ before, at, after, want string }{
		"assignment":                 {`token = "`, key, `" # prod`, `token = "` + mask + `…`},
		"to the line's end":          {"token: ", key, "", "token: " + mask},
		"at the line's start":        {"", key, " tail", mask + "…"},
		"the whole line":             {"", key, "", mask},
		"indented":                   {"\t  token: ", key, "", "token: " + mask},
		"controls become spaces":     {"a\x1b[31mb\x00c ", key, "", "a [" + mask + " c " + mask},
		"another copy before it":     {"old=" + key + " new=", key, "", "old=" + mask + " new=" + mask},
		"a word with a digit":        {"user7 has ", key, "", mask + " has " + mask},
		"a word longer than a name":  {strings.Repeat("x", 25) + " = ", key, "", mask + " = " + mask},
		"the longest name":           {strings.Repeat("x", 24) + " = ", key, "", strings.Repeat("x", 24) + " = " + mask},
		"base64 in a word":           {"ab+cd ", key, "", mask + " " + mask},
		"multibyte before it":        {"clé « 日本 ", key, " »", "clé « 日本 " + mask + "…"},
		"invalid UTF-8 before it":    {"a\xff\xfeb ", key, "", "a??b " + mask},
		"a secret of one character":  {"pin ", "x", "", "pin " + mask},
		"a multibyte secret":         {"pin ", "日本語日本語", " end", "pin " + mask + "…"},
		"right to left, bidi marked": {"a\u202eb ", key, "", "a b " + mask},
	} {
		t.Run(name, func(t *testing.T) {
			line := tt.before + tt.at + tt.after
			start := utf8.RuneCountInString(tt.before) + 1
			e := finding.NewExcerpt(line, start, start+utf8.RuneCountInString(tt.at))
			assert.Equal(t, tt.want, e.String())
			column, width := e.Place()
			assert.Equal(t, 8, width)
			assert.Equal(t, mask, string([]rune(e.String())[column-1:column-1+width]))
		})
	}
}

func TestExcerptOfAPlaceThatIsOdd(t *testing.T) {
	line := "name = value"
	for name, tt := range map[string]struct {
		start, end int
		want       string
	}{
		"nothing, in the line":          {8, 8, "name = " + mask + "…"},
		"nothing, at the end":           {13, 13, ""},
		"end before start":              {8, 3, "name = " + mask + "…"},
		"start before the line":         {-5, 3, mask + "…"},
		"zero":                          {0, 0, mask + "…"},
		"end behind the line":           {8, 99, "name = " + mask},
		"both behind the line":          {50, 60, "name = value" + mask},
		"both behind, end before start": {50, 40, "name = value" + mask},
	} {
		t.Run(name, func(t *testing.T) {
			assert.Equal(t, tt.want, finding.NewExcerpt(line, tt.start, tt.end).String())
		})
	}
	assert.Empty(t, finding.NewExcerpt("", 1, 1).String())
	var zero finding.Excerpt
	column, width := zero.Place()
	assert.Zero(t, column+width)
}

func TestExcerptOfALongLine(t *testing.T) {
	before := strings.Repeat("word ", 400_000)
	start := len(before) + 1
	e := finding.NewExcerpt(before+strings.Repeat("s", 1<<20), start, start+1<<20)
	// The first word could be the end of a longer one, of a secret even, so it is masked though it is short.
	assert.Equal(t, "…"+mask+" "+strings.Repeat("word ", 11)+mask, e.String())
	// What the excerpt begins with may be no word at all.
	e = finding.NewExcerpt("cut "+strings.Repeat("z ", 30)+"key", 65, 68)
	assert.Equal(t, "…"+mask+" "+strings.Repeat("z ", 29)+mask, e.String())
}

// checkExcerpt holds for every line and place: secret is text[start-1:end-1].
func checkExcerpt(t *testing.T, e finding.Excerpt, secret string) {
	t.Helper()
	text := e.String()
	require.True(t, utf8.ValidString(text))
	require.False(t, strings.ContainsFunc(text, unicode.IsControl), "%q", text)
	require.NotContains(t, text, "\n")
	column, width := e.Place()
	if text == "" {
		require.Zero(t, column+width)
		return
	}
	require.Equal(t, mask, string([]rune(text)[column-1:column-1+width]))
	require.LessOrEqual(t, utf8.RuneCountInString(text), 62+60*len(mask))
	const piece = 6
	runes := []rune(secret)
	for i := 0; i+piece <= len(runes); i++ {
		require.NotContains(t, text, string(runes[i:i+piece]))
	}
}

// A secret whose characters occur nowhere else in the line leaves no trace, wherever it stands.
func TestExcerptHidesTheSecret(t *testing.T) {
	around := []rune("abcxyz ._-=:'\"/(){}[]\t\x00\x1b\u0085\u2028日本é🔑#0")
	inside := []rune("ABCDEFGHIJKLMNOPQRSTUVWXYZ123456789+%!~^λЖ")
	random := rand.New(rand.NewPCG(3, 4))
	draw := func(from []rune, most int) string {
		var b strings.Builder
		for range random.IntN(most + 1) {
			b.WriteRune(from[random.IntN(len(from))])
		}
		return b.String()
	}
	for range 5000 {
		before, secret, after := draw(around, 120), draw(inside, 60)+"A", draw(around, 120)
		start := utf8.RuneCountInString(before) + 1
		end := start + utf8.RuneCountInString(secret)
		e := finding.NewExcerpt(before+secret+after, start, end)
		checkExcerpt(t, e, secret)
		require.NotRegexp(t, "[A-Z1-9λЖ]", e.String(), "line %q", before+secret+after)
	}
}

func FuzzExcerpt(f *testing.F) {
	f.Add("token = abc", 9, 12)
	f.Add("a\xffb\x00", 2, 3)
	f.Add("", 0, 0)
	f.Add("\u2028\u202e x", 1<<40, -1<<40)
	f.Fuzz(func(t *testing.T, line string, start, end int) {
		checkExcerpt(t, finding.NewExcerpt(line, start, end), "")
	})
}

func TestProse(t *testing.T) {
	key := "AK" + "IA" + strings.Repeat("QZ7", 6)
	for name, tt := range map[string]struct{ in, want string }{
		"a reason":                     {"a sample from the manual", "a sample from the manual"},
		"runs of space":                {"  a \t b\n\nc ", "a b c"},
		"a credential":                 {"it is " + key + " only", "it is " + mask + " only"},
		"a long word":                  {strings.Repeat("a", 25), mask},
		"the longest word":             {strings.Repeat("a", 24), strings.Repeat("a", 24)},
		"twelve with a digit":          {"abcdefghijk1", mask},
		"eleven with a digit":          {"abcdefghij1", "abcdefghij1"},
		"control characters":           {"a\x1b[31mb \x00c", "a[31mb c"},
		"marks that turn text round":   {"a\u202eb", "ab"},
		"invalid UTF-8":                {"a\xffb", "a?b"},
		"hidden between its own parts": {"abcdef\u200bghijk1", mask},
		"nothing":                      {" \n ", ""},
	} {
		t.Run(name, func(t *testing.T) { assert.Equal(t, tt.want, finding.Prose(tt.in)) })
	}
	assert.Equal(t, 200, utf8.RuneCountInString(finding.Prose(strings.Repeat("é ", 300))))
}

func FuzzProse(f *testing.F) {
	f.Add("a reason, see #1")
	f.Add("\xff\u2028\x1b[0m " + strings.Repeat("Q7", 20))
	f.Fuzz(func(t *testing.T, in string) {
		out := finding.Prose(in)
		require.True(t, utf8.ValidString(out))
		require.LessOrEqual(t, utf8.RuneCountInString(out), 200)
		for _, r := range out {
			require.True(t, unicode.IsPrint(r), "%q", out)
		}
		for word := range strings.FieldsSeq(out) {
			n := utf8.RuneCountInString(word)
			require.LessOrEqual(t, n, 24)
			if strings.ContainsFunc(word, unicode.IsDigit) {
				require.Less(t, n, 12, "%q", word)
			}
		}
	})
}
