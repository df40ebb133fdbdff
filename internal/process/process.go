// Package process starts a child: bounded, cancellable, its whole group killed, its environment scrubbed, never
// through a shell.
package process

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"time"
)

// A Command is a program with everything it gets: nothing is inherited.
type Command struct {
	Program string
	Args    []string
	Dir     string
	Env     []string // the child's whole environment, "KEY=value"
	Stdin   io.Reader
}

// An Error is a child that did not end well.
type Error struct {
	Program string
	Verb    string // the first argument that is no flag, for a reader
	Exit    int    // -1 where it was killed or did not start
	Stderr  string // the end of what it said
	Err     error
}

func (e *Error) Error() string {
	// Beside complaints, the rest is left out: warnings quote files, which may hold secrets.
	var lines []string
	for line := range strings.Lines(e.Stderr) {
		if line = strings.TrimSpace(line); isComplaint([]byte(line)) {
			lines = append(lines, line)
		}
	}
	said := strings.Join(lines, "; ")
	if said == "" {
		said = strings.TrimSpace(e.Stderr)
	}
	if said == "" {
		said = e.Err.Error()
	}
	return fmt.Sprintf("%s: %s", strings.TrimSpace(e.Program+" "+e.Verb), said)
}

func (e *Error) Unwrap() error { return e.Err }

// Environment is the little that every child needs to run at all, taken from the parent by name. Tokens and other
// secrets of a CI job are not among it.
func Environment(getenv func(string) string, extra ...string) []string {
	env := []string{"LC_ALL=C", "LANGUAGE=C"}
	for _, key := range []string{"PATH", "TMPDIR", "SystemRoot", "SYSTEMROOT", "TEMP", "TMP", "PATHEXT"} {
		if v := getenv(key); v != "" {
			env = append(env, key+"="+v)
		}
	}
	return append(env, extra...)
}

const (
	stderrKept = 4 << 10
	killDelay  = 2 * time.Second
)

// Output runs the command and returns what it printed, at most limit bytes: more is an error.
func (c Command) Output(ctx context.Context, limit int64) ([]byte, error) {
	var out bytes.Buffer
	err := c.Stream(ctx, func(r io.Reader) error {
		n, err := io.Copy(&out, io.LimitReader(r, limit+1))
		if err == nil && n > limit {
			err = fmt.Errorf("printed more than %d bytes", limit)
		}
		return err
	})
	return out.Bytes(), err
}

// Stream runs the command and hands its standard output to read. The child failing, being cancelled, and read
// failing are all errors; when read fails, the child is killed. A child that printed to standard error but exited 0
// is judged by complaint.
func (c Command) Stream(ctx context.Context, read func(io.Reader) error) error {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	program, err := c.find()
	if err != nil {
		return c.fail(-1, "", startError(c.Program, err))
	}
	cmd := exec.CommandContext(ctx, program, c.Args...)
	cmd.Dir, cmd.Env, cmd.Stdin = c.Dir, c.Env, c.Stdin
	if cmd.Env == nil {
		cmd.Env = []string{}
	}
	stderr := &tail{max: stderrKept}
	cmd.Stderr = stderr
	cmd.WaitDelay = killDelay
	isolate(cmd)
	stdout, err := cmd.StdoutPipe()
	if err != nil {
		return c.fail(-1, "", err)
	}
	if err := cmd.Start(); err != nil {
		return c.fail(-1, "", startError(c.Program, err))
	}
	readErr := read(stdout)
	if readErr != nil {
		cancel()
	}
	// What read left behind must be taken away before Wait, or a child that still prints would die of a broken pipe.
	_, drainErr := io.Copy(io.Discard, stdout)
	waitErr := cmd.Wait()
	switch {
	case readErr != nil:
		return readErr
	case ctx.Err() != nil:
		return ctx.Err()
	case waitErr != nil:
		return c.fail(cmd.ProcessState.ExitCode(), stderr.String(), waitErr)
	case drainErr != nil:
		return c.fail(-1, stderr.String(), drainErr)
	}
	if said := stderr.complaint(); said != "" {
		return c.fail(0, said, errors.New("complained on standard error"))
	}
	return nil
}

// find looks for the program on the command's own PATH, not this process's, and never in the current folder.
func (c Command) find() (string, error) {
	if strings.ContainsAny(c.Program, `/\`) {
		return c.Program, nil
	}
	var path string
	for _, kv := range c.Env {
		if key, value, _ := strings.Cut(kv, "="); strings.EqualFold(key, "PATH") {
			path = value
		}
	}
	for _, dir := range filepath.SplitList(path) {
		if !filepath.IsAbs(dir) {
			continue
		}
		if found, err := exec.LookPath(filepath.Join(dir, c.Program)); err == nil {
			return found, nil
		}
	}
	return "", exec.ErrNotFound
}

func (c Command) fail(exit int, stderr string, err error) error {
	e := &Error{Program: c.Program, Exit: exit, Stderr: stderr, Err: err}
	for i := 0; i < len(c.Args); i++ {
		if c.Args[i] == "-c" || c.Args[i] == "-C" {
			i++
			continue
		}
		if !strings.HasPrefix(c.Args[i], "-") {
			e.Verb = c.Args[i]
			break
		}
	}
	return e
}

func startError(program string, err error) error {
	if errors.Is(err, exec.ErrNotFound) {
		return fmt.Errorf("%s is not on PATH: install it, or put it there", program)
	}
	if errors.Is(err, os.ErrPermission) {
		return fmt.Errorf("%s may not be run: %w", program, err)
	}
	return err
}

// tail keeps the last max bytes written to it, and the first lines that are complaints.
type tail struct {
	buf  []byte
	max  int
	line []byte // the current one, as far as it is needed to tell a complaint
	said []byte
}

func (t *tail) Write(p []byte) (int, error) {
	t.buf = append(t.buf, p...)
	if over := len(t.buf) - t.max; over > 0 {
		t.buf = append(t.buf[:0], t.buf[over:]...)
	}
	for line := range bytes.Lines(p) {
		t.line = append(t.line, line[:min(len(line), t.max-len(t.line))]...)
		if line[len(line)-1] == '\n' {
			t.endLine()
		}
	}
	return len(p), nil
}

func (t *tail) endLine() {
	if line := bytes.TrimSpace(t.line); isComplaint(line) && len(t.said)+len(line) <= t.max {
		if len(t.said) > 0 {
			t.said = append(t.said, "; "...)
		}
		t.said = append(t.said, line...)
	}
	t.line = t.line[:0]
}

func (t *tail) String() string { return string(t.buf) }

// complaint returns the lines that mean that something went wrong although the child exited 0.
func (t *tail) complaint() string {
	t.endLine()
	return string(t.said)
}

// isComplaint knows what git prints when it goes on without what it should have read.
func isComplaint(line []byte) bool {
	for _, sign := range []string{"error:", "fatal:", "warning: ignoring broken ref", "warning: refname "} {
		if bytes.HasPrefix(line, []byte(sign)) {
			return true
		}
	}
	return false
}
