package app_test

import (
	"encoding/json"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/forewarden/forewarden/internal/controltest"
)

const orgAll = "overrides: all\n"

// A job is a workflow run's environment: a checkout, an event, and the files that the runner reads afterwards.
type job struct {
	run
	workspace, output, summary string
}

// newJob is a job over a checkout. The event's payload is not read where it is "".
func newJob(t *testing.T, workspace, event, payload string) job {
	t.Helper()
	dir := t.TempDir()
	j := job{workspace: workspace, output: filepath.Join(dir, "output"), summary: filepath.Join(dir, "summary")}
	file := filepath.Join(dir, "event.json")
	require.NoError(t, os.WriteFile(file, []byte(payload), 0o600))
	j.env = map[string]string{
		"CI": "true", "GITHUB_ACTIONS": "true", "GITHUB_EVENT_NAME": event, "GITHUB_EVENT_PATH": file, "GITHUB_WORKSPACE": workspace,
		"GITHUB_OUTPUT": j.output, "GITHUB_STEP_SUMMARY": j.summary, "GITHUB_TOKEN": "not-for-us", "GITHUB_REF": "refs/heads/::error::x",
	}
	return j
}

// verdict is the output of that name, read as the runner reads it.
func (j job) verdict(t *testing.T) string {
	t.Helper()
	data, err := os.ReadFile(j.output)
	require.NoError(t, err)
	_, rest, ok := strings.Cut(string(data), "verdict<<")
	require.True(t, ok, "no output verdict: %s", data)
	return strings.SplitN(rest, "\n", 3)[1]
}

func (j job) page(t *testing.T) string {
	t.Helper()
	data, err := os.ReadFile(j.summary)
	require.NoError(t, err)
	return string(data)
}

// A hub is a repository as GitHub has it: main, which leaked long ago, a branch change off an older main, and the merge of
// both for the pull request.
type hub struct {
	dir                      string
	first, base, head, merge string
	git                      func(args ...string) string
}

// newHub has a policy on main's tip only, and on the branch what change says.
func newHub(t *testing.T, policy string, change map[string]string) hub {
	t.Helper()
	dir := folder(t, map[string]string{"old.txt": "${aws-token:old}\n"})
	h := hub{dir: dir, git: func(args ...string) string { t.Helper(); return controltest.Git(t, dir, args...) }}
	commit := func(files map[string]string) string {
		write(t, dir, files)
		h.git("add", "-A")
		h.git("commit", "-q", "--allow-empty", "-m", "a commit")
		return h.git("rev-parse", "HEAD")
	}
	h.git("init", "-q", "-b", "main")
	h.first = commit(nil)
	for i := range 3 {
		commit(map[string]string{"main.txt": strconv.Itoa(i)})
	}
	h.git("checkout", "-q", "-b", "change")
	h.head = commit(change)
	h.git("checkout", "-q", "main")
	ahead := map[string]string{"ahead.txt": "text\n"}
	if policy != "" {
		ahead[".github/forewarden.yml"] = policy
	}
	h.base = commit(ahead)
	h.git("checkout", "-q", "--detach")
	h.git("merge", "-q", "--no-ff", "-m", "merge", "change")
	h.merge = h.git("rev-parse", "HEAD")
	h.git("update-ref", "refs/pull/7/merge", h.merge)
	h.git("update-ref", "refs/pull/7/head", h.head)
	h.git("checkout", "-q", "main")
	return h
}

// checkout is what actions/checkout makes of a reference at depth 1.
func (h hub) checkout(t *testing.T, ref string) string {
	t.Helper()
	dir := filepath.Join(t.TempDir(), "workspace")
	require.NoError(t, os.Mkdir(dir, 0o755))
	controltest.Git(t, dir, "init", "-q")
	controltest.Git(t, dir, "remote", "add", "origin", "file://"+h.dir)
	controltest.Git(t, dir, "-c", "protocol.file.allow=always", "fetch", "-q", "--no-tags", "--depth=1", "origin", ref)
	controltest.Git(t, dir, "checkout", "-q", "--detach", "FETCH_HEAD")
	return dir
}

