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

// Complete fetches from the remote "origin" until a range is whole: its ends are there and no commit in it lacks its
// parents. It is the only function here that writes, and for CI alone: a user's clone is left as it is. A range
// that is whole already is not touched.
func (r *Repository) Complete(ctx context.Context, rng Range, getenv func(string) string) error {
	ctx, cancel := context.WithTimeout(ctx, deepenLimit)
	defer cancel()
	err := r.whole(ctx, rng)
	if err == nil {
		return nil
	}
	steps := depths[:]
	if len(r.shallow) == 0 || rng.All {
		steps = depths[len(depths)-1:] // a whole clone that lacks a commit, or everything is wanted: no steps
	}
	for _, depth := range steps {
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

// whole checks that a range can be read to its end.
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
	args := []string{"fetch", "--quiet", "--no-tags", "--no-recurse-submodules", "--no-write-fetch-head", "--no-auto-maintenance"}
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

// FetchBranch fetches the last commit of a branch of the remote "origin" and returns its id. Like Complete it is for CI
// alone.
func (r *Repository) FetchBranch(ctx context.Context, branch string, getenv func(string) string) (string, error) {
	ctx, cancel := context.WithTimeout(ctx, deepenLimit)
	defer cancel()
	out, err := r.remote(ctx, getenv, "ls-remote", "--quiet", "origin", "refs/heads/"+branch)
	if err != nil {
		return "", err
	}
	id, _, _ := strings.Cut(string(out), "\t")
	if !isObjectID([]byte(id)) {
		return "", fmt.Errorf("the remote has no branch %q", branch)
	}
	return id, r.fetch(ctx, Range{Head: id}, depths[0], getenv)
}

// remote runs a command of git that speaks to the remote.
func (r *Repository) remote(ctx context.Context, getenv func(string) string, args ...string) ([]byte, error) {
	// A checkout's remote speaks one of these; submodules and whatever else a repository names are not fetched.
	protocols := []string{
		"-c", "protocol.https.allow=always", "-c", "protocol.http.allow=always", "-c", "protocol.ssh.allow=always", "-c", "protocol.file.allow=always",
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
	out, err := cmd.Output(ctx, 1<<20)
	return out, explain(err)
}
