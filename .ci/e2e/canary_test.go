package e2e

import (
	"encoding/base64"
	"encoding/hex"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// A canary is every planted secret, to be looked for in what a program says and leaves behind.
type canary struct {
	*secrets
	windows map[string]string // a piece of a secret: which one
}

// window is the length of the piece of a secret that may occur nowhere.
const window = 12

func newCanary(name string) *canary { return &canary{newSecrets(name), map[string]string{}} }

// plant notes a secret, as it is and in the encodings that a report could carry it in.
func (c *canary) plant(s secret) string {
	name := fmt.Sprintf("%s #%d", s.rule, len(c.windows))
	for line := range strings.SplitSeq(s.random, "\n") {
		c.note(name, line)
	}
	for skip := range 3 { // base64 depends on where a text starts
		c.note(name+" in base64", base64.RawStdEncoding.EncodeToString([]byte(s.random[skip:])))
		c.note(name+" in base64", base64.RawURLEncoding.EncodeToString([]byte(s.random[skip:])))
	}
	c.note(name+" in hex", hex.EncodeToString([]byte(s.random)))
	return s.value
}

func (c *canary) note(name, text string) {
	text = strings.ToLower(text)
	for i := 0; i+window <= len(text); i++ {
		c.windows[text[i:i+window]] = name
	}
}

// search returns the names of the secrets that occur in text, in any case, also as UTF-16.
func (c *canary) search(text string) []string {
	var found []string
	seen := map[string]bool{}
	text = strings.ToLower(text)
	for _, t := range []string{text, strings.ReplaceAll(text, "\x00", "")} {
		for i := 0; i+window <= len(t); i++ {
			if name := c.windows[t[i:i+window]]; name != "" && !seen[name] {
				seen[name] = true
				found = append(found, name)
			}
		}
	}
	return found
}

// files is what lies under a folder: names and contents.
func files(t *testing.T, dir string) map[string]string {
	t.Helper()
	out := map[string]string{}
	require.NoError(t, filepath.WalkDir(dir, func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		if !d.Type().IsRegular() {
			out[path] = ""
			return nil
		}
		data, err := os.ReadFile(path)
		out[path] = string(data)
		return err
	}))
	return out
}

// runs a program and looks for the secrets in all it printed and left behind.
func (c *canary) run(t *testing.T, dir string, args ...string) result {
	t.Helper()
	return c.runWith(t, command{dir: dir}, args...)
}

func (c *canary) runWith(t *testing.T, cmd command, args ...string) result {
	t.Helper()
	cmd.home, cmd.tmp = t.TempDir(), t.TempDir()
	reports := t.TempDir()
	for i, a := range args {
		args[i] = strings.ReplaceAll(a, "REPORTS", reports)
	}
	r := cmd.start(t, args...)
	require.NotEqual(t, -1, r.exit, "killed by a signal: %s", strings.Join(args, " "))
	said := strings.Join(args, " ")
	// What leaked is named and never shown, so that this test does not leak either.
	assert.Empty(t, c.search(r.stdout), "%s: on standard output", said)
	assert.Empty(t, c.search(r.stderr), "%s: on standard error", said)
	for _, d := range []string{cmd.home, cmd.tmp, reports} {
		for name, content := range files(t, d) {
			assert.Empty(t, c.search(name), "%s: in a file's name", said)
			assert.Empty(t, c.search(content), "%s: in %s", said, strings.TrimPrefix(name, d))
		}
	}
	return r
}

