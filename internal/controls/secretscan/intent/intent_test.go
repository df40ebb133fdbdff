package intent_test

import (
	"fmt"
	"reflect"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/forewarden/forewarden/internal/control"
	"github.com/forewarden/forewarden/internal/controls/secretscan/intent"
	"github.com/forewarden/forewarden/internal/controltest"
	"github.com/forewarden/forewarden/internal/finding"
)

// judge is the one finding that a sighting gives.
func judge(t *testing.T, h intent.Hit, waivers bool) finding.Finding {
	t.Helper()
	j, err := intent.Spec().Judge(intent.Evidence{Hits: []intent.Hit{h}, Waivers: waivers}, intent.Spec().Defaults)
	require.NoError(t, err)
	require.Len(t, j.Findings, 1)
	return j.Findings[0]
}

func hit(kind intent.Kind, class string) intent.Hit {
	return intent.Hit{
		Rule: "a-rule", Description: "Found a token.", Kind: kind, Class: class, Digest: "00aabbcc",
		Location: finding.Location{Path: "a.txt", StartLine: 3, StartColumn: 5, EndLine: 3, EndColumn: 9, Commit: "c"},
	}
}

func TestSeverity(t *testing.T) {
	classes := []string{"production", "test", "docs", "generated", "lock", "vendored"}
	const l, m, h, c = finding.Low, finding.Medium, finding.High, finding.Critical
	for kind, want := range map[intent.Kind][]finding.Severity{
		intent.ProviderToken: {c, c, c, c, c, m},
		intent.PrivateKey:    {h, m, m, h, h, l},
		intent.Generic:       {m, l, l, l, l, l},
	} {
		for i, class := range classes {
			assert.Equal(t, want[i], judge(t, hit(kind, class), true).Severity, "%s in %s", kind, class)
		}
	}
}

func TestAllowComments(t *testing.T) {
	ours := intent.Allow{Marker: intent.ForewardenAllow, Reason: "a sample"}
	bare := intent.Allow{Marker: intent.ForewardenAllow}
	theirs := intent.Allow{Marker: intent.GitleaksAllow, Reason: "marked gitleaks:allow"}
	const noWaivers, noReason, needsWaiver = "allows no waivers of repositories", "gives no reason", "needs a waiver in the policy"
	for name, tt := range map[string]struct {
		kind    intent.Kind
		class   string
		allow   intent.Allow
		waivers bool
		refused string // what the message says, "" where the comment counts
	}{
		"generic":                              {intent.Generic, "production", ours, true, ""},
		"generic, gitleaks' comment":           {intent.Generic, "production", theirs, true, ""},
		"generic, no reason":                   {intent.Generic, "production", bare, true, noReason},
		"generic, no waivers here":             {intent.Generic, "production", ours, false, noWaivers},
		"generic, no waivers and no reason":    {intent.Generic, "production", bare, false, noWaivers},
		"provider's token in production":       {intent.ProviderToken, "production", ours, true, needsWaiver},
		"provider's token, gitleaks' comment":  {intent.ProviderToken, "production", theirs, true, needsWaiver},
		"provider's token in docs":             {intent.ProviderToken, "docs", ours, true, needsWaiver},
		"provider's token in vendored code":    {intent.ProviderToken, "vendored", ours, true, needsWaiver},
		"provider's token in a test":           {intent.ProviderToken, "test", ours, true, ""},
		"provider's token in a test, no why":   {intent.ProviderToken, "test", bare, true, noReason},
		"provider's token, test, no waivers":   {intent.ProviderToken, "test", ours, false, noWaivers},
		"private key in production":            {intent.PrivateKey, "production", ours, true, needsWaiver},
		"private key in a test":                {intent.PrivateKey, "test", theirs, true, ""},
		"private key in production, no reason": {intent.PrivateKey, "production", bare, true, noReason},
	} {
		t.Run(name, func(t *testing.T) {
			h := hit(tt.kind, tt.class)
			h.Allow = tt.allow
			f := judge(t, h, tt.waivers)
			if tt.refused == "" {
				assert.Equal(t, finding.Waived, f.State)
				assert.Equal(t, tt.allow.Marker, f.Attributes["waived-by"])
				assert.Equal(t, tt.allow.Reason, f.Attributes["waiver-reason"])
				assert.Equal(t, "a-rule", f.Rule)
				assert.Equal(t, "Found a token.", f.Message)
				return
			}
			assert.Empty(t, f.State)
			assert.Contains(t, f.Message, tt.refused)
			assert.NotContains(t, f.Attributes, "waived-by")
			assert.Equal(t, "a-rule/"+intent.AllowRefused, f.Rule)
		})
	}
}

