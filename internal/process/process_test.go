package process

import (
	"context"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

func sh(script string, env ...string) Command {
	return Command{Program: "sh", Args: []string{"-c", script}, Env: append([]string{"PATH=" + os.Getenv("PATH")}, env...)}
}

func TestOutput(t *testing.T) {
	out, err := sh("printf '%s' \"$A\"", "A=b").Output(t.Context(), 10)
	require.NoError(t, err)
	assert.Equal(t, "b", string(out))
}

func TestNothingIsInherited(t *testing.T) {
	t.Setenv("FOREWARDEN_TEST_TOKEN", "x")
	out, err := sh("env").Output(t.Context(), 1<<20)
	require.NoError(t, err)
	assert.NotContains(t, string(out), "FOREWARDEN_TEST_TOKEN")
}

func TestFailures(t *testing.T) {
	for name, tt := range map[string]struct {
		command Command
		limit   int64
		want    string
	}{
		"exit status":          {sh("echo broken >&2; exit 3"), 10, "sh: broken"},
		"exit 0 with an error": {sh("echo 'error: half of it is missing' >&2"), 10, "error: half of it is missing"},
		"too much output":      {sh("echo 0123456789abc"), 10, "printed more than 10 bytes"},
		"no such program":      {Command{Program: "no-such-program-here"}, 10, "is not on PATH"},
	} {
		t.Run(name, func(t *testing.T) {
			_, err := tt.command.Output(t.Context(), tt.limit)
			require.Error(t, err)
			assert.Contains(t, err.Error(), tt.want)
		})
	}
}

// What is said early counts, however much follows.
func TestEarlyComplaintsAreKept(t *testing.T) {
	for name, said := range map[string]string{
		"error":      "error: half of it is missing",
		"broken ref": "warning: ignoring broken ref refs/heads/x",
		"fatal":      "fatal: cannot go on",
	} {
		t.Run(name, func(t *testing.T) {
			_, err := sh("echo warning: first >&2; echo '"+said+"' >&2; i=0; while [ $i -lt 2000 ]; do echo warning: $i >&2; i=$((i+1)); done").Output(t.Context(), 10)
			require.ErrorContains(t, err, said)
			assert.Less(t, len(err.Error()), 2*stderrKept)
		})
	}
	_, err := sh("printf 'error: without an end' >&2").Output(t.Context(), 10)
	require.ErrorContains(t, err, "error: without an end")
}

// The program is looked for on the command's PATH alone.
func TestPath(t *testing.T) {
	dir := t.TempDir()
	require.NoError(t, os.WriteFile(filepath.Join(dir, "sh"), []byte("#!/bin/sh\necho ours\n"), 0o755))
	c := sh("echo theirs", "PATH="+dir)
	out, err := c.Output(t.Context(), 10)
	require.NoError(t, err)
	assert.Equal(t, "ours\n", string(out))
	t.Chdir(dir)
	for _, path := range []string{"", ".", "relative:", "/nowhere"} {
		c.Env = []string{"PATH=" + path}
		_, err := c.Output(t.Context(), 10)
		require.ErrorContains(t, err, "is not on PATH", path)
	}
}

func TestWarningsAreNoFailure(t *testing.T) {
	_, err := sh("echo 'warning: renames were skipped' >&2").Output(t.Context(), 10)
	assert.NoError(t, err)
}

func TestCancelKillsGrandchildren(t *testing.T) {
	mark := filepath.Join(t.TempDir(), "mark")
	ctx, cancel := context.WithCancel(t.Context())
	start := time.Now()
	err := sh("(sleep 3; touch "+mark+") & echo ready; wait").Stream(ctx, func(r io.Reader) error {
		buf := make([]byte, 5)
		_, err := io.ReadFull(r, buf)
		cancel()
		return err
	})
	require.ErrorIs(t, err, context.Canceled)
	require.Less(t, time.Since(start), 3*time.Second)
	time.Sleep(time.Until(start.Add(3500 * time.Millisecond)))
	assert.NoFileExists(t, mark)
}

func TestTailKeepsTheEnd(t *testing.T) {
	_, err := sh("i=0; while [ $i -lt 2000 ]; do echo line $i >&2; i=$((i+1)); done; exit 1").Output(t.Context(), 10)
	require.Error(t, err)
	assert.Contains(t, err.Error(), "line 1999")
	assert.Less(t, len(err.Error()), stderrKept+200)
	assert.False(t, strings.Contains(err.Error(), "line 0\n"))
}
