// Package catalog is the one list of controls.
package catalog

import (
	"github.com/forewarden/forewarden/internal/control"
	"github.com/forewarden/forewarden/internal/controls/secretscan"
)

//go:generate go run ../docgen ../../docs/rules.md

// All makes every control; getenv is the environment that their engines may ask.
func All() []func(getenv func(string) string) *control.Control {
	return []func(func(string) string) *control.Control{secretscan.Control}
}
