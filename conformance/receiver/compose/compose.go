// Package compose is the kind of receiver that is a service of a compose file.
package compose

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"

	"github.com/ctxpush/ctxpush/conformance/config"
	"github.com/ctxpush/ctxpush/conformance/receiver"
	"github.com/ctxpush/ctxpush/conformance/receiver/internal/contained"
	"github.com/ctxpush/ctxpush/conformance/receiver/internal/lines"
)

const (
	kind = "compose"
	key  = "receiver." + kind
)

func init() {
	receiver.Register(receiver.Kind{Name: kind, New: newCompose,
		StartAdvice: func(r config.Receiver, tried bool) []string {
			if !tried {
				return []string{"see that docker compose up starts the file by itself, with SECRET in its environment;",
					"receiver.compose.env hands over what else the file's ${NAME} need"}
			}
			return receiver.ReadyAdvice(key, r.Compose.Ready, fmt.Sprintf("port %d on all addresses, not on 127.0.0.1 alone", r.Compose.Port))
		},
		SecretAdvice: func(r config.Receiver) []string {
			return []string{"does the compose file hand ${SECRET} over to the service " + r.Compose.Service + ", under environment?", receiver.CompareSecret}
		}})
}

// compose is a service of a compose file. Its first start starts the others too;
// from then on it is a container that is stopped, killed and started again,
// while the others go on.
type compose struct {
	*contained.Receiver
	project  *project
	info     receiver.Info
	wasReady bool // once
}

func newCompose(cfg config.Config, env receiver.Env) (receiver.Receiver, error) {
	spec := cfg.Receiver.Compose
	file := cfg.Abs(spec.File)
	if abs, err := filepath.Abs(file); err == nil {
		file = abs
	}
	if info, err := os.Stat(file); err != nil || info.IsDir() {
		return nil, cfg.Mistake(key+".file", "%s is no file", file)
	}
	id := strings.ToLower(rand.Text())
	// One run may have several receivers.
	name := "ctxpush-" + strings.ToLower(strings.Map(projectRune, env.RunID)) + "-" + id[:6]
	p := &project{cfg: cfg, env: env, id: id, name: name, file: file, log: lines.New(env.Secret)}
	if probe := cfg.Probe.SQL; probe != nil {
		p.ports.Want(probe.Ports()...)
	}
	return &compose{project: p, info: receiver.Info{Kind: kind}, Receiver: contained.New(contained.Spec{
		Name: "compose service " + spec.Service, Key: key, Service: spec.Service, Port: spec.Port, Ready: spec.Ready,
		Grace: env.Grace, Log: p.log, Ports: &p.ports,
	}, p)}, nil
}

func projectRune(r rune) rune {
	if r == '-' || r == '_' || '0' <= r && r <= '9' || 'a' <= r|0x20 && r|0x20 <= 'z' {
		return r
	}
	return -1
}

// Start starts all services the first time.
func (c *compose) Start(ctx context.Context) error {
	err := c.Receiver.Start(ctx)
	if made := c.project.made; made != nil {
		c.info.Image, c.info.Digest = made.Image, made.digest
	}
	if err == nil {
		c.wasReady = true
	} else if !c.wasReady {
		if left := c.clear(); left != nil {
			return errors.Join(err, left)
		}
	}
	return err
}

// Close removes the project, with its networks, volumes and the images that were
// built for it.
func (c *compose) Close() error {
	err := c.clear()
	if err == nil {
		c.project.engine = nil
	}
	return err
}

func (c *compose) clear() error {
	if err := c.project.remove(); err != nil {
		return err
	}
	c.AwaitEnd() // its log is read, its container gone
	c.wasReady = false
	return nil
}

// Info names the image of the receiver's service.
func (c *compose) Info() receiver.Info { return c.info }
