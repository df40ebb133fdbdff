package intent_test

import (
	"testing"

	"github.com/stretchr/testify/assert"

	"github.com/forewarden/forewarden/internal/control"
	"github.com/forewarden/forewarden/internal/controls/secretscan/intent"
)

func TestDescribe(t *testing.T) {
	describe := intent.Spec().Describe
	for name, tt := range map[string]struct {
		rule         control.Rule
		title        string
		doc, remedy  string
		tag          string
		takesComment bool
	}{
		"provider's token": {control.Rule{ID: "github-pat", Title: "Found a GitHub token", Tags: []string{"provider-token"}},
			"github pat", "Found a GitHub token. The text itself has the provider's format", "Revoke it", "provider-token", false},
		"private key": {control.Rule{ID: "private-key", Title: "Found a key.", Tags: []string{"private-key"}},
			"private key", "Found a key. A private key identifies whoever holds it", "Replace the key pair", "private-key", false},
		"generic": {control.Rule{ID: "generic-api-key", Title: "Found a key.", Tags: []string{"generic", "more"}},
			"generic api key", "Found a key. Only its surroundings or its randomness", "rotate it", "generic", true},
		"no tag, so in doubt": {control.Rule{ID: "x"},
			"x", "A credential was found. Only its surroundings", "rotate it", "generic", true},
		"found in a merge": {control.Rule{ID: "a-b/merge-only", Title: "Found it.", Tags: []string{"private-key"}},
			"a b (merge-only)", "none of its parents", "Replace the key pair", "private-key", false},
		"an allow that does not count": {control.Rule{ID: "a-b/allow-refused", Title: "Found it.", Tags: []string{"generic"}},
			"a b (allow-refused)", "An allow comment stands beside it", "rotate it", "generic", true},
		"an origin that nobody knows": {control.Rule{ID: "a-b/later", Title: "Found it.", Tags: []string{"generic"}},
			"a b", "Found it.", "rotate it", "generic", true},
	} {
		t.Run(name, func(t *testing.T) {
			r := describe(tt.rule)
			assert.Equal(t, tt.rule.ID, r.ID)
			assert.Equal(t, tt.title, r.Title)
			assert.LessOrEqual(t, len(r.Title), 120)
			assert.Contains(t, r.Doc, tt.doc)
			assert.Contains(t, r.Remedy, tt.remedy)
			if tt.takesComment {
				assert.Contains(t, r.Remedy, intent.ForewardenAllow)
			} else {
				assert.NotContains(t, r.Remedy, intent.ForewardenAllow)
				assert.Contains(t, r.Remedy, "it takes a waiver in the policy", "no fingerprint is known yet")
			}
			assert.Equal(t, []string{"security", "secret", tt.tag}, r.Tags)
			assert.Equal(t, intent.HelpURL, r.HelpURL)
		})
	}
}
