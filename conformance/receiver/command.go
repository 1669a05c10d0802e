package receiver

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/ctxpush/ctxpush/conformance/config"
	"github.com/ctxpush/ctxpush/conformance/receiver/internal/lines"
	"github.com/ctxpush/ctxpush/conformance/receiver/internal/owner"
	"github.com/ctxpush/ctxpush/conformance/receiver/internal/patience"
	"github.com/ctxpush/ctxpush/conformance/receiver/internal/process"
	"github.com/ctxpush/ctxpush/conformance/receiver/internal/ready"
)

// portTries is how often a process is started, where others take its port
// meanwhile.
const portTries = 3

const commandKey = "receiver.command"

func init() {
	Register(Kind{Name: "command", New: newCommand,
		StartAdvice: func(r config.Receiver, tried bool) []string {
			if !tried {
				return []string{"run the command by hand in receiver.command.dir: " + strings.Join(r.Command.Argv, " ")}
			}
			return ReadyAdvice(commandKey, r.Command.Ready, "the port in ${PORT}")
		},
		SecretAdvice: func(r config.Receiver) []string { return EnvSecretAdvice(commandKey+".env", r.Command.Env) }})
}

// command is a receiver that runs as a local process, with all its children in
// a process group of its own. It gets a new port at each start: the old one may
// still be held by connections that its end has cut.
type command struct {
	name string
	mark string // of all that it starts
	spec config.Command
	dir  string
	env  Env
	log  *lines.Log
	port func() (int, error) // freePort

	url      ready.Address
	patience patience.Patience
	child    *process.Child // nil before the first start and after each asked end
}

func newCommand(cfg config.Config, env Env) (Receiver, error) {
	spec := *cfg.Receiver.Command
	for i, arg := range spec.Argv {
		if showsSecret(arg, env.Secret) {
			return nil, mistake(fmt.Sprintf("%s.argv[%d]", commandKey, i), "holds the secret, which every process list would show: want it in %s.env, as ${SECRET}", commandKey)
		}
	}
	dir := cfg.Abs(spec.Dir)
	if dir != "" {
		if err := process.CheckFolder(dir); err != nil {
			return nil, mistake(commandKey+".dir", "%s", err)
		}
	}
	log := lines.New(env.Secret)
	return &command{
		mark: owner.Self().Mark(strings.ToLower(rand.Text())),
		name: "command " + log.Hide(lines.Cut(strings.Join(spec.Argv, " "), 120)),
		spec: spec,
		dir:  dir,
		env:  env,
		log:  log,
		port: freePort,

		patience: patience.Patience{Grace: env.Grace},
	}, nil
}

// showsSecret tells a secret that was written out from a word that happens to
// hold a short one.
func showsSecret(arg, secret string) bool {
	const tellable = 8
	return secret != "" && (arg == secret || len(secret) >= tellable && strings.Contains(arg, secret))
}

func (p *command) Start(ctx context.Context) error {
	if p.child != nil {
		if !ready.Closed(p.child.Ended) {
			return fmt.Errorf("%s: runs already", p.name)
		}
		if err := p.Kill(ctx); err != nil {
			return err
		}
	}
	for try := 1; ; try++ {
		port, err := p.port()
		if err != nil {
			return &StartError{Receiver: p.name, Err: err}
		}
		err = p.start(ctx, port)
		var ended *EndedError
		// A port that is taken now although our process is gone was taken by
		// somebody else between the look for it and its use.
		if err == nil || !errors.As(err, &ended) || try == portTries || !isTaken(port) {
			return err
		}
	}
}

func (p *command) start(ctx context.Context, port int) error {
	c, err := p.spawn(strconv.Itoa(port))
	if err != nil {
		return &StartError{Receiver: p.name, Err: err}
	}
	w := ready.New(p.spec.Ready, "http://127.0.0.1:"+strconv.Itoa(port))
	url, waited, err := w.Wait(ctx, c.Ended)
	if err == nil {
		p.child = c
		p.url.Set(url)
		return nil
	}
	if errors.Is(err, ready.ErrEnded) {
		err = &EndedError{c.How}
	}
	err = errors.Join(err, c.Kill(), p.endStrays())
	return &StartError{Receiver: p.name, Tried: w.Tried(), Waited: waited, Log: p.log.End(), Err: err}
}

