package app_test

import (
	"bytes"
	"context"
	"encoding/json"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/forewarden/forewarden/internal/app"
	"github.com/forewarden/forewarden/internal/control"
	"github.com/forewarden/forewarden/internal/controls/secretscan"
	"github.com/forewarden/forewarden/internal/controltest"
)

// A run is one run of the program and what came of it.
type run struct {
	name           string // the program, "forewarden" where nothing is said
	env            map[string]string
	ctx            context.Context //nolint:containedctx // the test's where nothing is said
	out            io.Writer       // instead of stdout
	status         int
	stdout, stderr string
}

func (r run) do(t *testing.T, args ...string) run {
	t.Helper()
	var out, errs bytes.Buffer
	getenv := func(key string) string {
		if v, ok := r.env[key]; ok {
			return v
		}
		if strings.HasPrefix(key, "GITHUB_") || strings.HasPrefix(key, "RUNNER_") || key == "CI" || key == "SOURCE_DATE_EPOCH" {
			return "" // these tests are local runs wherever they run
		}
		return os.Getenv(key)
	}
	c := app.Command{Name: "forewarden", Args: args, Getenv: getenv, Stdout: &out, Stderr: &errs, Now: controltest.Now}
	if r.name != "" {
		c.Name = r.name
	}
	if r.out != nil {
		c.Stdout = r.out
	}
	ctx := t.Context()
	if r.ctx != nil {
		ctx = r.ctx
	}
	c.Controls = []*control.Control{secretscan.Control(getenv)}
	r.status = c.Run(ctx)
	r.stdout, r.stderr = out.String(), errs.String()
	return r
}

func do(t *testing.T, args ...string) run { t.Helper(); return run{}.do(t, args...) }

// still makes durations nothing, so that reports can be compared.
func still() run { return run{env: map[string]string{"SOURCE_DATE_EPOCH": "0"}} }

// folder makes a folder outside git; contents may use the placeholders of controltest.Expand.
func folder(t *testing.T, files map[string]string) string {
	t.Helper()
	root := filepath.Join(t.TempDir(), "work")
	write(t, root, files)
	return root
}

func write(t *testing.T, root string, files map[string]string) {
	t.Helper()
	require.NoError(t, os.MkdirAll(root, 0o755))
	for name, content := range files {
		path := filepath.Join(root, filepath.FromSlash(name))
		require.NoError(t, os.MkdirAll(filepath.Dir(path), 0o755))
		require.NoError(t, os.WriteFile(path, []byte(controltest.Expand(content)), 0o644))
	}
}

// repository makes one with a commit on main and another one on the branch change, which is checked out.
func repository(t *testing.T, base, change map[string]string) string {
	t.Helper()
	root := folder(t, base)
	controltest.Git(t, root, "init", "-q", "-b", "main")
	controltest.Git(t, root, "add", "-A")
	controltest.Git(t, root, "commit", "-q", "--allow-empty", "-m", "base")
	controltest.Git(t, root, "checkout", "-q", "-b", "change")
	write(t, root, change)
	controltest.Git(t, root, "add", "-A")
	controltest.Git(t, root, "commit", "-q", "--allow-empty", "-m", "change")
	return root
}

func clean(t *testing.T) string { t.Helper(); return folder(t, map[string]string{"a.txt": "text\n"}) }

func leaky(t *testing.T) string {
	t.Helper()
	return folder(t, map[string]string{"a.go": "x := 1\nid := \"${aws-token}\"\n", "b.txt": "token = ${github-token}\n"})
}

// A jsonReport is what these tests read of the JSON report.
type jsonReport struct {
	Tool    struct{ Name, Version string }
	Verdict string
	Scope   struct{ Kind, Base, Head string }

	Controls []struct {
		ID, Engine, Mode, Status, Reason string
		Stats                            map[string]any
		Findings                         []struct {
			Rule, State, Path string
			StartLine         int
		}
	}
}

func (r run) report(t *testing.T) jsonReport {
	t.Helper()
	var report jsonReport
	require.NoError(t, json.Unmarshal([]byte(r.stdout), &report), r.stdout+r.stderr)
	return report
}

func TestACheckOfAFolder(t *testing.T) {
	r := do(t, "check", clean(t))
	assert.Equal(t, []any{0, ""}, []any{r.status, r.stderr})
	assert.Contains(t, r.stdout, "PASS")
	r = do(t, "check", leaky(t))
	assert.Equal(t, []any{1, ""}, []any{r.status, r.stderr})
	assert.Contains(t, r.stdout, "a.go:2:8")
	assert.NotContains(t, r.stdout, controltest.Secret("aws-token", "")[4:])
}

// One binary per control says the same as the one that carries all, but for its name.
func TestSingleBinary(t *testing.T) {
	root := leaky(t)
	single := still()
	single.name = "secret-scan"
	for _, format := range []string{"text", "json", "sarif", "markdown"} {
		t.Run(format, func(t *testing.T) {
			a := single.do(t, "--format", format, root)
			for _, command := range []string{"secret-scan", "check"} {
				b := still().do(t, command, "--format", format, root)
				assert.Equal(t, a.status, b.status)
				assert.Equal(t, a.stdout, strings.ReplaceAll(b.stdout, `"name": "forewarden"`, `"name": "secret-scan"`))
				assert.Equal(t, format != "json", a.stdout == b.stdout, "the name is told")
			}
		})
	}
	r := single.do(t, "--format", "json", root).report(t)
	assert.Equal(t, "secret-scan", r.Tool.Name)
}

func TestTheSingleBinaryHasItsOwnVerbsAlone(t *testing.T) {
	single := run{name: "secret-scan"}
	r := single.do(t, "--help")
	assert.Equal(t, 0, r.status)
	assert.Contains(t, r.stdout, "secret-scan explain RULE")
	assert.NotContains(t, r.stdout, "--controls")
	assert.Equal(t, "secret-scan "+app.Version+"\n", single.do(t, "version").stdout)
	r = single.do(t, "policy")
	assert.Equal(t, []any{2, "secret-scan: no such path: policy\n"}, []any{r.status, r.stderr})
}

// With SOURCE_DATE_EPOCH the same input gives the same bytes, whichever control or file was first.
func TestTheSameInputGivesTheSameBytes(t *testing.T) {
	files := map[string]string{".github/forewarden.yml": "overrides: all\n"}
	for _, name := range []string{"a", "b", "c", "d/e", "d/f", "testdata/g", "vendor/h", "docs/i"} {
		files[name+".go"] = "${aws-token:" + filepath.Base(name) + "}\n" + `password = "${generic-key:` + filepath.Base(name) + `}"` + "\n${private-key}\n"
		files[name+"/go.sum"] = "x"
	}
	root := folder(t, files)
	for _, format := range []string{"text", "json", "sarif", "markdown"} {
		first := still().do(t, "check", "--verbose", "--format", format, root)
		require.Equal(t, 1, first.status)
		for range 5 {
			require.Equal(t, first.stdout, still().do(t, "check", "--verbose", "--format", format, root).stdout)
		}
	}
	report := still().do(t, "check", "--format", "json", root).report(t)
	assert.Zero(t, report.Controls[0].Stats["duration_ms"])
}
