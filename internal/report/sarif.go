package report

import (
	"cmp"
	"fmt"
	"io"
	"maps"
	"regexp"
	"slices"
	"strings"

	"github.com/forewarden/forewarden/internal/control"
	"github.com/forewarden/forewarden/internal/finding"
	"github.com/forewarden/forewarden/internal/gate"
)

// What GitHub's code scanning takes of one run.
const (
	maxResults = 25_000
	maxRules   = 25_000
)

const (
	informationURI = "https://github.com/forewarden/forewarden"
	sourceRoot     = "SRCROOT"
)

// SARIF writes SARIF 2.1.0 with one run per control. A control that could not look has executionSuccessful false;
// whoever uploads must leave such a run out, because its missing results would close alerts.
func SARIF(w io.Writer, r Run) error {
	log := sarifLog{
		Schema:  "https://json.schemastore.org/sarif-2.1.0.json",
		Version: "2.1.0",
		Runs:    []sarifRun{},
	}
	for _, o := range r.Verdict.Outcomes {
		log.Runs = append(log.Runs, toSARIFRun(r.Tool, o))
	}
	return encode(w, log)
}

func toSARIFRun(tool Tool, o gate.Outcome) sarifRun {
	findings, left := mostSevere(o.Findings, maxResults)
	rules := describeRules(o, findings)
	index := map[string]int{}
	for i, rule := range rules {
		index[rule.ID] = i
	}
	results := make([]sarifResult, 0, len(findings))
	for _, f := range findings {
		results = append(results, toSARIFResult(f, index[f.Rule]))
	}
	return sarifRun{
		Tool:              sarifTool{toSARIFDriver(tool, o.Control, rules)},
		AutomationDetails: sarifAutomation{"forewarden/" + o.Control + "/"},
		OriginalURIBaseIDs: map[string]sarifURIBase{
			sourceRoot: {sarifText{"The top folder of the repository that was looked at."}},
		},
		Invocations: []sarifInvocation{{
			ExecutionSuccessful:        o.Status != control.Failed,
			ToolExecutionNotifications: notifications(o, left),
		}},
		ColumnKind: "unicodeCodePoints",
		Results:    results,
		Properties: map[string]string{"engine": o.Engine, "mode": string(o.Mode), "status": string(o.Status)},
	}
}

// mostSevere keeps at most limit findings in their order, and says how many it left out.
func mostSevere(findings []finding.Finding, limit int) (kept []finding.Finding, left int) {
	if len(findings) <= limit {
		return findings, 0
	}
	order := make([]int, len(findings))
	for i := range order {
		order[i] = i
	}
	slices.SortStableFunc(order, func(a, b int) int { return cmp.Compare(findings[b].Severity, findings[a].Severity) })
	order = slices.Sorted(slices.Values(order[:limit]))
	for _, i := range order {
		kept = append(kept, findings[i])
	}
	return kept, len(findings) - limit
}

var semver = regexp.MustCompile(`^(0|[1-9]\d*)\.(0|[1-9]\d*)\.(0|[1-9]\d*)(-[0-9A-Za-z.-]+)?(\+[0-9A-Za-z.-]+)?$`)

// toSARIFDriver names a tool per control, so that an organisation can set a threshold for each.
func toSARIFDriver(tool Tool, id string, rules []sarifRule) sarifDriver {
	version := strings.TrimPrefix(tool.Version, "v")
	d := sarifDriver{
		Name:           "forewarden " + id,
		Version:        version,
		InformationURI: informationURI,
		Rules:          rules,
	}
	if semver.MatchString(version) {
		d.SemanticVersion = version
	}
	if !startsWithDigit(version) {
		d.Version = "0 (" + cmp.Or(version, "unknown") + ")" // readers compare the leading number
	}
	return d
}

func toSARIFResult(f finding.Finding, rule int) sarifResult {
	r := sarifResult{
		RuleID:              f.Rule,
		RuleIndex:           rule,
		Level:               level(f.Severity),
		Message:             sarifText{sentence(f.Message, f.Rule)},
		Locations:           []sarifLocation{toSARIFLocation(f.Location)},
		PartialFingerprints: map[string]string{"forewarden/v1": f.Fingerprint},
		BaselineState:       "new",
		Suppressions:        []sarifSuppression{},
		Properties:          map[string]string{},
	}
	switch state(f) {
	case finding.Existing:
		r.BaselineState = "unchanged"
	case finding.Waived:
		r.Suppressions = append(r.Suppressions, sarifSuppression{"external", "accepted", f.Attributes[waiverReason]})
	}
	maps.Copy(r.Properties, f.Attributes)
	// "tags" is the one property whose type the format fixes, as a list.
	if tags, clash := r.Properties["tags"]; clash {
		delete(r.Properties, "tags")
		r.Properties["attribute-tags"] = tags
	}
	if f.Commit != "" {
		r.Properties["commit"] = f.Commit
	}
	return r
}

// noFile stands for the path of a finding that is about no file, because code scanning refuses a result without one.
const noFile = "no file"

func toSARIFLocation(l finding.Location) sarifLocation {
	region := sarifRegion{l.StartLine, l.StartColumn, l.EndLine, l.EndColumn}
	if region.StartLine == 0 {
		// Code scanning shows a finding only at a line; the first stands for the whole file.
		region = sarifRegion{StartLine: 1}
	}
	return sarifLocation{sarifPhysicalLocation{
		ArtifactLocation: sarifArtifactLocation{relativeURI(cmp.Or(l.Path, noFile)), sourceRoot},
		Region:           region,
	}}
}

// notifications say what a reader must know of how it was looked at, the worst first.
func notifications(o gate.Outcome, left int) []sarifNotification {
	out := []sarifNotification{}
	add := func(level, message string) {
		out = append(out, sarifNotification{level, sarifText{sentence(message, "no reason was given")}})
	}
	switch o.Status {
	case control.Failed:
		add("error", "Could not look: "+o.Reason)
	case control.Skipped:
		add("note", "Skipped: "+o.Reason)
	}
	if left > 0 {
		add("warning", fmt.Sprintf("Left out %s beyond the limit of %s, the least severe",
			count(left, "result"), thousands(maxResults)))
	}
	for _, note := range o.Notes {
		add("note", note)
	}
	for _, s := range o.Stats.Skipped {
		add("note", "Not looked at: "+skipWords(s))
	}
	return out
}