// plantEverywhere makes a repository whose branch topic and whose main hold secrets in many places and ways.
func (c *canary) plantEverywhere(t *testing.T) *repository {
	t.Helper()
	r := newRepository(t)
	r.write("README.md", "start\n")
	r.write("old.py", "key = '"+c.plant(c.aws())+"'\n")
	r.commit("start")
	r.write("old.py", "key = ''\n")
	r.commit("remove the key again " + c.plant(c.github()))
	r.branch("topic")

	r.write("app/settings.py", "# settings\nkey = '"+c.plant(c.aws())+"'\n"+c.plant(c.generic())+"\n")
	r.write("app/two.py", "keys = '"+c.plant(c.aws())+"', '"+c.plant(c.github())+"'; "+c.plant(c.generic())+"\n")
	r.write("app/long.js", strings.Repeat("var a=1;", 5000)+"var k='"+c.plant(c.aws())+"';"+strings.Repeat("b()", 5000)+"\n")
	r.write("deploy/key.pem", c.plant(c.privateKey())+"\n")
	r.write("wide-le.txt", utf16LE("key = '"+c.plant(c.aws())+"'\r\n"))
	r.write("wide-be.txt", utf16BE("key = '"+c.plant(c.github())+"'\n"))
	r.write("encoded.yml", "data: "+base64.StdEncoding.EncodeToString([]byte("token: "+c.plant(c.github())+"\n"))+"\n"+
		"more: "+base64.StdEncoding.EncodeToString([]byte("x token: "+c.plant(c.aws())+"\n"))+"\n"+
		"hex: "+hex.EncodeToString([]byte("token: "+c.plant(c.github())+"\n"))+"\n")
	r.write("secret.yaml", "apiVersion: v1\nkind: Secret\nmetadata:\n  name: s\ndata:\n  password: "+
		base64.StdEncoding.EncodeToString([]byte(c.plant(c.generic())))+"\n")
	r.write(".gitattributes", "hidden.py -diff\nbinary.py binary\n")
	r.write("hidden.py", "key = '"+c.plant(c.aws())+"'\n")
	r.write("binary.py", "key = '"+c.plant(c.aws())+"'\n")
	r.write("request.sh", "curl -H 'Authorization: Bearer "+c.plant(c.github())+"' https://example.com\n"+
		"curl -u user:"+c.plant(c.password())+" https://example.com\n")
	allowed := c.aws()
	r.write(".gitleaks.toml", "[extend]\nuseDefault = true\n[allowlist]\nregexes = ['''"+c.plant(allowed)+"''', '''"+
		c.plant(c.github())+"''']\nstopwords = ['"+c.plant(c.github())+"']\n")
	r.write("allowed.py", "key = '"+allowed.value+"'\ninline = '"+c.plant(c.aws())+"' # gitleaks:allow\n")
	r.write(".gitleaksignore", "old.py:aws-access-token:1\n"+c.plant(c.github())+"\n")
	r.write("escapes.txt", "\x1b[31mkey = '"+c.plant(c.aws())+"'\x1b[0m\r::error::"+c.plant(c.github())+"\n")
	r.commit("add everything")

	r.write("gone.py", "key = '"+c.plant(c.aws())+"'\n")
	r.commit("add a key")
	r.remove("gone.py")
	r.commit("remove it again")
	r.checkout("main")
	r.write("main.txt", "main moves on\n")
	r.commit("main moves on")
	r.checkout("topic")
	r.merge(func() { r.write("merged.py", "key = '"+c.plant(c.aws())+"'\n") }, "main")
	r.write("untracked/settings.py", "key = '"+c.plant(c.github())+"'\n")
	return r
}

// TestCanarySearchCanFail shows that a leak would be noticed, in every disguise that is looked for.
func TestCanarySearchCanFail(t *testing.T) {
	t.Parallel()
	c := newCanary("search")
	a, k := c.aws(), c.privateKey()
	c.plant(a)
	c.plant(k)
	for _, leak := range []string{
		a.value, a.random[:window], a.random[4:], utf16LE(a.value), strings.ToLower(a.value),
		base64.StdEncoding.EncodeToString([]byte("k=" + a.value + "!")), hex.EncodeToString([]byte(a.value)),
		k.value, strings.ReplaceAll(k.value, "\n", `\n`), k.random[100:120],
	} {
		assert.NotEmpty(t, c.search("before "+leak+" after"))
	}
	assert.Empty(t, c.search(a.random[:window-1]+" "+c.aws().value))
}

