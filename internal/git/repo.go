// Package git reads a repository: ranges, commits, added lines, blobs and trees. It is isolated from the user's
// configuration, runs nothing that a repository names, and writes nothing, but to deepen a shallow clone in CI.
package git

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"

	"github.com/forewarden/forewarden/internal/process"
)

// ErrNotRepository means that a folder is in no git repository.
var ErrNotRepository = errors.New("not a git repository")

// A Repository is an opened checkout or bare repository.
type Repository struct {
	Root string // the work tree's top folder, or the bare repository
	Bare bool

	env         []string
	noIndex     string          // a file that is not there
	shallow     map[string]bool // commits whose parents are missing
	shallowFile string
}

const outputLimit = 1 << 30 // of a listing: more than any repository has

// Open finds the repository that path lies in. getenv is asked for PATH and the temporary folder only. The error is
// ErrNotRepository where there is none.
func Open(ctx context.Context, path string, getenv func(string) string) (*Repository, error) {
	root, err := find(path)
	if err != nil {
		return nil, err
	}
	r := &Repository{Root: root}
	r.env = process.Environment(getenv,
		"GIT_CONFIG_GLOBAL="+os.DevNull, "GIT_CONFIG_SYSTEM="+os.DevNull, "GIT_CONFIG_NOSYSTEM=1",
		"GIT_ATTR_NOSYSTEM=1", "GIT_GRAFT_FILE="+os.DevNull, "GIT_NO_REPLACE_OBJECTS=1", "GIT_NO_LAZY_FETCH=1",
		"GIT_OPTIONAL_LOCKS=0", "GIT_TERMINAL_PROMPT=0", "GIT_CEILING_DIRECTORIES="+filepath.Dir(root),
		"HOME="+os.DevNull, "XDG_CONFIG_HOME="+os.DevNull)
	out, err := r.output(ctx, "rev-parse", "--is-bare-repository", "--git-path", "shallow")
	if err != nil {
		return nil, err
	}
	bare, shallow, _ := strings.Cut(strings.TrimSuffix(string(out), "\n"), "\n")
	if r.Bare = bare == "true"; !r.Bare {
		if err := r.sameTop(ctx); err != nil {
			return nil, err
		}
	}
	if !filepath.IsAbs(shallow) {
		shallow = filepath.Join(root, shallow)
	}
	r.noIndex = filepath.Join(filepath.Dir(shallow), "forewarden-no-index")
	r.shallowFile = shallow
	r.shallow, err = readShallow(shallow)
	return r, err
}

// sameTop checks that git sees the work tree where we do: core.worktree can put it elsewhere, and then every file
// would seem to be missing.
func (r *Repository) sameTop(ctx context.Context) error {
	out, err := r.output(ctx, "rev-parse", "--show-toplevel")
	if err != nil {
		return err
	}
	top := strings.TrimSuffix(string(out), "\n")
	ours, err1 := os.Stat(r.Root)
	theirs, err2 := os.Stat(top)
	if err1 != nil || err2 != nil || !os.SameFile(ours, theirs) {
		return fmt.Errorf("the work tree of %s is elsewhere (core.worktree): look at that folder", r.Root)
	}
	return nil
}

// find walks up from path to the first folder that holds a repository, as git does, so that the folder can be named
// as safe whoever owns it.
func find(path string) (string, error) {
	dir, err := filepath.Abs(path)
	if err != nil {
		return "", err
	}
	if dir, err = filepath.EvalSymlinks(dir); err != nil {
		return "", err
	}
	for {
		if hasRepository(dir) {
			return dir, nil
		}
		if isBare(dir) {
			if filepath.Base(dir) == ".git" {
				return "", fmt.Errorf("%s is a repository's own folder: name the folder above it", dir)
			}
			return dir, nil
		}
		parent := filepath.Dir(dir)
		if parent == dir {
			return "", ErrNotRepository
		}
		dir = parent
	}
}

// hasRepository says whether dir has a .git that is a file, or a folder that is, or was, a repository. Git passes
// over any other.
func hasRepository(dir string) bool {
	dotGit := filepath.Join(dir, ".git")
	info, err := os.Stat(dotGit)
	if err != nil || !info.IsDir() {
		_, err = os.Lstat(dotGit)
		return err == nil
	}
	for _, name := range repositoryParts {
		if _, err := os.Lstat(filepath.Join(dotGit, name)); err == nil {
			return true
		}
	}
	return false
}

var repositoryParts = [...]string{"HEAD", "objects", "refs"}

func isBare(dir string) bool {
	for _, name := range repositoryParts {
		if _, err := os.Stat(filepath.Join(dir, name)); err != nil {
			return false
		}
	}
	return true
}

func readShallow(file string) (map[string]bool, error) {
	data, err := os.ReadFile(file)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	if err != nil {
		return nil, fmt.Errorf("reading which commits are shallow: %w", err)
	}
	shallow := map[string]bool{}
	for id := range strings.FieldsSeq(string(data)) {
		shallow[id] = true
	}
	return shallow, nil
}

