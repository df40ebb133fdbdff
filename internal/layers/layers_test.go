package layers

import (
	"bytes"
	"encoding/json"
	"errors"
	"io"
	"os/exec"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

type listed struct {
	ImportPath string
	Imports    []string
	Deps       []string
}

func list(t *testing.T, args ...string) []listed {
	t.Helper()
	cmd := exec.CommandContext(t.Context(), "go", append([]string{"list", "-json=ImportPath,Imports,Deps"}, args...)...)
	cmd.Dir = "../.."
	var stderr bytes.Buffer
	cmd.Stderr = &stderr
	out, err := cmd.Output()
	require.NoError(t, err, stderr.String())
	var packages []listed
	for d := json.NewDecoder(bytes.NewReader(out)); ; {
		var p listed
		err := d.Decode(&p)
		if errors.Is(err, io.EOF) {
			return packages
		}
		require.NoError(t, err)
		packages = append(packages, p)
	}
}

func TestTree(t *testing.T) {
	packages := list(t, "./...")
	require.Greater(t, len(packages), 10)
	for _, p := range packages {
		for _, v := range Violations(Table(), p.ImportPath, p.Imports) {
			t.Error(v)
		}
	}
}

// The test above must bite: each of these imports is planted and has to be told.
func TestBites(t *testing.T) {
	for name, tt := range map[string]struct{ pkg, imports, want string }{
		"an engine imports the edge":     {"internal/controls/secretscan/gitleaks", "internal/report", "does not allow"},
		"the driver imports a control":   {"internal/app", "internal/controls/secretscan", "does not allow"},
		"an intent learns of its engine": {"internal/controls/secretscan/intent", "internal/controls/secretscan/gitleaks", "does not allow"},
		"a report decides":               {"internal/report", "internal/policy", "does not allow"},
		"a pure package looks outside":   {"internal/finding", "internal/process", "does not allow"},
		"an unlisted package":            {"internal/helpers", "fmt", "in no row"},
	} {
		t.Run(name, func(t *testing.T) {
			imported := tt.imports
			if strings.HasPrefix(imported, "internal/") {
				imported = Module + "/" + imported
			}
			got := Violations(Table(), Module+"/"+tt.pkg, []string{imported})
			require.Len(t, got, 1)
			assert.Contains(t, got[0], tt.want)
		})
	}
	unlisted := Violations(Table(), Module+"/internal/git", []string{"github.com/example/unlisted"})
	require.Len(t, unlisted, 1)
	assert.Contains(t, unlisted[0], "does not list that module")
}

func TestReasonsAreWritten(t *testing.T) {
	for _, r := range Table() {
		for module, reason := range r.External {
			assert.Greater(t, len(reason), 15, "%s: why %s?", r.Packages, module)
		}
	}
}

// A binary that carries one control carries nothing of another.
func TestSingleBinaries(t *testing.T) {
	for binary, own := range map[string]string{"cmd/secret-scan": "internal/controls/secretscan"} {
		packages := list(t, "./"+binary)
		require.Len(t, packages, 1)
		found := false
		for _, dep := range packages[0].Deps {
			local, ours := strings.CutPrefix(dep, Module+"/internal/controls/")
			if !ours {
				continue
			}
			found = true
			assert.True(t, strings.HasPrefix("internal/controls/"+local, own), "%s carries %s", binary, dep)
		}
		assert.True(t, found, "%s carries no control", binary)
	}
}
