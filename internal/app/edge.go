package app

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"

	"github.com/forewarden/forewarden/internal/control"
	"github.com/forewarden/forewarden/internal/finding"
	"github.com/forewarden/forewarden/internal/gate"
	"github.com/forewarden/forewarden/internal/git"
	"github.com/forewarden/forewarden/internal/github"
	"github.com/forewarden/forewarden/internal/report"
	"github.com/forewarden/forewarden/internal/scope"
)

// readEvent takes the scope from the workflow run's event, where there is one, the path is in its workspace, and the
// command line does not say otherwise. p.event stays nil elsewhere.
func (p *plan) readEvent(abs string) error {
	getenv := p.command.Getenv
	if !github.Running(getenv) || !github.InWorkspace(getenv, abs) {
		return nil
	}
	if p.options.base != "" || p.options.kind != "" && p.options.kind != scope.Change {
		return nil
	}
	e, err := github.ReadEvent(getenv)
	if err != nil {
		return blindError{err}
	}
	if p.options.kind == scope.Change && e.Kind != scope.Change {
		return nil
	}
	p.event, p.options.kind, p.nothing = &e, e.Kind, e.Nothing
	return nil
}

// eventRange is the range of the event's change, fetched where the checkout is too shallow for it. base is "" where
// the repository has nothing else: then everything is new.
func (p *plan) eventRange(ctx context.Context, repository *git.Repository) (base, head string, err error) {
	e := p.event
	getenv := p.command.Getenv
	if !e.Fresh {
		err := repository.Complete(ctx, git.Range{Head: e.Head, Base: e.Base}, getenv)
		if err == nil || e.Name != "push" {
			return e.Base, e.Head, err
		}
		if _, missing := repository.Resolve(ctx, e.Base); missing == nil {
			return "", "", err
		}
		p.notes = append(p.notes, "the commit before the push is gone (a force push): compared with the default branch instead")
	}
	base, err = p.defaultBranch(ctx, repository)
	if err != nil {
		p.notes = append(p.notes, "nothing to compare with ("+err.Error()+"): everything is new, and no repository policy counts")
	}
	return base, e.Head, repository.Complete(ctx, git.Range{Head: e.Head, Base: base}, getenv)
}

// defaultBranch is the commit of the repository's default branch, which is fetched where the checkout lacks it.
func (p *plan) defaultBranch(ctx context.Context, repository *git.Repository) (string, error) {
	e := p.event
	switch {
	case e.DefaultBranch == "":
		return "", errors.New("the event names no default branch")
	case e.ToDefault:
		return "", errors.New("this is the default branch")
	}
	for _, ref := range []string{"refs/remotes/origin/", "refs/heads/"} {
		if id, err := repository.Ref(ctx, ref+e.DefaultBranch); err == nil {
			return id, nil
		}
	}
	return repository.FetchBranch(ctx, e.DefaultBranch, p.command.Getenv)
}

// onActions says whether annotations, a summary and outputs are wanted.
func (p *plan) onActions() bool { return github.Running(p.command.Getenv) }

// edge tells GitHub of the verdict: annotations on the standard output of a text run and on the standard error of any
// other, then the job's summary, then the outputs. One that cannot be written does not keep the others from it.
func (c Command) edge(p *plan, run report.Run) error {
	out := c.Stdout
	if p.options.format != "text" {
		out = c.Stderr
	}
	var errs []error
	if err := github.Annotate(out, report.Annotations(run.Verdict)); err != nil {
		errs = append(errs, fmt.Errorf("the annotations were not written: %w", err))
	}
	var page bytes.Buffer
	err := report.Markdown(&page, run)
	if err == nil {
		err = github.WriteSummary(c.Getenv, page.String())
	}
	if err != nil {
		errs = append(errs, fmt.Errorf("the job's summary was not written: %w", err))
	}
	outputs := []github.Output{
		{Name: "verdict", Value: string(run.Verdict.Decision)},
		{Name: "findings", Value: fmt.Sprint(newFindings(run.Verdict))},
		{Name: "report-json", Value: p.options.reportPath("json")},
		{Name: "sarif", Value: p.options.reportPath("sarif")},
	}
	if err := github.WriteOutputs(c.Getenv, outputs...); err != nil {
		errs = append(errs, fmt.Errorf("the step's outputs were not written: %w", err))
	}
	return errors.Join(errs...)
}

// newFindings counts what is neither waived nor there before.
func newFindings(v gate.Verdict) int {
	n := 0
	for _, o := range v.Outcomes {
		for _, f := range o.Findings {
			if f.State == finding.New {
				n++
			}
		}
	}
	return n
}

// reportPath is where the report of a format is written, "" for nowhere.
func (o options) reportPath(format string) string {
	for _, r := range o.reports {
		if r.format == format {
			return r.path
		}
	}
	return ""
}

// shield keeps a text on the standard output of a workflow run in a fold, with workflow commands switched off, and says
// the verdict behind it, where it is seen without unfolding.
func (p *plan) shield(w io.Writer, run report.Run, write func(io.Writer) error) error {
	if !p.onActions() || p.options.format != "text" {
		return write(w)
	}
	if err := github.Grouped(w, "What was looked at, and what was found", write); err != nil {
		return err
	}
	_, err := io.WriteString(w, report.VerdictLine(run)+"\n")
	return err
}

// skipped are the results of a run that has nothing to look at.
func (p *plan) skipped() []control.Result {
	var results []control.Result
	for _, b := range p.bound {
		results = append(results, control.Result{Control: b.Control.ID, Engine: b.Engine, Status: control.Skipped, Reason: p.nothing})
	}
	return results
}
