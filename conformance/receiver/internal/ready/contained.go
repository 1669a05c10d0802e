package ready

import (
	"os"
	"slices"
)

// advice is what to do where nobody was reached at a container's ports from within
// another container: they are published at the engine's host. It is empty
// elsewhere.
func (w *Waiter) advice(lasts []lastError) string {
	reached := slices.ContainsFunc(lasts, func(l lastError) bool { return l.reached })
	if !w.Proxied || reached || !isContained() {
		return ""
	}
	return "; ctxpush runs in a container itself, whose network is another one: start it with --network host"
}

// isContained tells whether this process is in a container, by the files that
// engines put there.
func isContained() bool {
	return slices.ContainsFunc([]string{"/.dockerenv", "/run/.containerenv"}, func(name string) bool {
		_, err := os.Stat(name)
		return err == nil
	})
}
