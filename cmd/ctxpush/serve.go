package main

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"net/url"
	"os"
	"strconv"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/ctxpush/ctxpush/conformance/config"
	"github.com/ctxpush/ctxpush/conformance/load"
	"github.com/ctxpush/ctxpush/conformance/serve"
	"github.com/ctxpush/ctxpush/conformance/subject"
	"github.com/ctxpush/ctxpush/fixtures"
	"github.com/ctxpush/ctxpush/mocksender"
	"github.com/ctxpush/ctxpush/mocksender/clock"
	"github.com/ctxpush/ctxpush/mocksender/service"
	"github.com/ctxpush/ctxpush/mocksender/service/sqlite"
)

// serving is what the serve command was asked for.
type serving struct {
	service.Config
	listen, apiToken, store string
	faults, openRate, flush string
	timeScale               float64
	readyFile               string
	quiet                   bool
	target                  config.Config
	hasFile                 bool
}

func newServe(s streams) *cobra.Command {
	var o serving
	t := &target{}
	cmd := &cobra.Command{
		Use:   "serve [receiver.yaml]",
		Short: "Serve the mock ContextPush service, with a console",
		Long: `Serve is ContextPush on this machine: it takes the app's scheduling calls, lets
the messages live, and tells the app's webhook of every change. A browser shows
all of it at the address that is printed, and can hold, reorder, resend and
disturb it; a test does the same by the control API below /api/v1/, which is
described at /api/v1/openapi.json.

With a receiver.yaml the receiver that it names is started and ended with serve
and gets the webhooks (${CONTEXTPUSH_URL} in the file is where it schedules), and its states are compared with the true ones. --webhook
sends them elsewhere. The webhook's secret is the file's, or CTXPUSH_SECRET.`,
		Example: `  CTXPUSH_SECRET=s3cret ctxpush serve --webhook http://127.0.0.1:3000/webhooks/contextpush
  ctxpush serve receiver.yaml --time-scale 60 --faults duplicate=5%,reorder=10%
  ctxpush serve receiver.yaml --listen :8030 --api-token "$TOKEN" --store ctxpush.db`,
		Args: cobra.MaximumNArgs(1),
	}
	f := cmd.Flags()
	f.StringVar(&t.file, "config", "", "receiver.yaml, which describes the receiver")
	f.StringVar(&o.listen, "listen", "127.0.0.1:8030", "host:port to listen on; port 0 is a free one")
	f.StringVar(&o.Webhook, "webhook", "", "URL that gets the webhooks (default the receiver of receiver.yaml)")
	f.StringVar(&o.Token, "token", "", "what scheduling calls must carry (better in CTXPUSH_TOKEN; default any)")
	f.StringVar(&o.apiToken, "api-token", "",
		"what the console and the control API want (better in CTXPUSH_API_TOKEN; needed beyond loopback)")
	f.StringVar(&o.store, "store", "", "SQLite file that keeps everything (default in memory)")
	f.Float64Var(&o.timeScale, "time-scale", 1,
		"how much faster than real time messages live and retries come; 60 makes an hour a minute")
	f.StringVar(&o.flush, "flush", "1s", "how long an entry waits for others of its request")
	f.StringVar(&o.openRate, "open-rate", "30%", "how many messages are opened")
	f.StringVar(&o.faults, "faults", "",
		"what goes wrong on purpose, such as duplicate=5%,reorder=10%,drop=5%,lost-ack=1%")
	f.StringVar(&o.CancelPath, "cancel-path", service.DefaultCancelPath, "path of the cancel call")
	f.Var(seedFlag{&o.Seed}, "seed", "where everything made-up comes from (default a random one, which is printed)")
	f.StringVar(&o.readyFile, "ready-file", "", "write the address to this file once it is served")
	f.BoolVar(&o.quiet, "quiet", false, "log no webhook requests")
	cmd.RunE = func(cmd *cobra.Command, args []string) error {
		if err := t.argument(cmd, args); err != nil {
			return err
		}
		l, err := o.bind()
		if err != nil {
			return err
		}
		defer l.Close()
		if err := o.read(cmd.Context(), t, s.with(config.VarContextPush, appURL(l.Addr()))); err != nil {
			return err
		}
		return o.serve(cmd.Context(), s, l)
	}
	return cmd
}

