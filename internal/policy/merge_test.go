package policy

import (
	"testing"
	"time"

	"github.com/stretchr/testify/assert"

	"github.com/forewarden/forewarden/internal/finding"
)

const (
	waiversOnly = "the organisation allows a repository to loosen waivers only; it can set `overrides: all`"
	nothing     = "the organisation allows a repository to loosen nothing; it can set `overrides: all`"
	waiver      = "waivers:\n- {control: lint, match: {path: x}, reason: because, owner: me, expires: 2027-06-30}\n"
)

func TestPresets(t *testing.T) {
	const high, medium = finding.High, finding.Medium
	for name, want := range map[string]map[string]posture{
		"observe": {
			"secret-scan": {Warn, high, ErrorWarns}, "license-scan": {Warn, high, ErrorWarns}, "lint": {Warn, high, ErrorWarns},
			"sbom": {Warn, high, ErrorWarns}, "workflow-scan": {Warn, high, ErrorWarns},
		},
		"recommended": {
			"secret-scan": {Enforce, high, ErrorBlocks}, "license-scan": {Enforce, high, ErrorWarns}, "lint": {Warn, high, ErrorWarns},
			"sbom": {Enforce, high, ErrorWarns}, "workflow-scan": {Enforce, high, ErrorBlocks},
		},
		"strict": {
			"secret-scan": {Enforce, medium, ErrorBlocks}, "license-scan": {Enforce, medium, ErrorBlocks}, "lint": {Enforce, medium, ErrorBlocks},
			"sbom": {Enforce, medium, ErrorBlocks}, "workflow-scan": {Enforce, medium, ErrorBlocks},
		},
	} {
		e := merge(t, "preset: "+name, "")
		assert.Len(t, e.Controls, len(want))
		for id, p := range want {
			c := e.Controls[id]
			assert.Equal(t, p, posture{c.Mode.Value, c.FailOn.Value, c.OnError.Value}, "%s of %s", id, name)
			assert.Equal(t, "preset "+name, c.Mode.Origin)
			assert.Equal(t, Value[time.Duration]{time.Hour, "default"}, c.TimeLimit)
			assert.Equal(t, Value[string]{"", "default"}, c.Engine)
		}
	}
	e := Merge(nil, nil)
	assert.Equal(t, Value[string]{"recommended", "default"}, e.Preset)
	assert.Equal(t, Value[Overrides]{OverrideWaivers, "default"}, e.Overrides)
	assert.True(t, e.EnforceFrom.Value.IsZero())
}

// Each preset is nowhere looser than the one before: the merging relies on it.
func TestPresetsAreOrdered(t *testing.T) {
	names := presetNames()
	for i := 1; i < len(names); i++ {
		for _, id := range append(builtinControls(), "another") {
			loose, tight := presetPosture(names[i-1], id), presetPosture(names[i], id)
			assert.False(t, loose.mode.tighter(tight.mode), id)
			assert.False(t, loose.onError.tighter(tight.onError), id)
			assert.LessOrEqual(t, tight.failOn, loose.failOn, id)
		}
	}
}

