package gitleaks

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"slices"
	"strings"
	"sync"

	"github.com/rs/zerolog"
	"github.com/zricethezav/gitleaks/v8/config"
	"github.com/zricethezav/gitleaks/v8/detect"
	"github.com/zricethezav/gitleaks/v8/logging"

	"github.com/forewarden/forewarden/internal/scope"
)

const (
	configFile = ".gitleaks.toml"
	ignoreFile = ".gitleaksignore"

	// decodeDepth is how often gitleaks' program decodes base64, hexadecimal and the like by default; the library's
	// own default is never.
	decodeDepth = 5

	// settingBytes is the largest configuration or ignore file that is read.
	settingBytes = 1 << 20
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

// scan looks into a piece of a file that starts at a line, from 1. commit may be empty.
func (d *detector) scan(ctx context.Context, text, path, commit string, startLine int) ([]sighting, error) {
	return d.scanPiece(ctx, piece{text: text, line: startLine}, path, commit)
}

// scanPiece is scan for a piece that may begin within a line.
func (d *detector) scanPiece(ctx context.Context, p piece, path, commit string) ([]sighting, error) {
	if len(p.text) <= pieceBytes {
		return d.piece(ctx, p, path, commit)
	}
	return d.pieces(ctx, p, path, commit)
}

// piece hands one piece to the library.
func (d *detector) piece(ctx context.Context, p piece, path, commit string) (found []sighting, err error) {
	defer func() {
		if recover() != nil { // what the library says in its panic could quote the text
			err = fmt.Errorf("gitleaks broke on %s", path)
		}
	}()
	fragment := detect.Fragment{Raw: p.text, FilePath: path, CommitSHA: commit, StartLine: p.line} //nolint:staticcheck // DetectContext takes no other type in v8
	results := d.library.DetectContext(ctx, fragment)
	if ctx.Err() != nil {
		return nil, ctx.Err() // the library returns what it had so far as if it were all
	}
	if len(results) == 0 {
		return nil, nil
	}
	lines := newLineIndex(p.text)
	for _, r := range results {
		found = append(found, d.sighting(r, lines, p))
	}
	finish(found, lines, p)
	return found, ctx.Err()
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
	case len(data) > settingBytes:
		return "", fmt.Errorf("%s (%s) has more than %d bytes", name, settings.Origin, settingBytes)
	}
	return string(data), nil
}
