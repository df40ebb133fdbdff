package gitleaks

import (
	"regexp"
	"strings"

	"github.com/zricethezav/gitleaks/v8/report"

	"github.com/forewarden/forewarden/internal/controls/secretscan/intent"
	"github.com/forewarden/forewarden/internal/finding"
)

// A sighting is a hit with the text that it is about, which stays in this package.
type sighting struct {
	intent.Hit
	source   string // what the file holds from the start of the match to its end
	secret   string
	from, to int // byte range within the piece: the credential, or the match where that is not to be told apart
	start    int // where the match starts
}

// sighting turns a result of the library into one of ours: places in code points, and no text in the hit.
func (d *detector) sighting(r report.Finding, lines lineIndex, p piece) sighting {
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
	first := r.StartLine - p.line
	start, end := lines.span(r, first, s.Encoding != "")
	s.source, s.secret, s.start = lines.text[start:end], r.Secret, start
	s.from, s.to = start, end
	if at := strings.Index(s.source, r.Secret); at >= 0 && r.Secret != "" && s.Encoding == "" {
		s.from, s.to = start+at, start+at+len(r.Secret)
	}
	from, to := s.from, s.to
	if line := lines.line(from); line > first {
		s.SecretLine = p.line + line
		from, to = start, end
	}
	s.Location.StartLine, s.Location.StartColumn = r.StartLine, 1
	if lines.line(from) == first {
		s.Location.StartColumn = p.column(lines, from)
	}
	last := max(to-1, from)
	s.Location.EndLine = p.line + lines.line(last)
	s.Location.EndColumn = p.column(lines, last) + 1
	return s
}

// finish adds what needs all sightings of a piece: excerpts and allows in which none of the credentials found can be
// read, whichever of them it is about.
func finish(found []sighting, lines lineIndex, p piece) {
	masked := lines.masked(found)
	allows := allowIndex{lines: masked, known: map[int]marker{}}
	for i := range found {
		s := &found[i]
		if s.Location.StartLine == 0 {
			continue
		}
		first := s.Location.StartLine - p.line
		s.Allow = allows.in(first, lines.line(max(s.start+len(s.source)-1, s.start)))
		s.Excerpt = excerpt(masked, lines, first, *s, p.before > 0)
	}
}

// uniqueSecrets are the credentials of a piece that may stand in a line again without being sighted again. More than
// a few are a list of credentials, of which each is sighted.
func uniqueSecrets(found []sighting) []string {
	seen := map[string]bool{}
	var secrets []string
	for _, s := range found {
		if len(secrets) == 50 {
			break
		}
		if len(s.secret) > 3 && !strings.Contains(s.secret, "\n") && !seen[s.secret] {
			seen[s.secret] = true
			secrets = append(secrets, s.secret)
		}
	}
	return secrets
}

// keyHeader is the line by which a reader recognises a private key; it is no secret itself.
var keyHeader = regexp.MustCompile(`-----BEGIN[ A-Z0-9_-]{0,100}PRIVATE KEY(?: BLOCK)?-----`)

// excerptWindow is how many bytes left of a place are looked at for its excerpt: more than an excerpt shows.
const excerptWindow = 600

// excerpt shows a sighting's line with the place marked, out of the masked text. A private key's header stays.
func excerpt(masked, lines lineIndex, first int, s sighting, torn bool) finding.Excerpt {
	lineStart, lineEnd := lines.bounds(first)
	from := min(max(s.from, lineStart), lineEnd)
	if lines.line(s.from) > first { // the credential is further down: the match is marked
		from = min(max(s.start, lineStart), lineEnd)
	}
	to := min(max(s.to, from+1), lineEnd)
	if at := keyHeader.FindStringIndex(lines.text[from:lineEnd]); len(at) > 0 && at[0] == 0 {
		from = min(from+at[1], lineEnd)
		to = min(max(s.to, from), lineEnd)
	}
	window := max(lineStart, from-excerptWindow)
	for window > lineStart && lines.text[window]&0xc0 == 0x80 {
		window--
	}
	left := masked.text[window:from]
	if torn && window == 0 {
		left = withoutFirstWord(left)
	}
	start := len([]rune(left)) + 1
	rest := ""
	if to < lineEnd {
		rest = "…"
	}
	return finding.NewExcerpt(left+"*"+rest, start, start+1)
}

// withoutFirstWord masks what may be the end of a credential that a piece's border cut in two.
func withoutFirstWord(s string) string {
	end := strings.IndexAny(s, " \t\"'`=,;:()[]{}<>")
	if end < 0 {
		end = len(s)
	}
	return strings.Repeat("*", end) + s[end:]
}

// masked is the text with every credential overwritten, byte by byte so that all places stay. A private key's header
// is left.
func (x lineIndex) masked(found []sighting) lineIndex {
	text := []byte(x.text)
	for _, s := range found {
		from := s.from
		if at := keyHeader.FindStringIndex(x.text[s.from:s.to]); len(at) > 0 && at[0] == 0 {
			from += at[1]
		}
		for i := from; i < s.to; i++ {
			if text[i] != '\n' {
				text[i] = '*'
			}
		}
	}
	all := string(text)
	for _, secret := range uniqueSecrets(found) {
		all = strings.ReplaceAll(all, secret, strings.Repeat("*", len(secret)))
	}
	return lineIndex{text: all, starts: x.starts}
}
