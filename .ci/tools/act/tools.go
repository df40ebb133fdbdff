//go:build tools

// Package tools pins the act program.
package tools

import _ "github.com/nektos/act"
