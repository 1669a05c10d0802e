package compose

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"os/exec"
	"slices"
	"strings"

	"github.com/ctxpush/ctxpush/conformance/receiver/internal/lines"
	"github.com/ctxpush/ctxpush/conformance/receiver/internal/process"
)

// composeTool is the user's own: docker compose, or else docker-compose.
type composeTool []string

var errNoCompose = errors.New("neither docker compose nor docker-compose is there: install one, or use receiver.container, receiver.command or receiver.url")

func findCompose(ctx context.Context) (composeTool, error) {
	for _, tool := range []composeTool{{"docker", "compose"}, {"docker-compose"}} {
		path, err := exec.LookPath(tool[0])
		if err != nil {
			continue
		}
		tool[0] = path
		if tool.run(ctx, toolRun{args: []string{"version"}, out: io.Discard, log: io.Discard}) == nil {
			return tool, nil
		}
	}
	if ctx.Err() != nil {
		return nil, ctx.Err()
	}
	return nil, errNoCompose
}

// toolRun is one run of the tool.
type toolRun struct {
	dir      string
	env      []string // all of it; nil: this process's
	args     []string
	in       []byte
	out, log io.Writer
}

// run runs the tool to its end. The error ends with the last of its complaints, as
// it was written.
func (t composeTool) run(ctx context.Context, r toolRun) error {
	complaints := &lastLines{}
	cmd := &exec.Cmd{
		Path: t[0], Args: slices.Concat(t, r.args), Dir: r.dir, Env: r.env,
		Stdin: bytes.NewReader(r.in), Stdout: r.out, Stderr: io.MultiWriter(r.log, complaints),
	}
	state, err := process.Run(ctx, cmd)
	switch {
	case errors.Is(ctx.Err(), context.Canceled):
		return ctx.Err() // its cause is the caller's, who asks for this
	case ctx.Err() != nil:
		return context.Cause(ctx)
	case err != nil:
		return process.ReasonOf(err)
	case !state.Success():
		return fmt.Errorf("%s: %s", strings.TrimPrefix(process.Ending(state), "ended with "), complaints.last())
	}
	return nil
}

// lastLines keeps the end of what is written.
type lastLines struct{ end []byte }

// Write never fails.
func (l *lastLines) Write(p []byte) (int, error) {
	l.end = append(l.end, p...)
	if over := len(l.end) - lines.MaxLine; over > 0 {
		l.end = bytes.Clone(l.end[over:])
	}
	return len(p), nil
}

// last is the last error, which may go over several lines, or else the last line.
func (l *lastLines) last() string {
	text := strings.TrimSpace(string(l.end))
	from := strings.LastIndex(text, "ERROR: ")
	if from < 0 {
		from = strings.LastIndexByte(text, '\n') + 1
	}
	return lines.Cut(lines.One(text[from:]), 300)
}
