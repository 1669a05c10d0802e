package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"strconv"
	"strings"

	"github.com/kballard/go-shellquote"
	"github.com/spf13/cobra"

	"github.com/ctxpush/ctxpush/conformance"
	"github.com/ctxpush/ctxpush/conformance/load"
	"github.com/ctxpush/ctxpush/conformance/report/dir"
	"github.com/ctxpush/ctxpush/conformance/traffic"
)

// replaying is what the replay command was asked for.
type replaying struct {
	traffic.Config
	orders, speed, faults string
	verify                string
	toScenario, message   string
	outputs               outputs
}

func newReplay(s streams) *cobra.Command {
	var o replaying
	cmd := &cobra.Command{
		Use:   "replay FILE",
		Short: "Play recorded webhooks again: as they were, or in other orders and with faults",
		Long: `Replay plays the webhooks of a file of ctxpush record, or of a HAR file, again.
What the file tells of a message is the truth: its last change by timestamp and
status. The receiver's states are compared with it, and a report is written as
certify does.

Without --orders the requests come as they were, as late as in the file or as
much faster as --speed says. With --orders each message travels in other orders,
each under keys of its own, whose ending the report tells.

--to-scenario writes one message's deliveries as a scenario file instead.`,
		Example: `  ctxpush replay traffic.jsonl --config receiver.yaml --speed 10x
  ctxpush replay traffic.jsonl --config receiver.yaml --orders quick --faults duplicate=5%,drop=5%
  ctxpush replay traffic.jsonl --to-scenario m.yaml --message 7f0a8a1e-5e1c-4c0e-9c55-6d1f0a3b2c11`,
		Args: cobra.ExactArgs(1),
	}
	t := addTarget(cmd)
	f := cmd.Flags()
	f.StringVar(&o.orders, "orders", "", "play each message in other orders: quick (those that receivers "+
		"get wrong most often) or standard (also all orders of three entries)")
	f.StringVar(&o.speed, "speed", "1x", "how much faster than in the file the requests come, such as 10x, or max")
	f.StringVar(&o.faults, "faults", "",
		"what goes wrong on purpose, such as duplicate=5%,reorder=10%,drop=5%,lost-ack=1%")
	f.BoolVar(&o.KeepKeys, "keep-keys", false,
		"play every order under the recording's own keys, so that orders meet in the receiver")
	f.BoolVar(&o.Pseudonymize, "pseudonymize", false,
		"replace users, device tokens and contents by made-up ones, the same by the same")
	f.StringVar(&o.verify, "verify", "all", "whose states are read: all, or none to judge by the answers alone")
	f.StringVar(&o.toScenario, "to-scenario", "",
		"write the deliveries of one message to this scenario file, and play nothing")
	f.StringVar(&o.message, "message", "", "the message of --to-scenario: its idempotency_key, or CAMPAIGN/USER/KEY")
	from := origin{&o.Seed, &o.Salt, &o.Epoch}
	from.add(f)
	f.Float64Var(&o.TimeScale, "time-scale", conformance.DefaultTimeScale, "how much faster than real time retries come")
	o.outputs.addFlags(f)
	cmd.RunE = func(cmd *cobra.Command, args []string) error {
		o.File = args[0]
		if err := o.read(cmd.Flags().Changed("speed")); err != nil {
			return err
		}
		if err := from.choose(); err != nil {
			return err
		}
		from.chooseSalt()
		if o.toScenario != "" || o.message != "" {
			return o.writeScenario(cmd.Context())
		}
		if err := o.outputs.validate(); err != nil {
			return err
		}
		var err error
		if o.Target, err = t.config(cmd.Context(), s); err != nil {
			return err
		}
		o.Command, o.Version = repeatAt(cmd, shellquote.Join(o.File)+" "+o.Target.Arguments("--config "), from), version()
		return o.replay(cmd.Context(), s, from)
	}
	return cmd
}

