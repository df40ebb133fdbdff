package git

import (
	"bytes"
	"context"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"

	"github.com/rogpeppe/go-internal/diff"
)

// opaqueBatch is how many bytes of opaque files are held in memory at once.
const opaqueBatch = 64 << 20

// An opaqueFile is a file that git does not show as text, or not as it is.
type opaqueFile struct {
	commit *Commit
	path   string
	old    []string // one per parent; "" or all zeros where the parent has no such file
	new    string
	shown  bool   // git showed its bytes: only UTF-16 is left to look at
	merged []Hunk // the merge's own lines, as git showed them
	wide   bool   // of a merge that git cannot show at all
}

// opaque looks into the files that git did not show as text: text that .gitattributes hides, and UTF-16; and into
// what it did not show as it is. What is really binary, or too large, is told to o.Skipped.
func (r *Repository) opaque(ctx context.Context, files []opaqueFile, o Options, yield func(Addition) error) error {
	var ids []string
	for _, f := range files {
		ids = append(ids, f.ids()...)
	}
	if len(ids) == 0 {
		return nil
	}
	slices.Sort(ids)
	sizes, err := r.sizes(ctx, slices.Compact(ids))
	if err != nil {
		return err
	}
	for len(files) > 0 {
		n, bytes := 0, int64(0)
		for n < len(files) && (n == 0 || bytes < opaqueBatch) {
			for _, id := range files[n].ids() {
				if o.MaxHunkBytes <= 0 || sizes[id] <= o.MaxHunkBytes {
					bytes += sizes[id]
				}
			}
			n++
		}
		if err := r.opaqueFiles(ctx, files[:n], o, yield); err != nil {
			return err
		}
		files = files[n:]
	}
	return nil
}

// ids are the blobs of the file, the new one first.
func (f opaqueFile) ids() []string {
	return slices.DeleteFunc(append([]string{f.new}, f.old...), func(id string) bool { return strings.Trim(id, "0") == "" })
}

func (r *Repository) opaqueFiles(ctx context.Context, files []opaqueFile, o Options, yield func(Addition) error) error {
	texts, err := r.opaqueTexts(ctx, files, o)
	if err != nil {
		return err
	}
	for _, f := range files {
		now := texts[f.new]
		a := Addition{Commit: f.commit, Path: f.path}
		switch {
		case now.origin == UTF16 && now.skip == "":
			a.Origin, a.Hunks = UTF16, hunksOf(now.text, f.added(texts))
		case f.shown:
			continue
		case len(f.merged) > 0:
			a.Origin, a.Hunks = MergeOnly, f.merged
			if now.skip != SkipLarge {
				a.Hunks = f.ownHunks(texts)
			}
		case now.skip != "":
			o.skip(now.skip, f.path)
			if o.Binary != nil {
				o.Binary(f.commit, f.path)
			}
			continue
		case now.origin == NULBytes:
			a.Origin, a.Hunks = NULBytes, hunksOf(now.text, f.added(texts))
		case f.wide:
			a.Origin, a.Hunks = MergeOnly, hunksOf(now.text, f.added(texts))
		default:
			a.Origin, a.Hunks = AttributeHidden, hunksOf(now.text, f.added(texts))
		}
		if now.origin == UTF16 && now.stripped != "" {
			a.Hunks = append(a.Hunks, hunksOf(now.stripped, f.outOfStep(texts))...)
		}
		if len(a.Hunks) == 0 {
			continue
		}
		if err := yield(a); err != nil {
			return err
		}
	}
	return nil
}

// outOfStep are the numbers of the lines of a UTF-16 file that only show without its NUL bytes, and that no parent has.
func (f opaqueFile) outOfStep(texts map[string]opaqueText) map[int]bool {
	now := texts[f.new]
	numbers := OutOfStep(now.stripped, now.text)
	for _, parent := range f.old {
		fresh := newLines(texts[parent].stripped, now.stripped)
		maps.DeleteFunc(numbers, func(line int, _ bool) bool { return !fresh[line] })
	}
	return numbers
}

// added are the numbers of the lines that none of the parents has.
func (f opaqueFile) added(texts map[string]opaqueText) map[int]bool {
	var added map[int]bool
	for i, parent := range f.old {
		fresh := newLines(texts[parent].text, texts[f.new].text)
		if i == 0 {
			added = fresh
		}
		maps.DeleteFunc(added, func(line int, _ bool) bool { return !fresh[line] })
	}
	return added
}

