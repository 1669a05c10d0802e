package config

import (
	"fmt"
	"maps"
	"path/filepath"
	"slices"
)

// Command is a local process that the harness starts.
type Command struct {
	// Argv is a template of Expand: ${PORT} is replaced at each start. It is never
	// the secret, which process lists would show.
	Argv  []string
	Dir   string // default Config.Dir
	Env   Values // templates of Expand: ${PORT} and ${SECRET} are replaced at each start
	Ready Ready
}

// Format prints the command, its variables by name alone.
func (c Command) Format(f fmt.State, _ rune) {
	type plain Command
	fmt.Fprintf(f, "%+v", plain(c))
}

// commandKind is a process that is started, killed and started again.
var commandKind = kind{
	title: func(r Receiver) string {
		if len(r.Command.Argv) == 0 {
			return ""
		}
		return filepath.Base(r.Command.Argv[0])
	},
	paths: func(r Receiver) []*string { return []*string{&r.Command.Dir} },
	keys: slices.Concat([]key{
		{name: "receiver.command", of: group{}, rule: needsPort,
			doc:     "A local process that is started, killed and started again.",
			written: written{comment: "a process that ctxpush starts, kills and starts again"}},
		{name: "receiver.command.argv", of: argv,
			missing: "want the program and its arguments, such as [python3, receiver.py]",
			doc: "The program and its arguments. ${PORT} is a free port; the secret can't stand here, process lists " +
				"would show it.",
			flag: flag{name: "command", value: "COMMAND", kind: true,
				help: "a receiver to start: program and arguments, quoted as in a shell; ${PORT} is a free port"}},
		{name: "receiver.command.dir", of: folder, byDef: ".", doc: "The working directory, relative to this file.",
			flag: flag{name: "dir",
				help: "working directory of the command (default the file's)", needs: "a command; give --command"},
			written: written{comment: "relative to this file", example: `"."`}},
		{name: "receiver.command.env", of: env, doc: "Environment variables. ${PORT} is a free port, ${SECRET} the secret.",
			flag: flag{name: "env", value: "NAME=VALUE", needs: started, words: []string{"SECRET=${SECRET}", "PORT=${PORT}"},
				help: "variable of the command or container, or for the compose file; ${SECRET} is the secret, ${PORT} the port"},
			written: written{comment: "${PORT} is a free port, ${SECRET} the secret"}},
	}, ready("receiver.command", "30s",
		flag{name: "ready", words: []string{"/healthz"}, needs: started,
			help: "path that answers 2xx once the receiver is ready (default: its port accepts connections)"},
		flag{name: "ready-timeout", needs: started,
			help: "how long the receiver may take to get ready (default 30s, 60s for a container, 2m for a compose service)"},
	)),
}

func needsPort(v *validator, c Config) {
	texts := slices.AppendSeq(slices.Clone(c.Receiver.Command.Argv), maps.Values(c.Receiver.Command.Env))
	if !slices.ContainsFunc(texts, func(s string) bool { return slices.Contains(variables(s), VarPort) }) {
		v.failf("receiver.command", "neither argv nor env has ${PORT}: the receiver would not know where to listen")
	}
}
