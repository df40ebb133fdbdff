package policy

import (
	"cmp"
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/forewarden/forewarden/internal/finding"
)

// Merge puts the layers on top of one another: the preset, the organisation's document, then as much of the
// repository's as the organisation allows. Either document may be nil. What a repository may not say is left out and
// recorded; what only tightens always counts.
//
// A repository's preset tightens each value that it is tighter than. Where all overrides are allowed it also loosens
// the values that came from a preset, but none that the organisation wrote out.
func Merge(org, repo *Document) *Effective {
	org, repo = cmp.Or(org, &Document{}), cmp.Or(repo, &Document{})
	m := &merger{Effective: &Effective{
		Preset:    Value[string]{defaultPreset, "default"},
		Overrides: Value[Overrides]{defaultOverrides, "default"},
		Controls:  map[string]Control{},
	}}
	if org.preset != nil {
		m.Preset = org.preset.origin()
	}
	if org.overrides != nil {
		m.Overrides = org.overrides.origin()
	}
	for _, id := range controlIDs(org, repo) {
		m.Controls[id] = fromPreset(m.Preset.Value, id)
	}
	m.layer(org)
	m.repository = true
	m.overrides(repo.overrides)
	m.preset(repo.preset)
	m.layer(repo)
	m.sortRefused()
	return m.Effective
}

func controlIDs(docs ...*Document) []string {
	ids := builtinControls()
	for _, d := range docs {
		for _, s := range d.controls {
			ids = append(ids, s.id)
		}
	}
	return ids
}

func fromPreset(name, id string) Control {
	p, origin := presetPosture(name, id), presetOrigin(name)
	c := Control{
		Mode:    Value[Mode]{p.mode, origin},
		FailOn:  Value[finding.Severity]{p.failOn, origin},
		OnError: Value[OnError]{p.onError, origin},
	}
	c.Engine.Origin, c.Disable.Origin = "default", "default"
	c.TimeLimit.Value, c.TimeLimit.Origin = defaultTimeLimit, "default"
	return c
}

func presetOrigin(name string) string { return "preset " + name }

// origin is the setting with its place in a reader's words.
func (p *placed[T]) origin() Value[T] { return Value[T]{p.value, p.at.place()} }

// A merger is a merged policy in the making.
type merger struct {
	*Effective
	repository bool // the layer at hand is the repository's
}

// allows reports whether the layer at hand may loosen the setting, and records a refusal where it may not.
func (m *merger) allows(at Position, setting string) bool {
	if !m.repository || m.Overrides.Value == OverrideAll {
		return true
	}
	may := "waivers only"
	if m.Overrides.Value == OverrideNone {
		may = "nothing"
	}
	m.refuse(at, setting, "the organisation allows a repository to loosen "+may+"; it can set `overrides: all`")
	return false
}

func (m *merger) refuse(at Position, setting, reason string) {
	m.Refused = append(m.Refused, Refusal{Setting: setting, Reason: reason, Position: at})
}

// sortRefused orders the refusals as the file does.
func (m *merger) sortRefused() {
	slices.SortStableFunc(m.Refused, func(a, b Refusal) int {
		return cmp.Or(cmp.Compare(a.Line, b.Line), cmp.Compare(a.Column, b.Column))
	})
}

// put sets a value, unless the repository would loosen it without leave. A repository that repeats what holds
// changes nothing, so the origin stays.
func put[T comparable](m *merger, into *Value[T], next *placed[T], setting string, tighter bool) {
	switch {
	case next == nil, m.repository && next.value == into.Value:
	case tighter, m.allows(next.at, fmt.Sprintf("%s: %v", setting, next.value)):
		*into = next.origin()
	}
}

// overrides refuses a repository's own idea of what it may do, whatever it may do.
func (m *merger) overrides(o *placed[Overrides]) {
	if o != nil && o.value != m.Overrides.Value {
		m.refuse(o.at, "overrides: "+string(o.value), "only the organisation's policy says what a repository may loosen")
	}
}

