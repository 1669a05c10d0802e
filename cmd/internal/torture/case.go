package torture

import (
	"fmt"
	"path"

	"github.com/ctxpush/ctxpush/fixtures/hostile"
)

// Command is a command of the program that meets a receiver.
type Command string

// The commands.
const (
	Certify  Command = "certify"
	Scenario Command = "scenario run"
	Load     Command = "load"
)

// Commands are all of them.
var Commands = []Command{Certify, Scenario, Load}

// Case is one behaviour on one side of a receiver, met by one command.
type Case struct {
	Behaviour hostile.Behaviour
	Side      hostile.Side
	Command   Command
}

// Name is such as never-answers/webhook.
func (c Case) Name() string { return c.Behaviour.Name() + "/" + string(c.Side) }

func (c Case) String() string { return fmt.Sprintf("%s by %s", c.Name(), c.Command) }

// Cases are all cases: every behaviour on each of its sides by every command.
func Cases() []Case {
	var all []Case
	for _, m := range meetings() {
		for _, command := range Commands {
			m.Command = command
			all = append(all, m)
		}
	}
	return all
}

// Quick is every behaviour on each of its sides, by one command or another.
func Quick() []Case {
	all := meetings()
	for i := range all {
		all[i].Command = Commands[i%len(Commands)]
	}
	return all
}

// meetings are the behaviours on each of their sides.
func meetings() []Case {
	var all []Case
	for _, b := range hostile.List() {
		sides := []hostile.Side{hostile.Whole}
		if a, ok := b.(hostile.Answering); ok {
			sides = a.Sides()
		}
		for _, side := range sides {
			all = append(all, Case{Behaviour: b, Side: side})
		}
	}
	return all
}

// Matching are the cases whose name matches one of the patterns, as path.Match
// has them; all where there is no pattern.
func Matching(cases []Case, patterns ...string) ([]Case, error) {
	if len(patterns) == 0 {
		return cases, nil
	}
	var matching []Case
	for _, c := range cases {
		for _, p := range patterns {
			ok, err := path.Match(p, c.Name())
			if err != nil {
				return nil, fmt.Errorf("pattern %q: want one such as never-*/*", p)
			}
			if ok {
				matching = append(matching, c)
				break
			}
		}
	}
	return matching, nil
}
