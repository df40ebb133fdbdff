package app

import (
	"context"
	"errors"
	"io"
	"os"
	"path/filepath"
	"slices"
	"time"

	"golang.org/x/sync/errgroup"

	"github.com/forewarden/forewarden/internal/control"
	"github.com/forewarden/forewarden/internal/finding"
	"github.com/forewarden/forewarden/internal/gate"
	"github.com/forewarden/forewarden/internal/github"
	"github.com/forewarden/forewarden/internal/policy"
	"github.com/forewarden/forewarden/internal/report"
	"github.com/forewarden/forewarden/internal/scope"
)

// check runs controls and returns the exit status.
func (c Command) check(ctx context.Context, name string, all []*control.Control, args []string) (int, error) {
	o, err := c.parse(name, all, args)
	if errors.Is(err, errHelp) {
		_, err := io.WriteString(c.Stdout, c.checkHelp(name, all))
		return 0, err
	}
	if err != nil {
		return 0, err
	}
	p := &plan{command: c, options: o}
	if err := p.prepare(ctx); err != nil {
		return 0, err
	}
	v := p.look(ctx)
	return v.Decision.Exit(), c.write(p, v)
}

// A plan is a check before it looks: everything about it is valid.
type plan struct {
	command Command
	options options

	scope  scope.Scope
	policy *policy.Effective
	bound  []*control.Bound
	off    []control.Result
	about  []finding.Finding // findings about the policy itself
	notes  []string
	blind  error // why nothing can be looked at, nil where it can

	event   *github.Event // the workflow run's, nil where it does not count
	nothing string        // why there is nothing to look at, "" where there is
}

// prepare reads the policy and finds the scope. Its errors are usage errors; what stands in the way of looking goes
// into p.blind.
func (p *plan) prepare(ctx context.Context) error {
	organisation, err := p.organisation()
	if err != nil {
		return err
	}
	place, err := p.locate(ctx)
	if err = p.blinded(err); err != nil {
		return err
	}
	var repository *policy.Document
	if p.blind == nil && p.nothing == "" {
		repository, err = p.repositoryLayer(place)
	}
	if err = p.blinded(err); err != nil {
		return err
	}
	p.policy = policy.Merge(organisation, repository)
	p.refusals()
	p.scope.Settings = place.settings(p.policy)
	return p.bind()
}

// A blindError is why nothing can be looked at: no usage error, and never the same as clean.
type blindError struct{ error }

// blinded keeps a blindError for the verdict and returns any other.
func (p *plan) blinded(err error) error {
	var b blindError
	if !errors.As(err, &b) {
		return err
	}
	p.blind = b.error
	if errors.Is(err, context.Canceled) {
		p.blind = errors.New("interrupted")
	}
	return nil
}

// bind chooses engines and decodes parameters.
func (p *plan) bind() error {
	for _, k := range p.options.controls {
		settings := p.policy.Controls[k.ID]
		if settings.Mode.Value == policy.Off {
			p.off = append(p.off, control.Result{
				Control: k.ID, Status: control.Skipped, Reason: "the policy turns it off (" + settings.Mode.Origin + ")",
			})
			continue
		}
		engine, from := settings.Engine.Value, settings.Engine.Origin
		if name, ok := p.options.engines[k.ID]; ok {
			engine, from = name, "--engine"
		}
		b, err := k.Bind(engine, settings.Decode)
		var inPolicy *policy.Error
		switch {
		case errors.As(err, &inPolicy):
			return usageError{err}
		case err != nil && engine != "":
			return usage("%s: %w", from, err)
		case err != nil:
			return usageError{err}
		}
		p.bound = append(p.bound, b)
	}
	return nil
}

// look runs the controls, a few at a time, and asks the gate.
func (p *plan) look(ctx context.Context) gate.Verdict {
	if p.nothing != "" {
		return p.decide(p.skipped())
	}
	results := make([]control.Result, len(p.bound))
	progress := newProgress(p.command.Stderr, p.command.Getenv, p.options.text.Quiet)
	p.scope.Progress = progress.show
	var workers errgroup.Group
	workers.SetLimit(2)
	for i, b := range p.bound {
		if p.blind != nil {
			results[i] = control.Result{Control: b.Control.ID, Engine: b.Engine, Status: control.Failed, Reason: p.blind.Error()}
			continue
		}
		workers.Go(func() error {
			limited, cancel := context.WithTimeout(ctx, p.policy.Controls[b.Control.ID].TimeLimit.Value)
			defer cancel()
			results[i] = b.Run(limited, p.scope)
			return nil
		})
	}
	_ = workers.Wait() // results carry the errors
	progress.clear()
	for i := range results {
		results[i].Notes = append(slices.Clone(p.notes), results[i].Notes...)
	}
	if p.command.Getenv("SOURCE_DATE_EPOCH") != "" {
		for i := range results {
			results[i].Stats.Duration = 0
		}
	}
	return p.decide(results)
}

// decide asks the gate.
func (p *plan) decide(results []control.Result) gate.Verdict {
	v := gate.Decide(gate.Input{
		Policy: p.policy, Results: slices.Concat(results, p.off), About: p.about, Rules: policyRules(),
		Whole:   p.scope.Kind != scope.Change && p.scope.Under == "" && p.blind == nil,
		History: p.scope.Kind == scope.History, Blind: p.blind != nil, Now: p.command.Now(),
	})
	for i := range v.Outcomes {
		o := &v.Outcomes[i]
		o.Title = p.title(o.Control)
		if !o.WouldBlockFrom.IsZero() {
			o.Notes = append(o.Notes, "the policy enforces from "+o.WouldBlockFrom.Format(time.DateOnly)+": what would block then is a warning until that day")
		}
	}
	return v
}

func (p *plan) title(id string) string {
	i := slices.IndexFunc(p.options.controls, func(k *control.Control) bool { return k.ID == id })
	if i < 0 {
		return "The policy itself"
	}
	return p.options.controls[i].Title
}

// run is the verdict with what a report tells besides.
func (p *plan) run(v gate.Verdict) report.Run {
	under := p.scope.Under
	if info, err := os.Stat(filepath.Join(p.scope.Root, filepath.FromSlash(under))); err == nil && under != "" && info.IsDir() {
		under += "/"
	}
	return report.Run{
		Tool:    report.Tool{Name: p.command.Name, Version: Version},
		Scope:   report.Scope{Kind: string(p.scope.Kind), Base: p.scope.Base, Head: p.scope.Head, Under: under},
		Verdict: v,
	}
}