// preset applies a repository's preset.
func (m *merger) preset(p *placed[string]) {
	if p == nil || p.value == m.Preset.Value {
		return
	}
	rank := func(name string) int { return slices.Index(presetNames(), name) }
	if rank(p.value) < rank(m.Preset.Value) && !m.allows(p.at, "preset: "+p.value) {
		return
	}
	loosen := m.Overrides.Value == OverrideAll
	for id, c := range m.Controls {
		next := presetPosture(p.value, id)
		adopt(&c.Mode, next.mode, p.value, loosen, next.mode.tighter(c.Mode.Value))
		adopt(&c.FailOn, next.failOn, p.value, loosen, next.failOn < c.FailOn.Value)
		adopt(&c.OnError, next.onError, p.value, loosen, next.onError.tighter(c.OnError.Value))
		m.Controls[id] = c
	}
	m.Preset = p.origin()
}

// adopt takes one value from a repository's preset where it is tighter, or where it replaces another preset's.
func adopt[T comparable](into *Value[T], next T, name string, loosen, tighter bool) {
	if tighter || loosen && strings.HasPrefix(into.Origin, presetOrigin("")) {
		*into = Value[T]{next, presetOrigin(name)}
	}
}

func (v Mode) tighter(than Mode) bool {
	modes := []Mode{Off, Warn, Enforce}
	return slices.Index(modes, v) > slices.Index(modes, than)
}

func (v OnError) tighter(than OnError) bool { return v == ErrorBlocks && than == ErrorWarns }

// layer applies a document, all but its preset and overrides.
func (m *merger) layer(d *Document) {
	if next := d.enforceFrom; next != nil && (!m.repository || !next.value.Equal(m.EnforceFrom.Value)) &&
		m.allows(next.at, "enforce-from: "+next.value.Format("2006-01-02")) {
		m.EnforceFrom = next.origin()
	}
	for _, s := range d.controls {
		m.section(s)
	}
	for i, w := range d.waivers {
		if m.repository && m.Overrides.Value == OverrideNone {
			m.refuse(w.Position, fmt.Sprintf("waivers[%d]: %s", i, w.Control),
				"the organisation allows a repository to loosen nothing; it can set `overrides: waivers`")
			continue
		}
		w.Match = maps.Clone(w.Match)
		m.Waivers = append(m.Waivers, w)
	}
}

func (m *merger) section(s section) {
	c, name := m.Controls[s.id], "controls."+s.id
	put(m, &c.Mode, s.mode, name+".mode", s.mode != nil && s.mode.value.tighter(c.Mode.Value))
	put(m, &c.FailOn, s.failOn, name+".fail-on", s.failOn != nil && s.failOn.value < c.FailOn.Value)
	put(m, &c.OnError, s.onError, name+".on-error", s.onError != nil && s.onError.value.tighter(c.OnError.Value))
	put(m, &c.Engine, s.engine, name+".engine", false)
	put(m, &c.TimeLimit, s.timeLimit, name+".time-limit", false)
	m.disable(&c.Disable, s.disable, name+".disable")
	m.params(&c, s.params, name)
	m.Controls[s.id] = c
}

// disable adds rules to those that are off; no layer turns one on again that another turned off.
func (m *merger) disable(into *Value[[]string], next *placed[[]string], setting string) {
	if next == nil {
		return
	}
	var more []string
	for _, rule := range next.value {
		if !slices.Contains(into.Value, rule) {
			more = append(more, rule)
		}
	}
	if len(more) == 0 || !m.allows(next.at, setting+": "+strings.Join(more, ", ")) {
		return
	}
	origin := next.at.place()
	if len(into.Value) > 0 {
		origin = into.Origin + ", " + origin
	}
	*into = Value[[]string]{slices.Sorted(slices.Values(append(more, into.Value...))), origin}
}

// params keeps a section's own parameters. Whether one loosens only its control could tell, so a repository's count
// where all overrides are allowed.
func (m *merger) params(c *Control, next params, name string) {
	var kept params
	for _, e := range next {
		if m.repository && slices.ContainsFunc(c.ownParams(), func(o entry) bool {
			return o.key == e.key && o.value.equal(e.value)
		}) {
			continue
		}
		if m.allows(e.at, name+"."+scalar(e.key)) {
			kept = append(kept, e)
		}
	}
	if len(kept) > 0 {
		c.params = append(c.params, kept)
	}
}

// ownParams are the control's parameters as they hold, sorted by key.
func (c Control) ownParams() params {
	last := map[string]entry{}
	for _, layer := range c.params {
		for _, e := range layer {
			last[e.key] = e
		}
	}
	var out params
	for _, key := range slices.Sorted(maps.Keys(last)) {
		out = append(out, last[key])
	}
	return out
}
