package main

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/ctxpush/ctxpush/conformance"
	"github.com/ctxpush/ctxpush/conformance/config"
	"github.com/ctxpush/ctxpush/conformance/receiver"
	"github.com/ctxpush/ctxpush/conformance/subject"
	"github.com/ctxpush/ctxpush/fixtures"
	"github.com/ctxpush/ctxpush/mocksender"
	"github.com/ctxpush/ctxpush/mocksender/clock"
	"github.com/ctxpush/ctxpush/scenarios/strictyaml"
)

// sending is what the send command makes and sends.
type sending struct {
	messages  int
	statuses  []string
	batch     int
	faults    []string
	seed      uint64
	salt      string
	epoch     time.Time
	timeScale float64
	plain     bool
	dryRun    bool
	asJSON    bool
}

func newSend(s streams) *cobra.Command {
	var (
		t *target
		o sending
	)
	cmd := &cobra.Command{
		Use:   "send",
		Short: "Make events and send them once",
		Long: `Send makes messages from the seed and sends an entry for each of the statuses of
each message, status after status. What is not acknowledged is sent again, as
ContextPush does. A receiver that does not run yet is started for it, and ended
then. --dry-run prints the requests, with the secret left out, and
sends nothing.`,
		Example: `  ctxpush send --dry-run --messages 2 --status pending,opened
  CTXPUSH_SECRET=s3cret ctxpush send --url http://127.0.0.1:8080 --messages 250 --fault lost-ack`,
		Args: cobra.NoArgs,
	}
	t = addTarget(cmd, "url", "path", "secret", "protocol", "timeout")
	f := cmd.Flags()
	f.IntVar(&o.messages, "messages", 1, "how many messages to make")
	f.StringSliceVar(&o.statuses, "status", []string{string(mocksender.Pending)}, "statuses to send for each message, in this order: "+statusList())
	f.IntVar(&o.batch, "batch", mocksender.MaxBatch, fmt.Sprintf("entries in a request, 1 to %d", mocksender.MaxBatch))
	f.StringSliceVar(&o.faults, "fault", nil, "what goes wrong with the attempts of each batch, in turn: "+strings.Join(mocksender.FaultNames(), ", "))
	o.from().add(f)
	f.Float64Var(&o.timeScale, "time-scale", conformance.DefaultTimeScale, "how much faster than real time retries come")
	f.BoolVar(&o.plain, "plain", false, "short content of plain ASCII")
	f.BoolVar(&o.dryRun, "dry-run", false, "print the requests and send nothing")
	f.BoolVar(&o.asJSON, "json", false, "print a JSON array, an object a batch")
	cmd.RunE = func(cmd *cobra.Command, _ []string) error {
		if err := o.validate(); err != nil {
			return err
		}
		t.spare = o.dryRun
		c, err := t.config(cmd.Context(), s)
		if err != nil {
			return err
		}
		if err := o.from().choose(); err != nil {
			return err
		}
		if !o.dryRun {
			o.from().chooseSalt()
		}
		return o.send(cmd.Context(), s, c)
	}
	return cmd
}

func (o *sending) from() origin { return origin{&o.seed, &o.salt, &o.epoch} }

func statusList() string {
	return strings.Join(statusWords(), ", ")
}

func statusWords() []string {
	var words []string
	for _, status := range mocksender.Statuses {
		words = append(words, string(status))
	}
	return words
}

func (o *sending) validate() error {
	const most = 1_000_000
	switch {
	case o.messages < 1 || o.messages > most:
		return mistakef("--messages %d: want 1 to %d", o.messages, most)
	case o.batch < 1 || o.batch > mocksender.MaxBatch:
		return mistakef("--batch %d: want 1 to %d", o.batch, mocksender.MaxBatch)
	case o.timeScale < 1:
		return mistakef("--time-scale %g: want 1 (real time) or more", o.timeScale)
	}
	for _, status := range o.statuses {
		if !slices.Contains(statusWords(), status) {
			return mistakef("--status %q: %s", status, strictyaml.Suggest(status, statusWords()))
		}
	}
	for _, name := range o.faults {
		if !slices.Contains(mocksender.FaultNames(), name) {
			return mistakef("--fault %q: %s", name, strictyaml.Suggest(name, mocksender.FaultNames()))
		}
	}
	return nil
}

func (o *sending) send(ctx context.Context, s streams, c config.Config) (err error) {
	base := c.Receiver.URL
	switch {
	case base != "":
	case o.dryRun:
		base = "http://receiver.example"
	default:
		c.Secret = config.Secret(cmp.Or(string(c.Secret), subject.NewSecret()))
		r, err := receiver.New(c, receiver.Env{})
		if err != nil {
			return err
		}
		defer func() { err = errors.Join(err, r.Close()) }()
		if err := r.Start(ctx); err != nil {
			return err
		}
		base = r.URL()
	}
	sender := &mocksender.Sender{
		URL:     base + c.Path,
		Secret:  string(c.Secret),
		Profile: c.Protocol,
		Timeout: c.Timeout,
		Clock:   clock.Scaled(o.timeScale),
		Seed:    o.seed,
	}
	if c.Secret == "" {
		sender.Secret = mocksender.SecretVariable
	}
	defer sender.Close()
	fmt.Fprintln(s.err, o.from())
	return o.batches(ctx, s, sender)
}

// batches makes each status's entries and sends them, a batch at a time, so
// that a million messages need no more memory than one batch.
func (o *sending) batches(ctx context.Context, s streams, sender *mocksender.Sender) error {
	faults := make([]mocksender.Fault, len(o.faults))
	for i, name := range o.faults {
		var err error
		if faults[i], err = mocksender.FaultByName(name); err != nil {
			return err
		}
	}
	told := newSentTeller(s.out, o.asJSON)
	for n, word := range o.statuses {
		status := mocksender.DeliveryStatus(word)
		for from := 0; from < o.messages && ctx.Err() == nil; from += o.batch {
			var events []mocksender.Event
			for i := from; i < min(from+o.batch, o.messages); i++ {
				events = append(events, o.event(uint64(i), status, n))
			}
			batch, err := mocksender.NewBatch(events...)
			if err != nil {
				return err
			}
			if o.dryRun {
				err = told.preview(status, batch.Len(), sender.Preview(sender.Request(batch)))
			} else {
				err = told.delivered(status, batch.Len(), sender.Deliver(ctx, batch, faults...))
			}
			if err != nil {
				return err
			}
		}
	}
	return cmp.Or(ctx.Err(), told.close())
}

// changeSpacing is the time between two statuses of a message.
const changeSpacing = time.Minute

// event is the entry of message i for the n-th of the statuses.
func (o *sending) event(i uint64, status mocksender.DeliveryStatus, n int) mocksender.Event {
	seed := fixtures.Seed(o.seed).Salted(o.salt)
	make := seed.Message
	if o.plain {
		make = seed.PlainMessage
	}
	m := make(i)
	e := mocksender.Event{
		DeviceToken:           m.Devices[0],
		UserID:                m.Key.UserID,
		CampaignID:            m.Key.CampaignID,
		IdempotencyKey:        m.Key.IdempotencyKey,
		DeliveryStatus:        status,
		DeliveryMethod:        m.Planned,
		PlannedDeliveryMethod: m.Planned,
		Timestamp:             o.epoch.Add(m.ScheduledAt + time.Duration(n)*changeSpacing),
		Content:               m.Content,
	}
	if status == mocksender.Cancelled {
		e.DeviceToken, e.DeliveryMethod = "", mocksender.MethodCancelled
	}
	return e
}
