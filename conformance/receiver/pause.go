package receiver

import (
	"context"
	"fmt"

	"github.com/moby/moby/client"
)

var (
	_ Pauser = (*process)(nil)
	_ Pauser = (*box)(nil)
)

func (p *process) Pause(context.Context) error  { return p.freeze("frozen", group.pause) }
func (p *process) Resume(context.Context) error { return p.freeze("resumed", group.resume) }

func (p *process) freeze(done string, do func(group) error) error {
	c := p.child
	if c == nil {
		return fmt.Errorf("%s: does not run, and can't be %s", p.name, done)
	}
	if err := c.signal(func() error { return do(c.group) }); err != nil {
		return fmt.Errorf("%s: can't be %s: %w", p.name, done, err)
	}
	return nil
}

func (b *box) Pause(ctx context.Context) error {
	if b.run == nil {
		return fmt.Errorf("%s: does not run, and can't be frozen", b.name)
	}
	return b.froze("frozen", b.engine.pause(ctx, b.ctr.GetContainerID()))
}

func (b *box) Resume(ctx context.Context) error {
	if b.run == nil || closed(b.run.ended) {
		return nil
	}
	return b.froze("resumed", b.engine.resume(ctx, b.ctr.GetContainerID()))
}

func (b *box) froze(done string, err error) error {
	if err != nil {
		return fmt.Errorf("%s: can't be %s: %w", b.name, done, b.clean(err))
	}
	return nil
}

func (e *engine) pause(ctx context.Context, id string) error {
	_, err := e.api.ContainerPause(ctx, id, client.ContainerPauseOptions{})
	return explain(err)
}

func (e *engine) resume(ctx context.Context, id string) error {
	_, err := e.api.ContainerUnpause(ctx, id, client.ContainerUnpauseOptions{})
	return explain(err)
}
