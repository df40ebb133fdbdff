//go:build tools

// Package tools pins the gitleaks program.
package tools

import _ "github.com/zricethezav/gitleaks/v8"
