// Package scope is what to look at: the change that a pull request brings, the files as they are, or every commit.
package scope

import (
	"fmt"
	"slices"
	"strings"
)

// A Kind says how far to look.
type Kind string

// The kinds of scope.
const (
	Change  Kind = "change"  // what Head brings that Base does not have
	Tree    Kind = "tree"    // the files as they are
	History Kind = "history" // every commit of every reference
)

// ParseKind reads a kind's name.
func ParseKind(name string) (Kind, error) {
	kinds := []Kind{Change, Tree, History}
	if i := slices.Index(kinds, Kind(name)); i >= 0 {
		return kinds[i], nil
	}
	return "", fmt.Errorf("no scope %q: want change, tree or history", name)
}

// A Need is something that an engine cannot look without.
type Need uint

// The needs.
const (
	Git Need = 1 << iota // the folder is a git checkout or a bare repository
)

// String lists the needs.
func (n Need) String() string {
	var names []string
	if n&Git != 0 {
		names = append(names, "a git repository")
	}
	return strings.Join(names, ", ")
}

// A Scope is what one run looks at. Base and Head are full commit ids, resolved before any control starts; Base is
// empty where there is none.
type Scope struct {
	Kind       Kind
	Root       string // absolute path of the repository's top folder, or of the folder itself outside git
	Under      string // repository-relative folder that the run is limited to, with forward slashes; "" for all
	Base, Head string
	Has        Need
	Settings   Settings
	Progress   func(Progress) // may be nil; called from any goroutine
}

// Settings are the repository's own configuration files, from the side that is trusted: the base branch for a
// change, the checkout itself for a local run.
type Settings struct {
	// Read returns a file of the trusted side by its repository-relative path. Its error is fs.ErrNotExist where
	// the file is not there. A nil Read means that there is no trusted side.
	Read func(path string) ([]byte, error)
	// Origin says in a reader's words where Read looks.
	Origin string
	// Waivers says that the repository may accept findings of its own: ignore files, allow-lists, inline comments.
	Waivers bool
	// Loosen says that the repository may also turn rules off.
	Loosen bool
}

// Progress is how far a control has come, for a terminal.
type Progress struct {
	Control string
	Done    int64
	Total   int64 // 0 where it is not known
	Unit    string
}

// Report hands progress to whoever listens.
func (s Scope) Report(p Progress) {
	if s.Progress != nil {
		s.Progress(p)
	}
}
