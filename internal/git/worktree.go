package git

import (
	"context"
	"fmt"
	"slices"
	"strings"
)

// A WorkFile is a file of the work tree.
type WorkFile struct {
	Path      string // relative to the root, forward slashes
	Tracked   bool
	Submodule bool // a folder that is another repository's
}

// WorkTree lists the files under a repository-relative folder ("" for all): tracked ones and untracked ones that
// git does not ignore, sorted by path. The files need not be there, or be regular.
func (r *Repository) WorkTree(ctx context.Context, under string) ([]WorkFile, error) {
	if r.Bare {
		return nil, fmt.Errorf("%s is a bare repository and has no files: look at a checkout, or at its history with --scope history", r.Root)
	}
	var paths []string
	if under != "" {
		paths = []string{under}
	}
	list := func(args ...string) ([]string, error) {
		args = append([]string{"--literal-pathspecs", "ls-files", "-z", "--full-name"}, args...)
		out, err := r.output(ctx, append(append(args, "--"), paths...)...)
		return strings.Split(strings.TrimSuffix(string(out), "\x00"), "\x00"), err
	}
	tracked, err := list("--cached", "--stage")
	if err != nil {
		return nil, fmt.Errorf("listing the tracked files: %w", err)
	}
	others, err := list("--others", "--exclude-standard")
	if err != nil {
		return nil, fmt.Errorf("listing the untracked files: %w", err)
	}
	var files []WorkFile
	for _, record := range tracked {
		if meta, path, ok := strings.Cut(record, "\t"); ok {
			files = append(files, WorkFile{Path: path, Tracked: true, Submodule: strings.HasPrefix(meta, "160000")})
		}
	}
	for _, path := range others {
		if path != "" {
			// A folder is listed with a slash: a repository inside this one.
			files = append(files, WorkFile{Path: strings.TrimSuffix(path, "/"), Submodule: strings.HasSuffix(path, "/")})
		}
	}
	slices.SortFunc(files, func(a, b WorkFile) int { return strings.Compare(a.Path, b.Path) })
	// A path in conflict is listed once per side.
	return slices.Compact(files), nil
}