func TestIgnoreFiles(t *testing.T) {
	h := hit(intent.ProviderToken, "production")
	h.Ignored = ".gitleaksignore:4"
	f := judge(t, h, true)
	assert.Equal(t, finding.Waived, f.State)
	assert.Equal(t, ".gitleaksignore:4", f.Attributes["waived-by"])
	assert.Equal(t, "listed in .gitleaksignore:4", f.Attributes["waiver-reason"])
	f = judge(t, h, false)
	assert.Empty(t, f.State)
	assert.NotContains(t, f.Attributes, "waived-by")
}

func TestRulesHaveTheirOriginBehindASlash(t *testing.T) {
	for _, origin := range []string{"merge-only", "attribute-hidden", "utf-16", "type-change"} {
		h := hit(intent.ProviderToken, "production")
		h.Origin = origin
		f := judge(t, h, true)
		assert.Equal(t, "a-rule/"+origin, f.Rule)
		assert.Equal(t, origin, f.Attributes["origin"])
		assert.Greater(t, len(f.Message), len("Found a token. "), "the message says why an ordinary scan misses it")
		assert.NotEmpty(t, intent.Extra(origin))
		h.Allow = intent.Allow{Marker: intent.ForewardenAllow}
		refused := judge(t, h, true)
		assert.Equal(t, f.Rule, refused.Rule, "an id has one slash")
		assert.Contains(t, refused.Message, "gives no reason")
	}
	assert.NotEmpty(t, intent.Extra(intent.AllowRefused))
	assert.Empty(t, intent.Extra("made-up"))
}

func TestFingerprintNamesTheProblemAndNotThePlace(t *testing.T) {
	base := judge(t, hit(intent.ProviderToken, "production"), true).Fingerprint
	for name, tt := range map[string]struct {
		change func(*intent.Hit)
		same   bool
	}{
		"another path":   {func(h *intent.Hit) { h.Location.Path = "b/c.txt" }, true},
		"another line":   {func(h *intent.Hit) { h.Location.StartLine, h.Location.EndLine = 7, 7 }, true},
		"another column": {func(h *intent.Hit) { h.Location.StartColumn = 70 }, true},
		"another commit": {func(h *intent.Hit) { h.Location.Commit = "d" }, true},
		"another origin": {func(h *intent.Hit) { h.Origin = "merge-only" }, true},
		"another class":  {func(h *intent.Hit) { h.Class = "test" }, true},
		"an allow":       {func(h *intent.Hit) { h.Allow.Marker = intent.ForewardenAllow }, true},
		"another digest": {func(h *intent.Hit) { h.Digest = "00aabbcd" }, false},
		"another rule":   {func(h *intent.Hit) { h.Rule = "b-rule" }, false},
	} {
		t.Run(name, func(t *testing.T) {
			h := hit(intent.ProviderToken, "production")
			tt.change(&h)
			assert.Equal(t, tt.same, base == judge(t, h, true).Fingerprint)
		})
	}
}

func TestMessageTellsWhatTheReaderCannotSee(t *testing.T) {
	h := hit(intent.Generic, "production")
	h.Encoding, h.SecretLine, h.StillPresent, h.Origin = "base64", 12, "false", "utf-16"
	assert.Equal(t, "Found a token. The value is on line 12. It is encoded (base64). The file is UTF-16."+
		" It was removed since, but the commit that added it still holds it.", judge(t, h, true).Message)
	for described, want := range map[string]string{
		"": "A credential was found.", "  ": "A credential was found.", "No stop": "No stop.", "Stops...": "Stops.",
	} {
		h := hit(intent.Generic, "production")
		h.Description = described
		assert.Equal(t, want, judge(t, h, true).Message)
	}
	h = hit(intent.Generic, "production")
	h.StillPresent = "true"
	assert.Equal(t, "Found a token.", judge(t, h, true).Message)
}