// command is git with everything switched off that a repository's own configuration could switch on: programs,
// colours, prefixes, other orders, other views of objects.
func (r *Repository) command(args ...string) process.Command {
	isolated := []string{
		"--no-pager", "--no-replace-objects",
		"-c", "safe.directory=" + r.Root, "-c", "core.fsmonitor=false", "-c", "core.hooksPath=" + os.DevNull,
		"-c", "core.attributesFile=" + os.DevNull, "-c", "core.excludesFile=" + os.DevNull, "-c", "core.quotePath=true",
		"-c", "protocol.allow=never", "-c", "core.bigFileThreshold=512m", "-c", "core.warnAmbiguousRefs=false",
		"-c", "core.commitGraph=false", "-c", "advice.graftFileDeprecated=false",
		"-c", "diff.suppressBlankEmpty=false",
	}
	return process.Command{Program: "git", Args: append(isolated, args...), Dir: r.Root, Env: r.env}
}

func (r *Repository) output(ctx context.Context, args ...string) ([]byte, error) {
	out, err := r.command(args...).Output(ctx, outputLimit)
	return out, explain(err)
}

// explain adds the next step to errors of git that users meet.
func explain(err error) error {
	if err == nil {
		return nil
	}
	said := err.Error()
	for _, hint := range []struct{ sign, step string }{
		{"promisor", "this is a partial clone: fetch all objects (git fetch --refetch --filter=blob:none is not enough; clone without --filter)"},
		{"unable to read", "an object is missing or corrupt: run git fsck, then fetch or clone again"},
		{"bad object", "an object is missing or corrupt: run git fsck, then fetch or clone again"},
		{"Could not read", "an object is missing or corrupt: run git fsck, then fetch or clone again"},
		{"bad tree object", "an object is missing or corrupt: run git fsck, then fetch or clone again"},
		{"is not a blob", "an object is missing or corrupt: run git fsck, then fetch or clone again"},
		{"is ambiguous", "more than one branch or tag has that name: name it in full, refs/heads/NAME or refs/remotes/origin/NAME"},
		{"packfile", "a pack is corrupt: run git fsck, then fetch or clone again"},
	} {
		if strings.Contains(said, hint.sign) {
			return fmt.Errorf("%w (%s)", err, hint.step)
		}
	}
	return err
}

// Resolve returns the full id of the commit that revision names.
func (r *Repository) Resolve(ctx context.Context, revision string) (string, error) {
	// A tag of the same name must not stand in for a branch.
	out, err := r.output(ctx, "-c", "core.warnAmbiguousRefs=true", "rev-parse", "--verify", "--end-of-options", revision+"^{commit}")
	id := strings.TrimSpace(string(out))
	var exit *process.Error
	switch {
	case errors.As(err, &exit) && exit.Exit == 1, err == nil && !isObjectID([]byte(id)):
		return "", r.noCommit(revision)
	case exit != nil && strings.Contains(exit.Stderr, "Needed a single revision"):
		return "", r.noCommit(revision)
	case exit != nil && exit.Exit == 128:
		return "", fmt.Errorf("%w (%w)", r.noCommit(revision), err)
	case err != nil:
		return "", err
	}
	return id, nil
}

func (r *Repository) noCommit(revision string) error {
	hint := ""
	if len(r.shallow) > 0 {
		hint = "; the clone is shallow (git fetch --unshallow, or fetch-depth: 0 for actions/checkout)"
	}
	return fmt.Errorf("there is no commit %q here: check the name, or fetch it first%s", revision, hint)
}

// MergeBase returns the commit where two commits last had the same history, "" where they never had.
func (r *Repository) MergeBase(ctx context.Context, a, b string) (string, error) {
	out, err := r.output(ctx, "merge-base", "--end-of-options", a, b)
	var exit *process.Error
	if errors.As(err, &exit) && exit.Exit == 1 && exit.Stderr == "" {
		return "", nil
	}
	if err != nil {
		return "", fmt.Errorf("looking for where the change began: %w", err)
	}
	return strings.TrimSpace(string(out)), nil
}

// Head returns the full id of HEAD's commit, "" where there is no commit yet.
func (r *Repository) Head(ctx context.Context) (string, error) {
	out, err := r.output(ctx, "rev-parse", "--verify", "--quiet", "HEAD^{commit}")
	var exit *process.Error
	if errors.As(err, &exit) && exit.Exit == 1 {
		return "", r.unborn(ctx, err)
	}
	return strings.TrimSpace(string(out)), err
}

// unborn tells a HEAD without a commit from one whose commit is missing, or whose branch is damaged: of that,
// for-each-ref complains.
func (r *Repository) unborn(ctx context.Context, err error) error {
	ref, refErr := r.output(ctx, "symbolic-ref", "--quiet", "HEAD")
	if refErr != nil {
		return err
	}
	found, refErr := r.output(ctx, "for-each-ref", "--format=%(refname)", strings.TrimSpace(string(ref)))
	if refErr == nil && len(found) == 0 {
		return nil
	}
	return errors.Join(errors.New("HEAD names a commit that is missing"), refErr, err)
}
