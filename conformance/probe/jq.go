package probe

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"regexp"
	"runtime/metrics"
	"strings"
	"time"

	"github.com/itchyny/gojq"

	"github.com/ctxpush/ctxpush/conformance/state"
)

// A program of the owner's own may make much of little: so much memory it may take,
// and with such a pause is looked how much it has.
const (
	jqMemory = 256 << 20 // bytes
	jqLook   = 5 * time.Millisecond
)

// jqReply is what a program made of an answer.
type jqReply struct {
	Result json.RawMessage `json:"result,omitempty"` // nil: nothing
	Many   bool            `json:"many,omitempty"`   // more than one result
	NoJSON bool            `json:"no_json,omitempty"`
	Error  string          `json:"error,omitempty"`
}

// runner runs a jq program.
type runner interface {
	run(ctx context.Context, src string, raw json.RawMessage) (jqReply, error)
	close() error
}

// path is a program that takes no more memory than its input: it picks out a part.
var path = regexp.MustCompile(`^(\.|(\.[A-Za-z_][A-Za-z0-9_]*|\.?\[[0-9]+\])+)$`)

func isPath(src string) bool { return path.MatchString(strings.TrimSpace(src)) }

var errJQMemory = fmt.Errorf("takes more than %d MiB of memory", jqMemory>>20)

// inProcess runs a program in this process, and breaks it off where the process
// takes much more memory meanwhile.
type inProcess struct{ code *gojq.Code }

func (p inProcess) run(ctx context.Context, _ string, raw json.RawMessage) (jqReply, error) {
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	most := inUse() + jqMemory
	look := time.NewTicker(jqLook)
	defer look.Stop()
	go func() {
		for {
			select {
			case <-ctx.Done():
				return
			case <-look.C:
				if inUse() > most {
					cancel(errJQMemory)
				}
			}
		}
	}()
	reply := evaluate(ctx, p.code, raw)
	return reply, context.Cause(ctx)
}

func (inProcess) close() error { return nil }

// evaluate runs the program once.
func evaluate(ctx context.Context, code *gojq.Code, raw json.RawMessage) jqReply {
	in, ok := state.ParseJSON(raw)
	if !ok {
		return jqReply{NoJSON: true}
	}
	results := code.RunWithContext(ctx, in)
	out, ok := results.Next()
	if !ok {
		return jqReply{}
	}
	more, many := results.Next()
	for _, v := range []any{out, more} {
		if err, failed := v.(error); failed {
			return jqReply{Error: err.Error()}
		}
	}
	if many {
		return jqReply{Many: true}
	}
	result, err := gojq.Marshal(out)
	if err != nil {
		return jqReply{Error: err.Error()}
	}
	return jqReply{Result: result}
}

// inUse is how much memory this process has, in bytes.
func inUse() uint64 {
	samples := []metrics.Sample{{Name: "/memory/classes/total:bytes"}, {Name: "/memory/classes/heap/released:bytes"}}
	metrics.Read(samples)
	return samples[0].Value.Uint64() - samples[1].Value.Uint64()
}

// query is the answer as the owner's program makes a state of it; nil is nothing.
func (r *reader) query(ctx context.Context, raw json.RawMessage) (json.RawMessage, error) {
	reply, err := r.jq.run(ctx, r.src, raw)
	switch {
	case ctx.Err() != nil:
		return nil, fmt.Errorf("probe.http.jq %q did not end in time", plain(r.src, 80))
	case err != nil:
		return nil, fmt.Errorf("probe.http.jq %q %w", plain(r.src, 80), err)
	case reply.NoJSON:
		return nil, errors.New("the state is no JSON")
	case reply.Many:
		return nil, fmt.Errorf("probe.http.jq %q gives more than one result: want one, or none for a message that is not known", plain(r.src, 80))
	case reply.Error != "":
		return nil, fmt.Errorf("probe.http.jq %q failed: %s", plain(r.src, 80), r.redact.cut(reply.Error, 160))
	}
	return reply.Result, nil
}
