package app_test

import (
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// What cannot be is told before anything is looked at: status 2, a line on standard error, nothing on the output.
func TestUsageErrors(t *testing.T) {
	root := clean(t)
	for name, tt := range map[string]struct {
		args []string
		want string
	}{
		"no such command":              {[]string{"chek", root}, `no command "chek": did you mean "check"?`},
		"nothing like it":              {[]string{"frobnicate"}, "no command \"frobnicate\" (`forewarden help` lists the commands"},
		"a path for a command":         {[]string{root}, "to check a folder: `forewarden check PATH`"},
		"a control to come":            {[]string{"lint", root}, "does not carry the control lint yet; it has secret-scan"},
		"a flag":                       {[]string{"check", "--fromat", "json", root}, "no flag --fromat: did you mean --format? (`forewarden check --help` lists the flags)"},
		"a flag behind the path":       {[]string{"check", root, "--fromat=json"}, "did you mean --format?"},
		"nothing like that flag":       {[]string{"check", "--zzzzzzz"}, "no flag --zzzzzzz (`forewarden check --help`"},
		"a flag of check alone":        {[]string{"secret-scan", "--controls", "secret-scan", root}, "no flag --controls"},
		"a flag without its value":     {[]string{"check", root, "--format"}, "flag needs an argument: -format"},
		"a format":                     {[]string{"check", "--format", "jsn", root}, `--format: no format "jsn": did you mean "json"?`},
		"nothing like that format":     {[]string{"check", "--format", "junit-xml", root}, "want one of text, json, sarif, markdown"},
		"a control":                    {[]string{"check", "--controls", "secret-scn", root}, `--controls: no control "secret-scn": did you mean "secret-scan"?`},
		"a control to come, chosen":    {[]string{"check", "--controls", "secret-scan,sbom", root}, "--controls: this version does not carry sbom yet"},
		"an empty control":             {[]string{"check", "--controls", "secret-scan,", root}, `--controls: no control ""`},
		"an engine":                    {[]string{"check", "--engine", "secret-scan=gitleak", root}, `--engine: control secret-scan has no engine "gitleak": want one of gitleaks`},
		"an engine's control":          {[]string{"check", "--engine", "secrets-scan=gitleaks", root}, `--engine: no control "secrets-scan": did you mean "secret-scan"?`},
		"an engine alone":              {[]string{"check", "--engine", "gitleaks", root}, "--engine gitleaks: want CONTROL=NAME"},
		"an engine without name":       {[]string{"check", "--engine", "secret-scan=", root}, "want CONTROL=NAME"},
		"a scope":                      {[]string{"check", "--scope", "diff", root}, `no scope "diff": want change, tree or history`},
		"head without base":            {[]string{"check", "--head", "HEAD", root}, "--head needs --base REV"},
		"head without base, in change": {[]string{"check", "--scope", "change", "--head", "HEAD", root}, "--head needs --base REV"},
		"change without base":          {[]string{"check", "--scope", "change", root}, "--scope change needs --base REV"},
		"base and tree":                {[]string{"check", "--scope", "tree", "--base", "main", root}, "--base goes with --scope change, not with --scope tree"},
		"base and history":             {[]string{"check", "--scope", "history", "--base", "main", root}, "not with --scope history"},
		"no such path":                 {[]string{"check", filepath.Join(root, "gone")}, "no such path: " + filepath.Join(root, "gone")},
		"two paths":                    {[]string{"check", root, root}, "one path at most, not 2"},
		"two paths about a flag":       {[]string{"check", root, "--quiet", root}, "one path at most, not 2"},
		"a path and more behind --":    {[]string{"check", "--", root, "--quiet"}, "one path at most, not 2"},
		"a flag behind --":             {[]string{"check", "--", "--quiet"}, "no such path: --quiet"},
		"a report's format":            {[]string{"check", "--report", "sarf=x", root}, `--report: no format "sarf": did you mean "sarif"?`},
		"a report without file":        {[]string{"check", "--report", "json=", root}, "--report json=: want FORMAT=FILE"},
		"a report without format":      {[]string{"check", "--report", "out.json", root}, "--report out.json: want FORMAT=FILE"},
		"two reports to one file":      {[]string{"check", "--report", "json=x/../out", "--report", "sarif=./out", root}, "--report: two reports to out"},
		"a policy that is not there":   {[]string{"check", "--policy", filepath.Join(root, "gone.yml"), root}, "the policy cannot be read"},
		"several at once":              {[]string{"check", "--format", "x", "--scope", "y", root}, "no scope \"y\": want change, tree or history\n"},
	} {
		t.Run(name, func(t *testing.T) {
			r := do(t, tt.args...)
			assert.Equal(t, 2, r.status)
			assert.Empty(t, r.stdout)
			assert.Contains(t, r.stderr, tt.want)
			assert.Regexp(t, `^forewarden: `, r.stderr)
		})
	}
}

func TestFlagsStandBeforeAndAfterThePath(t *testing.T) {
	root := leaky(t)
	want := still().do(t, "check", "--format", "json", "--quiet", root)
	require.Equal(t, 1, want.status)
	for _, args := range [][]string{
		{"check", root, "--format", "json", "--quiet"},
		{"check", "--quiet", root, "--format=json"},
		{"check", "-quiet", "-format", "json", root},
		{"check", "--quiet", "--format", "json", "--", root},
		{"check", root, "--quiet", "--format", "json", "--"},
		{"check", "--controls", "secret-scan, secret-scan", "--format", "json", root},
		{"check", "--engine", "secret-scan=gitleaks", "--format", "json", root},
		{"secret-scan", "--format", "json", root},
	} {
		got := still().do(t, args...)
		assert.Equal(t, []any{want.status, want.stdout, ""}, []any{got.status, got.stdout, got.stderr}, args)
	}
}

// Behind -- a path is a path, whatever it begins with.
func TestAPathThatLooksLikeAFlag(t *testing.T) {
	t.Chdir(t.TempDir())
	write(t, "--quiet", map[string]string{"a.txt": "${aws-token}\n"})
	assert.Equal(t, 1, do(t, "check", "--", "--quiet").status)
	assert.Equal(t, 1, do(t, "check", "./--quiet").status)
	t.Chdir("--quiet")
	assert.Equal(t, 1, do(t, "check").status, "the default is this folder")
}

// A path may be one file: outside git and inside.
func TestOneFile(t *testing.T) {
	files := map[string]string{"a.txt": "text\n", "b.txt": "${aws-token}\n", "sub/c.txt": "${aws-token:c}\n"}
	for kind, root := range map[string]string{"outside git": folder(t, files), "inside git": repository(t, files, nil)} {
		t.Run(kind, func(t *testing.T) {
			for path, want := range map[string]int{"a.txt": 0, "b.txt": 1, "sub": 1, "": 1} {
				r := do(t, "check", "--format", "json", filepath.Join(root, path))
				assert.Equal(t, want, r.status, path)
				report := r.report(t)
				if want == 1 && path != "" {
					require.Len(t, report.Controls[0].Findings, 1)
				}
			}
			r := do(t, "check", "--format", "json", filepath.Join(root, "b.txt")).report(t)
			assert.Equal(t, "b.txt", r.Controls[0].Findings[0].Path)
		})
	}
	outside, inside := folder(t, files), repository(t, files, nil)
	assert.Equal(t, "c.txt", do(t, "check", "--format", "json", filepath.Join(outside, "sub")).report(t).Controls[0].Findings[0].Path)
	assert.Equal(t, "sub/c.txt", do(t, "check", "--format", "json", filepath.Join(inside, "sub")).report(t).Controls[0].Findings[0].Path,
		"paths are relative to the repository")
	link := filepath.Join(t.TempDir(), "link")
	require.NoError(t, os.Symlink(inside, link))
	assert.Equal(t, 1, do(t, "check", link).status)
}
