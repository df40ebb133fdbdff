package github

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/forewarden/forewarden/internal/scope"
)

var (
	commitA = strings.Repeat("a1", 20)
	commitB = strings.Repeat("b2", 20)
	zeros   = strings.Repeat("0", 40)
)

// environment asks a map.
func environment(env map[string]string) func(string) string {
	return func(key string) string { return env[key] }
}

// read reads an event with a payload.
func read(tb testing.TB, name, payload string) (Event, error) {
	tb.Helper()
	file := filepath.Join(tb.TempDir(), "event.json")
	require.NoError(tb, os.WriteFile(file, []byte(payload), 0o600))
	return ReadEvent(environment(map[string]string{"GITHUB_EVENT_NAME": name, "GITHUB_EVENT_PATH": file}))
}

const repositoryPart = `"repository":{"default_branch":"main"}`

func pullRequest(head, base string) string {
	return fmt.Sprintf(`{"number":7,"pull_request":{"head":{"sha":%q,"ref":"x"},"base":{"sha":%q,"ref":"main"},"title":"::error::x"},%s}`, head, base, repositoryPart)
}

func push(ref, before, after string, more string) string {
	return fmt.Sprintf(`{"ref":%q,"before":%q,"after":%q,%s%s}`, ref, before, after, more, repositoryPart)
}

// The table of events and ranges in docs/github.md.
func TestReadEvent(t *testing.T) {
	const deleted = "the push deleted a branch or tag: it brings nothing"
	change := func(head, base string) Event {
		return Event{Kind: scope.Change, Head: head, Base: base, DefaultBranch: "main"}
	}
	fresh := func(toDefault bool) Event {
		return Event{Kind: scope.Change, Head: commitA, Fresh: true, DefaultBranch: "main", ToDefault: toDefault}
	}
	nothing := Event{Kind: scope.Change, DefaultBranch: "main", Nothing: deleted}
	toMain := change(commitA, commitB)
	toMain.ToDefault = true
	for name, tt := range map[string]struct {
		event, payload string
		want           Event
	}{
		"a pull request":                   {"pull_request", pullRequest(commitA, commitB), change(commitA, commitB)},
		"a pull request, of the target":    {"pull_request_target", pullRequest(commitA, commitB), change(commitA, commitB)},
		"a pull request, sha-256":          {"pull_request", pullRequest(strings.Repeat("ab", 32), commitB), change(strings.Repeat("ab", 32), commitB)},
		"a merge group":                    {"merge_group", fmt.Sprintf(`{"merge_group":{"head_sha":%q,"base_sha":%q},%s}`, commitA, commitB, repositoryPart), change(commitA, commitB)},
		"a push":                           {"push", push("refs/heads/x", commitB, commitA, ""), change(commitA, commitB)},
		"a push to the default branch":     {"push", push("refs/heads/main", commitB, commitA, ""), toMain},
		"a forced push":                    {"push", push("refs/heads/x", commitB, commitA, `"forced":true,`), change(commitA, commitB)},
		"a new branch":                     {"push", push("refs/heads/x", zeros, commitA, `"created":true,`), fresh(false)},
		"the first push":                   {"push", push("refs/heads/main", zeros, commitA, ""), fresh(true)},
		"a new tag":                        {"push", push("refs/tags/v1", zeros, commitA, ""), fresh(false)},
		"a moved tag":                      {"push", push("refs/tags/v1", commitB, commitA, ""), fresh(false)},
		"a tag named as the branch":        {"push", push("refs/tags/main", zeros, commitA, ""), fresh(false)},
		"a deleted branch":                 {"push", push("refs/heads/x", commitB, zeros, `"deleted":true,`), nothing},
		"a deleted branch, by zeros alone": {"push", push("refs/heads/x", commitB, zeros, ""), nothing},
		"schedule":                         {"schedule", "", Event{Kind: scope.History}},
		"workflow_dispatch":                {"workflow_dispatch", "[", Event{Kind: scope.History}},
		"issue_comment":                    {"issue_comment", "[", Event{Kind: scope.Tree}},
		"release":                          {"release", "{}", Event{Kind: scope.Tree}},
		"":                                 {"", "", Event{Kind: scope.Tree}},
		"PUSH":                             {"PUSH", "[", Event{Kind: scope.Tree}},
		"push with a line":                 {"push\n", "[", Event{Kind: scope.Tree}},
	} {
		t.Run(name, func(t *testing.T) {
			got, err := read(t, tt.event, tt.payload)
			require.NoError(t, err)
			if tt.want.ToDefault || name == "a deleted branch" {
				assert.Equal(t, tt.want.ToDefault, got.ToDefault)
			}
			tt.want.Name = tt.event
			assert.Equal(t, tt.want, got)
		})
	}
	got, err := read(t, "push", fmt.Sprintf(`{"ref":"refs/heads/","before":%q,"after":%q}`, zeros, commitA))
	require.NoError(t, err)
	assert.Equal(t, Event{Name: "push", Kind: scope.Change, Head: commitA, Fresh: true, ToDefault: true}, got, "no default branch is named")
}

