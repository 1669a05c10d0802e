package receiver

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/ctxpush/ctxpush/conformance/config"
)

const (
	portTries = 3                      // starts, where others take the port meanwhile
	strayPipe = 250 * time.Millisecond // for output of what outlives the process
	reapFor   = 5 * time.Second        // for what SIGKILL ends
)

// process is a receiver that runs as a local process, with all its children in
// a process group of its own. It gets a new port at each start: the old one may
// still be held by connections that its end has cut.
type process struct {
	name string
	mark string // of all that it starts
	spec config.Command
	dir  string
	env  Env
	log  *lineLog
	port func() (int, error) // freePort

	url      address
	patience patience
	child    *child // nil before the first start and after each asked end
}

// child is one start of the process.
type child struct {
	cmd   *exec.Cmd
	group group
	ended chan struct{} // closed when the process has ended; how is set then
	how   string
	empty bool // no process is left in the group: its id may name another one
}

func newProcess(cfg config.Config, env Env) (Receiver, error) {
	const key = "receiver.command"
	spec := *cfg.Receiver.Command
	for i, arg := range spec.Argv {
		if showsSecret(arg, env.Secret) {
			return nil, mistake(fmt.Sprintf("%s.argv[%d]", key, i), "holds the secret, which every process list would show: want it in %s.env, as ${SECRET}", key)
		}
	}
	dir := cfg.Abs(spec.Dir)
	if dir != "" {
		if wrong := folder(dir); wrong != "" {
			return nil, mistake(key+".dir", "%s", wrong)
		}
	}
	log := newLineLog(env.Secret)
	return &process{
		mark: self().mark(strings.ToLower(rand.Text())),
		name: "command " + log.hide.Text(cut(strings.Join(spec.Argv, " "), 120)),
		spec: spec,
		dir:  dir,
		env:  env,
		log:  log,
		port: freePort,

		patience: patience{grace: env.Grace},
	}, nil
}

// showsSecret tells a secret that was written out from a word that happens to
// hold a short one.
func showsSecret(arg, secret string) bool {
	const tellable = 8
	return secret != "" && (arg == secret || len(secret) >= tellable && strings.Contains(arg, secret))
}

