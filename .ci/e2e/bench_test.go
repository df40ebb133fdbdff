package e2e

import (
	"os"
	"os/exec"
	"path/filepath"
	"syscall"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

// BenchmarkSecretScan runs secret-scan and the gitleaks program in turn on the same input and reports how much
// processor and wall-clock time ours takes of theirs: below 1 is faster.
func BenchmarkSecretScan(b *testing.B) {
	program, err := referenceProgram()
	require.NoError(b, err)
	history := newBenchHistory(b)
	for _, c := range []struct{ name, scope, mode string }{
		{"history", "history", "git"},
		{"tree", "tree", "dir"},
	} {
		b.Run(c.name, func(b *testing.B) {
			var ours, theirs usage
			for b.Loop() {
				ours.add(b, history, filepath.Join(binaries, "secret-scan"), "--scope", c.scope, "--format", "json", ".")
				theirs.add(b, history, program, c.mode, "--exit-code", "0", "--no-banner", ".")
			}
			b.ReportMetric(float64(ours.cpu)/float64(theirs.cpu), "cpu-ratio")
			b.ReportMetric(float64(ours.wall)/float64(theirs.wall), "wall-ratio")
			b.ReportMetric(float64(ours.peak)/float64(theirs.peak), "memory-ratio")
			b.ReportMetric(ours.wall.Seconds()/float64(b.N), "ours-s")
			b.ReportMetric(theirs.wall.Seconds()/float64(b.N), "theirs-s")
		})
	}
}

// usage is what processes took together; peak is the largest resident size of one, in the system's unit.
type usage struct {
	cpu, wall time.Duration
	peak      int64
}

func (u *usage) add(b *testing.B, dir, program string, args ...string) {
	b.Helper()
	cmd := exec.CommandContext(b.Context(), program, args...)
	cmd.Dir, cmd.Env = dir, environment(b.TempDir(), b.TempDir())
	start := time.Now()
	err := cmd.Run()
	u.wall += time.Since(start)
	require.NotNil(b, cmd.ProcessState, "%v", err)
	require.Contains(b, []int{exitPass, exitBlocked}, cmd.ProcessState.ExitCode())
	u.cpu += cmd.ProcessState.UserTime() + cmd.ProcessState.SystemTime()
	if r, ok := cmd.ProcessState.SysUsage().(*syscall.Rusage); ok {
		u.peak = max(u.peak, r.Maxrss)
	}
}

// newBenchHistory is a repository whose commits are the versions of real modules.
func newBenchHistory(b *testing.B) string {
	b.Helper()
	r := newRepository(b)
	for _, m := range append(gitleaksVersions, otherVersions...) {
		entries, err := os.ReadDir(r.dir)
		require.NoError(b, err)
		for _, e := range entries {
			if e.Name() != ".git" {
				require.NoError(b, os.RemoveAll(filepath.Join(r.dir, e.Name())))
			}
		}
		m.copyTo(b, r.dir, true)
		r.commit(m.path + " " + m.version)
	}
	return r.dir
}
