package e2e

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/santhosh-tekuri/jsonschema/v6"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// The exit statuses of the contract.
const (
	exitPass    = 0
	exitBlocked = 1
	exitUsage   = 2
	exitError   = 3
)

// binaries is the folder with the programs under test.
var binaries string

func TestMain(m *testing.M) { os.Exit(testMain(m)) }

func testMain(m *testing.M) int {
	if dir := os.Getenv("FOREWARDEN_BIN"); dir != "" {
		abs, err := filepath.Abs(dir)
		if err != nil {
			fmt.Fprintln(os.Stderr, err)
			return 1
		}
		binaries = abs
		return m.Run()
	}
	dir, err := os.MkdirTemp("", "forewarden-e2e-")
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		return 1
	}
	defer func() { _ = os.RemoveAll(dir) }()
	build := exec.Command("go", "build", "-trimpath", "-buildvcs=false", "-o", dir, "./cmd/forewarden", "./cmd/secret-scan")
	build.Dir = filepath.Join("..", "..")
	build.Env = append(os.Environ(), "CGO_ENABLED=0", "GOWORK=off")
	if out, err := build.CombinedOutput(); err != nil {
		fmt.Fprintf(os.Stderr, "building the binaries: %v\n%s", err, out)
		return 1
	}
	binaries = dir
	return m.Run()
}

// A command is one start of a program under test, apart from the user's environment.
type command struct {
	dir    string
	env    []string // on top of the isolated environment
	stdout *os.File // instead of a buffer
	home   string   // its HOME; a new empty folder where ""
	tmp    string   // its TMPDIR; a new empty folder where ""
}

type result struct {
	stdout, stderr string
	exit           int
	args           []string
}

func (r result) String() string {
	return fmt.Sprintf("%s\nexit %d\n-- stdout\n%s\n-- stderr\n%s", strings.Join(r.args, " "), r.exit, r.stdout, r.stderr)
}

// environment is what a program under test sees: nothing of the caller's but where programs are.
func environment(home, tmp string) []string {
	return []string{
		"HOME=" + home, "TMPDIR=" + tmp, "PATH=" + systemPath(), "TZ=UTC", "LC_ALL=C.UTF-8",
		"GIT_CONFIG_GLOBAL=/dev/null", "GIT_CONFIG_NOSYSTEM=1",
	}
}

// systemPath is the system's folders and those of go and git.
var systemPath = sync.OnceValue(func() string {
	dirs := []string{"/usr/local/bin", "/usr/bin", "/bin"}
	for _, name := range []string{"git", "go"} {
		if p, err := exec.LookPath(name); err == nil {
			dirs = append(dirs, filepath.Dir(p))
		}
	}
	return strings.Join(dirs, string(os.PathListSeparator))
})

// start runs a program (args[0]) and checks nothing.
func (c command) start(t *testing.T, args ...string) result {
	t.Helper()
	if c.home == "" {
		c.home = t.TempDir()
	}
	if c.tmp == "" {
		c.tmp = t.TempDir()
	}
	cmd := exec.CommandContext(t.Context(), filepath.Join(binaries, args[0]), args[1:]...)
	cmd.Dir = c.dir
	cmd.Env = append(environment(c.home, c.tmp), c.env...)
	cmd.WaitDelay = 5 * time.Second
	var stdout, stderr bytes.Buffer
	cmd.Stdout, cmd.Stderr = &stdout, &stderr
	if c.stdout != nil {
		cmd.Stdout = c.stdout
	}
	err := cmd.Run()
	var exit *exec.ExitError
	if err != nil && !errors.As(err, &exit) {
		require.NoError(t, err, "starting %s", args[0])
	}
	return result{stdout: stdout.String(), stderr: stderr.String(), exit: cmd.ProcessState.ExitCode(), args: args}
}

// run runs a program and checks every JSON report of it against the published schema and its exit status.
func run(t *testing.T, dir string, args ...string) result {
	t.Helper()
	return command{dir: dir}.run(t, args...)
}

func (c command) run(t *testing.T, args ...string) result {
	t.Helper()
	r := c.start(t, args...)
	require.NotEqual(t, -1, r.exit, "killed by a signal: %s", r)
	require.NotContains(t, r.stderr, "panic: ", "crashed: %s", r)
	if r.exit == exitUsage {
		return r
	}
	for i, a := range args {
		a, next := strings.TrimPrefix(strings.Replace(a, "--", "-", 1), "-"), ""
		if i+1 < len(args) {
			next = args[i+1]
		}
		if name, value, ok := strings.Cut(a, "="); ok && (name == "format" || name == "report") {
			a, next = name, value
		}
		switch {
		case a == "format" && next == "json":
			checkReport(t, []byte(r.stdout), r)
		case a == "report" && strings.HasPrefix(next, "json="):
			file := strings.TrimPrefix(next, "json=")
			if !filepath.IsAbs(file) {
				file = filepath.Join(c.dir, file)
			}
			data, err := os.ReadFile(file)
			require.NoError(t, err, "the report was not written: %s", r)
			checkReport(t, data, r)
		}
	}
	return r
}

