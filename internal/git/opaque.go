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
const opaqueBatch = 256 << 20

// opaque looks into the files that git did not show as text: text that .gitattributes hides, and UTF-16. What is
// really binary, or too large, is told to o.Skipped.
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
		if now.skip != "" {
			if o.Skipped != nil {
				o.Skipped(now.skip, f.path)
			}
			continue
		}
		var added map[int]bool
		for i, parent := range f.old {
			fresh := newLines(texts[parent].text, now.text)
			if i == 0 {
				added = fresh
			}
			maps.DeleteFunc(added, func(line int, _ bool) bool { return !fresh[line] })
		}
		a := Addition{Commit: f.commit, Path: f.path, Origin: now.origin, Hunks: hunksOf(now.text, added)}
		if len(a.Hunks) == 0 {
			continue
		}
		if err := yield(a); err != nil {
			return err
		}
	}
	return nil
}

// An opaqueText is an opaque blob as text, or why it is none.
type opaqueText struct {
	text   string
	origin Origin
	skip   string
}

func (r *Repository) opaqueTexts(ctx context.Context, files []opaqueFile, o Options) (map[string]opaqueText, error) {
	texts := map[string]opaqueText{}
	for _, f := range files {
		for _, id := range f.ids() {
			texts[id] = opaqueText{}
		}
	}
	err := r.Blobs(ctx, slices.Sorted(maps.Keys(texts)), o.MaxHunkBytes, func(b Blob) error {
		switch text, origin, ok := Text(b.Content); {
		case b.Content == nil && b.Size > 0:
			texts[b.ID] = opaqueText{skip: SkipLarge}
		case !ok:
			texts[b.ID] = opaqueText{skip: SkipBinary}
		case origin == Plain:
			texts[b.ID] = opaqueText{text: text, origin: AttributeHidden}
		default:
			texts[b.ID] = opaqueText{text: text, origin: origin}
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
	for _, line := range bytes.Split(diff.Diff("before", []byte(before), "now", []byte(now)), []byte("\n")) {
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
