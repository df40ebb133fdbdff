// Command secret-scan is the control secret-scan alone.
package main

import (
	"github.com/forewarden/forewarden/internal/app"
	"github.com/forewarden/forewarden/internal/controls/secretscan"
)

func main() { app.Main("secret-scan", secretscan.Control) }
