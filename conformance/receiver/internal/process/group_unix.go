//go:build unix

package process

import (
	"errors"
	"os"
	"os/exec"
	"syscall"
)

// group is a process with all its children that have not left for a group of
// their own. A killed one stays in it until it is reaped, also by others.
type group struct{ id int }

func setGroup(cmd *exec.Cmd) {
	cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	endWithParent(cmd.SysProcAttr)
}

func newGroup(p *os.Process) (group, error) { return group{p.Pid}, nil }

func (g group) terminate() error { return g.signal(syscall.SIGTERM) }
func (g group) kill() error      { return g.signal(syscall.SIGKILL) }

func (g group) pause() error  { return g.signal(syscall.SIGSTOP) }
func (g group) resume() error { return g.signal(syscall.SIGCONT) }

// signal is no error where nobody is left. A group of processes that have
// ended and are not reaped yet can't be signalled everywhere: also no error.
func (g group) signal(s syscall.Signal) error {
	err := syscall.Kill(-g.id, s)
	if errors.Is(err, syscall.ESRCH) || errors.Is(err, syscall.EPERM) && !g.alive() {
		return nil
	}
	return err
}

func (g group) alive() bool {
	return syscall.Kill(-g.id, 0) == nil && running(g.id)
}
