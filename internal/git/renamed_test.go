package git

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// A file that gives up an exemption is looked at whole, whatever it is, and what cannot be looked into is counted.
func TestRenamed(t *testing.T) {
	filler := strings.Repeat("a line that stays as it is\n", 20)
	for name, tt := range map[string]struct {
		before, after string
		want          []Hunk
		skipped       string
		binary        bool
	}{
		"as it is":            {before: filler + "x\n", after: filler + "x\n", want: []Hunk{{1, filler + "x\n"}}},
		"with an edit":        {before: filler, after: filler + "more\n", want: []Hunk{{1, filler}}},
		"text with a NUL":     {before: "x\n\x00y\n" + filler, after: "x\n\x00y\n" + filler, want: []Hunk{{1, "x\ny\n" + filler}}},
		"binary":              {before: "\x00\x01\x02\xff\xfe\x03", after: "\x00\x01\x02\xff\xfe\x03", skipped: SkipBinary, binary: true},
		"a symbolic link":     {before: symlink + "target", after: symlink + "target", skipped: SkipLink},
		"over the size limit": {before: strings.Repeat(filler, 9), after: strings.Repeat(filler, 9), skipped: SkipLarge},
	} {
		t.Run(name, func(t *testing.T) {
			f := newFixture(t)
			base := f.commit(files{"exempt": tt.before})
			moved := f.commit(files{"plain": tt.after}, base)
			var got []Hunk
			skipped, binary := "", false
			err := f.open().Additions(t.Context(), []string{moved}, Options{
				MaxHunkBytes: 2000,
				Renamed:      func(from, to string) bool { return from == "exempt" && to == "plain" },
				Skipped:      func(reason, path string) { skipped = reason },
				Binary:       func(*Commit, string) { binary = true },
			}, func(a Addition) error {
				if a.Origin == Renamed {
					assert.Equal(t, "plain", a.Path)
					got = append(got, a.Hunks...)
				}
				return nil
			})
			require.NoError(t, err)
			assert.Equal(t, tt.want, got)
			assert.Equal(t, tt.skipped, skipped)
			assert.Equal(t, tt.binary, binary)
		})
	}
}
