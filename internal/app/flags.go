package app

import (
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/forewarden/forewarden/internal/control"
	"github.com/forewarden/forewarden/internal/policy"
	"github.com/forewarden/forewarden/internal/report"
	"github.com/forewarden/forewarden/internal/scope"
)

// options are the flags of a check, validated.
type options struct {
	kind       scope.Kind // "" where the run decides
	base, head string
	controls   []*control.Control
	engines    map[string]string
	policyFile string
	format     string
	reports    []reportFile
	text       report.Options
	path       string
	pathGiven  bool // on the command line: a run is limited to it
}

type reportFile struct{ format, path string }

// A repeated flag collects its values.
type repeated []string

func (r *repeated) String() string     { return strings.Join(*r, ",") }
func (r *repeated) Set(v string) error { *r = append(*r, v); return nil }

var errHelp = errors.New("help was asked for")

// parse reads the flags of a check, which may stand before and after the path. all are the controls to choose from.
func (c Command) parse(name string, all []*control.Control, args []string) (options, error) {
	o := options{engines: map[string]string{}, path: "."}
	fs := flag.NewFlagSet(name, flag.ContinueOnError)
	fs.SetOutput(io.Discard)
	var kind, controls string
	var engines, reports repeated
	fs.StringVar(&kind, "scope", "", "")
	fs.StringVar(&o.base, "base", "", "")
	fs.StringVar(&o.head, "head", "", "")
	if len(all) > 1 || name == "forewarden check" {
		fs.StringVar(&controls, "controls", "", "")
	}
	fs.Var(&engines, "engine", "")
	fs.StringVar(&o.policyFile, "policy", "", "")
	fs.StringVar(&o.format, "format", "text", "")
	fs.Var(&reports, "report", "")
	noColor := fs.Bool("no-color", false, "")
	fs.BoolVar(&o.text.Quiet, "quiet", false, "")
	fs.BoolVar(&o.text.Verbose, "verbose", false, "")
	paths, err := parseInterspersed(fs, args)
	if err != nil {
		return o, err
	}
	var empty []string
	fs.Visit(func(f *flag.Flag) {
		if f.Value.String() == "" {
			empty = append(empty, "--"+f.Name)
		}
	})
	if len(empty) > 0 {
		return o, usage("%s is empty: give it a value or leave it out", strings.Join(empty, " and "))
	}
	if len(paths) > 1 {
		return o, usage("one path at most, not %d: %s", len(paths), strings.Join(paths, ", "))
	}
	if len(paths) == 1 {
		o.path, o.pathGiven = paths[0], true
	}
	if _, err := os.Stat(o.path); err != nil {
		return o, usage("no such path: %s", o.path)
	}
	o.text.Color = !*noColor && c.Getenv("NO_COLOR") == ""
	return o, errors.Join(o.setScope(kind), o.setControls(controls, all), o.setEngines(engines), o.setReports(reports))
}

// parseInterspersed lets flags follow the path, as most programs do.
func parseInterspersed(fs *flag.FlagSet, args []string) (rest []string, err error) {
	for {
		err := fs.Parse(args)
		switch {
		case errors.Is(err, flag.ErrHelp):
			return nil, errHelp
		case err != nil:
			return nil, usage("%s%s (`%s --help` lists the flags)", flagWords(err), nearFlag(fs, err.Error()), fs.Name())
		}
		if fs.NArg() == 0 {
			return rest, nil
		}
		if consumed := len(args) - fs.NArg(); consumed > 0 && args[consumed-1] == "--" {
			return append(rest, fs.Args()...), nil
		}
		rest = append(rest, fs.Arg(0))
		args = fs.Args()[1:]
	}
}

// flagWords says what is wrong with a flag as it is written here, with two dashes.
func flagWords(err error) string {
	said := err.Error()
	if _, name, ok := strings.Cut(said, "not defined: -"); ok {
		return "no flag --" + strings.TrimLeft(name, "-")
	}
	return strings.ReplaceAll(said, "flag -", "flag --")
}

// nearFlag suggests a flag for "flag provided but not defined: -x".
func nearFlag(fs *flag.FlagSet, said string) string {
	_, word, ok := strings.Cut(said, "not defined: -")
	if !ok {
		return ""
	}
	var names []string
	fs.VisitAll(func(f *flag.Flag) { names = append(names, f.Name) })
	if near := policy.Suggest(strings.TrimLeft(word, "-"), names); near != "" {
		return fmt.Sprintf(": did you mean --%s?", near)
	}
	return ""
}

func (o *options) setScope(kind string) error {
	if kind != "" {
		k, err := scope.ParseKind(kind)
		if err != nil {
			return usageError{err}
		}
		o.kind = k
	}
	switch {
	case o.base == "" && o.head != "":
		return usage("--head needs --base REV: a change has two ends")
	case o.base != "" && o.kind == "":
		o.kind = scope.Change
	case o.base != "" && o.kind != scope.Change:
		return usage("--base goes with --scope change, not with --scope %s", o.kind)
	}
	return nil
}

func (o *options) setControls(names string, all []*control.Control) error {
	if names == "" {
		o.controls = all
		return nil
	}
	for id := range strings.SplitSeq(names, ",") {
		id = strings.TrimSpace(id)
		i := slices.IndexFunc(all, func(k *control.Control) bool { return k.ID == id })
		switch {
		case i >= 0 && !slices.Contains(o.controls, all[i]):
			o.controls = append(o.controls, all[i])
		case i >= 0:
		case slices.Contains(control.Known(), id):
			return usage("--controls: this version does not carry %s yet", id)
		default:
			return usage("--controls: no control %q%s", id, didYouMean(id, control.Known()))
		}
	}
	return nil
}

func didYouMean(word string, among []string) string {
	if near := policy.Suggest(word, among); near != "" {
		return fmt.Sprintf(": did you mean %q?", near)
	}
	return ": want one of " + strings.Join(among, ", ")
}

func (o *options) setEngines(pairs []string) error {
	for _, pair := range pairs {
		id, engine, ok := strings.Cut(pair, "=")
		if !ok || engine == "" {
			return usage("--engine %s: want CONTROL=NAME", pair)
		}
		if !slices.Contains(control.Known(), id) {
			return usage("--engine: no control %q%s", id, didYouMean(id, control.Known()))
		}
		o.engines[id] = engine
	}
	return nil
}

func (o *options) setReports(pairs []string) error {
	if !slices.Contains(report.Formats(), o.format) {
		return usage("--format: no format %q%s", o.format, didYouMean(o.format, report.Formats()))
	}
	for _, pair := range pairs {
		format, name, ok := strings.Cut(pair, "=")
		if !ok || name == "" {
			return usage("--report %s: want FORMAT=FILE", pair)
		}
		if !slices.Contains(report.Formats(), format) {
			return usage("--report: no format %q%s", format, didYouMean(format, report.Formats()))
		}
		path, err := filepath.Abs(name)
		if err != nil {
			return usage("--report %s: %w", pair, err)
		}
		if slices.ContainsFunc(o.reports, func(r reportFile) bool { return r.path == path }) {
			return usage("--report: two reports to %s", filepath.Clean(name))
		}
		o.reports = append(o.reports, reportFile{format, path})
	}
	return nil
}
