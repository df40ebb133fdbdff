package report

import (
	"bytes"
	"fmt"
	"regexp"
	"strconv"
	"strings"
	"unicode"
	"unicode/utf8"
)

// printable makes s safe to show in a terminal and in a workflow log. Whatever could move the cursor, reorder text
// or end the line is written as in strconv.Quote, and so is the sign that opens a runner's old commands, which it
// obeys anywhere in a line.
func printable(s string) string {
	s = strings.ReplaceAll(s, "##[", `##\x5b`)
	if utf8.ValidString(s) && strings.IndexFunc(s, unprintable) < 0 {
		return s
	}
	var b strings.Builder
	for len(s) > 0 {
		r, n := utf8.DecodeRuneInString(s)
		switch {
		case r == utf8.RuneError && n == 1:
			fmt.Fprintf(&b, `\x%02x`, s[0])
		case unprintable(r):
			b.WriteString(strings.Trim(strconv.QuoteRune(r), "'"))
		default:
			b.WriteRune(r)
		}
		s = s[n:]
	}
	return b.String()
}

// Safe makes text of several lines safe to show in a terminal and in a workflow log.
func Safe(text string) string {
	var b strings.Builder
	for line := range strings.Lines(text) {
		content, ended := strings.CutSuffix(line, "\n")
		b.WriteString(printable(content))
		if ended {
			b.WriteByte('\n')
		}
	}
	return string(guardCommands([]byte(b.String())))
}

func unprintable(r rune) bool { return !unicode.IsPrint(r) }

// prose is a message on one line: its white space is folded, and then it is made printable.
func prose(s string) string { return printable(strings.Join(strings.Fields(s), " ")) }

// guardCommands keeps a line of text from being a workflow command, which a runner takes from any line that starts
// with two colons, also after spaces. It runs over the finished text because wrapping makes new line starts.
func guardCommands(text []byte) []byte {
	lines := bytes.SplitAfter(text, []byte("\n"))
	for i, line := range lines {
		trimmed := bytes.TrimLeft(line, " ")
		if bytes.HasPrefix(trimmed, []byte("::")) {
			indent := string(line[:len(line)-len(trimmed)])
			lines[i] = []byte(indent + `\x3a` + string(trimmed[1:]))
		}
	}
	return bytes.Join(lines, nil)
}

// breakLink stands inside what GitHub would make a link or a mention of. A backslash or a character reference is not
// enough there, because both look at the rendered text; a comment keeps the halves apart and copies as nothing.
const breakLink = "<!-- -->"

// markdown makes s plain text in a table cell, a list item or a paragraph of GitHub's Markdown: no markup, no HTML,
// no link, no mention, no issue reference, no formula, no second line.
func markdown(s string) string {
	s = printable(s)
	var b strings.Builder
	for i, r := range s {
		rest := s[i+utf8.RuneLen(r):]
		switch {
		case strings.ContainsRune("\\|`<>&$", r), i == 0 && strings.ContainsRune(" -+#=", r), opensList(s[:i], r):
			fmt.Fprintf(&b, "&#%d;", r)
		case strings.ContainsRune("*_[]~", r):
			b.WriteByte('\\')
			b.WriteRune(r)
		case r == '@', r == ':' && strings.HasPrefix(rest, "//"), r == '#' && startsWithDigit(rest):
			b.WriteRune(r)
			b.WriteString(breakLink)
		case r == '.' && endsWithFold(s[:i], "www"), r == '-' && startsWithDigit(rest) && endsWithFold(s[:i], "gh"):
			b.WriteString(breakLink)
			b.WriteRune(r)
		default:
			b.WriteRune(r)
		}
	}
	return b.String()
}

// opensList says that r makes an ordered list of the digits that start a text.
func opensList(before string, r rune) bool {
	return (r == '.' || r == ')') && before != "" && strings.Trim(before, "0123456789") == ""
}

func startsWithDigit(s string) bool { return s != "" && s[0] >= '0' && s[0] <= '9' }

func endsWithFold(s, suffix string) bool {
	return len(s) >= len(suffix) && strings.EqualFold(s[len(s)-len(suffix):], suffix)
}

// markdownProse is a message as Markdown, cut where it would fill a page.
func markdownProse(s string) string {
	return markdown(cut(strings.Join(strings.Fields(s), " "), 1000))
}

// cut shortens s to at most limit code points.
func cut(s string, limit int) string {
	if utf8.RuneCountInString(s) <= limit {
		return s
	}
	return string([]rune(s)[:limit-1]) + "…"
}

// relativeURI percent-encodes a repository-relative path as RFC 3986 wants it for a relative reference: a colon too,
// which would make a scheme of the first segment.
func relativeURI(path string) string {
	var b strings.Builder
	for _, c := range []byte(strings.TrimLeft(path, "/")) {
		switch {
		case c >= 'a' && c <= 'z', c >= 'A' && c <= 'Z', c >= '0' && c <= '9', strings.IndexByte("-._~/", c) >= 0:
			b.WriteByte(c)
		default:
			fmt.Fprintf(&b, "%%%02X", c)
		}
	}
	return b.String()
}

var webURL = regexp.MustCompile(`^https://[A-Za-z0-9.-]+(:[0-9]+)?(/[A-Za-z0-9._~/%#?=&+,@:-]*)?$`)

// isWebURL says that url is a plain https address, without any sign that could end a link in Markdown.
func isWebURL(url string) bool { return len(url) <= 1000 && webURL.MatchString(url) }
