package gitleaks

import (
	"bytes"
	"context"
	"fmt"
	"slices"
	"strings"

	"github.com/forewarden/forewarden/internal/controls/secretscan/intent"
	"github.com/forewarden/forewarden/internal/git"
	"github.com/forewarden/forewarden/internal/scope"
)

// assembledOrigin is the origin of a key that a change brought in pieces.
const assembledOrigin git.Origin = "assembled"

// assembled looks for private keys that no single addition of a change holds: its first and last line may come in one
// commit, or be there before, and what is between them in another. paths are the files that the change touched.
func (l *look) assembled(ctx context.Context, repository *git.Repository, paths map[string]bool) error {
	if l.scope.Kind != scope.Change || l.scope.Head == "" {
		return nil
	}
	entries, err := repository.Tree(ctx, l.scope.Head)
	if err != nil {
		return err
	}
	path := map[string]string{} // of a blob
	var ids []string
	for _, e := range entries {
		if strings.HasPrefix(e.Mode, "100") && paths[e.Path] && path[e.ID] == "" {
			path[e.ID] = e.Path
			ids = append(ids, e.ID)
		}
	}
	seen := map[string]bool{}
	for _, s := range l.sightings {
		seen[s.Digest] = true
	}
	return repository.Blobs(ctx, ids, l.maxBytes, func(b git.Blob) error {
		if !bytes.Contains(b.Content, []byte("PRIVATE KEY")) {
			return nil
		}
		now, err := l.keys(ctx, b.Content, path[b.ID])
		if err != nil {
			return err
		}
		var before []sighting
		if slices.ContainsFunc(now, func(s sighting) bool { return !seen[s.Digest] }) {
			if before, err = l.keysBefore(ctx, path[b.ID]); err != nil {
				return err
			}
		}
		now = slices.DeleteFunc(now, func(s sighting) bool {
			return seen[s.Digest] || slices.ContainsFunc(before, func(old sighting) bool { return old.Digest == s.Digest })
		})
		for i := range now {
			now[i].Location.Commit = l.scope.Head
		}
		l.keep(now, assembledOrigin, b.Content[:min(len(b.Content), 2048)], nil)
		return nil
	})
}

// keys are the private keys of a file.
func (l *look) keys(ctx context.Context, content []byte, path string) ([]sighting, error) {
	text, _, ok := git.Text(content)
	if !ok {
		return nil, nil
	}
	found, err := l.detector.scan(ctx, text, path, "", 1)
	return slices.DeleteFunc(found, func(s sighting) bool { return s.Kind != intent.PrivateKey || s.source == "" }), err
}

func (l *look) keysBefore(ctx context.Context, path string) ([]sighting, error) {
	content, err := readSetting(l.scope.Settings, path)
	if err != nil {
		return nil, fmt.Errorf("looking whether a key was there before: %w", err)
	}
	return l.keys(ctx, []byte(content), path)
}
