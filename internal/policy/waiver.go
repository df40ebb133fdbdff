package policy

import (
	"slices"
	"strings"
	"time"
	"unicode"

	"github.com/forewarden/forewarden/internal/finding"
)

// What a waiver can match on besides its control's attributes.
const (
	matchRule        = "rule"
	matchPathGlob    = "path"
	matchFingerprint = "fingerprint"
	matchCommit      = "commit"
)

const (
	leastReason = 3 // characters that are not space
	leastCommit = 7 // hexadecimal digits, as git abbreviates
)

func waiverKeys() []string { return []string{"control", "match", "reason", "owner", "expires"} }

func (r *reader) waivers(e entry, doc *Document) {
	if e.value.kind != list && e.value.kind != null {
		r.fail(e.value.at, "waivers must be a list")
	}
	for _, n := range e.value.items {
		if w, ok := r.waiver(n); ok {
			doc.waivers = append(doc.waivers, w)
		}
	}
}

// waiver reads one waiver; every key is required.
func (r *reader) waiver(n *node) (Waiver, bool) {
	before := len(r.errs)
	if n.kind != mapping {
		r.fail(n.at, "a waiver must be a mapping with %s", strings.Join(waiverKeys(), ", "))
		return Waiver{}, false
	}
	w := Waiver{Layer: r.layer, Position: n.at}
	var missing []string
	for _, key := range waiverKeys() {
		if n.find(key) == nil {
			missing = append(missing, key)
		}
	}
	if len(missing) > 0 {
		r.fail(n.at, "this waiver lacks %s", strings.Join(missing, ", "))
	}
	if v := n.find("control"); v != nil {
		w.Control = r.waivedControl(v)
	}
	for _, e := range n.entries {
		switch e.key {
		case "control":
		case "match":
			w.Match = r.match(e, w.Control)
		case "reason":
			w.Reason = r.sentence(e, leastReason)
		case "owner":
			w.Owner = r.sentence(e, 1)
		case "expires":
			if d := r.date(e); d != nil {
				w.Expires = d.value
			}
		default:
			r.fail(e.at, "unknown key %s in a waiver%s", quote(e.key), hint(e.key, waiverKeys()))
		}
	}
	return w, len(r.errs) == before
}

// waivedControl reads the control's id; "" after an error.
func (r *reader) waivedControl(n *node) string {
	id, ok := n.word()
	switch {
	case !ok:
		r.fail(n.at, "control must be a control's id")
	case id == reservedControl:
		r.fail(n.at, "findings about the policy itself cannot be waived")
	case !slices.Contains(r.controls(), id):
		r.fail(n.at, "unknown control %s%s", quote(id), hint(id, r.controls()))
	default:
		return id
	}
	return ""
}

// sentence reads a text with at least so many characters that are not space.
func (r *reader) sentence(e entry, least int) string {
	s, ok := e.value.word()
	visible := 0
	for _, c := range s {
		if unicode.IsGraphic(c) && !unicode.IsSpace(c) {
			visible++
		}
	}
	if !ok || visible < least {
		r.fail(e.value.at, "%s must be a text of %d or more characters", e.key, least)
	}
	return strings.TrimSpace(s)
}

func (r *reader) match(e entry, control string) map[string]string {
	if e.value.kind != mapping {
		r.fail(e.value.at, "match must be a mapping of what a finding has")
		return nil
	}
	before := len(r.errs)
	out := map[string]string{}
	narrow := false
	for _, m := range e.value.entries {
		if !r.matchable(m, control) {
			continue
		}
		value, ok := m.value.word()
		if !ok || strings.TrimSpace(value) == "" {
			r.fail(m.value.at, "%s must be a text", quote(m.key))
			continue
		}
		out[m.key] = value
		narrow = r.narrows(m) || narrow
	}
	if !narrow && len(r.errs) == before {
		r.fail(e.at, "this waiver accepts every finding of the rule; name a path, a fingerprint or an attribute, "+
			"or turn the rule off with `disable`")
	}
	return out
}

// matchable reports whether findings of the control have what the entry names. The severity is left out because a
// waiver is about a problem and not about how bad it is.
func (r *reader) matchable(m entry, control string) bool {
	keys := []string{matchRule, matchPathGlob, matchFingerprint, matchCommit}
	attributes := r.known[control]
	if m.key == "severity" {
		r.fail(m.at, "a waiver cannot match on the severity; name what it is about")
		return false
	}
	if slices.Contains(keys, m.key) || attributes == nil || slices.Contains(attributes, m.key) {
		return true
	}
	r.fail(m.at, "findings of %s have no %s%s", control, quote(m.key), hint(m.key, append(keys, attributes...)))
	return false
}

// narrows checks one entry's value and reports whether it picks findings of a rule apart.
func (r *reader) narrows(m entry) bool {
	switch value := m.value.text; m.key {
	case matchRule:
		return false
	case matchPathGlob:
		if matchesEverything(value) {
			return false
		}
		if problem := globProblem(value); problem != "" {
			r.fail(m.value.at, "%s", problem)
		}
	case matchCommit:
		if !isCommit(value) {
			r.fail(m.value.at, "commit must be a full object id or at least its first %d hexadecimal digits", leastCommit)
		}
	}
	return true
}

func isCommit(s string) bool {
	return len(s) >= leastCommit && len(s) <= 64 && strings.Trim(strings.ToLower(s), "0123456789abcdef") == ""
}

// Matches says whether the waiver accepts a finding of the control. Whether it still counts, Expired says.
func (w Waiver) Matches(controlID string, f finding.Finding) bool {
	if w.Control != controlID || len(w.Match) == 0 {
		return false
	}
	for key, want := range w.Match {
		if !matches(key, want, f) {
			return false
		}
	}
	return true
}

func matches(key, want string, f finding.Finding) bool {
	switch key {
	case matchRule:
		return f.Rule == want || strings.HasPrefix(f.Rule, want+"/")
	case matchPathGlob:
		return f.Path != "" && matchPath(want, f.Path)
	case matchFingerprint:
		return f.Fingerprint == want
	case matchCommit:
		return isCommit(want) && strings.HasPrefix(strings.ToLower(f.Commit), strings.ToLower(want))
	}
	got, ok := f.Attributes[key]
	return ok && got == want
}

// Expired says whether the last day on which the waiver counts is over, in UTC.
func (w Waiver) Expired(now time.Time) bool { return day(now).After(w.Expires) }
