package gitleaks

import (
	"strings"

	"github.com/forewarden/forewarden/internal/controls/secretscan/intent"
	"github.com/forewarden/forewarden/internal/finding"
)

// An allowIndex finds the comments that accept sightings. Its text is masked, so that no reason holds a credential
// that was found. Lines are looked at once, however many sightings they have.
type allowIndex struct {
	lines lineIndex
	known map[int]marker
}

// A marker is what a line says.
type marker struct {
	allow   intent.Allow
	comment bool // the line is nothing but a comment
}

// in finds the comment that accepts a sighting on lines first to last: on one of them, or, for our own marker, alone
// on the line above.
func (x allowIndex) in(first, last int) intent.Allow {
	for n := first; n <= last; n++ {
		if m := x.at(n); m.allow.Marker != "" {
			return m.allow
		}
	}
	if above := x.at(first - 1); above.comment && above.allow.Marker == intent.ForewardenAllow {
		return above.allow
	}
	return intent.Allow{}
}

func (x allowIndex) at(line int) marker {
	m, known := x.known[line]
	if !known {
		text := x.lines.at(line)
		m = marker{allow: allowOn(text), comment: isComment(strings.TrimSpace(text))}
		x.known[line] = m
	}
	return m
}

func allowOn(line string) intent.Allow {
	if _, reason, ok := strings.Cut(line, intent.ForewardenAllow); ok {
		for _, closer := range []string{"*/", "-->", "--%>", "#}", "}}"} {
			reason, _, _ = strings.Cut(reason, closer)
		}
		reason = strings.Trim(strings.TrimSpace(reason[:min(len(reason), 1000)]), `"',;:`)
		return intent.Allow{Marker: intent.ForewardenAllow, Reason: finding.Prose(reason)}
	}
	if strings.Contains(line, intent.GitleaksAllow) {
		return intent.Allow{Marker: intent.GitleaksAllow, Reason: "marked " + intent.GitleaksAllow}
	}
	return intent.Allow{}
}

// isComment says whether a line is nothing but a comment in one of the usual languages.
func isComment(line string) bool {
	for _, opener := range []string{"#", "//", "/*", "*", "--", ";", "<!--", "%", "{{/*", "{#", "REM "} {
		if strings.HasPrefix(line, opener) {
			return true
		}
	}
	return false
}