// checkReport holds a JSON report against the schema, and its verdict against the exit status.
func checkReport(t *testing.T, data []byte, r result) {
	t.Helper()
	schema, err := reportSchema()
	require.NoError(t, err)
	instance, err := jsonschema.UnmarshalJSON(bytes.NewReader(data))
	require.NoError(t, err, "not JSON: %s", r)
	require.NoError(t, schema.Validate(instance), "against docs/report.schema.json: %s", r)
	want := map[int]string{exitPass: "pass", exitBlocked: "blocked", exitError: "error"}[r.exit]
	require.Equal(t, want, parseReport(t, data).Verdict, "verdict and exit status differ: %s", r)
}

var reportSchema = sync.OnceValues(func() (*jsonschema.Schema, error) {
	return jsonschema.NewCompiler().Compile(filepath.Join("..", "..", "docs", "report.schema.json"))
})

// A report is the part of the JSON report that these tests look at.
type report struct {
	Verdict  string
	Controls []struct {
		ID, Status, Reason string
		Stats              struct{ Skipped map[string]int }
		Findings           []reported
	}
}

type reported struct {
	Rule, Severity, State, Path, Commit, Fingerprint string
	StartLine, StartColumn                           int
}

func parseReport(t *testing.T, data []byte) report {
	t.Helper()
	var r report
	require.NoError(t, json.Unmarshal(data, &r))
	return r
}

// findings are secret-scan's findings in a report on standard output.
func (r result) findings(t *testing.T) []reported {
	t.Helper()
	for _, c := range parseReport(t, []byte(r.stdout)).Controls {
		if c.ID == "secret-scan" {
			return c.Findings
		}
	}
	require.Fail(t, "secret-scan is not in the report", "%s", r)
	return nil
}

// has says whether there is a finding in a line of a file.
func (r result) has(t *testing.T, path string, line int) bool {
	t.Helper()
	for _, f := range r.findings(t) {
		if f.Path == path && f.StartLine == line && f.State == "new" {
			return true
		}
	}
	return false
}

func (r result) wantExit(t *testing.T, exit int) {
	t.Helper()
	require.Equal(t, exit, r.exit, "%s", r)
}

// missing fails a test on CI and skips it elsewhere.
func missing(t *testing.T, what string) {
	t.Helper()
	if os.Getenv("CI") == "true" {
		t.Fatalf("%s is missing", what)
	}
	t.Skipf("%s is missing", what)
}

// TestReportCheckerCanFail shows that a report which is none is noticed.
func TestReportCheckerCanFail(t *testing.T) {
	schema, err := reportSchema()
	require.NoError(t, err)
	for _, bad := range []string{`{}`, `[]`, `{"version":1,"verdict":"clean"}`} {
		instance, err := jsonschema.UnmarshalJSON(strings.NewReader(bad))
		require.NoError(t, err)
		assert.Error(t, schema.Validate(instance), bad)
	}
	_, err = jsonschema.UnmarshalJSON(io.LimitReader(strings.NewReader(`{}`), 1))
	assert.Error(t, err)
}

// TestSameCommand shows that `forewarden secret-scan` and `secret-scan` are the same command.
func TestSameCommand(t *testing.T) {
	t.Parallel()
	r := newRepository(t)
	r.write("app/settings.py", "# settings\nkey = '"+newSecrets("same").aws().value+"'\n")
	r.commit("add settings")
	env := []string{"SOURCE_DATE_EPOCH=1767225600"}
	for _, format := range []string{"text", "json", "sarif", "markdown"} {
		alone := command{dir: r.dir, env: env}.run(t, "secret-scan", "--format", format)
		part := command{dir: r.dir, env: env}.run(t, "forewarden", "secret-scan", "--format", format)
		alone.wantExit(t, exitBlocked)
		part.wantExit(t, exitBlocked)
		if format == "json" {
			assert.Equal(t, alone.findings(t), part.findings(t))
		}
		again := command{dir: r.dir, env: env}.run(t, "secret-scan", "--format", format)
		assert.Equal(t, alone.stdout, again.stdout, "the same input gives the same bytes")
	}
	all := run(t, r.dir, "forewarden", "check", "--format", "json")
	all.wantExit(t, exitBlocked)
	assert.True(t, all.has(t, "app/settings.py", 2), "%s", all)
}
