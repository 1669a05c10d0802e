//go:build !unix

package load

// quick would send a request and read its answer with as few system calls as
// possible; here that is left to package net.
type quick struct{}

func (quick) open(*link) {}

func (quick) exchange(t *try) (left []byte, sendErr, readErr error) { return t.request, nil, nil }
