package git

import (
	"bytes"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// everything is what the package tells of a repository.
func everything(t *testing.T, r *Repository) []string {
	t.Helper()
	head, err := r.Resolve(t.Context(), "HEAD")
	require.NoError(t, err)
	said := []string{head}
	ids, err := r.Commits(t.Context(), Range{All: true})
	require.NoError(t, err)
	said = append(said, ids...)
	require.NoError(t, r.Additions(t.Context(), ids, Options{}, func(a Addition) error {
		for _, h := range a.Hunks {
			said = append(said, a.Commit.ID+" "+a.Path+" "+h.Text)
		}
		return nil
	}))
	tree, err := r.Tree(t.Context(), head)
	require.NoError(t, err)
	for _, e := range tree {
		content, err := r.File(t.Context(), head, e.Path, 0)
		require.NoError(t, err)
		said = append(said, e.Path+" "+e.Mode+" "+string(content))
	}
	files, err := r.WorkTree(t.Context(), "")
	require.NoError(t, err)
	for _, f := range files {
		said = append(said, f.Path)
	}
	return said
}

// hostileFixture has an edit, a rename, a submodule that moves, a merge with a line of its own, and odd names.
func hostileFixture(t *testing.T) *fixture {
	t.Helper()
	f := newFixture(t)
	f.commits(
		spec{files{"a": lines(20), "copied": "c\n" + lines(5), "é\n": "1\n", "sub": submodule + strings.Repeat("1", 40)}, nil},
		spec{files{"a": "0\n" + lines(20), "copy": "c\n" + lines(5), "copied": "c\nc\n" + lines(5), "é\n": "1 \n\n", "sub": submodule + strings.Repeat("2", 40)}, []string{":1"}},
		spec{files{"a": lines(20) + "21\n", "copied": "c\n" + lines(5)}, []string{":1"}},
		spec{files{"a": "0\n" + lines(20) + "21\nevil\n", "b": "z\n", "é\n": "1 \n\n", "x.pdf": "1\n"}, []string{":2", ":3"}},
	)
	f.git("reset", "--quiet", "--hard")
	f.write("untracked", "1")
	return f
}

func TestConfigurationChangesNothingAndRunsNothing(t *testing.T) {
	plain := everything(t, hostileFixture(t).open())
	require.Greater(t, len(plain), 15)
	for name, config := range map[string]string{
		"programs": "[diff]\n external = MARK\n[core]\n fsmonitor = MARK\n pager = MARK\n hooksPath = HOOKS\n editor = MARK\n sshCommand = MARK\n gitProxy = MARK\n alternateRefsCommand = MARK\n[pager]\n diff-tree = MARK\n rev-list = MARK\n ls-files = MARK\n[gpg]\n program = MARK\n[credential]\n helper = MARK\n[uploadpack]\n packObjectsHook = MARK\n",
		"drivers":  "[diff \"odd\"]\n textconv = MARK\n command = MARK\n xfuncname = .*\n[filter \"odd\"]\n clean = MARK\n smudge = MARK\n process = MARK\n required = true\n[merge \"odd\"]\n driver = MARK\n",
		"format":   "[diff]\n noprefix = true\n mnemonicPrefix = true\n context = 9\n interHunkContext = 9\n algorithm = patience\n renames = copies\n renameLimit = 1\n suppressBlankEmpty = true\n wsErrorHighlight = all\n colorMoved = zebra\n submodule = log\n ignoreSubmodules = all\n relative = true\n wordRegex = .\n statGraphWidth = 1\n indentHeuristic = false\n orderFile = order\n srcPrefix = x/\n dstPrefix = y/\n[color]\n ui = always\n diff = always\n[core]\n quotePath = false\n abbrev = 4\n whitespace = -all\n attributesFile = hidden\n excludesFile = excludes\n bigFileThreshold = 1\n[log]\n showSignature = true\n showRoot = false\n follow = true\n date = raw\n diffMerges = off\n[format]\n pretty = oneline\n[i18n]\n logOutputEncoding = UTF-16\n commitEncoding = UTF-16\n[log]\n mailmap = true\n[alias]\n diff-tree = !MARK\n rev-list = !MARK\n",
	} {
		t.Run(name, func(t *testing.T) {
			f := hostileFixture(t)
			marker := filepath.Join(t.TempDir(), "ran")
			script := filepath.Join(t.TempDir(), "mark.sh")
			require.NoError(t, os.WriteFile(script, []byte("#!/bin/sh\necho \"$0 $*\" >> "+marker+"\ncat\n"), 0o755))
			hooks := t.TempDir()
			for _, hook := range []string{"post-index-change", "post-checkout", "reference-transaction"} {
				require.NoError(t, os.Symlink(script, filepath.Join(hooks, hook)))
			}
			f.write(".git/info/attributes", "* diff=odd filter=odd merge=odd\n")
			f.write(".git/info/exclude", "order\nhidden\nexcludes\n")
			f.write("order", "é*\ncop*\n")
			f.write("hidden", "* -diff\n")
			f.write("excludes", "*\n")
			config = strings.NewReplacer("MARK", script, "HOOKS", hooks).Replace(config)
			data, err := os.ReadFile(f.dir + "/.git/config")
			require.NoError(t, err)
			f.write(".git/config", string(data)+config)
			assert.Equal(t, plain, everything(t, f.open()))
			assert.NoFileExists(t, marker)
		})
	}
}

func TestTheEnvironmentIsNotInherited(t *testing.T) {
	plain := everything(t, hostileFixture(t).open())
	f, other := hostileFixture(t), newFixture(t)
	other.commit(files{"other": "1"})
	for _, kv := range []string{
		"GIT_DIR=" + other.dir + "/.git", "GIT_WORK_TREE=" + other.dir, "GIT_INDEX_FILE=/nowhere", "GIT_OBJECT_DIRECTORY=/nowhere",
		"GIT_NAMESPACE=x", "GIT_EXTERNAL_DIFF=/bin/false", "GIT_LITERAL_PATHSPECS=0", "GIT_CONFIG_COUNT=1", "GIT_CONFIG_KEY_0=core.bare",
		"GIT_CONFIG_VALUE_0=true", "GIT_TRACE=1", "GIT_DIFF_OPTS=-u9", "GIT_SHALLOW_FILE=/nowhere", "LC_ALL=de_DE.UTF-8",
	} {
		key, value, _ := strings.Cut(kv, "=")
		t.Setenv(key, value)
	}
	assert.Equal(t, plain, everything(t, f.open()))
}

// What could replace a part of the history by another.
func TestNothingStandsInForTheHistory(t *testing.T) {
	plain := everything(t, hostileFixture(t).open())
	for name, replace := range map[string]func(*fixture){
		"git replace of a commit": func(f *fixture) {
			f.git("replace", "HEAD", f.git("commit-tree", "-m", "empty", f.git("hash-object", "-t", "tree", "-w", "--stdin")))
		},
		"git replace of a blob": func(f *fixture) {
			f.git("replace", "HEAD:a", f.gitWith("harmless", "hash-object", "-w", "--stdin"))
		},
		"grafts":               func(f *fixture) { f.write(".git/info/grafts", f.git("rev-parse", "HEAD")+"\n") },
		"a wrong commit-graph": func(f *fixture) { wrongCommitGraph(f) },
		"skip-worktree":        func(f *fixture) { f.git("update-index", "--skip-worktree", "a"); f.write("a", "harmless") },
		"assume-unchanged":     func(f *fixture) { f.git("update-index", "--assume-unchanged", "a"); f.write("a", "harmless") },
	} {
		t.Run(name, func(t *testing.T) {
			f := hostileFixture(t)
			replace(f)
			got := everything(t, f.open())
			// A replacement is itself a reference to more objects.
			for _, line := range plain {
				assert.Contains(t, got, line)
			}
		})
	}
}

// wrongCommitGraph gives HEAD no parents in the commit-graph file.
func wrongCommitGraph(f *fixture) {
	f.git("commit-graph", "write", "--reachable")
	cutParents(f, f.dir+"/.git/objects/info/commit-graph", f.git("rev-parse", "HEAD"))
}

// cutParents sets the parents of a commit in a commit-graph to none, see gitformat-commit-graph(5).
func cutParents(f *fixture, graph, id string) {
	data, err := os.ReadFile(graph)
	require.NoError(f.tb, err)
	chunk := func(name string) int {
		at := bytes.Index(data, []byte(name)) + 4
		offset := 0
		for _, b := range data[at : at+8] {
			offset = offset<<8 | int(b)
		}
		return offset
	}
	lookup, rows := chunk("OIDL"), chunk("CDAT")
	var raw strings.Builder
	for i := 0; i < len(id); i += 2 {
		raw.WriteByte(hexByte(id[i])<<4 | hexByte(id[i+1]))
	}
	row := (strings.Index(string(data[lookup:rows]), raw.String())) / 20
	at := rows + row*36 + 20
	copy(data[at:], "\x70\x00\x00\x00\x70\x00\x00\x00")
	require.NoError(f.tb, os.Chmod(graph, 0o644))
	require.NoError(f.tb, os.WriteFile(graph, data, 0o644))
	require.NotContains(f.tb, f.git("rev-list", "HEAD"), f.git("-c", "core.commitGraph=false", "rev-parse", "HEAD~1"), "the graph lies")
}

func hexByte(c byte) byte {
	if c >= 'a' {
		return c - 'a' + 10
	}
	return c - '0'
}

func TestADamagedIndexHidesNoHistory(t *testing.T) {
	f := newFixture(t)
	id := f.commit(files{"a": "1\n"})
	f.write(".git/index", "damaged")
	assert.Equal(t, []added{{"a", Plain, []Hunk{{1, "1\n"}}}}, f.adds(id))
	_, err := f.open().WorkTree(t.Context(), "")
	require.ErrorContains(t, err, "index")
}
