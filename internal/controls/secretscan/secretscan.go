// Package secretscan binds the control secret-scan to its engines.
package secretscan

import (
	"github.com/forewarden/forewarden/internal/control"
	"github.com/forewarden/forewarden/internal/controls/secretscan/gitleaks"
	"github.com/forewarden/forewarden/internal/controls/secretscan/intent"
)

// Control is secret-scan; getenv is the environment that its engines may ask.
func Control(getenv func(string) string) *control.Control {
	return intent.Spec().With(gitleaks.Engine(getenv))
}