func (h hub) pullRequest() string {
	return fmt.Sprintf(`{"number":7,"pull_request":{"head":{"sha":%q},"base":{"sha":%q}},"repository":{"default_branch":"main"}}`, h.head, h.base)
}

func (h hub) push(ref, before, after string) string {
	return fmt.Sprintf(`{"ref":%q,"before":%q,"after":%q,"repository":{"default_branch":"main"}}`, ref, before, after)
}

var (
	leaks = map[string]string{"app/new file.txt": "text\n${github-token:new}\n"}
	zeros = strings.Repeat("0", 40)
)

// Each event over checkouts of depth 1. What main leaked long ago is nobody's who brings something else.
func TestEvents(t *testing.T) {
	h := newHub(t, "", leaks)
	h.git("tag", "v1", "main")
	h.git("tag", "-a", "-m", "x", "v2", "change")
	orphan := h.git("commit-tree", "-m", "gone", "HEAD^{tree}")
	mergeGroup := fmt.Sprintf(`{"merge_group":{"head_sha":%q,"base_sha":%q},"repository":{"default_branch":"main"}}`, h.head, h.base)
	gone := strings.Repeat("d", 40)
	for name, tt := range map[string]struct {
		ref, event, payload string
		status              int
		kind                string
		found               []string
		base, note          string
	}{
		"a pull request":        {"refs/pull/7/merge", "pull_request", h.pullRequest(), 1, "change", []string{"app/new file.txt"}, h.base, ""},
		"of the target":         {"refs/heads/main", "pull_request_target", h.pullRequest(), 1, "change", []string{"app/new file.txt"}, h.base, ""},
		"a merge group":         {"refs/pull/7/merge", "merge_group", mergeGroup, 1, "change", []string{"app/new file.txt"}, h.base, ""},
		"a push":                {"refs/heads/change", "push", h.push("refs/heads/change", h.first, h.head), 1, "change", []string{"app/new file.txt"}, h.first, ""},
		"a push without leak":   {"refs/heads/main", "push", h.push("refs/heads/main", h.first, h.base), 0, "change", nil, h.first, ""},
		"a new branch":          {"refs/heads/change", "push", h.push("refs/heads/change", zeros, h.head), 1, "change", []string{"app/new file.txt"}, h.base, ""},
		"a branch at main":      {"refs/heads/main", "push", h.push("refs/heads/other", zeros, h.base), 0, "change", nil, h.base, ""},
		"a forced push":         {"refs/heads/change", "push", h.push("refs/heads/change", gone, h.head), 1, "change", []string{"app/new file.txt"}, h.base, "a force push"},
		"a forced, known push":  {"refs/heads/change", "push", h.push("refs/heads/change", orphan, h.head), 1, "change", []string{"app/new file.txt", "old.txt"}, orphan, ""},
		"main, forced":          {"refs/heads/main", "push", h.push("refs/heads/main", gone, h.base), 1, "change", []string{"old.txt"}, "", "this is the default branch"},
		"the first push":        {"refs/heads/main", "push", h.push("refs/heads/main", zeros, h.base), 1, "change", []string{"old.txt"}, "", "this is the default branch"},
		"no default branch":     {"refs/heads/main", "push", fmt.Sprintf(`{"ref":"refs/heads/main","before":%q,"after":%q}`, zeros, h.base), 1, "change", []string{"old.txt"}, "", "names no default branch"},
		"a default that is not": {"refs/heads/main", "push", strings.Replace(h.push("refs/heads/x", zeros, h.base), `:"main"`, `:"gone"`, 1), 1, "change", []string{"old.txt"}, "", `the remote has no branch \"gone\"`},
		"a tag at main":         {"refs/tags/v1", "push", h.push("refs/tags/v1", zeros, h.base), 0, "change", nil, h.base, ""},
		"a tag at a branch":     {"refs/tags/v2", "push", h.push("refs/tags/v2", zeros, h.head), 1, "change", []string{"app/new file.txt"}, h.base, ""},
		"a deletion":            {"refs/heads/main", "push", h.push("refs/heads/x", h.head, zeros), 0, "change", nil, "", "the push deleted a branch or tag"},
		"schedule":              {"refs/heads/main", "schedule", "", 1, "history", []string{"old.txt"}, "", ""},
		"workflow_dispatch":     {"refs/heads/main", "workflow_dispatch", "", 1, "history", []string{"old.txt"}, "", ""},
		"an unlisted event":     {"refs/heads/main", "issue_comment", "[", 1, "tree", []string{"old.txt"}, "", ""},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			j := newJob(t, h.checkout(t, tt.ref), tt.event, tt.payload)
			got := j.do(t, "check", "--format", "json", j.workspace)
			require.Equal(t, tt.status, got.status, got.stdout+got.stderr)
			report := got.report(t)
			assert.Equal(t, []string{tt.kind, tt.base}, []string{report.Scope.Kind, report.Scope.Base})
			var found []string
			for _, f := range report.Controls[0].Findings {
				if len(found) == 0 || found[len(found)-1] != f.Path {
					found = append(found, f.Path)
				}
			}
			if tt.kind == "history" { // every branch was fetched
				assert.Subset(t, found, tt.found)
			} else {
				assert.Equal(t, tt.found, found)
			}
			assert.Contains(t, got.stdout, tt.note)
			assert.Equal(t, map[int]string{0: "pass", 1: "blocked"}[tt.status], j.verdict(t))
			assert.Equal(t, tt.status != 0, strings.Contains(got.stderr, "::error"), got.stderr)
			assert.Contains(t, j.page(t), "## Forewarden: ")
			assert.NotContains(t, got.stdout+got.stderr+j.page(t), controltest.Secret("aws-token", "old")[4:])
			text := newJob(t, j.workspace, tt.event, tt.payload)
			assert.Equal(t, tt.status, text.do(t, "check", text.workspace).status, "the same in another format, over what is there now")
		})
	}
}

