package gitleaks

import (
	"sort"
	"strings"
	"unicode/utf8"

	"github.com/zricethezav/gitleaks/v8/report"
)

// A lineIndex finds lines and columns in a text. Its lines count from 0, its columns from 1 in code points.
type lineIndex struct {
	text   string
	starts []int   // byte offset of each line
	blocks []block // one per blockBytes; nil where the text is ASCII
}

// A block is the first code point that begins in a stretch of text: its byte offset, and how many come before.
type block struct{ at, runes int }

// blockBytes is how much of a text is counted anew for a column.
const blockBytes = 1024

func newLineIndex(text string) lineIndex {
	x := lineIndex{text: text, starts: []int{0}}
	for at := 0; ; {
		i := strings.IndexByte(text[at:], '\n')
		if i < 0 {
			break
		}
		at += i + 1
		x.starts = append(x.starts, at)
	}
	if strings.IndexFunc(text, func(r rune) bool { return r >= utf8.RuneSelf }) < 0 {
		return x
	}
	n := 0
	for i := range text {
		for len(x.blocks)*blockBytes <= i {
			x.blocks = append(x.blocks, block{i, n})
		}
		n++
	}
	return x
}

// line is the number of the line that holds a byte offset.
func (x lineIndex) line(offset int) int {
	return sort.Search(len(x.starts), func(i int) bool { return x.starts[i] > offset }) - 1
}

// bounds is the byte range of a line without its end, empty for a line that is not there.
func (x lineIndex) bounds(line int) (start, end int) {
	if line < 0 || line >= len(x.starts) {
		return 0, 0
	}
	start, end = x.starts[line], len(x.text)
	if line+1 < len(x.starts) {
		end = x.starts[line+1] - 1
	}
	if end > start && x.text[end-1] == '\r' {
		end--
	}
	return start, end
}

// at is a line's text without its end, "" for a line that is not there.
func (x lineIndex) at(line int) string {
	start, end := x.bounds(line)
	return x.text[start:end]
}

// column is the column of a byte offset within its line.
func (x lineIndex) column(offset int) int {
	return x.runes(offset) - x.runes(x.starts[x.line(offset)]) + 1
}

// runes is how many code points begin before a byte offset.
func (x lineIndex) runes(offset int) int {
	if x.blocks == nil {
		return offset
	}
	i := min(offset/blockBytes, len(x.blocks)-1)
	if i > 0 && x.blocks[i].at > offset {
		i--
	}
	return x.blocks[i].runes + utf8.RuneCountInString(x.text[x.blocks[i].at:offset])
}

// span is the byte range [start, end) of a result of the library whose first line is line. The library counts
// columns in bytes, from 1 on the first line of a text and from 2 on every other (its location.go takes the line
// break for the first column).
func (x lineIndex) span(r report.Finding, line int, decoded bool) (start, end int) {
	line = min(max(line, 0), len(x.starts)-1)
	start = x.starts[line] + x.byteColumn(r.StartColumn, line)
	start = min(max(start, 0), len(x.text))
	if !decoded {
		// The library takes line breaks off a match's ends but leaves its start where it was.
		for start < len(x.text) && x.text[start] == '\n' && !strings.HasPrefix(r.Match, "\n") {
			start++
		}
		return start, min(start+len(r.Match), len(x.text))
	}
	last := min(max(line+r.EndLine-r.StartLine, line), len(x.starts)-1)
	end = x.starts[last] + x.byteColumn(r.EndColumn+1, last)
	return start, min(max(end, start), len(x.text))
}

func (x lineIndex) byteColumn(column, line int) int {
	if line > 0 {
		column--
	}
	return max(column-1, 0)
}
