package git

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"
	"time"
)

// An Origin says why lines are looked at that an ordinary `git log -p` does not show.
type Origin string

// The origins. Plain is what `git log -p` shows.
const (
	NULBytes        Origin = "nul-bytes" // text with NUL bytes in it, which git takes for binary
	Renamed         Origin = "renamed"   // moved as it is to where other rules hold: see Options.Renamed
	Plain           Origin = ""
	MergeOnly       Origin = "merge-only"       // in a merge commit and in none of its parents
	AttributeHidden Origin = "attribute-hidden" // text that .gitattributes declares to be binary
	UTF16           Origin = "utf-16"           // git takes it for binary
	TypeChange      Origin = "type-change"      // a symbolic link or submodule became a file
)

// A Commit is the little that is told about the commit that added lines.
type Commit struct {
	ID       string
	Parents  []string
	Authored time.Time // UTC; zero where the commit does not say
}

// An Addition is what one commit added to one file.
type Addition struct {
	Commit *Commit
	Path   string // the bytes that git has, with forward slashes; not always UTF-8
	Origin Origin
	Hunks  []Hunk
	// Created says that the file is new with this commit, so that Hunks are all of it.
	Created bool
}

// A Hunk is consecutive added lines.
type Hunk struct {
	StartLine int
	Text      string // with line ends; without one at the end where the file has none
}

// Options bound what Additions reads.
type Options struct {
	Under        string // a repository-relative folder, "" for all
	MaxHunkBytes int64  // of one hunk and of one blob
	// Renamed says whether a file that is moved is looked at whole, because what held for its old path does not hold
	// for the new one. nil: never.
	Renamed func(from, to string) bool
	// Binary is told of each file that has no text to look into, for what its name says. It may be nil.
	Binary func(c *Commit, path string)
	// Skipped is told of everything that is not looked at. reason is one of the Skip constants.
	Skipped func(reason, path string)
}

func (o Options) skip(reason, path string) {
	if o.Skipped != nil {
		o.Skipped(reason, path)
	}
}

// Why something is not looked at.
const (
	SkipBinary = "binary file"
	SkipLarge  = "file over the size limit"
	SkipLink   = "symbolic link"
)

// Additions hands every line that each of the commits added, against all its parents, to yield: first what git
// shows, in the order of ids, then what it hides, in that order again. It reads each commit of ids or fails: a git
// that dies midway, a commit that does not appear, a missing object and an error of yield are all errors.
func (r *Repository) Additions(ctx context.Context, ids []string, o Options, yield func(Addition) error) error {
	if len(ids) == 0 {
		return nil
	}
	args := []string{
		"diff-tree", "--stdin", "--always", "--root", "-r", "-c", "-p", "-U0", "--find-renames", "--full-index",
		"--no-ext-diff", "--no-textconv", "--no-color", "--no-relative", "--src-prefix=a/", "--dst-prefix=b/",
		"--inter-hunk-context=0", "--submodule=short", "--ignore-submodules=none", "--diff-filter=d", "-O" + devNull,
		"--encoding=UTF-8", "--format=tformat:%x00%H %at %P%x00", "--",
	}
	if o.Under != "" {
		args = append(args, underPathspec(o.Under))
	}
	cmd := r.command(args...)
	// diff-tree reads the index, and may take files of the work tree for the blobs that it tells of.
	cmd.Env = append(slices.Clip(cmd.Env), "GIT_INDEX_FILE="+r.noIndex)
	cmd.Stdin = strings.NewReader(strings.Join(ids, "\n") + "\n" + endMark + "\n")
	p := &diffParser{options: o, yield: yield, expected: ids}
	err := cmd.Stream(ctx, func(out io.Reader) error {
		p.in = bufio.NewReaderSize(out, 1<<18)
		err := p.parse()
		if errors.Is(err, errCut) {
			p.incomplete, err = err, nil
		}
		return err
	})
	// The parser's own view of a stream that git cut is less telling than what git said.
	if err = explain(err); err != nil {
		return fmt.Errorf("reading the changes: %w", err)
	}
	if p.incomplete != nil {
		return p.incomplete
	}
	wide, err := r.wideMerges(ctx, p.wide, o)
	if err != nil {
		return err
	}
	if err := r.opaque(ctx, append(p.opaque, wide...), o, yield); err != nil {
		return err
	}
	return r.renamed(ctx, p.renamed, o, yield)
}

func underPathspec(folder string) string { return ":(top,literal)" + folder }

const devNull = "/dev/null"

// endMark follows the ids: diff-tree prints a line that is no object id as it is, so that an output without it at
// its end was cut, whatever git's exit status.
const endMark = "~end"
