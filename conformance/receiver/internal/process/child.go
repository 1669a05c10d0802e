// Package process runs programs, each in a process group of its own that is ended
// as a whole.
package process

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"runtime"
	"time"

	"github.com/ctxpush/ctxpush/conformance/receiver/internal/ready"
)

const (
	strayPipe = 250 * time.Millisecond // for output of what outlives the process
	reapFor   = 5 * time.Second        // for what SIGKILL ends
)

// Child is one run of a program, with all its children in a process group of its
// own.
type Child struct {
	PID int
	// Ended is closed when the process has ended; How is set then, such as "ended
	// with exit status 1".
	Ended chan struct{}
	How   string

	cmd   *exec.Cmd
	group group
	empty bool // no process is left in the group: its id may name another one
}

// Start starts a command in a process group of its own. over is called once, when
// no more output comes.
func Start(cmd *exec.Cmd, over func()) (*Child, error) {
	setGroup(cmd)
	cmd.WaitDelay = strayPipe
	c := &Child{cmd: cmd, Ended: make(chan struct{})}
	started := make(chan error)
	go func() {
		// Where the OS ends the child with its parent, it means the thread that
		// started the child: this one must live as long.
		runtime.LockOSThread()
		defer runtime.UnlockOSThread()
		err := cmd.Start()
		if err == nil {
			c.PID = cmd.Process.Pid
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
		c.How, c.empty = Ending(cmd.ProcessState), !c.group.alive()
		close(c.Ended)
	}()
	if err := <-started; err != nil {
		over()
		return nil, err
	}
	return c, nil
}

// Run runs a command to its end, in a process group of its own, which is ended as
// a whole with ctx or with the command. The error is of its start.
func Run(ctx context.Context, cmd *exec.Cmd) (*os.ProcessState, error) {
	if ctx.Err() != nil {
		return nil, ctx.Err()
	}
	c, err := Start(cmd, func() {})
	if err != nil {
		return nil, err
	}
	select {
	case <-c.Ended:
	case <-ctx.Done():
	}
	if err := c.Kill(); err != nil {
		return nil, err
	}
	return cmd.ProcessState, nil
}

// Ending says how a process ended.
func Ending(state *os.ProcessState) string {
	if state == nil {
		return "ended, it is not known how"
	}
	return "ended with " + state.String()
}

// Terminate asks the process and its children to end. Those that nobody is left of
// are no error, as with Pause and Resume.
func (c *Child) Terminate() error { return c.signal(group.terminate) }

// Pause has them stand still.
func (c *Child) Pause() error { return c.signal(group.pause) }

// Resume lets them go on.
func (c *Child) Resume() error { return c.signal(group.resume) }

// Kill ends the process and its children, and returns when they have ended.
func (c *Child) Kill() error {
	err := c.signal(group.kill)
	ctx, cancel := context.WithTimeout(context.Background(), reapFor)
	defer cancel()
	if !c.AwaitEnd(ctx) {
		return errors.Join(fmt.Errorf("process %d did not end within %s of SIGKILL", c.PID, reapFor), err)
	}
	return nil
}

// signal calls send unless nobody is left to get it.
func (c *Child) signal(send func(group) error) error {
	if ready.Closed(c.Ended) && c.empty {
		return nil
	}
	return send(c.group)
}

// AwaitEnd waits until no process of the group is left, or ctx is done; it reports
// which of the two.
func (c *Child) AwaitEnd(ctx context.Context) bool {
	tick := time.NewTicker(ready.PollEvery)
	defer tick.Stop()
	select {
	case <-c.Ended:
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
