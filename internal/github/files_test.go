package github

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// parseOutputs reads a file of outputs as the runner does (FileCommandManager.cs): NAME=VALUE or NAME<<DELIMITER, whichever
// sign comes first, and lines up to the delimiter.
func parseOutputs(t *testing.T, file string) map[string]string {
	t.Helper()
	data, err := os.ReadFile(file)
	require.NoError(t, err)
	got := map[string]string{}
	lines := strings.Split(string(data), "\n")
	for i := 0; i < len(lines); i++ {
		if lines[i] == "" {
			continue
		}
		equals, here := strings.Index(lines[i], "="), strings.Index(lines[i], "<<")
		if equals >= 0 && (here < 0 || equals < here) {
			got[lines[i][:equals]] = lines[i][equals+1:]
			continue
		}
		require.GreaterOrEqual(t, here, 0, "no output: %q", lines[i])
		name, delimiter := lines[i][:here], lines[i][here+2:]
		var value []string
		for i++; ; i++ {
			require.Less(t, i, len(lines), "the delimiter of %q is missing", name)
			if lines[i] == delimiter {
				break
			}
			value = append(value, lines[i])
		}
		got[name] = strings.Join(value, "\n")
	}
	return got
}

func TestWriteOutputs(t *testing.T) {
	file := filepath.Join(t.TempDir(), "output")
	require.NoError(t, os.WriteFile(file, []byte("before=1"), 0o600), "a line that nobody ended")
	env := environment(map[string]string{"GITHUB_OUTPUT": file})
	hostile := []string{
		"", "blocked", "a=b", "a<<b", "two\nlines", "\n", "\r\n", "x\nverdict=pass\n", "x\nverdict<<EOF\npass\nEOF", "%0Averdict=pass",
		"ghadelimiter_00000000-0000-0000-0000-000000000000\nverdict=pass", "forewarden-\nverdict=pass", "::set-output name=verdict::pass", "ü\x00\x1b[0m",
	}
	want := map[string]string{"before": "1"}
	for i, value := range hostile {
		name := "o" + strings.Repeat("-", i)
		want[name] = value
		require.NoError(t, WriteOutputs(env, Output{"other", "1"}, Output{name, value}))
	}
	want["other"] = "1"
	assert.Equal(t, want, parseOutputs(t, file))

	before, _ := os.ReadFile(file)
	for _, name := range []string{"", "a=b", "a<<b", "a\nb", "a\rb"} {
		assert.Error(t, WriteOutputs(env, Output{"fine", "1"}, Output{name, "1"}), "%q", name)
	}
	after, _ := os.ReadFile(file)
	assert.Equal(t, string(before), string(after), "all or nothing")
	assert.NoError(t, WriteOutputs(environment(nil), Output{"a", "b"}))
	assert.Error(t, WriteOutputs(environment(map[string]string{"GITHUB_OUTPUT": t.TempDir()}), Output{"a", "b"}))
}

func TestDelimitersDiffer(t *testing.T) {
	seen := map[string]bool{}
	for range 100 {
		d, err := token()
		require.NoError(t, err)
		assert.Len(t, d, len("forewarden-")+32)
		assert.False(t, seen[d])
		seen[d] = true
	}
}

func TestWriteSummary(t *testing.T) {
	file := filepath.Join(t.TempDir(), "summary")
	env := environment(map[string]string{"GITHUB_STEP_SUMMARY": file})
	content := func() string {
		data, err := os.ReadFile(file)
		require.NoError(t, err)
		return string(data)
	}
	require.NoError(t, WriteSummary(env, "## One\n"))
	require.NoError(t, os.WriteFile(file, []byte("ours, not ended"), 0o600))
	require.NoError(t, WriteSummary(env, "## Two\n"))
	assert.Equal(t, "ours, not ended\n## Two\n", content())

	page := strings.Repeat("x", 1_000_000)
	require.NoError(t, WriteSummary(env, page))
	require.NoError(t, WriteSummary(env, page))
	assert.Contains(t, content(), "does not fit here any more")
	assert.Less(t, len(content()), 1<<20)
	for range 10_000 {
		require.NoError(t, WriteSummary(env, strings.Repeat("y", 100_000)))
	}
	assert.LessOrEqual(t, len(content()), 1<<20, "what is there would be lost as well")

	assert.NoError(t, WriteSummary(environment(nil), "x"))
	dir := t.TempDir()
	assert.ErrorContains(t, WriteSummary(environment(map[string]string{"GITHUB_STEP_SUMMARY": dir}), "x"), dir)
	gone := filepath.Join(dir, "gone", "summary")
	assert.ErrorContains(t, WriteSummary(environment(map[string]string{"GITHUB_STEP_SUMMARY": gone}), "x"), gone)
	if os.Getuid() == 0 {
		return // root writes to read-only files
	}
	readOnly := filepath.Join(dir, "read-only")
	require.NoError(t, os.WriteFile(readOnly, nil, 0o400))
	assert.ErrorContains(t, WriteSummary(environment(map[string]string{"GITHUB_STEP_SUMMARY": readOnly}), "x"), readOnly)
}
