package e2e

import (
	"os"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// A volunteer has a fork of a project whose organisation asks for the strict preset, and opens a pull request. They never
// rewrite a commit, and read nothing but the annotations.
type volunteer struct {
	*repository // the fork, with the branch fix checked out

}

// newVolunteer is a volunteer with a branch and no commit on it. main gets the files of project before.
func newVolunteer(t *testing.T, project map[string]string) volunteer {
	t.Helper()
	r := newRepository(t)
	r.write("app/start.py", "print('start')\n")
	r.commit("start")
	r.branch("fix")
	r.checkout("main")
	for path, content := range project {
		r.write(path, content)
	}
	r.commit("main moves on")
	v := volunteer{r}
	r.checkout("fix")
	return v
}

// pullRequest is the event of the pull request as it is now.
func (v volunteer) pullRequest() map[string]any {
	v.t.Helper()
	fork := map[string]any{"full_name": "volunteer/app", "fork": true}
	project := map[string]any{"full_name": "acme/app", "name": "app", "default_branch": "main", "owner": map[string]any{"login": "acme"}}
	return map[string]any{
		"action": "synchronize", "number": 7, "repository": project,
		"pull_request": map[string]any{
			"number": 7, "head": map[string]any{"ref": "fix", "sha": v.git("rev-parse", "fix"), "repo": fork},
			"base": map[string]any{"ref": "main", "sha": v.git("rev-parse", "main"), "repo": project},
		},
	}
}

// checkoutMerge merges the branch into main as GitHub does and checks the merge out at depth 1, without a token.
func (v volunteer) checkoutMerge(t *testing.T) *repository {
	t.Helper()
	v.git("checkout", "--quiet", "--detach", "main")
	v.merge(nil, "fix")
	v.git("update-ref", "refs/pull/7/merge", "HEAD")
	v.checkout("fix")
	work := newRepository(t)
	work.git("remote", "add", "origin", "file://"+v.dir)
	work.git("fetch", "--quiet", "--depth=1", "origin", "refs/pull/7/merge")
	work.git("checkout", "--quiet", "--detach", "FETCH_HEAD")
	return work
}

// check runs the check of the pull request as it is now, and returns its annotations.
func (v volunteer) check(t *testing.T, policy string, exit int) []workflowCommand {
	t.Helper()
	work := v.checkoutMerge(t)
	j := newJob(t, work, "pull_request", v.pullRequest())
	out := command{dir: work.dir, env: j.env}.run(t, "secret-scan", "--policy", policy)
	out.wantExit(t, exit)
	assert.Equal(t, map[int]string{exitPass: "pass", exitBlocked: "blocked"}[exit], j.outputs()["verdict"])
	return onlyOurs(t, out.stdout)
}

// allow writes an allow comment at the end of the line that each annotation stands on.
func (v volunteer) allow(t *testing.T, annotations []workflowCommand) {
	t.Helper()
	for _, a := range annotations {
		file := filepath.Join(v.dir, a.properties["file"])
		data, err := os.ReadFile(file)
		require.NoError(t, err)
		lines := strings.Split(string(data), "\n")
		n, err := strconv.Atoi(a.properties["line"])
		require.NoError(t, err)
		lines[n-1] += " # forewarden:allow made up for the tutorial"
		require.NoError(t, os.WriteFile(file, []byte(strings.Join(lines, "\n")), 0o644))
	}
}

const strict = "version: 1\npreset: strict\n"

// leak commits a generic key in the program and a provider's token in a fixture.
func (v volunteer) leak(s *secrets) {
	v.t.Helper()
	v.write("app/settings.py", "# settings\nname = 'x'\n"+s.generic().value+"\n")
	v.write("tests/fixtures/token.py", "# a fixture\nkey = '"+s.aws().value+"'\n")
	v.commit("add settings and a fixture")
}

// TestRedToGreen is the loop of a volunteer: red, read, one more commit, green.
func TestRedToGreen(t *testing.T) {
	t.Parallel()
	t.Run("what is no secret is allowed with a reason", func(t *testing.T) {
		t.Parallel()
		policy := filepath.Join(t.TempDir(), "policy.yml")
		require.NoError(t, os.WriteFile(policy, []byte(strict), 0o644))
		v := newVolunteer(t, nil)
		assert.Empty(t, v.check(t, policy, exitPass))
		v.leak(newSecrets("volunteer"))
		first := v.git("rev-parse", "fix")
		red := v.check(t, policy, exitBlocked)
		require.Len(t, red, 2)
		at := map[string]string{}
		for _, a := range red {
			assert.Equal(t, "error", a.name)
			assert.Contains(t, a.data, "forewarden:allow", "it says how")
			at[a.properties["file"]] = a.properties["line"]
		}
		assert.Equal(t, map[string]string{"app/settings.py": "3", "tests/fixtures/token.py": "2"}, at)
		v.allow(t, red)
		v.commit("say why these are no secrets")
		assert.Empty(t, v.check(t, policy, exitPass))
		assert.Equal(t, first, v.git("rev-parse", "fix~1"), "nothing was rewritten")
	})
	t.Run("a real token is waived by its fingerprint", func(t *testing.T) {
		t.Parallel()
		policy := filepath.Join(t.TempDir(), "policy.yml")
		require.NoError(t, os.WriteFile(policy, []byte(strict), 0o644))
		s := newSecrets("volunteer's token")
		v := newVolunteer(t, nil)
		v.write("app/settings.py", "# settings\nkey = '"+s.github().value+"'\n")
		v.commit("add settings")
		red := v.check(t, policy, exitBlocked)
		require.Len(t, red, 1)
		assert.Equal(t, []string{"app/settings.py", "2"}, []string{red[0].properties["file"], red[0].properties["line"]})
		print := fingerprint.FindStringSubmatch(red[0].data)
		require.NotNil(t, print, "it says what an administrator needs: %s", red[0].data)

		v.allow(t, red)
		v.commit("allow it")
		require.Len(t, v.check(t, policy, exitBlocked), 1, "a provider's token takes more than the author's word")
		v.write("app/settings.py", "# settings\nimport os\nkey = os.environ['KEY']\n")
		v.commit("remove it")
		still := v.check(t, policy, exitBlocked)
		require.NotEmpty(t, still, "it has leaked")
		for _, a := range still { // of the commit that added it, and of the one that tried to allow it
			assert.Empty(t, a.properties["line"], "its line is gone")
			assert.Contains(t, a.data, "In commit ")
			assert.Contains(t, a.data, "fingerprint "+print[1])
		}

		waiver := "waivers:\n  - control: secret-scan\n    match: { rule: github-pat, fingerprint: " + print[1] + " }\n" +
			"    reason: revoked\n    owner: \"@acme/security\"\n    expires: 2099-01-01\n"
		require.NoError(t, os.WriteFile(policy, []byte(strict+waiver), 0o644))
		assert.Empty(t, v.check(t, policy, exitPass))
		v.write("app/other.py", "key = '"+s.github().value+"'\n")
		v.commit("leak another")
		require.Len(t, v.check(t, policy, exitBlocked), 1, "the waiver is for that token alone")
	})
}

var fingerprint = regexp.MustCompile(`fingerprint ([0-9a-f]{32})\b`)

// TestRedToGreenInAWorkflow is the first of these loops as a workflow.
func TestRedToGreenInAWorkflow(t *testing.T) {
	t.Parallel()
	v := newVolunteer(t, map[string]string{"organisation.yml": strict})
	v.checkout("main")
	addWorkflow(v.repository, actionRepository+"/actions/secret-scan@v1", "policy: organisation.yml")
	v.checkout("fix")
	v.leak(newSecrets("volunteer in a workflow"))
	run := func() workflowRun {
		v.checkoutMerge(t)
		v.git("checkout", "--quiet", "--detach", "refs/pull/7/merge")
		defer v.checkout("fix")
		return act(t, v.repository, "pull_request", v.pullRequest())
	}
	w := run()
	require.True(t, w.failed, "%s", w.log)
	require.Len(t, w.commands("error"), 2, "%s", w.log)
	var red []workflowCommand
	for _, e := range w.commands("error") {
		red = append(red, workflowCommand{e.Command, e.Arg, e.KVPairs})
	}
	v.allow(t, red)
	v.commit("say why these are no secrets")
	w = run()
	require.False(t, w.failed, "%s", w.log)
	assert.Empty(t, w.commands("error"))
	assert.Equal(t, "pass", w.seen()["verdict"], "%s", w.log)
	assert.Equal(t, "pass", parseReport(t, []byte(w.seen()["report-json"])).Verdict)
	t.Logf("from act's start to its end %v, the step %v", w.took, w.stepTime())
}
