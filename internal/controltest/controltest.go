// Package controltest is the acceptance kit of a control: cases that every engine of it must pass, and the tools to
// write such cases.
package controltest

import (
	"bytes"
	"encoding/json"
	"flag"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/rogpeppe/go-internal/txtar"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/forewarden/forewarden/internal/app"
)

var update = flag.Bool("update", false, "rewrite what the cases want")

// Cases runs every *.txtar file of a folder against every engine of a control.
//
// The comment of a case describes it; lines that begin with "args:" hold flags. Its files are:
//
//	base/PATH     in the first commit, on main
//	change1/PATH  in the first commit of the branch, change2/PATH in the second, and so on; a file DELETE lists
//	              paths to delete, and a file RENAME pairs of paths to move
//	main2/PATH    in a later commit on main
//	tree/PATH     in a folder outside git
//	policy.yml    the organisation's policy (--policy)
//	want          a line per finding, severity rule place state, then the exit status
//
// Contents may use the placeholders of Expand. With -update the file want is written anew.
func Cases(t *testing.T, make app.Factory, folder string) {
	t.Helper()
	files, err := filepath.Glob(filepath.Join(folder, "*.txtar"))
	require.NoError(t, err)
	require.NotEmpty(t, files, "no cases in %s", folder)
	for _, file := range files {
		for _, engine := range make(os.Getenv).Engines {
			t.Run(strings.TrimSuffix(filepath.Base(file), ".txtar")+"/"+engine.Name, func(t *testing.T) {
				t.Parallel()
				runCase(t, make, file, engine.Name)
			})
		}
	}
}

func runCase(t *testing.T, make app.Factory, file, engine string) {
	t.Helper()
	archive, err := txtar.ParseFile(file)
	require.NoError(t, err)
	folder := t.TempDir()
	root := filepath.Join(folder, "work")
	args := []string{make(os.Getenv).ID, "--format", "json", "--engine", make(os.Getenv).ID + "=" + engine}
	for line := range strings.Lines(string(archive.Comment)) {
		if flags, ok := strings.CutPrefix(line, "args:"); ok {
			args = append(args, strings.Fields(flags)...)
		}
	}
	if i := slices.IndexFunc(archive.Files, func(f txtar.File) bool { return f.Name == "policy.yml" }); i >= 0 {
		policy := filepath.Join(folder, "policy.yml")
		require.NoError(t, os.WriteFile(policy, []byte(Expand(string(archive.Files[i].Data))), 0o600))
		args = append(args, "--policy", policy)
	}
	build(t, root, archive)
	status, out, said := Run(t, make, append(args, root)...)
	got := strings.ReplaceAll(summary(t, status, out, said), folder+string(filepath.Separator), "")
	i := slices.IndexFunc(archive.Files, func(f txtar.File) bool { return f.Name == "want" })
	require.GreaterOrEqual(t, i, 0, "the case wants nothing: add a file want")
	if *update {
		archive.Files[i].Data = []byte(got)
		require.NoError(t, os.WriteFile(file, txtar.Format(archive), 0o644))
		return
	}
	assert.Equal(t, string(archive.Files[i].Data), got)
}

// Now is the time in every case.
func Now() time.Time { return time.Date(2026, time.November, 21, 12, 0, 0, 0, time.UTC) }

// Run runs `forewarden` with one control in this process.
func Run(t *testing.T, make app.Factory, args ...string) (status int, stdout, stderr string) {
	t.Helper()
	var out, errs bytes.Buffer
	c := app.Command{
		Name: "forewarden", Args: args, Getenv: os.Getenv, Stdout: &out, Stderr: &errs, Now: Now,
	}
	c.Controls = append(c.Controls, make(os.Getenv))
	status = c.Run(t.Context())
	return status, out.String(), errs.String()
}

