package control

import (
	"slices"
	"strings"
	"sync"
)

// Skips counts what was not looked at, by reason. It is safe for concurrent use; the zero value is ready.
type Skips struct {
	mu sync.Mutex
	m  map[string]*Skip
}

// Add counts one place that was not looked at.
func (s *Skips) Add(reason, path string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.m == nil {
		s.m = map[string]*Skip{}
	}
	k := s.m[reason]
	if k == nil {
		k = &Skip{Reason: reason}
		s.m[reason] = k
	}
	k.Count++
	if path != "" {
		// The three first by name, so that concurrency does not reach the output.
		k.Examples = append(k.Examples, path)
		slices.Sort(k.Examples)
		k.Examples = slices.Compact(k.Examples)
		k.Examples = k.Examples[:min(len(k.Examples), 3)]
	}
}

// List returns the counts sorted by reason.
func (s *Skips) List() []Skip {
	s.mu.Lock()
	defer s.mu.Unlock()
	out := make([]Skip, 0, len(s.m))
	for _, k := range s.m {
		out = append(out, *k)
	}
	slices.SortFunc(out, func(a, b Skip) int { return strings.Compare(a.Reason, b.Reason) })
	return out
}
