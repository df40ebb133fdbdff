package gitleaks

import (
	"flag"
	"fmt"
	"maps"
	"os"
	"regexp"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"github.com/zricethezav/gitleaks/v8/config"
	"github.com/zricethezav/gitleaks/v8/detect"

	"github.com/forewarden/forewarden/internal/controls/secretscan/intent"
	"github.com/forewarden/forewarden/internal/controltest"
	"github.com/forewarden/forewarden/internal/scope"
)

// fromLibrary is a detector as the library makes it, through its global viper.
var fromLibrary = sync.OnceValues(detect.NewDetectorDefaultConfig)

// The default rules that we read are those that the library reads, in every respect.
func TestDefaultRulesAreTheLibrarys(t *testing.T) {
	library, err := fromLibrary()
	require.NoError(t, err)
	want := library.Config
	got, notes, err := configuration(scope.Settings{})
	require.NoError(t, err)
	assert.Empty(t, notes)
	require.Len(t, got.Rules, len(want.Rules))
	require.Greater(t, len(want.Rules), 200)
	for id, w := range want.Rules {
		g, ok := got.Rules[id]
		require.True(t, ok, "rule %s is missing", id)
		require.Equal(t, plainRule(w), plainRule(g), id)
	}
	assert.Equal(t, want.Keywords, got.Keywords)
	assert.Equal(t, plainLists(want.Allowlists), plainLists(got.Allowlists))
	assert.ElementsMatch(t, want.OrderedRules, got.OrderedRules)
	assert.True(t, slices.IsSorted(got.OrderedRules))
}

// plain is a rule or an allow-list without what the library computes from it.
type plain map[string]any

func plainRule(r config.Rule) plain {
	var required []string
	for _, q := range r.RequiredRules {
		required = append(required, fmt.Sprint(q.RuleID, q.WithinLines, q.WithinColumns))
	}
	return plain{
		"id": r.RuleID, "description": r.Description, "entropy": r.Entropy, "group": r.SecretGroup,
		"regex": pattern(r.Regex), "path": pattern(r.Path), "tags": strings.Join(r.Tags, ","),
		"keywords": strings.Join(r.Keywords, ","), "skip": r.SkipReport, "required": required, "allow": plainLists(r.Allowlists),
	}
}

func plainLists(as []*config.Allowlist) []plain {
	var out []plain
	for _, a := range as {
		out = append(out, plain{
			"description": a.Description, "condition": a.MatchCondition, "target": a.RegexTarget,
			"commits": slices.Sorted(slices.Values(a.Commits)), "stopwords": slices.Sorted(slices.Values(a.StopWords)),
			"regexes": patterns(a.Regexes), "paths": patterns(a.Paths),
		})
	}
	return out
}

func pattern(re *regexp.Regexp) string {
	if re == nil {
		return ""
	}
	return re.String()
}

func patterns(res []*regexp.Regexp) []string {
	var out []string
	for _, re := range res {
		out = append(out, re.String())
	}
	return out
}

const kindsFile = "testdata/kinds.txt"

// Every default rule's kind, for a reader to review; -update writes the file anew.
func TestKindsOfTheDefaultRules(t *testing.T) {
	c, _, err := configuration(scope.Settings{})
	require.NoError(t, err)
	var b strings.Builder
	b.WriteString("# What a match of each rule is taken for. \"or provider-token\": where the match has the provider's own format.\n" +
		"# Written by: go test ./internal/controls/secretscan/gitleaks -run TestKindsOfTheDefaultRules -update\n")
	for _, id := range slices.Sorted(maps.Keys(c.Rules)) {
		k := certaintyOf(c.Rules[id])
		fmt.Fprintf(&b, "%-40s %s", id, k.kind)
		if k.sure != nil {
			b.WriteString(" or " + string(intent.ProviderToken))
		}
		if k.body != nil {
			b.WriteString(" or " + string(intent.Generic))
		}
		b.WriteByte('\n')
	}
	if flag.Lookup("update").Value.String() == "true" { // the flag is controltest's
		require.NoError(t, os.MkdirAll("testdata", 0o755))
		require.NoError(t, os.WriteFile(kindsFile, []byte(b.String()), 0o644))
		return
	}
	want, err := os.ReadFile(kindsFile)
	require.NoError(t, err)
	assert.Equal(t, string(want), b.String())
}

func TestKinds(t *testing.T) {
	c, _, err := configuration(scope.Settings{})
	require.NoError(t, err)
	for kind, ids := range map[intent.Kind][]string{
		intent.ProviderToken: {"aws-access-token", "github-pat", "stripe-access-token", "slack-bot-token"},
		intent.Generic:       {"datadog-access-token", "sourcegraph-access-token", "vault-service-token", "generic-api-key", "jwt"},
		intent.PrivateKey:    {"private-key", "pkcs12-file"},
	} {
		for _, id := range ids {
			require.Contains(t, c.Rules, id)
			assert.Equal(t, kind, certaintyOf(c.Rules[id]).kind, id)
		}
	}
}

// A rule can match both a provider's own format and something that any random text has.
func TestKindOfOneMatch(t *testing.T) {
	c, _, err := configuration(scope.Settings{})
	require.NoError(t, err)
	word := strings.Repeat("Aq7_", 25)
	for name, tt := range map[string]struct {
		rule, secret string
		want         intent.Kind
	}{
		"the provider's format":     {"vault-service-token", "hv" + "s." + word, intent.ProviderToken},
		"what other text has too":   {"vault-service-token", "s." + word[:24], intent.Generic},
		"the format within a text":  {"vault-service-token", "see hv" + "s." + word, intent.Generic},
		"a key":                     {"private-key", controltest.Secret("private-key", ""), intent.PrivateKey},
		"a mention of a key":        {"private-key", strings.Join(strings.Split(controltest.Secret("private-key", ""), "\n")[:1], "") + " ... ", intent.Generic},
		"a key of one certain kind": {"aws-access-token", controltest.Secret("aws-token", ""), intent.ProviderToken},
	} {
		t.Run(name, func(t *testing.T) { assert.Equal(t, tt.want, certaintyOf(c.Rules[tt.rule]).of(tt.secret)) })
	}
}

func TestRulesOfTheEngineAreTheDefaultRules(t *testing.T) {
	library, err := fromLibrary()
	require.NoError(t, err)
	got := Engine(os.Getenv).Rules()
	assert.Len(t, got, len(library.Config.Rules))
	for _, r := range got {
		assert.Len(t, r.Tags, 1)
		assert.Equal(t, library.Config.Rules[r.ID].Description, r.Title)
	}
}