// ownHunks takes the merge's own lines from the file itself. With -U0, git's line numbers are wrong behind a line
// that it leaves out (null_context in combine-diff.c): then the lines that it showed are looked for among those that
// none of the parents has.
func (f opaqueFile) ownHunks(texts map[string]opaqueText) []Hunk {
	text := texts[f.new].text
	numbers, shown := map[int]bool{}, map[string]bool{}
	for _, h := range f.merged {
		number := h.StartLine
		for line := range strings.Lines(h.Text) {
			numbers[number], shown[line] = true, true
			number++
		}
	}
	same := func(a, b Hunk) bool { return a.StartLine == b.StartLine && asShown(a.Text) == b.Text }
	if own := hunksOf(text, numbers); slices.EqualFunc(own, f.merged, same) {
		return own
	}
	added, number, found := f.added(texts), 0, map[string]bool{}
	for line := range strings.Lines(text) {
		number++
		if line = asShown(line); shown[line] && added[number] {
			found[line] = true
		} else {
			delete(added, number)
		}
	}
	if len(found) < len(shown) {
		return f.merged
	}
	return hunksOf(text, added)
}

// asShown is text as a combined diff shows it: lines end at their first NUL, and the last one has an end.
func asShown(text string) string {
	var b strings.Builder
	for line := range strings.Lines(text) {
		line, _, _ = strings.Cut(strings.TrimSuffix(line, "\n"), "\x00")
		b.WriteString(line)
		b.WriteByte('\n')
	}
	return b.String()
}

// An opaqueText is an opaque blob as text, or why it is none.
type opaqueText struct {
	text   string // "" where it is too large, or binary and not shown by git
	origin Origin // UTF16, NULBytes or Plain
	skip   string
	// stripped is UTF-16 without its NUL bytes, for where it is out of step.
	stripped string
}

func (r *Repository) opaqueTexts(ctx context.Context, files []opaqueFile, o Options) (map[string]opaqueText, error) {
	texts, merged := map[string]opaqueText{}, map[string]bool{}
	for _, f := range files {
		for _, id := range f.ids() {
			texts[id] = opaqueText{}
		}
		merged[f.new] = merged[f.new] || len(f.merged) > 0
	}
	err := r.Blobs(ctx, slices.Sorted(maps.Keys(texts)), o.MaxHunkBytes, func(b Blob) error {
		switch text, origin, ok := Text(b.Content); {
		case b.Content == nil && b.Size > 0:
			texts[b.ID] = opaqueText{skip: SkipLarge}
		case ok && origin == UTF16:
			stripped, _ := TextWithNULs(b.Content)
			texts[b.ID] = opaqueText{text: text, origin: origin, stripped: stripped}
		case ok:
			texts[b.ID] = opaqueText{text: text, origin: origin}
		case merged[b.ID]: // an attribute made git show it
			texts[b.ID] = opaqueText{text: string(b.Content), skip: SkipBinary}
		default:
			if text, ok = TextWithNULs(b.Content); ok {
				texts[b.ID] = opaqueText{text: text, origin: NULBytes}
				return nil
			}
			texts[b.ID] = opaqueText{skip: SkipBinary}
		}
		return nil
	})
	if err != nil {
		return nil, fmt.Errorf("reading files that git takes for binary: %w", err)
	}
	return texts, nil
}

// newLines are the numbers, from 1, of the lines of now that before does not have.
func newLines(before, now string) map[int]bool {
	added := map[int]bool{}
	if before == "" {
		for i := range strings.Count(now, "\n") + 1 {
			added[i+1] = true
		}
		return added
	}
	number := 0
	for line := range bytes.SplitSeq(diff.Diff("before", []byte(before), "now", []byte(now)), []byte("\n")) {
		switch {
		case bytes.HasPrefix(line, []byte("@@ ")):
			_, after, _ := bytes.Cut(line, []byte("+"))
			start, _, _ := bytes.Cut(after, []byte(","))
			number, _ = strconv.Atoi(string(start))
		case number == 0: // the header
		case bytes.HasPrefix(line, []byte("+")):
			added[number] = true
			number++
		case bytes.HasPrefix(line, []byte(" ")):
			number++
		}
	}
	return added
}

// hunksOf cuts the numbered lines out of text.
func hunksOf(text string, numbers map[int]bool) []Hunk {
	var hunks []Hunk
	var run strings.Builder
	number := 0
	flush := func() {
		if run.Len() > 0 {
			hunks[len(hunks)-1].Text = run.String()
		}
		run.Reset()
	}
	for line := range strings.Lines(text) {
		number++
		if !numbers[number] {
			flush()
			continue
		}
		if run.Len() == 0 {
			hunks = append(hunks, Hunk{StartLine: number})
		}
		run.WriteString(line)
	}
	flush()
	return hunks
}
