package git

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"slices"
	"strconv"
	"strings"
)

// A Blob is a file's content, or its size alone where it is over the limit.
type Blob struct {
	ID      string
	Size    int64
	Content []byte // nil where Size is over the limit; valid until the callback returns
}

// Blobs reads blobs in the order of ids, each once. One that is larger than limit bytes comes without its content;
// 0 means no limit. A missing object is an error that names it.
func (r *Repository) Blobs(ctx context.Context, ids []string, limit int64, yield func(Blob) error) error {
	if len(ids) == 0 {
		return nil
	}
	sizes, err := r.sizes(ctx, ids)
	if err != nil {
		return err
	}
	large := func(id string) bool { return limit > 0 && sizes[id] > limit }
	wanted := slices.DeleteFunc(slices.Clone(ids), large)
	var content []byte
	read := func(out io.Reader) error {
		in := bufio.NewReaderSize(out, 1<<18)
		for _, id := range ids {
			b := Blob{ID: id, Size: sizes[id]}
			if !large(id) {
				if content, err = batchContent(in, b, content); err != nil {
					return err
				}
				b.Content = content
			}
			if err := yield(b); err != nil {
				return err
			}
		}
		return nil
	}
	if len(wanted) == 0 {
		return read(strings.NewReader(""))
	}
	cmd := r.command("cat-file", "--batch", "--buffer")
	cmd.Stdin = strings.NewReader(strings.Join(wanted, "\n") + "\n")
	return explain(cmd.Stream(ctx, read))
}

// batchContent reads the content of b, which is next, into buffer.
func batchContent(in *bufio.Reader, b Blob, buffer []byte) ([]byte, error) {
	id, size, err := batchHeader(in)
	if err != nil {
		return nil, err
	}
	if id != b.ID || size != b.Size {
		return nil, fmt.Errorf("%w: another object than %s", errBatch, b.ID)
	}
	buffer = slices.Grow(buffer[:0], int(size)+1)[:size+1]
	if _, err := io.ReadFull(in, buffer); err != nil {
		return nil, fmt.Errorf("%w: in object %s", errCut, id)
	}
	if buffer[size] != '\n' {
		return nil, fmt.Errorf("%w: object %s has no end", errBatch, id)
	}
	return buffer[:size], nil
}

func (r *Repository) sizes(ctx context.Context, ids []string) (map[string]int64, error) {
	sizes := make(map[string]int64, len(ids))
	cmd := r.command("cat-file", "--batch-check", "--buffer")
	cmd.Stdin = strings.NewReader(strings.Join(ids, "\n") + "\n")
	err := cmd.Stream(ctx, func(out io.Reader) error {
		in := bufio.NewReader(out)
		for _, wanted := range ids {
			id, size, err := batchHeader(in)
			if err != nil {
				return err
			}
			if id != wanted {
				return fmt.Errorf("%w: another object than %s", errBatch, wanted)
			}
			sizes[id] = size
		}
		return nil
	})
	return sizes, explain(err)
}

var errBatch = errors.New("git printed objects that cannot be understood")

// batchHeader reads "<id> <type> <size>" or "<id> missing", see "BATCH OUTPUT" in git-cat-file(1).
func batchHeader(in *bufio.Reader) (id string, size int64, err error) {
	line, err := in.ReadString('\n')
	if err != nil {
		return "", 0, fmt.Errorf("%w: an object is missing at the end", errCut)
	}
	fields := strings.Fields(line)
	if len(fields) == 2 {
		return "", 0, fmt.Errorf("object %s is %s: the clone is partial or corrupt; run git fsck, then fetch or clone again", fields[0], fields[1])
	}
	if len(fields) != 3 || !strings.HasSuffix(line, "\n") {
		return "", 0, errBatch
	}
	if fields[1] != "blob" {
		return "", 0, fmt.Errorf("object %s is a %s, not a file", fields[0], fields[1])
	}
	if size, err = strconv.ParseInt(fields[2], 10, 64); err != nil || size < 0 {
		return "", 0, fmt.Errorf("%w: the size of %s", errBatch, fields[0])
	}
	return fields[0], size, nil
}

// A TreeEntry is a file in a commit's tree.
type TreeEntry struct {
	Path string
	ID   string
	Mode string // "100644", "120000" for a symbolic link, "160000" for a submodule
}

// Tree lists the files of a commit.
func (r *Repository) Tree(ctx context.Context, commit string) ([]TreeEntry, error) {
	return r.tree(ctx, commit)
}

func (r *Repository) tree(ctx context.Context, commit string, paths ...string) ([]TreeEntry, error) {
	args := []string{"--literal-pathspecs", "ls-tree", "-r", "-z", "--full-tree", "--end-of-options", commit}
	out, err := r.output(ctx, append(args, paths...)...)
	if err != nil {
		return nil, fmt.Errorf("listing the files of %s: %w", commit, err)
	}
	var entries []TreeEntry
	for record := range strings.SplitSeq(string(out), "\x00") {
		if record == "" { // after the last one
			continue
		}
		meta, path, ok := strings.Cut(record, "\t")
		fields := strings.Fields(meta)
		if !ok || len(fields) != 3 {
			return nil, fmt.Errorf("listing the files of %s: git printed a line that cannot be understood", commit)
		}
		entries = append(entries, TreeEntry{Path: path, Mode: fields[0], ID: fields[2]})
	}
	return entries, nil
}

var errTooLarge = errors.New("too large")

// ErrNotRegular means that a path of a commit is a symbolic link or a submodule.
var ErrNotRegular = errors.New("not a regular file")

// File reads a file of a commit, at most limit bytes. The error is fs.ErrNotExist where the commit has no such
// file.
func (r *Repository) File(ctx context.Context, commit, path string, limit int64) ([]byte, error) {
	entries, err := r.tree(ctx, commit, path)
	if err != nil {
		return nil, err
	}
	i := slices.IndexFunc(entries, func(e TreeEntry) bool { return e.Path == path })
	if i < 0 {
		return nil, fmt.Errorf("%s in %s: %w", path, commit, fs.ErrNotExist)
	}
	if !strings.HasPrefix(entries[i].Mode, "100") {
		return nil, fmt.Errorf("%s in %s: %w", path, commit, ErrNotRegular)
	}
	var content []byte
	err = r.Blobs(ctx, []string{entries[i].ID}, limit, func(b Blob) error {
		if b.Content == nil && b.Size > 0 {
			return fmt.Errorf("%w: %s in %s has %d bytes, more than %d", errTooLarge, path, commit, b.Size, limit)
		}
		content = slices.Clone(b.Content)
		return nil
	})
	return content, err
}
