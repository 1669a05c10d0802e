package contained

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/ctxpush/ctxpush/conformance/config"
	"github.com/ctxpush/ctxpush/conformance/receiver/internal/engine"
	"github.com/ctxpush/ctxpush/conformance/receiver/internal/lines"
)

// Spec is what there is to know of a receiver in a container.
type Spec struct {
	Name    string // in messages, such as "container acme/receiver:1.4"
	Key     string // of the Config, such as receiver.container
	Service string // of a compose file; empty: there is none
	Port    int    // on which it listens inside
	Ready   config.Ready
	Grace   time.Duration
	Log     *lines.Log
	Ports   *engine.Ports // that others ask for
}

// clean blanks the secret out of what the engine says.
func (s *Spec) clean(err error) error {
	if text := err.Error(); s.Log.Hide(text) != text {
		return errors.New(s.Log.Hide(text))
	}
	return err
}

func (s *Spec) port() string { return strconv.Itoa(s.Port) + "/tcp" }

// hint adds to a receiver that never got ready that its image exposes other
// ports.
func (s *Spec) hint(ctx context.Context, made *Made, err error) error {
	image, inspectErr := made.API.ImageInspect(ctx, made.Image)
	if inspectErr != nil || image.Config == nil || len(image.Config.ExposedPorts) == 0 {
		return err
	}
	var exposed []string
	for port := range image.Config.ExposedPorts {
		if port == s.port() {
			return err
		}
		exposed = append(exposed, port)
	}
	slices.Sort(exposed)
	return fmt.Errorf("%w; %s.port is %s, and the image exposes %s", err, s.Key, s.port(), strings.Join(exposed, ", "))
}
