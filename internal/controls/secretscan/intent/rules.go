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
	r.Remedy = remedy(kind, kind == Generic, "")
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

// remedy says what to do, the most urgent first, and how the check turns green again without rewriting a commit.
// byComment says that a comment in the source can accept it; fingerprint is named where it is known, so that a
// waiver can be written without looking further.
func remedy(k Kind, byComment bool, fingerprint string) string {
	first := "Revoke it at the provider and issue a new one: once pushed it counts as leaked. Remove it with one more commit, and read it from the environment or a secret store."
	switch k {
	case PrivateKey:
		first = "Replace the key pair: once pushed the key counts as leaked. Remove it with one more commit, and load it from a secret store."
	case Generic:
		first = "If it is a real credential, rotate it first, then remove it with one more commit."
	}
	if byComment {
		return first + " If it is none, add the comment `" + ForewardenAllow + " REASON` to its line."
	}
	by := ""
	if fingerprint != "" {
		by = " of fingerprint " + fingerprint
	}
	return first + " Its commit stays, so then, or if it is no credential, ask for a waiver" + by + " in the organisation's policy."
}
