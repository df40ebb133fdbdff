// Package github is the edge to GitHub: what an event brings becomes a scope, and a verdict becomes annotations, a
// summary and outputs. It is the only place that prints a workflow command. It needs no token.
package github

import (
	"cmp"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"regexp"
	"strings"

	"github.com/forewarden/forewarden/internal/scope"
)

// An Event is what a workflow run is about: which commits to look at, and whose settings count. Commits are full
// ids as the payload names them; whether they are at hand is another matter.
type Event struct {
	Name string
	Kind scope.Kind
	// Head is the last commit of a change, and Base what it is to enter. Base is "" where the event does not say:
	// then Fresh is set and what the default branch has is not new.
	Head, Base string
	Fresh      bool
	// DefaultBranch is the repository's default branch, "" where the event does not say. ToDefault says that the event
	// is a push to that branch, which then is nothing to compare with.
	DefaultBranch string
	ToDefault     bool
	// Nothing says why there is nothing to look at, "" where there is.
	Nothing string
}

// payload is the little of an event's payload that is read.
// Source: https://docs.github.com/en/webhooks/webhook-events-and-payloads
type payload struct {
	PullRequest struct {
		Head, Base struct{ SHA string }
	} `json:"pull_request"`
	MergeGroup struct {
		HeadSHA string `json:"head_sha"`
		BaseSHA string `json:"base_sha"`
	} `json:"merge_group"`
	Before     string
	After      string
	Deleted    bool
	Ref        string
	Repository struct {
		DefaultBranch string `json:"default_branch"`
	}
}

// payloadLimit is more than GitHub sends: payloads are capped at 25 MB.
const payloadLimit = 64 << 20

// Running says whether the process runs in GitHub Actions.
func Running(getenv func(string) string) bool { return getenv("GITHUB_ACTIONS") == "true" }

// InWorkspace says whether a path lies in the job's workspace, so that the event is about it.
func InWorkspace(getenv func(string) string, path string) bool {
	workspace := getenv("GITHUB_WORKSPACE")
	if workspace == "" {
		return false
	}
	if real, err := filepath.EvalSymlinks(workspace); err == nil {
		workspace = real
	}
	rel, err := filepath.Rel(workspace, path)
	return err == nil && rel != ".." && !strings.HasPrefix(rel, ".."+string(filepath.Separator))
}

// ReadEvent reads the event of the workflow run. The table of events and ranges is in docs/github.md. An event that
// is not listed there is one to look at the tree for. The error is for a payload that is missing or cannot be.
func ReadEvent(getenv func(string) string) (Event, error) {
	e := Event{Name: getenv("GITHUB_EVENT_NAME"), Kind: scope.Tree}
	switch e.Name {
	case "pull_request", "pull_request_target", "merge_group", "push":
	case "schedule", "workflow_dispatch":
		e.Kind = scope.History
		return e, nil
	default:
		return e, nil
	}
	p, err := readPayload(getenv("GITHUB_EVENT_PATH"))
	if err != nil {
		return e, fmt.Errorf("the event %s: %w", printable(e.Name), err)
	}
	e.Kind = scope.Change
	e.DefaultBranch = p.Repository.DefaultBranch
	if expression.MatchString(e.DefaultBranch) {
		return e, fmt.Errorf("the event %s: repository.default_branch is no name of a branch", e.Name)
	}
	switch e.Name {
	case "merge_group":
		e.Head, e.Base = p.MergeGroup.HeadSHA, p.MergeGroup.BaseSHA
		err = cmp.Or(isCommit("merge_group.head_sha", e.Head), isCommit("merge_group.base_sha", e.Base))
	case "push":
		err = e.push(p)
	default:
		e.Head, e.Base = p.PullRequest.Head.SHA, p.PullRequest.Base.SHA
		err = cmp.Or(isCommit("pull_request.head.sha", e.Head), isCommit("pull_request.base.sha", e.Base))
	}
	if err != nil {
		return e, fmt.Errorf("the event %s: %w", e.Name, err)
	}
	return e, nil
}

// push reads a push: of a branch with or without a commit before, of a tag, or of a deletion.
func (e *Event) push(p payload) error {
	if p.Deleted || isZero(p.After) {
		e.Nothing = "the push deleted a branch or tag: it brings nothing"
		return nil
	}
	e.Head, e.Base = p.After, p.Before
	e.ToDefault = p.Ref == "refs/heads/"+p.Repository.DefaultBranch
	e.Fresh = isZero(p.Before) || strings.HasPrefix(p.Ref, "refs/tags/")
	if e.Fresh {
		e.Base = ""
		return isCommit("after", e.Head)
	}
	return cmp.Or(isCommit("after", e.Head), isCommit("before", e.Base))
}

var commitID = regexp.MustCompile(`^(?:[0-9a-f]{40}|[0-9a-f]{64})$`)

func isCommit(field, id string) error {
	if !commitID.MatchString(id) || isZero(id) {
		return fmt.Errorf("%s is no commit id", field)
	}
	return nil
}

// expression matches what makes more than a name of a revision, and is in no branch's name.
var expression = regexp.MustCompile(`[\x00-\x20\x7f~^:?*\[\\]|\.\.|@\{|^-`)

func isZero(id string) bool { return id != "" && strings.Trim(id, "0") == "" }

// readPayload reads an event file. Its errors quote nothing of it.
func readPayload(file string) (payload, error) {
	var p payload
	if file == "" {
		return p, errors.New("GITHUB_EVENT_PATH is not set: run inside a workflow, or say what to look at with --base or --scope")
	}
	// Opening a pipe would wait for ever.
	if info, err := os.Stat(file); err == nil && !info.Mode().IsRegular() {
		return p, errors.New("its file is no regular file")
	}
	f, err := os.Open(file)
	if err != nil {
		return p, fmt.Errorf("its file cannot be read: %w", err)
	}
	defer func() { _ = f.Close() }()
	data, err := io.ReadAll(io.LimitReader(f, payloadLimit+1))
	switch {
	case err != nil:
		return p, fmt.Errorf("its file cannot be read: %w", err)
	case len(data) > payloadLimit:
		return p, fmt.Errorf("its file has more than %d bytes", payloadLimit)
	}
	if err := json.Unmarshal(data, &p); err != nil {
		var syntax *json.SyntaxError
		var kind *json.UnmarshalTypeError
		switch {
		case errors.As(err, &syntax):
			return p, fmt.Errorf("its file is not JSON: byte %d", syntax.Offset)
		case errors.As(err, &kind):
			return p, fmt.Errorf("its file has the wrong type of value at %s", printable(kind.Field))
		}
		return p, errors.New("its file is not a payload")
	}
	return p, nil
}

// printable is a text that came from outside, short and without control characters.
func printable(s string) string {
	s = strings.Map(func(r rune) rune {
		if r < ' ' || r == 0x7f || r == 0xfffd {
			return -1
		}
		return r
	}, s)
	return cut(s, 80)
}
