package gitleaks

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"regexp"
	"slices"
	"strings"
	"sync"
	"unicode/utf8"

	"github.com/rs/zerolog"
	"github.com/zricethezav/gitleaks/v8/config"
	"github.com/zricethezav/gitleaks/v8/detect"
	"github.com/zricethezav/gitleaks/v8/logging"
	"github.com/zricethezav/gitleaks/v8/report"

	"github.com/forewarden/forewarden/internal/controls/secretscan/intent"
	"github.com/forewarden/forewarden/internal/finding"
	"github.com/forewarden/forewarden/internal/scope"
)

const (
	configFile = ".gitleaks.toml"
	ignoreFile = ".gitleaksignore"

	// decodeDepth is how often gitleaks' program decodes base64, hexadecimal and the like by default; the library's
	// own default is never.
	decodeDepth = 5
)

// A detector looks for credentials in text.
type detector struct {
	library *detect.Detector
	kinds   map[string]certainty
	allowed map[string]bool // paths that the allow-lists leave out, as far as asked
	mu      sync.Mutex
}

// silence turns the library's global logger off: at its debug level it prints what it found.
var silence = sync.OnceFunc(func() { logging.Logger = zerolog.New(io.Discard).Level(zerolog.Disabled) })

func newDetector(c config.Config) *detector {
	silence()
	d := &detector{library: detect.NewDetector(c), kinds: map[string]certainty{}, allowed: map[string]bool{}}
	d.library.MaxDecodeDepth = decodeDepth
	d.library.IgnoreGitleaksAllow = true // allows are judged, not dropped
	for id, r := range c.Rules {
		d.kinds[id] = certaintyOf(r)
	}
	return d
}

// leftOut says whether the allow-lists leave a path out altogether.
func (d *detector) leftOut(path string) bool {
	d.mu.Lock()
	defer d.mu.Unlock()
	out, known := d.allowed[path]
	if !known {
		out = path == configFile || slices.ContainsFunc(d.library.Config.Allowlists, func(a *config.Allowlist) bool {
			return a.MatchCondition == config.AllowlistMatchOr && a.PathAllowed(path)
		})
		d.allowed[path] = out
	}
	return out
}

// A sighting is a hit with the text that it is about, which stays in this package.
type sighting struct {
	intent.Hit
	source string // what the file holds from the start of the match to its end
	secret string
}

// scan looks into a piece of a file that starts at a line, from 1. commit may be empty.
func (d *detector) scan(ctx context.Context, text, path, commit string, startLine int) (found []sighting, err error) {
	defer func() {
		if recover() != nil { // what the library says in its panic could quote the text
			err = fmt.Errorf("gitleaks broke on %s", path)
		}
	}()
	fragment := detect.Fragment{Raw: text, FilePath: path, CommitSHA: commit, StartLine: startLine} //nolint:staticcheck // DetectContext takes no other type in v8
	results := d.library.DetectContext(ctx, fragment)
	if ctx.Err() != nil {
		return nil, ctx.Err() // the library returns what it had so far as if it were all
	}
	if len(results) == 0 {
		return nil, nil
	}
	lines := newLineIndex(text)
	for _, r := range results {
		found = append(found, d.sighting(r, lines, startLine))
	}
	hide(found, lines, startLine)
	return found, nil
}

// hide makes the excerpts, in which none of the credentials found can be read, whichever the excerpt is about.
func hide(found []sighting, lines lineIndex, startLine int) {
	var texts []string
	for _, s := range found {
		text := s.secret
		if s.Encoding != "" {
			text = s.source
		}
		for line := range strings.SplitSeq(text, "\n") {
			if line = strings.TrimSpace(keyHeader.ReplaceAllString(line, "")); len(line) > 3 {
				texts = append(texts, line)
			}
		}
	}
	// The longest first: of two that begin alike, the shorter would leave the rest of the longer.
	slices.SortFunc(texts, func(a, b string) int { return len(b) - len(a) })
	var pairs []string
	for _, t := range texts {
		pairs = append(pairs, t, strings.Repeat("*", utf8.RuneCountInString(t)))
	}
	masked := strings.NewReplacer(pairs...)
	for i := range found {
		h := &found[i].Hit
		if h.Location.StartLine == 0 {
			continue
		}
		line := lines.at(h.Location.StartLine - startLine)
		end := h.Location.EndColumn
		if h.Location.EndLine > h.Location.StartLine {
			end = utf8.RuneCountInString(line) + 1
		}
		h.Excerpt = excerpt(masked.Replace(line), h.Location.StartColumn, end)
	}
}

func (d *detector) sighting(r report.Finding, lines lineIndex, startLine int) sighting {
	s := sighting{Hit: intent.Hit{
		Rule: r.RuleID, Description: r.Description, Kind: d.kinds[r.RuleID].of(r.Secret),
		Digest:   finding.SecretDigest(r.Secret),
		Location: finding.Location{Path: r.File, Commit: r.Commit},
		Encoding: encoding(r.Tags),
	}}
	if r.StartLine == 0 && r.Secret == "" { // a rule about the path alone
		s.Digest = finding.SecretDigest(r.File[strings.LastIndexByte(r.File, '/')+1:])
		return s
	}
	first := r.StartLine - startLine
	start, end := lines.span(r, first, s.Encoding != "")
	s.source, s.secret = lines.text[start:end], r.Secret
	from, to := start, end
	if at := strings.Index(s.source, r.Secret); at >= 0 && r.Secret != "" && s.Encoding == "" {
		from, to = start+at, start+at+len(r.Secret)
	}
	if line := lines.line(from); line > first {
		s.SecretLine = startLine + line
		from, to = start, end
	}
	s.Location.StartLine, s.Location.StartColumn = r.StartLine, 1
	if lines.line(from) == first {
		s.Location.StartColumn = lines.column(from)
	}
	last := lines.line(max(to-1, from))
	s.Location.EndLine = startLine + last
	s.Location.EndColumn = lines.column(max(to-1, from)) + 1
	s.Allow = allowIn(lines, first, lines.line(max(end-1, start)), r.Secret)
	return s
}

// keyHeader is the line by which a reader recognises a private key; it is no secret itself.
var keyHeader = regexp.MustCompile(`-----BEGIN[ A-Z0-9_-]{0,100}PRIVATE KEY(?: BLOCK)?-----`)

// excerpt masks a line from start to end, but for a private key's header.
func excerpt(line string, start, end int) finding.Excerpt {
	if at := keyHeader.FindStringIndex(line); len(at) > 0 && utf8.RuneCountInString(line[:at[0]])+1 == start {
		start = utf8.RuneCountInString(line[:at[1]]) + 1
		end = max(end, start+1)
	}
	return finding.NewExcerpt(line, start, end)
}

// encoding names how a finding was encoded, from the library's tags ("decoded:base64").
func encoding(tags []string) string {
	var names []string
	for _, t := range tags {
		if name, ok := strings.CutPrefix(t, "decoded:"); ok {
			names = append(names, name)
		}
	}
	slices.Sort(names)
	return strings.Join(slices.Compact(names), ", ")
}

// readSetting returns a file of the trusted side, "" where it is not there.
func readSetting(settings scope.Settings, name string) (string, error) {
	if settings.Read == nil {
		return "", nil
	}
	data, err := settings.Read(name)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return "", nil
	case err != nil:
		return "", fmt.Errorf("reading %s (%s): %w", name, settings.Origin, err)
	}
	return string(data), nil
}
