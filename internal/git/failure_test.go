package git

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// forget takes a loose object away.
func (f *fixture) forget(id string) {
	f.tb.Helper()
	require.NoError(f.tb, os.Remove(filepath.Join(f.dir, ".git", "objects", id[:2], id[2:])))
}

// read lists the commits of everything and reads what they add.
func read(t *testing.T, r *Repository) error {
	t.Helper()
	ids, err := r.Commits(t.Context(), Range{All: true})
	if err != nil {
		return err
	}
	return r.Additions(t.Context(), ids, Options{}, func(Addition) error { return nil })
}

func TestAMissingObjectIsAnError(t *testing.T) {
	for name, revision := range map[string]string{
		"newest commit": "main", "commit in between": "main~1", "root commit": "main~2", "commit of a merged side": "main^2",
		"tree": "main~1^{tree}", "folder": "main~1:dir", "folder of a merge": "main:dir", "blob": "main~1:dir/a", "blob of the root": "main~2:old",
		"binary blob": "main~1:bin", "hidden blob": "main~1:hidden", "hidden blob of a merge": "main:hidden", "evil blob": "main:evil",
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			f := newFixture(t)
			f.commits(
				spec{files{"old": "0\n"}, nil},
				spec{files{"old": "0\n", "dir/a": "1\n", "bin": "\x00\x01", "hidden": "2\n"}, []string{":1"}},
				spec{files{"old": "0\n", "side": "s\n"}, []string{":1"}},
				spec{files{"old": "0\n", "dir/a": "1\n3\n", "bin": "\x00\x01", "hidden": "4\n", "side": "s\n", "evil": "e\n"}, []string{":2", ":3"}},
			)
			f.write(".git/info/attributes", "hidden -diff\n")
			require.NoError(t, read(t, f.open()))
			id := f.git("rev-parse", revision)
			f.forget(id)
			err := read(t, f.open())
			require.Error(t, err)
			if !strings.Contains(err.Error(), "bad object refs/heads/main") && name != "tree" { // git names the commit
				assert.Contains(t, err.Error(), id)
			}
			assert.Contains(t, err.Error(), "git fsck", "a next step")
		})
	}
}

func TestAMissingObjectOfAWideMerge(t *testing.T) {
	for _, revision := range []string{"main:dir", "main:dir/a"} {
		f := newFixture(t)
		specs := []spec{{files: files{"b": "1\n"}}}
		merge := spec{files: files{"dir/a": "1\n"}}
		for i := range 70 {
			specs = append(specs, spec{files{"b": "1\n", "c": lines(i)}, []string{":1"}})
			merge.parents = append(merge.parents, fmt.Sprintf(":%d", i+2))
		}
		f.commits(append(specs, merge)...)
		id := f.git("rev-parse", revision)
		f.git("repack", "-adq")
		pack, err := filepath.Glob(f.dir + "/.git/objects/pack/*")
		require.NoError(t, err)
		sound := f.dir + "/sound.pack"
		for _, name := range pack {
			if strings.HasSuffix(name, ".pack") {
				require.NoError(t, os.Rename(name, sound))
			} else {
				require.NoError(t, os.Remove(name))
			}
		}
		data, err := os.ReadFile(sound)
		require.NoError(t, err)
		f.gitWith(string(data), "unpack-objects", "-q")
		require.NoError(t, read(t, f.open()))
		f.forget(id)
		require.ErrorContains(t, read(t, f.open()), id)
	}
}

func TestADamagedPackIsAnError(t *testing.T) {
	pack := func(f *fixture) string {
		f.git("repack", "-adq")
		packs, err := filepath.Glob(f.dir + "/.git/objects/pack/*.pack")
		require.NoError(f.tb, err)
		require.Len(f.tb, packs, 1)
		require.NoError(f.tb, os.Chmod(packs[0], 0o644))
		return packs[0]
	}
	var specs []spec
	for i := range 40 {
		specs = append(specs, spec{files: files{"a": lines(200 + 3*i)}})
		if i > 0 {
			specs[i].parents = []string{":" + strings.TrimSpace(lines(i)[strings.LastIndex(strings.TrimSuffix(lines(i), "\n"), "\n")+1:])}
		}
	}
	t.Run("cut", func(t *testing.T) {
		f := newFixture(t)
		f.commits(specs...)
		name := pack(f)
		info, err := os.Stat(name)
		require.NoError(t, err)
		require.NoError(t, os.Truncate(name, info.Size()/2))
		require.ErrorContains(t, read(t, f.open()), "git fsck")
	})
	t.Run("flipped bytes", func(t *testing.T) {
		f := newFixture(t)
		f.commits(specs...)
		name := pack(f)
		sound, err := os.ReadFile(name)
		require.NoError(t, err)
		want := everythingAdded(t, f.open())
		failed := 0
		for at := 12; at < len(sound)-20; at += len(sound) / 60 {
			broken := append([]byte(nil), sound...)
			broken[at] ^= 0x55
			require.NoError(t, os.WriteFile(name, broken, 0o644))
			// Either git notices, or the byte did not matter.
			if err := read(t, f.open()); err != nil {
				failed++
				continue
			}
			assert.Equal(t, want, everythingAdded(t, f.open()), "at %d", at)
		}
		assert.Greater(t, failed, 30)
	})
}

func everythingAdded(t *testing.T, r *Repository) (all []Addition) {
	t.Helper()
	ids, err := r.Commits(t.Context(), Range{All: true})
	require.NoError(t, err)
	require.NoError(t, r.Additions(t.Context(), ids, Options{}, func(a Addition) error {
		all = append(all, a)
		return nil
	}))
	return all
}

