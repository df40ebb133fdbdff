package e2e

import (
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// A job is what a runner gives a step over a repository, and reads of it afterwards.
type job struct {
	t   *testing.T
	dir string
	env []string
}

// newJob is a job for an event over a repository's work tree.
func newJob(t *testing.T, r *repository, event string, payload map[string]any) job {
	t.Helper()
	j := job{t: t, dir: t.TempDir()}
	data, err := json.Marshal(payload)
	require.NoError(t, err)
	require.NoError(t, os.WriteFile(j.file("event.json"), data, 0o644))
	j.env = []string{
		"CI=true", "GITHUB_ACTIONS=true", "GITHUB_EVENT_NAME=" + event, "GITHUB_EVENT_PATH=" + j.file("event.json"),
		"GITHUB_WORKSPACE=" + r.dir, "GITHUB_OUTPUT=" + j.file("output"), "GITHUB_STEP_SUMMARY=" + j.file("summary"),
		"GITHUB_HEAD_REF=" + hostile, "GITHUB_REF=refs/heads/" + hostile,
	}
	for _, name := range []string{"output", "summary"} {
		require.NoError(t, os.WriteFile(j.file(name), nil, 0o644))
	}
	return j
}

func (j job) file(name string) string { return filepath.Join(j.dir, name) }

func (j job) read(name string) string {
	j.t.Helper()
	data, err := os.ReadFile(j.file(name))
	require.NoError(j.t, err)
	return string(data)
}

// outputs are the step's outputs as the runner reads them: NAME=VALUE, or NAME<<DELIMITER and lines.
func (j job) outputs() map[string]string {
	j.t.Helper()
	got := map[string]string{}
	lines := strings.Split(strings.TrimSuffix(j.read("output"), "\n"), "\n")
	for i := 0; i < len(lines); i++ {
		equals, here := strings.Index(lines[i], "="), strings.Index(lines[i], "<<")
		if equals >= 0 && (here < 0 || equals < here) {
			got[lines[i][:equals]] = lines[i][equals+1:]
			continue
		}
		require.GreaterOrEqual(j.t, here, 0, "no output: %q", lines[i])
		end := slices.Index(lines[i+1:], lines[i][here+2:])
		require.GreaterOrEqual(j.t, end, 0, "no end: %q", lines[i])
		got[lines[i][:here]] = strings.Join(lines[i+1:i+1+end], "\n")
		i += end + 1
	}
	return got
}

// A workflowCommand is one as the runner reads it: a line that starts with two colons, after any white space.
type workflowCommand struct {
	name, data string
	properties map[string]string
}

func workflowCommands(text string) (got []workflowCommand) {
	unescape := strings.NewReplacer("%0D", "\r", "%0A", "\n", "%3A", ":", "%2C", ",", "%25", "%")
	for _, line := range strings.FieldsFunc(text, func(r rune) bool { return r == '\n' || r == '\r' }) {
		rest, ok := strings.CutPrefix(strings.TrimSpace(line), "::")
		if !ok {
			continue
		}
		head, data, _ := strings.Cut(rest, "::")
		name, list, _ := strings.Cut(head, " ")
		c := workflowCommand{name, unescape.Replace(data), map[string]string{}}
		for pair := range strings.SplitSeq(list, ",") {
			if key, value, ok := strings.Cut(pair, "="); ok {
				c.properties[key] = unescape.Replace(value)
			}
		}
		got = append(got, c)
	}
	return got
}

// onlyOurs checks that every workflow command in a text is one that we mean, also where they are switched off.
func onlyOurs(t *testing.T, text string) (annotations []workflowCommand) {
	t.Helper()
	assert.NotContains(t, text, "##[", "an old workflow command, obeyed anywhere in a line")
	assert.NotContains(t, text, "\x1b")
	stop := ""
	for _, c := range workflowCommands(text) {
		switch c.name {
		case "error", "warning":
			assert.Empty(t, stop, "%v", c)
			assert.Regexp(t, `^(secret-scan|policy|forewarden|\d+ more)`, c.properties["title"])
			for key := range c.properties {
				assert.Contains(t, []string{"title", "file", "line", "endLine", "col", "endColumn"}, key)
			}
			annotations = append(annotations, c)
		case "group":
			assert.Empty(t, stop)
			assert.Equal(t, "What was looked at, and what was found", c.data)
		case "endgroup":
			assert.Empty(t, stop)
			assert.Empty(t, c.data)
		case "stop-commands":
			assert.Empty(t, stop)
			assert.Regexp(t, `^forewarden-[0-9a-f]{32}$`, c.data)
			stop = c.data
		default:
			assert.Equal(t, stop, c.name, "not ours: %v", c)
			stop = ""
		}
	}
	assert.Empty(t, stop, "commands are switched on again")
	return annotations
}

// onlyOurRows checks that no line of a summary is anything but ours, and that no table row has a cell too many.
func onlyOurRows(t *testing.T, page string) {
	t.Helper()
	cells := 0
	for line := range strings.SplitSeq(page, "\n") {
		first, _, _ := strings.Cut(line, " ")
		assert.Regexp(t, `^(|##|###|\||-|[0-9,]+|Nothing|Scope:|Besides,|Could|<details><summary>What|</details>)$`, first, line)
		if first != "|" {
			cells = 0
			continue
		}
		n := strings.Count(line, "|")
		if cells == 0 {
			cells = n
		}
		assert.Equal(t, cells, n, line)
	}
	for _, bad := range []string{"<script", "<b>", "`", "@evil", "http://", "\x1b"} {
		assert.NotContains(t, page, bad)
	}
	for _, link := range regexp.MustCompile(`[^\\]\]\(([^)]*)`).FindAllStringSubmatch(page, -1) {
		assert.Regexp(t, `^https://github\.com/forewarden/`, link[1])
	}
}

// hostile is a text that tries everything, on one line; hostileLines does so on several.
const (
	hostile      = "::error::h1 %0A::add-mask::h2 ##[error]h3 ##[add-mask]h4 | a | `b` <script>x</script> <b> @evil [l](http://e.example) \x1b[31m --> h5"
	hostileLines = hostile + "\n::error file=x::h6\n  ::stop-commands::h7\n\t::add-mask::h8\r::set-output name=verdict::pass\nverdict=pass\nEOF\nverdict<<EOF\npass\nEOF\n| x | y |\n# h9\n"
)

// plantHostile is a repository whose main has a hostile policy and configuration, and whose change has the rest.
func (c *canary) plantHostile(t *testing.T) (*repository, map[string]any) {
	t.Helper()
	data, err := json.Marshal(hostileLines)
	require.NoError(t, err)
	quoted := string(data)
	r := newRepository(t)
	r.write("README.md", "start\n")
	waived := c.aws()
	r.write(".github/forewarden.yml", "version: 1\nwaivers:\n  - { control: secret-scan, match: { path: waived.py }, reason: "+quoted+", owner: "+quoted+", expires: 2099-01-01 }\n"+
		"  - { control: secret-scan, match: { path: expired.py }, reason: "+quoted+", owner: "+quoted+", expires: 2020-01-01 }\n")
	r.write(".gitleaks.toml", "[extend]\nuseDefault = true\n[[rules]]\nid = 'hostile-rule'\ndescription = "+strings.ReplaceAll(quoted, `\u003c`, "<")+"\nregex = '''SESAME=.*'''\n")
	r.commit("start\n\n" + hostileLines)
	base := r.git("rev-parse", "HEAD")

	r.branch("evil%0A`|<b>@evil'$(x)")
	r.write("waived.py", "key = '"+c.plant(waived)+"'\n")
	r.write("expired.py", "key = '"+c.plant(c.aws())+"'\n")
	r.write("secret.py", "SESAME="+hostileLines+"\nkey = '"+c.plant(c.github())+"' # "+hostileLines)
	r.write("allowed.py", c.plant(c.generic())+" # forewarden:allow "+hostileLines)
	r.write("refused.py", "key = '"+c.plant(c.aws())+"' # forewarden:allow "+hostile+"\n")
	for i, name := range []string{hostileLines, "::error::x", " ::error::x", "##[error]x", "a\n::error::x", "a,line=7::x", "|", "`<b>`", "%0A::error::x", "\x1b[2K", "\u202e.txt", "-->", "a\xff"} {
		name = strings.ReplaceAll(name, "/", "_")
		r.write(fmt.Sprintf("d%d/%.200s", i, name), "key = '"+c.plant(c.aws())+"'\n")
		r.write(fmt.Sprintf("%.200s", name), "key = '"+c.plant(c.github())+"'\n")
	}
	r.write(".gitattributes", "secret.py diff=::error::x\n*.py ::error::y=##[error]\n\"::error::z\" -diff\n")
	r.write("image\n::error::x.png", "\x00\x00")
	r.commit("a change\n\n" + hostileLines)
	head := r.git("rev-parse", "HEAD")
	return r, map[string]any{
		"number": 7, "repository": map[string]any{"default_branch": "main", "full_name": hostileLines},
		"pull_request": map[string]any{
			"title": hostileLines, "body": hostileLines,
			"head": map[string]any{"sha": head, "ref": hostileLines}, "base": map[string]any{"sha": base, "ref": hostileLines},
		},
	}
}

// TestInjection shows that nothing in a repository or an event becomes a workflow command, an output, a table row, a
// terminal's control or a link, and that no secret is shown, not even to be masked.
func TestInjection(t *testing.T) {
	t.Parallel()
	c := newCanary("injection")
	r, payload := c.plantHostile(t)
	for _, program := range [][]string{{"secret-scan"}, {"forewarden", "check"}} {
		for _, format := range []string{"text", "json", "sarif", "markdown"} {
			for _, event := range []string{"pull_request", "schedule", "issue_comment"} {
				t.Run(strings.Join(program, " ")+"/"+format+"/"+event, func(t *testing.T) {
					t.Parallel()
					j := newJob(t, r, event, payload)
					out := c.runWith(t, command{dir: r.dir, env: j.env}, append(program, "--verbose", "--format", format,
						"--report", "json="+j.file("r.json"))...)
					require.Equal(t, exitBlocked, out.exit, "%s", out.stderr)
					annotations := append(onlyOurs(t, out.stdout), onlyOurs(t, out.stderr)...)
					assert.NotEmpty(t, annotations)
					for _, a := range annotations {
						assert.NotContains(t, a.data, "\n::")
						assert.LessOrEqual(t, strings.Count(a.data, "\n"), 1, "its fix alone stands on a line of its own: %q", a.data)
					}
					assert.NotContains(t, out.stdout+out.stderr, "add-mask::*")
					outputs := j.outputs()
					assert.Len(t, outputs, 4)
					assert.Equal(t, "blocked", outputs["verdict"])
					assert.Equal(t, j.file("r.json"), outputs["report-json"])
					assert.Empty(t, outputs["sarif"])
					onlyOurRows(t, j.read("summary"))
					for _, name := range []string{"output", "summary", "r.json"} {
						assert.Empty(t, c.search(j.read(name)), name)
					}
					if format == "json" {
						assert.Len(t, parseReport(t, []byte(out.stdout)).Controls, 2)
					}
				})
			}
		}
	}
	for name, args := range map[string][]string{
		"a path": {"--scope", "tree", hostileLines}, "a flag": {"--" + hostileLines}, "a revision": {"--base", hostileLines},
		"a policy": {"--policy", hostileLines}, "a format": {"--format", hostileLines}, "a report": {"--report", "json=" + hostileLines + "/x"},
		"a command": {"-", hostileLines}, "an engine": {"--engine", "secret-scan=" + hostileLines},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			j := newJob(t, r, "pull_request", payload)
			for _, program := range []string{"secret-scan", "forewarden"} {
				if program == "forewarden" && name != "a command" {
					args = append([]string{"check"}, args...)
				}
				out := command{dir: r.dir, env: j.env}.start(t, append([]string{program}, args...)...)
				assert.Contains(t, []int{exitUsage, exitError}, out.exit, "%s", out)
				onlyOurs(t, out.stdout)
				onlyOurs(t, out.stderr)
				assert.Equal(t, "error", strings.ReplaceAll(j.outputs()["verdict"], "blocked", "error"))
			}
		})
	}
}

