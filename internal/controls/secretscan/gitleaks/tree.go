package gitleaks

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"syscall"

	"github.com/zricethezav/gitleaks/v8/sources"

	"github.com/forewarden/forewarden/internal/git"
	"github.com/forewarden/forewarden/internal/scope"
)

// tree looks at the files as they are. It returns why there was nothing to look at.
func (l *look) tree(ctx context.Context) (nothing string, err error) {
	files, err := l.list(ctx)
	if err != nil {
		return "", err
	}
	if len(files) == 0 {
		return "there are no files", nil
	}
	root, err := os.OpenRoot(l.scope.Root)
	if err != nil {
		return "", err
	}
	defer func() { _ = root.Close() }()
	var (
		mu       sync.Mutex
		failures []error
	)
	workers, workCtx := pool(ctx)
	for i, f := range files {
		l.scope.Report(scope.Progress{Control: "secret-scan", Done: int64(i + 1), Total: int64(len(files)), Unit: "files"})
		workers.Go(func() error {
			err := l.file(workCtx, root, f)
			if err == nil || workCtx.Err() != nil {
				return workCtx.Err()
			}
			// A file that cannot be read must not hide what the others hold.
			mu.Lock()
			defer mu.Unlock()
			failures = append(failures, err)
			return nil
		})
	}
	if err := workers.Wait(); err != nil {
		return "", err
	}
	if len(failures) > 0 {
		return "", unread(failures)
	}
	if l.files.Load() > 0 {
		return "", nil
	}
	return l.nothing(len(files))
}

// nothing says why no file was looked into: because none is one to look into, or because those that are could not be.
func (l *look) nothing(files int) (string, error) {
	for _, s := range l.skips.List() {
		if s.Reason == git.SkipLarge || s.Reason == skipAbsent {
			return "", fmt.Errorf("no file was looked into: %d of %d: %s (%s)", s.Count, files, s.Reason, strings.Join(s.Examples, ", "))
		}
	}
	if files == 1 {
		return "the only file is none to look into", nil
	}
	return fmt.Sprintf("none of the %d files is one to look into", files), nil
}

// unread is one error for many files, of which it names three.
func unread(failures []error) error {
	n := len(failures)
	sortErrors(failures)
	err := errors.Join(failures[:min(n, 3)]...)
	if n > 3 {
		err = fmt.Errorf("%w; and %d more", err, n-3)
	}
	return fmt.Errorf("%d of the files could not be read: %w", n, err)
}

// list names the files to look at, relative to the root. What is no file is skipped and counted.
func (l *look) list(ctx context.Context) ([]string, error) {
	if l.scope.Has&scope.Git == 0 {
		return l.walk(ctx)
	}
	repository, err := git.Open(ctx, l.scope.Root, l.getenv)
	if err != nil {
		return nil, err
	}
	listed, err := repository.WorkTree(ctx, l.scope.Under)
	if err != nil {
		return nil, err
	}
	if len(listed) == 0 && l.scope.Under != "" {
		if _, err := os.ReadDir(filepath.Join(l.scope.Root, filepath.FromSlash(l.scope.Under))); err == nil {
			return nil, fmt.Errorf("git ignores everything under %s: track it, or look at a copy outside the repository", l.scope.Under)
		}
	}
	var files []string
	for _, f := range listed {
		if f.Submodule {
			l.skips.Add(skipNested, f.Path)
			continue
		}
		files = append(files, f.Path)
	}
	return files, nil
}

// walk lists every file of a folder outside git.
func (l *look) walk(ctx context.Context) ([]string, error) {
	var files []string
	base := filepath.Join(l.scope.Root, filepath.FromSlash(l.scope.Under))
	err := filepath.WalkDir(base, func(name string, d fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		rel, err := filepath.Rel(l.scope.Root, name)
		if err != nil {
			return err
		}
		switch rel = filepath.ToSlash(rel); {
		case ctx.Err() != nil:
			return ctx.Err()
		case d.IsDir() && d.Name() == ".git" && rel != ".":
			l.skips.Add(skipNested, path.Dir(rel))
			return filepath.SkipDir
		case !d.IsDir():
			files = append(files, rel)
		}
		return nil
	})
	return files, err
}

