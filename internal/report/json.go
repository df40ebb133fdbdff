package report

import (
	"bytes"
	"encoding/json"
	"io"

	"github.com/forewarden/forewarden/internal/control"
	"github.com/forewarden/forewarden/internal/finding"
	"github.com/forewarden/forewarden/internal/gate"
)

// jsonVersion is the version of the JSON report; docs/report.schema.json describes it.
const jsonVersion = 1

type jsonReport struct {
	Version  int           `json:"version"`
	Tool     jsonTool      `json:"tool"`
	Verdict  string        `json:"verdict"`
	Scope    jsonScope     `json:"scope"`
	Controls []jsonControl `json:"controls"`
}

type jsonTool struct {
	Name    string `json:"name"`
	Version string `json:"version"`
}

type jsonScope struct {
	Kind string `json:"kind"`
	Base string `json:"base"`
	Head string `json:"head"`
}

type jsonControl struct {
	ID        string         `json:"id"`
	Engine    string         `json:"engine"`
	Mode      string         `json:"mode"`
	Status    string         `json:"status"`
	Reason    string         `json:"reason"`
	Stats     jsonStats      `json:"stats"`
	Artifacts []jsonArtifact `json:"artifacts"`
	Findings  []jsonFinding  `json:"findings"`
}

type jsonStats struct {
	Files      int64            `json:"files"`
	Bytes      int64            `json:"bytes"`
	Commits    int64            `json:"commits"`
	DurationMS int64            `json:"duration_ms"`
	Skipped    map[string]int64 `json:"skipped"`
	Notes      []string         `json:"notes"`
}

type jsonArtifact struct {
	Name      string `json:"name"`
	MediaType string `json:"mediaType"`
	Path      string `json:"path"`
}

type jsonFinding struct {
	Rule        string            `json:"rule"`
	Severity    string            `json:"severity"`
	State       string            `json:"state"`
	Message     string            `json:"message"`
	Remedy      string            `json:"remedy"`
	Path        string            `json:"path"`
	StartLine   int               `json:"startLine"`
	StartColumn int               `json:"startColumn"`
	EndLine     int               `json:"endLine"`
	EndColumn   int               `json:"endColumn"`
	Commit      string            `json:"commit"`
	Fingerprint string            `json:"fingerprint"`
	HelpURL     string            `json:"helpUrl"`
	Attributes  map[string]string `json:"attributes"`
}

// JSON writes the whole run as one object. Every key is always there, so that a reader needs no defaults; excerpts
// and the contents of artifacts are not written.
func JSON(w io.Writer, r Run) error {
	report := jsonReport{
		Version:  jsonVersion,
		Tool:     jsonTool(r.Tool),
		Verdict:  string(r.Verdict.Decision),
		Scope:    jsonScope{Kind: r.Scope.Kind, Base: r.Scope.Base, Head: r.Scope.Head},
		Controls: []jsonControl{},
	}
	for _, o := range r.Verdict.Outcomes {
		report.Controls = append(report.Controls, toJSONControl(o, r.Paths))
	}
	return encode(w, report)
}

// encode writes v indented, with a final newline. Invalid UTF-8 becomes U+FFFD. "##[" is written with an escape: a
// workflow run's log takes it for a command wherever it stands in a line.
func encode(w io.Writer, v any) error {
	var b bytes.Buffer
	e := json.NewEncoder(&b)
	e.SetEscapeHTML(false)
	e.SetIndent("", "  ")
	if err := e.Encode(v); err != nil {
		return err
	}
	_, err := w.Write(bytes.ReplaceAll(b.Bytes(), []byte("##["), []byte(`##\u005b`)))
	return err
}

func toJSONControl(o gate.Outcome, paths map[Artifact]string) jsonControl {
	c := jsonControl{
		ID:        o.Control,
		Engine:    o.Engine,
		Mode:      string(o.Mode),
		Status:    string(o.Status),
		Reason:    o.Reason,
		Stats:     toJSONStats(o.Stats, o.Notes),
		Artifacts: []jsonArtifact{},
		Findings:  []jsonFinding{},
	}
	for _, a := range o.Artifacts {
		c.Artifacts = append(c.Artifacts, jsonArtifact{a.Name, a.MediaType, paths[Artifact{o.Control, a.Name}]})
	}
	for _, f := range o.Findings {
		c.Findings = append(c.Findings, toJSONFinding(f))
	}
	return c
}

func toJSONStats(s control.Stats, notes []string) jsonStats {
	skipped := map[string]int64{}
	for _, skip := range s.Skipped {
		skipped[skip.Reason] += skip.Count
	}
	return jsonStats{s.Files, s.Bytes, s.Commits, s.Duration.Milliseconds(), skipped, append([]string{}, notes...)}
}

func toJSONFinding(f finding.Finding) jsonFinding {
	attributes := f.Attributes
	if attributes == nil {
		attributes = map[string]string{}
	}
	return jsonFinding{
		Rule:        f.Rule,
		Severity:    f.Severity.String(),
		State:       string(state(f)),
		Message:     f.Message,
		Remedy:      f.Remedy,
		Path:        f.Path,
		StartLine:   f.StartLine,
		StartColumn: f.StartColumn,
		EndLine:     f.EndLine,
		EndColumn:   f.EndColumn,
		Commit:      f.Commit,
		Fingerprint: f.Fingerprint,
		HelpURL:     f.HelpURL,
		Attributes:  attributes,
	}
}

// state is a finding's state; its zero value is New.
func state(f finding.Finding) finding.State {
	if f.State == "" {
		return finding.New
	}
	return f.State
}
