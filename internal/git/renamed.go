package git

import (
	"context"
	"errors"
	"fmt"
)

// A renamedFile is one that is looked at whole, but for the lines that its commit shows as added anyway.
type renamedFile struct {
	commit *Commit
	path   string
	shown  []Hunk
}

// rename remembers a rename that has to be looked at whole.
func (p *diffParser) rename(f patchFile, shown []Hunk) {
	if f.from == "" || f.path == "" || f.binary || p.options.Renamed == nil || !p.options.Renamed(f.from, f.path) {
		return
	}
	p.renamed = append(p.renamed, renamedFile{commit: p.commit, path: f.path, shown: shown})
}

// renamed hands the lines that files brought along to yield.
func (r *Repository) renamed(ctx context.Context, files []renamedFile, o Options, yield func(Addition) error) error {
	for _, f := range files {
		content, err := r.File(ctx, f.commit.ID, f.path, o.MaxHunkBytes)
		switch {
		case errors.Is(err, errTooLarge):
			o.skip(SkipLarge, f.path)
			continue
		case errors.Is(err, ErrNotRegular):
			o.skip(SkipLink, f.path)
			continue
		case err != nil:
			return fmt.Errorf("reading a renamed file: %w", err)
		}
		text, _, ok := Text(content)
		if !ok {
			text, ok = TextWithNULs(content)
		}
		if !ok {
			o.skip(SkipBinary, f.path)
			if o.Binary != nil {
				o.Binary(f.commit, f.path)
			}
			continue
		}
		numbers := newLines("", text)
		for _, h := range f.shown {
			for i := range newLines("", h.Text) {
				delete(numbers, h.StartLine+i-1)
			}
		}
		a := Addition{Commit: f.commit, Path: f.path, Origin: Renamed, Hunks: hunksOf(text, numbers)}
		if len(a.Hunks) == 0 {
			continue
		}
		if err := yield(a); err != nil {
			return err
		}
	}
	return nil
}
