package intent

import (
	"strings"

	"github.com/forewarden/forewarden/internal/control"
)

// AllowRefused marks a sighting whose allow comment does not count.
const AllowRefused = "allow-refused"

// extras are the ids behind a slash that tell sightings apart which an ordinary scan of the same rule would not have
// made.
var extras = []struct{ id, told, doc string }{
	{"merge-only", "It is in the merge commit alone, in none of its parents.",
		"Found in lines that a merge commit holds and none of its parents does; git log -p does not show them."},
	{"attribute-hidden", "A .gitattributes entry hides this file's changes from git log and from reviewers.",
		"Found in a text file that .gitattributes declares to be binary, so that git log -p and reviews do not show its changes."},
	{"utf-16", "The file is UTF-16.",
		"Found in a UTF-16 file, which git and most scanners take for binary."},
	{"renamed", "The file was moved here from where less is looked at or counts.",
		"Found in a file that was moved as it is from a path where less is looked at, or counts, to one where more does: out of vendored code, tests, or what the rules leave out."},
	{"nul-bytes", "NUL bytes in the file hide its changes from git log and from reviewers.",
		"Found in text with NUL bytes in it (UTF-32, UTF-16 out of step, a stray NUL), which git and most scanners take for binary."},
	{"binary", "The file is binary: its name alone tells.",
		"Found by the name of a binary file, into which nobody looks."},
	{"assembled", "The change put it together in more than one step.",
		"Found in a file as the change leaves it although no single addition holds it: it was brought in pieces."},
	{"type-change", "It came in when a symbolic link or a submodule became this file.",
		"Found in a file that took the place of a symbolic link or submodule, which many scanners leave out."},
	{AllowRefused, "", "An allow comment stands beside it that does not count: it gives no reason, or the credential is of a kind that only a waiver in the policy can accept."},
}

func variants() []string {
	var ids []string
	for _, x := range extras {
		ids = append(ids, x.id)
	}
	return ids
}

// Extra documents the part of a rule's id behind the slash, "" where there is none.
func Extra(id string) string {
	for _, x := range extras {
		if x.id == id {
			return x.doc
		}
	}
	return ""
}

// describe completes an engine's rule: its Title is the engine's description, its first tag the Kind.
func describe(r control.Rule) control.Rule {
	kind := Generic
	if len(r.Tags) > 0 {
		kind = Kind(r.Tags[0])
	}
	r.Doc = sentence(r.Title) + " " + kindDoc(kind)
	base, extra, _ := strings.Cut(r.ID, "/")
	r.Title = strings.ReplaceAll(base, "-", " ")
	if doc := Extra(extra); doc != "" {
		r.Title += " (" + extra + ")"
		r.Doc += " " + doc
	}
	r.Remedy = remedy(kind, way{comment: kind == Generic, repository: true})
	r.HelpURL = HelpURL
	r.Tags = []string{"security", "secret", string(kind)}
	return r
}

func kindDoc(k Kind) string {
	switch k {
	case ProviderToken:
		return "The text itself has the provider's format, so it is almost certainly a credential: critical, but in vendored code."
	case PrivateKey:
		return "A private key identifies whoever holds it: high in production files, less in tests, documentation and vendored code."
	}
	return "Only its surroundings or its randomness say that this is a credential, so it can be a false alarm: it warns in production files and is counted elsewhere."
}

// A way is what decides how a sighting can be accepted.
type way struct {
	comment     bool   // by a comment in the source
	repository  bool   // by a waiver of the repository's own
	removed     bool   // it is gone from the files
	fingerprint string // "" where it is not known
}

// remedy says what to do, the most urgent first, and how the check turns green again without rewriting a commit.
func remedy(k Kind, w way) string {
	leaked := "Revoke it at the provider and issue a new one: once pushed it counts as leaked."
	switch k {
	case PrivateKey:
		leaked = "Replace the key pair: once pushed the key counts as leaked."
	case Generic:
		leaked = "If it is a real credential, rotate it: once pushed it counts as leaked."
	}
	switch {
	case w.comment:
		return leaked + " Remove it with one more commit. If it is not real, write `" + ForewardenAllow +
			" REASON` in a comment on its line, or alone on the line above; in a file without comments it takes " + w.waiver() + "."
	case w.removed:
		return leaked + " It is removed already, but its commit stays: then, or if it is not real, it takes " + w.waiver() + "."
	}
	return leaked + " Remove it with one more commit. The commit that brought it stays: then, or if it is not real, it takes " + w.waiver() + "."
}

// waiver names the waiver that accepts it, and where it can be written.
func (w way) waiver() string {
	by := ""
	if w.fingerprint != "" {
		by = " of fingerprint " + w.fingerprint
	}
	if w.repository {
		return "a waiver" + by + " in the policy (the organisation's, or .github/forewarden.yml on the base branch)"
	}
	return "a waiver" + by + " in the organisation's policy"
}
