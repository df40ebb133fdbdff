package git

import (
	"bufio"
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"strings"
	"time"
)

// An Origin says why lines are looked at that an ordinary `git log -p` does not show.
type Origin string

// The origins. Plain is what `git log -p` shows.
const (
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
	// Skipped is told of everything that is not looked at. reason is one of the Skip constants.
	Skipped func(reason, path string)
}

// Why something is not looked at.
const (
	SkipBinary = "binary file"
	SkipLarge  = "file over the size limit"
)

// Additions hands every line that each of the commits added, against all its parents, to yield, in the order of
// ids. It reads each commit of ids or fails: a git that dies midway, a commit that does not appear, a missing
// object and an error of yield are all errors.
func (r *Repository) Additions(ctx context.Context, ids []string, o Options, yield func(Addition) error) error {
	if len(ids) == 0 {
		return nil
	}
	args := []string{
		"diff-tree", "--stdin", "--always", "--root", "-r", "-c", "-p", "-U0", "--find-renames", "--full-index",
		"--no-ext-diff", "--no-textconv", "--no-color", "--no-relative", "--src-prefix=a/", "--dst-prefix=b/",
		"--inter-hunk-context=0", "--submodule=short", "--ignore-submodules=none", "--diff-filter=d", "-O" + devNull,
		"--format=tformat:%x00%H %at %P%x00", "--",
	}
	if o.Under != "" {
		args = append(args, ":(top,literal)"+o.Under)
	}
	cmd := r.command(args...)
	cmd.Stdin = strings.NewReader(strings.Join(ids, "\n") + "\n")
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
	return r.opaque(ctx, p.opaque, o, yield)
}

const devNull = "/dev/null"

// A diffParser reads the output of `git diff-tree --stdin -c -p -U0`. The format is that of "Generating patch text
// with -p" in git-diff(1), with a header line of ours, framed in NUL, before each commit.
type diffParser struct {
	in       *bufio.Reader
	options  Options
	yield    func(Addition) error
	expected []string

	seen       int
	commit     *Commit
	deleted    string // path of a deletion that was just seen in this commit: a type change if it comes again
	opaque     []opaqueFile
	incomplete error
	line       []byte // the current line, without its end
	eof        bool
}

// An opaqueFile is a file that git would not show as text.
type opaqueFile struct {
	commit *Commit
	path   string
	old    []string // one per parent; all zeros where the parent has no such file
	new    string
}

var (
	errFormat = errors.New("git printed a diff that cannot be understood")
	errCut    = errors.New("git's output ended early")
)

// parse never fails before the stream ends but for an error of yield or a line that it does not understand: if git
// dies, git's own error comes first and p.incomplete second.
func (p *diffParser) parse() error {
	if err := p.next(); err != nil {
		return err
	}
	for !p.eof {
		switch {
		case len(p.line) == 0:
			if err := p.next(); err != nil {
				return err
			}
		case p.line[0] == 0:
			if err := p.header(); err != nil {
				return err
			}
		case bytes.HasPrefix(p.line, []byte("diff --git ")), bytes.HasPrefix(p.line, []byte("diff --combined ")):
			if err := p.file(); err != nil {
				return err
			}
		default:
			return fmt.Errorf("%w: unexpected line in commit %s", errFormat, p.id())
		}
	}
	if p.seen != len(p.expected) {
		p.incomplete = fmt.Errorf("git showed %d of %d commits", p.seen, len(p.expected))
	}
	return nil
}

func (p *diffParser) id() string {
	if p.commit == nil {
		return "(none)"
	}
	return p.commit.ID
}

// next reads a line; what is over the limit is cut.
func (p *diffParser) next() error {
	p.line = p.line[:0]
	limit := max(p.options.MaxHunkBytes, 1<<16)
	for {
		part, err := p.in.ReadSlice('\n')
		if int64(len(p.line)) <= limit {
			p.line = append(p.line, part...)
		}
		switch {
		case err == nil:
			p.line = bytes.TrimSuffix(p.line, []byte("\n"))
			return nil
		case errors.Is(err, bufio.ErrBufferFull):
			continue
		case errors.Is(err, io.EOF):
			p.eof = len(p.line) == 0
			return nil
		default:
			return err
		}
	}
}

func (p *diffParser) header() error {
	fields := bytes.Fields(bytes.Trim(p.line, "\x00"))
	if len(fields) == 0 || p.seen >= len(p.expected) || string(fields[0]) != p.expected[p.seen] {
		return fmt.Errorf("%w: a commit out of order after %s", errFormat, p.id())
	}
	p.seen++
	p.commit, p.deleted = &Commit{ID: string(fields[0])}, ""
	rest := fields[1:]
	if len(rest) > 0 && !isObjectID(rest[0]) {
		var seconds int64
		if _, err := fmt.Sscan(string(rest[0]), &seconds); err == nil {
			p.commit.Authored = time.Unix(seconds, 0).UTC()
		}
		rest = rest[1:]
	}
	for _, parent := range rest {
		p.commit.Parents = append(p.commit.Parents, string(parent))
	}
	return p.next()
}

func isObjectID(b []byte) bool {
	return (len(b) == 40 || len(b) == 64) && len(bytes.Trim(b, "0123456789abcdef")) == 0
}
