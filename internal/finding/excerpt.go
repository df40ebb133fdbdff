package finding

import (
	"strings"
	"unicode"
	"unicode/utf8"
)

// An Excerpt is a source line with the place marked and everything that could be a secret masked. Its text can
// only be made by NewExcerpt, so no caller can put an unmasked line into a finding.
type Excerpt struct {
	text          string
	column, width int
}

const (
	excerptBefore = 60 // code points shown left of the place
	excerptMask   = "********"
	longWord      = 24 // a word this long is not an identifier that a reader needs
)

// NewExcerpt masks line, whose place [start, end) is given in code points from 1. Left of the place, words stay
// readable unless they could be part of a secret; the place becomes eight asterisks, whatever its length; nothing
// right of it is shown.
func NewExcerpt(line string, start, end int) Excerpt {
	runes := []rune(line) // an invalid byte is one code point, as it is where places are counted
	start = min(max(start-1, 0), len(runes))
	if end-1 <= start && start >= len(runes) {
		return Excerpt{}
	}
	from := max(0, start-excerptBefore)
	left := maskWords(string(runes[from:start]), from > 0)
	left = strings.TrimLeft(left, " ")
	if from > 0 {
		left = "…" + left
	}
	text := left + excerptMask
	if end-1 < len(runes) {
		text += "…"
	}
	return Excerpt{text: text, column: utf8.RuneCountInString(left) + 1, width: len(excerptMask)}
}

// String is the masked line, on one line and without control characters.
func (e Excerpt) String() string { return e.text }

// Place is the marked place in String: the column from 1 and the width, both in code points.
func (e Excerpt) Place() (column, width int) { return e.column, e.width }

// maskWords masks every word that could be part of a secret: one with a digit, one longer than an identifier, one
// that mixes a sign of base64 into letters, and a first word that the excerpt cut. Control characters become
// spaces.
func maskWords(s string, cut bool) string {
	var b strings.Builder
	word := make([]rune, 0, len(s))
	first := true
	flush := func() {
		if len(word) == 0 {
			return
		}
		if suspicious(word) || (first && cut) {
			b.WriteString(excerptMask)
		} else {
			b.WriteString(string(word))
		}
		word, first = word[:0], false
	}
	for _, r := range s {
		if isWordRune(r) {
			word = append(word, r)
			continue
		}
		flush()
		first = false
		switch {
		case r == utf8.RuneError:
			r = '?'
		case unicode.IsControl(r) || !unicode.IsPrint(r):
			r = ' '
		}
		b.WriteRune(r)
	}
	flush()
	return b.String()
}

func isWordRune(r rune) bool {
	return unicode.IsLetter(r) || unicode.IsDigit(r) || strings.ContainsRune("_-+/.~%!*$#^", r)
}

// isShouting tells a random run of letters from a name: at least twelve letters without a break, of which a third and
// at least four are capitals. AWS_SECRET_ACCESS_KEY and getServiceAccountToken are names.
func isShouting(word string) bool {
	for part := range strings.FieldsFuncSeq(word, func(r rune) bool { return r == '_' || r == '-' || r == '.' }) {
		letters, capitals := 0, 0
		for _, r := range part {
			if unicode.IsLetter(r) {
				letters++
			}
			if unicode.IsUpper(r) {
				capitals++
			}
		}
		if letters >= proseWord && capitals >= 4 && 3*capitals >= letters {
			return true
		}
	}
	return false
}

func suspicious(word []rune) bool {
	if len(word) > longWord || isShouting(string(word)) {
		return true
	}
	for _, r := range word {
		if unicode.IsDigit(r) || strings.ContainsRune("+/~%!*$#^", r) && len(word) > 2 {
			return true
		}
	}
	return false
}

const (
	proseWord  = 12 // a word of prose that is this long and holds a digit is masked
	proseLimit = 200
)

// Prose is text that somebody wrote into a source file, a reason say, made fit for a message: one line of at most
// 200 code points without control characters, and every word that could be a secret masked.
func Prose(s string) string {
	s = strings.Map(func(r rune) rune {
		switch {
		case unicode.IsSpace(r):
			return ' '
		case !unicode.IsPrint(r):
			return -1
		}
		return r
	}, strings.ToValidUTF8(s, "?"))
	words := strings.Fields(s)
	for i, word := range words {
		n := utf8.RuneCountInString(word)
		switch {
		case n > longWord, n >= proseWord && strings.ContainsFunc(word, unicode.IsDigit), isShouting(word),
			n > 2 && strings.Trim(word, "*") == "": // masked already: its length is nobody's business
			words[i] = excerptMask
		}
	}
	runes := []rune(strings.Join(words, " "))
	return string(runes[:min(len(runes), proseLimit)])
}
