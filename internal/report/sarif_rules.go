package report

import (
	"cmp"
	"maps"
	"slices"
	"strings"
	"unicode"

	"github.com/forewarden/forewarden/internal/control"
	"github.com/forewarden/forewarden/internal/finding"
	"github.com/forewarden/forewarden/internal/gate"
)

// maxText is the longest description that code scanning takes, in code points.
const maxText = 1024

// describeRules documents every rule that the findings name, and the outcome's other rules as far as the limit
// goes; sorted by id.
func describeRules(o gate.Outcome, findings []finding.Finding) []sarifRule {
	documented := map[string]control.Rule{}
	for _, rule := range o.Rules {
		if _, twice := documented[rule.ID]; !twice {
			documented[rule.ID] = rule
		}
	}
	worst := map[string]finding.Finding{}
	for _, f := range findings {
		if first, seen := worst[f.Rule]; !seen || f.Severity > first.Severity {
			worst[f.Rule] = f
		}
	}
	ids := slices.Sorted(maps.Keys(worst))
	for _, id := range slices.Sorted(maps.Keys(documented)) {
		if _, used := worst[id]; !used && len(ids) < maxRules {
			ids = append(ids, id)
		}
	}
	slices.Sort(ids)
	rules := make([]sarifRule, 0, len(ids))
	for _, id := range ids {
		f, used := worst[id]
		if !used {
			f.Severity = finding.Medium
		}
		rules = append(rules, toSARIFRule(o.Control, document(id, documented, f), f.Severity))
	}
	return rules
}

// document finds a rule's documentation. A variant like "token/merge-only" has its parent's where it has none of
// its own; what nobody documented is described by the finding.
func document(id string, documented map[string]control.Rule, f finding.Finding) control.Rule {
	for parent := id; parent != ""; {
		if rule, ok := documented[parent]; ok {
			rule.ID = id
			return rule
		}
		parent = parent[:max(strings.LastIndex(parent, "/"), 0)]
	}
	return control.Rule{ID: id, Title: f.Message, Doc: f.Message, Remedy: f.Remedy, HelpURL: f.HelpURL}
}

func toSARIFRule(controlID string, rule control.Rule, worst finding.Severity) sarifRule {
	title := sentence(rule.Title, rule.ID)
	doc := sentence(rule.Doc, title)
	help := doc
	markdownHelp := markdown(doc)
	if remedy := strings.TrimSpace(rule.Remedy); remedy != "" {
		help += " " + sentence(remedy, "")
		markdownHelp += "\n\n**What to do:** " + markdown(sentence(remedy, ""))
	}
	return sarifRule{
		ID:                   rule.ID,
		Name:                 pascalCase(rule.ID),
		ShortDescription:     sarifText{title},
		FullDescription:      sarifText{doc},
		Help:                 sarifHelp{help, markdownHelp},
		HelpURI:              helpURI(rule.HelpURL),
		DefaultConfiguration: sarifConfiguration{level(worst)},
		Properties:           sarifRuleProperties{[]string{"security", controlID}, securitySeverity(worst)},
	}
}

// helpURI is where to read more. SARIF wants an absolute URI, so anything else becomes the project's own page.
func helpURI(url string) string {
	if isWebURL(url) {
		return url
	}
	return informationURI
}

// pascalCase is a rule's name: "aws-access-token/merge-only" is AwsAccessTokenMergeOnly. It differs from the id, as
// the format asks.
func pascalCase(id string) string {
	words := strings.FieldsFunc(id, func(r rune) bool {
		return r > unicode.MaxASCII || !unicode.IsLetter(r) && !unicode.IsDigit(r)
	})
	var b strings.Builder
	for _, w := range words {
		b.WriteString(strings.ToUpper(w[:1]) + w[1:])
	}
	name := b.String()
	if name == "" || unicode.IsDigit(rune(name[0])) || strings.EqualFold(name, id) {
		name = "Rule" + name
	}
	return name
}

// sentence is words as plain SARIF text: not empty, without anything that a viewer takes for a link, at most maxText
// code points, and ending with a period.
func sentence(words, otherwise string) string {
	words = strings.Join(strings.Fields(strings.ToValidUTF8(words, "\ufffd")), " ")
	words = cmp.Or(words, otherwise)
	words = strings.ReplaceAll(words, "](", "] (")
	return strings.TrimRight(cut(words, maxText-1), ".") + "."
}

func level(s finding.Severity) string {
	switch s {
	case finding.Critical, finding.High:
		return "error"
	case finding.Medium:
		return "warning"
	}
	return "note"
}

// securitySeverity is the number from which code scanning makes critical, high, medium or low.
func securitySeverity(s finding.Severity) string {
	switch s {
	case finding.Critical:
		return "9.5"
	case finding.High:
		return "8.0"
	case finding.Medium:
		return "5.5"
	}
	return "2.0"
}
