//go:build unix && !linux

package torture

// tellingProcesses can't be told here.
func tellingProcesses() []string { return nil }
