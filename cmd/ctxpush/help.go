package main

import (
	"fmt"
	"io"
	"slices"
	"strings"

	"github.com/ctxpush/ctxpush/scenarios/strictyaml"
	"github.com/spf13/cobra"
)

// newHelp shows a command's help, a page of the manual, or both where a page
// has a command's name.
func newHelp(s streams) *cobra.Command {
	return &cobra.Command{
		Use:   "help [COMMAND|TOPIC]",
		Short: "Show the help of a command, or a page of the manual",
		Long:  "Help shows a command's help, or a page of the manual:\n\n" + topicList(),
		Example: `  ctxpush help certify
  ctxpush help probe
  ctxpush help exit-codes`,
		ValidArgsFunction: func(cmd *cobra.Command, args []string, _ string) ([]string, cobra.ShellCompDirective) {
			if len(args) > 0 {
				return nil, cobra.ShellCompDirectiveNoFileComp
			}
			return helpNames(cmd.Root()), cobra.ShellCompDirectiveNoFileComp
		},
		RunE: func(cmd *cobra.Command, args []string) error { return help(s, cmd.Root(), args) },
	}
}

func help(s streams, root *cobra.Command, args []string) error {
	of, left, err := root.Find(args)
	found := err == nil && len(left) == 0
	t, paged := topicOf(strings.Join(args, " "))
	switch {
	case !found && !paged:
		return noHelp(root, args)
	case !paged:
		return of.Help()
	case found:
		if err := of.Help(); err != nil {
			return err
		}
		fmt.Fprintln(s.out)
	}
	_, err = io.WriteString(s.out, t.render(s.outColor))
	return err
}

// noHelp refuses what is neither a command nor a topic.
func noHelp(root *cobra.Command, args []string) error {
	name := strings.Join(args, " ")
	if near := strictyaml.Nearest(name, helpNames(root)); near != "" {
		return mistakef("there is no help for %q; did you mean %q?", name, near)
	}
	return mistakef("there is no help for %q; ctxpush help lists commands and topics", name)
}

// helpNames are all that help can be asked for by one word.
func helpNames(root *cobra.Command) []string {
	var names []string
	for _, c := range root.Commands() {
		if c.IsAvailableCommand() {
			names = append(names, c.Name())
		}
	}
	for _, t := range topics {
		if !slices.Contains(names, t.name) {
			names = append(names, t.name)
		}
	}
	return names
}
