package gitleaks

import (
	"regexp/syntax"
	"slices"
	"strings"

	"github.com/zricethezav/gitleaks/v8/config"

	"github.com/forewarden/forewarden/internal/controls/secretscan/intent"
)

// formatCharacters is how many fixed characters make a format of a provider's own: "ghp_", "AKIA", "hf_". With fewer,
// hashes and random names fit as well.
const formatCharacters = 3

// genericRules match by surroundings, or match what is often an example although its format is fixed.
var genericRules = []string{
	"generic-api-key", "kubernetes-secret-yaml", "curl-auth-header", "curl-auth-user", "hashicorp-tf-password",
	"nuget-config-password", "jwt", "jwt-base64", "gitlab-session-cookie",
}

// kindOf says how sure a rule's match is, from what its pattern demands of the credential itself: a pattern that is
// satisfied by any 32 hexadecimal digits near a provider's name proves little.
func kindOf(r config.Rule) intent.Kind {
	switch {
	case r.RuleID == "private-key", r.RuleID == "pkcs12-file":
		return intent.PrivateKey
	case slices.Contains(genericRules, r.RuleID), r.Regex == nil,
		// Public by design: they identify and do not authorise.
		strings.HasSuffix(r.RuleID, "-client-id"), strings.HasSuffix(r.RuleID, "-public-key"), strings.Contains(r.RuleID, "-pub-"):
		return intent.Generic
	}
	re, err := syntax.Parse(r.Regex.String(), syntax.Perl)
	if err != nil {
		return intent.Generic
	}
	secret := captured(re, r.SecretGroup)
	if secret == nil {
		secret = re
	}
	if fixed(secret) < formatCharacters {
		return intent.Generic
	}
	return intent.ProviderToken
}

// captured finds the group that holds the credential: the numbered one, or the first.
func captured(re *syntax.Regexp, group int) *syntax.Regexp {
	if re.Op == syntax.OpCapture && (group == 0 || re.Cap == group) {
		return re.Sub[0]
	}
	for _, sub := range re.Sub {
		if found := captured(sub, group); found != nil {
			return found
		}
	}
	return nil
}

// fixed counts the characters that every match of re has in one spelling, but for case.
func fixed(re *syntax.Regexp) int {
	switch re.Op {
	case syntax.OpLiteral:
		return len(re.Rune)
	case syntax.OpCapture, syntax.OpPlus:
		return fixed(re.Sub[0])
	case syntax.OpRepeat:
		return re.Min * fixed(re.Sub[0])
	case syntax.OpConcat:
		n := 0
		for _, sub := range re.Sub {
			n += fixed(sub)
		}
		return n
	case syntax.OpAlternate:
		least := fixed(re.Sub[0])
		for _, sub := range re.Sub[1:] {
			least = min(least, fixed(sub))
		}
		return least
	}
	return 0
}
