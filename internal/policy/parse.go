package policy

import (
	"cmp"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/forewarden/forewarden/internal/finding"
)

// reservedControl is the id under which findings about the policy itself are reported; no policy can speak of it.
const reservedControl = "policy"

// maxErrors bounds what one file complains of at once.
const maxErrors = 10

// A Document is one layer as it was written, checked on its own and not yet merged.
type Document struct {
	name        string
	preset      *placed[string]
	enforceFrom *placed[time.Time]
	overrides   *placed[Overrides]
	controls    []section // in the file's order
	waivers     []Waiver
}

// placed is a setting with the place of its key.
type placed[T any] struct {
	value T
	at    Position
}

// A section is what a document says of one control; nil means nothing.
type section struct {
	id        string
	mode      *placed[Mode]
	failOn    *placed[finding.Severity]
	onError   *placed[OnError]
	engine    *placed[string]
	disable   *placed[[]string]
	timeLimit *placed[time.Duration]
	params    params
}

// commonKeys are the keys that every control's section can have.
func commonKeys() []string {
	return []string{"mode", "fail-on", "on-error", "engine", "disable", "time-limit"}
}

// Parse reads one layer strictly; name is the file's name in messages and origins. A file without content is an
// empty document. The error is an *Error or several joined, at most ten, and repeats no text of the file but
// offending keys and the names that modes, severities, presets and controls are chosen by.
func Parse(name string, data []byte, layer Layer, known Known) (*Document, error) {
	top, err := source{name}.read(data)
	if err != nil {
		return nil, err
	}
	doc := &Document{name: name}
	if top == nil {
		return doc, nil
	}
	r := &reader{layer: layer, known: known}
	r.document(top, doc)
	if err := r.err(); err != nil {
		return nil, err
	}
	return doc, nil
}

// A reader turns nodes into settings and gathers what is wrong.
type reader struct {
	layer Layer
	known Known
	errs  []*Error
}

func (r *reader) fail(at Position, format string, args ...any) {
	r.errs = append(r.errs, &Error{Position: at, Message: fmt.Sprintf(format, args...)})
}

// err is everything that went wrong, in the file's order.
func (r *reader) err() error {
	slices.SortStableFunc(r.errs, func(a, b *Error) int {
		return cmp.Or(cmp.Compare(a.Line, b.Line), cmp.Compare(a.Column, b.Column))
	})
	var errs []error
	for _, e := range r.errs[:min(len(r.errs), maxErrors)] {
		errs = append(errs, e)
	}
	if len(errs) == 1 {
		return errs[0]
	}
	return errors.Join(errs...)
}

// controls are the ids that a policy may name, sorted.
func (r *reader) controls() []string {
	ids := slices.Sorted(maps.Keys(r.known))
	return slices.DeleteFunc(ids, func(id string) bool { return id == reservedControl })
}

// entries are a mapping's entries; nothing at all counts as an empty one.
func (r *reader) entries(n *node, what string) []entry {
	if n.kind != mapping && n.kind != null {
		r.fail(n.at, "%s must be a mapping of keys to values", what)
	}
	return n.entries
}

func (r *reader) document(top *node, doc *Document) {
	if top.kind != mapping {
		r.fail(top.at, "a policy must be a mapping of keys to values")
		return
	}
	if v := top.find("version"); v != nil && !r.version(v) {
		return // the rest may be in a language that this program does not know
	}
	for _, e := range top.entries {
		switch e.key {
		case "version":
		case "preset":
			doc.preset = oneOf(r, e, presetNames()...)
		case "enforce-from":
			doc.enforceFrom = r.date(e)
		case "overrides":
			doc.overrides = oneOf(r, e, OverrideNone, OverrideWaivers, OverrideAll)
		case "controls":
			for _, c := range r.entries(e.value, "controls") {
				r.section(c, doc)
			}
		case "waivers":
			r.waivers(e, doc)
		default:
			r.fail(e.at, "unknown key %s%s", quote(e.key),
				hint(e.key, []string{"version", "preset", "enforce-from", "overrides", "controls", "waivers"}))
		}
	}
}

// version reports whether this program reads the document's format.
func (r *reader) version(n *node) bool {
	v, err := strconv.Atoi(n.text)
	switch {
	case n.kind != number || err != nil || v < 1:
		r.fail(n.at, "version must be the number %d", Version)
	case v > Version:
		r.fail(n.at, "this policy has version %d and needs a newer forewarden; this one reads version %d", v, Version)
	}
	return n.kind == number && v == Version
}

