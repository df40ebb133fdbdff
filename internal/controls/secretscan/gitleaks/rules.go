package gitleaks

import (
	"errors"
	"fmt"
	"regexp"
	"slices"
	"strings"

	"github.com/pelletier/go-toml/v2"
	"github.com/zricethezav/gitleaks/v8/config"
)

// The types below read gitleaks' configuration format (its README, "Configuration"). The library's own reading goes
// through a global viper and panics on a bad pattern, so it is not used.
type document struct {
	Extend struct {
		Path          string
		UseDefault    bool
		DisabledRules []string
	}
	Rules      []documentRule
	AllowList  *documentAllowlist // the older spelling
	Allowlists []*documentAllowlist
}

type documentRule struct {
	ID          string
	Description string
	Path        string
	Regex       string
	SecretGroup int
	Entropy     float64
	Keywords    []string
	Tags        []string
	AllowList   *documentAllowlist
	Allowlists  []*documentAllowlist
	Required    []struct {
		ID            string
		WithinLines   *int
		WithinColumns *int
	}
	SkipReport bool
}

type documentAllowlist struct {
	Description string
	Condition   string
	Commits     []string
	Paths       []string
	RegexTarget string
	Regexes     []string
	StopWords   []string
	TargetRules []string
}

// A ruleset is a parsed configuration.
type ruleset struct {
	rules      map[string]config.Rule
	allowlists []*config.Allowlist
	targeted   map[string][]*config.Allowlist // allow-lists for single rules
	document   document
}

// parse reads a configuration. Its errors quote nothing of the file but rule ids: an allow-list holds secrets.
func parse(data string) (*ruleset, error) {
	var d document
	if err := toml.Unmarshal([]byte(data), &d); err != nil {
		if at, ok := errors.AsType[*toml.DecodeError](err); ok {
			line, column := at.Position()
			return nil, fmt.Errorf("line %d, column %d: not valid TOML, or not of the type that gitleaks wants", line, column)
		}
		return nil, errors.New("not valid TOML")
	}
	rs := &ruleset{rules: map[string]config.Rule{}, targeted: map[string][]*config.Allowlist{}, document: d}
	for i, dr := range d.Rules {
		r, err := dr.rule()
		if err != nil {
			return nil, fmt.Errorf("rule %d (%s): %w", i+1, dr.ID, err)
		}
		rs.rules[r.RuleID] = r
	}
	if d.AllowList != nil {
		d.Allowlists = append(d.Allowlists, d.AllowList)
	}
	for i, da := range d.Allowlists {
		a, err := da.allowlist()
		if err != nil {
			return nil, fmt.Errorf("allow-list %d: %w", i+1, err)
		}
		if len(da.TargetRules) == 0 {
			rs.allowlists = append(rs.allowlists, a)
		}
		for _, id := range da.TargetRules {
			rs.targeted[id] = append(rs.targeted[id], a)
		}
	}
	return rs, nil
}

// rule compiles a rule. A rule that only changes an inherited one has neither pattern nor path.
func (d documentRule) rule() (config.Rule, error) {
	if strings.TrimSpace(d.ID) == "" {
		return config.Rule{}, errors.New("it has no id")
	}
	r := config.Rule{
		RuleID: d.ID, Description: d.Description, SecretGroup: d.SecretGroup, Entropy: d.Entropy,
		// The library appends to Tags from many goroutines: without spare room each append copies.
		Tags: slices.Clip(d.Tags), SkipReport: d.SkipReport,
	}
	for _, k := range d.Keywords {
		r.Keywords = append(r.Keywords, strings.ToLower(k))
	}
	var err error
	if r.Regex, err = compile(d.Regex); err != nil {
		return r, err
	}
	if r.Path, err = compile(d.Path); err != nil {
		return r, err
	}
	if r.Regex != nil && r.SecretGroup > r.Regex.NumSubexp() {
		return r, fmt.Errorf("secretGroup is %d, but the pattern has %d groups", r.SecretGroup, r.Regex.NumSubexp())
	}
	if d.AllowList != nil {
		d.Allowlists = append(d.Allowlists, d.AllowList)
	}
	for _, da := range d.Allowlists {
		a, err := da.allowlist()
		if err != nil {
			return r, err
		}
		r.Allowlists = append(r.Allowlists, a)
	}
	for _, q := range d.Required {
		r.RequiredRules = append(r.RequiredRules, &config.Required{RuleID: q.ID, WithinLines: q.WithinLines, WithinColumns: q.WithinColumns})
	}
	return r, nil
}

