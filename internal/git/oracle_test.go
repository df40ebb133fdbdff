package git

import (
	"fmt"
	"maps"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// randomHistory makes commits of random edits of odd lines: branches, merges, renames, mode and type changes.
func randomHistory(rng *rand.Rand, commits int, paths []string) []spec {
	line := func() string {
		switch rng.IntN(4) {
		case 0:
			return oddLines[rng.IntN(len(oddLines))]
		case 1:
			return fmt.Sprintf("%d", rng.IntN(20))
		case 2:
			random := make([]byte, rng.IntN(8))
			for i := range random {
				random[i] = byte(1 + rng.IntN(255))
			}
			return strings.ReplaceAll(string(random), "\n", "x")
		}
		return fmt.Sprintf("line %d", rng.IntN(1000))
	}
	edit := func(content string) string {
		if strings.HasPrefix(content, "\x00") {
			content = ""
		}
		old := splitLines(content)
		for range 1 + rng.IntN(4) {
			at, until := 0, 0
			if len(old) > 0 {
				at = rng.IntN(len(old))
				until = min(len(old), at+rng.IntN(3))
			}
			var fresh []string
			for range rng.IntN(4) {
				fresh = append(fresh, line()+"\n")
			}
			old = slices.Replace(slices.Clone(old), at, until, fresh...)
		}
		content = strings.Join(old, "")
		if rng.IntN(3) == 0 {
			content = strings.TrimSuffix(content, "\n")
		}
		return content
	}
	specs := []spec{{files: files{paths[0]: edit("")}}}
	for len(specs) < commits {
		parent := max(0, len(specs)-1-rng.IntN(4))
		s := spec{files: files{}, parents: []string{fmt.Sprintf(":%d", parent+1)}}
		maps.Copy(s.files, specs[parent].files)
		if other := rng.IntN(len(specs)); rng.IntN(3) == 0 && other != parent {
			s.parents = append(s.parents, fmt.Sprintf(":%d", other+1))
			for _, p := range slices.Sorted(maps.Keys(specs[other].files)) {
				if rng.IntN(2) == 0 {
					s.files[p] = specs[other].files[p]
				}
			}
		}
		for range rng.IntN(4) {
			path := paths[rng.IntN(len(paths))]
			switch content, there := s.files[path]; rng.IntN(8) {
			case 0:
				delete(s.files, path)
			case 1:
				if there {
					delete(s.files, path)
					s.files[paths[rng.IntN(len(paths))]] = content
				}
			case 2:
				s.files[path] = executable + strings.TrimPrefix(content, executable)
			default:
				s.files[path] = edit(strings.TrimPrefix(content, executable))
			}
		}
		specs = append(specs, s)
	}
	return specs
}

func content(fs files, path string) string { return strings.TrimPrefix(fs[path], executable) }

// Every addition of a random history is checked against the contents themselves.
func TestRandomHistories(t *testing.T) {
	for seed := range uint64(12) {
		t.Run(fmt.Sprint(seed), func(t *testing.T) {
			t.Parallel()
			specs := randomHistory(rand.New(rand.NewPCG(seed, 1)), 100, append([]string{"a", "dir/b", "c"}, oddPaths[:12]...))
			f := newFixture(t)
			ids := f.commits(specs...)
			got := map[string]map[string][]Hunk{}
			require.NoError(t, f.open().Additions(t.Context(), ids, Options{}, func(a Addition) error {
				if got[a.Commit.ID] == nil {
					got[a.Commit.ID] = map[string][]Hunk{}
				}
				require.NotContains(t, got[a.Commit.ID], a.Path)
				got[a.Commit.ID][a.Path] = a.Hunks
				return nil
			}))
			checked := 0
			for i, s := range specs {
				var parents []files
				for _, parent := range s.parents {
					var n int
					_, err := fmt.Sscanf(parent, ":%d", &n)
					require.NoError(t, err)
					parents = append(parents, specs[n-1].files)
				}
				checked += checkCommit(t, s.files, parents, got[ids[i]])
			}
			assert.Greater(t, checked, 50)
		})
	}
}

// checkCommit compares each file with what one of the parents has: with its own name, or a name that is gone.
func checkCommit(t *testing.T, now files, parents []files, got map[string][]Hunk) (checked int) {
	t.Helper()
	for path := range got {
		require.Contains(t, now, path)
	}
	if len(parents) == 0 {
		parents = []files{nil}
	}
	for path := range now {
		text := content(now, path)
		for _, parent := range parents {
			candidates := []string{""}
			if _, ok := parent[path]; ok {
				candidates = []string{content(parent, path)}
			} else {
				for gone := range parent {
					if _, ok := now[gone]; !ok {
						candidates = append(candidates, content(parent, gone))
					}
				}
			}
			if len(parents) > 1 {
				// A merge's lines are new to each parent, so there may be fewer: they are where they say.
				all := splitLines(text)
				for _, h := range got[path] {
					own := splitLines(h.Text)
					require.LessOrEqual(t, h.StartLine-1+len(own), len(all))
					require.Equal(t, all[h.StartLine-1:h.StartLine-1+len(own)], own)
					checked++
				}
				continue
			}
			require.True(t, slices.ContainsFunc(candidates, func(before string) bool { return explains(before, text, got[path]) }), "%q: %q", path, got[path])
			checked++
		}
		checkMergeLines(t, text, path, parents, got[path])
	}
	return checked
}

// checkMergeLines finds lines of a merge that occur in no parent's file at all: each must be among the hunks.
func checkMergeLines(t *testing.T, text, path string, parents []files, hunks []Hunk) {
	t.Helper()
	known := map[string]bool{}
	for _, parent := range parents {
		for p := range parent {
			for _, line := range splitLines(content(parent, p)) {
				known[strings.TrimSuffix(line, "\n")] = true
			}
		}
	}
	shown := map[string]bool{}
	for _, h := range hunks {
		for _, line := range splitLines(h.Text) {
			shown[strings.TrimSuffix(line, "\n")] = true
		}
	}
	for _, line := range splitLines(text) {
		if line = strings.TrimSuffix(line, "\n"); !known[line] {
			require.True(t, shown[line], "%q of %q is missed", line, path)
		}
	}
}

// explains says whether before and the hunks give now: the oracle of checkHunks, as a question.
func explains(before, now string, hunks []Hunk) bool {
	all, old, next := splitLines(now), splitLines(before), 0
	keep := func(until int) bool {
		for _, line := range all[next:until] {
			i := slices.Index(old, line)
			if i < 0 {
				return false
			}
			old = old[i+1:]
		}
		return true
	}
	for _, h := range hunks {
		own := splitLines(h.Text)
		if h.StartLine-1 < next || h.StartLine-1+len(own) > len(all) || !slices.Equal(all[h.StartLine-1:h.StartLine-1+len(own)], own) || !keep(h.StartLine-1) {
			return false
		}
		next = h.StartLine - 1 + len(own)
	}
	return keep(len(all))
}

// The reference scanner reads git log: plain additions are the same, file by file, line by line.
func TestPlainAdditionsAreThoseOfGitLog(t *testing.T) {
	for seed := range uint64(6) {
		t.Run(fmt.Sprint(seed), func(t *testing.T) {
			t.Parallel()
			f := newFixture(t)
			f.commits(randomHistory(rand.New(rand.NewPCG(seed, 2)), 300, []string{"a", "b", "dir/c", "d e", "f.bin", "g"})...)
			r := f.open()
			ids, err := r.Commits(t.Context(), Range{All: true})
			require.NoError(t, err)
			var got []string
			require.NoError(t, r.Additions(t.Context(), ids, Options{}, func(a Addition) error {
				for _, h := range a.Hunks {
					if a.Origin == Plain {
						got = append(got, fmt.Sprintf("%s %s:%d %q", a.Commit.ID, a.Path, h.StartLine, h.Text))
					}
				}
				return nil
			}))
			want := logAdditions(f.git("log", "-p", "-U0", "--full-history", "--all", "--diff-filter=tuxdb", "--format=commit %H"))
			assert.Greater(t, len(want), 50)
			assert.Equal(t, want, got)
		})
	}
}

// logAdditions reads git log's output as the reference scanner does, but for odd names.
func logAdditions(log string) (all []string) {
	var commit, path, text string
	start, added := 0, 0
	flush := func() {
		if text != "" {
			all = append(all, fmt.Sprintf("%s %s:%d %q", commit, path, start, text))
		}
		text = ""
	}
	for line := range strings.SplitSeq(log, "\n") {
		switch {
		case added > 0 && strings.HasPrefix(line, "+"):
			text += line[1:] + "\n"
			added--
		case strings.HasPrefix(line, "\\") && added == 0:
			text = strings.TrimSuffix(text, "\n")
		case strings.HasPrefix(line, "commit "):
			flush()
			commit = line[7:]
		case strings.HasPrefix(line, "+++ b/"):
			path = strings.TrimSuffix(line[6:], "\t")
		case strings.HasPrefix(line, "@@ -"):
			flush()
			header := strings.Split(line, " ")[2]
			start, added = 0, 1
			if n, _ := fmt.Sscanf(header, "+%d,%d", &start, &added); n == 1 {
				added = 1
			}
		case strings.HasPrefix(line, "diff --git"):
			flush()
		}
	}
	flush()
	return all
}
