package e2e

import (
	"encoding/json"
	"os"
	"os/exec"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// sarifErrors are the errors that Microsoft's validator sees in a SARIF file, by SARIF's own rules and by GitHub's.
func sarifErrors(t *testing.T, file string) []string {
	t.Helper()
	tool, err := filepath.Abs(filepath.Join("..", "npm", "node_modules", "@microsoft", "sarif-multitool-linux", "Sarif.Multitool"))
	require.NoError(t, err)
	if info, err := os.Stat(tool); err != nil || info.Mode()&0o100 == 0 {
		missing(t, "the SARIF validator (.ci/npm/install.sh)")
	}
	out := filepath.Join(t.TempDir(), "validation.sarif")
	cmd := exec.CommandContext(t.Context(), tool, "validate", file, "--rule-kind", "Sarif;Ghas", "--output", out)
	cmd.Env = append(environment(t.TempDir(), t.TempDir()), "DOTNET_SYSTEM_GLOBALIZATION_INVARIANT=1")
	log, _ := cmd.CombinedOutput() // it also exits 1 for what it found
	data, err := os.ReadFile(out)
	require.NoError(t, err, "%s", log)
	var validation struct {
		Runs []struct {
			Tool struct {
				Driver struct {
					Rules []struct {
						ID                   string
						DefaultConfiguration struct{ Level string }
					}
				}
			}
			Results []struct {
				RuleID, Level string
				Message       json.RawMessage
				Locations     json.RawMessage
			}
			Invocations []struct{ ExecutionSuccessful bool }
		}
	}
	require.NoError(t, json.Unmarshal(data, &validation))
	require.Len(t, validation.Runs, 1)
	v := validation.Runs[0]
	for _, i := range v.Invocations {
		require.True(t, i.ExecutionSuccessful, "%s", log)
	}
	defaults := map[string]string{}
	for _, r := range v.Tool.Driver.Rules {
		defaults[r.ID] = r.DefaultConfiguration.Level
	}
	var errs []string
	for _, r := range v.Results {
		text := r.RuleID + " " + string(r.Message) + " " + string(r.Locations)
		if r.Level == "error" || r.Level == "" && defaults[r.RuleID] == "error" {
			errs = append(errs, text)
		} else {
			t.Logf("%s: %s", r.Level, text)
		}
	}
	return errs
}

// TestSARIF shows that GitHub takes our SARIF, with findings and without.
func TestSARIF(t *testing.T) {
	t.Parallel()
	s := newSecrets("sarif")
	full := newRepository(t)
	full.write("README.md", "nothing\n")
	full.commit("start")
	full.branch("topic")
	full.write("app/settings.py", "key = '"+s.aws().value+"'\ntoken = '"+s.github().value+"'\n"+s.generic().value+"\n")
	full.write("deploy/key.pem", s.privateKey().value+"\n")
	full.write("test/fixtures/key.pem", s.privateKey().value+"\n")
	full.write("odd path/ü \"q\" %20 #1.py", "key = '"+s.aws().value+"'\n")
	full.write("wide.txt", utf16LE("key = '"+s.aws().value+"'\n"))
	full.commit("add settings")
	empty := newRepository(t)
	empty.write("README.md", "nothing\n")
	empty.commit("start")

	for _, c := range []struct {
		name string
		dir  string
		exit int
		args []string
	}{
		{"tree", full.dir, exitBlocked, []string{"secret-scan"}},
		{"change", full.dir, exitBlocked, []string{"secret-scan", "--base", "main", "--head", "HEAD"}},
		{"history", full.dir, exitBlocked, []string{"secret-scan", "--scope", "history"}},
		{"every control", full.dir, exitBlocked, []string{"forewarden", "check"}},
		{"no finding", empty.dir, exitPass, []string{"secret-scan"}},
		{"failed", empty.dir, exitError, []string{"secret-scan", "--base", "no-such-branch"}},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			file := filepath.Join(t.TempDir(), "out.sarif")
			r := run(t, c.dir, append(c.args, "--report", "sarif="+file)...)
			r.wantExit(t, c.exit)
			require.FileExists(t, file, "%s", r)
			assert.Empty(t, sarifErrors(t, file))
		})
	}
	t.Run("the validator can fail", func(t *testing.T) {
		t.Parallel()
		file := filepath.Join(t.TempDir(), "bad.sarif")
		require.NoError(t, os.WriteFile(file, []byte(`{"version":"2.1.0","runs":[{"results":[{"message":{}}]}]}`), 0o644))
		assert.NotEmpty(t, sarifErrors(t, file))
	})
}
