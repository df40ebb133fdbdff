package report

import (
	"encoding/json"
	"fmt"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/forewarden/forewarden/internal/control"
	"github.com/forewarden/forewarden/internal/finding"
)

func readSARIF(t *testing.T, r Run) sarifLog {
	t.Helper()
	var log sarifLog
	require.NoError(t, json.Unmarshal(write(t, "sarif", r, Options{}), &log))
	return log
}

func TestSARIFKeepsTheMostSevereResults(t *testing.T) {
	const extra = 7
	r := many(maxResults+extra, func(i int, f *finding.Finding) {
		f.Rule = fmt.Sprint("rule-", i)
		if i < 100 {
			f.Severity = finding.Low
		}
	})
	r.Verdict.Outcomes[0].Rules = []control.Rule{{ID: "unused"}}
	run := readSARIF(t, r).Runs[0]
	require.Len(t, run.Results, maxResults)
	require.Len(t, run.Tool.Driver.Rules, maxRules, "a rule that found nothing goes first")
	require.Contains(t, run.Invocations[0].ToolExecutionNotifications[0].Message.Text, "Left out 7 results")
	require.Equal(t, "rule-0", run.Results[0].RuleID, "the order stays")
	require.Equal(t, "rule-92", run.Results[92].RuleID)
	require.Equal(t, "rule-100", run.Results[93].RuleID, "the least severe were left out")
	for _, result := range run.Results {
		require.Equal(t, result.RuleID, run.Tool.Driver.Rules[result.RuleIndex].ID)
	}
}

func TestSARIFRuleTakesTheWorstSeverity(t *testing.T) {
	r := many(3, func(i int, f *finding.Finding) {
		f.Severity = []finding.Severity{finding.Low, finding.Critical, finding.Medium}[i]
	})
	run := readSARIF(t, r).Runs[0]
	require.Len(t, run.Tool.Driver.Rules, 1)
	rule := run.Tool.Driver.Rules[0]
	require.Equal(t, "9.5", rule.Properties.SecuritySeverity)
	require.Equal(t, "error", rule.DefaultConfiguration.Level)
	var levels []string
	for _, result := range run.Results {
		levels = append(levels, result.Level)
	}
	require.Equal(t, []string{"note", "error", "warning"}, levels)
}

func TestSARIFVariantHasItsParentsDocumentation(t *testing.T) {
	r := many(2, func(i int, f *finding.Finding) { f.Rule = []string{"token/merge-only", "orphan/x"}[i] })
	r.Verdict.Outcomes[0].Rules = []control.Rule{{ID: "token", Title: "Token", Doc: "It leaks", Remedy: "Revoke *it*"}}
	rules := readSARIF(t, r).Runs[0].Tool.Driver.Rules
	require.Equal(t, []string{"orphan/x", "token", "token/merge-only"}, []string{rules[0].ID, rules[1].ID, rules[2].ID})
	require.Equal(t, "It is wrong.", rules[0].FullDescription.Text, "what nobody documented is described by the finding")
	require.Equal(t, "It leaks.", rules[2].FullDescription.Text)
	require.Equal(t, "It leaks. Revoke *it*.", rules[2].Help.Text)
	require.Equal(t, "It leaks.\n\n**What to do:** Revoke \\*it\\*.", rules[2].Help.Markdown)
}

func TestSARIFWithoutFindings(t *testing.T) {
	run := readSARIF(t, unseen()).Runs[0]
	require.False(t, run.Invocations[0].ExecutionSuccessful)
	require.Equal(t, "error", run.Invocations[0].ToolExecutionNotifications[0].Level)
	require.NotNil(t, run.Results)
	require.NotNil(t, run.Tool.Driver.Rules)
	require.True(t, readSARIF(t, clean()).Runs[0].Invocations[0].ExecutionSuccessful)
	require.NotContains(t, string(write(t, "sarif", Run{}, Options{})), "null")
}

func TestSARIFStates(t *testing.T) {
	r := many(3, func(i int, f *finding.Finding) {
		f.State = []finding.State{finding.New, finding.Existing, finding.Waived}[i]
		f.Attributes = map[string]string{"waiver-reason": "agreed", "tags": "a,b"}
	})
	results := readSARIF(t, r).Runs[0].Results
	require.Equal(t, []string{"new", "unchanged", "new"},
		[]string{results[0].BaselineState, results[1].BaselineState, results[2].BaselineState})
	require.Empty(t, results[0].Suppressions)
	require.Empty(t, results[1].Suppressions)
	require.Equal(t, []sarifSuppression{{"external", "accepted", "agreed"}}, results[2].Suppressions)
	require.Equal(t, map[string]string{"waiver-reason": "agreed", "attribute-tags": "a,b"}, results[0].Properties)
}

func TestPascalCase(t *testing.T) {
	for id, want := range map[string]string{
		"aws-access-token/merge-only": "AwsAccessTokenMergeOnly", "unused": "RuleUnused", "G101": "RuleG101",
		"1password": "Rule1password", "é": "Rule", "S.1_a": "S1A",
	} {
		require.Equal(t, want, pascalCase(id), id)
	}
}

func TestSentence(t *testing.T) {
	for in, want := range map[string]string{
		"": "otherwise.", "a": "a.", "a.": "a.", " a\n b ": "a b.", "[x](https://evil.example)": "[x] (https://evil.example).",
	} {
		require.Equal(t, want, sentence(in, "otherwise"), in)
	}
	long := sentence(string(make([]byte, 5000)), "")
	require.Len(t, []rune(long), maxText)
}
