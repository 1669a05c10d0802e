// Package builtin is the kind of receiver that a Config has which names none: the
// reference receiver, in this process.
package builtin

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"

	"github.com/ctxpush/ctxpush/conformance/config"
	"github.com/ctxpush/ctxpush/conformance/receiver"
	"github.com/ctxpush/ctxpush/conformance/receiver/internal/lines"
	"github.com/ctxpush/ctxpush/conformance/receiver/internal/owner"
	"github.com/ctxpush/ctxpush/conformance/receiver/internal/ready"
	"github.com/ctxpush/ctxpush/fixtures/reference"
)

// builtIn is the reference receiver, in this process.
type builtIn struct {
	opts reference.Options
	env  receiver.Env
	log  *lines.Log

	temp   string            // where the store is; empty before the first start, or where it is the caller's
	server *reference.Server // nil where it does not run
	url    ready.Address
	out    io.Closer
}

const builtInName = "built-in receiver"

func init() {
	receiver.Register(receiver.Kind{Name: receiver.BuiltIn, New: With(reference.Options{})})
}

// With is the reference receiver with its options. What is not set in them is the
// Config's, and a store that is kept over all starts and removed by Close.
func With(opts reference.Options) receiver.Constructor {
	return func(cfg config.Config, env receiver.Env) (receiver.Receiver, error) {
		b := &builtIn{opts: opts, env: env, log: lines.New(env.Secret)}
		b.opts.Secret = cmp.Or(opts.Secret, env.Secret)
		b.opts.Identity = cmp.Or(opts.Identity, string(cfg.Identity))
		b.opts.Path = cmp.Or(opts.Path, cfg.Path)
		return b, nil
	}
}

func (b *builtIn) Start(context.Context) error {
	if b.server != nil {
		return fmt.Errorf("%s: runs already", builtInName)
	}
	if err := b.start(); err != nil {
		return &receiver.StartError{Receiver: builtInName, Log: b.log.End(), Err: err}
	}
	return nil
}

func (b *builtIn) start() (err error) {
	opts := b.opts
	if opts.Store == "" {
		if b.temp == "" {
			if b.temp, err = owner.NewTemp(); err != nil {
				return fmt.Errorf("no place for its store: %w", err)
			}
		}
		opts.Store = filepath.Join(b.temp, "states.db")
	}
	out := b.log.Open()
	if opts.Log == nil {
		opts.Log = out
	} else {
		opts.Log = io.MultiWriter(out, opts.Log)
	}
	server, err := reference.Start(opts)
	if err != nil {
		out.Close()
		return err
	}
	b.server, b.out = server, out
	b.url.Set(server.URL())
	return nil
}

func (b *builtIn) Stop(ctx context.Context) error {
	grace, cancel := context.WithTimeout(ctx, b.env.Grace)
	defer cancel()
	err := b.end(func(s *reference.Server) error { return s.Shutdown(grace) })
	if errors.Is(err, context.DeadlineExceeded) && ctx.Err() == nil {
		return &receiver.StopError{Receiver: builtInName, Signal: "SIGTERM", After: b.env.Grace}
	}
	return err
}

func (b *builtIn) Kill(context.Context) error { return b.end((*reference.Server).Kill) }

func (b *builtIn) end(how func(*reference.Server) error) error {
	s := b.server
	if s == nil {
		return nil
	}
	b.server = nil
	err := how(s)
	b.out.Close()
	if err != nil {
		return fmt.Errorf("%s: %w", builtInName, err)
	}
	return nil
}

func (b *builtIn) Close() error {
	err := b.Kill(context.Background())
	if b.temp != "" {
		err = errors.Join(err, os.RemoveAll(b.temp))
		b.temp = ""
	}
	return err
}

func (b *builtIn) URL() string         { return b.url.Get() }
func (b *builtIn) Fixed() string       { return "" }
func (b *builtIn) Log(n int) []string  { return b.log.Tail(n) }
func (b *builtIn) Info() receiver.Info { return receiver.Info{Kind: receiver.BuiltIn} }

// Exited is never so: it ends when it is asked to.
func (b *builtIn) Exited() (string, bool) { return "", false }
