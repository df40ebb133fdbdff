// Package intent is what secret-scan wants, no credential enters the repository, and how sightings of credentials
// are judged.
package intent

import (
	"fmt"
	"regexp"
	"strconv"
	"strings"
	"time"

	"github.com/forewarden/forewarden/internal/control"
	"github.com/forewarden/forewarden/internal/finding"
)

// ID is the control's id.
const ID = "secret-scan"

// HelpURL is where a reader learns what to do about a leaked credential.
const HelpURL = "https://github.com/forewarden/forewarden/blob/main/docs/secret-scan.md"

// A Kind says how sure a sighting is.
type Kind string

// The kinds, from the surest.
const (
	ProviderToken Kind = "provider-token" // the text itself has a provider's format
	PrivateKey    Kind = "private-key"
	Generic       Kind = "generic" // only its surroundings or its randomness say that it is a credential
)

// A Hit is one sighting. It holds no secret: the digest is finding.SecretDigest.
type Hit struct {
	Rule        string
	Description string // the rule's, a sentence
	Kind        Kind
	Origin      string // why an ordinary scan would have missed it; "" where it would not
	Digest      string
	Location    finding.Location
	SecretLine  int // the line of the credential itself where that is not StartLine, else 0
	Excerpt     finding.Excerpt
	Class       string // the path's class
	VendoredIn  string // the vendored folder, "" for our own code
	Encoding    string // how the credential was encoded, "" for not at all
	Authored    time.Time
	// StillPresent says whether the files as they are now hold it: "true", "false", "" for not known.
	StillPresent string
	// HeadPath and HeadLine are where it stands there; "" and 0 where it does not.
	HeadPath string
	HeadLine int
	Allow    Allow
	Ignored  string // the entry of an ignore file that names it, "file:line"
}

// An Allow is a comment by which an author accepts a sighting.
type Allow struct {
	Marker string // "" for no comment
	Reason string // fit for a message, see finding.Prose
	AtHead bool   // it stands where the change ends and not where the sighting is
}

// Evidence is what an engine saw.
type Evidence struct {
	Hits  []Hit
	Stats control.Stats
	Notes []string
	// Nothing says why there was nothing to look at, "" where there was something.
	Nothing string
	// Waivers says that the repository's own allows and ignores count.
	Waivers bool
}

// Params are the control's parameters in a policy.
type Params struct {
	// MaxFileMegabytes is the largest file, and the largest addition in one place, that is looked into.
	MaxFileMegabytes int `yaml:"max-file-megabytes"`
}

// ForewardenAllow is the comment that accepts a sighting, followed by a reason; GitleaksAllow is gitleaks' own,
// which takes none.
const (
	ForewardenAllow = "forewarden:allow"
	GitleaksAllow   = "gitleaks:allow"
)

// Spec is the intent.
func Spec() control.Spec[Evidence, Params] {
	return control.Spec[Evidence, Params]{
		ID:       ID,
		Title:    "No credential enters the repository",
		Doc:      "Finds tokens, keys and random-looking passwords in what a change adds, in the files as they are, or in every commit.",
		Defaults: Params{MaxFileMegabytes: 64},
		Validate: func(p Params) error {
			if p.MaxFileMegabytes < 1 || p.MaxFileMegabytes > 2000 {
				return fmt.Errorf("max-file-megabytes is %d: want 1 to 2000", p.MaxFileMegabytes)
			}
			return nil
		},
		Attributes: []string{"kind", "path-class", "author-date", "still-present", "vendored-in", "encoding", "origin"},
		Variants:   variants(),
		Describe:   describe,
		Judge:      judge,
	}
}

func judge(e Evidence, _ Params) (control.Judgement, error) {
	j := control.Judgement{Stats: e.Stats, Notes: e.Notes, Skipped: e.Nothing}
	seen := map[string]bool{}
	for _, h := range e.Hits {
		f := h.finding(e.Waivers)
		j.Findings = append(j.Findings, f)
		if !seen[f.Rule] {
			seen[f.Rule] = true
			j.Rules = append(j.Rules, describe(control.Rule{ID: f.Rule, Title: h.Description, Tags: []string{string(h.Kind)}}))
		}
	}
	return j, nil
}