// The policy is the base branch's as it is now, neither the change's nor the one where the change began.
func TestTheEventsPolicy(t *testing.T) {
	off := "controls: {secret-scan: {mode: warn}}\n"
	org := filepath.Join(folder(t, map[string]string{"org.yml": orgAll}), "org.yml")
	h := newHub(t, off, leaks)
	j := newJob(t, h.checkout(t, "refs/pull/7/merge"), "pull_request", h.pullRequest())
	assert.Equal(t, 0, j.do(t, "check", "--policy", org, j.workspace).status, "the tip of main warns")

	h = newHub(t, "", map[string]string{"a.txt": "${aws-token}\n", ".github/forewarden.yml": off})
	j = newJob(t, h.checkout(t, "refs/pull/7/merge"), "pull_request", h.pullRequest())
	got := j.do(t, "check", "--policy", org, j.workspace)
	assert.Equal(t, 1, got.status, "the change's own does not count")
	assert.Contains(t, got.stdout, "policy-changed")
}

// A tag can be named as the reference that another one is looked for by.
func TestATagIsNoDefaultBranch(t *testing.T) {
	h := newHub(t, "", leaks)
	for _, ref := range []string{"refs/remotes/origin/main", "refs/heads/main"} {
		work := h.checkout(t, "refs/heads/change")
		controltest.Git(t, work, "update-ref", "refs/tags/"+ref, h.head)
		j := newJob(t, work, "push", h.push("refs/heads/change", zeros, h.head))
		got := j.do(t, "check", "--format", "json", work)
		assert.Equal(t, 1, got.status, got.stdout)
		assert.Equal(t, h.base, got.report(t).Scope.Base)
	}
}

