package gitleaks

import (
	"strings"

	"github.com/forewarden/forewarden/internal/controls/secretscan/intent"
	"github.com/forewarden/forewarden/internal/finding"
)

// allowIn finds the comment that accepts a sighting on lines first to last: on one of them, or, for our own marker,
// alone on the line above. secret never reaches the reason.
func allowIn(lines lineIndex, first, last int, secret string) intent.Allow {
	for n := first; n <= last; n++ {
		if a := allowOn(lines.at(n), secret); a.Marker != "" {
			return a
		}
	}
	if above := strings.TrimSpace(lines.at(first - 1)); isComment(above) {
		if a := allowOn(above, secret); a.Marker == intent.ForewardenAllow {
			return a
		}
	}
	return intent.Allow{}
}

func allowOn(line, secret string) intent.Allow {
	if _, reason, ok := strings.Cut(line, intent.ForewardenAllow); ok {
		if secret != "" {
			reason = strings.ReplaceAll(reason, secret, "")
		}
		for _, closer := range []string{"*/", "-->", "--%>", "#}", "}}"} {
			reason, _, _ = strings.Cut(reason, closer)
		}
		reason = strings.Trim(strings.TrimSpace(reason), `"',;:`)
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
