package gitleaks

import (
	"regexp"
	"regexp/syntax"
	"slices"
	"strings"
	"unicode"

	"github.com/zricethezav/gitleaks/v8/config"

	"github.com/forewarden/forewarden/internal/controls/secretscan/intent"
)

// What a provider's own format demands of a credential: fixed characters, "ghp_" or "AKIA" or "SG.", some of them
// letters or digits. With fewer, hashes and random names fit as well, and a UUID has nothing but hyphens.
const (
	formatCharacters = 3
	formatLetters    = 2
)

// genericRules match by surroundings, or match what is often an example although its format is fixed.
var genericRules = []string{
	"generic-api-key", "kubernetes-secret-yaml", "curl-auth-header", "curl-auth-user", "hashicorp-tf-password",
	"nuget-config-password", "jwt", "jwt-base64", "gitlab-session-cookie",
}

// formatRules have a format that the group which the pattern captures does not show.
var formatRules = []string{"azure-ad-client-secret", "microsoft-teams-webhook"}

// A certainty says how sure a rule's matches are.
type certainty struct {
	kind intent.Kind
	// sure matches the credentials that have a provider's format although the rule has other matches too; nil for
	// none.
	sure *regexp.Regexp
	// body matches those that are not just a mention; nil where any match will do.
	body *regexp.Regexp
}

func (c certainty) of(secret string) intent.Kind {
	switch {
	case c.sure != nil && c.sure.MatchString(secret):
		return intent.ProviderToken
	case c.body != nil && !c.body.MatchString(secret):
		return intent.Generic
	}
	return c.kind
}

// keyBody is what a private key has and a mere mention of its header has not.
var keyBody = regexp.MustCompile(`[A-Za-z0-9+/]{40}`)

// certaintyOf judges a rule by what its pattern demands of the credential itself: a pattern that is satisfied by any
// 32 hexadecimal digits near a provider's name proves little.
func certaintyOf(r config.Rule) certainty {
	switch {
	case r.RuleID == "private-key":
		return certainty{kind: intent.PrivateKey, body: keyBody}
	case r.RuleID == "pkcs12-file":
		return certainty{kind: intent.PrivateKey}
	case slices.Contains(formatRules, r.RuleID):
		return certainty{kind: intent.ProviderToken}
	case slices.Contains(genericRules, r.RuleID), r.Regex == nil,
		// Public by design: they identify and do not authorise.
		strings.HasSuffix(r.RuleID, "-client-id"), strings.HasSuffix(r.RuleID, "-public-key"), strings.Contains(r.RuleID, "-pub-"):
		return certainty{kind: intent.Generic}
	}
	re, err := syntax.Parse(r.Regex.String(), syntax.Perl)
	if err != nil {
		return certainty{kind: intent.Generic}
	}
	secret := captured(re, r.SecretGroup)
	if secret == nil {
		secret = re
	}
	if hasFormat(secret) {
		return certainty{kind: intent.ProviderToken}
	}
	return certainty{kind: intent.Generic, sure: formatAlternatives(secret)}
}

func hasFormat(re *syntax.Regexp) bool {
	f := fixed(re)
	return f.characters >= formatCharacters && f.letters >= formatLetters
}

// formatAlternatives is a pattern of those alternatives of re that have a format, nil where none has.
func formatAlternatives(re *syntax.Regexp) *regexp.Regexp {
	re = essence(re)
	if re.Op != syntax.OpAlternate {
		return nil
	}
	var patterns []string
	for _, sub := range re.Sub {
		if hasFormat(sub) {
			patterns = append(patterns, sub.String())
		}
	}
	if len(patterns) == 0 {
		return nil
	}
	sure, err := regexp.Compile(`^(?:` + strings.Join(patterns, "|") + `)$`)
	if err != nil {
		return nil
	}
	return sure
}

// essence is what is left of a pattern without the groups around it and the boundaries at its ends.
func essence(re *syntax.Regexp) *syntax.Regexp {
	for {
		switch re.Op {
		case syntax.OpCapture:
			re = re.Sub[0]
			continue
		case syntax.OpConcat:
			wide := slices.DeleteFunc(slices.Clone(re.Sub), func(sub *syntax.Regexp) bool {
				switch sub.Op {
				case syntax.OpWordBoundary, syntax.OpNoWordBoundary, syntax.OpBeginLine, syntax.OpEndLine, syntax.OpBeginText, syntax.OpEndText:
					return true
				}
				return false
			})
			if len(wide) == 1 {
				re = wide[0]
				continue
			}
		}
		return re
	}
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

// characters counts what a pattern fixes.
type characters struct{ characters, letters int }

func (c characters) plus(d characters, times int) characters {
	return characters{c.characters + times*d.characters, c.letters + times*d.letters}
}

// fixed counts the characters that every match of re has in one spelling, but for case.
func fixed(re *syntax.Regexp) (n characters) {
	switch re.Op {
	case syntax.OpLiteral:
		for _, r := range re.Rune {
			n.characters++
			if unicode.IsLetter(r) || unicode.IsDigit(r) {
				n.letters++
			}
		}
	case syntax.OpCapture, syntax.OpPlus:
		return fixed(re.Sub[0])
	case syntax.OpRepeat:
		return n.plus(fixed(re.Sub[0]), re.Min)
	case syntax.OpConcat:
		for _, sub := range re.Sub {
			n = n.plus(fixed(sub), 1)
		}
	case syntax.OpAlternate:
		n = fixed(re.Sub[0])
		for _, sub := range re.Sub[1:] {
			f := fixed(sub)
			n = characters{min(n.characters, f.characters), min(n.letters, f.letters)}
		}
	}
	return n
}
