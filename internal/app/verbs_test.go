package app_test

import (
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/forewarden/forewarden/internal/app"
)

func TestHelp(t *testing.T) {
	for name, tt := range map[string]struct {
		args []string
		says []string
	}{
		"help":            {[]string{"help"}, []string{"Usage: forewarden COMMAND", "secret-scan", "explain RULE", "policy check"}},
		"-h":              {[]string{"-h"}, []string{"Usage: forewarden COMMAND"}},
		"--help":          {[]string{"--help"}, []string{"Usage: forewarden COMMAND"}},
		"of check":        {[]string{"check", "--help"}, []string{"Usage: forewarden check [flags] [path]", "--controls", "Exit status", "engine gitleaks (default)"}},
		"of check, late":  {[]string{"check", ".", "--quiet", "-h"}, []string{"Usage: forewarden check"}},
		"of a control":    {[]string{"secret-scan", "-help"}, []string{"Usage: forewarden secret-scan", "--base REV"}},
		"of policy show":  {[]string{"policy", "show", "--help"}, []string{"Usage: forewarden policy show [--policy FILE]"}},
		"version":         {[]string{"version"}, []string{"forewarden " + app.Version + "\n"}},
		"version, a flag": {[]string{"--version"}, []string{"forewarden " + app.Version + "\n"}},
		"controls":        {[]string{"controls"}, []string{"secret-scan: No credential enters the repository", "engine gitleaks (default)", "222 rules"}},
	} {
		t.Run(name, func(t *testing.T) {
			r := do(t, tt.args...)
			assert.Equal(t, []any{0, ""}, []any{r.status, r.stderr})
			for _, want := range tt.says {
				assert.Contains(t, r.stdout, want)
			}
		})
	}
	r := do(t)
	assert.Equal(t, []any{2, ""}, []any{r.status, r.stdout}, "no command is no run that passed")
	assert.Contains(t, r.stderr, "Usage: forewarden COMMAND")
	assert.NotContains(t, do(t, "secret-scan", "--help").stdout, "--controls")
}

func TestExplain(t *testing.T) {
	for rule, wants := range map[string][]string{
		"github-pat":                    {"github-pat: ", "provider's format", "What to do: Revoke it", "docs/secret-scan.md"},
		"private-key":                   {"private-key: ", "Replace the key pair"},
		"generic-api-key":               {"generic-api-key: ", "forewarden:allow REASON"},
		"github-pat/merge-only":         {"github-pat/merge-only: ", "Revoke it"},
		"generic-api-key/allow-refused": {"generic-api-key/allow-refused: "},
		"expired-waiver":                {"expired-waiver: A waiver has expired", "docs/policy.md"},
		"unused-waiver":                 {"Delete it."},
		"policy-changed":                {"never by its own"},
		"invalid-policy":                {"policy check"},
		"loosening-refused":             {"overrides: all"},
	} {
		r := do(t, "explain", rule)
		assert.Equal(t, []any{0, ""}, []any{r.status, r.stderr}, rule)
		for _, want := range wants {
			assert.Contains(t, r.stdout, want)
		}
	}
	for name, tt := range map[string]struct {
		args []string
		want string
	}{
		"unknown":            {[]string{"explain", "github-pta"}, `no rule "github-pta": did you mean "github-pat"?`},
		"nothing like it":    {[]string{"explain", "zzzzzzzzzzzzzzz"}, "no rule \"zzzzzzzzzzzzzzz\"\n"},
		"unknown, in a part": {[]string{"explain", "github-pta/utf-16"}, `did you mean "github-pat"?`},
		"none":               {[]string{"explain"}, "explain wants one rule, for example: forewarden explain "},
		"two":                {[]string{"explain", "github-pat", "private-key"}, "explain wants one rule"},
	} {
		t.Run(name, func(t *testing.T) {
			r := do(t, tt.args...)
			assert.Equal(t, []any{2, ""}, []any{r.status, r.stdout})
			assert.Contains(t, r.stderr, tt.want)
		})
	}
}

// Whatever a report can name can be explained.
func TestEveryFindingIsExplained(t *testing.T) {
	for _, f := range do(t, "check", "--format", "json", leaky(t)).report(t).Controls[0].Findings {
		assert.Equal(t, 0, do(t, "explain", f.Rule).status, f.Rule)
	}
}

