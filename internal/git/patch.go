package git

import (
	"bytes"
	"fmt"
	"strconv"
	"strings"
)

// file reads one file's part of a commit's diff.
func (p *diffParser) file() error {
	f := patchFile{}
	f.heading(string(p.line))
	for {
		if err := p.next(); err != nil {
			return err
		}
		if p.eof || len(p.line) == 0 || p.line[0] == 0 || bytes.HasPrefix(p.line, []byte("diff --")) {
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
	if f.binary && !f.deleted {
		if f.path == "" {
			return fmt.Errorf("%w: a binary file without a name in commit %s", errFormat, p.id())
		}
		p.opaque = append(p.opaque, opaqueFile{commit: p.commit, path: f.path, old: f.old, new: f.new})
	}
	return nil
}

// hunks reads the hunks of a file, whose first header is the current line.
func (p *diffParser) hunks(f patchFile) error {
	if f.path == "" {
		return fmt.Errorf("%w: a file without a name in commit %s", errFormat, p.id())
	}
	a := Addition{Commit: p.commit, Path: f.path, Origin: Plain}
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
		p.skipped(SkipLarge, f.path)
	}
	if len(a.Hunks) == 0 {
		return nil
	}
	return p.yield(a)
}

func (p *diffParser) skipped(reason, path string) {
	if p.options.Skipped != nil {
		p.options.Skipped(reason, path)
	}
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
	var (
		number  = spans[parents].start
		current *Hunk
		text    bytes.Buffer
	)
	flush := func() {
		if current != nil {
			current.Text = text.String()
			a.Hunks = append(a.Hunks, *current)
		}
		current = nil
		text.Reset()
	}
	own := false // the line before is the merge's own
	for {
		if err := p.next(); err != nil {
			return large, err
		}
		if p.eof || len(p.line) == 0 {
			break
		}
		if p.line[0] == '\\' {
			if own && text.Len() > 0 {
				text.Truncate(text.Len() - 1)
			}
			continue
		}
		if len(p.line) < parents || !strings.ContainsRune(" +-", rune(p.line[0])) {
			break
		}
		columns := p.line[:parents]
		if bytes.IndexByte(columns, '-') >= 0 {
			own = false
			continue
		}
		if own = bytes.Count(columns, []byte("+")) == parents; own {
			if current == nil {
				current = &Hunk{StartLine: number}
			}
			if p.over(int64(text.Len() + len(p.line))) {
				large = true
			} else {
				text.Write(p.line[parents:])
				text.WriteByte('\n')
			}
		} else {
			flush()
		}
		number++
	}
	flush()
	return large, nil
}

// A span is "start,count" of a hunk header.
type span struct{ start, count int }

// hunkSpans reads the spans of a hunk header for a number of parents: one per parent, then the new file's.
func hunkSpans(header string, parents int) ([]span, bool) {
	mark := strings.Repeat("@", parents+1)
	rest, ok := strings.CutPrefix(header, mark+" ")
	if !ok {
		return nil, false
	}
	rest, _, ok = strings.Cut(rest, " "+mark)
	if !ok {
		return nil, false
	}
	fields := strings.Fields(rest)
	if len(fields) != parents+1 {
		return nil, false
	}
	spans := make([]span, len(fields))
	for i, f := range fields {
		sign := "-"
		if i == parents {
			sign = "+"
		}
		f, ok = strings.CutPrefix(f, sign)
		start, count, hasCount := strings.Cut(f, ",")
		s, err1 := strconv.Atoi(start)
		n := 1
		var err2 error
		if hasCount {
			n, err2 = strconv.Atoi(count)
		}
		if !ok || err1 != nil || err2 != nil {
			return nil, false
		}
		spans[i] = span{s, n}
	}
	return spans, true
}

// A patchFile is what the lines before the first hunk say of a file.
type patchFile struct {
	path            string
	combined        bool
	deleted, binary bool
	old             []string
	new             string
}

// heading reads "diff --git a/x b/x" or "diff --combined x". For a rename the name comes from a later line.
func (f *patchFile) heading(line string) {
	if name, ok := strings.CutPrefix(line, "diff --combined "); ok {
		f.combined, f.path = true, unquote(name)
		return
	}
	names := strings.TrimPrefix(line, "diff --git ")
	if len(names)%2 == 0 {
		return
	}
	first, second := names[:len(names)/2], names[len(names)/2+1:]
	a, okA := strings.CutPrefix(unquote(first), "a/")
	b, okB := strings.CutPrefix(unquote(second), "b/")
	if okA && okB && a == b && names[len(names)/2] == ' ' {
		f.path = b
	}
}

// extended reads an extended header line, or a "---" or "+++" line.
func (f *patchFile) extended(line string) {
	switch {
	case strings.HasPrefix(line, "deleted file "):
		f.deleted = true
	case strings.HasPrefix(line, "rename to "):
		f.path = unquote(strings.TrimPrefix(line, "rename to "))
	case strings.HasPrefix(line, "copy to "):
		f.path = unquote(strings.TrimPrefix(line, "copy to "))
	case strings.HasPrefix(line, "+++ "):
		// A name with white space is followed by a tab.
		name := unquote(strings.TrimSuffix(strings.TrimPrefix(line, "+++ "), "\t"))
		if name == devNull {
			f.deleted = true
		} else if b, ok := strings.CutPrefix(name, "b/"); ok {
			f.path = b
		}
	case strings.HasPrefix(line, "index "):
		ids, _, _ := strings.Cut(strings.TrimPrefix(line, "index "), " ")
		old, id, _ := strings.Cut(ids, "..")
		f.old, f.new = strings.Split(old, ","), id
	case strings.HasPrefix(line, "Binary files "):
		f.binary = true
	}
}

// unquote undoes git's C-style quoting of odd path names (core.quotePath in git-config(1)).
func unquote(name string) string {
	if len(name) < 2 || name[0] != '"' || name[len(name)-1] != '"' {
		return name
	}
	var b strings.Builder
	s := name[1 : len(name)-1]
	for i := 0; i < len(s); i++ {
		if s[i] != '\\' || i+1 == len(s) {
			b.WriteByte(s[i])
			continue
		}
		i++
		switch c := s[i]; {
		case c >= '0' && c <= '3' && i+2 < len(s):
			n, err := strconv.ParseUint(s[i:i+3], 8, 8)
			if err != nil {
				return name
			}
			b.WriteByte(byte(n))
			i += 2
		case strings.IndexByte("abtnvfr", c) >= 0:
			b.WriteByte("\a\b\t\n\v\f\r"[strings.IndexByte("abtnvfr", c)])
		default:
			b.WriteByte(c)
		}
	}
	return b.String()
}
