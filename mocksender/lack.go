package mocksender

import (
	"errors"
	"syscall"
)

// Lack is what this machine lacks for a connection; empty: nothing, as far as an
// error tells. Its words are those of a load's errors.
type Lack string

// The lacks.
const (
	NoFiles  Lack = "no_files"  // file descriptors, of this process or of the machine
	NoPorts  Lack = "no_ports"  // local addresses and ports
	NoMemory Lack = "no_memory" // memory or buffers
	NoAccess Lack = "no_access" // the right to connect there
)

// lacks are the errors by which the system tells them. Windows has numbers of its
// own for these; no other system has such high ones.
var lacks = []struct {
	lack   Lack
	errnos []syscall.Errno
	remedy string
}{
	{NoFiles, []syscall.Errno{syscall.EMFILE, syscall.ENFILE, 10024}, "raise how many files may be open (ulimit -n)"},
	{NoPorts, []syscall.Errno{syscall.EADDRNOTAVAIL, 10049}, "this machine has no address or port left from which it can be reached"},
	{NoMemory, []syscall.Errno{syscall.ENOBUFS, syscall.ENOMEM, 10055}, "this machine has no memory left for a connection"},
	{NoAccess, []syscall.Errno{syscall.EACCES, 10013}, "this process may not connect there: see its user, and the firewall"},
}

// LackOf is what this machine lacks by an error of connecting, or of starting a
// program; empty where the error says nothing of this machine.
func LackOf(err error) Lack {
	for _, l := range lacks {
		for _, errno := range l.errnos {
			if errors.Is(err, errno) {
				return l.lack
			}
		}
	}
	return ""
}

// LocalError is an attempt that this machine could not make: it says nothing of
// the receiver.
type LocalError struct {
	Lack Lack
	Err  error
}

// Local is err as a *LocalError where this machine lacks something; else nil.
func Local(err error) error {
	var local *LocalError
	if errors.As(err, &local) {
		return local
	}
	if lack := LackOf(err); lack != "" {
		return &LocalError{lack, err}
	}
	return nil
}

// Error is the reason and what to do about it.
func (e *LocalError) Error() string {
	for _, l := range lacks {
		if l.lack == e.Lack {
			return e.Err.Error() + ": " + l.remedy
		}
	}
	return e.Err.Error()
}

// Unwrap is the reason.
func (e *LocalError) Unwrap() error { return e.Err }
