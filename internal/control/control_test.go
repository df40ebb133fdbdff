package control_test

import (
	"context"
	"errors"
	"fmt"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/forewarden/forewarden/internal/control"
	"github.com/forewarden/forewarden/internal/finding"
	"github.com/forewarden/forewarden/internal/scope"
)

type params struct{ Limit int }

// observe is how an engine of these tests looks: its evidence is the rules that it saw broken.
type observe = func(context.Context, scope.Scope, params) ([]string, error)

func spec() control.Spec[[]string, params] {
	return control.Spec[[]string, params]{
		ID: "lint", Title: "Title", Doc: "Doc", Attributes: []string{"kind"}, Defaults: params{Limit: 10},
		Validate: func(p params) error {
			if p.Limit < 1 {
				return fmt.Errorf("limit is %d: want 1 or more", p.Limit)
			}
			return nil
		},
		Describe: func(r control.Rule) control.Rule {
			r.Doc = "about " + r.ID
			return r
		},
		Judge: func(seen []string, p params) (control.Judgement, error) {
			j := control.Judgement{Notes: []string{fmt.Sprint("limit ", p.Limit)}}
			for _, rule := range seen {
				j.Findings = append(j.Findings, finding.Finding{Rule: rule, Severity: finding.High})
			}
			return j, nil
		},
	}
}

func engine(name string, look observe) control.Engine[[]string, params] {
	return control.Engine[[]string, params]{Name: name, Doc: "doc of " + name, Observe: look}
}

func saw(rules ...string) observe {
	return func(context.Context, scope.Scope, params) ([]string, error) { return rules, nil }
}

func run(t *testing.T, ctx context.Context, c *control.Control) control.Result { //nolint:revive // t comes first
	t.Helper()
	b, err := c.Bind("", nil)
	require.NoError(t, err)
	return b.Run(ctx, scope.Scope{})
}

func TestBindChoosesTheEngine(t *testing.T) {
	c := spec().With(engine("first", saw("by-first")), engine("second", saw("by-second")))
	assert.Equal(t, []control.EngineInfo{{Name: "first", Doc: "doc of first"}, {Name: "second", Doc: "doc of second"}}, c.Engines)
	for name, want := range map[string]string{"": "first", "first": "first", "second": "second"} {
		b, err := c.Bind(name, nil)
		require.NoError(t, err)
		assert.Equal(t, want, b.Engine)
		r := b.Run(t.Context(), scope.Scope{})
		assert.Equal(t, []any{"lint", want, control.Checked, ""}, []any{r.Control, r.Engine, r.Status, r.Reason})
		require.Len(t, r.Findings, 1)
		assert.Equal(t, "by-"+want, r.Findings[0].Rule)
	}
	_, err := c.Bind("third", nil)
	assert.EqualError(t, err, `control lint has no engine "third": want one of first, second`)
}

func TestBindDecodesBeforeAnyWork(t *testing.T) {
	looked := false
	c := spec().With(engine("e", func(context.Context, scope.Scope, params) ([]string, error) { looked = true; return nil, nil }))
	decode := func(limit int) func(any) error {
		return func(into any) error { into.(*params).Limit = limit; return nil }
	}
	b, err := c.Bind("", decode(3))
	require.NoError(t, err)
	assert.Equal(t, []string{"limit 3"}, b.Run(t.Context(), scope.Scope{}).Notes)
	assert.Equal(t, []string{"limit 10"}, run(t, t.Context(), c).Notes, "one decoding must not reach the next")

	looked = false
	strict := errors.New("org.yml:3:5: unknown key")
	_, err = c.Bind("", func(any) error { return strict })
	require.ErrorIs(t, err, strict)
	_, err = c.Bind("", decode(0))
	require.EqualError(t, err, "limit is 0: want 1 or more")
	assert.False(t, looked)
}

func TestRunSaysWhetherItLooked(t *testing.T) {
	type status struct {
		status control.Status
		reason string
		found  int
	}
	failing := errors.New("reading a.txt: permission denied\n  and b.txt\ttoo")
	for name, tt := range map[string]struct {
		change func(*control.Spec[[]string, params], *control.Engine[[]string, params])
		want   status
	}{
		"clean": {func(*control.Spec[[]string, params], *control.Engine[[]string, params]) {}, status{control.Checked, "", 0}},
		"found": {func(_ *control.Spec[[]string, params], e *control.Engine[[]string, params]) {
			e.Observe = saw("a", "b")
		},
			status{control.Checked, "", 2}},
		"could not look, and saw something": {func(_ *control.Spec[[]string, params], e *control.Engine[[]string, params]) {
			e.Observe = func(context.Context, scope.Scope, params) ([]string, error) { return []string{"a"}, failing }
		}, status{control.Failed, "reading a.txt: permission denied; and b.txt too", 1}},
		"could not judge": {func(s *control.Spec[[]string, params], _ *control.Engine[[]string, params]) {
			s.Judge = func([]string, params) (control.Judgement, error) { return control.Judgement{}, failing }
		}, status{control.Failed, "reading a.txt: permission denied; and b.txt too", 0}},
		"a need is missing": {func(_ *control.Spec[[]string, params], e *control.Engine[[]string, params]) {
			e.Needs, e.Observe = scope.Git, saw("never looked")
		}, status{control.Failed, "a git repository is missing", 0}},
		"nothing applies": {func(s *control.Spec[[]string, params], _ *control.Engine[[]string, params]) {
			s.Judge = func([]string, params) (control.Judgement, error) {
				return control.Judgement{Skipped: "no Go files"}, nil
			}
		}, status{control.Skipped, "no Go files", 0}},
		"nothing applies, but could not look": {func(s *control.Spec[[]string, params], _ *control.Engine[[]string, params]) {
			s.Judge = func([]string, params) (control.Judgement, error) {
				return control.Judgement{Skipped: "no Go files"}, errors.New("no")
			}
		}, status{control.Failed, "no", 0}},
	} {
		t.Run(name, func(t *testing.T) {
			s, e := spec(), engine("e", saw())
			tt.change(&s, &e)
			r := run(t, t.Context(), s.With(e))
			assert.Equal(t, tt.want, status{r.Status, r.Reason, len(r.Findings)})
		})
	}
}

