package app

import (
	"bytes"
	"errors"
	"fmt"
	"os"
	"path/filepath"

	"github.com/forewarden/forewarden/internal/control"
	"github.com/forewarden/forewarden/internal/finding"
	"github.com/forewarden/forewarden/internal/git"
	"github.com/forewarden/forewarden/internal/policy"
	"github.com/forewarden/forewarden/internal/scope"
)

// The rules of the reserved control `policy` that the driver reports; the gate adds those about waivers.
const (
	ruleChanged = "policy-changed"
	ruleInvalid = "invalid-policy"
	ruleRefused = "loosening-refused"
)

const policyHelp = "https://github.com/forewarden/forewarden/blob/main/docs/policy.md"

// policyRules documents the rules about the policy itself.
func policyRules() []control.Rule {
	rules := []control.Rule{
		{ID: "expired-waiver", Title: "A waiver has expired", Doc: "A waiver whose last day is over still matches findings. It no longer counts, so that they count again.", Remedy: "Mend what it accepted, or let its owner renew it."},
		{ID: "unused-waiver", Title: "A waiver matches nothing", Doc: "Everything was looked at and nothing matches this waiver. One day it would accept something that nobody has seen.", Remedy: "Delete it."},
		{ID: ruleChanged, Title: "The change edits the policy", Doc: "A change is judged by the policy of the branch that it is to enter, never by its own. What it edits counts once it is merged.", Remedy: "Have the edit reviewed by whoever owns the policy."},
		{ID: ruleInvalid, Title: "The repository's policy is not valid", Doc: "A policy that cannot be read does not count at all: only the organisation's counts meanwhile.", Remedy: "Correct the file: `forewarden policy check` says what is wrong."},
		{ID: ruleRefused, Title: "The repository's policy loosens what it may not", Doc: "The organisation says what a repository may loosen (`overrides`). This setting goes further and does not count.", Remedy: "Take it out, or ask the organisation's administrators to set `overrides: all`."},
	}
	for i := range rules {
		rules[i].HelpURL, rules[i].Tags = policyHelp, []string{"security", "policy"}
	}
	return rules
}

// organisation reads the layer that --policy names.
func (p *plan) organisation() (*policy.Document, error) {
	file := p.options.policyFile
	if file == "" {
		return nil, nil
	}
	data, err := os.ReadFile(file)
	if err != nil {
		return nil, usage("the policy cannot be read: %w", err)
	}
	d, err := p.command.parsePolicy(file, data, policy.Organisation)
	if err != nil {
		return nil, usageError{err}
	}
	return d, nil
}

// repositoryLayer reads the repository's own layer from the trusted side. In a change it is somebody else's file: a
// broken one is told and left out. Otherwise it is the user's own, and a broken one is an error.
func (p *plan) repositoryLayer(w place) (*policy.Document, error) {
	data, err := readOptional(w.read, policy.RepositoryFile)
	if err == nil && len(data) > policyLimit {
		err = errTooLarge
	}
	if w.head != nil {
		p.edited(w)
	}
	switch {
	case err != nil && !noPolicy(err):
		return nil, blindError{fmt.Errorf("reading %s (%s): %w", policy.RepositoryFile, w.origin, err)}
	case err != nil && p.scope.Kind == scope.Change:
		p.invalid(err, finding.Medium, brokenOnBase)
		return nil, nil
	case err != nil:
		return nil, usageError{err}
	}
	if data == nil || p.isOrganisations(data) {
		return nil, nil
	}
	d, err := p.command.parsePolicy(policy.RepositoryFile, data, policy.Repository)
	if err == nil {
		return d, nil
	}
	if p.scope.Kind != scope.Change {
		return nil, usageError{err}
	}
	p.invalid(err, finding.Medium, brokenOnBase)
	return nil, nil
}

// parsePolicy reads a layer and checks the sections of the controls that the program carries, also those that will
// not count.
func (c Command) parsePolicy(name string, data []byte, layer policy.Layer) (*policy.Document, error) {
	d, err := policy.Parse(name, data, layer, c.known())
	if err != nil {
		return nil, err
	}
	for _, k := range c.Controls {
		section := d.Section(k.ID)
		if _, err := k.Bind(section.Engine.Value, section.Decode); err != nil {
			if _, ok := errors.AsType[*policy.Error](err); !ok {
				err = fmt.Errorf("%s: controls.%s: %w", name, k.ID, err)
			}
			return nil, err
		}
	}
	return d, nil
}

