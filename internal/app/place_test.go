package app_test

import (
	"context"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/forewarden/forewarden/internal/controltest"
)

// What stands in the way of looking gives status 3, a verdict "error" in every report, and the reason.
func TestCouldNotLook(t *testing.T) {
	cancelled, cancel := context.WithCancel(t.Context())
	cancel()
	inside := repository(t, map[string]string{"a.txt": "text\n"}, map[string]string{"b.txt": "${aws-token}\n"})
	unborn := t.TempDir()
	controltest.Git(t, unborn, "init", "-q")
	broken := repository(t, map[string]string{"a.txt": "text\n"}, nil)
	require.NoError(t, os.WriteFile(filepath.Join(broken, ".git", "HEAD"), []byte("ref: refs/heads/../x\n"), 0o644))
	noGit := map[string]string{"PATH": t.TempDir()}
	for name, tt := range map[string]struct {
		run  run
		args []string
		want string
	}{
		"history outside git":            {run{}, []string{"--scope", "history", clean(t)}, "is not in a git repository, and only --scope tree does without one"},
		"a change outside git":           {run{}, []string{"--base", "main", clean(t)}, "is not in a git repository"},
		"no git":                         {run{env: noGit}, []string{inside}, "git"},
		"no git, in a change":            {run{env: noGit}, []string{"--base", "main", inside}, "git"},
		"the base is missing":            {run{}, []string{"--base", "gone", inside}, `there is no commit "gone"`},
		"the head is missing":            {run{}, []string{"--base", "main", "--head", "gone", inside}, `there is no commit "gone"`},
		"a base that looks like a flag":  {run{}, []string{"--base=--all", inside}, `there is no commit "--all"`},
		"a base that is no commit":       {run{}, []string{"--base", "main:a.txt", inside}, "there is no commit"},
		"a change without any commit":    {run{}, []string{"--base", "main", unborn}, "there is no commit"},
		"a broken repository":            {run{}, []string{broken}, "git"},
		"stopped while looking at files": {run{ctx: cancelled}, []string{clean(t)}, "interrupted"},
	} {
		t.Run(name, func(t *testing.T) {
			r := tt.run.do(t, append([]string{"check", "--format", "json"}, tt.args...)...)
			assert.Equal(t, 3, r.status)
			report := r.report(t)
			assert.Equal(t, "error", report.Verdict)
			require.Len(t, report.Controls, 1)
			assert.Equal(t, "failed", report.Controls[0].Status)
			assert.Contains(t, report.Controls[0].Reason, tt.want)
			assert.NotContains(t, report.Controls[0].Reason, "\n")
			text := tt.run.do(t, append([]string{"check"}, tt.args...)...)
			assert.Equal(t, 3, text.status)
			assert.Contains(t, text.stdout, "could not look")
			assert.NotContains(t, text.stdout, "PASS")
			quiet := tt.run.do(t, append([]string{"check", "--quiet"}, tt.args...)...)
			assert.Contains(t, quiet.stdout, "could not look", "quiet is no silence about that")
		})
	}
}

func TestStoppedInARepository(t *testing.T) {
	cancelled, cancel := context.WithCancel(t.Context())
	cancel()
	for _, args := range [][]string{{"check"}, {"check", "--scope", "history"}, {"check", "--base", "main"}} {
		r := run{ctx: cancelled}.do(t, append(args, repository(t, map[string]string{"a.txt": "${aws-token}\n"}, nil))...)
		assert.Equal(t, 3, r.status, args)
		assert.NotContains(t, r.stdout, "PASS")
	}
}

// Whatever a control's on-error says, who could look at nothing does not pass.
func TestOnErrorWarnIsNoPassForTheBlind(t *testing.T) {
	policy := folder(t, map[string]string{"org.yml": "controls: {secret-scan: {on-error: warn}}\n"})
	r := do(t, "check", "--policy", filepath.Join(policy, "org.yml"), "--scope", "history", clean(t))
	assert.Equal(t, 3, r.status)
}

