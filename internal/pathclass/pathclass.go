// Package pathclass says what kind of file a path is: production, test, documentation, vendored, generated or a lock
// file. Judges weigh findings by it.
package pathclass

import (
	"bytes"
	"path"
	"strings"
)

// A Class is a kind of file.
type Class string

// The classes. Where several fit, the earlier in the order vendored, generated, lock, test, docs wins.
const (
	Production Class = "production"
	Test       Class = "test"
	Docs       Class = "docs"
	Vendored   Class = "vendored"
	Generated  Class = "generated"
	Lock       Class = "lock"
)

// vendoredFolders hold other people's code wherever they stand in a path.
var vendoredFolders = set("vendor", "vendors", "third_party", "third-party", "thirdparty", "node_modules",
	"bower_components", "jspm_packages", "Godeps", "_vendor", "Pods", "Carthage", "site-packages", "external_deps")

// testFolders hold tests and what tests read.
var testFolders = set("test", "tests", "testing", "testdata", "test-data", "test_data", "testutil", "testutils",
	"testhelper", "testhelpers", "fixture", "fixtures", "mock", "mocks",
	"spec", "specs", "e2e", "integration-tests", "integration_tests", "unittest", "unittests", "goldens", "golden")

// docsFolders hold text for readers.
var docsFolders = set("doc", "docs", "documentation", "example", "examples", "sample", "samples", "demo", "demos",
	"tutorial", "tutorials", "website", "blog")

var docsExtensions = set(".md", ".markdown", ".mdx", ".rst", ".adoc", ".asciidoc", ".txt", ".tex", ".org", ".pod", ".1")

var lockFiles = set("go.sum", "go.work.sum", "package-lock.json", "npm-shrinkwrap.json", "yarn.lock", "pnpm-lock.yaml",
	"bun.lock", "deno.lock", "Cargo.lock", "Gemfile.lock", "poetry.lock", "Pipfile.lock", "uv.lock", "pdm.lock",
	"composer.lock", "mix.lock", "pubspec.lock", "Podfile.lock", "Package.resolved", "gradle.lockfile",
	"packages.lock.json", "flake.lock", "Chart.lock", ".terraform.lock.hcl", "conan.lock")

var generatedSuffixes = []string{".pb.go", ".pb.gw.go", "_pb2.py", "_pb2_grpc.py", ".pb.cc", ".pb.h", "_grpc.pb.go",
	".min.js", ".min.css", ".js.map", ".css.map", ".g.dart", ".designer.cs", "_generated.go", ".gen.go", ".generated.go"}

func set(names ...string) map[string]bool {
	m := make(map[string]bool, len(names))
	for _, n := range names {
		m[n] = true
	}
	return m
}

// Of classifies a repository-relative path with forward slashes. head is the beginning of the file, as far as it is
// at hand: the mark of a generator counts only there. It may be nil.
func Of(name string, head []byte) Class {
	folders := strings.Split(name, "/")
	base := folders[len(folders)-1]
	folders = folders[:len(folders)-1]
	switch {
	case VendoredIn(name) != "":
		return Vendored
	case isGenerated(base, head):
		return Generated
	case lockFiles[base]:
		return Lock
	case hasAny(folders, testFolders) || isTestFile(base):
		return Test
	case hasAny(folders, docsFolders) || docsExtensions[strings.ToLower(path.Ext(base))] || isDocsFile(base):
		return Docs
	}
	return Production
}

// VendoredIn is the folder of other people's code that a path lies in, with the two names below the vendor folder
// where there are such, so that one library is one folder: "third_party/zlib", "vendor/example.com/x/y". It is ""
// for a path that is not vendored.
func VendoredIn(name string) string {
	parts := strings.Split(name, "/")
	for i, p := range parts[:len(parts)-1] {
		if !vendoredFolders[p] {
			continue
		}
		below := parts[i+1 : len(parts)-1]
		depth := 1
		if len(below) > 0 && (strings.Contains(below[0], ".") || strings.HasPrefix(below[0], "@")) {
			depth = 3 // a host name or a scope
			if strings.HasPrefix(below[0], "@") {
				depth = 2
			}
		}
		return strings.Join(parts[:i+1+min(depth, len(below))], "/")
	}
	return ""
}

func hasAny(folders []string, names map[string]bool) bool {
	for _, f := range folders {
		if names[strings.ToLower(strings.Trim(f, "_."))] {
			return true
		}
	}
	return false
}

func isTestFile(base string) bool {
	lower := strings.ToLower(base)
	stem := strings.TrimSuffix(lower, path.Ext(lower))
	for _, mark := range []string{"_test", ".test", "-test", "_spec", ".spec", "_tests", "_unittest"} {
		if strings.HasSuffix(stem, mark) {
			return true
		}
	}
	switch {
	case strings.HasPrefix(lower, "test_"), lower == "conftest.py", strings.HasPrefix(lower, "test-"):
		return true
	}
	// Java and C# keep the case: FooTest.java, FooTests.cs, FooIT.java.
	ext := path.Ext(base)
	name := strings.TrimSuffix(base, ext)
	switch ext {
	case ".java", ".kt", ".cs", ".scala", ".groovy", ".swift", ".php":
		return strings.HasSuffix(name, "Test") || strings.HasSuffix(name, "Tests") || strings.HasSuffix(name, "IT") || strings.HasSuffix(name, "Spec")
	}
	return false
}

func isDocsFile(base string) bool {
	name, _, _ := strings.Cut(strings.ToUpper(base), ".")
	switch name {
	case "README", "CHANGELOG", "CHANGES", "CONTRIBUTING", "HISTORY", "NEWS", "AUTHORS", "LICENSE", "LICENCE", "COPYING", "NOTICE":
		return true
	}
	return false
}

func isGenerated(base string, head []byte) bool {
	for _, suffix := range generatedSuffixes {
		if strings.HasSuffix(base, suffix) {
			return true
		}
	}
	if strings.HasPrefix(base, "zz_generated.") {
		return true
	}
	// The header of https://go.dev/s/generatedcode, which other languages' generators use as well. It counts in the
	// first lines only: further down it is a quotation.
	for i := 0; i < 10 && len(head) > 0; i++ {
		line, rest, _ := bytes.Cut(head, []byte("\n"))
		line = bytes.TrimSpace(line)
		if bytes.Contains(line, []byte("Code generated ")) && bytes.Contains(line, []byte("DO NOT EDIT")) ||
			bytes.Contains(line, []byte("@generated")) && len(line) < 200 {
			return true
		}
		head = rest
	}
	return false
}
