package gitleaks

import (
	"context"
	"fmt"

	"github.com/forewarden/forewarden/internal/git"
	"github.com/forewarden/forewarden/internal/pathclass"
	"github.com/forewarden/forewarden/internal/scope"
)

// commits looks at what each commit of the scope added. It returns how many commits that were, and why there was
// nothing to look at.
func (l *look) commits(ctx context.Context) (n int64, nothing string, err error) {
	repository, err := git.Open(ctx, l.scope.Root, l.getenv)
	if err != nil {
		return 0, "", err
	}
	rng := git.Range{Base: l.scope.Base, Head: l.scope.Head, All: l.scope.Kind == scope.History}
	ids, err := repository.Commits(ctx, rng)
	if err != nil {
		return 0, "", err
	}
	if len(ids) == 0 {
		if rng.All {
			return 0, "the repository has no commits yet", nil
		}
		return 0, "the change has no commits: everything that the head has, the base has", nil
	}
	created, err := l.additions(ctx, repository, ids)
	if err == nil {
		err = l.sweep(ctx, repository, created)
	}
	if err == nil {
		err = l.present(ctx, repository)
	}
	if err != nil {
		return l.commitsRead.Load(), "", err
	}
	return int64(len(ids)), "", nil
}

// additions looks at what commits added, and returns the paths that an addition brought whole.
func (l *look) additions(ctx context.Context, repository *git.Repository, ids []string) (map[string]bool, error) {
	workers, workCtx := pool(ctx)
	leftOut, looked, created := map[string]bool{}, map[string]bool{}, map[string]bool{}
	var done int64
	commit := ""
	options := git.Options{Under: l.scope.Under, MaxHunkBytes: l.maxBytes, Skipped: l.skips.Add, Renamed: l.giveUp}
	options.Binary = func(c *git.Commit, path string) { workers.Go(func() error { return l.name(workCtx, c, path) }) }
	err := repository.Additions(workCtx, ids, options, func(a git.Addition) error {
		if a.Commit.ID != commit {
			commit = a.Commit.ID
			done = min(done+1, int64(len(ids)))
			l.commitsRead.Store(done)
			l.scope.Report(scope.Progress{Control: "secret-scan", Done: done, Total: int64(len(ids)), Unit: "commits"})
		}
		if l.skipOnce(leftOut, a.Path) {
			return nil
		}
		created[a.Path] = created[a.Path] || a.Created
		if !looked[a.Path] {
			looked[a.Path] = true
			l.files.Add(1)
		}
		workers.Go(func() error { return l.addition(workCtx, a) })
		return workCtx.Err()
	})
	// A worker's error is the cause where both fail: it cancels the reading.
	if workErr := workers.Wait(); workErr != nil {
		return nil, workErr
	}
	return created, err
}

// giveUp says whether a move takes a file from where less is looked at, or counts, to where more is.
func (l *look) giveUp(from, to string) bool {
	if l.detector.leftOut(to) {
		return false
	}
	before, after := pathclass.Of(from, nil), pathclass.Of(to, nil)
	return l.detector.leftOut(from) ||
		before != after && (after == pathclass.Production || before == pathclass.Vendored || before == pathclass.Test)
}

// name looks at the name of a file that has no text to look into.
func (l *look) name(ctx context.Context, c *git.Commit, path string) error {
	found, err := l.detector.scan(ctx, "", path, c.ID, 1)
	l.keep(found, binaryFile, nil, c)
	return err
}

func (l *look) addition(ctx context.Context, a git.Addition) error {
	for _, hunk := range a.Hunks {
		l.bytes.Add(int64(len(hunk.Text)))
		found, err := l.detector.scan(ctx, hunk.Text, a.Path, a.Commit.ID, hunk.StartLine)
		if err != nil {
			return fmt.Errorf("commit %s: %w", a.Commit.ID, err)
		}
		var head []byte
		if hunk.StartLine == 1 {
			head = []byte(hunk.Text[:min(len(hunk.Text), 2048)])
		}
		l.keep(found, a.Origin, head, a.Commit)
	}
	return nil
}
