package gate

import (
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/forewarden/forewarden/internal/control"
	"github.com/forewarden/forewarden/internal/finding"
	"github.com/forewarden/forewarden/internal/policy"
)

// The rules of the reserved control `policy` that the gate itself reports.
const (
	RuleExpiredWaiver = "expired-waiver"
	RuleUnusedWaiver  = "unused-waiver"
)

// Input is what a verdict depends on, and nothing else.
type Input struct {
	Policy  *policy.Effective
	Results []control.Result
	// About holds findings about the policy itself, for the reserved control.
	About []finding.Finding
	// Rules documents the rules of the reserved control.
	Rules []control.Rule
	// Whole says that everything was looked at, so that a waiver that matches nothing is unused.
	Whole bool
	// History says that every commit was looked at as well.
	History bool
	// Blind says that nothing could be looked at, so that there is no passing whatever a control's on-error says.
	Blind bool
	Now   time.Time
}

// Decide judges results by a policy. It depends on its input alone and changes none of it.
func Decide(in Input) Verdict {
	w := waivers{all: in.Policy.Waivers, now: in.Now, used: map[int]bool{}, expired: map[int]bool{}}
	var v Verdict
	for _, r := range in.Results {
		v.Outcomes = append(v.Outcomes, outcome(in, r, &w))
	}
	slices.SortStableFunc(v.Outcomes, func(a, b Outcome) int { return strings.Compare(a.Control, b.Control) })
	about := append(slices.Clone(in.About), w.findings(in)...)
	if len(about) > 0 {
		r := control.Result{Control: control.Policy, Engine: "forewarden", Status: control.Checked}
		r.Findings, r.Rules = finding.Normalize(about), in.Rules
		o := Outcome{Result: r, Mode: policy.Enforce, FailOn: finding.High, OnError: policy.ErrorBlocks}
		if in.Policy.Preset.Value == policy.Observe {
			o.Mode = policy.Warn
		}
		v.Outcomes = append(v.Outcomes, sorted(o, in))
	}
	if v.Decision = decide(v.Outcomes); in.Blind {
		v.Decision = Error
	}
	return v
}

// decide: not having looked outweighs having found something, because what else there is nobody knows.
func decide(outcomes []Outcome) Decision {
	d := Pass
	for _, o := range outcomes {
		switch {
		case o.Blind():
			return Error
		case len(o.Blocking) > 0:
			d = Blocked
		}
	}
	return d
}

func outcome(in Input, r control.Result, w *waivers) Outcome {
	c := in.Policy.Controls[r.Control]
	o := Outcome{Result: r, Mode: c.Mode.Value, FailOn: c.FailOn.Value, OnError: c.OnError.Value}
	o.Findings = slices.Clone(r.Findings)
	for i, f := range o.Findings {
		if f.State != finding.New {
			continue
		}
		switch n, waived := w.match(r.Control, f); {
		case isDisabled(c.Disable.Value, f.Rule):
			o.Findings[i] = waive(f, map[string]string{"waived-by": c.Disable.Origin, "waiver-reason": "the policy turns this rule off"})
		case waived:
			x := in.Policy.Waivers[n]
			o.Findings[i] = waive(f, map[string]string{
				"waived-by": x.File + ":" + fmt.Sprint(x.Line), "waiver-reason": x.Reason,
				"waiver-owner": x.Owner, "waiver-expires": x.Expires.Format(time.DateOnly),
			})
		}
	}
	return sorted(o, in)
}

func isDisabled(rules []string, rule string) bool {
	base, _, _ := strings.Cut(rule, "/")
	return slices.Contains(rules, rule) || slices.Contains(rules, base)
}

func waive(f finding.Finding, why map[string]string) finding.Finding {
	f.State = finding.Waived
	f.Attributes = maps.Clone(f.Attributes)
	if f.Attributes == nil {
		f.Attributes = map[string]string{}
	}
	maps.Copy(f.Attributes, why)
	return f
}

// sorted puts the outcome's findings into the classes that reports show.
func sorted(o Outcome, in Input) Outcome {
	enforcing := o.Mode == policy.Enforce && in.Policy.Enforcing(in.Now)
	for _, f := range o.Findings {
		blocks := o.Mode == policy.Enforce && f.Severity >= o.FailOn
		switch {
		case f.State == finding.Waived:
			o.Waived = append(o.Waived, f)
		case f.State == finding.Existing:
			o.Existing = append(o.Existing, f)
		case blocks && enforcing:
			o.Blocking = append(o.Blocking, f)
		case blocks || f.Severity >= finding.Medium:
			o.Warnings = append(o.Warnings, f)
			if blocks {
				o.WouldBlockFrom = in.Policy.EnforceFrom.Value
			}
		default:
			o.Counted = append(o.Counted, f)
		}
	}
	return o
}

// waivers remembers which waivers did something.
type waivers struct {
	all           []policy.Waiver
	now           time.Time
	used, expired map[int]bool
}

// match finds a waiver in force for a finding, and notes those that would have been.
func (w *waivers) match(controlID string, f finding.Finding) (n int, ok bool) {
	n = -1
	for i, x := range w.all {
		if !x.Matches(controlID, f) {
			continue
		}
		if x.Expired(w.now) {
			w.expired[i] = true
			continue
		}
		w.used[i] = true
		if n < 0 {
			n = i
		}
	}
	return n, n >= 0
}

// findings tells of waivers that are no longer in force although something still matches them, and, where
// everything was looked at, of those that match nothing.
func (w *waivers) findings(in Input) []finding.Finding {
	checked := map[string]bool{}
	for _, r := range in.Results {
		checked[r.Control] = r.Status == control.Checked
	}
	var fs []finding.Finding
	for i, x := range w.all {
		switch {
		case w.expired[i]:
			fs = append(fs, about(x, RuleExpiredWaiver, finding.Medium,
				fmt.Sprintf("This waiver expired on %s and no longer counts: %s.", x.Expires.Format(time.DateOnly), x.Reason),
				fmt.Sprintf("Mend what it accepted, or ask %s to renew it with a new date.", x.Owner)))
		case in.Whole && checked[x.Control] && !w.used[i] && (in.History || !ofCommit(x)):
			fs = append(fs, about(x, RuleUnusedWaiver, finding.Low,
				fmt.Sprintf("This waiver matches nothing: %s.", x.Reason), "Delete it, or correct what it names."))
		}
	}
	return fs
}

// ofCommit says whether a waiver may be about a commit: what it accepts can be gone from the files and still be there.
func ofCommit(x policy.Waiver) bool { return x.Match["fingerprint"] != "" || x.Match["commit"] != "" }

func about(x policy.Waiver, rule string, severity finding.Severity, message, remedy string) finding.Finding {
	f := finding.Finding{
		Rule: rule, Severity: severity, Message: message, Remedy: remedy,
		Fingerprint: finding.Fingerprint(control.Policy, rule, x.Control, fmt.Sprint(x.Match)),
		Attributes:  map[string]string{"control": x.Control, "owner": x.Owner, "source": fmt.Sprintf("%s:%d", x.File, x.Line)},
	}
	if x.Layer == policy.Repository {
		f.Location = finding.Location{Path: x.File, StartLine: x.Line, StartColumn: x.Column, EndLine: x.Line, EndColumn: x.Column}
	}
	return f
}
