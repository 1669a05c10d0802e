package compose

import (
	"context"
	"io"
	"time"

	"github.com/moby/moby/api/pkg/stdcopy"
	"github.com/moby/moby/client"
)

// lookEvery is the pause between two looks whether a service runs again.
const lookEvery = 500 * time.Millisecond

// companion is another service of the receiver's compose file.
type companion struct {
	id   string
	stop func()
	gone chan struct{} // closed when its log is not followed any more
}

// follow writes the log of a container to out, over all its starts, until leave.
func follow(api client.APIClient, id string, out io.WriteCloser) *companion {
	ctx, cancel := context.WithCancel(context.Background())
	c := &companion{id: id, stop: cancel, gone: make(chan struct{})}
	go func() {
		defer close(c.gone)
		defer out.Close()
		began := ""
		for {
			info, err := api.ContainerInspect(ctx, id, client.ContainerInspectOptions{})
			if err == nil && info.Container.State != nil && info.Container.State.StartedAt != began && info.Container.State.StartedAt > "0002" {
				since := began
				if began = info.Container.State.StartedAt; since != "" {
					since = began
				}
				copyLog(ctx, api, id, since, out)
			}
			select {
			case <-time.After(lookEvery):
			case <-ctx.Done():
				return
			}
		}
	}()
	return c
}

// copyLog copies a container's log until its end. That it can't be read, as with
// some drivers, is no matter.
func copyLog(ctx context.Context, api client.APIClient, id, since string, out io.WriteCloser) {
	log, err := api.ContainerLogs(ctx, id, client.ContainerLogsOptions{ShowStdout: true, ShowStderr: true, Follow: true, Since: since})
	if err != nil {
		return
	}
	defer log.Close()
	_, _ = stdcopy.StdCopy(out, out, log)
}

// leave returns when nothing is written any more.
func (c *companion) leave() {
	c.stop()
	<-c.gone
}
