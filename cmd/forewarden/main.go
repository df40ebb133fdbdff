// Command forewarden carries every control, and the commands of an organisation's administrator.
package main

import (
	"github.com/forewarden/forewarden/internal/app"
	"github.com/forewarden/forewarden/internal/catalog"
)

func main() { app.Main("forewarden", catalog.All()...) }
