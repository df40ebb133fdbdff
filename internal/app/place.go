package app

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strings"

	"github.com/forewarden/forewarden/internal/git"
	"github.com/forewarden/forewarden/internal/policy"
	"github.com/forewarden/forewarden/internal/scope"
)

// settingLimit is the largest configuration file of a repository that is read.
const settingLimit = 16 << 20

// A place is where the check looks: a repository or a folder, and the side of it that is trusted.
type place struct {
	read   func(path string) ([]byte, error) // of the trusted side; nil where there is none
	origin string
	head   func(path string) ([]byte, error) // of the change's head; nil outside a change
	fork   func(path string) ([]byte, error) // of where the change left its base; nil where it never did
}

func (w place) settings(p *policy.Effective) scope.Settings {
	overrides := p.Overrides.Value
	return scope.Settings{
		Read: w.read, Origin: w.origin,
		Waivers: overrides != policy.OverrideNone, Loosen: overrides == policy.OverrideAll,
	}
}

// locate finds the repository and resolves the revisions into p.scope.
func (p *plan) locate(ctx context.Context) (place, error) {
	abs, err := filepath.Abs(p.options.path)
	if err == nil {
		abs, err = filepath.EvalSymlinks(abs)
	}
	if err != nil {
		return place{}, usage("the path %s cannot be used: %w", p.options.path, err)
	}
	if err := p.readEvent(abs); err != nil {
		return place{}, err
	}
	p.scope.Kind = p.options.kind
	switch {
	case p.scope.Kind == "":
		p.scope.Kind = scope.Tree
	case p.scope.Kind == scope.Change && p.options.base == "" && p.event == nil:
		return place{}, usage("--scope change needs --base REV, the revision that the change is to enter")
	case p.nothing != "":
		return place{}, nil
	}
	repository, err := git.Open(ctx, abs, p.command.Getenv)
	if errors.Is(err, git.ErrNotRepository) {
		return p.outside(abs)
	}
	if err != nil {
		return place{}, blindError{err}
	}
	p.scope.Root, p.scope.Has = repository.Root, scope.Git
	// A change and a history are the whole repository's, from whichever folder of it, unless a path is named.
	if rel, err := filepath.Rel(repository.Root, abs); err == nil && rel != "." && (p.options.pathGiven || p.scope.Kind == scope.Tree) {
		p.scope.Under = filepath.ToSlash(rel)
	}
	return p.inside(ctx, repository)
}

// outside is a folder that is in no repository, or a single file.
func (p *plan) outside(abs string) (place, error) {
	p.scope.Root = abs
	if info, err := os.Stat(abs); err == nil && !info.IsDir() {
		p.scope.Root, p.scope.Under = filepath.Dir(abs), filepath.Base(abs)
	}
	if p.scope.Kind != scope.Tree {
		return place{}, blindError{fmt.Errorf("%s is not in a git repository, and only --scope tree does without one", p.options.path)}
	}
	return place{read: folder(p.scope.Root), origin: "in this folder"}, nil
}

func (p *plan) inside(ctx context.Context, repository *git.Repository) (place, error) {
	commitFile := func(commit string) func(string) ([]byte, error) {
		return func(path string) ([]byte, error) { return repository.File(ctx, commit, path, settingLimit) }
	}
	head, err := repository.Head(ctx)
	if p.options.head != "" {
		head, err = repository.Resolve(ctx, p.options.head)
	}
	if err != nil {
		return place{}, blindError{err}
	}
	p.scope.Head = head
	switch {
	case p.scope.Kind == scope.Change:
		base, head, err := p.ends(ctx, repository, head)
		if err != nil {
			return place{}, blindError{err}
		}
		p.scope.Base, p.scope.Head = base, head
		if base == "" {
			return place{head: commitFile(head)}, nil
		}
		w := place{read: commitFile(base), head: commitFile(head), origin: "at the base " + base[:12]}
		fork, err := repository.MergeBase(ctx, base, head)
		if err != nil {
			return place{}, blindError{err}
		}
		if fork != "" {
			w.fork = commitFile(fork)
		}
		return w, nil
	case p.event != nil && p.scope.Kind == scope.History:
		if err := repository.Complete(ctx, git.Range{All: true}, p.command.Getenv); err != nil {
			return place{}, blindError{err}
		}
	}
	switch {
	case !repository.Bare:
		return place{read: folder(repository.Root), origin: "in the work tree"}, nil
	case head != "":
		return place{read: commitFile(head), origin: "at HEAD"}, nil
	}
	return place{}, nil
}

// ends are the commits at both ends of the change.
func (p *plan) ends(ctx context.Context, repository *git.Repository, head string) (base, _ string, err error) {
	if p.event != nil {
		return p.eventRange(ctx, repository)
	}
	base, err = repository.Resolve(ctx, p.options.base)
	if err == nil && head == "" {
		err = errors.New("the repository has no commits yet")
	}
	return base, head, err
}

// folder reads regular files below a folder; a symbolic link cannot lead out of it.
func folder(root string) func(string) ([]byte, error) {
	return func(path string) ([]byte, error) {
		r, err := os.OpenRoot(root)
		if err != nil {
			return nil, err
		}
		defer func() { _ = r.Close() }()
		info, err := r.Lstat(filepath.FromSlash(path))
		if err != nil {
			return nil, err
		}
		if !info.Mode().IsRegular() {
			return nil, fmt.Errorf("%s: %w", path, git.ErrNotRegular)
		}
		f, err := r.Open(filepath.FromSlash(path))
		if err != nil {
			return nil, err
		}
		defer func() { _ = f.Close() }()
		data, err := io.ReadAll(io.LimitReader(f, settingLimit+1))
		if err == nil && len(data) > settingLimit {
			err = fmt.Errorf("%s has more than %d bytes", path, settingLimit)
		}
		return data, err
	}
}

// readOptional is a file that need not be there, nil where it is not.
func readOptional(read func(string) ([]byte, error), path string) ([]byte, error) {
	if read == nil {
		return nil, nil
	}
	data, err := read(path)
	if errors.Is(err, fs.ErrNotExist) || errors.Is(err, fs.ErrInvalid) || err != nil && strings.Contains(err.Error(), "not a directory") {
		return nil, nil
	}
	return data, err
}