// What a repository says of one control, on top of an organisation's document.
func TestRepositoryOverControls(t *testing.T) {
	const org = "controls: {lint: {mode: warn, fail-on: high, on-error: warn, engine: a, time-limit: 30m}}\n"
	const strict = "controls: {lint: {mode: enforce, fail-on: medium, on-error: block, disable: [r1]}}\n"
	for name, c := range map[string]struct{ org, repo, refused string }{
		"mode up":              {org, "mode: enforce", ""},
		"mode down":            {org, "mode: off", "controls.lint.mode: off"},
		"same mode":            {org, "mode: warn", ""},
		"fail-on milder":       {org, "fail-on: low", ""},
		"fail-on worse":        {org, "fail-on: critical", "controls.lint.fail-on: critical"},
		"same fail-on":         {org, "fail-on: high", ""},
		"on-error to block":    {org, "on-error: block", ""},
		"on-error to warn":     {strict, "on-error: warn", "controls.lint.on-error: warn"},
		"enforce to warn":      {strict, "mode: warn", "controls.lint.mode: warn"},
		"another engine":       {org, "engine: b", "controls.lint.engine: b"},
		"same engine":          {org, "engine: a", ""},
		"a longer time":        {org, "time-limit: 2h", "controls.lint.time-limit: 2h0m0s"},
		"a shorter time":       {org, "time-limit: 1m", "controls.lint.time-limit: 1m0s"},
		"the same time":        {org, "time-limit: 1800s", ""},
		"a rule off":           {strict, "disable: [r2, r1]", "controls.lint.disable: r2"},
		"a rule that is off":   {strict, "disable: [r1]", ""},
		"a parameter":          {org, "allow: [MIT]", "controls.lint.allow"},
		"an odd parameter":     {org, `"a: b": 1`, `controls.lint."a: b"`},
		"a repeated parameter": {"controls: {lint: {allow: [MIT, {a: 1, b: 2}]}}\n", "allow: [MIT, {b: 2, a: 1}]", ""},
		"a longer parameter":   {"controls: {lint: {allow: {a: 1}}}\n", "allow: {a: 1, b: 2}", "controls.lint.allow"},
		"a changed parameter":  {"controls: {lint: {allow: [MIT]}}\n", "allow: [MIT, ISC]", "controls.lint.allow"},
	} {
		t.Run(name, func(t *testing.T) {
			repo := "controls: {lint: {" + c.repo + "}}"
			e := merge(t, c.org, repo)
			if c.refused == "" {
				assert.Empty(t, e.Refused)
			} else {
				assert.Equal(t, []Refusal{{c.refused, waiversOnly, Position{"repo.yml", 1, 19}}}, e.Refused)
				assert.Equal(t, merge(t, c.org, "").Controls, e.Controls, "a refused setting changes nothing")
			}
			none := merge(t, c.org+"overrides: none", repo)
			if c.refused != "" {
				assert.Equal(t, nothing, none.Refused[0].Reason)
			}
			assert.Len(t, none.Refused, len(e.Refused))
			assert.Empty(t, merge(t, c.org+"overrides: all", repo).Refused)
		})
	}
}

func TestRepositoryTightensAndLoosens(t *testing.T) {
	tight := merge(t, "", "controls: {lint: {mode: enforce, fail-on: low, on-error: block}}").Controls["lint"]
	assert.Equal(t, Value[Mode]{Enforce, "repo.yml:1:19"}, tight.Mode)
	assert.Equal(t, Value[finding.Severity]{finding.Low, "repo.yml:1:34"}, tight.FailOn)
	assert.Equal(t, Value[OnError]{ErrorBlocks, "repo.yml:1:48"}, tight.OnError)

	org := "overrides: all\ncontrols: {secret-scan: {disable: [b]}}"
	loose := merge(t, org, "controls: {secret-scan: {mode: off, disable: [c, a, b], engine: x, time-limit: 2h}}").Controls["secret-scan"]
	assert.Equal(t, Off, loose.Mode.Value)
	assert.Equal(t, Value[[]string]{[]string{"a", "b", "c"}, "org.yml:2:26, repo.yml:1:37"}, loose.Disable)
	assert.Equal(t, "x", loose.Engine.Value)
	assert.Equal(t, 2*time.Hour, loose.TimeLimit.Value)

	same := merge(t, "controls: {lint: {mode: warn}}", "controls: {lint: {mode: warn}}").Controls["lint"]
	assert.Equal(t, "org.yml:1:19", same.Mode.Origin, "repeating the organisation changes no origin")
	org2 := merge(t, "controls: {lint: {mode: warn}}", "").Controls["lint"]
	assert.Equal(t, "org.yml:1:19", org2.Mode.Origin, "the organisation may repeat the preset")
}

func TestRepositoryPreset(t *testing.T) {
	refused := func(line int, name string) []Refusal {
		return []Refusal{{"preset: " + name, waiversOnly, Position{"repo.yml", line, 1}}}
	}
	t.Run("tighter than none", func(t *testing.T) {
		e := merge(t, "", "preset: strict")
		assert.Empty(t, e.Refused)
		assert.Equal(t, Value[string]{"strict", "repo.yml:1:1"}, e.Preset)
		assert.Equal(t, Value[Mode]{Enforce, "preset strict"}, e.Controls["lint"].Mode)
		assert.Equal(t, Value[Mode]{Enforce, "preset recommended"}, e.Controls["sbom"].Mode, "equal, so untouched")
	})
	t.Run("tightens what the organisation wrote, value by value", func(t *testing.T) {
		e := merge(t, "controls: {lint: {mode: off, fail-on: low}}", "preset: strict")
		assert.Equal(t, Value[Mode]{Enforce, "preset strict"}, e.Controls["lint"].Mode)
		assert.Equal(t, Value[finding.Severity]{finding.Low, "org.yml:1:30"}, e.Controls["lint"].FailOn)
	})
	t.Run("looser", func(t *testing.T) {
		assert.Equal(t, refused(1, "observe"), merge(t, "", "preset: observe").Refused)
		e := merge(t, "preset: strict", "\npreset: recommended")
		assert.Equal(t, refused(2, "recommended"), e.Refused)
		assert.Equal(t, merge(t, "preset: strict", "").Controls, e.Controls)
		assert.Equal(t, "strict", e.Preset.Value)
	})
	t.Run("the same", func(t *testing.T) {
		assert.Equal(t, Merge(nil, nil), merge(t, "", "preset: recommended"))
	})
	t.Run("looser, allowed", func(t *testing.T) {
		e := merge(t, "overrides: all\ncontrols: {lint: {mode: enforce}}", "preset: observe\ncontrols: {sbom: {mode: enforce}}")
		assert.Empty(t, e.Refused)
		assert.Equal(t, "observe", e.Preset.Value)
		assert.Equal(t, Value[Mode]{Warn, "preset observe"}, e.Controls["secret-scan"].Mode)
		assert.Equal(t, Value[Mode]{Enforce, "org.yml:2:19"}, e.Controls["lint"].Mode, "the organisation wrote it out")
		assert.Equal(t, Value[Mode]{Enforce, "repo.yml:2:19"}, e.Controls["sbom"].Mode)
	})
}

