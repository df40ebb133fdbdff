// Package gate turns results and a policy into a verdict: the only source of exit codes.
package gate

import (
	"time"

	"github.com/forewarden/forewarden/internal/control"
	"github.com/forewarden/forewarden/internal/finding"
	"github.com/forewarden/forewarden/internal/policy"
)

// A Decision says whether a change may enter.
type Decision string

// The decisions.
const (
	Pass    Decision = "pass"
	Blocked Decision = "blocked"
	Error   Decision = "error"
)

// Exit is the process's status for the decision; usage and policy errors have ExitUsage and no verdict.
func (d Decision) Exit() int {
	switch d {
	case Pass:
		return 0
	case Blocked:
		return 1
	}
	return ExitError
}

// The exit statuses that are no decision on findings.
const (
	ExitUsage = 2 // a flag, path, control, engine or policy that cannot be
	ExitError = 3 // could not look
)

// An Outcome is one control's result with what the policy makes of it.
type Outcome struct {
	control.Result
	Title   string
	Mode    policy.Mode
	FailOn  finding.Severity
	OnError policy.OnError
	// Blocking are the findings that make the verdict blocked: enforced, new, at or above FailOn. Warnings are new
	// findings of medium severity or worse that do not block. Counted are the other new ones: a count in a
	// summary. Waived and Existing never block. Each keeps the order of Findings.
	Blocking, Warnings, Counted, Waived, Existing []finding.Finding
	// WouldBlockFrom is set where findings would block but enforcement has not begun.
	WouldBlockFrom time.Time
}

// Blind says that the control could not look and that the policy does not let that pass.
func (o Outcome) Blind() bool { return o.Status == control.Failed && o.OnError == policy.ErrorBlocks }

// A Verdict is the whole answer. Outcomes are sorted by control id, findings about the policy last.
type Verdict struct {
	Decision Decision
	Outcomes []Outcome
}