// finding judges one sighting.
func (h Hit) finding(waivers bool) finding.Finding {
	f := finding.Finding{
		Rule:        h.Rule,
		Severity:    severity(h.Kind, h.Class),
		Location:    h.Location,
		Fingerprint: finding.Fingerprint(ID, h.Rule, h.Digest),
		HelpURL:     HelpURL,
		Excerpt:     h.Excerpt,
		Attributes:  h.attributes(),
	}
	if h.Origin != "" {
		f.Rule += "/" + h.Origin
	}
	refusal := ""
	switch {
	case h.Ignored != "" && waivers:
		f.State = finding.Waived
		f.Attributes["waived-by"], f.Attributes["waiver-reason"] = h.Ignored, "listed in "+h.Ignored
	case h.Allow.Marker != "":
		if refusal = h.refuse(waivers); refusal == "" {
			f.State = finding.Waived
			f.Attributes["waived-by"], f.Attributes["waiver-reason"] = h.Allow.Marker, h.Allow.Reason
		} else if h.Origin == "" {
			f.Rule += "/" + AllowRefused
		}
	}
	f.Message = h.message(refusal)
	f.Remedy = remedy(h.Kind, way{
		comment: waivers && clearable(h.Kind, h.Class), repository: waivers,
		removed: h.StillPresent == "false", fingerprint: f.Fingerprint,
	})
	return f
}

// refuse says why an allow does not count, "" where it does.
func (h Hit) refuse(waivers bool) string {
	switch {
	case !waivers:
		return "The comment that allows it does not count here: the organisation's policy allows no waivers of repositories."
	case h.Allow.Marker == ForewardenAllow && h.Allow.Reason == "":
		return "The comment that allows it gives no reason, so it does not count."
	case !clearable(h.Kind, h.Class):
		return "The comment that allows it does not count: outside test files this kind of credential needs a waiver in the policy."
	}
	return ""
}

// clearable says whether a comment in the source can accept a sighting: one that may well be no credential, or one
// in a fixture. Anything else needs a waiver, which a pull request cannot give itself.
func clearable(k Kind, class string) bool { return k == Generic || class == "test" }

// severity is rule x path class: critical for what is certainly a provider's token, high for a key in production
// code, and less where doubt or distance grows. The table is in docs/secret-scan.md.
func severity(k Kind, class string) finding.Severity {
	vendored, production := class == "vendored", class == "production"
	switch {
	case k == ProviderToken && !vendored:
		return finding.Critical
	case k == PrivateKey && (production || class == "generated" || class == "lock"): // a header is written quickly
		return finding.High
	case k == ProviderToken, k == PrivateKey && !vendored, k == Generic && production:
		return finding.Medium
	}
	return finding.Low
}

func (h Hit) attributes() map[string]string {
	a := map[string]string{"kind": string(h.Kind), "path-class": h.Class}
	for key, value := range map[string]string{
		"vendored-in": h.VendoredIn, "encoding": h.Encoding, "origin": h.Origin, "still-present": h.StillPresent,
	} {
		if value != "" {
			a[key] = value
		}
	}
	if h.HeadPath != "" {
		a["head-path"], a["head-line"] = h.HeadPath, strconv.Itoa(h.HeadLine)
	}
	if !h.Authored.IsZero() {
		a["author-date"] = h.Authored.UTC().Format(time.RFC3339)
	}
	if h.SecretLine > 0 {
		a["secret-line"] = strconv.Itoa(h.SecretLine)
	}
	return a
}

// consequence is the half of a description that says what any leak can lead to; whoever reads a finding knows.
var consequence = regexp.MustCompile(`, (?:which |potentially |possibly |\pL+ing ).*$`)

func (h Hit) message(refusal string) string {
	var b strings.Builder
	b.WriteString(sentence(consequence.ReplaceAllString(h.Description, "")))
	add := func(when bool, text string) {
		if when {
			b.WriteString(" " + text)
		}
	}
	add(h.SecretLine > 0, fmt.Sprintf("The value is on line %d.", h.SecretLine))
	add(h.Encoding != "", "It is encoded ("+h.Encoding+").")
	for _, x := range extras {
		add(h.Origin == x.id, x.told)
	}
	add(h.StillPresent == "false", "It was removed since, but the commit that added it still holds it.")
	add(refusal != "", refusal)
	return b.String()
}

func sentence(s string) string {
	s = strings.TrimSpace(s)
	if s == "" {
		return "A credential was found."
	}
	return strings.TrimRight(s, ".") + "."
}
