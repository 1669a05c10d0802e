// Package receiver runs the receiver under test: it starts it, waits until it
// is ready, stops or kills it, and starts it again with the same disk. The
// kinds (a URL, a local process, a container, a compose file's service, the
// built-in one) differ behind
// one interface.
package receiver

import "context"

// Receiver is a receiver under test. Its methods are not called side by side,
// except URL, Log and Exited.
type Receiver interface {
	// Start starts the receiver and returns when it is ready for requests. After
	// Stop, Kill or an end of its own it starts it again with the disk that it
	// had. The error of a receiver that does not get ready is a *StartError, and
	// nothing of it is left running.
	Start(ctx context.Context) error

	// URL is the base address, such as http://127.0.0.1:49153, without a slash
	// at its end. It may be another one after each Start.
	URL() string

	// Stop ends the receiver as SIGTERM does, and returns when it has ended. One
	// that outlives Env.Grace is killed; the error is then a *StopError, and the
	// receiver can be started again all the same.
	Stop(ctx context.Context) error

	// Kill ends the receiver as SIGKILL does, and returns when it has ended.
	Kill(ctx context.Context) error

	// Exited says how the receiver ended, such as "ended with exit status 1",
	// where it did so unasked since its last start.
	Exited() (how string, ended bool)

	// Fixed says why the receiver can't be stopped and started again, such as
	// "a url is not ours to restart"; empty where it can.
	Fixed() string

	// Log is the last n lines of what the receiver has written so far, over all
	// its starts, with the secret blanked out.
	Log(n int) []string

	// Info names the receiver in reports. Image and digest are known once it
	// has been started.
	Info() Info

	// Close ends the receiver and removes everything that was made for it. It
	// may be called more than once.
	Close() error
}

// Info names a receiver in reports.
type Info struct {
	Kind   string // url, command, container, compose or built-in
	Image  string // of a container, that of the receiver's service
	Digest string // of the image, sha256:…
}
