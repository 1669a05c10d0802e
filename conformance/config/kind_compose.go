package config

import (
	"fmt"
	"slices"
)

// Compose is a service of a compose file. The harness starts it with all the
// file's services, under a project name of its own, and kills it alone.
type Compose struct {
	File    string // default compose.yaml; relative to Config.Dir
	Service string // the receiver among the file's services
	Port    int    // where the receiver listens in its container, 1 to 65535; it need not be published
	// Env are variables for the file's own ${NAME}, templates of Expand like
	// Container.Env. The file can use ${SECRET} without them.
	Env   Values
	Ready Ready
}

// Format prints the service, its variables by name alone.
func (c Compose) Format(f fmt.State, _ rune) {
	type plain Compose
	fmt.Fprintf(f, "%+v", plain(c))
}

// composeKind is a service among those of a compose file.
var composeKind = kind{
	title:       func(r Receiver) string { return r.Compose.Service },
	paths:       func(r Receiver) []*string { return []*string{&r.Compose.File} },
	isContained: true, hasServices: true,
	keys: slices.Concat([]key{
		{name: "receiver.compose", of: group{},
			doc: "A service of a compose file, started with the file's other services under a project name of the run, " +
				"killed alone, and removed with all volumes at the end.",
			written: written{comment: "started by ctxpush under a project name of its own, and removed with its volumes"}},
		{name: "receiver.compose.file", of: file, byDef: "compose.yaml",
			doc:     "The compose file, relative to this file. ${SECRET} in it is the secret.",
			flag:    flag{name: "compose", kind: true, help: "compose file whose services to start, the receiver among them"},
			written: written{comment: "relative to this file; it can use ${SECRET}", always: true}},
		{name: "receiver.compose.service", of: service, missing: "want the receiver's name among the services of {file}",
			doc: "The receiver among the file's services.",
			flag: flag{name: "service", needs: "a compose file; give --compose",
				help: "the receiver's name among the compose file's services"},
			written: written{comment: "the receiver among the file's services"}},
		{name: "receiver.compose.port", of: portOfReceiver,
			missing: "want the port on which the receiver listens, 1 to 65535",
			doc:     "The port on which the receiver listens in its container. It need not be published.",
			flag:    flag{name: "port"},
			written: written{comment: "on which it listens in its container; it need not be published"}},
		{name: "receiver.compose.env", of: env,
			doc:     "Variables for the compose file's own ${NAME}. ${SECRET} is the secret, ${PORT} the port.",
			flag:    flag{name: "env"},
			written: written{comment: "for the file's own variables"}},
	}, ready("receiver.compose", "2m0s", flag{name: "ready"}, flag{name: "ready-timeout"})),
}
