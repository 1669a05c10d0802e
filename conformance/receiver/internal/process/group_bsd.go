//go:build unix && !linux

package process

import "syscall"

// endWithParent does nothing: no such thing here.
func endWithParent(*syscall.SysProcAttr) {}

// running is asked only of a group that can be signalled.
func running(int) bool { return true }
