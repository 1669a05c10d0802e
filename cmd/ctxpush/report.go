package main

import (
	"github.com/spf13/cobra"

	"github.com/ctxpush/ctxpush/conformance/report/dir"
	"github.com/ctxpush/ctxpush/conformance/report/terminal"
)

func newReport(s streams) *cobra.Command {
	var quiet, verbose bool
	cmd := &cobra.Command{
		Use:   "report DIR",
		Short: "Render a stored report again",
		Long: `Report reads DIR/report.json and makes every other file of that folder from it
again, and prints the run's findings as certify did. Nothing is sent or judged.

The exit code is 0 if all was written, whatever the stored run found: its
verdict was certify's to tell. A folder without a report.json that can be read
is exit code 2. Nothing is added to a CI server's summary; summary.md is there
for that.`,
		Example: `  ctxpush report ctxpush-report
  ctxpush report --quiet ctxpush-report`,
		Args: cobra.ExactArgs(1),
	}
	cmd.Flags().BoolVarP(&quiet, "quiet", "q", false, "print the verdict and nothing else")
	cmd.Flags().BoolVarP(&verbose, "verbose", "v", false, "print everything that was found")
	cmd.RunE = func(_ *cobra.Command, args []string) error {
		folder := args[0]
		r, err := dir.Read(folder)
		if err != nil {
			return mistake{err}
		}
		if err := dir.Write(folder, r); err != nil {
			return err
		}
		return terminal.Write(s.out, r, terminal.Options{Color: s.outColor, Width: s.outWidth, Dir: folder, Quiet: quiet, Verbose: verbose})
	}
	return cmd
}