func TestReadEventRefuses(t *testing.T) {
	for name, tt := range map[string]struct{ event, payload, want string }{
		"empty":                 {"pull_request", "", "its file is not JSON: byte 0"},
		"cut off":               {"push", `{"before":"`, "its file is not JSON"},
		"no JSON":               {"push", "::error::x", "its file is not JSON: byte 1"},
		"more after it":         {"push", push("refs/heads/x", commitB, commitA, "") + "x", "its file is not JSON"},
		"a list":                {"push", "[]", "the wrong type of value"},
		"null":                  {"pull_request", "null", "pull_request.head.sha is no commit id"},
		"nothing in it":         {"merge_group", "{}", "merge_group.head_sha is no commit id"},
		"a number":              {"push", `{"after":7}`, "the wrong type of value at After"},
		"a nested list":         {"pull_request", `{"pull_request":{"head":[]}}`, "the wrong type of value at pull_request.Head"},
		"deep":                  {"push", strings.Repeat(`{"repository":`, 20000), "its file is not JSON"},
		"deep where it is read": {"push", `{"x":` + strings.Repeat("[", 100000), "its file is not JSON"},
		"no base":               {"pull_request", pullRequest(commitA, ""), "pull_request.base.sha is no commit id"},
		"a zero base":           {"pull_request", pullRequest(commitA, zeros), "pull_request.base.sha is no commit id"},
		"an option":             {"pull_request", pullRequest("--upload-pack=x", commitB), "pull_request.head.sha is no commit id"},
		"a branch":              {"pull_request", pullRequest("main", commitB), "pull_request.head.sha is no commit id"},
		"capitals":              {"pull_request", pullRequest(strings.ToUpper(commitA), commitB), "pull_request.head.sha is no commit id"},
		"39 digits":             {"merge_group", fmt.Sprintf(`{"merge_group":{"head_sha":%q,"base_sha":%q}}`, commitA[1:], commitB), "merge_group.head_sha is no commit id"},
		"a line's end":          {"push", push("refs/heads/x", commitB, commitA, "")[:2] + `after":"` + commitA + `\n","before":"` + commitB + `"}`, "after is no commit id"},
		"NUL":                   {"push", `{"after":"` + commitA + `\u0000","before":"` + commitB + `"}`, "after is no commit id"},
		"a raw NUL":             {"push", "{\"after\":\"\x00\"}", "its file is not JSON"},
		"no before":             {"push", `{"ref":"refs/heads/x","after":"` + commitA + `"}`, "before is no commit id"},
		"an option before":      {"push", push("refs/heads/x", "-x", commitA, ""), "before is no commit id"},
		"no after":              {"push", `{"before":"` + commitB + `"}`, "after is no commit id"},
		"an odd default branch": {"push", `{"after":"` + commitA + `","before":"` + zeros + `","repository":{"default_branch":"main~1"}}`, "repository.default_branch is no name of a branch"},
		"another":               {"pull_request", strings.Replace(pullRequest(commitA, commitB), `"default_branch":"main"`, `"default_branch":"--all"`, 1), "repository.default_branch is no name of a branch"},
	} {
		t.Run(name, func(t *testing.T) {
			_, err := read(t, tt.event, tt.payload)
			require.ErrorContains(t, err, tt.want)
			assert.ErrorContains(t, err, "the event "+tt.event)
			assert.NotContains(t, err.Error(), "upload-pack", "it quotes nothing")
		})
	}
}

