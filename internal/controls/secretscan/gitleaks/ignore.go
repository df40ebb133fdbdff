package gitleaks

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"slices"
	"strconv"
	"strings"

	"github.com/forewarden/forewarden/internal/git"
	"github.com/forewarden/forewarden/internal/scope"
)

// An ignore is a line of .gitleaksignore: "file:rule:line" or "commit:file:rule:line".
type ignore struct {
	commit, file, rule string
	line               int
	at                 int // its own line in the ignore file
	used               bool
}

// ignored marks the sightings that the repository's .gitleaksignore names, and notes what in it names nothing.
func (l *look) ignored(ctx context.Context) ([]string, error) {
	if !l.scope.Settings.Waivers {
		return nil, nil
	}
	data, err := readSetting(l.scope.Settings, ignoreFile)
	if err != nil || data == "" {
		return nil, err
	}
	ignores, notes := parseIgnores(data)
	for i := range l.sightings {
		s := &l.sightings[i]
		for j := range ignores {
			matches, err := l.matches(ctx, &ignores[j], s)
			if err != nil {
				return notes, err
			}
			if matches {
				ignores[j].used = true
				s.Ignored = fmt.Sprintf("%s:%d", ignoreFile, ignores[j].at)
			}
		}
	}
	if unused := unusedLines(ignores); l.scope.Kind != scope.Change && l.scope.Under == "" && len(unused) > 0 {
		notes = append(notes, fmt.Sprintf("%s: nothing matches line %s", ignoreFile, strings.Join(unused, ", ")))
	}
	return notes, nil
}

func parseIgnores(data string) (ignores []ignore, notes []string) {
	number := 0
	for line := range strings.Lines(data) {
		number++
		line = strings.TrimSpace(line)
		if line == "" || strings.HasPrefix(line, "#") {
			continue
		}
		g, ok := parseIgnore(line)
		if !ok {
			notes = append(notes, fmt.Sprintf("%s:%d: not file:rule:line nor commit:file:rule:line", ignoreFile, number))
			continue
		}
		g.at = number
		ignores = append(ignores, g)
	}
	return ignores, notes
}

func parseIgnore(line string) (ignore, bool) {
	parts := strings.Split(line, ":")
	if len(parts) != 3 && len(parts) != 4 {
		return ignore{}, false
	}
	var g ignore
	if len(parts) == 4 {
		g.commit, parts = parts[0], parts[1:]
	}
	n, err := strconv.Atoi(parts[2])
	g.file, g.rule, g.line = strings.ReplaceAll(parts[0], `\`, "/"), parts[1], n
	return g, err == nil
}

// matches says whether an entry names a sighting. An entry without a commit names a place and not a credential: in
// a change it counts for what stands at that place on the trusted side alone, or a new credential could be put
// where an old one was accepted.
func (l *look) matches(ctx context.Context, g *ignore, s *sighting) (bool, error) {
	if g.file != s.Location.Path || g.rule != s.Rule {
		return false, nil
	}
	if g.commit != "" {
		return g.commit == s.Location.Commit && g.line == s.Location.StartLine, nil
	}
	if l.scope.Kind != scope.Change {
		return g.line == s.Location.StartLine, nil
	}
	content, err := l.scope.Settings.Read(g.file)
	if errors.Is(err, fs.ErrNotExist) {
		return false, nil
	}
	if err != nil {
		return false, err
	}
	text, _, _ := git.Text(content)
	accepted, err := l.detector.scan(ctx, text, g.file, "", 1)
	return slices.ContainsFunc(accepted, func(a sighting) bool {
		return a.Rule == g.rule && a.Location.StartLine == g.line && a.Digest == s.Digest
	}), err
}

func unusedLines(ignores []ignore) []string {
	var lines []string
	for _, g := range ignores {
		if !g.used {
			lines = append(lines, strconv.Itoa(g.at))
		}
	}
	return lines
}

func sortErrors(errs []error) {
	slices.SortFunc(errs, func(a, b error) int { return strings.Compare(a.Error(), b.Error()) })
}
