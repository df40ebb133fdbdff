package gitleaks

import (
	"context"
	"fmt"
	"regexp"
	"slices"
	"strings"

	"github.com/forewarden/forewarden/internal/controls/secretscan/intent"
	"github.com/forewarden/forewarden/internal/git"
	"github.com/forewarden/forewarden/internal/scope"
)

// The origins of what no single addition of a change holds.
const (
	renamedOrigin   = git.Renamed
	assembledOrigin = git.Origin("assembled")
)

// A swept is a file as the change leaves it that is looked at once more.
type swept struct {
	path string
	keys bool // for private keys alone: its other content was seen as it came
}

// sweep looks at files as a change leaves them where its additions do not tell everything: a file that came to its
// path by a move, in a commit or in a merge, out of where less is looked at or counts; and a private key of which the
// first and last line came apart from what is between them. created are the paths that an addition brought whole.
func (l *look) sweep(ctx context.Context, repository *git.Repository, created map[string]bool) error {
	if l.scope.Kind != scope.Change || l.scope.Head == "" {
		return nil
	}
	before, fork, err := l.before(ctx, repository)
	if err != nil {
		return err
	}
	entries, err := repository.Tree(ctx, l.scope.Head)
	if err != nil {
		return err
	}
	files := map[string][]swept{}
	var ids []string
	for _, e := range entries {
		if !strings.HasPrefix(e.Mode, "100") || before[e.Path] == e.ID || !l.inScope(e.Path) || l.detector.leftOut(e.Path) {
			continue
		}
		_, old := before[e.Path]
		if files[e.ID] == nil {
			ids = append(ids, e.ID)
		}
		files[e.ID] = append(files[e.ID], swept{path: e.Path, keys: old || created[e.Path]})
	}
	var found []sighting
	err = repository.Blobs(ctx, ids, l.maxBytes, func(b git.Blob) error {
		for _, f := range files[b.ID] {
			more, err := l.sweepFile(ctx, b.Content, f)
			if err != nil {
				return err
			}
			found = append(found, more...)
		}
		return nil
	})
	if err != nil || len(found) == 0 {
		return err
	}
	return l.keepSwept(ctx, repository, fork, found)
}

// before is the tree that the change started from, by path, and its commit; empty where it started from nothing.
func (l *look) before(ctx context.Context, repository *git.Repository) (tree map[string]string, fork string, err error) {
	tree = map[string]string{}
	if l.scope.Base == "" {
		return tree, "", nil
	}
	if fork, err = repository.MergeBase(ctx, l.scope.Base, l.scope.Head); err != nil || fork == "" {
		return tree, "", err
	}
	entries, err := repository.Tree(ctx, fork)
	for _, e := range entries {
		tree[e.Path] = e.ID
	}
	return tree, fork, err
}

func (l *look) inScope(path string) bool {
	return l.scope.Under == "" || path == l.scope.Under || strings.HasPrefix(path, l.scope.Under+"/")
}

// mentionsKey tells a file that may hold a private key.
var mentionsKey = regexp.MustCompile(`(?i)PRIVATE KEY`)

// sweepFile lists what a file holds that was not seen at its path, nor at one where as much counts.
func (l *look) sweepFile(ctx context.Context, content []byte, f swept) ([]sighting, error) {
	var views []string
	if text, _, ok := git.Text(content); ok {
		views = append(views, text)
	}
	if slices.Contains(content, 0) {
		if text, ok := git.TextWithNULs(content); ok {
			views = append(views, text)
		}
	}
	var fresh []sighting
	for _, text := range views {
		if f.keys && !mentionsKey.MatchString(text) {
			continue
		}
		found, err := l.detector.scan(ctx, text, f.path, "", 1)
		if err != nil {
			return nil, err
		}
		for _, s := range found {
			if f.keys && s.Kind != intent.PrivateKey || s.source == "" || l.covered(s, fresh) || l.covered(s, l.sightings) {
				continue
			}
			s.Location.Commit = l.scope.Head
			s.Origin = string(renamedOrigin)
			if f.keys {
				s.Origin = string(assembledOrigin)
			}
			fresh = append(fresh, s)
		}
	}
	return fresh, nil
}

// covered says whether one of the sightings is of the same credential where as much counts.
func (l *look) covered(s sighting, by []sighting) bool {
	return slices.ContainsFunc(by, func(o sighting) bool {
		return o.Digest == s.Digest && o.Rule == s.Rule && (o.Location.Path == s.Location.Path || !l.giveUp(o.Location.Path, s.Location.Path))
	})
}

// keepSwept keeps what was not there before the change, where as much counts.
func (l *look) keepSwept(ctx context.Context, repository *git.Repository, fork string, found []sighting) error {
	groups := map[string][]int{}
	for i, s := range found {
		if literal := s.literal(); len(literal) >= keyBytes {
			groups[literal] = append(groups[literal], i)
		}
	}
	copies := map[string]copiesAt{}
	if fork != "" && len(groups) > 0 {
		var err error
		if copies, _, err = l.copies(ctx, repository, fork, groups); err != nil {
			return fmt.Errorf("looking what was there before: %w", err)
		}
	}
	for _, s := range found {
		was := slices.ContainsFunc(copies[s.literal()], func(c copyAt) bool {
			return c.path == s.Location.Path || !l.giveUp(c.path, s.Location.Path)
		})
		if !was {
			l.keep([]sighting{s}, git.Origin(s.Origin), nil, nil)
		}
	}
	return nil
}
