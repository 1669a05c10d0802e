package receiver

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"

	"github.com/ctxpush/ctxpush/conformance/config"
	"github.com/ctxpush/ctxpush/fixtures/reference"
)

// builtIn is the reference receiver, in this process.
type builtIn struct {
	unasked
	opts reference.Options
	env  Env
	log  *lineLog

	temp   string            // where the store is; empty before the first start, or where it is the caller's
	server *reference.Server // nil where it does not run
	url    address
	out    io.Closer
}

const builtInName = "built-in receiver"

func newBuiltIn(cfg config.Config, env Env) *builtIn {
	b := &builtIn{opts: env.BuiltIn, env: env, log: newLineLog(env.Secret)}
	if b.opts.Secret == "" {
		b.opts.Secret = env.Secret
	}
	if b.opts.Identity == "" {
		b.opts.Identity = string(cfg.Identity)
	}
	if b.opts.Path == "" {
		b.opts.Path = cfg.Path
	}
	return b
}

func (b *builtIn) Start(context.Context) error {
	if b.server != nil {
		return fmt.Errorf("%s: runs already", builtInName)
	}
	if err := b.start(); err != nil {
		return &StartError{Receiver: builtInName, Log: b.log.tail(tailSize), Err: err}
	}
	return nil
}

func (b *builtIn) start() (err error) {
	opts := b.opts
	if opts.Store == "" {
		if b.temp == "" {
			if b.temp, err = newTemp(); err != nil {
				return fmt.Errorf("no place for its store: %w", err)
			}
		}
		opts.Store = filepath.Join(b.temp, "states.db")
	}
	out := b.log.open()
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
	b.url.set(server.URL())
	return nil
}

func (b *builtIn) Stop(ctx context.Context) error {
	grace, cancel := context.WithTimeout(ctx, b.env.Grace)
	defer cancel()
	err := b.end(func(s *reference.Server) error { return s.Shutdown(grace) })
	if errors.Is(err, context.DeadlineExceeded) && ctx.Err() == nil {
		return &StopError{Receiver: builtInName, Signal: "SIGTERM", After: b.env.Grace}
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

func (b *builtIn) URL() string        { return b.url.get() }
func (b *builtIn) Fixed() string      { return "" }
func (b *builtIn) Log(n int) []string { return b.log.tail(n) }
func (b *builtIn) Info() Info         { return Info{Kind: "built-in"} }
