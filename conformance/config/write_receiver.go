package config

import (
	"fmt"
	"strings"
	"time"
)

func (w *writer) receiver(r Receiver) {
	if r.builtIn() {
		w.line("# receiver: none is the built-in one; url, command, container or compose")
		w.line("")
		return
	}
	w.line("receiver:")
	switch {
	case r.URL != "":
		w.key(2, "url", quoted(r.URL), "it runs already; what needs a restart is skipped, and said to be")
	case r.Command != nil:
		w.line("  command: # a process that ctxpush starts, kills and starts again")
		w.line("    argv: %s", list(r.Command.Argv, yamlText)) // templates: their ${PORT} stays
		w.option(4, r.Command.Dir != "", "dir", quotedOr(r.Command.Dir, "."), "relative to this file")
		w.values(4, "env", r.Command.Env, "${PORT} is a free port, ${SECRET} the secret")
		w.ready(r.Command.Ready, defaultReady)
	case r.Container != nil:
		w.line("  container: # started by ctxpush; its disk is kept over all restarts")
		if b := r.Container.Build; b != nil {
			w.key(4, "build", fmt.Sprintf("{context: %s, dockerfile: %s}", quoted(or(b.Context, ".")), quoted(or(b.Dockerfile, "Dockerfile"))), "")
		} else {
			w.key(4, "image", quoted(r.Container.Image), "")
		}
		w.key(4, "port", fmt.Sprint(r.Container.Port), "on which it listens, on all its addresses")
		w.values(4, "env", r.Container.Env, "${PORT} is the port, ${SECRET} the secret")
		w.ready(r.Container.Ready, defaultContainerReady)
	case r.Compose != nil:
		w.line("  compose: # started by ctxpush under a project name of its own, and removed with its volumes")
		w.key(4, "file", quotedOr(r.Compose.File, defaultCompose), "relative to this file; it can use ${SECRET}")
		w.key(4, "service", quoted(r.Compose.Service), "the receiver among the file's services")
		w.key(4, "port", fmt.Sprint(r.Compose.Port), "on which it listens in its container; it need not be published")
		w.values(4, "env", r.Compose.Env, "for the file's own variables")
		w.ready(r.Compose.Ready, defaultComposeReady)
	}
	w.line("")
}

func (w *writer) ready(r Ready, byDefault time.Duration) {
	timeout := or(r.Timeout, byDefault)
	switch {
	case r.HTTP != "":
		w.key(4, "ready", fmt.Sprintf("{http: %s, timeout: %s}", quoted(r.HTTP), timeout), "a path that answers 2xx")
	case r.Timeout > 0:
		w.key(4, "ready", fmt.Sprintf("{timeout: %s}", timeout), "")
	default:
		w.line("    # ready: {http: /healthz, timeout: %s} # default: its port accepts connections", timeout)
	}
}

// list is a list of texts on one line.
func list(texts []string, text func(string) string) string {
	words := make([]string, len(texts))
	for i, t := range texts {
		words[i] = text(t)
	}
	return "[" + strings.Join(words, ", ") + "]"
}
