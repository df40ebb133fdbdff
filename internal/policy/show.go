package policy

import (
	"bytes"
	"fmt"
	"io"
	"maps"
	"slices"
	"strconv"
	"strings"
	"time"
)

// Enforcing says whether the day has come, in UTC, from which findings block.
func (e *Effective) Enforcing(now time.Time) bool { return !now.Before(e.EnforceFrom.Value) }

// Show writes the merged policy as YAML that could be an organisation's document, each value with its origin in a
// comment, and what was refused as comments at the end.
func (e *Effective) Show(w io.Writer) error {
	var p page
	p.line(0, "version: 1", "what this forewarden reads")
	p.line(0, "preset: "+scalar(e.Preset.Value), e.Preset.Origin)
	if !e.EnforceFrom.Value.IsZero() {
		p.line(0, "enforce-from: "+e.EnforceFrom.Value.Format(time.DateOnly), e.EnforceFrom.Origin)
	}
	p.line(0, "overrides: "+string(e.Overrides.Value), e.Overrides.Origin)
	p.line(0, "controls:", "")
	for _, id := range slices.Sorted(maps.Keys(e.Controls)) {
		p.control(id, e.Controls[id])
	}
	if len(e.Waivers) > 0 {
		p.line(0, "waivers:", "")
	}
	for _, w := range e.Waivers {
		p.waiver(w)
	}
	if len(e.Refused) > 0 {
		p.line(0, "", "refused of the repository's layer:")
	}
	for _, r := range e.Refused {
		p.line(0, "", fmt.Sprintf("  %s: %s: %s", r.place(), r.Setting, r.Reason))
	}
	_, err := w.Write(p.Bytes())
	return err
}

// A page is a shown policy in the making.
type page struct{ bytes.Buffer }

// line writes one line with a comment; whatever the comment says stays on the line.
func (p *page) line(indent int, content, comment string) {
	p.WriteString(strings.Repeat("  ", indent) + content)
	if comment != "" {
		if content != "" {
			p.WriteByte(' ')
		}
		p.WriteString("# " + strings.Map(printable, comment))
	}
	p.WriteByte('\n')
}

func printable(r rune) rune {
	if !strconv.IsPrint(r) {
		return '?'
	}
	return r
}

func (p *page) control(id string, c Control) {
	p.line(1, scalar(id)+":", "")
	p.line(2, "mode: "+string(c.Mode.Value), c.Mode.Origin)
	p.line(2, "fail-on: "+c.FailOn.Value.String(), c.FailOn.Origin)
	p.line(2, "on-error: "+string(c.OnError.Value), c.OnError.Origin)
	if c.Engine.Value != "" {
		p.line(2, "engine: "+scalar(c.Engine.Value), c.Engine.Origin)
	}
	if len(c.Disable.Value) > 0 {
		p.line(2, "disable: "+scalars(c.Disable.Value), c.Disable.Origin)
	}
	p.line(2, "time-limit: "+c.TimeLimit.Value.String(), c.TimeLimit.Origin)
	for _, e := range c.ownParams() {
		p.line(2, scalar(e.key)+": "+e.value.flow(), e.at.place())
	}
}

func (p *page) waiver(w Waiver) {
	p.line(1, "- control: "+scalar(w.Control), w.place())
	var match []string
	for _, key := range slices.Sorted(maps.Keys(w.Match)) {
		match = append(match, scalar(key)+": "+scalar(w.Match[key]))
	}
	p.line(2, "match: {"+strings.Join(match, ", ")+"}", "")
	p.line(2, "reason: "+scalar(w.Reason), "")
	p.line(2, "owner: "+scalar(w.Owner), "")
	p.line(2, "expires: "+w.Expires.Format(time.DateOnly), "")
}

func scalars(words []string) string {
	var out []string
	for _, w := range words {
		out = append(out, scalar(w))
	}
	return "[" + strings.Join(out, ", ") + "]"
}