// TestTheDocumentedWorkflow runs the workflow that docs/github.md shows, and looks for every input and output there.
func TestTheDocumentedWorkflow(t *testing.T) {
	t.Parallel()
	page, err := os.ReadFile(filepath.Join("..", "..", "docs", "github.md"))
	require.NoError(t, err)
	action, err := os.ReadFile(filepath.Join("..", "..", "actions", "secret-scan", "action.yml"))
	require.NoError(t, err)
	head, _, _ := strings.Cut(string(action), "\nruns:")
	for _, name := range regexp.MustCompile(`(?m)^  ([a-z-]+):$`).FindAllStringSubmatch(head, -1) {
		assert.Contains(t, string(page), "`"+name[1]+"`")
	}
	_, example, _ := strings.Cut(string(page), "```yaml\n")
	example, _, _ = strings.Cut(example, "```")
	r := newRepository(t)
	r.write(".github/workflows/forewarden.yml", strings.NewReplacer("<SHA>", "v1", "ubuntu-24.04", "ubuntu-latest").Replace(example))
	r.commit("check with Forewarden")
	w := act(t, r, "pull_request", addChange(r, newSecrets("documented").aws().value)["pull_request"])
	require.True(t, w.failed, "%s", w.log)
	assert.Len(t, w.commands("error"), 1, "%s", w.log)
}

