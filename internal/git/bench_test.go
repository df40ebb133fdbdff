package git

import (
	"fmt"
	"io"
	"maps"
	"math/rand/v2"
	"os/exec"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// benchHistory is 2,000 commits of edits in 300 files, a tenth of them merges.
func benchHistory(b *testing.B) *fixture {
	b.Helper()
	rng := rand.New(rand.NewPCG(1, 1))
	var specs []spec
	for i := range 2000 {
		s := spec{files: files{}}
		if i > 0 {
			s.parents = []string{fmt.Sprintf(":%d", i)}
			maps.Copy(s.files, specs[i-1].files)
		}
		if i > 10 && i%10 == 0 {
			s.parents = append(s.parents, fmt.Sprintf(":%d", i-3))
		}
		for range 4 {
			path := fmt.Sprintf("dir%d/file%d.go", rng.IntN(20), rng.IntN(15))
			text := s.files[path]
			if text == "" {
				text = lines(200)
			}
			at := rng.IntN(len(text))
			at += strings.IndexByte(text[at:], '\n') + 1
			var added strings.Builder
			for range 1 + rng.IntN(20) {
				fmt.Fprintf(&added, "\tvalue%d := compute(%d, %q)\n", rng.IntN(1000), rng.IntN(1000), "some text")
			}
			s.files[path] = text[:at] + added.String() + text[at:]
		}
		specs = append(specs, s)
	}
	f := newFixture(b)
	f.commits(specs...)
	f.git("repack", "-adq")
	return f
}

func BenchmarkHistory(b *testing.B) {
	f := benchHistory(b)
	r := f.open()
	ids, err := r.Commits(b.Context(), Range{All: true})
	require.NoError(b, err)
	require.Len(b, ids, 2000)
	b.Run("Additions", func(b *testing.B) {
		for b.Loop() {
			var bytes int64
			require.NoError(b, r.Additions(b.Context(), ids, Options{MaxHunkBytes: 5 << 20}, func(a Addition) error {
				for _, h := range a.Hunks {
					bytes += int64(len(h.Text))
				}
				return nil
			}))
			b.ReportMetric(float64(bytes), "added-bytes")
		}
	})
	b.Run("git log -p -U0", func(b *testing.B) {
		for b.Loop() {
			cmd := exec.CommandContext(b.Context(), "git", "log", "-p", "-U0", "--full-history", "--all")
			cmd.Dir, cmd.Env, cmd.Stdout = f.dir, testEnv(f.dir), io.Discard
			require.NoError(b, cmd.Run())
		}
	})
	b.Run("git log -p -U0 -c", func(b *testing.B) {
		for b.Loop() {
			cmd := exec.CommandContext(b.Context(), "git", "log", "-p", "-U0", "-c", "--full-history", "--all")
			cmd.Dir, cmd.Env, cmd.Stdout = f.dir, testEnv(f.dir), io.Discard
			require.NoError(b, cmd.Run())
		}
	})
}

// The parser alone, on what git prints.
func BenchmarkParse(b *testing.B) {
	id := strings.Repeat("1", 40)
	var patch strings.Builder
	patch.WriteString("\x00" + id + " 1 \x00\n\n")
	for i := range 1000 {
		fmt.Fprintf(&patch, "diff --git a/f%d b/f%d\nindex 0..1 100644\n--- a/f%d\n+++ b/f%d\n@@ -0,0 +1,100 @@\n", i, i, i, i)
		patch.WriteString(strings.Repeat("+\tif err := something(with, arguments); err != nil {\n", 100))
	}
	patch.WriteString("~end\n")
	data := []byte(patch.String())
	b.SetBytes(int64(len(data)))
	b.ReportAllocs()
	for b.Loop() {
		require.NoError(b, parseBytes(data, []string{id}, 5<<20, func(Addition) error { return nil }))
	}
}
