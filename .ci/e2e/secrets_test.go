package e2e

import (
	"encoding/base64"
	"hash/fnv"
	"math/rand/v2"
	"strings"
	"unicode/utf16"
)

// Secrets makes synthetic secrets that match a provider's format and belong to nobody, the same ones for the same
// name, so that none stands in the source.
type secrets struct{ random *rand.Rand }

// A secret is a made-up credential. Random is the part of value that nobody could guess.
type secret struct{ rule, value, random string }

func newSecrets(name string) *secrets {
	h := fnv.New64a()
	_, _ = h.Write([]byte(name))
	return &secrets{rand.New(rand.NewPCG(h.Sum64(), 1))}
}

const (
	upper32 = "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567"
	digits  = "0123456789"
	letters = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
)

// text is n characters of an alphabet, each in turn from a shuffled copy of it, so that its entropy is high at once.
func (s *secrets) text(alphabet string, n int) string {
	var b strings.Builder
	for b.Len() < n {
		for _, i := range s.random.Perm(len(alphabet))[:min(len(alphabet), n-b.Len())] {
			b.WriteByte(alphabet[i])
		}
	}
	return b.String()
}

func (s *secrets) aws() secret {
	random := s.text(upper32, 16)
	return secret{"aws-access-token", "AKIA" + random, random}
}

func (s *secrets) github() secret {
	random := s.text(letters+digits, 36)
	return secret{"github-pat", "ghp_" + random, random}
}

// generic is a line that assigns a key of no known provider.
func (s *secrets) generic() secret {
	random := s.text(letters+digits, 32)
	return secret{"generic-api-key", `service_api_key = "` + random + `"`, random}
}

// password has no format at all.
func (s *secrets) password() secret {
	random := s.text(letters+digits, 24)
	return secret{"password", random, random}
}

func (s *secrets) privateKey() secret {
	body := make([]byte, 600)
	for i := range body {
		body[i] = byte(s.random.UintN(256))
	}
	encoded := base64.StdEncoding.EncodeToString(body)
	var lines []string
	for len(encoded) > 64 {
		lines, encoded = append(lines, encoded[:64]), encoded[64:]
	}
	random := strings.Join(append(lines, encoded), "\n")
	kind := "RSA " + "PRIVATE KEY-----"
	return secret{"private-key", "-----BEGIN " + kind + "\n" + random + "\n-----END " + kind, random}
}

// utf16LE and utf16BE are text with a byte order mark.
func utf16LE(text string) string { return utf16Text(text, 0, 8) }
func utf16BE(text string) string { return utf16Text(text, 8, 0) }

func utf16Text(text string, first, second uint) string {
	var b strings.Builder
	for _, u := range utf16.Encode([]rune("\ufeff" + text)) {
		b.WriteByte(byte(u >> first))
		b.WriteByte(byte(u >> second))
	}
	return b.String()
}
