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
		Hidden:  true,
		Args:    cobra.ExactArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			if err := os.MkdirAll(args[0], 0o755); err != nil {
				return mistakef("%s: %w", args[0], err)
			}
			date := sourceDate()
			return doc.GenManTree(cmd.Root(), &doc.GenManHeader{
				Section: "1",
				Source:  "ctxpush " + version(),
				Manual:  "ctxpush",
				Date:    &date,
			}, args[0])
		},
	}
}

// sourceDate is when what was built was committed, so that the same source
// makes the same pages.
func sourceDate() time.Time {
	if info, ok := debug.ReadBuildInfo(); ok {
		for _, s := range info.Settings {
			if t, err := time.Parse(time.RFC3339, s.Value); s.Key == "vcs.time" && err == nil {
				return t
			}
		}
	}
	return time.Unix(0, 0).UTC()
}
