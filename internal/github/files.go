package github

import (
	"crypto/rand"
	"encoding/hex"
	"errors"
	"fmt"
	"os"
	"strings"
)

// summaryLimit is how much a step's summary may hold: GitHub shows nothing of a larger one (1 MiB).
const summaryLimit = 1<<20 - 1024

// An Output is a value for the steps that follow.
type Output struct{ Name, Value string }

// WriteOutputs appends outputs to the file that GITHUB_OUTPUT names, each behind a delimiter that nobody can guess, so
// that no value can smuggle in another. Without the variable it does nothing.
func WriteOutputs(getenv func(string) string, outputs ...Output) error {
	file := getenv("GITHUB_OUTPUT")
	if file == "" {
		return nil
	}
	var b strings.Builder
	for _, o := range outputs {
		delimiter, err := token()
		if err != nil {
			return err
		}
		if strings.Contains(o.Value, delimiter) || strings.ContainsAny(o.Name, "=<\r\n") || o.Name == "" {
			return fmt.Errorf("the output %q cannot be written", o.Name)
		}
		fmt.Fprintf(&b, "%s<<%s\n%s\n%s\n", o.Name, delimiter, o.Value, delimiter)
	}
	return appendTo(file, b.String())
}

// WriteSummary appends a page to the file that GITHUB_STEP_SUMMARY names. A page that does not fit below GitHub's limit
// any more is replaced by a line that says so. Without the variable it does nothing.
func WriteSummary(getenv func(string) string, page string) error {
	file := getenv("GITHUB_STEP_SUMMARY")
	if file == "" {
		return nil
	}
	var used int64
	if info, err := os.Stat(file); err == nil {
		used = info.Size()
	}
	if used+int64(len(page)) > summaryLimit {
		page = "\nForewarden's summary does not fit here any more: see the log of this step.\n"
		if used+int64(len(page)) > summaryLimit {
			return nil // what is there would be lost as well
		}
	}
	return appendTo(file, page)
}

// appendTo appends lines to a file, behind the end of a line.
func appendTo(file, text string) error {
	f, err := os.OpenFile(file, os.O_RDWR|os.O_APPEND|os.O_CREATE, 0o644)
	if err != nil {
		return err
	}
	last := make([]byte, 1)
	if info, err := f.Stat(); err == nil && info.Size() > 0 {
		if _, err := f.ReadAt(last, info.Size()-1); err == nil && last[0] != '\n' {
			text = "\n" + text
		}
	}
	_, err = f.WriteString(text)
	return errors.Join(err, f.Close())
}

// token is a text that nobody can guess.
func token() (string, error) {
	b := make([]byte, 16)
	if _, err := rand.Read(b); err != nil {
		return "", err
	}
	return "forewarden-" + hex.EncodeToString(b), nil
}
