package control_test

import (
	"fmt"
	"sync"
	"testing"

	"github.com/stretchr/testify/assert"

	"github.com/forewarden/forewarden/internal/control"
)

func TestSkips(t *testing.T) {
	var s control.Skips
	assert.Empty(t, s.List())
	for _, path := range []string{"e", "b", "d", "b", "", "a", "c"} {
		s.Add("too large", path)
	}
	s.Add("binary", "")
	assert.Equal(t, []control.Skip{
		{Reason: "binary", Count: 1},
		{Reason: "too large", Count: 7, Examples: []string{"a", "b", "c"}},
	}, s.List())
}

// Whichever goroutine comes first, the three examples are the first by name.
func TestSkipsTogether(t *testing.T) {
	for range 20 {
		var s control.Skips
		var together sync.WaitGroup
		for i := range 100 {
			together.Go(func() { s.Add(fmt.Sprint("reason ", i%2), fmt.Sprintf("file-%02d", i)) })
		}
		together.Wait()
		assert.Equal(t, []control.Skip{
			{Reason: "reason 0", Count: 50, Examples: []string{"file-00", "file-02", "file-04"}},
			{Reason: "reason 1", Count: 50, Examples: []string{"file-01", "file-03", "file-05"}},
		}, s.List())
	}
}
