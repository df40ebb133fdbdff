//go:build unix

package github

import (
	"os"
	"path/filepath"
	"syscall"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

func TestReadEventWithoutAFile(t *testing.T) {
	dir := t.TempDir()
	pipe := filepath.Join(dir, "pipe")
	require.NoError(t, syscall.Mkfifo(pipe, 0o600))
	huge := filepath.Join(dir, "huge")
	f, err := os.Create(huge)
	require.NoError(t, err)
	require.NoError(t, f.Truncate(payloadLimit+1))
	require.NoError(t, f.Close())
	for path, want := range map[string]string{
		"": "GITHUB_EVENT_PATH is not set", filepath.Join(dir, "gone"): "cannot be read", dir: "no regular file", pipe: "no regular file",
		"/dev/zero": "no regular file", huge: "has more than", "a\x00b": "cannot be read",
	} {
		_, err := ReadEvent(environment(map[string]string{"GITHUB_EVENT_NAME": "push", "GITHUB_EVENT_PATH": path}))
		assert.ErrorContains(t, err, want, path)
		_, err = ReadEvent(environment(map[string]string{"GITHUB_EVENT_NAME": "schedule", "GITHUB_EVENT_PATH": path}))
		assert.NoError(t, err, "an event that needs no payload")
	}
}
