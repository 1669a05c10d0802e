package config

import (
	"fmt"
	"slices"
)

// Container is a container that the harness starts: of an image, or of a build.
type Container struct {
	Image string
	Build *Build
	Port  int    // where the receiver listens in the container, 1 to 65535
	Env   Values // templates of Expand: ${SECRET} is replaced, and ${PORT} by Port
	Ready Ready
}

// Build is what an image is built from.
type Build struct {
	Context    string // default Config.Dir
	Dockerfile string // relative to Context; default Dockerfile
}

// Format prints the container, its variables by name alone.
func (c Container) Format(f fmt.State, _ rune) {
	type plain Container
	fmt.Fprintf(f, "%+v", plain(c))
}

// containerKind is a container that is started, killed and started again.
var containerKind = kind{
	title: func(r Receiver) string { return r.Container.Image },
	paths: func(r Receiver) []*string {
		if r.Container.Build == nil {
			return nil
		}
		return []*string{&r.Container.Build.Context}
	},
	isContained: true,
	keys: slices.Concat([]key{
		{name: "receiver.container", of: group{},
			doc:     "A container that is started, killed and started again with its disk.",
			written: written{comment: "started by ctxpush; its disk is kept over all restarts"}},
		{name: "receiver.container.image", of: image, not: "build",
			missing: "want an image such as acme/receiver:1.4, or build:",
			doc:     "The image to run.",
			flag:    flag{name: "image", kind: true, help: "image of a receiver to start as a container"}},
		{name: "receiver.container.build", of: group{flow: true}, not: "image", doc: "What to build the image from."},
		{name: "receiver.container.build.context", of: folder, byDef: ".",
			doc:  "The directory that is built, relative to this file.",
			flag: flag{name: "build", kind: true, help: "directory to build the receiver's image from"}},
		{name: "receiver.container.build.dockerfile", of: file, byDef: "Dockerfile",
			doc: "The Dockerfile, relative to the context.",
			flag: flag{name: "dockerfile", needs: "a receiver that is built; give --build",
				help: "Dockerfile of the build, relative to its directory (default Dockerfile)"}},
		{name: "receiver.container.port", of: portOfReceiver,
			missing: "want the port on which the receiver listens, 1 to 65535",
			doc:     "The port on which the receiver listens in its container.",
			flag: flag{name: "port", needs: "a container; give --image, --build or --compose",
				help: "port on which the receiver listens in its container"},
			written: written{comment: "on which it listens, on all its addresses"}},
		{name: "receiver.container.env", of: env, doc: "Environment variables. ${SECRET} is the secret, ${PORT} the port.",
			flag: flag{name: "env"}, written: written{comment: "${PORT} is the port, ${SECRET} the secret"}},
	}, ready("receiver.container", "1m0s", flag{name: "ready"}, flag{name: "ready-timeout"})),
}
