package git

import (
	"bytes"
	"fmt"
	"slices"
	"strings"
)

// file reads one file's part of a commit's diff.
func (p *diffParser) file() error {
	f := patchFile{}
	f.heading(string(p.line))
	if p.commit == nil || f.combined && len(p.commit.Parents) < 2 {
		return fmt.Errorf("%w: changes that no commit can have, after %s", errFormat, p.id())
	}
	for {
		if err := p.next(); err != nil {
			return err
		}
		if p.eof || len(p.line) == 0 || p.line[0] == 0 || p.line[0] == endMark[0] || bytes.HasPrefix(p.line, []byte("diff --")) {
			break
		}
		if p.line[0] == '@' {
			return p.hunks(f)
		}
		f.extended(string(p.line))
	}
	if f.deleted {
		p.deleted = f.path
	}
	p.rename(f, nil)
	if f.binary && !f.deleted {
		if f.path == "" {
			return fmt.Errorf("%w: a binary file without a name in commit %s", errFormat, p.id())
		}
		p.opaque = append(p.opaque, p.opaqueFile(f))
	}
	return nil
}

// hunks reads the hunks of a file, whose first header is the current line.
func (p *diffParser) hunks(f patchFile) error {
	if f.path == "" {
		return fmt.Errorf("%w: a file without a name in commit %s", errFormat, p.id())
	}
	a := Addition{Commit: p.commit, Path: f.path, Origin: Plain, Created: f.created}
	switch {
	case f.combined:
		a.Origin = MergeOnly
	case p.deleted != "" && p.deleted == f.path:
		a.Origin = TypeChange
	}
	large := false
	for !p.eof && len(p.line) > 0 && p.line[0] == '@' {
		var cut bool
		var err error
		if f.combined {
			cut, err = p.combinedHunk(&a)
		} else {
			cut, err = p.hunk(&a)
		}
		if err != nil {
			return err
		}
		large = large || cut
	}
	if f.deleted {
		p.deleted = f.path
		return nil
	}
	if large {
		p.options.skip(SkipLarge, f.path)
	}
	p.rename(f, a.Hunks)
	if len(a.Hunks) == 0 {
		return nil
	}
	if f.combined {
		return p.merged(f, a)
	}
	if slices.ContainsFunc(a.Hunks, func(h Hunk) bool { return strings.ContainsRune(h.Text, 0) }) {
		// An attribute can make git show UTF-16 as if it were text.
		o := p.opaqueFile(f)
		o.shown = true
		p.opaque = append(p.opaque, o)
	}
	return p.yield(a)
}

func (p *diffParser) opaqueFile(f patchFile) opaqueFile {
	return opaqueFile{commit: p.commit, path: f.path, old: f.old, new: f.new}
}

// merged keeps a merge's own lines for a second look: a combined diff ends a line at its first NUL, and does not
// tell a last line without its end.
func (p *diffParser) merged(f patchFile, a Addition) error {
	if a.Hunks[0].Text == "Subproject commit "+f.new+"\n" { // of a submodule: no blob
		return p.yield(a)
	}
	o := p.opaqueFile(f)
	o.merged = a.Hunks
	p.opaque = append(p.opaque, o)
	return nil
}

// hunk reads "@@ -a,b +c,d @@" and its lines: b that begin with a minus, then d that begin with a plus.
func (p *diffParser) hunk(a *Addition) (large bool, err error) {
	spans, ok := hunkSpans(string(p.line), 1)
	if !ok {
		return false, fmt.Errorf("%w: a hunk header in commit %s", errFormat, p.id())
	}
	removed, added := spans[0].count, spans[1].count
	var text bytes.Buffer
	for {
		if err := p.next(); err != nil {
			return large, err
		}
		if len(p.line) == 0 || p.eof {
			break
		}
		switch c := p.line[0]; {
		case c == '+' && added > 0:
			added--
			if large = large || p.over(int64(text.Len()+len(p.line))); !large {
				text.Write(p.line[1:])
				text.WriteByte('\n')
			}
			continue
		case c == '-' && removed > 0:
			removed--
			continue
		case c == '\\':
			// "\ No newline at end of file" speaks of the line before it.
			if added == 0 && removed == 0 && !large && text.Len() > 0 && spans[1].count > 0 {
				text.Truncate(text.Len() - 1)
			}
			continue
		}
		break
	}
	switch {
	case removed == 0 && added == 0:
	case p.eof:
		return large, fmt.Errorf("%w: in commit %s", errCut, p.id())
	default:
		return large, fmt.Errorf("%w: a hunk of another length than its header says, in commit %s", errFormat, p.id())
	}
	if spans[1].count > 0 && !large {
		a.Hunks = append(a.Hunks, Hunk{StartLine: spans[1].start, Text: text.String()})
	}
	return large, nil
}

func (p *diffParser) over(n int64) bool {
	return p.options.MaxHunkBytes > 0 && n > p.options.MaxHunkBytes
}

// combinedHunk reads "@@@ -a,b -c,d +e,f @@@" and its lines, each with one column per parent; lines that have a
// plus in every column are in none of the parents.
func (p *diffParser) combinedHunk(a *Addition) (large bool, err error) {
	parents := len(p.commit.Parents)
	spans, ok := hunkSpans(string(p.line), parents)
	if !ok {
		return false, fmt.Errorf("%w: a hunk header in merge commit %s", errFormat, p.id())
	}
	number := spans[parents].start
	var own []Hunk
	var text strings.Builder
	last := 0 // line number of the merge's own line that came last
	for {
		if err := p.next(); err != nil {
			return large, err
		}
		if p.eof || len(p.line) < parents || strings.IndexByte(" +-", p.line[0]) < 0 {
			break
		}
		columns := p.line[:parents]
		if bytes.IndexByte(columns, '-') >= 0 {
			continue
		}
		if bytes.Count(columns, []byte("+")) == parents {
			if len(own) == 0 || last != number-1 {
				text.Reset()
				own = append(own, Hunk{StartLine: number})
			}
			last = number
			if large = large || p.over(int64(text.Len()+len(p.line))); !large {
				text.Write(p.line[parents:])
				text.WriteByte('\n')
				own[len(own)-1].Text = text.String()
			}
		}
		number++
	}
	// The counts of a combined hunk are not reliable: what it says is compared with the file later.
	if !large {
		a.Hunks = append(a.Hunks, own...)
	}
	return large, nil
}
