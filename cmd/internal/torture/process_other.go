//go:build !linux

package torture

import "errors"

// lingering is nothing where processes' environments can't be read.
func lingering(string) []string { return nil }

func processNow(string) (resident int64, files int, err error) {
	return 0, 0, errors.New("a long run needs Linux, where memory and open files of a process can be read")
}