// Every red has an ordinary way back to green: a commit or a waiver, never a force push.
func TestRemedySaysWhatToDo(t *testing.T) {
	const comment, waiver = "write `forewarden:allow REASON` in a comment", "The commit that brought it stays"
	for name, tt := range map[string]struct {
		kind       intent.Kind
		class      string
		says, next string
	}{
		"provider's token":           {intent.ProviderToken, "production", "Revoke it at the provider", waiver},
		"provider's token in a test": {intent.ProviderToken, "test", "Revoke it at the provider", comment},
		"private key":                {intent.PrivateKey, "production", "Replace the key pair", waiver},
		"private key in a test":      {intent.PrivateKey, "test", "Replace the key pair", comment},
		"generic":                    {intent.Generic, "production", "rotate it", comment},
		"generic in docs":            {intent.Generic, "docs", "rotate it", comment},
	} {
		t.Run(name, func(t *testing.T) {
			f := judge(t, hit(tt.kind, tt.class), true)
			assert.Contains(t, f.Remedy, tt.says)
			assert.Contains(t, f.Remedy, "one more commit")
			assert.Contains(t, f.Remedy, tt.next)
			assert.Contains(t, f.Remedy, f.Fingerprint, "a waiver can be written from it")
			assert.Contains(t, f.Remedy, ".github/forewarden.yml on the base branch")
			assert.NotContains(t, judge(t, hit(tt.kind, tt.class), false).Remedy, "forewarden.yml", "it would not count")
			assert.NotContains(t, f.Remedy, "force")
			assert.Equal(t, intent.HelpURL, f.HelpURL)
		})
	}
}

func TestAttributes(t *testing.T) {
	h := hit(intent.Generic, "vendored")
	assert.Equal(t, map[string]string{"kind": "generic", "path-class": "vendored"}, judge(t, h, true).Attributes)
	h.VendoredIn, h.Encoding, h.Origin, h.StillPresent, h.SecretLine = "vendor/x", "hex", "merge-only", "true", 9
	h.Authored = time.Date(2026, 3, 4, 1, 2, 3, 0, time.FixedZone("", 2*3600))
	got := judge(t, h, true).Attributes
	assert.Equal(t, map[string]string{
		"kind": "generic", "path-class": "vendored", "vendored-in": "vendor/x", "encoding": "hex", "origin": "merge-only",
		"still-present": "true", "secret-line": "9", "author-date": "2026-03-03T23:02:03Z",
	}, got)
	for _, name := range intent.Spec().Attributes {
		assert.Contains(t, got, name, "a waiver can match on it")
	}
}

func TestJudgePassesOnHowItWasLookedAt(t *testing.T) {
	e := intent.Evidence{
		Hits:  []intent.Hit{hit(intent.Generic, "test"), hit(intent.Generic, "docs"), hit(intent.PrivateKey, "docs")},
		Stats: control.Stats{Files: 3, Bytes: 4, Commits: 5}, Notes: []string{"a note"}, Nothing: "no files",
	}
	e.Hits[2].Rule, e.Hits[2].Origin = "b-rule", "utf-16"
	j, err := intent.Spec().Judge(e, intent.Params{})
	require.NoError(t, err)
	assert.Equal(t, []any{e.Stats, e.Notes, e.Nothing}, []any{j.Stats, j.Notes, j.Skipped})
	assert.Len(t, j.Findings, 3)
	var ids []string
	for _, r := range j.Rules {
		ids = append(ids, r.ID)
	}
	assert.Equal(t, []string{"a-rule", "b-rule/utf-16"}, ids, "each rule is documented once")
}

func TestValidate(t *testing.T) {
	for mb, ok := range map[int]bool{-1: false, 0: false, 1: true, 64: true, 2000: true, 2001: false} {
		err := intent.Spec().Validate(intent.Params{MaxFileMegabytes: mb})
		assert.Equal(t, ok, err == nil, "%d: %v", mb, err)
	}
	assert.NoError(t, intent.Spec().Validate(intent.Spec().Defaults))
}

// The type of the evidence is the guard: no field of it has room for the text of a file. A new field that is a text
// has to be added here, with a thought about what can get into it.
func TestNoRoomForASecret(t *testing.T) {
	var texts []string
	for f := range reflect.TypeFor[intent.Hit]().Fields() {
		if f.Type.Kind() == reflect.String {
			texts = append(texts, f.Name)
		}
	}
	assert.Equal(t, []string{"Rule", "Description", "Kind", "Origin", "Digest", "Class", "VendoredIn", "Encoding", "StillPresent", "HeadPath", "Ignored"}, texts)
	secret := controltest.Secret("aws-token", "intent")
	h := hit(intent.ProviderToken, "production")
	h.Digest = finding.SecretDigest(secret)
	h.Excerpt = finding.NewExcerpt("key = "+secret, 7, 27)
	h.Allow = intent.Allow{Marker: intent.ForewardenAllow, Reason: finding.Prose("it is " + secret)}
	for _, class := range []string{"test", "production"} {
		h.Class = class
		f := judge(t, h, true)
		assert.NotContains(t, fmt.Sprintf("%+v", f), secret[4:12])
		assert.NotContains(t, f.Fingerprint, h.Digest, "not even the digest can be read")
	}
}