// read reads what is text, and the file. Nothing is touched yet.
func (o *serving) read(ctx context.Context, t *target, s streams) (err error) {
	env := s.lookupEnv
	if t.file == "" && o.Webhook == "" {
		if _, err := os.Stat(targetFile); err != nil {
			return mistakef("no receiver to send webhooks to: want --webhook URL, or a receiver.yaml")
		}
		t.file = targetFile
	}
	o.hasFile = t.file != ""
	if o.hasFile {
		if o.target, err = t.config(ctx, s); err != nil {
			return err
		}
	} else {
		o.target.SetDefaults()
	}
	if secret, ok := env("CTXPUSH_SECRET"); ok && secret != "" {
		o.target.Secret = config.Secret(secret)
	}
	switch {
	case o.target.Secret != "":
	case !o.hasFile || o.target.Receiver.URL != "":
		return mistakef("secret is not set: want CTXPUSH_SECRET in the environment, or secret in receiver.yaml")
	default:
		o.target.Secret = config.Secret(subject.NewSecret())
	}
	o.Secret = string(o.target.Secret)
	if o.Webhook != "" {
		if u, err := url.Parse(o.Webhook); err != nil || u.Host == "" || u.Scheme != "http" && u.Scheme != "https" {
			return mistakef("--webhook: it is no URL: want such as http://127.0.0.1:3000/webhook")
		}
	}
	if err := o.readFigures(); err != nil {
		return err
	}
	return nil
}

// bind listens: before the file is read, since the app that it starts may be told
// the address.
func (o *serving) bind() (net.Listener, error) {
	local, err := serve.IsLoopback(o.listen)
	switch {
	case err != nil:
		return nil, mistakef("--%w", err)
	case !local && o.apiToken == "":
		return nil, mistakef("--listen %s: an address beyond loopback needs --api-token", o.listen)
	}
	l, err := net.Listen("tcp", o.listen)
	if err != nil {
		return nil, fmt.Errorf("--listen %s: %w", o.listen, errors.Unwrap(err))
	}
	return l, nil
}

// appURL is the address at which a program on this machine reaches it.
func appURL(a net.Addr) string {
	host, port, _ := net.SplitHostPort(a.String())
	if ip := net.ParseIP(host); ip == nil || ip.IsUnspecified() {
		host = "127.0.0.1"
	}
	return "http://" + net.JoinHostPort(host, port)
}

func (o *serving) readFigures() error {
	faults, err := load.ParseFaults(o.faults)
	if err != nil {
		return mistakef("--faults: %w", err)
	}
	f := service.Faults{Duplicate: faults.Duplicate, Reorder: faults.Reorder, Drop: faults.Drop,
		LostAck: faults.LostAck, Slow: faults.Slow, Reset: faults.Reset}
	if err := f.Validate(); err != nil {
		return mistakef("--faults: %w", err)
	}
	if o.faults != "" {
		o.Faults = &f
	}
	if !(o.timeScale >= 1 && o.timeScale <= 1e6) {
		return mistakef("--time-scale %g: want 1 (real time) to 1e6", o.timeScale)
	}
	digits, ok := strings.CutSuffix(o.openRate, "%")
	rate, err := strconv.ParseFloat(digits, 64)
	if !ok || err != nil || !(rate >= 0 && rate <= 100) {
		return mistakef("--open-rate %q: want a percentage from 0%% to 100%%, such as 30%%", o.openRate)
	}
	if o.OpenRate = rate / 100; rate == 0 {
		o.OpenRate = -1
	}
	d, err := time.ParseDuration(o.flush)
	if err != nil || d < 0 {
		return mistakef("--flush %q: want a time such as 1s, or 0s", o.flush)
	}
	if o.Flush = d; d == 0 {
		o.Flush = -1
	}
	if o.Seed == 0 {
		o.Seed = fixtures.NewSeed()
	}
	return nil
}