func TestRepositoryOverrides(t *testing.T) {
	const reason = "only the organisation's policy says what a repository may loosen"
	e := merge(t, "", "overrides: all\ncontrols: {lint: {mode: off}}")
	assert.Equal(t, Value[Overrides]{OverrideWaivers, "default"}, e.Overrides)
	assert.Equal(t, []Refusal{
		{"overrides: all", reason, Position{"repo.yml", 1, 1}},
		{"controls.lint.mode: off", waiversOnly, Position{"repo.yml", 2, 19}},
	}, e.Refused)
	assert.Empty(t, merge(t, "", "overrides: waivers").Refused, "it is so")
	all := merge(t, "overrides: all", "overrides: none")
	assert.Equal(t, Value[Overrides]{OverrideAll, "org.yml:1:1"}, all.Overrides)
	assert.Len(t, all.Refused, 1)
}

func TestRepositoryEnforceFrom(t *testing.T) {
	e := merge(t, "", "enforce-from: 2027-01-15")
	assert.True(t, e.EnforceFrom.Value.IsZero())
	assert.Equal(t, []Refusal{{"enforce-from: 2027-01-15", waiversOnly, Position{"repo.yml", 1, 1}}}, e.Refused)
	assert.Empty(t, merge(t, "enforce-from: 2027-01-15", "enforce-from: 2027-01-15").Refused)
	e = merge(t, "overrides: all", "enforce-from: 2027-01-15")
	assert.Equal(t, Value[time.Time]{date(t, "2027-01-15"), "repo.yml:1:1"}, e.EnforceFrom)
}

func TestRepositoryWaivers(t *testing.T) {
	for overrides, kept := range map[string]int{"none": 1, "waivers": 2, "all": 2} {
		e := merge(t, "overrides: "+overrides+"\n"+waiver, waiver)
		assert.Len(t, e.Waivers, kept, overrides)
		assert.Equal(t, Organisation, e.Waivers[0].Layer)
		if kept == 2 {
			assert.Equal(t, Repository, e.Waivers[1].Layer)
			assert.Empty(t, e.Refused)
			continue
		}
		assert.Equal(t, []Refusal{{
			"waivers[0]: lint", "the organisation allows a repository to loosen nothing; it can set `overrides: waivers`",
			Position{"repo.yml", 2, 3},
		}}, e.Refused)
	}
}

func TestRefusalsFollowTheFile(t *testing.T) {
	e := merge(t, "overrides: none", waiver+"controls: {lint: {mode: off}}\nenforce-from: 2027-01-15\npreset: observe\n")
	var lines []int
	for _, r := range e.Refused {
		lines = append(lines, r.Line)
	}
	assert.Equal(t, []int{2, 3, 4, 5}, lines)
}

// A document is read once and can be merged again: nothing of it is shared with a merged policy.
func TestMergeSharesNothing(t *testing.T) {
	org := parse(t, "org.yml", "overrides: all\ncontrols: {lint: {disable: [b], x: 1}}\n"+waiver, Organisation)
	repo := parse(t, "repo.yml", "controls: {lint: {disable: [a], x: 2}}", Repository)
	first := Merge(org, repo)
	first.Waivers[0].Match["path"] = "changed"
	first.Controls["lint"].Disable.Value[0] = "changed"
	again := Merge(org, repo)
	assert.Equal(t, "x", again.Waivers[0].Match["path"])
	assert.Equal(t, []string{"a", "b"}, again.Controls["lint"].Disable.Value)
}
