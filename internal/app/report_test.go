package app_test

import (
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/forewarden/forewarden/internal/controltest"
)

func names(t *testing.T, folder string) []string {
	t.Helper()
	entries, err := os.ReadDir(folder)
	require.NoError(t, err)
	var out []string
	for _, e := range entries {
		out = append(out, e.Name())
	}
	return out
}

func read(t *testing.T, path string) string {
	t.Helper()
	data, err := os.ReadFile(path)
	require.NoError(t, err)
	return string(data)
}

// A report in a file is what the same format prints.
func TestReportsAreWhatIsPrinted(t *testing.T) {
	root, out := leaky(t), t.TempDir()
	args := []string{"check", "--quiet", root}
	for _, format := range []string{"text", "json", "sarif", "markdown"} {
		args = append(args, "--report", format+"="+filepath.Join(out, format))
	}
	r := still().do(t, args...)
	require.Equal(t, []any{1, ""}, []any{r.status, r.stderr})
	assert.Equal(t, []string{"json", "markdown", "sarif", "text"}, names(t, out), "and no temporary file")
	for _, format := range []string{"json", "sarif", "markdown"} {
		assert.Equal(t, still().do(t, "check", root, "--format", format).stdout, read(t, filepath.Join(out, format)), format)
	}
	assert.Contains(t, read(t, filepath.Join(out, "text")), "a.go:2:8")
	for _, format := range names(t, out) {
		assert.NotContains(t, read(t, filepath.Join(out, format)), controltest.Secret("aws-token", "")[4:])
		assert.NotContains(t, read(t, filepath.Join(out, format)), "\x1b", "colours are for terminals")
	}
}

// A report that cannot be written is told, gives status 3, and keeps none of the others from being written.
func TestReportsThatCannotBeWritten(t *testing.T) {
	root := leaky(t)
	for name, tt := range map[string]struct{ path, want string }{
		"a folder":            {"dir", "dir is a folder"},
		"in no folder":        {"gone/r.json", "no such file or directory"},
		"below a file":        {"file/r.json", "not a directory"},
		"a full device":       {"/dev/full", "no space left on device"},
		"a link to a folder":  {"link", "dir is a folder"},
		"a name that's large": {strings.Repeat("n", 300), "file name too long"},
	} {
		t.Run(name, func(t *testing.T) {
			out := t.TempDir()
			write(t, out, map[string]string{"file": "", "dir/kept": ""})
			require.NoError(t, os.Symlink("dir", filepath.Join(out, "link")))
			path := tt.path
			if !filepath.IsAbs(path) {
				path = filepath.Join(out, path)
			}
			r := do(t, "check", root, "--report", "json="+path, "--report", "sarif="+filepath.Join(out, "r.sarif"))
			assert.Equal(t, 3, r.status)
			assert.Contains(t, r.stderr, "the json report was not written: ")
			assert.Contains(t, r.stderr, tt.want)
			assert.NotContains(t, r.stderr, ".forewarden-", "the name of a temporary file says nothing")
			assert.Contains(t, r.stdout, "a.go:2:8")
			assert.Equal(t, []string{"dir", "file", "link", "r.sarif"}, names(t, out))
			assert.Equal(t, []string{"kept"}, names(t, filepath.Join(out, "dir")))
			assert.Contains(t, read(t, filepath.Join(out, "r.sarif")), `"runs"`)
		})
	}
}

func TestReportsReplaceAFileAndKeepALink(t *testing.T) {
	root, out := clean(t), t.TempDir()
	write(t, out, map[string]string{"target": strings.Repeat("old ", 10_000), "plain": "old"})
	require.NoError(t, os.Symlink("target", filepath.Join(out, "link")))
	r := do(t, "check", root, "--report", "json="+filepath.Join(out, "link"), "--report", "json="+filepath.Join(out, "plain"))
	require.Equal(t, []any{0, ""}, []any{r.status, r.stderr})
	assert.Equal(t, []string{"link", "plain", "target"}, names(t, out))
	target, err := os.Readlink(filepath.Join(out, "link"))
	require.NoError(t, err)
	assert.Equal(t, "target", target)
	for _, name := range []string{"target", "plain"} {
		assert.True(t, strings.HasPrefix(read(t, filepath.Join(out, name)), "{"), "nothing of the old one is left")
		info, err := os.Stat(filepath.Join(out, name))
		require.NoError(t, err)
		assert.Equal(t, os.FileMode(0o644), info.Mode().Perm())
	}
}

func TestReportToADevice(t *testing.T) {
	r := do(t, "check", leaky(t), "--report", "json="+os.DevNull, "--report", "sarif=/dev/../dev/null/../null")
	assert.Equal(t, 2, r.status, "one file under two spellings")
	r = do(t, "check", leaky(t), "--report", "json="+os.DevNull)
	assert.Equal(t, []any{1, ""}, []any{r.status, r.stderr})
	info, err := os.Stat(os.DevNull)
	require.NoError(t, err)
	assert.NotZero(t, info.Mode()&os.ModeCharDevice, "it is still a device")
}

// full is an output that takes so many bytes and no more.
type full struct{ room int }

var errFull = errors.New("the pipe is closed")

func (f *full) Write(p []byte) (int, error) {
	n := min(f.room, len(p))
	f.room -= n
	if n < len(p) {
		return n, errFull
	}
	return n, nil
}

// Who could not say what was found did not do the work, whatever was found.
func TestOutputThatCannotBeWritten(t *testing.T) {
	for _, root := range []string{clean(t), leaky(t)} {
		for _, format := range []string{"text", "json", "sarif", "markdown"} {
			for _, room := range []int{0, 20} {
				out := filepath.Join(t.TempDir(), "r.json")
				r := run{out: &full{room}}.do(t, "check", root, "--format", format, "--report", "json="+out)
				assert.Equal(t, 3, r.status, format)
				assert.Contains(t, r.stderr, "standard output: "+errFull.Error())
				assert.FileExists(t, out)
			}
		}
	}
	for _, args := range [][]string{{"version"}, {"help"}, {"check", "--help"}, {"controls"}, {"explain", "github-pat"}, {"policy", "show", clean(t)}} {
		r := run{out: &full{}}.do(t, args...)
		assert.Equal(t, 3, r.status, args)
		assert.Contains(t, r.stderr, errFull.Error(), args)
	}
}
