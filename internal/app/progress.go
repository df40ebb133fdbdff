package app

import (
	"fmt"
	"io"
	"sync"
	"time"

	"github.com/forewarden/forewarden/internal/github"
	"github.com/forewarden/forewarden/internal/scope"
)

// progressEvery is how often the line is drawn again.
const progressEvery = 100 * time.Millisecond

// progress is one line on a terminal that says how far the controls are. Elsewhere it is silent.
type progress struct {
	mu    sync.Mutex
	out   io.Writer // nil: silent
	drawn time.Time
}

func newProgress(w io.Writer, getenv func(string) string, quiet bool) *progress {
	p := &progress{}
	// A workflow's log is no terminal, even where a runner makes it look like one.
	if _, terminal := terminalWidth(w); terminal && !quiet && getenv("TERM") != "dumb" && !github.Running(getenv) {
		p.out = w
	}
	return p
}

func (p *progress) show(s scope.Progress) {
	if p.out == nil {
		return
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	now := time.Now()
	if now.Sub(p.drawn) < progressEvery {
		return
	}
	p.drawn = now
	total := ""
	if s.Total > 0 {
		total = fmt.Sprintf(" of %d", s.Total)
	}
	_, _ = fmt.Fprintf(p.out, "\r\x1b[K%s: %d%s %s", s.Control, s.Done, total, s.Unit)
}

func (p *progress) clear() {
	if p.out != nil && !p.drawn.IsZero() {
		_, _ = io.WriteString(p.out, "\r\x1b[K")
	}
}
