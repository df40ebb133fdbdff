package scope_test

import (
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/forewarden/forewarden/internal/scope"
)

func TestParseKind(t *testing.T) {
	for _, want := range []scope.Kind{scope.Change, scope.Tree, scope.History} {
		got, err := scope.ParseKind(string(want))
		require.NoError(t, err)
		assert.Equal(t, want, got)
	}
	for _, name := range []string{"", "Tree", "diff"} {
		_, err := scope.ParseKind(name)
		assert.ErrorContains(t, err, "want change, tree or history", name)
	}
}

func TestNeedNamesWhatIsMissing(t *testing.T) {
	assert.Empty(t, scope.Need(0).String())
	assert.Equal(t, "a git repository", scope.Git.String())
}

func TestReportNeedsNobodyToListen(t *testing.T) {
	assert.NotPanics(t, func() { scope.Scope{}.Report(scope.Progress{}) })
	var heard []scope.Progress
	s := scope.Scope{Progress: func(p scope.Progress) { heard = append(heard, p) }}
	s.Report(scope.Progress{Control: "lint", Done: 1, Total: 2, Unit: "files"})
	assert.Equal(t, []scope.Progress{{Control: "lint", Done: 1, Total: 2, Unit: "files"}}, heard)
}