func TestRunHasItsNeeds(t *testing.T) {
	e := engine("e", saw("a"))
	e.Needs = scope.Git
	b, err := spec().With(e).Bind("", nil)
	require.NoError(t, err)
	assert.Equal(t, control.Checked, b.Run(t.Context(), scope.Scope{Has: scope.Git}).Status)
}

func TestRunNormalizesFindings(t *testing.T) {
	r := run(t, t.Context(), spec().With(engine("e", saw("b", "a", "b"))))
	require.Len(t, r.Findings, 2)
	assert.Equal(t, []string{"a", "b"}, []string{r.Findings[0].Rule, r.Findings[1].Rule})
	assert.Equal(t, finding.New, r.Findings[0].State)
}

// The value of a panic can quote what was being scanned: only the place is told.
func TestRunSurvivesPanics(t *testing.T) {
	value := "AK" + "IA" + "what was scanned"
	breaks := func() { panic(value) }
	for name, change := range map[string]func(*control.Spec[[]string, params], *control.Engine[[]string, params]){
		"in Observe": func(_ *control.Spec[[]string, params], e *control.Engine[[]string, params]) {
			e.Observe = func(context.Context, scope.Scope, params) ([]string, error) { breaks(); return nil, nil }
		},
		"in Judge": func(s *control.Spec[[]string, params], _ *control.Engine[[]string, params]) {
			s.Judge = func([]string, params) (control.Judgement, error) { breaks(); return control.Judgement{}, nil }
		},
		"by the runtime": func(s *control.Spec[[]string, params], _ *control.Engine[[]string, params]) {
			s.Judge = func(seen []string, _ params) (control.Judgement, error) {
				return control.Judgement{Skipped: seen[7]}, nil
			}
		},
		"a nil function": func(_ *control.Spec[[]string, params], e *control.Engine[[]string, params]) { e.Observe = nil },
	} {
		t.Run(name, func(t *testing.T) {
			s, e := spec(), engine("e", saw())
			change(&s, &e)
			r := run(t, t.Context(), s.With(e))
			assert.Equal(t, []any{"lint", "e", control.Failed}, []any{r.Control, r.Engine, r.Status})
			assert.Regexp(t, `^internal error in \S*internal/control(_test)?\.[\w.\[\]]+$`, r.Reason)
			assert.NotContains(t, r.Reason, value)
			assert.NotContains(t, r.Reason, "\n")
			assert.Positive(t, r.Stats.Duration)
		})
	}
}

func TestRunThatIsStopped(t *testing.T) {
	cancelled, cancel := context.WithCancel(t.Context())
	cancel()
	late, cancelLate := context.WithDeadline(t.Context(), time.Now().Add(-time.Second))
	defer cancelLate()
	told := func(ctx context.Context, _ scope.Scope, _ params) ([]string, error) {
		return []string{"a"}, fmt.Errorf("reading: %w", ctx.Err())
	}
	for name, tt := range map[string]struct {
		ctx  context.Context //nolint:containedctx // a row of a table
		look observe
		want string
	}{
		"cancelled, and the engine did not tell": {cancelled, saw("a"), "interrupted"},
		"cancelled, and the engine told":         {cancelled, told, "interrupted"},
		"late, and the engine did not tell":      {late, saw("a"), "stopped at the time limit (time-limit in the policy)"},
		"late, and the engine told":              {late, told, "stopped at the time limit (time-limit in the policy)"},
	} {
		t.Run(name, func(t *testing.T) {
			r := run(t, tt.ctx, spec().With(engine("e", tt.look)))
			assert.Equal(t, control.Failed, r.Status)
			assert.Equal(t, tt.want, r.Reason)
			assert.Len(t, r.Findings, 1, "what was seen is not lost")
		})
	}
}

func TestRunMeasuresItself(t *testing.T) {
	r := run(t, t.Context(), spec().With(engine("e", func(context.Context, scope.Scope, params) ([]string, error) {
		time.Sleep(20 * time.Millisecond)
		return nil, nil
	})))
	assert.GreaterOrEqual(t, r.Stats.Duration, 20*time.Millisecond)
}

func TestRulesAreSortedAndDescribed(t *testing.T) {
	one, two := engine("one", saw()), engine("two", saw())
	one.Rules = func() []control.Rule { return []control.Rule{{ID: "b"}, {ID: "a"}, {ID: "c"}} }
	c := spec().With(one, two)
	want := []control.Rule{{ID: "a", Doc: "about a"}, {ID: "b", Doc: "about b"}, {ID: "c", Doc: "about c"}}
	assert.Equal(t, want, c.Rules(""))
	assert.Equal(t, want, c.Rules("one"))
	assert.Empty(t, c.Rules("two"))
	plain := spec()
	plain.Describe = nil
	assert.Equal(t, []control.Rule{{ID: "a"}, {ID: "b"}, {ID: "c"}}, plain.With(one).Rules(""))
}

func TestWithoutAnEngineThereIsNoControl(t *testing.T) {
	assert.PanicsWithValue(t, "control lint has no engine", func() { spec().With() })
}

func TestKnownHoldsNoReservedName(t *testing.T) {
	assert.Contains(t, control.Known(), "secret-scan")
	assert.NotContains(t, control.Known(), control.Policy)
}