func TestScopes(t *testing.T) {
	root := repository(t, map[string]string{"a.txt": "${aws-token:old}\n", "b.txt": "text\n"}, map[string]string{"b.txt": "${github-token:new}\n"})
	main, head := controltest.Git(t, root, "rev-parse", "main"), controltest.Git(t, root, "rev-parse", "change")
	controltest.Git(t, root, "checkout", "-q", "-b", "later")
	write(t, root, map[string]string{"c.txt": "${aws-token:later}\n"})
	for name, tt := range map[string]struct {
		args             []string
		kind, base, head string
		found            []string
	}{
		"the files":                  {nil, "tree", "", head, []string{"a.txt", "b.txt", "c.txt"}},
		"the files, by name":         {[]string{"--scope", "tree"}, "tree", "", head, []string{"a.txt", "b.txt", "c.txt"}},
		"a change":                   {[]string{"--base", "main"}, "change", main, head, []string{"b.txt"}},
		"a change, by name":          {[]string{"--scope", "change", "--base", "main"}, "change", main, head, []string{"b.txt"}},
		"a change with another head": {[]string{"--base", "change", "--head", "main"}, "change", head, main, nil},
		"a change that is none":      {[]string{"--base", "HEAD"}, "change", head, head, nil},
		"every commit":               {[]string{"--scope", "history"}, "history", "", head, []string{"a.txt", "b.txt"}},
	} {
		t.Run(name, func(t *testing.T) {
			report := do(t, append([]string{"check", "--format", "json", root}, tt.args...)...).report(t)
			assert.Equal(t, []string{tt.kind, tt.base, tt.head}, []string{report.Scope.Kind, report.Scope.Base, report.Scope.Head})
			var found []string
			for _, f := range report.Controls[0].Findings {
				found = append(found, f.Path)
			}
			assert.Equal(t, tt.found, found)
		})
	}
}

// Named with --policy, the repository's own file is trusted in full and is no layer of its own besides.
func TestThePolicyIsTheRepositorysOwn(t *testing.T) {
	loose := map[string]string{"a.txt": "${aws-token}\n", "b.txt": "${aws-token:b}\n", ".github/forewarden.yml": "overrides: none\ncontrols: {secret-scan: {mode: warn}}\n" +
		"waivers:\n- {control: secret-scan, match: {path: a.txt}, reason: a sample, owner: me, expires: 2027-01-01}\n"}
	for kind, root := range map[string]string{"a folder": folder(t, loose), "a repository": repository(t, loose, nil)} {
		t.Run(kind, func(t *testing.T) {
			r := do(t, "check", "--format", "json", root)
			assert.Equal(t, 1, r.status)
			report := r.report(t)
			require.Len(t, report.Controls, 2)
			assert.Equal(t, "loosening-refused", report.Controls[1].Findings[0].Rule)

			own := filepath.Join(root, ".github", "forewarden.yml")
			r = do(t, "check", "--format", "json", "--policy", own, root)
			assert.Equal(t, 0, r.status)
			report = r.report(t)
			require.Len(t, report.Controls, 1, "it refuses nothing of itself")
			assert.Equal(t, "warn", report.Controls[0].Mode)
			assert.Equal(t, "waived", report.Controls[0].Findings[0].State)
			t.Chdir(root)
			assert.Equal(t, 0, do(t, "check", "--policy", "./.github/../.github/forewarden.yml").status)
		})
	}
}

// A change is judged by the policy of the base; what it edits counts once it is merged.
func TestAChangeIsJudgedByTheBasesPolicy(t *testing.T) {
	org := filepath.Join(folder(t, map[string]string{"org.yml": "overrides: all\n"}), "org.yml")
	const file, off = ".github/forewarden.yml", "controls: {secret-scan: {mode: \"off\"}}\n"
	leak := map[string]string{"a.txt": "${aws-token}\n"}
	edit := map[string]string{"a.txt": "${aws-token}\n", file: off}
	for name, tt := range map[string]struct {
		base, change map[string]string
		status       int
		rules        []string
	}{
		"off on the base":          {map[string]string{file: off}, leak, 0, nil},
		"turned off by the change": {nil, edit, 1, []string{"aws-access-token", "policy-changed"}},
		"broken by the change":     {nil, map[string]string{file: "mod: x\n"}, 1, []string{"policy-changed", "invalid-policy"}},
		"broken on the base":       {map[string]string{file: "mod: x\n"}, leak, 1, []string{"aws-access-token", "invalid-policy"}},
		"mended by the change":     {map[string]string{file: "mod: x\n"}, map[string]string{file: off}, 0, []string{"policy-changed", "invalid-policy"}},
		"deleted, then as it was":  {map[string]string{file: "preset: strict\n"}, map[string]string{"x": "y"}, 0, nil},
	} {
		t.Run(name, func(t *testing.T) {
			r := do(t, "check", "--format", "json", "--policy", org, "--base", "main", repository(t, tt.base, tt.change))
			assert.Equal(t, tt.status, r.status, r.stdout)
			var rules []string
			for _, c := range r.report(t).Controls {
				for _, f := range c.Findings {
					rules = append(rules, f.Rule)
				}
			}
			assert.ElementsMatch(t, tt.rules, rules)
		})
	}
	r := do(t, "check", folder(t, map[string]string{file: "mod: x\n"}))
	assert.Equal(t, 2, r.status, "one's own is a policy error")
	assert.True(t, strings.HasPrefix(r.stderr, "forewarden: "+file+":1:1: "), r.stderr)
}
