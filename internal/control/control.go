// Package control is the contract: an intent, the engines that can serve it, and the result that comes out.
package control

import (
	"context"
	"errors"
	"fmt"
	"runtime/debug"
	"slices"
	"strings"
	"time"

	"github.com/forewarden/forewarden/internal/finding"
	"github.com/forewarden/forewarden/internal/scope"
)

// Policy is the reserved id under which findings about the policy itself are reported.
const Policy = "policy"

// Known lists the ids of every control there is, also of those that a single binary does not carry: a policy may
// name them all.
func Known() []string {
	return []string{"secret-scan", "license-scan", "lint", "sbom", "workflow-scan"}
}

// An Engine gathers evidence of type E with parameters of type P. It judges nothing.
type Engine[E, P any] struct {
	Name, Doc string
	Needs     scope.Need
	// Rules lists what the engine can observe, for `explain` and for reports; the intent completes each.
	Rules func() []Rule
	// Observe returns what it saw. An error means "I could not look"; evidence that comes with an error is still
	// judged, so that nothing seen is lost, but the control counts as failed.
	Observe func(context.Context, scope.Scope, P) (E, error)
}

// A Spec is an intent: what is wanted, and how evidence is judged.
type Spec[E, P any] struct {
	ID, Title, Doc string
	Defaults       P                             // parameters where the policy says nothing
	Validate       func(P) error                 // may be nil; a policy error
	Attributes     []string                      // attributes of its findings that a waiver can match on
	Variants       []string                      // what its rule ids can carry behind a slash
	Describe       func(Rule) Rule               // may be nil; completes an engine's rule
	Judge          func(E, P) (Judgement, error) // never learns which engine ran
}

// A Rule documents one kind of finding.
type Rule struct {
	ID      string
	Title   string // a phrase, at most 120 characters
	Doc     string // why it matters
	Remedy  string // what to do
	HelpURL string
	Tags    []string // what the rule is about, from the intent's own words
}

// An Artifact is a document that a control leaves behind, an SBOM say. The driver alone writes it to a file.
type Artifact struct {
	Name, MediaType string
	Data            []byte
}

// Stats say what was looked at, and what was not.
type Stats struct {
	Files, Bytes, Commits int64
	Skipped               []Skip
	Duration              time.Duration
}

// A Skip is something that was deliberately not looked at: a reason and how often, with a few examples.
type Skip struct {
	Reason   string
	Count    int64
	Examples []string // at most three, repository-relative paths
}

// A Judgement is what a control makes of its evidence.
type Judgement struct {
	Findings  []finding.Finding
	Artifacts []Artifact
	Stats     Stats
	Notes     []string // what a reader should know about how it was looked at
	Rules     []Rule   // documents the rules that Findings name
	Skipped   string   // why nothing applied; empty where something was looked at
}

// A Status says whether a control looked. Silence is never success.
type Status string

// The statuses. Skipped means that nothing applied, with the reason; a missing need is Failed.
const (
	Checked Status = "checked"
	Skipped Status = "skipped"
	Failed  Status = "failed"
)

// A Result is one control's answer over one scope.
type Result struct {
	Control, Engine string
	Status          Status
	Reason          string
	Judgement
}

// A Control is a Spec bound to its engines; the types of evidence and parameters are erased.
type Control struct {
	ID, Title, Doc string
	Engines        []EngineInfo // the first is the default
	Attributes     []string
	Variants       []string

	rules    func(engine string) []Rule // as the engine has them
	describe func(Rule) Rule
	bind     func(engine string, decode func(any) error) (run, error)
}

// EngineInfo names an engine and says what it is.
type EngineInfo struct{ Name, Doc string }

type run func(context.Context, scope.Scope) Result

// Bound is a control with its engine chosen and its parameters decoded: ready to look.
type Bound struct {
	Control *Control
	Engine  string
	run     run
}

// Bind chooses the engine ("" for the default) and decodes the parameters, before any work. decode fills the
// control's parameters from the policy, strictly; nil means the defaults. A name that is no engine's is an error.
func (c *Control) Bind(engine string, decode func(into any) error) (*Bound, error) {
	if engine == "" {
		engine = c.Engines[0].Name
	}
	if !slices.ContainsFunc(c.Engines, func(e EngineInfo) bool { return e.Name == engine }) {
		return nil, fmt.Errorf("control %s has no engine %q: want one of %s", c.ID, engine, strings.Join(c.engineNames(), ", "))
	}
	r, err := c.bind(engine, decode)
	if err != nil {
		return nil, err
	}
	return &Bound{Control: c, Engine: engine, run: r}, nil
}

// Rules documents what the named engine ("" for the default) can find, sorted by id.
func (c *Control) Rules(engine string) []Rule {
	if engine == "" {
		engine = c.Engines[0].Name
	}
	rules := c.rules(engine)
	for i := range rules {
		rules[i] = c.describe(rules[i])
	}
	slices.SortFunc(rules, func(a, b Rule) int { return strings.Compare(a.ID, b.ID) })
	return rules
}

