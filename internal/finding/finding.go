// Package finding is one judged problem at one place, in the words every report shares.
package finding

import (
	"cmp"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"maps"
	"slices"
	"strings"
)

// A Severity says how bad and how certain a finding is. Critical and High mean exploitable or certain, Medium and
// Low mean hygiene or doubt. The zero value is no severity.
type Severity int

// The severities, from the mildest.
const (
	Low Severity = iota + 1
	Medium
	High
	Critical
)

// Severities are the names a policy and a report use, mildest first.
func Severities() []string { return []string{"low", "medium", "high", "critical"} }

// String is the severity's name in policies and reports.
func (s Severity) String() string {
	if s < Low || s > Critical {
		return fmt.Sprintf("severity(%d)", int(s))
	}
	return Severities()[s-1]
}

// ParseSeverity reads a name from Severities.
func ParseSeverity(name string) (Severity, error) {
	if i := slices.Index(Severities(), name); i >= 0 {
		return Severity(i + 1), nil
	}
	return 0, fmt.Errorf("no severity %q: want one of %s", name, strings.Join(Severities(), ", "))
}

// MarshalText writes the severity's name.
func (s Severity) MarshalText() ([]byte, error) { return []byte(s.String()), nil }

// A State says whether a finding counts. The zero value is New.
type State string

// The states. Only new findings can block.
const (
	New      State = "new"
	Existing State = "existing"
	Waived   State = "waived"
)

// A Location is a region of a file. Lines and columns count from 1, columns in Unicode code points; EndColumn is
// one past the last character, as in SARIF. Zero means that the finding is about the file (or, without a path,
// about no file).
type Location struct {
	Path                                       string // relative to the repository, forward slashes
	StartLine, StartColumn, EndLine, EndColumn int
	Commit                                     string // full object id, empty outside history
}

// A Finding is one judged problem at one place. None of its fields can hold a secret: messages quote no source,
// and an Excerpt masks what it shows.
type Finding struct {
	Rule     string
	Severity Severity
	State    State
	Message  string // what is wrong, one sentence
	Remedy   string // what to do now
	Location
	Fingerprint string // the same for the same problem in another line or file
	HelpURL     string
	Attributes  map[string]string // documented per rule; waivers match on them
	Excerpt     Excerpt           // for a terminal only, never in a file
}

// Fingerprint names a problem by what it is and not by where it stands: parts hold no line number and no path, so
// that it survives a move within a file and a renamed file.
func Fingerprint(parts ...string) string {
	h := sha256.New()
	for _, p := range parts {
		fmt.Fprintf(h, "%d:%s", len(p), p)
	}
	return hex.EncodeToString(h.Sum(nil))[:32]
}

// SecretDigest is the little that a fingerprint may hold of a secret: 32 bits, enough to notice that a secret was
// swapped for another, too little to confirm a guess.
func SecretDigest(secret string) string {
	sum := sha256.Sum256([]byte(secret))
	return hex.EncodeToString(sum[:4])
}

// Normalize sorts findings and drops those that say the same of the same place. It is the only place where either
// is done, so that the same input gives the same bytes in every report.
func Normalize(fs []Finding) []Finding {
	out := slices.Clone(fs)
	for i := range out {
		if out[i].State == "" {
			out[i].State = New
		}
	}
	slices.SortStableFunc(out, compare)
	return slices.CompactFunc(out, func(a, b Finding) bool {
		return compare(a, b) == 0 && maps.Equal(a.Attributes, b.Attributes)
	})
}

func compare(a, b Finding) int {
	return cmp.Or(
		cmp.Compare(a.Path, b.Path),
		cmp.Compare(a.StartLine, b.StartLine),
		cmp.Compare(a.StartColumn, b.StartColumn),
		cmp.Compare(a.EndLine, b.EndLine),
		cmp.Compare(a.EndColumn, b.EndColumn),
		cmp.Compare(a.Rule, b.Rule),
		cmp.Compare(a.Commit, b.Commit),
		cmp.Compare(a.Fingerprint, b.Fingerprint),
		cmp.Compare(b.Severity, a.Severity),
		cmp.Compare(a.State, b.State),
		cmp.Compare(a.Message, b.Message),
		cmp.Compare(attributeKey(a.Attributes), attributeKey(b.Attributes)),
	)
}

func attributeKey(m map[string]string) string {
	var b strings.Builder
	for _, k := range slices.Sorted(maps.Keys(m)) {
		fmt.Fprintf(&b, "%q=%q,", k, m[k])
	}
	return b.String()
}
