package controltest

import (
	"encoding/base64"
	"fmt"
	"math/rand/v2"
	"regexp"
	"strings"
)

const (
	base32Alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567"
	alphanumeric   = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789"
)

var placeholder = regexp.MustCompile(`\$\{(base64:)?([a-z-]+)(?::([a-z0-9]+))?\}`)

// Expand replaces placeholders by synthetic credentials: ${aws-token}, ${github-token}, ${private-key},
// ${generic-key}. They are made from the placeholder alone, so that the same one gives the same credential in every
// file and every run, and another one with a suffix (${aws-token:b}) gives another. ${base64:aws-token} is the
// credential encoded. No credential stands in a source file that way.
func Expand(text string) string {
	return placeholder.ReplaceAllStringFunc(text, func(p string) string {
		m := placeholder.FindStringSubmatch(p)
		secret := Secret(m[2], m[3])
		if m[1] != "" {
			secret = base64.StdEncoding.EncodeToString([]byte(secret))
		}
		return secret
	})
}

// Secret makes the synthetic credential of a kind; another variant is another credential.
func Secret(kind, variant string) string {
	var seed [32]byte
	copy(seed[:], kind+"/"+variant)
	random := rand.New(rand.NewChaCha8(seed)) //nolint:gosec // the same for the same seed is what is wanted
	draw := func(alphabet string, n int) string {
		var b strings.Builder
		for range n {
			b.WriteByte(alphabet[random.IntN(len(alphabet))])
		}
		return b.String()
	}
	switch kind {
	case "aws-token":
		return "AKIA" + draw(base32Alphabet, 16)
	case "github-token":
		return "ghp_" + draw(alphanumeric, 36)
	case "generic-key":
		return draw(alphanumeric, 40)
	case "private-key":
		const words = "PRIVATE KEY" // apart from the dashes, so that this is no key's header
		lines := []string{"-----BEGIN " + words + "-----"}
		for range 8 {
			lines = append(lines, draw(alphanumeric+"+/", 64))
		}
		return strings.Join(append(lines, "-----END "+words+"-----"), "\n")
	}
	panic(fmt.Sprintf("no synthetic credential %q", kind))
}