func TestTheEventDoesNotCount(t *testing.T) {
	h := newHub(t, "", map[string]string{"new.txt": "text\n"})
	work := h.checkout(t, "refs/heads/main")
	elsewhere := leaky(t)
	// A broken event would end in status 3 where it counted.
	for name, tt := range map[string]struct {
		path string
		args []string
		kind string
	}{
		"elsewhere":      {elsewhere, nil, "tree"},
		"--scope tree":   {work, []string{"--scope", "tree"}, "tree"},
		"--base":         {work, []string{"--base", "HEAD"}, "change"},
		"--scope change": {work, []string{"--scope", "change", "--base", "HEAD"}, "change"},
	} {
		t.Run(name, func(t *testing.T) {
			j := newJob(t, work, "pull_request", "broken")
			got := j.do(t, append([]string{"check", "--format", "json", tt.path}, tt.args...)...)
			assert.Contains(t, []int{0, 1}, got.status, got.stderr)
			assert.Equal(t, tt.kind, got.report(t).Scope.Kind)
		})
	}
	t.Run("no workspace", func(t *testing.T) {
		j := newJob(t, "", "pull_request", "broken")
		assert.Equal(t, 1, j.do(t, "check", work).status)
	})
	t.Run("not on GitHub", func(t *testing.T) {
		j := newJob(t, work, "pull_request", "broken")
		j.env["GITHUB_ACTIONS"] = "false"
		got := j.do(t, "check", work)
		assert.Equal(t, 1, got.status)
		assert.NotContains(t, got.stdout+got.stderr, "::")
		assert.NoFileExists(t, j.output)
		assert.NoFileExists(t, j.summary)
	})
}

// Whatever stands in the way of looking is red, and says so in every place.
func TestTheEventCannotBeLookedAt(t *testing.T) {
	h := newHub(t, "", leaks)
	for name, tt := range map[string]struct {
		payload string
		spoil   func(j job)
		want    string
	}{
		"a broken event":      {"{", func(job) {}, "its file is not JSON"},
		"no event file":       {"{}", func(j job) { require.NoError(t, os.Remove(j.env["GITHUB_EVENT_PATH"])) }, "cannot be read"},
		"no variable":         {"{}", func(j job) { delete(j.env, "GITHUB_EVENT_PATH") }, "GITHUB_EVENT_PATH is not set"},
		"an option as head":   {strings.ReplaceAll(h.pullRequest(), h.head, "--upload-pack=x"), func(job) {}, "pull_request.head.sha is no commit id"},
		"a head that is gone": {strings.ReplaceAll(h.pullRequest(), h.head, strings.Repeat("d", 40)), func(job) {}, "fetch-depth: 0"},
		"no remote": {h.pullRequest(), func(j job) {
			controltest.Git(t, j.workspace, "remote", "remove", "origin")
		}, "fetch-depth: 0"},
		"no repository": {h.pullRequest(), func(j job) { require.NoError(t, os.RemoveAll(filepath.Join(j.workspace, ".git"))) }, "is not in a git repository"},
	} {
		t.Run(name, func(t *testing.T) {
			j := newJob(t, h.checkout(t, "refs/pull/7/merge"), "pull_request", tt.payload)
			tt.spoil(j)
			got := j.do(t, "check", j.workspace)
			assert.Equal(t, 3, got.status, got.stdout+got.stderr)
			assert.Contains(t, got.stdout, "::error title=secret-scan could not look::")
			assert.Contains(t, got.stdout, tt.want)
			assert.Contains(t, j.page(t), "ERROR")
			assert.Equal(t, "error", j.verdict(t))
		})
	}
}

