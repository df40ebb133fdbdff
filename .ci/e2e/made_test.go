package e2e

import (
	"encoding/json"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// A made repository, and what a run over it must find.
type made struct {
	name string
	// make builds the repository in r, whose main branch has one commit; s makes the secrets.
	make func(r *repository, s *secrets)
	args []string // after the program's name; "" stands for the change from main to HEAD
	want []at     // exactly these places are new; none: the run passes
}

type at struct {
	path string
	line int
}

func leak(s *secrets) string { return "key = '" + s.aws().value + "'\n" }

var (
	change  = []string{"--base", "main", "--head", "HEAD"}
	history = []string{"--scope", "history"}
	tree    = []string{"--scope", "tree"}
)

var madeRepositories = []made{
	{"first of many commits", func(r *repository, s *secrets) {
		r.branch("topic")
		r.write("app.py", "# app\n"+leak(s))
		r.commit("add app")
		for i := range 35 {
			r.write("n.txt", strconv.Itoa(i))
			r.commit("count")
		}
	}, change, []at{{"app.py", 2}}},
	{"second parent", func(r *repository, s *secrets) {
		r.branch("topic")
		r.write("topic.txt", "topic\n")
		r.commit("topic")
		r.git("switch", "--quiet", "--create", "side", "main")
		r.write("side.py", "\n\n"+leak(s))
		r.commit("side")
		r.checkout("topic")
		r.merge(nil, "side")
	}, change, []at{{"side.py", 3}}},
	{"third parent", func(r *repository, s *secrets) {
		for _, name := range []string{"a", "b"} {
			r.git("switch", "--quiet", "--create", name, "main")
			r.write(name+".py", leak(s))
			r.commit(name)
		}
		r.git("switch", "--quiet", "--create", "topic", "main")
		r.write("topic.txt", "topic\n")
		r.commit("topic")
		r.merge(nil, "a", "b")
	}, change, []at{{"a.py", 1}, {"b.py", 1}}},
	{"only in a merge commit", func(r *repository, s *secrets) {
		r.branch("topic")
		r.write("app.py", "# app\n")
		r.commit("topic")
		r.git("switch", "--quiet", "--create", "side", "main")
		r.write("side.txt", "side\n")
		r.commit("side")
		r.checkout("topic")
		r.merge(func() { r.write("app.py", "# app\n"+leak(s)) }, "side")
	}, change, []at{{"app.py", 2}}},
	{"only in the resolution of a conflict", func(r *repository, s *secrets) {
		r.branch("topic")
		r.write("README.md", "topic\n")
		r.commit("topic")
		r.checkout("main")
		r.write("README.md", "main\n")
		r.commit("main moves on")
		r.checkout("topic")
		r.merge(func() { r.write("README.md", "both\n"+leak(s)) }, "main")
	}, change, []at{{"README.md", 2}}},
	{"only in a merge commit, whole history", func(r *repository, s *secrets) {
		r.branch("side")
		r.write("side.txt", "side\n")
		r.commit("side")
		r.checkout("main")
		r.merge(func() { r.write("new.py", "# new\n"+leak(s)) }, "side")
	}, history, []at{{"new.py", 2}}},
	{"added and removed", func(r *repository, s *secrets) {
		r.branch("topic")
		r.write("app.py", leak(s))
		r.commit("add")
		r.remove("app.py")
		r.commit("remove")
	}, change, []at{{"app.py", 1}}},
	{"added and removed, the tree is clean", func(r *repository, s *secrets) {
		r.write("app.py", leak(s))
		r.commit("add")
		r.remove("app.py")
		r.commit("remove")
	}, tree, nil},
	{"main merged into the branch", func(r *repository, s *secrets) {
		r.branch("topic")
		r.write("topic.txt", "topic\n")
		r.commit("topic")
		r.checkout("main")
		r.write("main.py", leak(s))
		r.commit("main leaks")
		r.checkout("topic")
		r.merge(nil, "main")
	}, change, nil},
	{"main merged with an edit beside its lines", func(r *repository, s *secrets) {
		r.branch("topic")
		r.write("topic.txt", "topic\n")
		r.commit("topic")
		r.checkout("main")
		theirs := leak(s)
		r.write("main.py", theirs)
		r.commit("main leaks")
		r.checkout("topic")
		r.merge(func() { r.write("main.py", "# edited\n"+theirs+leak(s)) }, "main")
	}, change, []at{{"main.py", 3}}},
	{"hidden by the binary attribute", func(r *repository, s *secrets) {
		r.branch("topic")
		r.write(".gitattributes", "app.py binary\n")
		r.write("app.py", "# app\n"+leak(s))
		r.commit("hide")
	}, change, []at{{"app.py", 2}}},
	{"hidden by the -diff attribute", func(r *repository, s *secrets) {
		r.branch("topic")
		r.write(".gitattributes", "*.py -diff\n")
		r.write("app.py", "# app\n"+leak(s))
		r.commit("hide")
	}, change, []at{{"app.py", 2}}},
	{"hidden by the -diff attribute, whole history", func(r *repository, s *secrets) {
		r.write(".gitattributes", "*.py -diff\n")
		r.write("app.py", "# app\n"+leak(s))
		r.commit("hide")
		r.remove("app.py")
		r.commit("remove")
	}, history, []at{{"app.py", 2}}},
	{"hidden by info/attributes", func(r *repository, s *secrets) {
		r.branch("topic")
		require.NoError(r.t, os.MkdirAll(filepath.Join(r.dir, ".git", "info"), 0o755))
		r.write(".git/info/attributes", "*.py -diff\n")
		r.write("app.py", "# app\n"+leak(s))
		r.commit("hide")
	}, change, []at{{"app.py", 2}}},
	{"UTF-16, change", func(r *repository, s *secrets) {
		r.branch("topic")
		r.write("le.txt", utf16LE("a\r\nb\r\n"+leak(s)))
		r.write("be.txt", utf16BE("a\n"+leak(s)))
		r.commit("add")
	}, change, []at{{"be.txt", 2}, {"le.txt", 3}}},
	{"UTF-16, history", func(r *repository, s *secrets) {
		r.write("le.txt", utf16LE("a\n"+leak(s)))
		r.commit("add")
		r.remove("le.txt")
		r.commit("remove")
	}, history, []at{{"le.txt", 2}}},
	{"UTF-16, tree", func(r *repository, s *secrets) {
		r.write("le.txt", utf16LE("a\n"+leak(s)))
		r.write("be.txt", utf16BE(leak(s)))
		r.commit("add")
	}, tree, []at{{"be.txt", 1}, {"le.txt", 2}}},
	{"old secret in a renamed file", func(r *repository, s *secrets) {
		r.write("old.py", strings.Repeat("# line\n", 20)+leak(s))
		r.commit("leak")
		r.branch("topic")
		r.git("mv", "old.py", "new.py")
		r.commit("rename")
	}, change, nil},
	{"new secret in a renamed file", func(r *repository, s *secrets) {
		text := strings.Repeat("# line\n", 20)
		r.write("old.py", text)
		r.commit("add")
		r.branch("topic")
		r.git("mv", "old.py", "new.py")
		r.write("new.py", text+leak(s))
		r.commit("rename")
	}, change, []at{{"new.py", 21}}},
	{"odd paths", func(r *repository, s *secrets) {
		r.branch("topic")
		for _, path := range []string{"a \"quoted\" 'name'.py", "new\nline.py", "tab\there.py", "ünïcode.py", " spaces .py", "-rf", ":(top)x", "back\\slash.py", "per%20cent.py"} {
			r.write(path, "\n"+leak(s))
		}
		r.commit("add")
	}, change, []at{
		{" spaces .py", 2}, {"-rf", 2}, {":(top)x", 2}, {"a \"quoted\" 'name'.py", 2}, {"back\\slash.py", 2}, {"new\nline.py", 2},
		{"per%20cent.py", 2}, {"tab\there.py", 2}, {"ünïcode.py", 2},
	}},
	{"odd paths, tree", func(r *repository, s *secrets) {
		for _, path := range []string{"a \"quoted\" 'name'.py", "new\nline.py", "-rf", ":(top)x"} {
			r.write(path, "\n"+leak(s))
		}
		r.commit("add")
	}, tree, []at{{"-rf", 2}, {":(top)x", 2}, {"a \"quoted\" 'name'.py", 2}, {"new\nline.py", 2}}},
	{"no commit in the range", func(r *repository, s *secrets) {
		r.write("app.py", leak(s))
		r.commit("leak")
	}, change, nil},
	{"base is ahead of head", func(r *repository, s *secrets) {
		r.branch("topic")
		r.checkout("main")
		r.write("app.py", leak(s))
		r.commit("leak")
		r.checkout("topic")
	}, change, nil},
	{"a tag reaches what no branch does", func(r *repository, s *secrets) {
		r.branch("gone")
		r.write("app.py", leak(s))
		r.commit("leak")
		r.git("tag", "v1")
		r.checkout("main")
		r.git("branch", "--quiet", "-D", "gone")
	}, history, []at{{"app.py", 1}}},
	{"a detached head", func(r *repository, s *secrets) {
		r.git("switch", "--quiet", "--detach")
		r.write("app.py", leak(s))
		r.commit("leak")
	}, change, []at{{"app.py", 1}}},
	{"a file became executable", func(r *repository, s *secrets) {
		r.write("app.py", leak(s))
		r.commit("leak")
		r.branch("topic")
		require.NoError(r.t, os.Chmod(filepath.Join(r.dir, "app.py"), 0o755))
		r.commit("mode")
	}, change, nil},
	{"a link became a file", func(r *repository, s *secrets) {
		require.NoError(r.t, os.Symlink("README.md", filepath.Join(r.dir, "app.py")))
		r.commit("link")
		r.branch("topic")
		r.remove("app.py")
		r.write("app.py", "# app\n"+leak(s))
		r.commit("file")
	}, change, []at{{"app.py", 2}}},
	{"no newline at the end", func(r *repository, s *secrets) {
		r.branch("topic")
		r.write("app.py", "# app\n"+strings.TrimSpace(leak(s)))
		r.commit("add")
	}, change, []at{{"app.py", 2}}},
	{"user configuration of the repository", func(r *repository, s *secrets) {
		for key, value := range map[string]string{
			"diff.noprefix": "true", "color.ui": "always", "diff.external": "/bin/false", "diff.context": "0",
			"diff.renames": "copies", "log.showSignature": "true", "core.quotePath": "false", "diff.mnemonicPrefix": "true",
			"diff.algorithm": "histogram", "diff.ignoreSubmodules": "all", "log.diffMerges": "separate", "core.pager": "false",
		} {
			r.git("config", key, value)
		}
		r.branch("topic")
		r.write("app.py", "# app\n"+leak(s))
		r.commit("add")
	}, change, []at{{"app.py", 2}}},
	{"symbolic links in a loop and out of the repository", func(r *repository, s *secrets) {
		outside := filepath.Join(filepath.Dir(r.dir), "outside.py")
		require.NoError(r.t, os.WriteFile(outside, []byte(leak(s)), 0o644))
		for name, to := range map[string]string{"a": "b", "b": "a", "up": "..", "out.py": outside, "self": "self"} {
			require.NoError(r.t, os.Symlink(to, filepath.Join(r.dir, name)))
		}
		r.write("app.py", leak(s))
		r.commit("links")
	}, tree, []at{{"app.py", 1}}},
	{"untracked and ignored files", func(r *repository, s *secrets) {
		r.write(".gitignore", "ignored.py\n")
		r.commit("ignore")
		r.write("untracked.py", leak(s))
		r.write("ignored.py", leak(s))
	}, tree, []at{{"untracked.py", 1}}},
}

// TestMadeRepositories runs secret-scan over repositories that other scanners answer wrongly.
func TestMadeRepositories(t *testing.T) {
	t.Parallel()
	for _, m := range madeRepositories {
		t.Run(m.name, func(t *testing.T) {
			t.Parallel()
			r, s := newRepository(t), newSecrets(m.name)
			r.write("README.md", "start\n")
			r.commit("start")
			m.make(r, s)
			out := run(t, r.dir, append([]string{"secret-scan", "--format", "json"}, m.args...)...)
			exit := exitPass
			if len(m.want) > 0 {
				exit = exitBlocked
			}
			out.wantExit(t, exit)
			var got []at
			for _, f := range out.findings(t) {
				if f.State == "new" {
					got = append(got, at{f.Path, f.StartLine})
				}
			}
			assert.ElementsMatch(t, m.want, got, "%s", out)
		})
	}
}

// started is a repository with one commit.
func started(t *testing.T) (*repository, *secrets) {
	t.Helper()
	r := newRepository(t)
	r.write("README.md", "start\n")
	r.commit("start")
	return r, newSecrets(t.Name())
}

func TestPathThatIsNoUTF8(t *testing.T) {
	t.Parallel()
	for scope, args := range map[string][]string{"change": change, "tree": tree, "history": history} {
		t.Run(scope, func(t *testing.T) {
			t.Parallel()
			r, s := started(t)
			r.branch("topic")
			r.write("latin\xe9.py", leak(s))
			r.commit("add")
			for _, format := range []string{"json", "sarif", "text", "markdown"} {
				out := run(t, r.dir, append([]string{"secret-scan", "--format", format}, args...)...)
				out.wantExit(t, exitBlocked)
				if format == "json" {
					require.Len(t, out.findings(t), 1)
					assert.Contains(t, out.findings(t)[0].Path, "latin")
				}
			}
		})
	}
}

func TestShallowClone(t *testing.T) {
	t.Parallel()
	r, s := started(t)
	r.write("old.py", leak(s))
	r.commit("leak")
	r.branch("topic")
	r.write("app.py", leak(s))
	r.commit("leak too")
	clone := filepath.Join(t.TempDir(), "clone")
	r.git("clone", "--quiet", "--depth", "1", "--no-single-branch", "file://"+r.dir, clone)
	before := files(t, clone)
	for _, args := range [][]string{{"--base", "origin/main"}, history} {
		out := run(t, clone, append([]string{"secret-scan", "--format", "json"}, args...)...)
		out.wantExit(t, exitError)
		assert.Contains(t, out.stdout+out.stderr, "shallow")
		for _, f := range out.findings(t) {
			assert.NotEqual(t, "old.py", f.Path, "an old secret is blamed on the boundary")
		}
	}
	run(t, clone, "secret-scan").wantExit(t, exitBlocked)
	assert.Equal(t, before, files(t, clone), "the clone was written to")
}

func TestMissingObject(t *testing.T) {
	t.Parallel()
	for _, what := range []string{"HEAD~1:app.py", "HEAD~1^{tree}", "HEAD~2"} {
		t.Run(what, func(t *testing.T) {
			t.Parallel()
			r, _ := started(t)
			r.branch("topic")
			for _, text := range []string{"one\n", "two\n", "three\n"} {
				r.write("app.py", text)
				r.commit(text)
			}
			id := r.git("rev-parse", what)
			require.NoError(t, os.Remove(r.object(id)))
			for _, args := range [][]string{change, history} {
				out := run(t, r.dir, append([]string{"secret-scan"}, args...)...)
				out.wantExit(t, exitError)
				assert.Contains(t, out.stdout+out.stderr, id, "the object is not named")
			}
		})
	}
}

func TestBareRepository(t *testing.T) {
	t.Parallel()
	r, s := started(t)
	r.branch("topic")
	r.write("app.py", leak(s))
	r.commit("leak")
	bare := filepath.Join(t.TempDir(), "bare.git")
	r.git("clone", "--quiet", "--bare", r.dir, bare)
	for _, args := range [][]string{history, {"--base", "main", "--head", "topic"}} {
		out := run(t, bare, append([]string{"secret-scan", "--format", "json"}, args...)...)
		out.wantExit(t, exitBlocked)
		assert.True(t, out.has(t, "app.py", 1), "%s", out)
	}
}

func TestRepositoryWithoutCommits(t *testing.T) {
	t.Parallel()
	r := newRepository(t)
	run(t, r.dir, "secret-scan", "--format", "json").wantExit(t, exitPass)
	out := run(t, r.dir, "secret-scan", "--format", "json", "--scope", "history")
	assert.Contains(t, []int{exitPass, exitError}, out.exit, "%s", out)
	for _, c := range parseReport(t, []byte(out.stdout)).Controls {
		if c.ID == "secret-scan" {
			assert.NotEqual(t, "checked", c.Status, "nothing was looked at: %s", out)
		}
	}
	run(t, r.dir, "secret-scan", "--format", "json", "--base", "main").wantExit(t, exitError)
	r.write("app.py", leak(newSecrets(t.Name())))
	run(t, r.dir, "secret-scan", "--format", "json").wantExit(t, exitBlocked)
}

func TestFolderWithoutGit(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	require.NoError(t, os.WriteFile(filepath.Join(dir, "app.py"), []byte(leak(newSecrets(t.Name()))), 0o644))
	out := run(t, dir, "secret-scan", "--format", "json")
	out.wantExit(t, exitBlocked)
	assert.True(t, out.has(t, "app.py", 1))
	run(t, dir, "secret-scan", "--scope", "history").wantExit(t, exitError)
	run(t, dir, "secret-scan", "--base", "main").wantExit(t, exitError)
	run(t, t.TempDir(), "secret-scan", "no-such-folder").wantExit(t, exitUsage)
}

func TestSubmodule(t *testing.T) {
	t.Parallel()
	inner, s := started(t)
	inner.write("inner.py", leak(s))
	inner.commit("leak")
	r, _ := started(t)
	r.branch("topic")
	r.git("submodule", "--quiet", "add", "file://"+inner.dir, "lib")
	r.commit("add a submodule")
	run(t, r.dir, append([]string{"secret-scan", "--format", "json"}, change...)...).wantExit(t, exitPass)
	run(t, r.dir, append([]string{"secret-scan", "--format", "json"}, history...)...).wantExit(t, exitPass)
	r.write("app.py", leak(s))
	r.commit("leak")
	for _, args := range [][]string{change, history, tree} {
		out := run(t, r.dir, append([]string{"secret-scan", "--format", "json"}, args...)...)
		out.wantExit(t, exitBlocked)
		assert.True(t, out.has(t, "app.py", 1), "%s", out)
	}
}

// TestFileOverTheLimit shows that a file which is not looked at is counted, in a moment, and not read into memory.
func TestFileOverTheLimit(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	file, err := os.Create(filepath.Join(dir, "huge.img"))
	require.NoError(t, err)
	require.NoError(t, file.Truncate(2<<30))
	require.NoError(t, file.Close())
	require.NoError(t, os.WriteFile(filepath.Join(dir, "README.md"), []byte("start\n"), 0o644))
	begin := time.Now()
	out := run(t, dir, "secret-scan", "--format", "json")
	assert.Less(t, time.Since(begin), 20*time.Second)
	out.wantExit(t, exitPass)
	var skipped int
	for _, c := range parseReport(t, []byte(out.stdout)).Controls {
		for _, n := range c.Stats.Skipped {
			skipped += n
		}
	}
	assert.Equal(t, 1, skipped, "%s", out)
	text := run(t, dir, "secret-scan")
	assert.Regexp(t, `(?i)skip|not looked at`, text.stdout+text.stderr)
}

func TestUsage(t *testing.T) {
	t.Parallel()
	r, s := started(t)
	r.write("app.py", leak(s))
	r.commit("leak")
	for _, c := range []struct {
		exit int
		args string
		says string
	}{
		{exitError, "secret-scan --base no-such-revision", "no-such-revision"},
		{exitError, "secret-scan --base HEAD --head no-such-revision", "no-such-revision"},
		{exitError, "secret-scan --base HEAD:app.py", ""},
		{exitUsage, "secret-scan --no-such-flag", "no-such-flag"},
		{exitUsage, "secret-scan --scope everything", "everything"},
		{exitUsage, "secret-scan --format yaml", "yaml"},
		{exitUsage, "secret-scan --report yaml=x", "yaml"},
		{exitUsage, "secret-scan --report json", ""},
		{exitUsage, "secret-scan --engine secret-scan=none", "none"},
		{exitUsage, "secret-scan --engine no-control=gitleaks", "no-control"},
		{exitUsage, "secret-scan --policy no-such-file.yml", "no-such-file.yml"},
		{exitUsage, "secret-scan no-such-folder", "no-such-folder"},
		{exitUsage, "secret-scan a b", ""},
		{exitUsage, "forewarden no-such-command", "no-such-command"},
		{exitUsage, "forewarden check --controls no-such-control", "no-such-control"},
		{exitUsage, "forewarden check --engine secret-scan=none", "none"},
		{exitUsage, "forewarden explain no-such-rule", "no-such-rule"},
		{exitPass, "forewarden version", ""},
		{exitPass, "forewarden controls", "secret-scan"},
		{exitPass, "forewarden explain aws-access-token", "aws-access-token"},
		{exitPass, "forewarden policy show", "recommended"},
	} {
		t.Run(c.args, func(t *testing.T) {
			t.Parallel()
			out := run(t, r.dir, strings.Fields(c.args)...)
			out.wantExit(t, c.exit)
			assert.Contains(t, out.stdout+out.stderr, c.says)
			if c.exit == exitUsage {
				assert.NotEmpty(t, out.stderr, "no reason is given")
				assert.NoFileExists(t, filepath.Join(r.dir, "x"))
			}
		})
	}
}

func TestInvalidPolicy(t *testing.T) {
	t.Parallel()
	r, _ := started(t)
	for name, c := range map[string]struct{ policy, says string }{
		"unknown key":     {"version: 1\npresett: strict\n", "policy.yml:2:1: "},
		"unknown control": {"version: 1\ncontrols:\n  secret-scam: { mode: warn }\n", "policy.yml:3:3: "},
		"bad value":       {"version: 1\ncontrols:\n  secret-scan:\n    mode: sometimes\n", "policy.yml:4:11: "},
		"syntax":          {"version: 1\ncontrols: [\n", "policy.yml:"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			dir := t.TempDir()
			file, report := filepath.Join(dir, "policy.yml"), filepath.Join(dir, "report.json")
			require.NoError(t, os.WriteFile(file, []byte(c.policy), 0o644))
			for _, args := range [][]string{{"secret-scan"}, {"forewarden", "check"}} {
				out := run(t, r.dir, append(args, "--policy", file, "--report", "json="+report)...)
				out.wantExit(t, exitUsage)
				assert.Contains(t, out.stderr, c.says)
				assert.NoFileExists(t, report, "a report of a usage error")
			}
		})
	}
}

