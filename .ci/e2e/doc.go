// Package e2e runs the built binaries the way their users do and judges nothing but what they print, write and exit
// with.
package e2e