func (d documentAllowlist) allowlist() (*config.Allowlist, error) {
	a := &config.Allowlist{Description: d.Description, Commits: d.Commits, StopWords: d.StopWords}
	switch strings.ToUpper(d.Condition) {
	case "", "OR", "||":
	case "AND", "&&":
		a.MatchCondition = config.AllowlistMatchAnd
	default:
		return nil, errors.New("its condition is neither AND nor OR")
	}
	switch d.RegexTarget {
	case "", "secret":
	case "match", "line":
		a.RegexTarget = d.RegexTarget
	default:
		return nil, errors.New("its regexTarget is none of secret, match, line")
	}
	for _, list := range []struct {
		from []string
		to   *[]*regexp.Regexp
	}{{d.Regexes, &a.Regexes}, {d.Paths, &a.Paths}} {
		for _, pattern := range list.from {
			re, err := compile(pattern)
			if err != nil {
				return nil, err
			}
			if re != nil {
				*list.to = append(*list.to, re)
			}
		}
	}
	if err := a.Validate(); err != nil {
		return nil, err
	}
	return a, nil
}

func compile(pattern string) (*regexp.Regexp, error) {
	if pattern == "" {
		return nil, nil
	}
	re, err := regexp.Compile(pattern)
	if err != nil {
		// The error of regexp quotes the pattern, which may hold a secret.
		return nil, errors.New("a pattern is not a valid RE2 expression")
	}
	return re, nil
}

// extend lays rs over base as gitleaks does: rules of the same id are merged field by field.
func (rs *ruleset) extend(base *ruleset) {
	disabled := rs.document.Extend.DisabledRules
	for id, b := range base.rules {
		if slices.Contains(disabled, id) {
			continue
		}
		if r, ok := rs.rules[id]; ok {
			b = merged(b, r)
		}
		rs.rules[id] = b
	}
	rs.allowlists = append(rs.allowlists, base.allowlists...)
	for id, as := range base.targeted {
		rs.targeted[id] = append(rs.targeted[id], as...)
	}
}

func merged(base, over config.Rule) config.Rule {
	if over.Description != "" {
		base.Description = over.Description
	}
	if over.Entropy != 0 {
		base.Entropy = over.Entropy
	}
	if over.SecretGroup != 0 {
		base.SecretGroup = over.SecretGroup
	}
	if over.Regex != nil {
		base.Regex = over.Regex
	}
	if over.Path != nil {
		base.Path = over.Path
	}
	base.Tags = slices.Clip(slices.Concat(base.Tags, over.Tags))
	base.Keywords = slices.Concat(base.Keywords, over.Keywords)
	base.Allowlists = slices.Concat(base.Allowlists, over.Allowlists)
	return base
}

// tighten adds to rs what a repository may always bring, rules of its own, and with waivers also its allow-lists.
// It reports whether something else was left out.
func (rs *ruleset) tighten(repository *ruleset, waivers bool) (leftOut bool) {
	for id, r := range repository.rules {
		old, known := rs.rules[id]
		if !known {
			if r.Regex != nil || r.Path != nil {
				rs.rules[id] = r
			}
			continue
		}
		if waivers {
			old.Allowlists = slices.Concat(old.Allowlists, r.Allowlists)
			rs.rules[id] = old
		}
		leftOut = leftOut || r.Regex != nil || r.Path != nil || r.Entropy != 0 || len(r.Allowlists) > 0 && !waivers
	}
	if waivers {
		rs.allowlists = append(rs.allowlists, repository.allowlists...)
		for id, as := range repository.targeted {
			rs.targeted[id] = append(rs.targeted[id], as...)
		}
	}
	return leftOut || len(repository.document.Extend.DisabledRules) > 0 ||
		!waivers && len(repository.allowlists)+len(repository.targeted) > 0
}

// finish makes the library's configuration.
func (rs *ruleset) finish() (config.Config, error) {
	c := config.Config{Path: configFile, Rules: map[string]config.Rule{}, Keywords: map[string]struct{}{}, Allowlists: rs.allowlists}
	for id, r := range rs.rules {
		r.Allowlists = slices.Concat(r.Allowlists, rs.targeted[id])
		if err := r.Validate(); err != nil {
			return c, fmt.Errorf("rule %s has neither a pattern nor a path", id)
		}
		for _, q := range r.RequiredRules {
			if _, ok := rs.rules[q.RuleID]; !ok {
				return c, fmt.Errorf("rule %s requires rule %s, which is not there", id, q.RuleID)
			}
		}
		for _, k := range r.Keywords {
			c.Keywords[k] = struct{}{}
		}
		c.Rules[id] = r
		c.OrderedRules = append(c.OrderedRules, id)
	}
	slices.Sort(c.OrderedRules)
	return c, nil
}
