package report

import (
	"encoding/json"
	"maps"
	"os"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/forewarden/forewarden/internal/control"
	"github.com/forewarden/forewarden/internal/finding"
)

const schemaFile = "../../docs/report.schema.json"

// The schema and the report must name the same keys, all of them required, down to the last object.
func TestSchemaNamesTheKeysOfTheReport(t *testing.T) {
	data, err := os.ReadFile(schemaFile)
	require.NoError(t, err)
	var schema map[string]any
	require.NoError(t, json.Unmarshal(data, &schema))
	for _, r := range []Run{sample(), clean(), unseen()} {
		var report any
		require.NoError(t, json.Unmarshal(write(t, "json", r, Options{}), &report))
		match(t, schema, schema, report, "report")
	}
}

// match is the part of a schema's validation that needs no library: keys, types, constants and enumerations.
func match(t *testing.T, root, schema map[string]any, value any, at string) {
	t.Helper()
	if ref, ok := schema["$ref"].(string); ok {
		schema = root["$defs"].(map[string]any)[strings.TrimPrefix(ref, "#/$defs/")].(map[string]any)
	}
	if enum, ok := schema["enum"]; ok {
		require.Contains(t, enum, value, at)
		return
	}
	if constant, ok := schema["const"]; ok {
		require.Equal(t, constant, value, at)
		return
	}
	switch value := value.(type) {
	case map[string]any:
		matchObject(t, root, schema, value, at)
	case []any:
		require.Equal(t, "array", schema["type"], at)
		for _, item := range value {
			match(t, root, schema["items"].(map[string]any), item, at+"[]")
		}
	case string:
		require.Equal(t, "string", schema["type"], at)
		if pattern, ok := schema["pattern"].(string); ok {
			require.Regexp(t, pattern, value, at)
		}
	case float64:
		require.Equal(t, "integer", schema["type"], at)
	default:
		require.Fail(t, "the report has a null or a boolean", at)
	}
}

func matchObject(t *testing.T, root, schema map[string]any, value map[string]any, at string) {
	t.Helper()
	require.Equal(t, "object", schema["type"], at)
	properties, fixed := schema["properties"].(map[string]any)
	if !fixed {
		for key, v := range value {
			match(t, root, schema["additionalProperties"].(map[string]any), v, at+"."+key)
		}
		return
	}
	require.Equal(t, false, schema["additionalProperties"], at)
	keys := slices.Sorted(maps.Keys(value))
	require.Equal(t, keys, slices.Sorted(maps.Keys(properties)), at)
	require.ElementsMatch(t, keys, schema["required"], at)
	for key, v := range value {
		match(t, root, properties[key].(map[string]any), v, at+"."+key)
	}
}

func TestJSONKeepsWhatItIsGiven(t *testing.T) {
	r := many(1, func(_ int, f *finding.Finding) {
		f.State, f.Path, f.Message = "", "a\xff<b>&\n.go", "1 < 2 && 3"
	})
	r.Verdict.Outcomes[0].Stats.Skipped = []control.Skip{{Reason: "binary file", Count: 2}, {Reason: "binary file", Count: 1}}
	got := string(write(t, "json", r, Options{}))
	require.Contains(t, got, `"path": "a\ufffd<b>&\n.go"`)
	require.Contains(t, got, `"message": "1 < 2 && 3"`)
	require.Contains(t, got, `"state": "new"`, "the zero state is new")
	require.Contains(t, got, `"binary file": 3`, "counts of one reason add up")
	require.True(t, strings.HasSuffix(got, "}\n"))
	require.NotContains(t, got, "null")
	require.NotContains(t, string(write(t, "json", Run{}, Options{})), "null")
}
