package e2e

import (
	"bytes"
	"encoding/json"
	"errors"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// An actionSource is a folder as GitHub unpacks it for a step that uses one of our actions: our real scripts, beside a
// program that takes no time to build and prints its arguments as JSON.
type actionSource struct{ dir string }

const echoProgram = `package main

import (
	"encoding/json"
	"os"
	"strconv"
)

func main() {
	_ = json.NewEncoder(os.Stdout).Encode(os.Args[1:])
	code, _ := strconv.Atoi(os.Getenv("ECHO_EXIT"))
	os.Exit(code)
}
`

func newActionSource(t *testing.T, dir string) actionSource {
	t.Helper()
	require.NoError(t, os.MkdirAll(dir, 0o755))
	require.NoError(t, os.CopyFS(filepath.Join(dir, "actions"), os.DirFS(filepath.Join("..", "..", "actions"))))
	s := actionSource{dir}
	s.write(t, "go.mod", "module example.com/echo\n\ngo 1.26.0\n")
	s.write(t, "go.sum", "")
	s.write(t, "cmd/echo/main.go", echoProgram)
	s.write(t, "internal/words/words.go", "// Package words is here to be hashed.\npackage words\n")
	return s
}

func (s actionSource) write(t *testing.T, name, text string) {
	t.Helper()
	file := filepath.Join(s.dir, filepath.FromSlash(name))
	require.NoError(t, os.MkdirAll(filepath.Dir(file), 0o755))
	require.NoError(t, os.WriteFile(file, []byte(text), 0o644))
}

// A runner is what scripts see of the machine they run on.
type runner struct {
	tools, temp, workspace string
	env                    []string
}

func newRunner(t *testing.T) runner {
	t.Helper()
	return runner{tools: t.TempDir(), temp: t.TempDir(), workspace: t.TempDir()}
}

// run runs a script of the action under dash, in the workspace.
func (r runner) run(t *testing.T, s actionSource, script string, args ...string) result {
	t.Helper()
	dash, err := exec.LookPath("dash")
	if err != nil {
		missing(t, "dash")
	}
	cmd := exec.CommandContext(t.Context(), dash, append([]string{filepath.Join(s.dir, "actions", script)}, args...)...)
	cmd.Dir = r.workspace
	cmd.Env = append(environment(t.TempDir(), t.TempDir()), goCaches()...)
	cmd.Env = append(cmd.Env, "RUNNER_TOOL_CACHE="+r.tools, "RUNNER_TEMP="+r.temp, "GITHUB_WORKSPACE="+r.workspace)
	cmd.Env = append(cmd.Env, r.env...)
	var stdout, stderr bytes.Buffer
	cmd.Stdout, cmd.Stderr = &stdout, &stderr
	err = cmd.Run()
	if exit := (*exec.ExitError)(nil); err != nil && !errors.As(err, &exit) {
		require.NoError(t, err)
	}
	return result{stdout: stdout.String(), stderr: stderr.String(), exit: cmd.ProcessState.ExitCode(), args: cmd.Args}
}

// goCaches keeps builds in tests from starting at nothing, and from the network.
var goCaches = sync.OnceValue(func() []string {
	out, err := exec.Command("go", "env", "-json", "GOCACHE", "GOMODCACHE").Output()
	env := map[string]string{}
	if err != nil || json.Unmarshal(out, &env) != nil {
		return nil
	}
	return []string{"GOCACHE=" + env["GOCACHE"], "GOMODCACHE=" + env["GOMODCACHE"], "GOPROXY=off"}
})

// setup runs setup.sh for the program echo and returns the folder that it prints.
func (r runner) setup(t *testing.T, s actionSource) string {
	t.Helper()
	got := r.run(t, s, "setup/setup.sh", "echo")
	got.wantExit(t, 0)
	folder := strings.TrimSuffix(got.stdout, "\n")
	require.FileExists(t, filepath.Join(folder, "echo"), "%s", got)
	return folder
}

// builds are the folders that an unfinished build left.
func (r runner) builds(t *testing.T) []string {
	t.Helper()
	left, err := filepath.Glob(filepath.Join(r.tools, "forewarden", "*", "build.*"))
	require.NoError(t, err)
	return left
}

// without is the environment's PATH without some programs.
func without(t *testing.T, programs ...string) string {
	t.Helper()
	dir := t.TempDir()
	for _, d := range filepath.SplitList(systemPath()) {
		entries, err := os.ReadDir(d)
		if errors.Is(err, fs.ErrNotExist) {
			continue
		}
		require.NoError(t, err)
		for _, e := range entries {
			if err := os.Symlink(filepath.Join(d, e.Name()), filepath.Join(dir, e.Name())); !errors.Is(err, fs.ErrExist) {
				require.NoError(t, err)
			}
		}
	}
	for _, p := range programs {
		require.NoError(t, os.RemoveAll(filepath.Join(dir, p)))
	}
	return dir
}

// TestSetup builds once and then finds what it built, under a key that only the source decides.
func TestSetup(t *testing.T) {
	t.Parallel()
	s, r := newActionSource(t, filepath.Join(t.TempDir(), "an action")), newRunner(t)
	start := time.Now()
	folder := r.setup(t, s)
	cold := time.Since(start)
	require.Empty(t, r.builds(t))
	rel, err := filepath.Rel(r.tools, folder)
	require.NoError(t, err)
	assert.Regexp(t, `^forewarden/[0-9a-f]{64}/[a-z]+-\w+$`, filepath.ToSlash(rel))

	warm := time.Hour
	for range 5 {
		start = time.Now()
		require.Equal(t, folder, r.setup(t, s))
		warm = min(warm, time.Since(start))
	}
	t.Logf("cold %v, warm %v", cold, warm)
	assert.Less(t, warm, 100*time.Millisecond)

	past := time.Date(2000, 1, 1, 0, 0, 0, 0, time.UTC)
	require.NoError(t, os.Chtimes(filepath.Join(s.dir, "go.mod"), past, past))
	assert.Equal(t, folder, r.setup(t, s), "a time is not content")

	bare := r
	bare.env = []string{"PATH=" + without(t, "go", "sha256sum")}
	assert.Equal(t, folder, bare.setup(t, s), "another program that hashes, and no Go, which only a build needs")

	s.write(t, "internal/words/words.go", "package words // changed\n")
	assert.NotEqual(t, folder, r.setup(t, s), "other source, other folder")
}

// TestSetupForLaterSteps shows what actions/setup leaves to the steps that follow.
func TestSetupForLaterSteps(t *testing.T) {
	t.Parallel()
	s, r := newActionSource(t, t.TempDir()), newRunner(t)
	path, output := filepath.Join(t.TempDir(), "path"), filepath.Join(t.TempDir(), "output")
	r.env = []string{"GITHUB_PATH=" + path, "GITHUB_OUTPUT=" + output}
	folder := r.setup(t, s)
	for file, want := range map[string]string{path: folder + "\n", output: "path=" + folder + "\n"} {
		got, err := os.ReadFile(file)
		require.NoError(t, err)
		assert.Equal(t, want, string(got))
	}
}

// TestSetupAtOnce starts jobs on one machine at the same time.
func TestSetupAtOnce(t *testing.T) {
	t.Parallel()
	s, r := newActionSource(t, t.TempDir()), newRunner(t)
	r.tools = filepath.Join(r.tools, "tool cache")
	results := make([]result, 6)
	var wg sync.WaitGroup
	for i := range results {
		wg.Go(func() { results[i] = r.run(t, s, "run.sh", "echo", "hello") })
	}
	wg.Wait()
	for _, got := range results {
		got.wantExit(t, 0)
		assert.Contains(t, got.stdout, `"hello"`)
	}
	assert.Empty(t, r.builds(t))
}

// TestSetupIgnoresTheWorkspace gives the build whatever a checked-out change, and a job's environment, could hold.
func TestSetupIgnoresTheWorkspace(t *testing.T) {
	t.Parallel()
	s, clean, hostile := newActionSource(t, t.TempDir()), newRunner(t), newRunner(t)
	folder := clean.setup(t, s)
	want, err := os.ReadFile(filepath.Join(folder, "echo"))
	require.NoError(t, err)

	w := hostile.workspace
	evil := filepath.Join(w, "evil")
	pwned := filepath.Join(t.TempDir(), "pwned")
	script := "#!/bin/sh\ntouch '" + pwned + "'\nexit 1\n"
	for _, name := range []string{"evil", "go", "git", "sh", "find", "mktemp", "sha256sum", "uname", "cygpath"} {
		require.NoError(t, os.WriteFile(filepath.Join(w, name), []byte(script), 0o755))
	}
	for name, text := range map[string]string{
		"go.work": "go 1.26.0\n\nuse .\n\nreplace example.com/echo => ./\n",
		"go.mod":  "module example.com/echo\n\ngo 1.99.0\n",
		"go.env":  "GOFLAGS=-toolexec=" + evil + "\nGOTOOLCHAIN=go1.99.0\n",
		".env":    "GOFLAGS=-toolexec=" + evil + "\n",
		".envrc":  "touch " + pwned + "\n",
	} {
		require.NoError(t, os.WriteFile(filepath.Join(w, name), []byte(text), 0o644))
	}
	hostile.env = []string{
		"PATH=" + systemPath() + ":.:", "CDPATH=" + w, "GOENV=" + filepath.Join(w, "go.env"), "GOWORK=" + filepath.Join(w, "go.work"),
		"GOFLAGS=-toolexec=" + evil, "GOOS=windows", "GOARCH=arm64", "GOTOOLCHAIN=go1.99.0", "CGO_ENABLED=1", "CC=" + evil,
	}
	got, err := os.ReadFile(filepath.Join(hostile.setup(t, s), "echo"))
	require.NoError(t, err)
	assert.True(t, bytes.Equal(want, got), "the same source gives the same bytes")
	assert.NoFileExists(t, pwned)

	// With an empty and a relative entry before the system's, nothing of the workspace may be taken either.
	hostile.env[0] = "PATH=:.:" + systemPath()
	hostile.tools = t.TempDir()
	hostile.setup(t, s)
	assert.NoFileExists(t, pwned)
}

// TestSetupFails shows what a workflow's author reads when programs cannot be had.
func TestSetupFails(t *testing.T) {
	t.Parallel()
	oldGo := without(t, "go")
	require.NoError(t, os.WriteFile(filepath.Join(oldGo, "go"),
		[]byte("#!/bin/sh\n[ \"$1\" = version ] && echo 'go version go1.20.14 linux/amd64' || exit 1\n"), 0o755))
	for name, c := range map[string]struct {
		change func(s actionSource, r *runner)
		args   []string
		exit   int
		says   []string
	}{
		"no Go": {
			change: func(_ actionSource, r *runner) { r.env = append(r.env, "PATH="+without(t, "go")) },
			exit:   exitError,
			says: []string{
				"Go is missing: it is needed to build Forewarden, 1.26.0 or newer", "uses: actions/setup-go@", `go-version: "1.26"`,
				"::error title=Forewarden could not start::Go is missing",
			},
		},
		"old Go": {
			change: func(_ actionSource, r *runner) { r.env = append(r.env, "PATH="+oldGo) },
			exit:   exitError,
			says:   []string{"go1.20.14 linux/amd64 is too old: Forewarden needs Go 1.26.0 or newer", "uses: actions/setup-go@"},
		},
		"a build that fails": {
			change: func(s actionSource, _ *runner) { s.write(t, "cmd/echo/broken.go", "package broken") },
			exit:   exitError,
			says:   []string{"echo could not be built"},
		},
		"nowhere to put it": {
			change: func(_ actionSource, r *runner) { r.tools, r.temp = "/dev/null/tools", "" },
			exit:   exitError,
			says:   []string{"the tool cache cannot be written to"},
		},
		"no program":        {args: []string{}, exit: exitUsage, says: []string{"usage: "}},
		"unknown program":   {args: []string{"echo", "ecko"}, exit: exitUsage, says: []string{"no such program; there is echo"}},
		"a path":            {args: []string{"../cmd/echo"}, exit: exitUsage, says: []string{"no such program"}},
		"a flag":            {args: []string{"-o"}, exit: exitUsage, says: []string{"no such program"}},
		"an empty argument": {args: []string{""}, exit: exitUsage, says: []string{"no such program"}},
	} {
		t.Run(name, func(t *testing.T) {
			s, r := newActionSource(t, t.TempDir()), newRunner(t)
			r.env = []string{"GITHUB_ACTIONS=true"}
			if c.change != nil {
				c.change(s, &r)
			}
			if c.args == nil {
				c.args = []string{"echo"}
			}
			got := r.run(t, s, "setup/setup.sh", c.args...)
			got.wantExit(t, c.exit)
			for _, say := range c.says {
				assert.Contains(t, got.stderr, say)
			}
			assert.Empty(t, got.stdout)
			if r.temp != "" {
				assert.Empty(t, r.builds(t))
			}
		})
	}
}

// TestSetupReadOnlyToolCache builds for the job alone where the tool cache cannot be written to, as in some containers.
func TestSetupReadOnlyToolCache(t *testing.T) {
	t.Parallel()
	s, r := newActionSource(t, t.TempDir()), newRunner(t)
	r.tools = "/dev/null/tools"
	assert.True(t, strings.HasPrefix(r.setup(t, s), r.temp))
}

// TestRunInputs shows that an input becomes one argument and never a flag or a command, whatever it holds.
func TestRunInputs(t *testing.T) {
	t.Parallel()
	s, r := newActionSource(t, t.TempDir()), newRunner(t)
	call := func(env ...string) []string {
		c := r
		c.env = append(slices.Clone(env), "INPUT_PATH=input", "INPUT_SCOPE=input", "INPUT_REPORT-JSON=input")
		got := c.run(t, s, "run.sh", "echo", "check")
		got.wantExit(t, 0)
		var args []string
		require.NoError(t, json.Unmarshal([]byte(got.stdout), &args), "%s", got)
		return args
	}
	args := call()
	require.Len(t, args, 4)
	assert.Equal(t, []string{"check", "."}, []string{args[0], args[3]})
	reports := strings.TrimSuffix(strings.TrimPrefix(args[1], "--report=json="), "/report.json")
	assert.DirExists(t, reports)
	assert.True(t, strings.HasPrefix(reports, r.temp))
	assert.Equal(t, "--report=sarif="+reports+"/report.sarif", args[2])
	assert.NotEqual(t, args[1], call()[1], "a step has a folder of its own")

	assert.Equal(t, []string{
		"check", "--report=json=a b.json", "--report=sarif=-s.sarif", "--policy=$(id)\n'\"`*", "--scope=--no-color", "--base=-b",
		"--head=HEAD:a b", "./--format=json\n",
	}, call("FOREWARDEN_REPORT_JSON=a b.json", "FOREWARDEN_SARIF=-s.sarif", "FOREWARDEN_POLICY=$(id)\n'\"`*",
		"FOREWARDEN_SCOPE=--no-color", "FOREWARDEN_BASE=-b", "FOREWARDEN_HEAD=HEAD:a b", "FOREWARDEN_PATH=--format=json\n"))
	for path, want := range map[string]string{
		"": ".", ".": ".", "/": "/", "./a": "./a", "../a": "../a", "diff": "./diff", "-": "./-", "*": "./*", "..": "./..",
		`C:\a`: `C:\a`, "D:/a": "D:/a",
	} {
		args := call("FOREWARDEN_PATH=" + path)
		assert.Equal(t, want, args[len(args)-1])
	}
}

// TestRunExit shows that the step ends as the program does, and that a program which could not start is an error.
func TestRunExit(t *testing.T) {
	t.Parallel()
	s, r := newActionSource(t, t.TempDir()), newRunner(t)
	output := filepath.Join(t.TempDir(), "output")
	for _, exit := range []string{"0", "1", "2", "3"} {
		r.env = []string{"ECHO_EXIT=" + exit, "GITHUB_OUTPUT=" + output, "GITHUB_PATH=" + output}
		got := r.run(t, s, "run.sh", "echo")
		assert.Equal(t, exit, string(rune('0'+got.exit)))
		assert.NoFileExists(t, output, "the outputs are the program's, and a later step's PATH is left alone")
	}
	r.tools = t.TempDir()
	r.env = append(r.env, "PATH="+without(t, "go"))
	r.run(t, s, "run.sh", "echo").wantExit(t, exitError)
	got, err := os.ReadFile(output)
	require.NoError(t, err)
	assert.Equal(t, "verdict=error\n", string(got))
}
