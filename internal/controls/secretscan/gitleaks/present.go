package gitleaks

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"github.com/forewarden/forewarden/internal/controls/secretscan/intent"
	"github.com/forewarden/forewarden/internal/git"
	"github.com/forewarden/forewarden/internal/scope"
)

// present finds out which sightings are still in the files where the scope ends, wherever they moved, and which of
// them an allow comment there accepts. In a change, such a comment counts for the commits before it, so that a
// sighting can be accepted with one more commit and without rewriting any.
func (l *look) present(ctx context.Context, repository *git.Repository) error {
	head := l.scope.Head
	if len(l.sightings) == 0 || head == "" {
		return nil
	}
	groups := map[string][]int{}
	for i, s := range l.sightings {
		if literal := s.literal(); len(literal) >= keyBytes {
			groups[literal] = append(groups[literal], i)
		}
	}
	if len(groups) == 0 {
		return nil
	}
	copies, whole, err := l.copies(ctx, repository, head, groups)
	if err != nil {
		return fmt.Errorf("looking whether sightings are still there: %w", err)
	}
	for literal, members := range groups {
		found := copies[literal]
		allows := map[string]intent.Allow{} // by what was matched: of the same match there are often many
		for _, i := range members {
			s := &l.sightings[i]
			if len(found) > 0 || whole {
				s.StillPresent = fmt.Sprint(len(found) > 0)
			}
			s.HeadPath, s.HeadLine = found.place(*s)
			accepted, known := allows[s.source]
			if !known {
				accepted = found.allow(*s)
				allows[s.source] = accepted
			}
			if s.Allow.Marker == "" && l.scope.Kind == scope.Change && accepted.Marker != "" {
				s.Allow, s.Allow.AtHead = accepted, true
			}
		}
	}
	return nil
}

// copiesAt are the places at the scope's end that hold a literal.
type copiesAt []copyAt

// A copyAt is one of them: the text of the file around it.
type copyAt struct {
	path   string
	file   *allowIndex
	offset int
}

// allow is the comment that accepts sighting s: each copy needs one, for a copy that nobody accepted is enough to
// leak.
func (c copiesAt) allow(s sighting) (a intent.Allow) {
	lines := strings.Count(s.source, "\n")
	for _, at := range c {
		first := at.firstLine(s)
		if a = at.file.in(first, first+lines); a.Marker == "" {
			return intent.Allow{}
		}
	}
	return a
}

// place is where a sighting stands now: in its own file if it is still there, else in the first by name.
func (c copiesAt) place(s sighting) (path string, line int) {
	best := -1
	for i, at := range c {
		if at.path == s.Location.Path {
			best = i
			break
		}
		if best < 0 || at.path < c[best].path {
			best = i
		}
	}
	if best < 0 {
		return "", 0
	}
	return c[best].path, c[best].firstLine(s) + 1
}

// firstLine is the number of the line, from 0, on which sighting s starts at this copy.
func (c copyAt) firstLine(s sighting) int {
	first := c.file.lines.line(c.offset)
	if before, _, ok := strings.Cut(s.source, s.literal()); ok {
		first -= strings.Count(before, "\n")
	}
	return max(first, 0)
}

// searched is a file that holds literals, which are masked in it.
func searched(text string, matches []literalMatch) *allowIndex {
	spans := make([]sighting, len(matches))
	for i, m := range matches {
		spans[i] = sighting{from: m.offset, to: m.offset + len(m.literal)}
	}
	return &allowIndex{lines: newLineIndex(text).masked(spans), known: map[int]marker{}}
}

// copies looks for literals in every file of a commit. whole is false where a file is too large to be looked into, so
// that a literal which is nowhere may be there all the same.
func (l *look) copies(ctx context.Context, repository *git.Repository, head string, groups map[string][]int) (copies map[string]copiesAt, whole bool, err error) {
	entries, err := repository.Tree(ctx, head)
	if err != nil {
		return nil, false, err
	}
	var ids []string
	paths := map[string][]string{}
	for _, e := range entries {
		if !strings.HasPrefix(e.Mode, "16") { // a submodule's commit is not here
			ids = append(ids, e.ID)
			paths[e.ID] = append(paths[e.ID], e.Path)
		}
	}
	slices.Sort(ids)
	search := newLiteralSearch(groups)
	copies, whole = map[string]copiesAt{}, true
	err = repository.Blobs(ctx, slices.Compact(ids), l.maxBytes, func(b git.Blob) error {
		if err := ctx.Err(); err != nil {
			return err
		}
		whole = whole && (b.Content != nil || b.Size == 0)
		text := string(b.Content)
		if decoded, _, ok := git.Text(b.Content); ok {
			text = decoded
		}
		matches := search.in(text)
		if len(matches) == 0 {
			return nil
		}
		file := searched(text, matches)
		for _, m := range matches {
			for _, path := range paths[b.ID] {
				copies[m.literal] = append(copies[m.literal], copyAt{path: path, file: file, offset: m.offset})
			}
		}
		return nil
	})
	return copies, whole, err
}