// summary is what a case compares: the findings of every control, and the status.
func summary(t *testing.T, status int, stdout, stderr string) string {
	t.Helper()
	var b strings.Builder
	if stdout != "" {
		var report struct {
			Controls []struct {
				ID, Status, Reason string
				Findings           []struct {
					Rule, Severity, State, Path string
					StartLine, StartColumn      int
					Attributes                  map[string]string
				}
			}
		}
		require.NoError(t, json.Unmarshal([]byte(stdout), &report), stdout)
		for _, c := range report.Controls {
			fmt.Fprintf(&b, "%s %s", c.ID, c.Status)
			if c.Reason != "" {
				fmt.Fprintf(&b, ": %s", c.Reason)
			}
			b.WriteByte('\n')
			for _, f := range c.Findings {
				fmt.Fprintf(&b, "  %s %s %s:%d:%d %s", f.Severity, f.Rule, f.Path, f.StartLine, f.StartColumn, f.State)
				for _, key := range []string{"waiver-reason", "still-present"} {
					if v := f.Attributes[key]; v != "" {
						fmt.Fprintf(&b, " %s=%s", key, v)
					}
				}
				b.WriteByte('\n')
			}
		}
	}
	b.WriteString(stderr)
	fmt.Fprintf(&b, "exit %d\n", status)
	return b.String()
}

// build makes the folder or repository of a case.
func build(t *testing.T, root string, archive *txtar.Archive) {
	t.Helper()
	require.NoError(t, os.MkdirAll(root, 0o755))
	steps := map[string][]txtar.File{}
	var names []string
	for _, f := range archive.Files {
		step, path, ok := strings.Cut(f.Name, "/")
		if !ok {
			continue
		}
		if !slices.Contains(names, step) {
			names = append(names, step)
		}
		steps[step] = append(steps[step], txtar.File{Name: path, Data: []byte(Expand(string(f.Data)))})
	}
	if slices.Contains(names, "tree") {
		writeFiles(t, root, steps["tree"])
		return
	}
	Git(t, root, "init", "-q", "-b", "main")
	for _, step := range names {
		switch step {
		case "change1":
			Git(t, root, "checkout", "-q", "-b", "change")
		case "main2":
			Git(t, root, "checkout", "-q", "main")
		}
		writeFiles(t, root, steps[step])
		Git(t, root, "add", "-A")
		Git(t, root, "commit", "-q", "--allow-empty", "-m", step)
	}
}

func writeFiles(t *testing.T, root string, files []txtar.File) {
	t.Helper()
	for _, f := range files {
		switch f.Name {
		case "DELETE":
			for path := range strings.FieldsSeq(string(f.Data)) {
				require.NoError(t, os.Remove(filepath.Join(root, path)))
			}
		case "RENAME":
			paths := strings.Fields(string(f.Data))
			for pair := range slices.Chunk(paths, 2) {
				require.NoError(t, os.MkdirAll(filepath.Dir(filepath.Join(root, pair[1])), 0o755))
				require.NoError(t, os.Rename(filepath.Join(root, pair[0]), filepath.Join(root, pair[1])))
			}
		default:
			path := filepath.Join(root, filepath.FromSlash(f.Name))
			require.NoError(t, os.MkdirAll(filepath.Dir(path), 0o755))
			require.NoError(t, os.WriteFile(path, f.Data, 0o644))
		}
	}
}

// Git runs git in a folder, apart from the user's configuration, with fixed names and dates.
func Git(t *testing.T, dir string, args ...string) string {
	t.Helper()
	cmd := exec.CommandContext(t.Context(), "git", args...)
	cmd.Dir = dir
	cmd.Env = []string{
		"PATH=" + os.Getenv("PATH"), "HOME=" + os.DevNull, "GIT_CONFIG_GLOBAL=" + os.DevNull, "GIT_CONFIG_NOSYSTEM=1",
		"GIT_AUTHOR_NAME=A Tester", "GIT_AUTHOR_EMAIL=tester@example.com", "GIT_AUTHOR_DATE=2026-01-02T03:04:05Z",
		"GIT_COMMITTER_NAME=A Tester", "GIT_COMMITTER_EMAIL=tester@example.com", "GIT_COMMITTER_DATE=2026-01-02T03:04:05Z",
	}
	out, err := cmd.CombinedOutput()
	require.NoError(t, err, "git %s: %s", strings.Join(args, " "), out)
	return strings.TrimSpace(string(out))
}
