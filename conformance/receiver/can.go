package receiver

import "context"

// What some receivers can beside what all can.

// Freezer is a receiver whose processes can be made to stand still: its
// connections stay open, and nobody answers.
type Freezer interface {
	// Freeze freezes the receiver, which must run. Kill ends it all the same.
	Freeze(ctx context.Context) error
	// Thaw lets it go on; one that has ended meanwhile is no error.
	Thaw(ctx context.Context) error
}

// Services are the containers of a receiver, each by the name of its service:
// what it stands on can be taken away from under it, and given back. The calls
// are not made side by side, nor beside those of Receiver.
type Services interface {
	// Own is the receiver's own service.
	Own() string
	// Others are the services beside it that run now, in their order; one that has
	// done its work and ended is not among them.
	Others(ctx context.Context) ([]string, error)
	// Pause freezes a service's processes; its connections stay open and nobody
	// answers. Unpause lets them go on; one that is not frozen is no error.
	Pause(ctx context.Context, name string) error
	Unpause(ctx context.Context, name string) error
	// KillService ends a service as SIGKILL does. StartService starts it again with
	// the disk that it had; it returns when it runs and, where it has a health
	// check, is healthy. They are for services other than Own, which Kill and Start
	// are for.
	KillService(ctx context.Context, name string) error
	StartService(ctx context.Context, name string) error
}

// Ports is a receiver in containers, whose ports have other numbers here than
// inside, on the host of its URL.
type Ports interface {
	// PortOf is the number, here, of a port of the receiver's container or of a
	// service beside it. It may be another one after each start. It may be called
	// at any time, side by side.
	PortOf(port int) (int, error)
}
