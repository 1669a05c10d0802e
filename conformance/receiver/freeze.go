package receiver

import (
	"context"
	"fmt"
)

// Freezer is a receiver whose processes can be made to stand still: its
// connections stay open, and nobody answers.
type Freezer interface {
	// Freeze freezes the receiver, which must run. Kill ends it all the same.
	Freeze(ctx context.Context) error
	// Thaw lets it go on; one that has ended meanwhile is no error.
	Thaw(ctx context.Context) error
}

var (
	_ Freezer = (*process)(nil)
	_ Freezer = (*box)(nil)
	_ Freezer = (*compose)(nil)
)

// Freeze freezes the process and its children.
func (p *process) Freeze(context.Context) error {
	if p.child == nil {
		return fmt.Errorf("%s: does not run, and can't be frozen", p.name)
	}
	return p.freeze("frozen", group.pause)
}

// Thaw lets them go on.
func (p *process) Thaw(context.Context) error {
	if p.child == nil {
		return nil
	}
	return p.freeze("resumed", group.resume)
}

func (p *process) freeze(done string, do func(group) error) error {
	c := p.child
	if err := c.signal(func() error { return do(c.group) }); err != nil {
		return fmt.Errorf("%s: can't be %s: %w", p.name, done, err)
	}
	return nil
}

// Freeze freezes the container.
func (b *box) Freeze(ctx context.Context) error {
	if b.run == nil || closed(b.run.ended) {
		return fmt.Errorf("%s: does not run, and can't be frozen", b.name)
	}
	return b.Pause(ctx, b.Own())
}

// Thaw lets it go on.
func (b *box) Thaw(ctx context.Context) error {
	if b.run == nil || closed(b.run.ended) {
		return nil
	}
	return b.Unpause(ctx, b.Own())
}
