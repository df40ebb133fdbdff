// Package gitleaks serves secret-scan with gitleaks' library: its rules, its matching and its decoding. What to read
// is ours, so that a git that fails is never the end of the history.
package gitleaks

import (
	"context"
	"runtime"
	"sync"
	"sync/atomic"

	"golang.org/x/sync/errgroup"

	"github.com/forewarden/forewarden/internal/control"
	"github.com/forewarden/forewarden/internal/controls/secretscan/intent"
	"github.com/forewarden/forewarden/internal/git"
	"github.com/forewarden/forewarden/internal/pathclass"
	"github.com/forewarden/forewarden/internal/scope"
)

// Engine is the engine. getenv is asked for what running git needs.
func Engine(getenv func(string) string) control.Engine[intent.Evidence, intent.Params] {
	return control.Engine[intent.Evidence, intent.Params]{
		Name:  "gitleaks",
		Doc:   "the rules and the matching of gitleaks v8.30.1, as a library",
		Rules: rules,
		Observe: func(ctx context.Context, s scope.Scope, p intent.Params) (intent.Evidence, error) {
			return observe(ctx, s, p, getenv)
		},
	}
}

// rules lists gitleaks' default rules.
func rules() []control.Rule {
	c, _, err := configuration(scope.Settings{})
	if err != nil {
		return nil
	}
	out := make([]control.Rule, 0, len(c.Rules))
	for id, r := range c.Rules {
		out = append(out, control.Rule{ID: id, Title: r.Description, Tags: []string{string(certaintyOf(r).kind)}})
	}
	return out
}

// Reasons for not looking, beside those of package git.
const (
	skipAllowList = "file left out by the rules' path allow-list"
	skipNested    = "submodule or repository inside this one"
	skipAbsent    = "tracked file that is not in the work tree"
	skipSpecial   = "device, pipe or socket"
)

// binaryFile is the origin of what a binary file's name alone tells.
const binaryFile git.Origin = "binary"

// A look is one run of the engine.
type look struct {
	scope    scope.Scope
	detector *detector
	getenv   func(string) string
	maxBytes int64

	skips control.Skips
	bytes atomic.Int64
	files atomic.Int64
	// commitsRead is how many commits that added something were read.
	commitsRead atomic.Int64

	mu        sync.Mutex
	sightings []sighting
}

func observe(ctx context.Context, s scope.Scope, p intent.Params, getenv func(string) string) (intent.Evidence, error) {
	e := intent.Evidence{Waivers: s.Settings.Waivers}
	c, notes, err := configuration(s.Settings)
	if err != nil {
		return e, err
	}
	e.Notes = notes
	l := &look{scope: s, detector: newDetector(c), getenv: getenv, maxBytes: int64(p.MaxFileMegabytes) << 20}
	var lookErr error
	if s.Kind == scope.Tree {
		e.Nothing, lookErr = l.tree(ctx)
	} else {
		e.Stats.Commits, e.Nothing, lookErr = l.commits(ctx)
	}
	e.Stats.Files, e.Stats.Bytes, e.Stats.Skipped = l.files.Load(), l.bytes.Load(), l.skips.List()
	if lookErr == nil {
		var more []string
		more, lookErr = l.ignored(ctx)
		e.Notes = append(e.Notes, more...)
	}
	for _, found := range l.sightings {
		e.Hits = append(e.Hits, found.Hit)
	}
	return e, lookErr
}

// keep adds what scan found in a file to the evidence. head is the beginning of the file, as far as it is known.
func (l *look) keep(found []sighting, origin git.Origin, head []byte, of *git.Commit) {
	if len(found) == 0 {
		return
	}
	for i := range found {
		h := &found[i].Hit
		h.Origin = string(origin)
		h.Class = string(pathclass.Of(h.Location.Path, head))
		h.VendoredIn = pathclass.VendoredIn(h.Location.Path)
		if of != nil {
			h.Authored = of.Authored
		}
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	l.sightings = append(l.sightings, found...)
}

// pool runs jobs on all processors; submit blocks while all are busy.
func pool(ctx context.Context) (*errgroup.Group, context.Context) {
	g, ctx := errgroup.WithContext(ctx)
	g.SetLimit(runtime.GOMAXPROCS(0))
	return g, ctx
}

// skipOnce counts a path that the allow-lists leave out, each path once.
func (l *look) skipOnce(seen map[string]bool, path string) bool {
	if !l.detector.leftOut(path) {
		return false
	}
	if !seen[path] {
		seen[path] = true
		l.skips.Add(skipAllowList, path)
	}
	return true
}
