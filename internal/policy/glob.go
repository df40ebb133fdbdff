package policy

import (
	"path"
	"strings"
)

// matchPath says whether a repository-relative path matches a glob: `*` and `?` stand for characters within a
// segment, a `**` segment for any number of segments. Every other character, brackets too, stands for itself. A
// glob that ends in `/` means everything below, as does a last `**`.
func matchPath(glob, name string) bool {
	if strings.HasSuffix(glob, "/") {
		glob += "**"
	}
	segments := strings.Split(glob, "/")
	if last := len(segments) - 1; segments[last] == "**" {
		segments = append(segments, "*") // at least one segment: a folder's glob is not about a file of its name
	}
	return matchSegments(segments, strings.Split(name, "/"))
}

// matchSegments tries `**` with ever more segments. Going back to the latest `**` alone is enough, so the time is
// bounded by the product of the lengths.
func matchSegments(glob, name []string) bool {
	g, n := 0, 0
	star, resume := -1, 0
	for n < len(name) {
		switch {
		case g < len(glob) && glob[g] == "**":
			star, resume = g, n
			g++
		case g < len(glob) && matchSegment(glob[g], name[n]):
			g++
			n++
		case star >= 0:
			resume++
			g, n = star+1, resume
		default:
			return false
		}
	}
	for g < len(glob) && glob[g] == "**" {
		g++
	}
	return g == len(glob)
}

func matchSegment(glob, name string) bool {
	ok, err := path.Match(strings.NewReplacer(`\`, `\\`, `[`, `\[`).Replace(glob), name)
	return err == nil && ok
}

// globProblem says why a glob can never match what a reader means, or "".
func globProblem(glob string) string {
	for segment := range strings.SplitSeq(strings.TrimSuffix(glob, "/"), "/") {
		if segment == "" || segment == "." || segment == ".." {
			return "a path must be relative to the repository, without empty, . or .. segments"
		}
	}
	if strings.Contains(glob, `\`) {
		return "a path must use forward slashes"
	}
	return ""
}

// matchesEverything says whether a glob names nothing in particular.
func matchesEverything(glob string) bool { return strings.Trim(glob, "*?/") == "" }
