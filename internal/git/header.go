package git

import (
	"strconv"
	"strings"
)

// A span is "start,count" of a hunk header.
type span struct{ start, count int }

// minusOne is the count that git gives for the result in a combined hunk that removes the end of a file.
const minusOne = "18446744073709551615"

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
		if !hasCount {
			count = "1"
		}
		from, err1 := strconv.ParseUint(start, 10, 31)
		if count == minusOne && parents > 1 {
			count = "0"
		}
		n, err2 := strconv.ParseUint(count, 10, 31)
		if !ok || err1 != nil || err2 != nil {
			return nil, false
		}
		spans[i] = span{int(from), int(n)}
	}
	return spans, true
}

// A patchFile is what the lines before the first hunk say of a file.
type patchFile struct {
	path            string
	from            string // the path before a rename
	combined        bool
	deleted, binary bool
	created         bool
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
	case strings.HasPrefix(line, "new file mode "):
		f.created = true
	case strings.HasPrefix(line, "deleted file "):
		f.deleted = true
	case strings.HasPrefix(line, "rename from "):
		f.from = unquote(strings.TrimPrefix(line, "rename from "))
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
	case strings.HasPrefix(line, "mode "):
		modes, _, _ := strings.Cut(strings.TrimPrefix(line, "mode "), "..")
		f.withoutSubmodules(strings.Split(modes, ","))
	case strings.HasPrefix(line, "Binary files "):
		f.binary = true
	}
}

// withoutSubmodules leaves the parents out for which the path is a submodule: there is no such blob.
func (f *patchFile) withoutSubmodules(modes []string) {
	for i, mode := range modes {
		if mode == submoduleMode && i < len(f.old) {
			f.old[i] = ""
		}
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
