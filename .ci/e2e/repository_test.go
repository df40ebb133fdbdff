package e2e

import (
	"bytes"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

// A repository is a git repository that a test makes, the same at every run: fixed author, dates a minute apart, and
// no configuration but git's own.
type repository struct {
	t       testing.TB
	dir     string
	commits int
}

func newRepository(tb testing.TB) *repository {
	tb.Helper()
	r := &repository{t: tb, dir: filepath.Join(tb.TempDir(), "repository")}
	require.NoError(tb, os.Mkdir(r.dir, 0o755))
	r.git("init", "--quiet", "--initial-branch=main")
	return r
}

// git runs git in the repository and returns its trimmed output.
func (r *repository) git(args ...string) string {
	r.t.Helper()
	out, err := r.tryGit(args...)
	require.NoError(r.t, err)
	return out
}

func (r *repository) tryGit(args ...string) (string, error) {
	r.t.Helper()
	fixed := []string{
		"-c", "core.autocrlf=false", "-c", "core.fsync=none", "-c", "gc.auto=0", "-c", "maintenance.auto=false",
		"-c", "protocol.file.allow=always", "-c", "advice.detachedHead=false", "-c", "commit.gpgSign=false",
	}
	cmd := exec.CommandContext(r.t.Context(), "git", append(fixed, args...)...)
	cmd.Dir = r.dir
	date := time.Date(2026, 1, 1, 0, r.commits, 0, 0, time.UTC).Format(time.RFC3339)
	cmd.Env = append(environment(filepath.Dir(r.dir), os.TempDir()),
		"GIT_AUTHOR_NAME=Ada", "GIT_AUTHOR_EMAIL=ada@example.com", "GIT_AUTHOR_DATE="+date,
		"GIT_COMMITTER_NAME=Ada", "GIT_COMMITTER_EMAIL=ada@example.com", "GIT_COMMITTER_DATE="+date)
	var stdout, stderr bytes.Buffer
	cmd.Stdout, cmd.Stderr = &stdout, &stderr
	if err := cmd.Run(); err != nil {
		return "", fmt.Errorf("git %s: %w\n%s%s", strings.Join(args, " "), err, &stdout, &stderr)
	}
	return strings.TrimSpace(stdout.String()), nil
}

// write puts a file into the work tree.
func (r *repository) write(path, content string) {
	r.t.Helper()
	file := filepath.Join(r.dir, path)
	require.NoError(r.t, os.MkdirAll(filepath.Dir(file), 0o755))
	require.NoError(r.t, os.WriteFile(file, []byte(content), 0o644))
}

func (r *repository) remove(path string) {
	r.t.Helper()
	require.NoError(r.t, os.RemoveAll(filepath.Join(r.dir, path)))
}

// commit commits everything.
func (r *repository) commit(message string) {
	r.t.Helper()
	r.commits++
	r.git("add", "--all", "--force")
	r.git("commit", "--quiet", "--allow-empty", "--message", message)
}

// branch makes a branch at HEAD and switches to it.
func (r *repository) branch(name string) {
	r.t.Helper()
	r.git("switch", "--quiet", "--create", name)
}

func (r *repository) checkout(name string) {
	r.t.Helper()
	r.git("switch", "--quiet", name)
}

// merge merges other branches into the current one, always with a merge commit. change (may be nil) edits the merge
// before it is committed.
func (r *repository) merge(change func(), others ...string) {
	r.t.Helper()
	_, err := r.tryGit(append([]string{"merge", "--quiet", "--no-ff", "--no-commit"}, others...)...)
	if err != nil {
		require.FileExists(r.t, filepath.Join(r.dir, ".git", "MERGE_HEAD"), "%v", err)
	}
	if change != nil {
		change()
	}
	r.commit("merge " + strings.Join(others, ", "))
}

// object is the file of a loose object.
func (r *repository) object(id string) string {
	r.t.Helper()
	file := filepath.Join(r.dir, ".git", "objects", id[:2], id[2:])
	require.FileExists(r.t, file)
	require.NoError(r.t, os.Chmod(file, 0o644))
	return file
}
