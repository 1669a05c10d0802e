package container

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"

	"github.com/containerd/errdefs"

	"github.com/ctxpush/ctxpush/conformance/receiver/internal/engine"
)

// Image is what an image says of itself.
type Image struct {
	Name       string
	Ports      []int    // TCP ports that it exposes, in order
	Env        []string // names of the variables that it sets; their values may be secrets
	Entrypoint []string // entrypoint and command, as they are run
	User       string   // empty: root
	Platform   string   // such as linux/amd64
}

// InspectImage looks at an image that the container engine has; it pulls none.
func InspectImage(ctx context.Context, name string) (Image, error) {
	e, err := engine.Connect(ctx)
	if err != nil {
		return Image{}, err
	}
	defer e.Close()
	found, err := e.API.ImageInspect(ctx, name)
	if errdefs.IsNotFound(err) {
		return Image{}, fmt.Errorf("the image %s is not on this engine", name)
	}
	if err != nil {
		return Image{}, engine.Explain(err)
	}
	i := Image{Name: name, Platform: found.Os + "/" + found.Architecture}
	if found.Config == nil {
		return i, nil
	}
	for _, spec := range slices.Sorted(maps.Keys(found.Config.ExposedPorts)) {
		number, protocol, _ := strings.Cut(spec, "/")
		if port, err := strconv.Atoi(number); err == nil && (protocol == "" || protocol == "tcp") {
			i.Ports = append(i.Ports, port)
		}
	}
	slices.Sort(i.Ports)
	for _, assignment := range found.Config.Env {
		variable, _, _ := strings.Cut(assignment, "=")
		i.Env = append(i.Env, variable)
	}
	i.Entrypoint = slices.Concat(found.Config.Entrypoint, found.Config.Cmd)
	i.User = found.Config.User
	return i, nil
}
