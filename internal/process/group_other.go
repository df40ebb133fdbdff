//go:build !unix

package process

import "os/exec"

// isolate leaves the child in this process's group: where there are no process groups, cancelling kills the child
// alone.
func isolate(*exec.Cmd) {}
