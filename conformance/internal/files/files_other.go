//go:build !unix

package files

import "math"

// Left is how many files this process may have open at once, and how many it may
// open besides those that it has: no system but Unix has a limit of it.
func Left() (limit, left int) { return math.MaxInt32, math.MaxInt32 }
