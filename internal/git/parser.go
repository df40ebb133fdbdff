package git

import (
	"bufio"
	"bytes"
	"errors"
	"fmt"
	"io"
	"strconv"
	"time"
)

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
	renamed    []renamedFile
	wide       []*Commit // merges whose diffs git cannot show
	ended      bool      // the endMark was seen
	incomplete error
	line       []byte // the current line, without its end
	eof        bool
}

var (
	errFormat = errors.New("git printed a diff that cannot be understood")
	errCut    = errors.New("git's output ended early")
)

// parse fails with errCut where the stream ends before the endMark, and with errFormat at a line that it does not
// understand.
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
		case p.ended:
			return fmt.Errorf("%w: more after its end", errFormat)
		case p.line[0] == 0:
			if err := p.header(); err != nil {
				return err
			}
		case string(p.line) == endMark:
			p.ended = true
			if err := p.next(); err != nil {
				return err
			}
		case p.isWide():
			if err := p.next(); err != nil {
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
		return fmt.Errorf("%w: it showed %d of %d commits", errCut, p.seen, len(p.expected))
	}
	if !p.ended {
		return fmt.Errorf("%w: it showed the last commit, %s, in part", errCut, p.id())
	}
	return nil
}

func (p *diffParser) id() string {
	if p.commit == nil {
		return "(none)"
	}
	return p.commit.ID
}

// lineLimit is the least that a line may have: a header names every parent.
const lineLimit = 1 << 20

// next reads a line; what is over the limit is cut.
func (p *diffParser) next() error {
	p.line = p.line[:0]
	limit := max(p.options.MaxHunkBytes, lineLimit)
	for {
		part, err := p.in.ReadSlice('\n')
		if p.options.MaxHunkBytes <= 0 || int64(len(p.line)) <= limit {
			p.line = append(p.line, part...)
		}
		switch {
		case err == nil:
			p.line = bytes.TrimSuffix(p.line, []byte("\n"))
			return nil
		case errors.Is(err, bufio.ErrBufferFull):
			continue
		case errors.Is(err, io.EOF):
			if p.eof = true; len(p.line) > 0 {
				return fmt.Errorf("%w: within a line of commit %s", errCut, p.id())
			}
			return nil
		default:
			return err
		}
	}
}

// header reads "<id> <author time> <parents>", framed in NUL. The time is missing in a commit without an author.
func (p *diffParser) header() error {
	fields := bytes.Split(bytes.Trim(p.line, "\x00"), []byte(" "))
	if len(fields) < 3 || p.seen >= len(p.expected) || string(fields[0]) != p.expected[p.seen] {
		return fmt.Errorf("%w: a commit out of order after %s", errFormat, p.id())
	}
	p.seen++
	p.commit, p.deleted = &Commit{ID: string(fields[0])}, ""
	if seconds, err := strconv.ParseInt(string(fields[1]), 10, 64); err == nil {
		p.commit.Authored = time.Unix(seconds, 0).UTC()
	}
	for _, parent := range fields[2:] {
		if isObjectID(parent) {
			p.commit.Parents = append(p.commit.Parents, string(parent))
		}
	}
	if p.isWide() {
		p.wide = append(p.wide, p.commit)
	}
	return p.next()
}

func isObjectID(b []byte) bool {
	return (len(b) == 40 || len(b) == 64) && len(bytes.Trim(b, "0123456789abcdef")) == 0
}

// maxCombined is how many parents git's combined diff can tell apart: it keeps a bit for each in a word, with some
// to spare, and shows wrong lines, or none, for more (combine-diff.c).
const maxCombined = 24

// isWide says whether the lines are of a merge with more parents than git can show. None of its lines begins with
// NUL or like the endMark.
func (p *diffParser) isWide() bool { return p.commit != nil && len(p.commit.Parents) > maxCombined }
