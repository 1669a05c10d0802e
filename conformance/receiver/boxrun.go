package receiver

import (
	"context"
	"fmt"
	"time"

	"github.com/moby/moby/api/pkg/stdcopy"
	"github.com/moby/moby/api/types/container"
	"github.com/moby/moby/client"
)

// drainFor is how long the log of a container that has ended may take.
const drainFor = 2 * time.Second

// boxRun is one start of a container.
type boxRun struct {
	ended chan struct{} // closed when it has ended and its log is read; how is set then
	how   string
}

// launch starts the container, follows its log and notices its end.
func (b *box) launch(ctx context.Context) (*boxRun, error) {
	unbroken, cancel := context.WithTimeout(context.WithoutCancel(ctx), callFor)
	defer cancel()
	id, api := b.ctr.GetContainerID(), b.engine.api

	// Attached before the start, a log misses no line and repeats none of the
	// starts before.
	pipe, err := api.ContainerAttach(unbroken, id, client.ContainerAttachOptions{Stream: true, Stdout: true, Stderr: true})
	if err != nil {
		return nil, fmt.Errorf("its output can't be read: %w", explain(err))
	}
	if err := b.begin(ctx); err != nil {
		pipe.Close()
		return nil, fmt.Errorf("can't be started: %w", explain(err))
	}
	read := make(chan struct{})
	go func() {
		defer close(read)
		out, errs := b.log.openAs(b.head), b.log.openAs(b.head)
		defer out.Close()
		defer errs.Close()
		// It ends with the container.
		_, _ = stdcopy.StdCopy(out, errs, pipe.Reader)
	}()

	run := &boxRun{ended: make(chan struct{})}
	go func() {
		run.how = watch(api, id)
		select {
		case <-read:
		case <-time.After(drainFor):
		}
		pipe.Close()
		close(run.ended)
	}()
	return run, nil
}

// startOwn starts the container.
func (b *box) startOwn(ctx context.Context) error {
	unbroken, cancel := context.WithTimeout(context.WithoutCancel(ctx), callFor)
	defer cancel()
	return b.ctr.Start(unbroken)
}

// watch returns when a container does not run any more, and says how it ended.
func watch(api client.APIClient, id string) string {
	wait := api.ContainerWait(context.Background(), id, client.ContainerWaitOptions{Condition: container.WaitConditionNotRunning})
	select {
	case err := <-wait.Error:
		return fmt.Sprintf("ended, or its engine did: %s", oneLine(err.Error()))
	case end := <-wait.Result:
		how := fmt.Sprintf("ended with exit status %d", end.StatusCode)
		ctx, cancel := context.WithTimeout(context.Background(), drainFor)
		defer cancel()
		info, err := api.ContainerInspect(ctx, id, client.ContainerInspectOptions{})
		if err == nil && info.Container.State != nil && info.Container.State.OOMKilled {
			how += " (out of memory)"
		}
		return how
	}
}
