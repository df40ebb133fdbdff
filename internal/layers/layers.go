// Package layers holds the table of who may import whom. Its test enforces it for every package of the module.
package layers

import (
	"fmt"
	"path"
	"slices"
	"strings"
)

// Module is the module's path.
const Module = "github.com/forewarden/forewarden"

// A Row says what the packages that a pattern names may import beside the standard library: packages of this module
// by their path below internal/ or as they are (a pattern may end in /*), and modules by their import path with the
// reason for depending on them.
type Row struct {
	Packages string // path.Match pattern below the module's root
	Internal []string
	External map[string]string // module path -> why it is used here
}

// Table is the whole truth: what is not listed is forbidden, packages too.
func Table() []Row {
	return []Row{
		{Packages: "internal/finding"},
		{Packages: "internal/scope"},
		{Packages: "internal/process"},
		{Packages: "internal/pathclass"},
		{Packages: "internal/layers"},
		{Packages: "internal/policy", Internal: []string{"internal/finding"}, External: map[string]string{
			"github.com/goccy/go-yaml": "YAML with positions, so that an error can name line and column",
		}},
		{Packages: "internal/control", Internal: []string{"internal/finding", "internal/scope"}},
		{Packages: "internal/git", Internal: []string{"internal/finding", "internal/scope", "internal/process"}, External: map[string]string{
			"github.com/rogpeppe/go-internal": "its diff finds the new lines of files that git shows no diff of",
		}},
		{Packages: "internal/controls/*/intent", Internal: []string{"internal/control", "internal/finding"}},
		{Packages: "internal/controls/secretscan/gitleaks",
			Internal: []string{"internal/controls/secretscan/intent", "internal/control", "internal/finding", "internal/scope", "internal/git", "internal/pathclass", "internal/process"},
			External: map[string]string{
				"github.com/zricethezav/gitleaks/v8": "the engine itself: rules, matching, decoding, chunks of files",
				"github.com/pelletier/go-toml/v2":    "gitleaks' configuration format, without the global that gitleaks reads it through",
				"github.com/rs/zerolog":              "gitleaks' global logger prints secrets at its debug level and is switched off",
				"golang.org/x/sync":                  "a bounded group of workers that stops at the first error",
			}},
		{Packages: "internal/controls/secretscan", Internal: []string{"internal/control", "internal/controls/secretscan/*"}},
		{Packages: "internal/gate", Internal: []string{"internal/control", "internal/finding", "internal/policy"}},
		{Packages: "internal/report", Internal: []string{"internal/control", "internal/finding", "internal/gate"}},
		{Packages: "internal/github", Internal: []string{"internal/finding", "internal/scope", "internal/control", "internal/gate", "internal/git", "internal/report"},
			External: map[string]string{
				"github.com/sethvargo/go-githubactions": "workflow commands with their escaping",
			}},
		{Packages: "internal/app",
			Internal: []string{"internal/github", "internal/finding", "internal/scope", "internal/process", "internal/policy", "internal/control", "internal/git", "internal/gate", "internal/report"},
			External: map[string]string{
				"golang.org/x/term": "tells a terminal from a file, and how wide it is",
				"golang.org/x/sync": "a bounded group of workers",
			}},
		{Packages: "internal/catalog", Internal: []string{"internal/control", "internal/controls/*"}},
		{Packages: "internal/docgen", Internal: []string{"internal/catalog", "internal/control"}},
		{Packages: "internal/controltest", Internal: []string{"internal/control", "internal/controls/*/intent", "internal/finding", "internal/scope", "internal/git", "internal/app"},
			External: map[string]string{
				"github.com/stretchr/testify":     "assertions of the acceptance kit, which only tests import",
				"github.com/rogpeppe/go-internal": "txtar, the format of the cases",
			}},
		{Packages: "cmd/forewarden", Internal: []string{"internal/app", "internal/catalog"}},
		{Packages: "cmd/secret-scan", Internal: []string{"internal/app", "internal/controls/secretscan"}},
	}
}

// Violations lists what a package imports against the table. pkg and imports are full import paths.
func Violations(table []Row, pkg string, imports []string) []string {
	local := strings.TrimPrefix(pkg, Module+"/")
	i := slices.IndexFunc(table, func(r Row) bool { ok, _ := path.Match(r.Packages, local); return ok })
	if i < 0 {
		return []string{fmt.Sprintf("%s is in no row of the table: say what it may import", local)}
	}
	var out []string
	for _, imported := range imports {
		if why := table[i].forbids(imported); why != "" {
			out = append(out, fmt.Sprintf("%s imports %s: %s", local, imported, why))
		}
	}
	return out
}

func (r Row) forbids(imported string) string {
	first, _, _ := strings.Cut(imported, "/")
	if !strings.Contains(first, ".") {
		return "" // the standard library
	}
	if local, ok := strings.CutPrefix(imported, Module+"/"); ok {
		if slices.ContainsFunc(r.Internal, func(p string) bool { ok, _ := path.Match(p, local); return ok }) {
			return ""
		}
		return "its row does not allow that package"
	}
	for module, reason := range r.External {
		if imported == module || strings.HasPrefix(imported, module+"/") {
			if reason == "" {
				return "its row gives no reason for that module"
			}
			return ""
		}
	}
	return "its row does not list that module with a reason"
}
