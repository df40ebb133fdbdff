package gitleaks

import (
	"encoding/binary"
	"slices"
	"strings"
)

const (
	// keyBytes is the shortest text by which a sighting is looked for in other files.
	keyBytes = 8
	// literalBytes is the longest: no more is needed to tell one credential from another.
	literalBytes = 256
)

// literal is a piece of a sighting's source by which it is found again: the credential's longest line, or the source's
// where the credential was encoded or is short.
func (s sighting) literal() string {
	text := s.secret
	if s.Encoding != "" || len(text) < keyBytes || !strings.Contains(s.source, text) {
		text = s.source
	}
	longest := ""
	for line := range strings.SplitSeq(text, "\n") {
		if len(line) > len(longest) {
			longest = line
		}
	}
	longest = strings.TrimRight(longest, "\r")
	return longest[:min(len(longest), literalBytes)]
}

// A literalSearch finds many texts in one pass: a table of their last eight bytes, behind a filter that lets little
// else through. Memory is a few words per text, whatever its length. The last bytes of a credential tell more than
// the first, which are the same for many.
type literalSearch struct {
	filter [1 << 16 / 64]uint64
	byKey  map[uint64][]string
}

func newLiteralSearch(groups map[string][]int) *literalSearch {
	s := &literalSearch{byKey: make(map[uint64][]string, len(groups))}
	for literal := range groups {
		key := binary.LittleEndian.Uint64([]byte(literal[len(literal)-keyBytes:]))
		s.byKey[key] = append(s.byKey[key], literal)
		h := hash(key)
		s.filter[h/64] |= 1 << (h % 64)
	}
	return s
}

// hash spreads a key over 16 bits (Fibonacci hashing).
func hash(key uint64) uint64 { return key * 0x9e3779b97f4a7c15 >> 48 }

type literalMatch struct {
	literal string
	offset  int
}

// in lists where the literals stand in a text, by offset and literal.
func (s *literalSearch) in(text string) []literalMatch {
	var matches []literalMatch
	var key uint64
	for i := range len(text) {
		key = key>>8 | uint64(text[i])<<56
		h := hash(key)
		if i+1 < keyBytes || s.filter[h/64]&(1<<(h%64)) == 0 {
			continue
		}
		for _, literal := range s.byKey[key] {
			if strings.HasSuffix(text[:i+1], literal) {
				matches = append(matches, literalMatch{literal, i + 1 - len(literal)})
			}
		}
	}
	slices.SortFunc(matches, func(a, b literalMatch) int {
		if a.offset != b.offset {
			return a.offset - b.offset
		}
		return strings.Compare(a.literal, b.literal)
	})
	return matches
}
