package e2e

import (
	"bufio"
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// These tests run our actions with act, as a workflow does: event, checkout, action, program, outputs. act runs the steps
// on this machine, without containers and without a network. It differs from GitHub in that it copies the checkout
// instead of fetching it, gives programs a terminal, and sets INPUT_ variables, which are taken away again here.

// actionRepository is how a workflow names our actions here: act takes them from a folder.
const actionRepository = "forewarden/forewarden"

// publish copies what GitHub would unpack for a step that uses an action of ours.
func publish(dir string) error {
	root := filepath.Join("..", "..")
	for _, name := range []string{"actions", "cmd", "internal"} {
		if err := os.CopyFS(filepath.Join(dir, name), os.DirFS(filepath.Join(root, name))); err != nil {
			return err
		}
	}
	for _, name := range []string{"action.yml", "go.mod", "go.sum"} {
		data, err := os.ReadFile(filepath.Join(root, name))
		if err != nil {
			return err
		}
		if err := os.WriteFile(filepath.Join(dir, name), data, 0o644); err != nil {
			return err
		}
	}
	return nil
}

// published is a copy of our actions with a tool cache that has their programs.
type published struct{ source, tools string }

var publishOnce = sync.OnceValues(func() (p published, err error) {
	dir, err := os.MkdirTemp(binaries, "published-")
	if err != nil {
		return p, err
	}
	p = published{source: filepath.Join(dir, "source"), tools: filepath.Join(dir, "tools")}
	if err := publish(p.source); err != nil {
		return p, err
	}
	cmd := exec.Command("sh", filepath.Join(p.source, "actions", "setup", "setup.sh"), "forewarden", "secret-scan")
	cmd.Env = append(os.Environ(), "RUNNER_TOOL_CACHE="+p.tools, "GITHUB_PATH=", "GITHUB_OUTPUT=")
	if out, err := cmd.CombinedOutput(); err != nil {
		return p, fmt.Errorf("setup.sh: %w\n%s", err, out)
	}
	return p, nil
})

// A workflowRun is one run of a workflow by act.
type workflowRun struct {
	entries []actEntry
	failed  bool
	took    time.Duration
	log     string
}

// An actEntry is a line of act's log: of a command that a step printed, of a file that it wrote, of its output or of act.
type actEntry struct {
	Command   string            `json:"command"`
	Arg       string            `json:"arg"`
	Name      string            `json:"name"`
	Content   string            `json:"content"`
	KVPairs   map[string]string `json:"kvPairs"`
	Msg       string            `json:"msg"`
	RawOutput bool              `json:"raw_output"`
	StepID    []string          `json:"stepID"`
	Stage     string            `json:"stage"`
	Result    string            `json:"stepResult"`
	Nanos     int64             `json:"executionTime"`
}

// commands are the workflow commands with a name that steps printed.
func (w workflowRun) commands(name string) []actEntry {
	var found []actEntry
	for _, e := range w.entries {
		if e.Command == name {
			found = append(found, e)
		}
	}
	return found
}

// summary is what the action's inner step wrote to the job's summary.
func (w workflowRun) summary() string {
	for _, e := range w.commands("summary") {
		if len(e.StepID) == 2 {
			return e.Content
		}
	}
	return ""
}

// stepTime is how long the action's inner step took.
func (w workflowRun) stepTime() time.Duration {
	for _, e := range w.entries {
		if len(e.StepID) == 2 && e.Stage == "Main" && e.Result != "" {
			return time.Duration(e.Nanos)
		}
	}
	return 0
}

// seen is what the step after the action printed: every output, one to a line.
func (w workflowRun) seen() map[string]string {
	seen := map[string]string{}
	for _, e := range w.entries {
		if name, value, ok := strings.Cut(strings.TrimSpace(e.Msg), "="); ok && e.RawOutput {
			if name, ok := strings.CutPrefix(name, "seen "); ok {
				seen[name] = value
			}
		}
	}
	return seen
}

// act runs the repository's workflows for an event.
func act(t *testing.T, r *repository, event string, payload map[string]any) workflowRun {
	t.Helper()
	program, err := filepath.Abs(filepath.Join("..", "bin", "act"))
	require.NoError(t, err)
	if _, err := os.Stat(program); err != nil {
		missing(t, "act (.ci/install.sh act)")
	}
	p, err := publishOnce()
	require.NoError(t, err)

	// act keeps the actions and the tool cache below its cache, so each run has one of its own.
	dir := t.TempDir()
	cache := filepath.Join(dir, "cache", "act")
	require.NoError(t, os.MkdirAll(cache, 0o755))
	require.NoError(t, os.Symlink(p.tools, filepath.Join(cache, "tool_cache")))
	data, err := json.Marshal(payload)
	require.NoError(t, err)
	require.NoError(t, os.WriteFile(filepath.Join(dir, "event.json"), data, 0o644))

	cmd := exec.CommandContext(t.Context(), program, event, "--json", "--directory", r.dir,
		"--workflows", filepath.Join(r.dir, ".github", "workflows"), "--platform", "ubuntu-latest=-self-hosted", "--pull=false",
		"--secret", "GITHUB_TOKEN=", "--eventpath", filepath.Join(dir, "event.json"), "--local-repository", actionRepository+"@v1="+p.source)
	home := filepath.Join(dir, "home")
	require.NoError(t, os.Mkdir(home, 0o755))
	cmd.Env = append(environment(home, t.TempDir()), "XDG_CACHE_HOME="+filepath.Join(dir, "cache"),
		"XDG_CONFIG_HOME="+filepath.Join(dir, "config"), "PATH="+shellWithoutInputs(t)+string(os.PathListSeparator)+systemPath(),
		"HTTP_PROXY=http://127.0.0.1:9", "HTTPS_PROXY=http://127.0.0.1:9", "GOPROXY=off")
	var stdout, stderr bytes.Buffer
	cmd.Stdout, cmd.Stderr = &stdout, &stderr
	start := time.Now()
	err = cmd.Run()
	w := workflowRun{took: time.Since(start), failed: err != nil, log: stdout.String() + stderr.String()}
	if exit := (*exec.ExitError)(nil); err != nil && !errors.As(err, &exit) {
		require.NoError(t, err)
	}
	lines := bufio.NewScanner(&stdout)
	lines.Buffer(nil, 16<<20)
	for lines.Scan() {
		var e actEntry
		if json.Unmarshal(lines.Bytes(), &e) == nil {
			w.entries = append(w.entries, e)
		}
	}
	require.NoError(t, lines.Err())
	return w
}

// shellWithoutInputs is a folder with a sh that takes away the variables that act sets for a composite action and GitHub
// does not. It is dash, where act would find any.
func shellWithoutInputs(t *testing.T) string {
	t.Helper()
	dash, err := exec.LookPath("dash")
	if err != nil {
		missing(t, "dash")
	}
	var unset strings.Builder
	for _, input := range []string{"PATH", "POLICY", "SCOPE", "BASE", "HEAD", "REPORT-JSON", "SARIF", "PROGRAMS"} {
		fmt.Fprintf(&unset, " -u INPUT_%s -u INPUT_%s", input, strings.ReplaceAll(input, "-", "_"))
	}
	dir := t.TempDir()
	require.NoError(t, os.WriteFile(filepath.Join(dir, "sh"),
		fmt.Appendf(nil, "#!%s\nexec env%s %[1]s \"$@\"\n", dash, unset.String()), 0o755))
	return dir
}

// addWorkflow commits a workflow that uses an action and shows its outputs to the step that follows.
func addWorkflow(r *repository, action, with string) {
	r.t.Helper()
	r.write(".github/workflows/forewarden.yml", `on: [pull_request, merge_group, push, schedule, workflow_dispatch]
permissions: {}
jobs:
  forewarden:
    runs-on: ubuntu-latest
    permissions:
      contents: read
    steps:
      - uses: actions/checkout@3d3c42e5aac5ba805825da76410c181273ba90b1 # v7.0.1
        with:
          fetch-depth: 0
          persist-credentials: false
      - id: forewarden
        uses: `+action+`
        with: {`+with+`}
      - if: always()
        shell: bash
        env:
          VERDICT: ${{ steps.forewarden.outputs.verdict }}
          FINDINGS: ${{ steps.forewarden.outputs.findings }}
          JSON: ${{ steps.forewarden.outputs.report-json }}
          SARIF: ${{ steps.forewarden.outputs.sarif }}
        run: |
          echo "seen verdict=$VERDICT"
          echo "seen findings=$FINDINGS"
          echo "seen report-json=$(tr -d '\n' <"$JSON")"
          echo "seen sarif=$(tr -d '\n' <"$SARIF")"
          echo "seen inputs=$(env | grep -c ^INPUT_)"
`)
	r.commit("check with Forewarden")
}

// addChange commits two files on a new branch and merges it as GitHub does to test a pull request. It leaves the merge
// checked out and returns the payloads of the events that could bring the change.
func addChange(r *repository, secret string) map[string]map[string]any {
	r.t.Helper()
	base := r.git("rev-parse", "HEAD")
	r.branch("feature")
	r.write("app/readme.txt", "What this does.\n")
	r.commit("say what it does")
	r.write("app/my settings.py", "# settings\nname = 'x'\nkey = '"+secret+"'\n")
	r.commit("add settings")
	head := r.git("rev-parse", "HEAD")
	r.git("checkout", "--quiet", "--detach", "main")
	r.merge(nil, "feature")
	repo := map[string]any{
		"full_name": "acme/app", "name": "app", "default_branch": "main", "owner": map[string]any{"login": "acme"},
	}
	side := func(ref, sha string) map[string]any { return map[string]any{"ref": ref, "sha": sha, "repo": repo} }
	return map[string]map[string]any{
		"pull_request": {
			"action": "opened", "number": 7, "repository": repo,
			"pull_request": map[string]any{"number": 7, "head": side("feature", head), "base": side("main", base)},
		},
		"merge_group": {
			"action": "checks_requested", "repository": repo,
			"merge_group": map[string]any{
				"head_sha": head, "head_ref": "refs/heads/gh-readonly-queue/main/pr-7-" + base, "base_sha": base, "base_ref": "refs/heads/main",
			},
		},
		"push": {"ref": "refs/heads/feature", "before": base, "after": head, "repository": repo},
	}
}

// TestActions runs both actions for each event over a change that leaks a secret and over one that does not.
func TestActions(t *testing.T) {
	t.Parallel()
	for _, action := range []string{actionRepository + "/actions/secret-scan@v1", actionRepository + "@v1"} {
		for _, event := range []string{"pull_request", "merge_group", "push"} {
			t.Run(strings.ReplaceAll(action, "/", "_")+"/"+event+"/leak", func(t *testing.T) {
				t.Parallel()
				r := newRepository(t)
				addWorkflow(r, action, "")
				key := newSecrets("act " + event).aws()
				w := act(t, r, event, addChange(r, key.value)[event])
				require.True(t, w.failed, "%s", w.log)
				errs := w.commands("error")
				require.Len(t, errs, 1, "%s", w.log)
				assert.Equal(t, "app/my settings.py", errs[0].KVPairs["file"])
				assert.Equal(t, "3", errs[0].KVPairs["line"])
				assert.Contains(t, errs[0].KVPairs["title"], key.rule)
				assert.Contains(t, w.summary(), "my settings.py:3")
				seen := w.seen()
				assert.Equal(t, "blocked", seen["verdict"], "%s", w.log)
				assert.Equal(t, "1", seen["findings"])
				assert.Equal(t, "0", seen["inputs"])
				assert.Contains(t, seen["sarif"], `"2.1.0"`)
				report := parseReport(t, []byte(seen["report-json"]))
				assert.Equal(t, "blocked", report.Verdict)
				assert.NotContains(t, w.log, key.random)
				t.Logf("from act's start to its end %v, the step %v", w.took, w.stepTime())
			})
			t.Run(strings.ReplaceAll(action, "/", "_")+"/"+event+"/clean", func(t *testing.T) {
				t.Parallel()
				r := newRepository(t)
				r.write("old.py", "key = '"+newSecrets("old").aws().value+"'\n") // was there before
				addWorkflow(r, action, "")
				w := act(t, r, event, addChange(r, "none")[event])
				require.False(t, w.failed, "%s", w.log)
				assert.Empty(t, w.commands("error"))
				seen := w.seen()
				assert.Equal(t, "pass", seen["verdict"], "%s", w.log)
				assert.Equal(t, "0", seen["findings"])
				assert.Equal(t, "pass", parseReport(t, []byte(seen["report-json"])).Verdict)
				assert.NotEmpty(t, w.summary())
			})
		}
	}
}

// TestActionInputs shows that inputs reach the program.
func TestActionInputs(t *testing.T) {
	t.Parallel()
	key := newSecrets("act inputs").aws()
	for name, c := range map[string]struct {
		with    string
		verdict string
	}{
		"a folder":            {"path: app, scope: tree", "blocked"},
		"a folder without":    {"path: -docs, scope: tree", "pass"},
		"a policy":            {"policy: observe policy.yml, scope: tree", "pass"},
		"ends of the change":  {"base: main, head: feature", "blocked"},
		"no change":           {"base: feature, head: feature", "pass"},
		"the history":         {"scope: history", "blocked"},
		"a base that is none": {"base: --no-color", "error"},
		"reports of its own":  {"report-json: my report.json, sarif: ./my.sarif", "blocked"},
		"an empty path":       {`path: "", scope: tree`, "blocked"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			r := newRepository(t)
			r.write("-docs/a.txt", "nothing\n")
			r.write("observe policy.yml", "version: 1\npreset: observe\n")
			addWorkflow(r, actionRepository+"/actions/secret-scan@v1", c.with)
			w := act(t, r, "pull_request", addChange(r, key.value)["pull_request"])
			assert.Equal(t, c.verdict != "pass", w.failed, "%s", w.log)
			assert.Equal(t, c.verdict, w.seen()["verdict"], "%s", w.log)
		})
	}
}

// TestLocalAction uses the action from the workspace, as our own workflow does, and the programs in a later step.
func TestLocalAction(t *testing.T) {
	t.Parallel()
	r := newRepository(t)
	require.NoError(t, publish(r.dir))
	r.write(".github/workflows/forewarden.yml", `on: push
permissions: {}
jobs:
  forewarden:
    runs-on: ubuntu-latest
    permissions:
      contents: read
    steps:
      - uses: actions/checkout@3d3c42e5aac5ba805825da76410c181273ba90b1 # v7.0.1
      - id: setup
        uses: ./actions/setup
        with:
          programs: secret-scan forewarden
      - env:
          FOLDER: ${{ steps.setup.outputs.path }}
        run: |
          [ "$(command -v forewarden)" = "$FOLDER/forewarden" ] && secret-scan --help >/dev/null && echo "seen found=$(forewarden version | wc -l)"
      - uses: ./
        with:
          scope: tree
`)
	r.commit("use our own action")
	w := act(t, r, "push", map[string]any{"ref": "refs/heads/main", "before": strings.Repeat("0", 40), "after": r.git("rev-parse", "HEAD")})
	assert.False(t, w.failed, "%s", w.log)
	assert.Equal(t, "1", w.seen()["found"], "%s", w.log)
}