// read reads what is text.
func (o *replaying) read(hasSpeed bool) error {
	switch o.Orders = traffic.Orders(o.orders); o.Orders {
	case traffic.AsRecorded, traffic.Quick, traffic.Standard:
	default:
		return mistakef("--orders %q: want quick or standard", o.orders)
	}
	if hasSpeed && o.orders != "" {
		return mistakef("--speed beside --orders: want one of the two, as orders are played as fast as they are acknowledged")
	}
	if o.speed != "max" {
		digits, ok := strings.CutSuffix(o.speed, "x")
		speed, err := strconv.ParseFloat(digits, 64)
		if !ok || err != nil || !(speed > 0 && speed <= 1e9) {
			return mistakef("--speed %q: want such as 10x, or max", o.speed)
		}
		o.Speed = speed
	}
	faults, err := load.ParseFaults(o.faults)
	if err != nil {
		return mistakef("--faults: %w", err)
	}
	o.Faults = traffic.Faults{Duplicate: faults.Duplicate, Reorder: faults.Reorder, Drop: faults.Drop,
		LostAck: faults.LostAck, Slow: faults.Slow, Reset: faults.Reset}
	if err := o.Faults.Validate(); err != nil {
		return mistakef("--faults: %w", err)
	}
	if o.verify != "all" && o.verify != "none" {
		return mistakef("--verify %q: want all or none", o.verify)
	}
	o.NoProbe = o.verify == "none"
	if o.TimeScale < 1 {
		return mistakef("--time-scale %g: want 1 (real time) or more", o.TimeScale)
	}
	return nil
}

// writeScenario makes a scenario file of one message.
func (o *replaying) writeScenario(ctx context.Context) error {
	switch {
	case o.toScenario == "":
		return mistakef("--message without --to-scenario: want --to-scenario FILE")
	case o.message == "":
		return mistakef("--to-scenario without --message: want --message KEY, an idempotency_key of the recording")
	}
	text, err := await(ctx, func() ([]byte, error) {
		return traffic.ToScenario(o.File, o.message, o.Pseudonymize, o.Salt)
	})
	if err != nil {
		return replayMistake(err)
	}
	if err := os.WriteFile(o.toScenario, text, 0o644); err != nil {
		return mistakef("--to-scenario: %w", err)
	}
	return nil
}

// replayMistake is err as the user's where it is of the recording.
func replayMistake(err error) error {
	var file *traffic.FileError
	var empty *traffic.EmptyError
	if errors.As(err, &file) || errors.As(err, &empty) || errors.Is(err, traffic.ErrUnknownMessage) ||
		errors.Is(err, traffic.ErrNoScenario) {
		return mistake{err}
	}
	return err
}

// replay plays, writes the report and tells the verdict.
func (o *replaying) replay(ctx context.Context, s streams, from origin) error {
	earlier, err := o.outputs.earlier(ctx)
	if err != nil {
		return err
	}
	if err := dir.Prepare(o.outputs.dir); err != nil {
		return mistake{err}
	}
	if !o.outputs.quiet {
		fmt.Fprintln(s.err, from)
	}
	// What follows a run is made for certify's.
	followed := conformance.Config{Version: o.Version}
	if err := o.outputs.follow.begin(ctx, &followed); err != nil {
		return err
	}
	progress := o.outputs.progress(s)
	o.Observers, o.Traceparent = append(followed.Observers, progress), followed.Traceparent
	r, err := traffic.Replay(ctx, o.Config)
	progress.Close()
	unfollowed := o.outputs.follow.end(ctx, s.err)
	if err = replayMistake(err); isMistake(err) {
		return err
	}
	broke := err != nil && !errors.Is(err, context.Canceled)
	if broke {
		fmt.Fprintln(s.err, "ctxpush:", err)
	}
	if earlier != nil {
		r = r.Since(*earlier)
		r.Baseline.OnlyNew = o.outputs.exit.OnlyNew
	}
	wrote := errors.Join(o.outputs.write(s, r), unfollowed)
	if code := r.ExitCode(o.outputs.exit); code != exitOK {
		return verdict(code)
	}
	if wrote != nil || broke {
		return verdict(exitSurroundings)
	}
	return err
}
