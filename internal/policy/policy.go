// Package policy is what the organisation and the repository want: layers of YAML merged into one decision per
// control. It sees a control's own parameters as an opaque node.
package policy

import (
	"time"

	"github.com/forewarden/forewarden/internal/finding"
)

// Version is the policy format that this program reads.
const Version = 1

// RepositoryFile is where a repository keeps its layer.
const RepositoryFile = ".github/forewarden.yml"

// Observe is the preset under which nothing blocks.
const Observe = "observe"

// A Mode says what a control's findings do.
type Mode string

// The modes, from the loosest.
const (
	Off     Mode = "off"
	Warn    Mode = "warn"
	Enforce Mode = "enforce"
)

// OnError says what it means that a control could not look.
type OnError string

// The effects, from the loosest.
const (
	ErrorWarns  OnError = "warn"
	ErrorBlocks OnError = "block"
)

// Overrides says what a repository's layer may loosen. Tightening is always allowed.
type Overrides string

// The degrees of freedom of a repository.
const (
	OverrideNone    Overrides = "none"
	OverrideWaivers Overrides = "waivers"
	OverrideAll     Overrides = "all"
)

// A Layer says who wrote a document, and so what it may say.
type Layer int

// The layers, each on top of the one before.
const (
	Preset Layer = iota
	Organisation
	Repository
)

// Known is what a document may name: every control's id, with the attributes of its findings that a waiver can
// match on (nil: not carried by this binary, so any attribute is accepted).
type Known map[string][]string

// A Position is a place in a policy file; lines and columns count from 1.
type Position struct {
	File         string
	Line, Column int
}

// An Error is a policy that cannot be. Its text is "file:line:column: message (hint)" and quotes no value of the file but
// the offending word.
type Error struct {
	Position
	Message string
}

// Value is a setting with the layer it came from, in a reader's words ("preset recommended", "org.yml:3:7").
type Value[T any] struct {
	Value  T
	Origin string
}

// Control is what the merged policy says of one control.
type Control struct {
	Mode      Value[Mode]
	FailOn    Value[finding.Severity] // the mildest severity that blocks
	OnError   Value[OnError]
	Engine    Value[string] // "" is the control's default
	Disable   Value[[]string]
	TimeLimit Value[time.Duration]

	params []params // the control's own sections, weakest layer first
}

// A Waiver accepts findings by name until it expires.
type Waiver struct {
	Control string
	Match   map[string]string // rule, path (a glob), fingerprint, commit, or an attribute; all must match
	Reason  string
	Owner   string
	Expires time.Time // the last day it counts, midnight UTC
	Layer   Layer
	Position
}

// A Refusal is a setting of the repository's layer that would loosen more than the organisation allows. It is
// left out of the merged policy and reported.
type Refusal struct {
	Setting string // "controls.secret-scan.mode: off"
	Reason  string
	Position
}

// Effective is the merged policy.
type Effective struct {
	Preset      Value[string]
	Overrides   Value[Overrides]
	EnforceFrom Value[time.Time] // zero: at once
	Controls    map[string]Control
	Waivers     []Waiver
	Refused     []Refusal
}
