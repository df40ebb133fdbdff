package github

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/forewarden/forewarden/internal/report"
)

// A command is a workflow command as the runner reads one.
type command struct {
	name       string
	properties map[string]string
	data       string
}

// parseCommands reads lines as the runner does (ActionCommand.TryParseV2). Every line must be a command.
func parseCommands(t *testing.T, text string) (got []command) {
	t.Helper()
	for line := range strings.Lines(text) {
		rest, ok := strings.CutPrefix(strings.TrimSpace(line), "::")
		require.True(t, ok, "no command: %q", line)
		head, data, ok := strings.Cut(rest, "::")
		require.True(t, ok, "no command: %q", line)
		name, list, _ := strings.Cut(head, " ")
		c := command{name, map[string]string{}, strings.NewReplacer("%0D", "\r", "%0A", "\n", "%25", "%").Replace(data)}
		for pair := range strings.SplitSeq(list, ",") {
			if key, value, ok := strings.Cut(pair, "="); ok {
				c.properties[key] = strings.NewReplacer("%0D", "\r", "%0A", "\n", "%3A", ":", "%2C", ",", "%25", "%").Replace(value)
			}
		}
		got = append(got, c)
	}
	return got
}

func annotate(t *testing.T, annotations ...report.Annotation) []command {
	t.Helper()
	var b bytes.Buffer
	require.NoError(t, Annotate(&b, annotations))
	return parseCommands(t, b.String())
}

func TestAnnotate(t *testing.T) {
	assert.Empty(t, annotate(t))
	hostile := "100%: a,b\r\n::error::%0A::add-mask::x\n::stop-commands::y"
	for name, tt := range map[string]struct {
		a    report.Annotation
		want map[string]string
	}{
		"in one line": {report.Annotation{Level: report.LevelError, Path: "a b,c:d%.go", Line: 3, Column: 5, EndLine: 3, EndColumn: 9, Title: "t: a, b", Message: hostile},
			map[string]string{"title": "t: a, b", "file": "a b,c:d%.go", "line": "3", "endLine": "3", "col": "5", "endColumn": "9"}},
		"in several lines": {report.Annotation{Level: report.LevelWarning, Path: "a", Line: 3, Column: 5, EndLine: 4, EndColumn: 9, Message: hostile},
			map[string]string{"file": "a", "line": "3", "endLine": "4"}},
		"on a file":       {report.Annotation{Level: report.LevelError, Path: "a", Message: hostile}, map[string]string{"file": "a"}},
		"on no file":      {report.Annotation{Level: report.LevelError, Line: 3, Title: "t", Message: hostile}, map[string]string{"title": "t"}},
		"on a line alone": {report.Annotation{Level: report.LevelError, Path: "a", Line: 3, Message: hostile}, map[string]string{"file": "a", "line": "3"}},
		"a path with lines": {report.Annotation{Level: report.LevelError, Path: "a\n::error::b\r,line=7", Message: hostile},
			map[string]string{"file": "a\n::error::b\r,line=7"}},
	} {
		t.Run(name, func(t *testing.T) {
			assert.Equal(t, []command{{string(tt.a.Level), tt.want, hostile}}, annotate(t, tt.a))
		})
	}
}

func TestAnnotateWithinTheLimits(t *testing.T) {
	for _, n := range []int{9, 10, 11, 3000} {
		var all []report.Annotation
		for i := range n {
			all = append(all, report.Annotation{Level: report.LevelWarning, Path: "w", Message: fmt.Sprint(i)},
				report.Annotation{Level: report.LevelError, Path: "e", Message: fmt.Sprint(i)})
		}
		got := annotate(t, all...)
		require.Len(t, got, 2*min(n, 10))
		for i, c := range got {
			wantName := []string{"error", "warning"}[i/min(n, 10)]
			assert.Equal(t, wantName, c.name, "errors first")
			if at := i % min(n, 10); at < 9 || n <= 10 {
				assert.Equal(t, fmt.Sprint(at), c.data, "their order is kept")
				continue
			}
			assert.Equal(t, fmt.Sprintf("%d more", n-9), c.properties["title"])
			assert.True(t, strings.HasPrefix(c.data, fmt.Sprintf("%d more of these", n-9)))
		}
		assert.Equal(t, "0", all[1].Message, "the argument is not changed")
	}
}

