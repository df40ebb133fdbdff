package gitleaks

import (
	"context"
	"fmt"
	"slices"
	"strings"

	ahocorasick "github.com/BobuSumisu/aho-corasick"

	"github.com/forewarden/forewarden/internal/git"
	"github.com/forewarden/forewarden/internal/scope"
)

// shortestLiteral is the shortest text by which a sighting is looked for in other files.
const shortestLiteral = 6

// present finds out which sightings are still in the files where the scope ends, wherever they moved, and which of
// them an allow comment there accepts. In a change, such a comment counts for the commits before it, so that a
// sighting can be accepted with one more commit and without rewriting any.
func (l *look) present(ctx context.Context, repository *git.Repository) error {
	head := l.scope.Head
	if len(l.sightings) == 0 || head == "" {
		return nil
	}
	byLiteral := map[string][]int{}
	for i, s := range l.sightings {
		if literal := s.literal(); len(literal) >= shortestLiteral {
			byLiteral[literal] = append(byLiteral[literal], i)
		}
	}
	if len(byLiteral) == 0 {
		return nil
	}
	copies, err := l.copies(ctx, repository, head, byLiteral)
	if err != nil {
		return fmt.Errorf("looking whether sightings are still there: %w", err)
	}
	for literal, at := range byLiteral {
		for _, i := range at {
			s := &l.sightings[i]
			found := copies[literal]
			s.StillPresent = fmt.Sprint(len(found) > 0)
			s.HeadPath, s.HeadLine = headPlace(*s, found)
			if s.Allow.Marker != "" || l.scope.Kind != scope.Change || len(found) == 0 {
				continue
			}
			for _, c := range found {
				s.Allow = c.allow(*s)
				if s.Allow.Marker == "" {
					break // one copy that nobody accepted is enough to leak
				}
			}
			s.Allow.AtHead = s.Allow.Marker != ""
		}
	}
	return nil
}

// A copy is a place at the scope's end that holds a literal: the text of the file around it.
type copyAt struct {
	path   string
	lines  lineIndex
	offset int
}

// firstLine is the number of the line, from 0, on which sighting s starts at this copy.
func (c copyAt) firstLine(s sighting) int {
	first := c.lines.line(c.offset)
	if before, _, ok := strings.Cut(s.source, s.literal()); ok {
		first -= strings.Count(before, "\n")
	}
	return max(first, 0)
}

// headPlace is where a sighting stands now: in its own file if it is still there, else in the first by name.
func headPlace(s sighting, copies []copyAt) (path string, line int) {
	for _, c := range copies {
		better := path == "" || c.path < path
		if c.path == s.Location.Path {
			return c.path, c.firstLine(s) + 1
		}
		if better {
			path, line = c.path, c.firstLine(s)+1
		}
	}
	return path, line
}

// allow is the comment that accepts sighting s at this copy.
func (c copyAt) allow(s sighting) (a allowance) {
	first := c.firstLine(s)
	return allowIn(c.lines, first, first+strings.Count(s.source, "\n"), s.secret)
}

func (l *look) copies(ctx context.Context, repository *git.Repository, head string, literals map[string][]int) (map[string][]copyAt, error) {
	entries, err := repository.Tree(ctx, head)
	if err != nil {
		return nil, err
	}
	var ids []string
	paths := map[string][]string{}
	for _, e := range entries {
		if strings.HasPrefix(e.Mode, "100") {
			ids = append(ids, e.ID)
			paths[e.ID] = append(paths[e.ID], e.Path)
		}
	}
	slices.Sort(ids)
	var words []string
	for literal := range literals {
		words = append(words, literal)
	}
	trie := ahocorasick.NewTrieBuilder().AddStrings(words).Build()
	copies := map[string][]copyAt{}
	err = repository.Blobs(ctx, slices.Compact(ids), l.maxBytes, func(b git.Blob) error {
		text, _, ok := git.Text(b.Content)
		if !ok {
			text = string(b.Content)
		}
		matches := trie.MatchString(text)
		if len(matches) == 0 {
			return nil
		}
		lines := newLineIndex(text)
		for _, m := range matches {
			word := m.MatchString()
			for _, path := range paths[b.ID] {
				copies[word] = append(copies[word], copyAt{path: path, lines: lines, offset: int(m.Pos())})
			}
		}
		return nil
	})
	return copies, err
}
