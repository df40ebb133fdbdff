//go:build unix

package process

import (
	"os/exec"
	"syscall"
)

// isolate puts the child into a process group of its own, so that cancelling kills what it started as well.
func isolate(cmd *exec.Cmd) {
	cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	cmd.Cancel = func() error { return syscall.Kill(-cmd.Process.Pid, syscall.SIGKILL) }
}
