package outage

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/ctxpush/ctxpush/conformance/receiver"
	"github.com/ctxpush/ctxpush/scenarios"
)

// servicesWindow is long enough for a database to start.
const servicesWindow = time.Minute

const noServices = "no other service runs beside the receiver: a compose file names what it needs"

func init() {
	register(ofServices(scenarios.ServicesKilled, receiver.Services.KillService, receiver.Services.StartService))
	register(ofServices(scenarios.ServicesPaused, receiver.Services.Pause, receiver.Services.Unpause))
}

// act is what is done to one service.
type act func(r receiver.Services, ctx context.Context, name string) error

// ofServices is an outage of all services but the receiver's own, of those that
// run when it begins: one that has done its work and ended is not done again.
func ofServices(name scenarios.Outage, begin, end act) Kind {
	return Kind{
		Name: name, Window: servicesWindow, Recovers: true,
		Impossible: func(ctx context.Context, r receiver.Receiver) (string, error) {
			services, can := r.(receiver.Services)
			if !can {
				return noServices, nil
			}
			run, err := services.Others(ctx)
			if err != nil || len(run) > 0 {
				return "", err
			}
			return noServices, nil
		},
		New: func(r receiver.Receiver) (Running, error) {
			services, can := r.(receiver.Services)
			if !can {
				return nil, errors.New(noServices)
			}
			return &ofOthers{name: name, receiver: services, begin: begin, end: end}, nil
		},
	}
}

type ofOthers struct {
	name       scenarios.Outage
	receiver   receiver.Services
	begin, end act
	failing    []string // once it has begun
}

func (o *ofOthers) Begin(ctx context.Context) (err error) {
	if o.failing, err = o.receiver.Others(ctx); err != nil {
		return err
	}
	return o.each(ctx, o.begin)
}

func (o *ofOthers) End(ctx context.Context) error { return o.each(ctx, o.end) }

func (o *ofOthers) each(ctx context.Context, do act) error {
	var errs []error
	for _, name := range o.failing {
		errs = append(errs, do(o.receiver, ctx, name))
	}
	return errors.Join(errs...)
}

// Words name the services that fail.
func (o *ofOthers) Words() string {
	if len(o.failing) == 0 {
		return string(o.name)
	}
	return fmt.Sprintf("%s (%s)", o.name, strings.Join(o.failing, ", "))
}

func (*ofOthers) Close() {}