func TestAnnotateCuts(t *testing.T) {
	for _, unit := range []string{"x", "é", "€", "𝄞", "\n", "%"} {
		for shift := range 4 {
			text := strings.Repeat("a", shift) + strings.Repeat(unit, 5000)
			c := annotate(t, report.Annotation{Level: report.LevelError, Title: text, Message: text})[0]
			assert.LessOrEqual(t, len(c.data), 4096)
			assert.Greater(t, len(c.data), 4080)
			assert.LessOrEqual(t, len(c.properties["title"]), 255)
			assert.True(t, utf8.ValidString(c.data))
			assert.True(t, strings.HasSuffix(c.data, "…"))
			assert.NotContains(t, strings.TrimLeft(c.data, "a")[:20], "…")
		}
	}
	whole := strings.Repeat("é", 2048)
	assert.Equal(t, whole, annotate(t, report.Annotation{Level: report.LevelError, Message: whole})[0].data)
}

type brokenWriter struct{ after int }

func (b *brokenWriter) Write(p []byte) (int, error) {
	if b.after--; b.after < 0 {
		return 0, errors.New("broken")
	}
	return len(p), nil
}

func TestAnnotateTellsOfABrokenStream(t *testing.T) {
	a := report.Annotation{Level: report.LevelError, Message: "x"}
	assert.ErrorContains(t, Annotate(&brokenWriter{1}, []report.Annotation{a, a}), "broken")
}

func TestShielded(t *testing.T) {
	var b bytes.Buffer
	require.NoError(t, Shielded(&b, func(w io.Writer) error {
		_, err := io.WriteString(w, "::error::x\n::stop-commands::y\nno end")
		return err
	}))
	lines := strings.Split(b.String(), "\n")
	stop, ok := strings.CutPrefix(lines[0], "::stop-commands::")
	require.True(t, ok)
	assert.Equal(t, []string{"::error::x", "::stop-commands::y", "no end", "::" + stop + "::", ""}, lines[1:])

	b.Reset()
	require.ErrorContains(t, Shielded(&b, func(io.Writer) error { return errors.New("broken") }), "broken")
	first, last, _ := strings.Cut(strings.TrimSpace(b.String()), "\n\n")
	assert.Equal(t, "::"+strings.TrimPrefix(first, "::stop-commands::")+"::", last, "commands count again after an error")
	assert.Error(t, Shielded(&brokenWriter{0}, func(io.Writer) error { return nil }))
	assert.Error(t, Shielded(&brokenWriter{1}, func(io.Writer) error { return nil }))
}

func TestComplain(t *testing.T) {
	var b bytes.Buffer
	Complain(&b, "fore,warden:", errors.New("one\n::error::two 100% ##[error]\x1b[0m"))
	assert.Equal(t, []command{{"error", map[string]string{"title": "fore,warden:"}, "one\n\\x3a:error::two 100% ##\\x5berror]\\x1b[0m"}}, parseCommands(t, b.String()))
}

// A fold is closed, and commands count again, also after an error.
func TestGrouped(t *testing.T) {
	for name, broken := range map[string]error{"fine": nil, "broken": errors.New("broken")} {
		t.Run(name, func(t *testing.T) {
			var b strings.Builder
			err := Grouped(&b, "Title", func(w io.Writer) error {
				_, _ = io.WriteString(w, "::endgroup::\n")
				return broken
			})
			assert.Equal(t, broken != nil, err != nil)
			lines := strings.Split(b.String(), "\n")
			assert.Equal(t, "::group::Title", lines[0])
			stop, ok := strings.CutPrefix(lines[1], "::stop-commands::")
			assert.True(t, ok)
			assert.Equal(t, []string{"::endgroup::", "", "::" + stop + "::", "::endgroup::", ""}, lines[2:])
		})
	}
	assert.Error(t, Grouped(&brokenWriter{0}, "Title", func(io.Writer) error { return nil }))
}
