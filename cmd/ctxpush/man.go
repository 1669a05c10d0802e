package main

import (
	"os"
	"runtime/debug"
	"time"

	"github.com/spf13/cobra"
	"github.com/spf13/cobra/doc"
)

func newMan() *cobra.Command {
	return &cobra.Command{
		Use:     "man DIR",
		Short:   "Write the manual's pages, one a command",
		Long:    `Man writes a manual page for each command into the folder, which it makes.`,
		Example: `  ctxpush man share/man/man1`,
		Args:    cobra.ExactArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			if err := os.MkdirAll(args[0], 0o755); err != nil {
				return mistakef("%s: %w", args[0], err)
			}
			header := &doc.GenManHeader{Section: "1", Source: "ctxpush " + version(), Manual: "ctxpush"}
			if date, ok := sourceDate(); ok && os.Getenv("SOURCE_DATE_EPOCH") == "" {
				header.Date = &date // else cobra's: the variable, or now
			}
			return doc.GenManTree(cmd.Root(), header, args[0])
		},
	}
}

// sourceDate is when what was built was committed, so that the same source
// makes the same pages.
func sourceDate() (time.Time, bool) {
	info, ok := debug.ReadBuildInfo()
	if !ok {
		return time.Time{}, false
	}
	for _, s := range info.Settings {
		if t, err := time.Parse(time.RFC3339, s.Value); s.Key == "vcs.time" && err == nil {
			return t, true
		}
	}
	return time.Time{}, false
}
