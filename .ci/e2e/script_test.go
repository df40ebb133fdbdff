package e2e

import (
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"testing"

	"github.com/rogpeppe/go-internal/testscript"
)

// TestScripts runs the transcripts in testdata/script. They have two commands of their own: `exits STATUS COMMAND
// ARGUMENT...` runs a program that must exit with a status, and `fill FILE...` puts made-up secrets where the files say
// ${aws}, ${github}, ${generic} or ${private-key}.
func TestScripts(t *testing.T) {
	t.Parallel()
	testscript.Run(t, testscript.Params{
		Dir: filepath.Join("testdata", "script"),
		Setup: func(env *testscript.Env) error {
			env.Vars = append(env.Vars, environment(filepath.Join(env.WorkDir, ".home"), os.TempDir())...)
			env.Setenv("PATH", binaries+string(os.PathListSeparator)+systemPath())
			for _, role := range []string{"AUTHOR", "COMMITTER"} {
				env.Setenv("GIT_"+role+"_NAME", "Ada")
				env.Setenv("GIT_"+role+"_EMAIL", "ada@example.com")
				env.Setenv("GIT_"+role+"_DATE", "2026-01-01T00:00:00Z")
			}
			return os.Mkdir(filepath.Join(env.WorkDir, ".home"), 0o755)
		},
		Cmds: map[string]func(*testscript.TestScript, bool, []string){"exits": exits, "fill": fill},
	})
}

func exits(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) < 2 {
		ts.Fatalf("usage: exits STATUS COMMAND ARGUMENT...")
	}
	want, err := strconv.Atoi(args[0])
	ts.Check(err)
	err = ts.Exec(args[1], args[2:]...)
	got := 0
	if exit := (*exec.ExitError)(nil); errors.As(err, &exit) {
		got = exit.ExitCode()
	} else {
		ts.Check(err)
	}
	if got != want {
		ts.Fatalf("exit status %d, want %d", got, want)
	}
}

func fill(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) == 0 {
		ts.Fatalf("usage: fill FILE...")
	}
	s := newSecrets("script")
	secrets := strings.NewReplacer("${aws}", s.aws().value, "${github}", s.github().value, "${generic}", s.generic().value,
		"${private-key}", s.privateKey().value)
	for _, file := range args {
		ts.Check(os.WriteFile(ts.MkAbs(file), []byte(secrets.Replace(ts.ReadFile(file))), 0o644))
	}
}