func TestTheRunnersFiles(t *testing.T) {
	h := newHub(t, "", leaks)
	work := h.checkout(t, "refs/pull/7/merge")
	t.Run("none", func(t *testing.T) {
		j := newJob(t, work, "pull_request", h.pullRequest())
		delete(j.env, "GITHUB_OUTPUT")
		delete(j.env, "GITHUB_STEP_SUMMARY")
		got := j.do(t, "check", work)
		assert.Equal(t, 1, got.status)
		assert.Contains(t, got.stdout, "title=secret-scan%3A github-pat")
	})
	t.Run("a summary that cannot be written", func(t *testing.T) {
		j := newJob(t, work, "pull_request", h.pullRequest())
		j.env["GITHUB_STEP_SUMMARY"] = t.TempDir()
		got := j.do(t, "check", work)
		assert.Equal(t, 3, got.status)
		assert.Contains(t, got.stderr, "the job's summary was not written: open "+j.env["GITHUB_STEP_SUMMARY"])
		assert.Contains(t, got.stdout, "\n::error title=forewarden::", "beside the other commands")
		assert.Equal(t, "blocked", j.verdict(t), "the outputs are written nevertheless")
		assert.Contains(t, got.stdout, "app/new file.txt:2", "and so is the report")
	})
	t.Run("outputs that cannot be written", func(t *testing.T) {
		j := newJob(t, work, "pull_request", h.pullRequest())
		j.env["GITHUB_OUTPUT"] = t.TempDir()
		got := j.do(t, "check", work)
		assert.Equal(t, 3, got.status)
		assert.Contains(t, got.stderr, "the step's outputs were not written: open "+j.env["GITHUB_OUTPUT"])
		assert.Contains(t, j.page(t), "BLOCKED")
	})
	t.Run("usage", func(t *testing.T) {
		j := newJob(t, work, "pull_request", h.pullRequest())
		got := j.do(t, "check", "--scop", "tree", work)
		assert.Equal(t, 2, got.status)
		assert.Equal(t, "error", j.verdict(t))
		assert.Contains(t, got.stdout, "::error title=forewarden::no flag --scop")
		assert.NoFileExists(t, j.summary)
	})
	t.Run("a broken policy", func(t *testing.T) {
		j := newJob(t, work, "pull_request", h.pullRequest())
		policy := filepath.Join(folder(t, map[string]string{"org.yml": "mod: x\n"}), "org.yml")
		assert.Equal(t, 2, j.do(t, "check", "--policy", policy, work).status)
		assert.Equal(t, "error", j.verdict(t))
	})
}

// With another format than text, standard output is the report alone.
func TestFormatsOnActions(t *testing.T) {
	h := newHub(t, "", leaks)
	work := h.checkout(t, "refs/pull/7/merge")
	for _, format := range []string{"text", "json", "sarif", "markdown"} {
		t.Run(format, func(t *testing.T) {
			j := newJob(t, work, "pull_request", h.pullRequest())
			got := j.do(t, "check", "--format", format, work)
			assert.Equal(t, 1, got.status)
			annotations, other := got.stderr, got.stdout
			if format == "text" {
				annotations, other = got.stdout, got.stderr
			}
			assert.Contains(t, annotations, "::error col=1,endColumn=41,endLine=2,file=app/new file.txt,line=2,title=secret-scan%3A github-pat (critical)::")
			assert.NotContains(t, "\n"+other, "\n::")
			if format == "json" || format == "sarif" {
				assert.True(t, json.Valid([]byte(got.stdout)))
			}
		})
	}
}

// A job in a container sees a checkout that belongs to somebody else.
func TestARepositoryOfSomebodyElse(t *testing.T) {
	if os.Getuid() != 0 {
		t.Skip("only root gives files away")
	}
	h := newHub(t, "", leaks)
	work := h.checkout(t, "refs/pull/7/merge")
	require.NoError(t, filepath.WalkDir(work, func(path string, _ fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		return os.Lchown(path, 1234, 1234)
	}))
	j := newJob(t, work, "pull_request", h.pullRequest())
	got := j.do(t, "check", work)
	assert.Equal(t, 1, got.status, got.stdout+got.stderr)
	assert.Contains(t, got.stdout, "app/new file.txt:2")
}

// A whole checkout is not written to.
func TestAWholeCheckoutStaysAsItIs(t *testing.T) {
	h := newHub(t, "", leaks)
	work := filepath.Join(t.TempDir(), "workspace")
	controltest.Git(t, filepath.Dir(work), "clone", "-q", "--mirror", h.dir, filepath.Join(work, ".git"))
	controltest.Git(t, work, "config", "core.bare", "false")
	controltest.Git(t, work, "checkout", "-q", "--detach", h.merge)
	list := func() (got []string) {
		require.NoError(t, filepath.WalkDir(work, func(path string, d fs.DirEntry, err error) error {
			if err != nil {
				return err
			}
			info, err := d.Info()
			if err == nil {
				got = append(got, fmt.Sprint(path, info.Size(), info.ModTime()))
			}
			return err
		}))
		return got
	}
	before := list()
	for event, payload := range map[string]string{"pull_request": h.pullRequest(), "push": h.push("refs/heads/change", zeros, h.head), "schedule": ""} {
		j := newJob(t, work, event, payload)
		assert.Equal(t, 1, j.do(t, "check", work).status)
		assert.Equal(t, before, list(), event)
	}
}
