package git

import (
	"bytes"
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// A fixture is a repository in a temporary folder, written with plain git.
type fixture struct {
	tb    testing.TB
	dir   string
	clock int
}

// files are a commit's files by path. What a value begins with tells what is no regular file.
type files map[string]string

const (
	symlink    = "\x00symlink "
	submodule  = "\x00submodule "
	executable = "\x00executable "
)

// A spec is a commit to write.
type spec struct {
	files   files
	parents []string // ids, or ":n" for the nth spec
}

func newFixture(tb testing.TB, initArgs ...string) *fixture {
	tb.Helper()
	f := &fixture{tb: tb, dir: tb.TempDir()}
	f.git(append([]string{"init", "--quiet", "--initial-branch=main"}, initArgs...)...)
	return f
}

func testEnv(dir string) []string {
	return []string{
		"PATH=" + os.Getenv("PATH"), "HOME=" + dir, "GIT_CONFIG_GLOBAL=" + os.DevNull, "GIT_CONFIG_NOSYSTEM=1",
		"GIT_AUTHOR_NAME=A", "GIT_AUTHOR_EMAIL=a@example.com", "GIT_AUTHOR_DATE=1700000000 +0000",
		"GIT_COMMITTER_NAME=A", "GIT_COMMITTER_EMAIL=a@example.com", "GIT_COMMITTER_DATE=1700000000 +0000", "LC_ALL=C",
	}
}

func (f *fixture) git(args ...string) string {
	f.tb.Helper()
	return f.gitWith("", args...)
}

func (f *fixture) gitWith(stdin string, args ...string) string {
	f.tb.Helper()
	// Not the test's own context: it ends before the cleanups.
	cmd := exec.CommandContext(context.Background(), "git", args...)
	cmd.Dir, cmd.Env, cmd.Stdin = f.dir, testEnv(f.dir), strings.NewReader(stdin)
	var stdout, stderr bytes.Buffer
	cmd.Stdout, cmd.Stderr = &stdout, &stderr
	require.NoError(f.tb, cmd.Run(), "git %v: %s", args, stderr.String())
	return strings.TrimSuffix(stdout.String(), "\n")
}

// commit writes a commit that has exactly these files, moves main to it, and returns its id.
func (f *fixture) commit(content files, parents ...string) string {
	f.tb.Helper()
	return f.commits(spec{content, parents})[0]
}

// commits writes commits in one go and moves main to the last.
func (f *fixture) commits(specs ...spec) []string {
	f.tb.Helper()
	var in bytes.Buffer
	for i, s := range specs {
		f.clock++
		fmt.Fprintf(&in, "commit refs/import/new\nmark :%d\ncommitter A <a@example.com> %d +0000\ndata 3\nmsg\n", i+1, 1700000000+60*f.clock)
		for n, parent := range s.parents {
			fmt.Fprintf(&in, "%s %s\n", []string{"from", "merge"}[min(n, 1)], parent)
		}
		in.WriteString("deleteall\n")
		for path, content := range s.files {
			mode := "100644"
			for prefix, m := range map[string]string{symlink: "120000", executable: "100755", submodule: "160000"} {
				if rest, ok := strings.CutPrefix(content, prefix); ok {
					mode, content = m, rest
				}
			}
			if mode == "160000" {
				fmt.Fprintf(&in, "M %s %s %s\n", mode, content, quoteAll(path))
				continue
			}
			fmt.Fprintf(&in, "M %s inline %s\ndata %d\n%s\n", mode, quoteAll(path), len(content), content)
		}
		in.WriteString("\nreset refs/import/new\n\n") // so that the next commit has only the parents it names
	}
	marks := filepath.Join(f.tb.TempDir(), "marks")
	f.gitWith(in.String(), "fast-import", "--quiet", "--force", "--export-marks="+marks)
	data, err := os.ReadFile(marks)
	require.NoError(f.tb, err)
	ids := make([]string, len(specs))
	for line := range strings.Lines(string(data)) {
		var n int
		var id string
		_, err := fmt.Sscanf(line, ":%d %s", &n, &id)
		require.NoError(f.tb, err)
		ids[n-1] = id
	}
	f.git("update-ref", "refs/heads/main", ids[len(ids)-1])
	return ids
}

// quoteAll quotes every byte, in octal.
func quoteAll(path string) string {
	var b strings.Builder
	b.WriteByte('"')
	for i := range len(path) {
		fmt.Fprintf(&b, `\%03o`, path[i])
	}
	b.WriteByte('"')
	return b.String()
}

// write writes a file of the work tree.
func (f *fixture) write(path, content string) {
	f.tb.Helper()
	path = filepath.Join(f.dir, path)
	require.NoError(f.tb, os.MkdirAll(filepath.Dir(path), 0o755))
	require.NoError(f.tb, os.WriteFile(path, []byte(content), 0o644))
}

func (f *fixture) open() *Repository {
	f.tb.Helper()
	r, err := Open(f.tb.Context(), f.dir, os.Getenv)
	require.NoError(f.tb, err)
	return r
}

// An added is an Addition as the tests compare it.
type added struct {
	Path   string
	Origin Origin
	Hunks  []Hunk
}

// additions are what the commits add, and what was skipped as "reason: path".
func (f *fixture) additions(o Options, ids ...string) (got []added, skipped []string) {
	f.tb.Helper()
	o.Skipped = func(reason, path string) { skipped = append(skipped, reason+": "+path) }
	err := f.open().Additions(f.tb.Context(), ids, o, func(a Addition) error {
		got = append(got, added{a.Path, a.Origin, a.Hunks})
		return nil
	})
	require.NoError(f.tb, err)
	return got, skipped
}

// adds is what one commit adds, with no limits.
func (f *fixture) adds(id string) []added {
	f.tb.Helper()
	got, _ := f.additions(Options{}, id)
	return got
}

// lines are the numbers from 1 to n, each in a line.
func lines(n int) string {
	var b strings.Builder
	for i := range n {
		fmt.Fprintln(&b, i+1)
	}
	return b.String()
}