// isOrganisations says whether --policy names the repository's own file, which then is trusted in full and no layer
// of its own.
func (p *plan) isOrganisations(data []byte) bool {
	if p.options.policyFile == "" {
		return false
	}
	abs, err := filepath.Abs(p.options.policyFile)
	if err != nil || abs != filepath.Join(p.scope.Root, filepath.FromSlash(policy.RepositoryFile)) {
		return false
	}
	now, err := os.ReadFile(abs)
	return err == nil && bytes.Equal(now, data)
}

// edited tells that the change edits the policy, and whether what it makes of it is valid. What counts is what the
// change did since it left its base, not what the base did since.
func (p *plan) edited(w place) {
	before, _ := readOptional(w.fork, policy.RepositoryFile)
	head, err := readOptional(w.head, policy.RepositoryFile)
	if err == nil && bytes.Equal(before, head) {
		return
	}
	p.tell(finding.Finding{
		Rule: ruleChanged, Severity: finding.Medium, Location: finding.Location{Path: policy.RepositoryFile},
		Message: "This change edits the policy. It is judged by the policy of the branch that it is to enter; the edit counts once it is merged.",
		Remedy:  "Have the edit reviewed by whoever owns the policy.",
	})
	if err == nil && len(head) > policyLimit {
		err = errTooLarge
	}
	if err == nil && head != nil {
		_, err = p.command.parsePolicy(policy.RepositoryFile, head, policy.Repository)
	}
	if err != nil {
		p.invalid(err, finding.High, "This change leaves the policy in a state that is not valid")
	}
}

const brokenOnBase = "The repository's policy on the base branch is not valid, so only the organisation's counts"

// policyLimit is the largest policy, see package policy.
const policyLimit = 1 << 20

var errTooLarge = fmt.Errorf("it has more than %d bytes", policyLimit)

// noPolicy says whether an error means that what stands in the policy's place can be none.
func noPolicy(err error) bool {
	return errors.Is(err, errTooLarge) || errors.Is(err, git.ErrNotRegular)
}

// invalid reports each error of a policy at its place.
func (p *plan) invalid(err error, severity finding.Severity, what string) {
	for _, e := range flatten(err) {
		f := finding.Finding{
			Rule: ruleInvalid, Severity: severity, Location: finding.Location{Path: policy.RepositoryFile},
			Message: what + ": " + e.Error() + ".", Remedy: "Correct the file: `forewarden policy check` says what is wrong.",
		}
		if at, ok := errors.AsType[*policy.Error](e); ok {
			f.Message = what + ": " + at.Message + "."
			f.StartLine, f.StartColumn, f.EndLine, f.EndColumn = at.Line, at.Column, at.Line, at.Column
		}
		p.tell(f)
	}
}

func flatten(err error) []error {
	if joined, ok := err.(interface{ Unwrap() []error }); ok {
		return joined.Unwrap()
	}
	return []error{err}
}

// refusals reports what the repository's layer may not loosen. In somebody's change it is only counted: they cannot
// mend it there.
func (p *plan) refusals() {
	severity := finding.Medium
	if p.scope.Kind == scope.Change {
		severity = finding.Low
	}
	for _, r := range p.policy.Refused {
		p.tell(finding.Finding{
			Rule: ruleRefused, Severity: severity,
			Location: finding.Location{Path: r.File, StartLine: r.Line, StartColumn: r.Column, EndLine: r.Line, EndColumn: r.Column},
			Message:  fmt.Sprintf("The setting %s does not count: %s.", r.Setting, r.Reason),
			Remedy:   "Take it out, or ask the organisation's administrators to set `overrides: all`.",
		})
	}
}

func (p *plan) tell(f finding.Finding) {
	f.HelpURL = policyHelp
	f.Fingerprint = finding.Fingerprint(control.Policy, f.Rule, f.Message)
	p.about = append(p.about, f)
}