func TestUnwritableReport(t *testing.T) {
	t.Parallel()
	r, s := started(t)
	r.write("app.py", leak(s))
	r.commit("leak")
	for _, format := range []string{"text", "json", "sarif", "markdown"} {
		t.Run(format, func(t *testing.T) {
			t.Parallel()
			dir := t.TempDir()
			require.NoError(t, os.WriteFile(filepath.Join(dir, "file"), []byte("mine\n"), 0o644))
			require.NoError(t, os.Mkdir(filepath.Join(dir, "folder"), 0o755))
			for _, report := range []string{filepath.Join(dir, "file", "report"), filepath.Join(dir, "folder"), "/proc/forewarden/report", "/dev/full"} {
				// Not through the helper, which would look for the report.
				out := command{dir: r.dir}.start(t, "secret-scan", "--report", format+"="+report)
				out.wantExit(t, exitError)
				assert.Contains(t, out.stderr, report)
				assert.Contains(t, out.stdout, "app.py", "what was found is still shown")
			}
			info, err := os.Stat("/dev/full")
			require.NoError(t, err)
			require.NotZero(t, info.Mode()&os.ModeCharDevice, "/dev/full was replaced by a file: make it again with mknod -m 666 /dev/full c 1 7")
			assert.Equal(t, map[string]string{filepath.Join(dir, "file"): "mine\n"}, files(t, dir), "a partial report was left")
		})
	}
	t.Run("standard output", func(t *testing.T) {
		t.Parallel()
		for _, format := range []string{"text", "json", "sarif", "markdown"} {
			full, err := os.OpenFile("/dev/full", os.O_WRONLY, 0)
			require.NoError(t, err)
			out := command{dir: r.dir, stdout: full}.start(t, "secret-scan", "--format", format)
			require.NoError(t, full.Close())
			out.wantExit(t, exitError)
		}
	})
	t.Run("the old report is not lost", func(t *testing.T) {
		t.Parallel()
		file := filepath.Join(t.TempDir(), "report.json")
		require.NoError(t, os.WriteFile(file, []byte("old\n"), 0o644))
		run(t, r.dir, "secret-scan", "--no-such-flag", "--report", "json="+file).wantExit(t, exitUsage)
		data, err := os.ReadFile(file)
		require.NoError(t, err)
		assert.Equal(t, "old\n", string(data))
		run(t, r.dir, "secret-scan", "--report", "json="+file).wantExit(t, exitBlocked)
		data, err = os.ReadFile(file)
		require.NoError(t, err)
		assert.True(t, json.Valid(data))
		assert.Len(t, files(t, filepath.Dir(file)), 1, "a temporary file was left")
	})
}

// TestNothingIsWritten shows that no run writes to the repository.
func TestNothingIsWritten(t *testing.T) {
	t.Parallel()
	r, s := started(t)
	r.branch("topic")
	r.write("app.py", leak(s))
	r.commit("leak")
	r.write("app.py", leak(s)+leak(s))
	before := files(t, r.dir)
	for _, args := range [][]string{change, history, tree} {
		run(t, r.dir, append([]string{"secret-scan"}, args...)...)
		run(t, r.dir, append([]string{"forewarden", "check"}, args...)...)
	}
	assert.Equal(t, before, files(t, r.dir))
}
