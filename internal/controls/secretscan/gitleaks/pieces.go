package gitleaks

import (
	"context"
	"strings"
	"unicode/utf8"
)

// Long texts are looked into piece by piece: the library's memory and time grow faster than the text. Pieces overlap,
// so that what lies across a border is seen whole in one of them.
const (
	pieceBytes   = 1 << 20
	overlapBytes = 64 << 10
)

// A piece is a part of a text: its first line's number, from 1, and how many code points of that line come before.
type piece struct {
	text   string
	line   int
	before int
}

// column is the column in the file of a byte offset within the piece.
func (p piece) column(lines lineIndex, offset int) int {
	c := lines.column(offset)
	if lines.line(offset) == 0 {
		c += p.before
	}
	return c
}

// pieces looks into a long text. A sighting in the overlap of two pieces is the second one's, unless the first saw it
// from further left.
func (d *detector) pieces(ctx context.Context, p piece, path, commit string) ([]sighting, error) {
	type key struct {
		rule, digest string
		line, column int
	}
	seen := map[key]bool{}
	var all []sighting
	text := p.text
	for at := 0; at < len(text); {
		end := min(at+pieceBytes, len(text))
		p.text = text[at:end]
		found, err := d.piece(ctx, p, path, commit)
		if err != nil {
			return nil, err
		}
		step := len(p.text)
		if end < len(text) {
			step = border(p.text)
		}
		for _, s := range found {
			k := key{s.Rule, s.Digest, s.Location.EndLine, s.Location.EndColumn}
			if s.start < step && !seen[k] {
				seen[k] = true
				all = append(all, s)
			}
		}
		p = p.after(step)
		at += step
	}
	return all, nil
}

// border is where the next piece begins: at a line, if one begins in the overlap, else between two characters.
func border(text string) int {
	step := len(text) - overlapBytes
	if i := strings.IndexByte(text[step:], '\n'); i >= 0 && i < overlapBytes/2 {
		return step + i + 1
	}
	for back := range utf8.UTFMax {
		if utf8.RuneStart(text[step-back]) {
			return step - back
		}
	}
	return step // no text at all
}

// after is the piece that begins n bytes further; its text is set by the caller.
func (p piece) after(n int) piece {
	skipped := p.text[:n]
	if i := strings.LastIndexByte(skipped, '\n'); i >= 0 {
		return piece{line: p.line + strings.Count(skipped, "\n"), before: utf8.RuneCountInString(skipped[i+1:])}
	}
	return piece{line: p.line, before: p.before + utf8.RuneCountInString(skipped)}
}