// serve opens what it needs, and serves until ctx ends.
func (o *serving) serve(ctx context.Context, s streams, l net.Listener) (err error) {
	if o.store != "" {
		if o.Store, err = sqlite.Open(o.store); err != nil {
			if errors.Is(err, sqlite.ErrLocked) {
				return err
			}
			return mistake{err}
		}
	}
	under, err := o.open(ctx, s)
	if under != nil {
		defer func() { err = errors.Join(err, under.Close()) }()
	}
	if err != nil {
		if o.Store != nil {
			err = errors.Join(err, o.Store.Close())
		}
		return err
	}
	return o.run(ctx, s, l, under)
}

// open starts the receiver of the file, if there is one; one at a URL may come
// later.
func (o *serving) open(ctx context.Context, s streams) (*subject.Subject, error) {
	if !o.hasFile {
		return nil, nil
	}
	under, err := subject.Open(o.target, nil)
	if err != nil {
		return nil, err
	}
	switch err := under.Start(ctx); {
	case err == nil:
	case o.target.Receiver.URL != "" && ctx.Err() == nil:
		// Who starts it may do so later: its webhooks wait and are sent again.
		fmt.Fprintf(s.err, "serve: the receiver is not there yet: %v\n", err)
	default:
		return nil, errors.Join(err, under.Close())
	}
	if o.Webhook == "" {
		o.Webhook = under.URL() + o.target.Path
	}
	return under, nil
}

func (o *serving) run(ctx context.Context, s streams, l net.Listener, under *subject.Subject) (err error) {
	o.Clock = clock.Scaled(o.timeScale)
	o.Setup = func(sender *mocksender.Sender) {
		sender.Profile, sender.Timeout = o.target.Protocol, o.target.Timeout
		if !o.quiet {
			sender.Attempted = func(a mocksender.Attempt) { fmt.Fprintln(s.err, a.Line()) }
		}
	}
	engine, err := service.New(o.Config)
	if err != nil {
		if o.Store != nil {
			err = errors.Join(err, o.Store.Close())
		}
		return mistake{err}
	}
	defer func() { err = errors.Join(err, engine.Close()) }()
	c := serve.Config{
		Service: engine, CancelPath: o.CancelPath, APIToken: o.apiToken, Version: version(),
		Hidden: append(o.target.Private(), o.Secret, o.Token, o.apiToken),
	}
	if c.Loopback, err = serve.IsLoopback(o.listen); err != nil {
		return mistake{err}
	}
	if under != nil {
		c.Receiver = &serve.Receiver{Name: o.target.Name, URL: under.URL, Probe: under.Prober, Identity: o.target.Identity,
			Ignores: o.target.Ignores, Settle: o.target.Settle}
	}
	handler, err := serve.Handler(c)
	if err != nil {
		return mistake{err}
	}
	address := "http://" + l.Addr().String()
	shown, _ := url.Parse(o.Webhook) // it was read before
	fmt.Fprintf(s.err, "serve: listening on %s, webhooks go to %s, seed %d\n", address, shown.Redacted(), o.Seed)
	if o.readyFile != "" {
		if err := os.WriteFile(o.readyFile, []byte(address+"\n"), 0o644); err != nil {
			return mistakef("--ready-file: %w", err)
		}
	}
	return serveUntil(ctx, l, handler)
}

// serveUntil answers requests until ctx ends.
func serveUntil(ctx context.Context, l net.Listener, h http.Handler) error {
	base, stop := context.WithCancel(context.WithoutCancel(ctx))
	defer stop()
	server := &http.Server{
		Handler: h, ReadHeaderTimeout: shutdownGrace,
		BaseContext: func(net.Listener) context.Context { return base },
	}
	ended := make(chan error, 1)
	go func() { ended <- server.Serve(l) }()
	select {
	case err := <-ended:
		return err
	case <-ctx.Done():
	}
	stop() // streams and waits end; calls under way are finished
	grace, cancel := context.WithTimeout(context.WithoutCancel(ctx), time.Second)
	defer cancel()
	if server.Shutdown(grace) != nil {
		return server.Close()
	}
	return nil
}
