package git

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"
)

// depths are the steps by which a shallow clone is deepened; 0 fetches everything.
var depths = [...]int{100, 1000, 10000, 0}

// deepenLimit is how long fetching may take.
const deepenLimit = 10 * time.Minute

// errBare keeps a bare repository from being fetched into: it can be one that a change brought into the checkout as
// ordinary files, and its configuration names programs.
var errBare = errors.New("a bare repository is left as it is: fetch what is missing before the check")

// Complete fetches from the remote "origin" until a range is whole: its ends are there and no commit in it lacks its
// parents. It is the only function here that writes, and for CI alone: a user's clone is left as it is. A range
// that is whole already is not touched. The ends of the range are full commit ids.
func (r *Repository) Complete(ctx context.Context, rng Range, getenv func(string) string) error {
	if err := rng.named(); err != nil {
		return err
	}
	ctx, cancel := context.WithTimeout(ctx, deepenLimit)
	defer cancel()
	err := r.whole(ctx, rng)
	if err == nil {
		return nil
	}
	steps := depths[:]
	if rng.All {
		steps = depths[len(depths)-1:] // everything is wanted: no steps
	}
	for _, depth := range steps {
		if depth > 0 && len(r.shallow) == 0 {
			continue // a depth would make a shallow clone of one that only lacks a commit
		}
		if fetchErr := r.fetch(ctx, rng, depth, getenv); fetchErr != nil {
			err = errors.Join(err, fmt.Errorf("fetching what is missing: %w", fetchErr))
			break
		}
		if err = r.whole(ctx, rng); err == nil {
			return nil
		}
	}
	return fmt.Errorf("%w (add `fetch-depth: 0` to the actions/checkout step)", err)
}

// named checks that the ends of a range are commit ids, which are no options to git.
func (rng Range) named() error {
	for _, id := range []string{rng.Head, rng.Base} {
		if id != "" && !isObjectID([]byte(id)) || id == "" && !rng.All && rng.Head == "" {
			return fmt.Errorf("%.80q is no commit id", id)
		}
	}
	return nil
}

// whole checks that a range can be read to its end, and that its base is known as far back as the range goes.
func (r *Repository) whole(ctx context.Context, rng Range) error {
	if !rng.All {
		if _, err := r.Resolve(ctx, rng.Head); err != nil {
			return err
		}
	}
	if rng.Base != "" {
		if _, err := r.Resolve(ctx, rng.Base); err != nil {
			return err
		}
	}
	_, err := r.Commits(ctx, rng)
	return err
}

// fetch gets the ends of a range with a number of commits behind each, 0 for all.
func (r *Repository) fetch(ctx context.Context, rng Range, depth int, getenv func(string) string) error {
	args := []string{"fetch", "--quiet", "--no-tags", "--no-recurse-submodules", "--no-write-fetch-head", "--no-auto-maintenance",
		"--upload-pack=git-upload-pack"}
	if !rng.All {
		args = append(args, "--refmap=") // the branches that the checkout knows stay where they are
	}
	switch {
	case depth > 0:
		args = append(args, "--depth="+strconv.Itoa(depth))
	case len(r.shallow) > 0:
		args = append(args, "--unshallow")
	}
	args = append(args, "origin")
	for _, id := range []string{rng.Head, rng.Base} {
		if id != "" && !rng.All {
			args = append(args, id)
		}
	}
	if _, err := r.remote(ctx, getenv, args...); err != nil {
		return err
	}
	var err error
	r.shallow, err = readShallow(r.shallowFile)
	return err
}

// Ref returns the commit that a reference names in full, so that no tag of that name stands in for it.
func (r *Repository) Ref(ctx context.Context, name string) (string, error) {
	out, err := r.output(ctx, "show-ref", "--verify", "--hash", "--", name)
	if err != nil {
		return "", err
	}
	return r.Resolve(ctx, strings.TrimSpace(string(out)))
}

// FetchBranch fetches the last commit of a branch of the remote "origin" and returns its id. Like Complete it is for CI
// alone.
func (r *Repository) FetchBranch(ctx context.Context, branch string, getenv func(string) string) (string, error) {
	ctx, cancel := context.WithTimeout(ctx, deepenLimit)
	defer cancel()
	ref := "refs/heads/" + branch
	if _, err := r.output(ctx, "check-ref-format", ref); err != nil {
		return "", fmt.Errorf("%.80q is no name of a branch", branch)
	}
	out, err := r.remote(ctx, getenv, "ls-remote", "--quiet", "--upload-pack=git-upload-pack", "origin", ref)
	if err != nil {
		return "", err
	}
	for line := range strings.Lines(string(out)) {
		// Git also lists whatever ends like that: refs/heads/x/refs/heads/main.
		id, name, _ := strings.Cut(strings.TrimSuffix(line, "\n"), "\t")
		if name != ref || !isObjectID([]byte(id)) {
			continue
		}
		depth := depths[0]
		if len(r.shallow) == 0 {
			depth = 0
		}
		return id, r.fetch(ctx, Range{Head: id}, depth, getenv)
	}
	return "", fmt.Errorf("the remote has no branch %q", branch)
}

// remote runs a command of git that speaks to the remote.
func (r *Repository) remote(ctx context.Context, getenv func(string) string, args ...string) ([]byte, error) {
	if r.Bare {
		return nil, errBare
	}
	// A checkout's remote speaks one of these; submodules and whatever else a repository names are not fetched.
	protocols := []string{
		"-c", "protocol.https.allow=always", "-c", "protocol.http.allow=always", "-c", "protocol.ssh.allow=always", "-c", "protocol.file.allow=always",
		"-c", "protocol.ext.allow=never", // it runs a program, whatever the repository's configuration allows
	}
	cmd := r.command(append(protocols, args...)...)
	cmd.Env = slices.Clone(cmd.Env)
	for _, key := range []string{
		"HTTPS_PROXY", "https_proxy", "HTTP_PROXY", "http_proxy", "ALL_PROXY", "all_proxy", "NO_PROXY", "no_proxy",
		"SSL_CERT_FILE", "SSL_CERT_DIR", "GIT_SSL_CAINFO", "SSH_AUTH_SOCK",
	} {
		if v := getenv(key); v != "" {
			cmd.Env = append(cmd.Env, key+"="+v)
		}
	}
	return cmd.Output(ctx, 1<<20) // what explain adds is about this repository, not the remote
}
