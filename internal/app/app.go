// Package app is the driver: it reads the command line and the policy, runs the controls, asks the gate, and writes
// the reports.
package app

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/signal"
	"slices"
	"strings"
	"syscall"
	"time"

	"github.com/forewarden/forewarden/internal/control"
	"github.com/forewarden/forewarden/internal/gate"
	"github.com/forewarden/forewarden/internal/github"
	"github.com/forewarden/forewarden/internal/policy"
	"github.com/forewarden/forewarden/internal/report"
)

// Version is the program's version, as reports name it.
const Version = "0.1.0"

// A Factory makes a control for a process: getenv is the environment that its engines may ask.
type Factory = func(getenv func(string) string) *control.Control

// A Command is one run of a program with everything it gets from outside.
type Command struct {
	Name           string // the program: "forewarden", or a control's id for a binary that carries it alone
	Controls       []*control.Control
	Args           []string
	Getenv         func(string) string
	Stdout, Stderr io.Writer
	Now            func() time.Time
}

// Main runs the program with the process's own arguments and streams, and ends the process.
func Main(name string, controls ...Factory) {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	c := Command{
		Name: name, Args: os.Args[1:], Getenv: os.Getenv, Stdout: os.Stdout, Stderr: os.Stderr, Now: time.Now,
	}
	for _, f := range controls {
		c.Controls = append(c.Controls, f(os.Getenv))
	}
	status := c.Run(ctx)
	stop()
	os.Exit(status)
}

// A usageError is a command line or a policy that cannot be: nothing was looked at and no report is written.
type usageError struct{ error }

func usage(format string, args ...any) error { return usageError{fmt.Errorf(format, args...)} }

// Run returns the exit status: see package gate.
func (c Command) Run(ctx context.Context) int {
	status, err := c.dispatch(ctx)
	if err == nil {
		return status
	}
	_, _ = io.WriteString(c.Stderr, report.Safe(fmt.Sprintf("%s: %v\n", c.Name, err)))
	_, unusable := errors.AsType[usageError](err)
	if github.Running(c.Getenv) {
		github.Complain(c.commandStream(), c.Name, err)
		if unusable { // a check that was made has told its verdict already
			_ = github.WriteOutputs(c.Getenv, github.Output{Name: "verdict", Value: string(gate.Error)})
		}
	}
	if unusable {
		return gate.ExitUsage
	}
	return gate.ExitError
}

// commandStream is where workflow commands go: to the standard output, beside text, or else to the standard error.
func (c Command) commandStream() io.Writer {
	for i, arg := range c.Args {
		name, value, joined := strings.Cut(strings.TrimLeft(arg, "-"), "=")
		if !joined && i+1 < len(c.Args) {
			value = c.Args[i+1]
		}
		if name == "format" && strings.HasPrefix(arg, "-") && value != "text" {
			return c.Stderr
		}
	}
	return c.Stdout
}

// A verb is a command beside those that check.
type verb struct {
	name, args, doc string
	run             func(c Command, ctx context.Context, args []string) error
}

func (c Command) verbs() []verb {
	verbs := []verb{
		{"explain", "RULE", "what a rule means and what to do about it", Command.explain},
		{"version", "", "the program's version", Command.version},
	}
	if !c.single() {
		verbs = append(verbs,
			verb{"controls", "", "the controls and their engines", Command.list},
			verb{"policy", "check [FILE] | show [--policy FILE] [PATH]", "check a policy, or show the merged one with each value's origin", Command.policy},
		)
	}
	return verbs
}

// single says whether the program carries one control and is named after it.
func (c Command) single() bool { return len(c.Controls) == 1 && c.Controls[0].ID == c.Name }

func (c Command) dispatch(ctx context.Context) (int, error) {
	first := ""
	if len(c.Args) > 0 {
		first = c.Args[0]
	}
	if first == "--version" || first == "-version" {
		return 0, c.version(ctx, nil)
	}
	if i := slices.IndexFunc(c.verbs(), func(v verb) bool { return v.name == first }); i >= 0 {
		v := c.verbs()[i]
		if len(c.Args) > 1 && isHelp(c.Args[1]) {
			_, err := fmt.Fprintf(c.Stdout, "Usage: %s %s %s\n\n%s%s.\n", c.Name, v.name, v.args, strings.ToUpper(v.doc[:1]), v.doc[1:])
			return 0, err
		}
		return 0, v.run(c, ctx, c.Args[1:])
	}
	if c.single() {
		return c.check(ctx, c.Name, c.Controls, c.Args)
	}
	switch first {
	case "":
		_, err := io.WriteString(c.Stderr, c.overview())
		return gate.ExitUsage, err
	case "help", "-h", "-help", "--help":
		_, err := io.WriteString(c.Stdout, c.overview())
		return 0, err
	case "check":
		return c.check(ctx, "forewarden check", c.Controls, c.Args[1:])
	}
	if i := slices.IndexFunc(c.Controls, func(k *control.Control) bool { return k.ID == first }); i >= 0 {
		return c.check(ctx, "forewarden "+first, c.Controls[i:i+1], c.Args[1:])
	}
	return 0, c.unknown(first)
}

func isHelp(arg string) bool { return arg == "-h" || arg == "-help" || arg == "--help" }

func (c Command) unknown(word string) error {
	if slices.Contains(control.Known(), word) {
		return usage("this version does not carry the control %s yet; it has %s", word, strings.Join(c.ids(), ", "))
	}
	words := append([]string{"check", "help"}, c.ids()...)
	for _, v := range c.verbs() {
		words = append(words, v.name)
	}
	hint := ""
	if near := policy.Suggest(word, words); near != "" {
		hint = fmt.Sprintf(": did you mean %q?", near)
	}
	return usage("no command %q%s (`%s help` lists the commands; to check a folder: `%s check PATH`)", word, hint, c.Name, c.Name)
}

func (c Command) ids() []string {
	ids := make([]string, len(c.Controls))
	for i, k := range c.Controls {
		ids[i] = k.ID
	}
	return ids
}

// known is what a policy may name.
func (c Command) known() policy.Known {
	known := policy.Known{}
	for _, id := range control.Known() {
		known[id] = nil
	}
	for _, k := range c.Controls {
		known[k.ID] = k.Attributes
	}
	return known
}
