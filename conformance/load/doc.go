// Package load sends a receiver made-up traffic at a high rate, looks at
// every final state afterwards, judges thresholds and reports.
//
// A Report is one value. JSON writes it, Read takes it back in, Merge adds up
// those of shards, and Terminal and HTML render it.
package load

import "fmt"

// UsageError is a mistake of the caller's: nothing was sent.
type UsageError struct{ msg string }

// Error is one line that names the value and says what would be right.
func (e *UsageError) Error() string { return e.msg }

func usagef(format string, args ...any) error { return &UsageError{fmt.Sprintf(format, args...)} }