// Explain documents one rule of any engine; its id may carry a variant behind a slash. ok is false where there is no
// such rule, or no such variant.
func (c *Control) Explain(id string) (r Rule, ok bool) {
	base, variant, varied := strings.Cut(id, "/")
	if varied && !slices.Contains(c.Variants, variant) {
		return Rule{}, false
	}
	for _, e := range c.Engines {
		for _, r := range c.rules(e.Name) {
			if r.ID == base {
				r.ID = id
				return c.describe(r), true
			}
		}
	}
	return Rule{}, false
}

func (c *Control) engineNames() []string {
	names := make([]string, len(c.Engines))
	for i, e := range c.Engines {
		names[i] = e.Name
	}
	return names
}

// Run looks. It never panics and never returns a result that claims to have looked when it did not.
func (b *Bound) Run(ctx context.Context, s scope.Scope) (r Result) {
	start := time.Now()
	defer func() {
		if v := recover(); v != nil {
			// The value of a panic could quote what was being scanned, so only the place is told.
			r = Result{Control: b.Control.ID, Engine: b.Engine, Status: Failed, Reason: "internal error in " + panicPlace()}
		}
		r.Stats.Duration = time.Since(start)
	}()
	return b.run(ctx, s)
}

// With binds engines to the intent; the first is the default.
func (spec Spec[E, P]) With(engines ...Engine[E, P]) *Control {
	if len(engines) == 0 {
		panic("control " + spec.ID + " has no engine")
	}
	c := &Control{ID: spec.ID, Title: spec.Title, Doc: spec.Doc, Attributes: spec.Attributes, Variants: spec.Variants}
	find := func(name string) Engine[E, P] {
		return engines[slices.IndexFunc(engines, func(e Engine[E, P]) bool { return e.Name == name })]
	}
	for _, e := range engines {
		c.Engines = append(c.Engines, EngineInfo{Name: e.Name, Doc: e.Doc})
	}
	c.rules = func(name string) []Rule {
		e := find(name)
		if e.Rules == nil {
			return nil
		}
		return e.Rules()
	}
	c.describe = spec.Describe
	if c.describe == nil {
		c.describe = func(r Rule) Rule { return r }
	}
	c.bind = func(name string, decode func(any) error) (run, error) {
		p := spec.Defaults
		if decode != nil {
			if err := decode(&p); err != nil {
				return nil, err
			}
		}
		if spec.Validate != nil {
			if err := spec.Validate(p); err != nil {
				return nil, err
			}
		}
		e := find(name)
		return func(ctx context.Context, s scope.Scope) Result { return serve(ctx, spec, e, s, p) }, nil
	}
	return c
}

func serve[E, P any](ctx context.Context, spec Spec[E, P], e Engine[E, P], s scope.Scope, p P) Result {
	r := Result{Control: spec.ID, Engine: e.Name, Status: Checked}
	if missing := e.Needs &^ s.Has; missing != 0 {
		r.Status, r.Reason = Failed, fmt.Sprintf("%s is missing", missing)
		return r
	}
	evidence, lookErr := e.Observe(ctx, s, p)
	judgement, judgeErr := spec.Judge(evidence, p)
	r.Judgement = judgement
	r.Findings = finding.Normalize(r.Findings)
	if lookErr == nil && ctx.Err() != nil {
		lookErr = ctx.Err()
	}
	switch err := errors.Join(lookErr, judgeErr); {
	case err != nil:
		r.Status, r.Reason = Failed, reason(err)
	case r.Skipped != "":
		r.Status, r.Reason = Skipped, r.Skipped
	}
	return r
}

// reason is an error as one line for a reader.
func reason(err error) string {
	switch {
	case errors.Is(err, context.DeadlineExceeded):
		return "stopped at the time limit (time-limit in the policy)"
	case errors.Is(err, context.Canceled):
		return "interrupted"
	}
	return oneLine(err)
}

func oneLine(err error) string {
	return strings.Join(strings.Fields(strings.ReplaceAll(err.Error(), "\n", "; ")), " ")
}

// panicPlace names the function that panicked: the first frame below the runtime's own.
func panicPlace() string {
	lines := strings.Split(string(debug.Stack()), "\n")
	for i, line := range lines {
		if !strings.HasPrefix(line, "panic(") {
			continue
		}
		for _, l := range lines[i+1:] {
			if !strings.HasPrefix(l, "\t") && !strings.HasPrefix(l, "runtime.") && !strings.HasPrefix(l, "panic(") && l != "" {
				return l[:max(strings.LastIndexByte(l, '('), 0)] // without its arguments, which differ from run to run
			}
		}
	}
	return "a control"
}