// TestCanary plants secrets in many places and shows that no format, report, log, error or file holds one.
func TestCanary(t *testing.T) {
	t.Parallel()
	c := newCanary("everywhere")
	r := c.plantEverywhere(t)
	reports := []string{
		"--report", "text=REPORTS/r.txt", "--report", "json=REPORTS/r.json", "--report", "sarif=REPORTS/r.sarif",
		"--report", "markdown=REPORTS/r.md",
	}
	scopes := map[string][]string{
		"tree": {"--scope", "tree"}, "history": {"--scope", "history"}, "change": {"--base", "main", "--head", "HEAD"},
	}
	for scope, ends := range scopes {
		for _, format := range []string{"text", "json", "sarif", "markdown"} {
			t.Run(scope+"/"+format, func(t *testing.T) {
				t.Parallel()
				args := append(append([]string{"secret-scan", "--format", format, "--verbose"}, ends...), reports...)
				out := c.run(t, r.dir, args...)
				assert.Equal(t, exitBlocked, out.exit, "nothing was found, so nothing was shown")
				if format == "json" {
					assert.GreaterOrEqual(t, len(out.findings(t)), 12)
				}
			})
		}
	}
	t.Run("forewarden", func(t *testing.T) {
		t.Parallel()
		out := c.run(t, r.dir, append([]string{"forewarden", "check", "--verbose", "--base", "main"}, reports...)...)
		assert.Equal(t, exitBlocked, out.exit)
	})
	t.Run("on GitHub", func(t *testing.T) {
		t.Parallel()
		files := t.TempDir()
		event := filepath.Join(files, "event.json")
		require.NoError(t, os.WriteFile(event, fmt.Appendf(nil,
			`{"number":1,"pull_request":{"number":1,"base":{"ref":"main","sha":%q},"head":{"ref":"topic","sha":%q}},`+
				`"repository":{"default_branch":"main","full_name":"acme/app"}}`,
			r.git("rev-parse", "main"), r.git("rev-parse", "topic")), 0o644))
		var env []string
		for _, name := range []string{"GITHUB_OUTPUT", "GITHUB_STEP_SUMMARY", "GITHUB_ENV", "GITHUB_STATE", "GITHUB_PATH"} {
			env = append(env, name+"="+filepath.Join(files, name))
			require.NoError(t, os.WriteFile(filepath.Join(files, name), nil, 0o644))
		}
		env = append(env, "CI=true", "GITHUB_ACTIONS=true", "GITHUB_EVENT_NAME=pull_request", "GITHUB_EVENT_PATH="+event,
			"GITHUB_WORKSPACE="+r.dir, "GITHUB_REPOSITORY=acme/app", "GITHUB_SHA="+r.git("rev-parse", "HEAD"),
			"GITHUB_REF=refs/pull/1/merge", "GITHUB_BASE_REF=main", "GITHUB_HEAD_REF=topic", "RUNNER_DEBUG=1",
			"GITHUB_SERVER_URL=https://github.com", "GITHUB_RUN_ID=1")
		for _, format := range []string{"text", "json"} {
			out := c.runWith(t, command{dir: r.dir, env: env}, "secret-scan", "--verbose", "--format", format)
			assert.Equal(t, exitBlocked, out.exit)
		}
		for _, name := range []string{"GITHUB_OUTPUT", "GITHUB_STEP_SUMMARY", "GITHUB_ENV", "GITHUB_STATE", "GITHUB_PATH"} {
			data, err := os.ReadFile(filepath.Join(files, name))
			require.NoError(t, err)
			assert.Empty(t, c.search(string(data)), name)
		}
	})
}

