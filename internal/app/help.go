package app

import (
	"fmt"
	"strings"

	"github.com/forewarden/forewarden/internal/control"
)

const flagHelp = `  --scope change|tree|history  what to look at: what --base does not have, the files as they are (default),
                               or every commit
  --base REV, --head REV       the ends of a change; head is HEAD unless said otherwise
  --engine CONTROL=NAME        look with another engine; can be repeated
  --policy FILE                the organisation's policy; the repository's .github/forewarden.yml comes on top
  --format text|json|sarif|markdown
                               what to print
  --report FORMAT=FILE         also write a report to a file; can be repeated
  --no-color, --quiet, --verbose

Exit status: 0 pass, 1 blocked by findings, 2 a flag, path, control, engine or policy that cannot be,
3 could not look, which is never the same as clean.
`

// overview is the help of a program with several controls.
func (c Command) overview() string {
	var b strings.Builder
	fmt.Fprintf(&b, "Usage: %s COMMAND [flags] [path]\n\nTo check a folder or a repository: %s check PATH\n\nCommands:\n", c.Name, c.Name)
	row := func(name, doc string) { fmt.Fprintf(&b, "  %-26s %s\n", name, doc) }
	row("check", "every control that the policy has on")
	for _, k := range c.Controls {
		row(k.ID, k.Title)
	}
	for _, v := range c.verbs() {
		name := strings.TrimSpace(v.name + " " + v.args)
		if len(name) > 26 {
			fmt.Fprintf(&b, "  %s\n", name)
			name = ""
		}
		row(name, v.doc)
	}
	fmt.Fprintf(&b, "\n`%s check --help` lists the flags.\n", c.Name)
	return b.String()
}

// checkHelp is the help of a command that checks.
func (c Command) checkHelp(name string, controls []*control.Control) string {
	var b strings.Builder
	fmt.Fprintf(&b, "Usage: %s [flags] [path]\n\n", name)
	for _, k := range controls {
		fmt.Fprintf(&b, "%s: %s. %s\n", k.ID, k.Title, k.Doc)
		for i, e := range k.Engines {
			note := ""
			if i == 0 {
				note = " (default)"
			}
			fmt.Fprintf(&b, "  engine %s%s: %s\n", e.Name, note, e.Doc)
		}
	}
	b.WriteString("\nWithout flags it looks at the files under path (default: this folder).\n\nFlags:\n")
	if name == "forewarden check" {
		b.WriteString("  --controls A,B               which controls; default all that the policy has on\n")
	}
	b.WriteString(flagHelp)
	if c.single() {
		b.WriteString("\nAlso:\n")
		for _, v := range c.verbs() {
			fmt.Fprintf(&b, "  %s %-22s %s\n", c.Name, strings.TrimSpace(v.name+" "+v.args), v.doc)
		}
	}
	return b.String()
}