// fakeGit puts a git first on the PATH that runs script; REAL is the true one.
func fakeGit(t *testing.T, script string) func(string) string {
	t.Helper()
	dir := t.TempDir()
	real := strings.TrimSpace((&fixture{tb: t, dir: dir}).git("--exec-path")) + "/git"
	require.FileExists(t, real)
	script = "#!/bin/sh\nREAL=" + real + "\n" + script + "\n"
	require.NoError(t, os.WriteFile(filepath.Join(dir, "git"), []byte(script), 0o755))
	return func(key string) string {
		if key == "PATH" {
			return dir + string(os.PathListSeparator) + os.Getenv("PATH")
		}
		return os.Getenv(key)
	}
}

// A git that stops at any byte of its output, and says that all went well, or dies.
func TestAGitThatDiesMidway(t *testing.T) {
	f := newFixture(t)
	f.commits(
		spec{files{"a": lines(3), "b": "1\n"}, nil},
		spec{files{"a": lines(4), "b": executable + "1\n", "bin": "\x00"}, []string{":1"}},
		spec{files{"a": "0\n" + lines(3)}, []string{":1"}},
		spec{files{"a": "0\n" + lines(4) + "evil\n", "bin": "\x00"}, []string{":2", ":3"}},
		spec{files{"new": "1\n"}, []string{":4"}},
	)
	for name, ending := range map[string]string{"exits 0": "exit 0", "exits 1": "exit 1", "is killed": "kill -9 $$"} {
		t.Run(name, func(t *testing.T) {
			for _, verb := range []string{"diff-tree", "cat-file"} {
				cut := fakeGit(t, `case " $* " in *" `+verb+` "*) "$REAL" "$@" | head -c "$(cat `+f.dir+`/cut)"; `+ending+`;; esac; exec "$REAL" "$@"`)
				step, most := 53, 3000
				if verb == "cat-file" {
					step, most = 7, 90
				}
				whole := 0
				for n := 0; n < most; n += step {
					f.write("cut", strings.TrimSpace(lines(n + 1)[len(lines(n)):])) // n+1
					r, err := Open(t.Context(), f.dir, cut)
					require.NoError(t, err)
					if read(t, r) == nil {
						whole++
						// Only an output that was not cut at all may pass, and then never with a bad ending.
						require.Equal(t, "exits 0", name)
						require.Greater(t, n, most/3)
					}
				}
			}
		})
	}
}

func TestAGitThatTalksNonsense(t *testing.T) {
	f := newFixture(t)
	id := f.commit(files{"a": "1\n"})
	for name, says := range map[string]string{
		"nothing": "", "noise": "hello\\n", "another commit": `\0` + strings.Repeat("1", 40) + ` 1 \0\n~end\n`,
		"no end": `\0` + id + ` 1 \0\n`, "more than the end": `\0` + id + ` 1 \0\n~end\ndiff --git a/x b/x\n`,
		"a hunk too short": `\0` + id + ` 1 \0\n\ndiff --git a/x b/x\n--- a/x\n+++ b/x\n@@ -0,0 +1,2 @@\n+1\n~end\n`,
		"a hunk too long":  `\0` + id + ` 1 \0\n\ndiff --git a/x b/x\n--- a/x\n+++ b/x\n@@ -0,0 +1 @@\n+1\n+2\n~end\n`,
		"no name":          `\0` + id + ` 1 \0\n\ndiff --git a/x b/y\n@@ -0,0 +1 @@\n+1\n~end\n`,
		"half a line":      `\0` + id + ` 1 \0\n\ndiff --git a/x b/x\n--- a/x\n+++ b/x\n@@ -0,0 +1 @@\n+1`,
		"a bad header":     `\0` + id + ` 1 \0\n\ndiff --git a/x b/x\n--- a/x\n+++ b/x\n@@ -0,0 @@\n+1\n~end\n`,
	} {
		t.Run(name, func(t *testing.T) {
			getenv := fakeGit(t, `case " $* " in *" diff-tree "*) cat >/dev/null; printf '`+says+`'; exit 0;; esac; exec "$REAL" "$@"`)
			r, err := Open(t.Context(), f.dir, getenv)
			require.NoError(t, err)
			require.Error(t, r.Additions(t.Context(), []string{id}, Options{}, func(Addition) error { return nil }))
		})
	}
}

func TestComplaintsAreErrors(t *testing.T) {
	f := newFixture(t)
	f.commit(files{"a": "1\n"})
	noise := `i=0; while [ $i -lt 300 ]; do echo "warning: a line that pushes the error out of sight" >&2; i=$((i+1)); done`
	r, err := Open(t.Context(), f.dir, fakeGit(t, `case " $* " in *" rev-list "*) echo "error: main is broken" >&2; `+noise+`; exit 0;; esac; exec "$REAL" "$@"`))
	require.NoError(t, err)
	_, err = r.Commits(t.Context(), Range{All: true})
	require.ErrorContains(t, err, "main is broken")
}

func TestDamagedReferencesAreErrors(t *testing.T) {
	for name, content := range map[string]string{
		"empty": "", "garbage": "garbage\n", "zeros": strings.Repeat("0", 40) + "\n", "missing object": strings.Repeat("1", 40) + "\n",
	} {
		t.Run(name, func(t *testing.T) {
			f := newFixture(t)
			f.commit(files{"a": "1\n"})
			f.write(".git/refs/heads/other", content)
			require.Error(t, read(t, f.open()))
			f.git("update-ref", "refs/heads/sound", "main")
			require.NoError(t, os.Remove(f.dir+"/.git/refs/heads/other"))
			f.write(".git/refs/heads/main", content)
			_, err := f.open().Head(t.Context())
			require.Error(t, err, "not the same as an empty repository")
			_, err = f.open().Resolve(t.Context(), "HEAD")
			require.Error(t, err)
		})
	}
}
