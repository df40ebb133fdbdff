package app

import (
	"bufio"
	"bytes"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"

	"golang.org/x/term"

	"github.com/forewarden/forewarden/internal/gate"
	"github.com/forewarden/forewarden/internal/report"
)

// write writes every report. One that cannot be written does not keep the others from being written.
func (c Command) write(p *plan, v gate.Verdict) error {
	run := p.run(v)
	var errs []error
	for _, r := range p.options.reports {
		var b bytes.Buffer
		err := report.Write(r.format, &b, run, report.Options{Verbose: p.options.text.Verbose})
		if err == nil {
			err = writeFile(r.path, b.Bytes())
		}
		if err != nil {
			errs = append(errs, fmt.Errorf("the %s report was not written: %w", r.format, err))
		}
	}
	text := p.options.text
	width, terminal := terminalWidth(c.Stdout)
	text.Color, text.Width = text.Color && terminal && c.Getenv("TERM") != "dumb", width
	if p.onActions() {
		if err := c.edge(p, run); err != nil {
			errs = append(errs, err)
		}
	}
	out := bufio.NewWriter(c.Stdout)
	err := p.shield(out, run, func(w io.Writer) error { return report.Write(p.options.format, w, run, text) })
	if err = errors.Join(err, out.Flush()); err != nil {
		errs = append(errs, fmt.Errorf("standard output: %w", err))
	}
	return errors.Join(errs...)
}

// terminalWidth is how wide the terminal is that w writes to.
func terminalWidth(w io.Writer) (columns int, terminal bool) {
	f, ok := w.(*os.File)
	if !ok || !term.IsTerminal(int(f.Fd())) {
		return 0, false
	}
	columns, _, err := term.GetSize(int(f.Fd()))
	if err != nil {
		return 0, true
	}
	return columns, true
}

// writeFile writes a file whole or not at all: under another name first, in the same folder. What is there and is
// no regular file, a device or a pipe, is written to as it is.
func writeFile(path string, data []byte) (err error) {
	if target, err := filepath.EvalSymlinks(path); err == nil {
		path = target
	}
	info, err := os.Stat(path)
	switch link, linkErr := os.Lstat(path); {
	case err != nil && linkErr == nil && link.Mode()&fs.ModeSymlink != 0:
		return fmt.Errorf("%s is a symbolic link to a file that is not there", path)
	case err == nil && info.IsDir():
		return fmt.Errorf("%s is a folder", path)
	case err == nil && !info.Mode().IsRegular():
		return writeThrough(path, data)
	case err != nil && !errors.Is(err, fs.ErrNotExist):
		return err
	}
	mode := fs.FileMode(0o644)
	if info != nil {
		mode = info.Mode().Perm()
	}
	f, err := os.CreateTemp(filepath.Dir(path), ".forewarden-*")
	if err != nil {
		return fmt.Errorf("%s: %w", path, cause(err))
	}
	defer func() {
		if err != nil {
			_, _ = f.Close(), os.Remove(f.Name()) // what went wrong before matters more
			err = fmt.Errorf("%s: %w", path, cause(err))
		}
	}()
	if _, err = f.Write(data); err != nil {
		return err
	}
	if err = f.Chmod(mode); err != nil {
		return err
	}
	if err = f.Sync(); err != nil {
		return err
	}
	if err = f.Close(); err != nil {
		return err
	}
	return os.Rename(f.Name(), path)
}

// cause is an error without the name of the file that it happened to, which is a temporary one.
func cause(err error) error {
	if at, ok := errors.AsType[*fs.PathError](err); ok {
		return at.Err
	}
	return err
}

func writeThrough(path string, data []byte) error {
	f, err := os.OpenFile(path, os.O_WRONLY, 0)
	if err != nil {
		return err
	}
	_, err = f.Write(data)
	return errors.Join(err, f.Close())
}