func TestPolicyCheck(t *testing.T) {
	root := folder(t, map[string]string{
		"org.yml":                       "overrides: all\ncontrols: {secret-scan: {fail-on: medium}}\n",
		"bad.yml":                       "presett: strict\ncontrols:\n  secret-scan: {mode: enforced, max-file-megabytes: 0}\n",
		"param/.github/forewarden.yml":  "controls: {secret-scan: {max-file-megabytes: 9999}}\n",
		"engine/.github/forewarden.yml": "controls: {secret-scan: {engine: trufflehog}}\n",
		"good/.github/forewarden.yml":   "controls: {secret-scan: {fail-on: medium}}\n",
		"loose/.github/forewarden.yml":  "controls:\n  secret-scan:\n    mode: warn\n",
		"empty.yml":                     "",
	})
	for name, tt := range map[string]struct {
		file, stdout, stderr string
		status               int
	}{
		"an organisation's":   {"org.yml", "org.yml is valid as an organisation's policy\n", "", 0},
		"an empty one":        {"empty.yml", "empty.yml is valid as an organisation's policy\n", "", 0},
		"a repository's":      {"good/.github/forewarden.yml", "good/.github/forewarden.yml is valid as a repository's policy\n", "", 0},
		"one that loosens":    {"loose/.github/forewarden.yml", "loose/.github/forewarden.yml:3:5: controls.secret-scan.mode: warn counts only where the organisation allows it\n", "", 0},
		"a parameter":         {"param/.github/forewarden.yml", "", "max-file-megabytes is 9999: want 1 to 2000", 2},
		"an engine":           {"engine/.github/forewarden.yml", "", `has no engine "trufflehog": want one of gitleaks`, 2},
		"several errors":      {"bad.yml", "", `bad.yml:1:1: unknown key "presett" (did you mean "preset"?)`, 2},
		"one that's not":      {"gone.yml", "", "the policy cannot be read", 2},
		"a folder":            {"good", "", "the policy cannot be read", 2},
		"every error at once": {"bad.yml", "", "bad.yml:3:23: mode cannot be", 2},
	} {
		t.Run(name, func(t *testing.T) {
			t.Chdir(root)
			r := do(t, "policy", "check", tt.file)
			assert.Equal(t, tt.status, r.status)
			assert.Contains(t, r.stdout, tt.stdout)
			assert.Equal(t, tt.stdout == "", r.stdout == "")
			assert.Contains(t, r.stderr, tt.stderr)
			assert.Equal(t, tt.stderr == "", r.stderr == "")
		})
	}
	t.Chdir(filepath.Join(root, "good"))
	assert.Equal(t, 0, do(t, "policy", "check").status, "the default is this repository's")
	t.Chdir(root)
	assert.Equal(t, 2, do(t, "policy", "check").status, "there is none here")
	assert.Equal(t, 2, do(t, "policy", "check", "org.yml", "empty.yml").status)
}

func TestPolicyShow(t *testing.T) {
	root := folder(t, map[string]string{
		"org.yml":                       "preset: strict\ncontrols: {lint: {mode: warn}}\n",
		"repo/.github/forewarden.yml":   "controls: {lint: {mode: enforce}, secret-scan: {mode: \"off\"}}\n",
		"broken/.github/forewarden.yml": "mode: enforce\n",
	})
	t.Chdir(root)
	r := do(t, "policy", "show", "--policy", "org.yml", "repo")
	require.Equal(t, []any{0, ""}, []any{r.status, r.stderr})
	assert.Contains(t, r.stdout, "preset: strict # org.yml:1:1")
	assert.Contains(t, r.stdout, "lint:\n    mode: enforce # .github/forewarden.yml:1:19")
	assert.Contains(t, r.stdout, "secret-scan:\n    mode: enforce # preset strict", "what was refused does not count")
	assert.Equal(t, r.stdout, do(t, "policy", "show", "repo", "--policy=org.yml").stdout)
	for name, tt := range map[string]struct {
		args []string
		want string
	}{
		"no verb":         {nil, "policy wants check or show"},
		"another verb":    {[]string{"shwo"}, `policy: no "shwo": did you mean "show"?`},
		"a broken policy": {[]string{"show", "broken"}, `.github/forewarden.yml:1:1: unknown key "mode"`},
		"two paths":       {[]string{"show", "repo", "broken"}, "policy show wants one path"},
		"a flag":          {[]string{"show", "--polcy", "x"}, "did you mean --policy?"},
		"no such path":    {[]string{"show", "gone"}, "gone"},
	} {
		t.Run(name, func(t *testing.T) {
			r := do(t, append([]string{"policy"}, tt.args...)...)
			assert.Equal(t, []any{2, ""}, []any{r.status, r.stdout})
			assert.Contains(t, r.stderr, tt.want)
		})
	}
}