// TestThreeThousandFindings shows that what GitHub shows stays within its limits, and that nothing is lost.
func TestThreeThousandFindings(t *testing.T) {
	t.Parallel()
	const files, lines = 100, 30
	s := newSecrets("many")
	r := newRepository(t)
	r.write("README.md", "start\n")
	r.commit("start")
	base := r.git("rev-parse", "HEAD")
	r.branch("topic")
	for i := range files {
		var b strings.Builder
		for range lines {
			b.WriteString("key = '" + s.aws().value + "'\n")
		}
		r.write(fmt.Sprintf("app/settings %03d with quite a long name to fill the page.py", i), b.String())
	}
	r.commit("add much")
	j := newJob(t, r, "pull_request", map[string]any{"pull_request": map[string]any{
		"head": map[string]any{"sha": r.git("rev-parse", "HEAD")}, "base": map[string]any{"sha": base},
	}})
	start := time.Now()
	out := command{dir: r.dir, env: j.env}.run(t, "secret-scan", "--report", "json="+j.file("r.json"), "--report", "sarif="+j.file("r.sarif"))
	t.Logf("%d findings: %v", files*lines, time.Since(start))
	out.wantExit(t, exitBlocked)

	annotations := onlyOurs(t, out.stdout)
	require.Len(t, annotations, 10)
	assert.Equal(t, "2991 more", annotations[9].properties["title"])
	found := parseReport(t, []byte(j.read("r.json")))
	assert.Len(t, found.Controls[0].Findings, files*lines)
	assert.Equal(t, files*lines, strings.Count(j.read("r.sarif"), `"ruleId"`))
	assert.Equal(t, "3000", j.outputs()["findings"])

	page := j.read("summary")
	assert.Less(t, len(page), 1<<20)
	onlyOurRows(t, page)
	rows := strings.Count(page, "\n| critical |")
	left := regexp.MustCompile(`(?m)^([0-9,]+) .*left out here, because the page is full`).FindStringSubmatch(page)
	require.NotNil(t, left, "the page says how many are left out")
	assert.Equal(t, fmt.Sprint(files*lines-rows), strings.ReplaceAll(left[1], ",", ""))
	t.Logf("the summary has %d bytes and %d findings", len(page), rows)
}
