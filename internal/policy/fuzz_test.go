package policy

import (
	"errors"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// Whatever a file holds, reading, merging and showing it neither panics nor loses what it said: the shown policy
// reads back as the same.
func FuzzParse(f *testing.F) {
	for _, seed := range []string{
		example, "", "---\n...\n", waiver, "a: &a [*a]\n", "\t", "? a\n: b", "controls: {lint: {x: {a: [1, .inf, ~, 0x1F]}}}",
		"controls:\n  lint:\n    t: |\n      a\n\n       b\n    u: >-\n      c\n    v: \"\\x01\\u00e9\\U0001F600\\n\"\n",
		"overrides: all\npreset: strict\nenforce-from: 2027-01-15T00:00:00Z\n", "{\"version\": 1,\r\n\"preset\": strict}",
		"controls: {lint: {disable: [\"'\", a/b], time-limit: 1h1ns, engine: \"#\", \"y\": \"no\", 1: 2}}",
	} {
		f.Add([]byte(seed))
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		doc, err := Parse("p.yml", data, Organisation, known())
		if err != nil {
			var e *Error
			require.True(t, errors.As(err, &e), "%v", err)
			require.True(t, strings.HasPrefix(e.Error(), "p.yml:"), "%v", e)
			return
		}
		repo, err := Parse("r.yml", data, Repository, known())
		require.NoError(t, err)
		show(t, Merge(repo, doc))
		show(t, Merge(nil, repo))
		e := Merge(doc, repo)
		for id := range e.Controls {
			_ = e.Controls[id].Decode(&sample{})
		}

		first := Merge(doc, nil)
		text := show(t, first)
		again, err := Parse("p.yml", []byte(text), Organisation, known())
		require.NoError(t, err, "%s", text)
		assert.Equal(t, withoutOrigins(text), withoutOrigins(show(t, Merge(again, nil))))
	})
}

// withoutOrigins cuts each line's comment; no value that is shown plainly has a " # ".
func withoutOrigins(text string) string {
	var out []string
	for line := range strings.Lines(text) {
		if at := strings.LastIndex(line, " # "); at >= 0 {
			line = line[:at]
		}
		out = append(out, strings.TrimSpace(line))
	}
	return strings.Join(out, "\n")
}
