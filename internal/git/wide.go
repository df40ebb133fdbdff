package git

import (
	"context"
	"fmt"
	"slices"
	"strings"
)

// submoduleMode is the mode of a tree entry that names another repository's commit.
const submoduleMode = "160000"

// wideMerges lists the files in which merges of many parents differ from all of them.
func (r *Repository) wideMerges(ctx context.Context, commits []*Commit, o Options) ([]opaqueFile, error) {
	var files []opaqueFile
	for _, c := range commits {
		args := []string{
			"diff-tree", "-r", "-c", "-z", "--raw", "--find-renames", "--no-abbrev", "--no-commit-id", "--no-relative",
			"--ignore-submodules=none", "--diff-filter=d", "-O" + devNull, c.ID, "--",
		}
		if o.Under != "" {
			args = append(args, underPathspec(o.Under))
		}
		out, err := r.output(ctx, args...)
		if err != nil {
			return nil, fmt.Errorf("reading the changes of merge %s: %w", c.ID, err)
		}
		records := strings.Split(strings.TrimSuffix(string(out), "\x00"), "\x00")
		if len(out) == 0 {
			continue
		}
		for pair := range slices.Chunk(records, 2) {
			f, ok := wideFile(c, pair)
			if !ok {
				return nil, fmt.Errorf("%w: a list of files in merge commit %s", errFormat, c.ID)
			}
			if f.new != "" {
				files = append(files, f)
			}
		}
	}
	return files, nil
}

// wideFile reads "::<modes> <ids> <status>" and the path, see "diff format for merges" in git-diff-tree(1). new is
// "" for a submodule.
func wideFile(c *Commit, record []string) (f opaqueFile, ok bool) {
	n := len(c.Parents)
	fields := strings.Fields(strings.TrimLeft(record[0], ":"))
	if len(record) != 2 || len(fields) != 2*n+3 || !strings.HasPrefix(record[0], ":") {
		return opaqueFile{}, false
	}
	modes, ids := fields[:n+1], fields[n+1:2*n+2]
	for i, mode := range modes {
		if mode == submoduleMode {
			ids[i] = ""
		}
	}
	return opaqueFile{commit: c, path: record[1], old: ids[:n], new: ids[n], wide: true}, true
}
