package main

import (
	"io"
	"sync/atomic"

	"github.com/ctxpush/ctxpush/mocksender/redact"
)

// screen stands before what a command writes to, and lets none of the values
// through that it hides. What is written at once is looked at together.
type screen struct {
	hidden atomic.Pointer[redact.Redactor]
}

// hide hides the values from now on; a nil screen hides nothing.
func (s *screen) hide(values []string) {
	if s != nil && len(values) > 0 {
		s.hidden.Store(redact.New("[secret]", values...))
	}
}

// before is a writer to w.
func (s *screen) before(w io.Writer) io.Writer { return screened{s, w} }

type screened struct {
	screen *screen
	w      io.Writer
}

// Write writes p without what is hidden.
func (s screened) Write(p []byte) (int, error) {
	hidden := s.screen.hidden.Load()
	if hidden == nil {
		return s.w.Write(p)
	}
	if _, err := io.WriteString(s.w, hidden.Text(string(p))); err != nil {
		return 0, err
	}
	return len(p), nil
}