// TestCanaryFailures does the same for runs that fail.
func TestCanaryFailures(t *testing.T) {
	t.Parallel()
	t.Run("policy", func(t *testing.T) {
		t.Parallel()
		c := newCanary("policy")
		r := newRepository(t)
		r.write("README.md", "start\n")
		r.commit("start")
		for _, broken := range []string{
			"version: 1\nkey: %s\n",
			"version: 1\n%s: key\n",
			"version: %s\n",
			"version: 1\npreset: %s\n",
			"version: 1\ncontrols:\n  secret-scan: { mode: %s }\n",
			"version: 1\ncontrols:\n  secret-scan: { token: %s, mode: warn }\n",
			"version: 1\ncontrols: %s\n",
			"version: 1\nwaivers:\n  - { control: secret-scan, match: { rule: %s }, reason: x, owner: y, expires: tomorrow }\n",
			"version: 1\nwaivers:\n  - { control: secret-scan, match: { rule: x }, reason: x, owner: y, expires: %s }\n",
			"version: 1\n\t%s\n",
			"version: 1\nkey: [%s\n",
			"version: 1\nkey: \"%s\n",
			"- %s\n",
			"%s",
			"version: 1\nversion: %s\n",
			"version: 1\nkey: &%s [*x]\n",
			"version: 1\nkey: *%s\n",
			"version: 1\nkey: !!int %s\n",
		} {
			t.Run(fmt.Sprintf("%q", broken), func(t *testing.T) {
				file := filepath.Join(t.TempDir(), "policy.yml")
				require.NoError(t, os.WriteFile(file, fmt.Appendf(nil, broken, c.plant(c.github())), 0o644))
				for _, args := range [][]string{
					{"secret-scan", "--policy", file},
					{"forewarden", "check", "--verbose", "--policy", file, "--format", "json"},
					{"forewarden", "policy", "check", file},
				} {
					assert.Equal(t, exitUsage, c.run(t, r.dir, args...).exit)
				}
			})
		}
		r.write(".github/forewarden.yml", "version: 1\nkey: ["+c.plant(c.aws())+"\n")
		assert.NotEqual(t, exitPass, c.run(t, r.dir, "secret-scan", "--verbose").exit)
	})
	t.Run("gitleaks configuration", func(t *testing.T) {
		t.Parallel()
		c := newCanary("configuration")
		r := newRepository(t)
		r.write("README.md", "start\n")
		r.commit("start")
		for _, broken := range []string{
			"title = '%s\n", "[[rules]]\nid = 'x'\nregex = '''%s('''\n", "%s\n", "[allowlist]\nregexes = ['''[%s''']\n",
			"[extend]\npath = '%s'\n", "[[rules]]\nid = '%s'\n", "[allowlist]\npaths = '%s'\n", "a = 1\na = '%s'\n",
		} {
			r.write(".gitleaks.toml", fmt.Sprintf(broken, c.plant(c.github())))
			for _, format := range []string{"text", "json"} {
				c.run(t, r.dir, "secret-scan", "--verbose", "--format", format)
			}
		}
	})
	t.Run("looking", func(t *testing.T) {
		t.Parallel()
		c := newCanary("looking")
		r := c.plantEverywhere(t)
		assert.Equal(t, exitError, c.run(t, r.dir, "secret-scan", "--base", "no-such-revision").exit)
		assert.Equal(t, exitError, c.run(t, r.dir, "secret-scan", "--report", "json=REPORTS/r.json",
			"--report", "sarif="+filepath.Join(r.dir, "README.md", "r.sarif"), "--scope", "history").exit)
		blob := r.git("rev-parse", "HEAD:app/settings.py")
		data, err := os.ReadFile(r.object(blob))
		require.NoError(t, err)
		for _, damage := range [][]byte{data[:len(data)/2], append([]byte("key"), data...), {}} {
			require.NoError(t, os.WriteFile(r.object(blob), damage, 0o644))
			for _, args := range [][]string{history, change} {
				out := c.run(t, r.dir, append([]string{"secret-scan", "--verbose", "--report", "json=REPORTS/r.json"}, args...)...)
				assert.Equal(t, exitError, out.exit, "%v, %d bytes: %s", args, len(damage), out.stderr)
			}
		}
	})
}
