package policy

import (
	"fmt"
	"strings"
	"unicode"
	"unicode/utf8"
)

const (
	quotedRunes   = 24 // longer words are not repeated in a message
	suggestedLong = 64 // bytes; longer words are no misspelling of ours
)

// quote repeats an offending word if it can only be a word: small letters, hyphens, and few digits and capitals.
// Anything else could be a secret in a wrong place, of which a message tells the length alone.
func quote(word string) string {
	digits, capitals, others := 0, 0, 0
	for _, r := range word {
		switch {
		case r >= '0' && r <= '9':
			digits++
		case unicode.IsUpper(r):
			capitals++
		case !unicode.IsLetter(r) && r != '-' && r != '_':
			others++
		}
	}
	if n := utf8.RuneCountInString(word); n == 0 || n > quotedRunes || digits > 2 || capitals > 2 || others > 0 {
		return fmt.Sprintf("(a text of %d characters)", n)
	}
	return fmt.Sprintf("%q", word)
}

// hint says which of the words a writer probably meant; where none is near, it lists them.
func hint(word string, words []string) string {
	if best := closest(word, words); best != "" {
		return fmt.Sprintf(" (did you mean %q?)", best)
	}
	if len(words) == 0 {
		return ""
	}
	return " (want one of " + strings.Join(words, ", ") + ")"
}

// closest is the first of the nearest words that is at most two edits away, ignoring case, or "".
func closest(word string, words []string) string {
	if len(word) > suggestedLong {
		return ""
	}
	best, least := "", 3
	for _, w := range words {
		d := distance(strings.ToLower(word), strings.ToLower(w))
		if d < least && 2*d <= max(len(word), len(w)) {
			best, least = w, d
		}
	}
	return best
}

// distance counts the edits from a to b: insert, remove, replace, or swap two neighbours (optimal string alignment).
func distance(a, b string) int {
	s, t := []rune(a), []rune(b)
	rows := make([][]int, len(s)+1)
	for i := range rows {
		rows[i] = make([]int, len(t)+1)
		rows[i][0] = i
	}
	for j := range rows[0] {
		rows[0][j] = j
	}
	for i := 1; i <= len(s); i++ {
		for j := 1; j <= len(t); j++ {
			cost := 1
			if s[i-1] == t[j-1] {
				cost = 0
			}
			d := min(rows[i-1][j]+1, rows[i][j-1]+1, rows[i-1][j-1]+cost)
			if i > 1 && j > 1 && s[i-1] == t[j-2] && s[i-2] == t[j-1] {
				d = min(d, rows[i-2][j-2]+1)
			}
			rows[i][j] = d
		}
	}
	return rows[len(s)][len(t)]
}

// Suggest is the word that a writer of word probably meant, "" where none is near.
func Suggest(word string, words []string) string { return closest(word, words) }

// Section is what the document alone says of a control, whoever is allowed to say it.
func (d *Document) Section(control string) Control {
	var c Control
	for _, s := range d.controls {
		if s.id == control {
			c.params = append(c.params, s.params)
			if s.engine != nil {
				c.Engine = s.engine.origin()
			}
		}
	}
	return c
}
