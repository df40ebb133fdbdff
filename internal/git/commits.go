package git

import (
	"context"
	"fmt"
	"strings"
)

// A Range is a set of commits: those that Head reaches and Base does not. With All it is every commit of every
// reference, and the ends do not count.
type Range struct {
	Base, Head string
	All        bool
}

// A ShallowError means that a range reaches a commit whose parents were never fetched: what it added cannot be
// told from what was there before.
type ShallowError struct{ Commit string }

func (e *ShallowError) Error() string {
	return fmt.Sprintf("the clone is shallow: the parents of %s are missing, so what is new cannot be told from what is old; "+
		"fetch the whole history (git fetch --unshallow, or fetch-depth: 0 for actions/checkout)", e.Commit)
}

// Commits lists a range's commits, newest first. The error is a *ShallowError where the clone is too shallow for
// the range.
func (r *Repository) Commits(ctx context.Context, rng Range) ([]string, error) {
	args := []string{"rev-list", "--all"}
	if !rng.All {
		args = []string{"rev-list", "--end-of-options", rng.Head}
		if rng.Base != "" {
			args = append(args, "^"+rng.Base)
		}
	}
	out, err := r.output(ctx, append(args, "--")...)
	if err != nil {
		return nil, fmt.Errorf("listing the commits: %w", err)
	}
	ids := strings.Fields(string(out))
	for _, id := range ids {
		if r.shallow[id] {
			return nil, &ShallowError{Commit: id}
		}
	}
	if !rng.All && rng.Base != "" && len(r.shallow) > 0 {
		err = r.baseReaches(ctx, rng)
	}
	return ids, err
}

// baseReaches refuses a range that goes back to the beginning while the base's history is cut off: what is missing of
// it may be just what the range takes for new.
func (r *Repository) baseReaches(ctx context.Context, rng Range) error {
	first, err := r.output(ctx, "rev-list", "--max-parents=0", "--end-of-options", rng.Head, "^"+rng.Base, "--")
	if err != nil || len(first) == 0 {
		return err
	}
	ends, err := r.output(ctx, "rev-list", "--max-parents=0", "--end-of-options", rng.Base, "--")
	if err != nil {
		return err
	}
	for id := range strings.FieldsSeq(string(ends)) {
		if r.shallow[id] {
			return &ShallowError{Commit: id}
		}
	}
	return nil
}