// spawn starts the process once.
func (p *command) spawn(port string) (*process.Child, error) {
	argv := slices.Clone(p.spec.Argv)
	for i := range argv {
		argv[i] = config.Expand(argv[i], map[string]string{config.VarPort: port})
	}
	program, err := process.Look(argv[0], p.dir)
	if err != nil {
		return nil, err
	}
	// One stream, so that the lines of both outputs keep their order.
	out := p.log.Open()
	cmd := &exec.Cmd{Path: program, Args: argv, Dir: p.dir, Env: os.Environ(), Stdout: out, Stderr: out}
	for name, value := range p.spec.Env {
		cmd.Env = append(cmd.Env, name+"="+config.Expand(value, map[string]string{config.VarPort: port, config.VarSecret: p.env.Secret}))
	}
	cmd.Env = append(cmd.Env, process.MarkVariable+"="+p.mark)
	c, err := process.Start(cmd, func() { out.Close() })
	if err != nil {
		return nil, fmt.Errorf("can't be started: %w", process.ReasonOf(err))
	}
	return c, nil
}

const commandRemedy = "want a receiver that handles SIGTERM, and exec before it where a shell starts it"

func (p *command) Stop(ctx context.Context) error {
	gone, err := p.stop(ctx, p.patience.Now())
	if err != nil || gone {
		return err
	}
	after, again := p.patience.Outlive()
	return &StopError{Receiver: p.name, Signal: "SIGTERM", After: after, Remedy: commandRemedy, Again: again}
}

// stop asks the process and its children to end, and kills what has not ended
// in time.
func (p *command) stop(ctx context.Context, within time.Duration) (gone bool, err error) {
	c := p.child
	p.child = nil
	if c == nil {
		return true, nil
	}
	if err := c.Terminate(); err != nil {
		return false, errors.Join(fmt.Errorf("%s: %w", p.name, err), c.Kill())
	}
	grace, cancel := context.WithTimeout(ctx, within)
	defer cancel()
	// Children that still write are part of the receiver.
	gone = c.AwaitEnd(grace)
	if err := c.Kill(); err != nil {
		return gone, fmt.Errorf("%s: %w", p.name, err)
	}
	if gone {
		return true, nil
	}
	return false, ctx.Err()
}

func (p *command) Kill(context.Context) error {
	c := p.child
	p.child = nil
	if c == nil {
		return nil
	}
	if err := c.Kill(); err != nil {
		return fmt.Errorf("%s: %w", p.name, err)
	}
	return nil
}

func (p *command) Exited() (string, bool) {
	if c := p.child; c != nil && ready.Closed(c.Ended) {
		return c.How, true
	}
	return "", false
}

func (p *command) URL() string        { return p.url.Get() }
func (p *command) Fixed() string      { return "" }
func (p *command) Log(n int) []string { return p.log.Tail(n) }
func (p *command) Info() Info         { return Info{Kind: "command"} }

// Close asks the process to end first, for what it has to put in order, and also
// ends what has left the process's group, as daemons do: they may
// outlive a kill, as a database does that the receiver starts, but not the run.
func (p *command) Close() error {
	_, err := p.stop(context.Background(), p.patience.End())
	return errors.Join(err, p.endStrays())
}

func (p *command) endStrays() error {
	if err := process.EndStrays(func(mark string) bool { return mark == p.mark }); err != nil {
		return fmt.Errorf("%s: %w", p.name, err)
	}
	return nil
}

// Freeze freezes the process and its children.
func (p *command) Freeze(context.Context) error {
	if p.child == nil {
		return fmt.Errorf("%s: does not run, and can't be frozen", p.name)
	}
	if err := p.child.Pause(); err != nil {
		return fmt.Errorf("%s: can't be frozen: %w", p.name, err)
	}
	return nil
}

// Thaw lets them go on.
func (p *command) Thaw(context.Context) error {
	if p.child == nil {
		return nil
	}
	if err := p.child.Resume(); err != nil {
		return fmt.Errorf("%s: can't be resumed: %w", p.name, err)
	}
	return nil
}

var _ Freezer = (*command)(nil)