// Whatever a payload holds, its ends are commits or there are none, and the error can be shown.
func FuzzReadEvent(f *testing.F) {
	for _, name := range []string{"pull_request", "merge_group", "push"} {
		f.Add(name, pullRequest(commitA, commitB))
		f.Add(name, push("refs/heads/main", zeros, commitA, ""))
		f.Add(name, `{"merge_group":{"head_sha":"--x","base_sha":null}}`)
		f.Add(name, `{"deleted":true,"repository":{"default_branch":"a\u0000"}}`)
	}
	f.Fuzz(func(t *testing.T, name, payload string) {
		e, err := read(t, name, payload)
		if err != nil {
			require.NotContains(t, err.Error(), "\n")
			require.True(t, utf8.ValidString(err.Error()))
			return
		}
		require.False(t, expression.MatchString(e.DefaultBranch))
		switch {
		case e.Nothing != "" || e.Kind != scope.Change:
			require.Empty(t, e.Head+e.Base)
		case e.Fresh:
			require.Empty(t, e.Base)
			require.Regexp(t, commitID, e.Head)
		default:
			require.Regexp(t, commitID, e.Head)
			require.Regexp(t, commitID, e.Base)
		}
	})
}

func TestInWorkspace(t *testing.T) {
	dir, err := filepath.EvalSymlinks(t.TempDir())
	require.NoError(t, err)
	for _, name := range []string{"work/app/a", "work2", "..work"} {
		require.NoError(t, os.MkdirAll(filepath.Join(dir, name), 0o755))
	}
	require.NoError(t, os.Symlink(filepath.Join(dir, "work"), filepath.Join(dir, "link")))
	require.NoError(t, os.Symlink("loop", filepath.Join(dir, "loop")))
	in := func(workspace, path string) bool {
		if workspace != "" && !filepath.IsAbs(workspace) {
			workspace = filepath.Join(dir, workspace)
		}
		return InWorkspace(environment(map[string]string{"GITHUB_WORKSPACE": workspace}), filepath.Join(dir, path))
	}
	for _, tt := range []struct {
		workspace, path string
		want            bool
	}{
		{"work", "work", true},
		{"work", "work/app/a", true},
		{"work/", "work/app", true},
		{"work", "work/..hidden", true},
		{"link", "work/app", true},
		{"work/../work", "work", true},
		{"work", "work2", false},
		{"work", ".", false},
		{"work", "..work", false},
		{"work/app", "work", false},
		{"", "work", false},
		{"gone", "work", false},
		{"loop", "work", false},
		{"/", "work", true},
	} {
		assert.Equal(t, tt.want, in(tt.workspace, tt.path), "%+v", tt)
	}
	assert.False(t, InWorkspace(environment(map[string]string{"GITHUB_WORKSPACE": "work"}), dir), "a relative workspace is none")
}

func TestRunning(t *testing.T) {
	for value, want := range map[string]bool{"true": true, "": false, "false": false, "1": false} {
		assert.Equal(t, want, Running(environment(map[string]string{"GITHUB_ACTIONS": value})))
	}
}