// file looks into one file.
func (l *look) file(ctx context.Context, root *os.Root, name string) error {
	local := filepath.FromSlash(name)
	info, err := root.Lstat(local)
	switch {
	case errors.Is(err, fs.ErrNotExist), errors.Is(err, syscall.ENOTDIR), err != nil && strings.Contains(err.Error(), "path escapes"):
		// Also where a folder has become a file or a link to elsewhere: git's file is not there.
		l.skips.Add(skipAbsent, name)
		return nil
	case err != nil:
		return err
	case info.Mode()&fs.ModeSymlink != 0:
		l.skips.Add(git.SkipLink, name)
		return nil
	case info.IsDir():
		l.skips.Add(skipNested, name)
		return nil
	case !info.Mode().IsRegular():
		l.skips.Add(skipSpecial, name)
		return nil
	case info.Size() > l.maxBytes:
		l.skips.Add(git.SkipLarge, name)
		return nil
	case l.detector.leftOut(name):
		l.skips.Add(skipAllowList, name)
		return nil
	}
	f, err := root.Open(local)
	if err != nil {
		return err
	}
	defer func() { _ = f.Close() }()
	head := make([]byte, 8000)
	n, err := io.ReadFull(f, head)
	if err != nil && !errors.Is(err, io.EOF) && !errors.Is(err, io.ErrUnexpectedEOF) {
		return err
	}
	head = head[:n]
	if _, err := f.Seek(0, io.SeekStart); err != nil {
		return err
	}
	known, looked, err := l.chunks(ctx, f, name, head)
	if err != nil {
		return err
	}
	if _, origin, _ := git.Text(head); origin == git.UTF16 || bytes.Count(head, []byte{0})*10 > len(head) {
		if _, err := f.Seek(0, io.SeekStart); err != nil {
			return err
		}
		content, err := io.ReadAll(io.LimitReader(f, l.maxBytes))
		if err != nil {
			return err
		}
		isText, err := l.wide(ctx, content, name, known)
		if err != nil {
			return err
		}
		looked = looked || isText
	}
	if looked || len(head) == 0 {
		l.files.Add(1)
	} else {
		l.skips.Add(git.SkipBinary, name) // the library passes over archives and other binary formats in silence
	}
	return nil
}

// A sight is what tells sightings of one file apart that were made in more than one way.
type sight struct{ rule, digest string }

// chunks reads a file as gitleaks' program does for a folder, so that both find the same. It returns what it found,
// and whether the library looked at all.
func (l *look) chunks(ctx context.Context, f io.Reader, name string, head []byte) (known map[sight]bool, looked bool, err error) {
	known = map[sight]bool{}
	before := 0 // code points of the line that a piece begins within
	source := sources.File{Content: f, Path: name}
	err = source.Fragments(ctx, func(fragment sources.Fragment, err error) error {
		if err != nil {
			return fmt.Errorf("%s: %w", name, err)
		}
		looked = true
		l.bytes.Add(int64(len(fragment.Raw)))
		p := piece{text: fragment.Raw, line: fragment.StartLine, before: before}
		found, err := l.detector.scanPiece(ctx, p, name, "")
		l.keepTree(found, git.Plain, head)
		before = p.after(len(p.text)).before
		for _, s := range found {
			known[sight{s.Rule, s.Digest}] = true
		}
		return err
	})
	return known, looked, err
}

// wide looks into a file with more than one byte a character: as UTF-16, and without its NUL bytes where that is out
// of step or is something else. known is what was found in it as it is. It reports whether the file is such a text.
func (l *look) wide(ctx context.Context, content []byte, name string, known map[sight]bool) (isText bool, err error) {
	decoded, origin, _ := git.Text(content)
	if origin == git.UTF16 {
		if err := l.view(ctx, decoded, name, git.UTF16, known, nil); err != nil {
			return true, err
		}
	}
	stripped, ok := git.TextWithNULs(content)
	if ok {
		var lines map[int]bool
		if origin == git.UTF16 {
			lines = git.OutOfStep(stripped, decoded)
		}
		if err := l.view(ctx, stripped, name, git.NULBytes, known, lines); err != nil {
			return true, err
		}
	}
	return ok || origin == git.UTF16, nil
}

// view looks into a text that was made of a file, at the given lines of it or, for nil, at all, and keeps what is not
// known yet.
func (l *look) view(ctx context.Context, text, name string, origin git.Origin, known map[sight]bool, lines map[int]bool) error {
	found, err := l.detector.scan(ctx, text, name, "", 1)
	found = slices.DeleteFunc(found, func(s sighting) bool {
		return s.source == "" || known[sight{s.Rule, s.Digest}] || lines != nil && !lines[s.Location.StartLine]
	})
	for _, s := range found {
		known[sight{s.Rule, s.Digest}] = true
	}
	l.keepTree(found, origin, []byte(text[:min(len(text), 2048)]))
	return err
}

func (l *look) keepTree(found []sighting, origin git.Origin, head []byte) {
	for i := range found {
		found[i].StillPresent = "true"
	}
	l.keep(found, origin, bytes.Clone(head), nil)
}