func (r *reader) section(e entry, doc *Document) {
	if !slices.Contains(r.controls(), e.key) {
		r.fail(e.at, "unknown control %s%s", quote(e.key), hint(e.key, r.controls()))
		return
	}
	s := section{id: e.key}
	for _, e := range r.entries(e.value, "the section of "+e.key) {
		switch e.key {
		case "mode":
			s.mode = oneOf(r, e, Off, Warn, Enforce)
		case "fail-on":
			s.failOn = r.severity(e)
		case "on-error":
			s.onError = oneOf(r, e, ErrorWarns, ErrorBlocks)
		case "engine":
			s.engine = r.name(e)
		case "disable":
			s.disable = r.names(e)
		case "time-limit":
			s.timeLimit = r.duration(e)
		default:
			s.params = append(s.params, e)
		}
	}
	doc.controls = append(doc.controls, s)
}

// oneOf reads a value that has a few names.
func oneOf[T ~string](r *reader, e entry, allowed ...T) *placed[T] {
	var names []string
	for _, a := range allowed {
		names = append(names, string(a))
	}
	word, ok := e.value.word()
	if !ok {
		r.fail(e.value.at, "%s must be one of %s", e.key, strings.Join(names, ", "))
		return nil
	}
	if !slices.Contains(allowed, T(word)) {
		r.fail(e.value.at, "%s cannot be %s%s", e.key, quote(word), hint(word, names))
		return nil
	}
	return &placed[T]{T(word), e.at}
}

func (r *reader) severity(e entry) *placed[finding.Severity] {
	name := oneOf(r, e, finding.Severities()...)
	if name == nil {
		return nil
	}
	s, err := finding.ParseSeverity(name.value)
	if err != nil {
		r.fail(e.value.at, "%s is no severity", e.key)
		return nil
	}
	return &placed[finding.Severity]{s, e.at}
}

func (r *reader) date(e entry) *placed[time.Time] {
	day, ok := parseDate(e.value)
	if !ok {
		r.fail(e.value.at, "%s must be a date such as 2027-06-30", e.key)
		return nil
	}
	return &placed[time.Time]{day, e.at}
}

// parseDate reads a day, or the UTC day of a timestamp (https://yaml.org/type/timestamp.html), of an age that
// computers have seen and in four digits.
func parseDate(n *node) (time.Time, bool) {
	if n.kind != text {
		return time.Time{}, false
	}
	for _, layout := range []string{time.DateOnly, time.RFC3339, "2006-01-02t15:04:05Z07:00", time.DateTime} {
		if t, err := time.Parse(layout, n.text); err == nil {
			d := day(t)
			return d, !d.Before(time.Date(1970, 1, 1, 0, 0, 0, 0, time.UTC)) && d.Year() < 10000
		}
	}
	return time.Time{}, false
}

// day is the midnight at which t's UTC day began.
func day(t time.Time) time.Time {
	y, m, d := t.UTC().Date()
	return time.Date(y, m, d, 0, 0, 0, 0, time.UTC)
}

func (r *reader) duration(e entry) *placed[time.Duration] {
	d, err := time.ParseDuration(e.value.text)
	if e.value.kind != text || err != nil || d <= 0 {
		r.fail(e.value.at, "%s must be a duration above zero such as 30m or 1h30m", e.key)
		return nil
	}
	return &placed[time.Duration]{d, e.at}
}

// name reads the name of an engine; whether there is such an engine, its control knows.
func (r *reader) name(e entry) *placed[string] {
	if e.value.kind != text || !isName(e.value.text) {
		r.fail(e.value.at, "%s must be a name without spaces", e.key)
		return nil
	}
	return &placed[string]{e.value.text, e.at}
}

func (r *reader) names(e entry) *placed[[]string] {
	if e.value.kind != list {
		r.fail(e.value.at, "%s must be a list of rule ids", e.key)
		return nil
	}
	out := placed[[]string]{at: e.at}
	for _, n := range e.value.items {
		if n.kind != text || !isName(n.text) {
			r.fail(n.at, "a rule id in %s must be a text without spaces", e.key)
			continue
		}
		out.value = append(out.value, n.text)
	}
	slices.Sort(out.value)
	out.value = slices.Compact(out.value)
	return &out
}

// isName says whether s can be an id: printable, without spaces.
func isName(s string) bool {
	return s != "" && len(s) <= 200 && !strings.ContainsFunc(s, func(r rune) bool {
		return r <= ' ' || r == 0x7f || !strconv.IsPrint(r)
	})
}
