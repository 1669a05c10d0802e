package probe

import (
	"bytes"
	"cmp"
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/ctxpush/ctxpush/conformance/config"
	"github.com/ctxpush/ctxpush/conformance/event"
	"github.com/ctxpush/ctxpush/conformance/receiver"
	"github.com/ctxpush/ctxpush/mocksender"
	"golang.org/x/sync/errgroup"
)

const (
	maxPrinted              = 16 << 20 // bytes that a program may print
	keptErrors              = 4 << 10  // bytes kept of the end of what it complains
	execAtOnce              = 4        // programs at once
	notExecutable, notFound = 126, 127 // exit statuses, of shells and container engines

	wantPrinted = "want exit status 0 and a JSON object, or nothing for a message that is not known"
)

// execProber runs a program for each message.
type execProber struct {
	argv   []string
	env    []string
	base   func() string // nil: the program runs where another address holds
	where  receiver.Executor
	wait   time.Duration
	name   string
	reader reader
	redact redactor
}

func newExec(cfg config.Config, base func() string, r receiver.Receiver) (Prober, error) {
	spec := *cfg.Probe.Exec
	secrets := []string{string(cfg.Secret)}
	p := &execProber{argv: spec.Argv, wait: min(cfg.Timeout, maxWait)}
	for _, name := range slices.Sorted(maps.Keys(spec.Env)) {
		text := config.Expand(spec.Env[name], map[string]string{config.VarSecret: string(cfg.Secret)})
		p.env = append(p.env, name+"="+text)
		// What was handed over as a template is taken for a secret.
		if text != spec.Env[name] {
			secrets = append(secrets, text)
		}
	}
	p.redact = newRedactor(secrets)
	for i, arg := range spec.Argv {
		if p.redact.text(arg) != arg {
			return nil, cfg.Mistake(fmt.Sprintf("probe.exec.argv[%d]", i), "holds the secret, which every process list would show: want it in probe.exec.env, as ${SECRET}")
		}
	}
	if inside, ok := r.(receiver.Executor); ok {
		p.where = inside
	} else {
		p.where, p.base = receiver.Local{Dir: cfg.Dir}, base
	}
	p.name = p.redact.cut(strings.Join(spec.Argv, " "), 80)
	p.reader = reader{mend: "the program", statuses: cfg.Statuses, redact: p.redact}
	return p, nil
}

// States runs the program once for each key, a few at a time.
func (p *execProber) States(ctx context.Context, keys []mocksender.Key) ([]*event.State, error) {
	states := make([]*event.State, len(keys))
	group, inner := errgroup.WithContext(ctx)
	group.SetLimit(execAtOnce)
	for i, key := range keys {
		group.Go(func() (err error) {
			if inner.Err() != nil {
				return inner.Err()
			}
			states[i], err = p.ask(inner, key)
			return err
		})
	}
	return probeError(states, group.Wait())
}

func (p *execProber) ask(ctx context.Context, key mocksender.Key) (*event.State, error) {
	asked, cancel := context.WithTimeout(ctx, p.wait)
	defer cancel()
	tooMuch, stop := context.WithCancel(asked)
	defer stop()
	out, complaints := &bounded{stop: stop}, &ending{}
	env := append(slices.Clip(p.env),
		"CAMPAIGN_ID="+key.CampaignID, "USER_ID="+key.UserID, "IDEMPOTENCY_KEY="+key.IdempotencyKey, "DEVICE_TOKEN="+key.DeviceToken)
	if p.base != nil {
		env = append(env, "RECEIVER_URL="+p.base())
	}
	exit, err := p.where.Exec(tooMuch, receiver.Program{Argv: p.argv, Env: env, Stdout: out, Stderr: complaints})
	switch {
	case out.over:
		return nil, p.failf("printed more than %d MiB: %s", maxPrinted>>20, wantPrinted)
	case errors.Is(asked.Err(), context.DeadlineExceeded) && ctx.Err() == nil:
		e := p.failf("did not end within %v: %s", p.wait, wantPrinted)
		e.Err, e.Temporary = context.DeadlineExceeded, true
		return nil, e
	case ctx.Err() != nil:
		e := p.failf("ended before it had answered")
		e.Err = ctx.Err()
		return nil, e
	case err != nil:
		e := p.failf("can't be run: %s", p.redact.cut(err.Error(), 160))
		e.Err, e.Temporary = err, !errors.Is(err, receiver.ErrNoProgram)
		return nil, e
	case exit != 0:
		said := ""
		if last := cmp.Or(complaints.lastLine(), lastLine(out.kept.Bytes())); last != "" {
			said = " and " + p.redact.cut(last, 120)
		}
		e := p.failf("ended with exit status %d%s: %s", exit, said, wantPrinted)
		e.Temporary = exit != notExecutable && exit != notFound // it may find its database again
		return nil, e
	}
	state, err := p.reader.state(ctx, bytes.TrimPrefix(out.kept.Bytes(), bom))
	if err != nil {
		return nil, p.failf("%s", err)
	}
	return state, nil
}

func (p *execProber) failf(format string, args ...any) *Error {
	return &Error{Request: "exec " + p.name, Msg: p.redact.text(fmt.Sprintf(format, args...))}
}

// bounded keeps what is printed, and stops the program that prints too much.
type bounded struct {
	kept bytes.Buffer
	stop func()
	over bool
}

// Write never fails.
func (b *bounded) Write(p []byte) (int, error) {
	if b.over = b.over || b.kept.Len()+len(p) > maxPrinted; b.over {
		b.stop()
		return len(p), nil
	}
	return b.kept.Write(p)
}

// ending keeps the end of what is written to it.
type ending struct{ end []byte }

// Write never fails.
func (e *ending) Write(p []byte) (int, error) {
	e.end = append(e.end, p...)
	if over := len(e.end) - keptErrors; over > 0 {
		e.end = append(e.end[:0], e.end[over:]...)
	}
	return len(p), nil
}

func (e *ending) lastLine() string { return lastLine(e.end) }

func lastLine(b []byte) string {
	text := strings.TrimSpace(string(b))
	return strings.TrimSpace(text[strings.LastIndexByte(text, '\n')+1:])
}
