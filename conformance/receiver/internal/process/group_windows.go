package process

import (
	"errors"
	"fmt"
	"os"
	"os/exec"
	"syscall"
	"unsafe"

	"golang.org/x/sys/windows"
)

// group is a job object: all processes in it end when it is closed, and so
// also when this process is killed.
type group struct{ job windows.Handle }

func setGroup(cmd *exec.Cmd) {
	cmd.SysProcAttr = &syscall.SysProcAttr{CreationFlags: syscall.CREATE_NEW_PROCESS_GROUP}
}

func newGroup(p *os.Process) (group, error) {
	job, err := windows.CreateJobObject(nil, nil)
	if err != nil {
		return group{}, fmt.Errorf("job object: %w", err)
	}
	limits := windows.JOBOBJECT_EXTENDED_LIMIT_INFORMATION{
		BasicLimitInformation: windows.JOBOBJECT_BASIC_LIMIT_INFORMATION{LimitFlags: windows.JOB_OBJECT_LIMIT_KILL_ON_JOB_CLOSE},
	}
	_, err = windows.SetInformationJobObject(job, windows.JobObjectExtendedLimitInformation, uintptr(unsafe.Pointer(&limits)), uint32(unsafe.Sizeof(limits)))
	if err == nil {
		var assigned error
		err = p.WithHandle(func(h uintptr) { assigned = windows.AssignProcessToJobObject(job, windows.Handle(h)) })
		err = errors.Join(err, assigned)
	}
	if err != nil {
		windows.CloseHandle(job)
		return group{}, fmt.Errorf("job object: %w", err)
	}
	return group{job}, nil
}

// terminate ends the job: there is no SIGTERM here.
func (g group) terminate() error { return g.kill() }

func (g group) kill() error { return windows.TerminateJobObject(g.job, 1) }

func (g group) pause() error  { return errNoPause }
func (g group) resume() error { return errNoPause }

var errNoPause = errors.New("processes can't be frozen on Windows")

// alive is false: TerminateJobObject has ended all by the time it returns.
func (g group) alive() bool { return false }
