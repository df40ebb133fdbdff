package report

import (
	"html"
	"net/url"
	"regexp"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

func TestPrintable(t *testing.T) {
	for in, want := range map[string]string{
		"plain ü 漢 \"'\\":          "plain ü 漢 \"'\\",
		"a\nb\tc\x1b[31m\x7f\x00":  `a\nb\tc\x1b[31m\x7f\x00`,
		"\u202e\u009b\u200b\ufeff": `\u202e\u009b\u200b\ufeff`,
		"\xff\ufffd":               "\\xff\ufffd",
		"##[error]":                `##\x5berror]`,
	} {
		require.Equal(t, want, printable(in))
	}
}

func TestGuardCommands(t *testing.T) {
	in := "::error::x\n  ::y\n a::b\n:z\n"
	require.Equal(t, "\\x3a:error::x\n  \\x3a:y\n a::b\n:z\n", string(guardCommands([]byte(in))))
}

func TestMarkdown(t *testing.T) {
	for in, want := range map[string]string{
		"a|b":                     "a&#124;b",
		"`x` <b> & $y$":           "&#96;x&#96; &#60;b&#62; &#38; &#36;y&#36;",
		"*a* _b_ ~c~":             `\*a\* \_b\_ \~c\~`,
		"[a](https://b.example)":  `\[a\](https:<!-- -->//b.example)`,
		"@user, www.x, #12, GH-3": `@<!-- -->user, www<!-- -->.x, #<!-- -->12, GH<!-- -->-3`,
		"1. a":                    "1&#46; a",
		"# a - b":                 "&#35; a - b",
		"a\nb":                    "a&#92;nb",
		"config/prod.yml:12":      "config/prod.yml:12",
		"  x":                     "&#32; x",
	} {
		require.Equal(t, want, markdown(in))
	}
}

var (
	reference = regexp.MustCompile(`&#[0-9]+;`)
	escaped   = regexp.MustCompile(`\\[*_\[\]~]`)
	dangerous = []*regexp.Regexp{
		regexp.MustCompile("[|`<>$*_~\\[\\]\\\\\n\r\t]"), // markup, HTML, tables, formulas, lines
		regexp.MustCompile(`@`),
		regexp.MustCompile(`://|(?i:www)\.`),
		regexp.MustCompile(`#[0-9]|(?i:gh)-[0-9]`),
		regexp.MustCompile(`^([ +=#-]|[0-9]+[.)])`), // blocks
	}
)

func FuzzMarkdown(f *testing.F) {
	for _, seed := range []string{"", "a|b", "@x", "https://x", "](y)", "1) a", "\\|", "&lt;", "<!-- -->", "www.x", "- a", "```", "\x00\xff", "#1", "gh-1", "\u2028", "~~~", "0@"} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, s string) {
		got := markdown(s)
		rest := strings.ReplaceAll(strings.ReplaceAll(got, "@"+breakLink, "\x01"), breakLink, "\x01")
		rest = escaped.ReplaceAllString(reference.ReplaceAllString(rest, "\x01"), "\x01")
		for _, d := range dangerous {
			require.NotRegexp(t, d, rest, "%q became %q", s, got)
		}
		// Nothing is lost: what a browser shows is the printable text.
		shown := regexp.MustCompile(`\\([*_\[\]~])`).ReplaceAllString(strings.ReplaceAll(got, breakLink, ""), "$1")
		require.Equal(t, printable(s), html.UnescapeString(shown))
	})
}

func FuzzPrintable(f *testing.F) {
	for _, seed := range []string{"", "a\nb", "\x1b[31m", "\u202e", "\xff", "##[x]", "\u0085"} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, s string) {
		got := printable(s)
		require.Equal(t, -1, strings.IndexFunc(got, unprintable), "%q", got)
		require.NotContains(t, got, "##[")
		require.Equal(t, got, printable(got), "a second time changes nothing")
	})
}

func TestRelativeURI(t *testing.T) {
	for in, want := range map[string]string{
		"a/b.go": "a/b.go", "a b#?%.go": "a%20b%23%3F%25.go", "ü\n": "%C3%BC%0A", "x:y": "x%3Ay", "\xff": "%FF", "//h/p": "h/p",
	} {
		require.Equal(t, want, relativeURI(in))
	}
}

func FuzzRelativeURI(f *testing.F) {
	f.Add("a b/c%#?:\xff")
	f.Fuzz(func(t *testing.T, path string) {
		u, err := url.Parse(relativeURI(path))
		require.NoError(t, err)
		require.Empty(t, u.Scheme+u.Host+u.RawQuery+u.Fragment)
		require.Equal(t, strings.TrimLeft(path, "/"), u.Path)
	})
}

func TestIsWebURL(t *testing.T) {
	for _, ok := range []string{"https://a.example", "https://a.example:8/b/c.html?x=1&y=%20#z", "https://pkg.go.dev/x@v1"} {
		require.True(t, isWebURL(ok), ok)
	}
	for _, bad := range []string{"", "http://a.example", "javascript:x", "https://a.example/)x", "https://a.example/|", "https://a.example/ x", "https://a@b.example/"} {
		require.False(t, isWebURL(bad), bad)
	}
}