func (p *process) Start(ctx context.Context) error {
	if p.child != nil {
		if !closed(p.child.ended) {
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
		// A port that is taken now although our process is gone was taken by
		// somebody else between the look for it and its use.
		if err == nil || !errors.Is(err, errEnded) || try == portTries || !taken(port) {
			return err
		}
	}
}

func (p *process) start(ctx context.Context, port int) error {
	c, err := p.spawn(strconv.Itoa(port))
	if err != nil {
		return &StartError{Receiver: p.name, Err: err}
	}
	w := newWaiter(p.spec.Ready, processReady, "http://127.0.0.1:"+strconv.Itoa(port))
	url, waited, err := w.wait(ctx, c.ended)
	if err == nil {
		p.child = c
		p.url.set(url)
		return nil
	}
	if errors.Is(err, errEnded) {
		err = fmt.Errorf("%w: %s", errEnded, c.how)
	}
	err = errors.Join(err, c.kill(), p.endStrays())
	return &StartError{Receiver: p.name, Tried: w.tried(), Waited: waited, Log: p.log.tail(tailSize), Err: err}
}

// spawn starts the process once.
func (p *process) spawn(port string) (*child, error) {
	argv := slices.Clone(p.spec.Argv)
	for i := range argv {
		argv[i] = config.Expand(argv[i], map[string]string{config.VarPort: port})
	}
	program, err := lookProgram(argv[0], p.dir)
	if err != nil {
		return nil, err
	}
	// One stream, so that the lines of both outputs keep their order.
	out := p.log.open()
	cmd := &exec.Cmd{Path: program, Args: argv, Dir: p.dir, Env: os.Environ(), Stdout: out, Stderr: out}
	cmd.WaitDelay = strayPipe
	for name, value := range p.spec.Env {
		cmd.Env = append(cmd.Env, name+"="+config.Expand(value, map[string]string{config.VarPort: port, config.VarSecret: p.env.Secret}))
	}
	cmd.Env = append(cmd.Env, markVariable+"="+p.mark)
	c, err := startGroup(cmd, func() { out.Close() })
	if err != nil {
		return nil, fmt.Errorf("can't be started: %w", reasonOf(err))
	}
	return c, nil
}

// startGroup starts a command in a process group of its own. over is called
// once, when no more output comes.
func startGroup(cmd *exec.Cmd, over func()) (*child, error) {
	setGroup(cmd)
	c := &child{cmd: cmd, ended: make(chan struct{})}
	started := make(chan error)
	go func() {
		// Where the OS ends the child with its parent, it means the thread that
		// started the child: this one must live as long.
		runtime.LockOSThread()
		defer runtime.UnlockOSThread()
		err := cmd.Start()
		if err == nil {
			c.group, err = newGroup(cmd.Process)
			if err != nil {
				err = errors.Join(err, cmd.Process.Kill(), cmd.Wait())
			}
		}
		started <- err
		if err != nil {
			return
		}
		// The error is in the state, but for pipes that others hold open.
		_ = cmd.Wait()
		over()
		c.how, c.empty = ending(cmd.ProcessState), !c.group.alive()
		close(c.ended)
	}()
	if err := <-started; err != nil {
		over()
		return nil, err
	}
	return c, nil
}

// lookProgram finds a program: a name without a slash in the PATH, a relative
// path from dir.
func lookProgram(name, dir string) (string, error) {
	if strings.ContainsAny(name, `/\`) {
		if !filepath.IsAbs(name) {
			name = filepath.Join(dir, name)
		}
		if _, err := os.Stat(name); err != nil {
			return "", fmt.Errorf("the program %s: %w", name, reasonOf(err))
		}
		return name, nil
	}
	path, err := exec.LookPath(name)
	if err != nil {
		return "", fmt.Errorf("the program %q is not in the PATH", name)
	}
	return path, nil
}

// reasonOf is an error without the operation and path that the caller names.
func reasonOf(err error) error {
	if e := (*os.PathError)(nil); errors.As(err, &e) {
		return e.Err
	}
	return err
}

func ending(state *os.ProcessState) string {
	if state == nil {
		return "ended, it is not known how"
	}
	return "ended with " + state.String()
}

const processRemedy = "want a receiver that handles SIGTERM, and exec before it where a shell starts it"

func (p *process) Stop(ctx context.Context) error {
	gone, err := p.stop(ctx, p.patience.now())
	if err != nil || gone {
		return err
	}
	return p.patience.outlive(p.name, "SIGTERM", processRemedy)
}

// stop asks the process and its children to end, and kills what has not ended
// in time.
func (p *process) stop(ctx context.Context, within time.Duration) (gone bool, err error) {
	c := p.child
	p.child = nil
	if c == nil {
		return true, nil
	}
	if err := c.signal(c.group.terminate); err != nil {
		return false, errors.Join(fmt.Errorf("%s: %w", p.name, err), c.kill())
	}
	grace, cancel := context.WithTimeout(ctx, within)
	defer cancel()
	// Children that still write are part of the receiver.
	gone = c.gone(grace)
	if err := c.kill(); err != nil {
		return gone, fmt.Errorf("%s: %w", p.name, err)
	}
	if gone {
		return true, nil
	}
	return false, ctx.Err()
}

func (p *process) Kill(context.Context) error {
	c := p.child
	p.child = nil
	if c == nil {
		return nil
	}
	if err := c.kill(); err != nil {
		return fmt.Errorf("%s: %w", p.name, err)
	}
	return nil
}

// gone waits until no process of the group is left, or ctx is done.
func (c *child) gone(ctx context.Context) bool {
	tick := time.NewTicker(pollEvery)
	defer tick.Stop()
	select {
	case <-c.ended:
	case <-ctx.Done():
		return false
	}
	for !c.empty && c.group.alive() {
		select {
		case <-tick.C:
		case <-ctx.Done():
			return false
		}
	}
	c.empty = true
	return true
}

// signal calls send unless nobody is left to get it.
func (c *child) signal(send func() error) error {
	if closed(c.ended) && c.empty {
		return nil
	}
	return send()
}

// kill ends the process and its children, and returns when they have ended.
func (c *child) kill() error {
	err := c.signal(c.group.kill)
	ctx, cancel := context.WithTimeout(context.Background(), reapFor)
	defer cancel()
	if !c.gone(ctx) {
		return errors.Join(fmt.Errorf("process %d did not end within %s of SIGKILL", c.cmd.Process.Pid, reapFor), err)
	}
	return nil
}

func (p *process) Exited() (string, bool) {
	if c := p.child; c != nil && closed(c.ended) {
		return c.how, true
	}
	return "", false
}

func (p *process) URL() string        { return p.url.get() }
func (p *process) Fixed() string      { return "" }
func (p *process) Log(n int) []string { return p.log.tail(n) }
func (p *process) Info() Info         { return Info{Kind: "command"} }

// Close asks the process to end first, for what it has to put in order, and also
// ends what has left the process's group, as daemons do: they may
// outlive a kill, as a database does that the receiver starts, but not the run.
func (p *process) Close() error {
	_, err := p.stop(context.Background(), p.patience.end())
	return errors.Join(err, p.endStrays())
}

func (p *process) endStrays() error {
	if err := endStrays(func(mark string) bool { return mark == p.mark }); err != nil {
		return fmt.Errorf("%s: %w", p.name, err)
	}
	return nil
}
