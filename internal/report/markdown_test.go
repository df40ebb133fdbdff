package report

import (
	"fmt"
	"regexp"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/forewarden/forewarden/internal/control"
	"github.com/forewarden/forewarden/internal/finding"
)

var leftOut = regexp.MustCompile(`(?m)^([0-9,]+) more findings are left out here`)

func TestMarkdownIsCut(t *testing.T) {
	const n = 20_000
	r := many(n, func(_ int, f *finding.Finding) { f.Message = strings.Repeat("|@", 30) })
	o := &r.Verdict.Outcomes[0]
	o.Warnings, o.Blocking = o.Blocking[n/2:], o.Blocking[:n/2]
	for i := range 5000 {
		o.Notes = append(o.Notes, fmt.Sprint(strings.Repeat("note ", 20), i))
	}
	got := string(write(t, "markdown", r, Options{}))
	require.LessOrEqual(t, len(got), maxMarkdown)
	require.Greater(t, len(got), maxMarkdown*9/10, "the room is used")
	left := leftOut.FindStringSubmatch(got)
	require.NotNil(t, left)
	rows := strings.Count(got, "\n| high |")
	require.Equal(t, thousands(int64(n-rows)), left[1])
	require.Contains(t, got, "lines left out, because the page is full")
	require.True(t, strings.HasSuffix(got, "</details>\n"), "the page is closed")
}

// However hostile the texts are, each row of a table has its own number of cells, and no line is anything but ours.
func TestMarkdownCannotBeInjected(t *testing.T) {
	hostile := "# |x|\n\n| a | <script>alert(1)</script> `@user` [b](c) --> </details>\n\n- https://d.example\r\\|"
	r := many(2, func(_ int, f *finding.Finding) {
		f.Path, f.Rule, f.Message, f.Remedy, f.HelpURL = hostile, hostile, hostile, hostile, hostile
		f.Commit = headCommit
		f.Attributes = map[string]string{"author-date": hostile}
	})
	o := &r.Verdict.Outcomes[0]
	o.Status, o.Reason, o.Notes = control.Failed, hostile, []string{hostile}
	o.Stats.Skipped = []control.Skip{{Reason: hostile, Count: 1, Examples: []string{hostile}}}
	r.Scope.Under = hostile
	got := string(write(t, "markdown", r, Options{}))
	pipes := map[string]int{}
	for line := range strings.SplitSeq(got, "\n") {
		first, _, _ := strings.Cut(line, " ")
		require.Contains(t, []string{"", "##", "###", "|", "-", "1", "2", "Scope:", "<details><summary>What", "</details>"}, first, line)
		if first == "|" {
			pipes[fmt.Sprint(strings.Count(line, "|"))]++
		}
	}
	require.Equal(t, map[string]int{"6": 3, "5": 4}, pipes, "one table of 5 cells with 1 row, one of 4 with 2")
	for _, bad := range []string{"<script", "@user", " [b]", "b](c)", "https://d", "`"} {
		require.NotContains(t, got, bad)
	}
}

func TestMarkdownLinksARuleToItsDocumentation(t *testing.T) {
	r := many(1, func(_ int, f *finding.Finding) { f.Rule, f.HelpURL = "a]b", "https://a.example/b" })
	require.Contains(t, string(write(t, "markdown", r, Options{})), `| [a\]b](https://a.example/b) |`)
}
