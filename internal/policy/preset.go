package policy

import (
	"time"

	"github.com/forewarden/forewarden/internal/finding"
)

// What holds where no layer says otherwise.
const (
	defaultPreset    = "recommended"
	defaultOverrides = OverrideWaivers
	defaultTimeLimit = 60 * time.Minute
)

// A posture is what a preset says of one control.
type posture struct {
	mode    Mode
	failOn  finding.Severity
	onError OnError
}

// A preset is a starting point: a posture for the controls it names, and one for the rest.
type preset struct {
	name     string
	controls map[string]posture
	rest     posture
}

// presets are the starting points, from the loosest. Each is nowhere looser than the one before it, so that "a
// tighter preset" has one meaning.
func presets() []preset {
	return []preset{
		{name: Observe, rest: posture{Warn, finding.High, ErrorWarns}},
		{
			name: "recommended",
			controls: map[string]posture{
				"secret-scan":   {Enforce, finding.High, ErrorBlocks},
				"license-scan":  {Enforce, finding.High, ErrorWarns},
				"workflow-scan": {Enforce, finding.High, ErrorBlocks},
				"lint":          {Warn, finding.High, ErrorWarns},
				"sbom":          {Enforce, finding.High, ErrorWarns},
			},
			rest: posture{Warn, finding.High, ErrorWarns},
		},
		{name: "strict", rest: posture{Enforce, finding.Medium, ErrorBlocks}},
	}
}

// presetNames are the presets' names, from the loosest.
func presetNames() []string {
	var names []string
	for _, p := range presets() {
		names = append(names, p.name)
	}
	return names
}

// builtinControls are the controls that a merged policy always speaks of.
func builtinControls() []string {
	var ids []string
	for _, p := range presets() {
		for id := range p.controls {
			ids = append(ids, id)
		}
	}
	return ids
}

// presetPosture is what the named preset says of a control.
func presetPosture(name, id string) posture {
	for _, p := range presets() {
		if p.name != name {
			continue
		}
		if of, ok := p.controls[id]; ok {
			return of
		}
		return p.rest
	}
	return posture{Enforce, finding.Low, ErrorBlocks} // no such preset: nothing looser than anyone wanted
}
