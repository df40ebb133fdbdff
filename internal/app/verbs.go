package app

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"github.com/forewarden/forewarden/internal/control"
	"github.com/forewarden/forewarden/internal/policy"
)

func (c Command) version(context.Context, []string) error {
	_, err := fmt.Fprintf(c.Stdout, "%s %s\n", c.Name, Version)
	return err
}

// list prints the controls and their engines.
func (c Command) list(context.Context, []string) error {
	for _, k := range c.Controls {
		if _, err := fmt.Fprintf(c.Stdout, "%s: %s\n", k.ID, k.Title); err != nil {
			return err
		}
		for i, e := range k.Engines {
			mark := ""
			if i == 0 {
				mark = " (default)"
			}
			if _, err := fmt.Fprintf(c.Stdout, "  engine %s%s: %s; %d rules\n", e.Name, mark, e.Doc, len(k.Rules(e.Name))); err != nil {
				return err
			}
		}
	}
	return nil
}

// explain prints what is known about a rule. Without one it lists the rules.
func (c Command) explain(_ context.Context, args []string) error {
	rules := policyRules()
	for _, k := range c.Controls {
		for _, e := range k.Engines {
			rules = append(rules, k.Rules(e.Name)...)
		}
	}
	if len(args) != 1 {
		return usage("explain wants one rule, for example: %s explain %s", c.Name, rules[len(rules)-1].ID)
	}
	id := args[0]
	for _, k := range c.Controls {
		if r, ok := k.Explain(id); ok {
			return c.printRule(id, r)
		}
	}
	var ids []string
	for _, r := range rules {
		if r.ID == id {
			return c.printRule(id, r)
		}
		ids = append(ids, r.ID)
	}
	base, variant, varied := strings.Cut(id, "/")
	for _, k := range c.Controls {
		if _, ok := k.Explain(base); ok && varied {
			return usage("rule %s has no variant %q%s", base, variant, didYouMean(variant, k.Variants))
		}
	}
	hint := ""
	if near := policy.Suggest(base, ids); near != "" {
		hint = fmt.Sprintf(": did you mean %q?", near)
	}
	return usage("no rule %q%s", id, hint)
}

func (c Command) printRule(id string, r control.Rule) error {
	_, err := fmt.Fprintf(c.Stdout, "%s: %s\n\n%s\n\nWhat to do: %s\n\nMore: %s\n", id, r.Title, r.Doc, r.Remedy, r.HelpURL)
	return err
}

// policy checks a policy, or shows the merged one.
func (c Command) policy(ctx context.Context, args []string) error {
	if len(args) == 0 {
		return usage("policy wants check or show")
	}
	switch args[0] {
	case "check":
		return c.policyCheck(args[1:])
	case "show":
		return c.policyShow(ctx, args[1:])
	}
	return usage("policy: no %q%s", args[0], didYouMean(args[0], []string{"check", "show"}))
}

func (c Command) policyCheck(args []string) error {
	file := filepath.FromSlash(policy.RepositoryFile)
	switch {
	case len(args) > 1:
		return usage("policy check wants one file")
	case len(args) == 1 && isHelp(args[0]):
		_, err := fmt.Fprintf(c.Stdout, "Usage: %s policy check [FILE]\n\nChecks %s, or the file.\n", c.Name, file)
		return err
	case len(args) == 1:
		file = args[0]
	}
	data, err := os.ReadFile(file)
	if err != nil && len(args) == 0 {
		return usage("there is no %s here: name the file, %s policy check FILE", file, c.Name)
	}
	if err != nil {
		return usage("the policy cannot be read: %w", err)
	}
	layer, whose := policy.Organisation, "an organisation's policy"
	if strings.HasSuffix(filepath.ToSlash(file), policy.RepositoryFile) {
		layer, whose = policy.Repository, "a repository's policy"
	}
	d, err := c.parsePolicy(file, data, layer)
	if err != nil {
		return usageError{err}
	}
	organisation, repository := d, (*policy.Document)(nil)
	if layer == policy.Repository {
		organisation, repository = nil, d
	}
	merged := policy.Merge(organisation, repository)
	for _, hint := range c.doubts(merged) {
		_, _ = fmt.Fprintf(c.Stdout, "note: %s\n", hint)
	}
	for _, r := range merged.Refused {
		_, _ = fmt.Fprintf(c.Stdout, "%s:%d:%d: %s counts only where the organisation allows it\n", r.File, r.Line, r.Column, r.Setting)
	}
	_, err = fmt.Fprintf(c.Stdout, "%s is valid as %s\n", file, whose)
	return err
}

// doubts are things in a valid policy that are probably not meant.
func (c Command) doubts(p *policy.Effective) []string {
	var out []string
	unknown := func(where string, k *control.Control, id string) {
		if _, ok := k.Explain(id); ok || id == "" {
			return
		}
		var ids []string
		for _, e := range k.Engines {
			for _, r := range k.Rules(e.Name) {
				ids = append(ids, r.ID)
			}
		}
		hint := " (a rule of the repository's own?)"
		if near := policy.Suggest(id, ids); near != "" {
			hint = fmt.Sprintf(": did you mean %q?", near)
		}
		out = append(out, fmt.Sprintf("%s: %s has no rule of that name%s", where, k.ID, hint))
	}
	for _, k := range c.Controls {
		for _, id := range p.Controls[k.ID].Disable.Value {
			unknown(p.Controls[k.ID].Disable.Origin, k, id)
		}
		for _, w := range p.Waivers {
			if w.Control == k.ID {
				unknown(fmt.Sprintf("%s:%d", w.File, w.Line), k, w.Match["rule"])
			}
		}
	}
	for _, w := range p.Waivers {
		if w.Expired(c.Now()) {
			out = append(out, fmt.Sprintf("%s:%d: this waiver has expired (%s)", w.File, w.Line, w.Expires.Format(time.DateOnly)))
		}
	}
	return out
}

func (c Command) policyShow(ctx context.Context, args []string) error {
	fs := flag.NewFlagSet(c.Name+" policy show", flag.ContinueOnError)
	fs.SetOutput(io.Discard)
	o := options{path: ".", controls: c.Controls}
	fs.StringVar(&o.policyFile, "policy", "", "")
	rest, err := parseInterspersed(fs, args)
	switch {
	case errors.Is(err, errHelp):
		_, err := fmt.Fprintf(c.Stdout, "Usage: %s policy show [--policy FILE] [PATH]\n", c.Name)
		return err
	case err != nil:
		return err
	case len(rest) > 1:
		return usage("policy show wants one path")
	case len(rest) == 1:
		o.path = rest[0]
	}
	if info, err := os.Stat(o.path); err == nil && !info.IsDir() {
		return usage("%s is a file: to show a policy with it, %s policy show --policy %s", o.path, c.Name, o.path)
	}
	p := &plan{command: c, options: o}
	if err := p.prepare(ctx); err != nil {
		return err
	}
	if p.blind != nil {
		return p.blind
	}
	if err := p.policy.Show(c.Stdout); err != nil {
		return err
	}
	later := slices.DeleteFunc(control.Known(), func(id string) bool { return slices.Contains(c.ids(), id) })
	if len(later) > 0 {
		_, err = fmt.Fprintf(c.Stdout, "# Not carried by this version, so not looked at: %s.\n", strings.Join(later, ", "))
	}
	return err
}
