//go:build tools

// Package tools pins the golangci-lint program.
package tools

import _ "github.com/golangci/golangci-lint/v2/cmd/golangci-lint"
