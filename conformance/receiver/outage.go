package receiver

import "context"

// Pauser is a receiver that can be frozen: its processes stand still, its
// connections stay open.
type Pauser interface {
	// Pause freezes the receiver, and Resume lets it go on. A receiver that is
	// frozen can be killed all the same.
	Pause(ctx context.Context) error
	Resume(ctx context.Context) error
}

// Services is a receiver that came with others that it needs, such as a
// database, which can fail while it runs.
type Services interface {
	// Others are the names of those services, in the order of their file; empty:
	// there are none.
	Others() []string
	// PauseOthers freezes them, KillOthers ends them as SIGKILL does.
	PauseOthers(ctx context.Context) error
	KillOthers(ctx context.Context) error
	// RestoreOthers lets them go on, or starts them again, with their disks.
	RestoreOthers(ctx context.Context) error
}
