//go:build unix

package load

import (
	"context"
	"syscall"
	"testing"
	"time"

	"github.com/ctxpush/ctxpush/conformance/config"
	"github.com/ctxpush/ctxpush/conformance/probe"
	"github.com/ctxpush/ctxpush/fixtures/reference"
	"github.com/ctxpush/ctxpush/fixtures/traffic"
	engine "github.com/ctxpush/ctxpush/mocksender/load"
	"github.com/ctxpush/ctxpush/mocksender/redact"
)

// BenchmarkVerify measures messages and states a second: the receiver, its bulk
// probe and the comparing in one process.
func BenchmarkVerify(b *testing.B) {
	const secret = "a-secret-of-the-benchmark"
	server, err := reference.Start(reference.Options{Secret: secret})
	if err != nil {
		b.Fatal(err)
	}
	defer server.Shutdown(context.Background())
	const messages = 40_000
	epoch := time.Date(2026, 11, 1, 0, 0, 0, 0, time.UTC)
	t, err := traffic.New(traffic.Options{Seed: 1, Epoch: epoch, Messages: messages})
	if err != nil {
		b.Fatal(err)
	}
	if res, err := engine.Run(b.Context(), engine.Config{URL: server.URL() + "/webhook", Secret: secret, Source: t}); err != nil || res.Failed() > 0 {
		b.Fatal(err, res.Errors)
	}
	var target config.Config
	target.Secret = secret
	target.SetDefaults()
	prober, err := probe.New(target, server.URL, nil)
	if err != nil {
		b.Fatal(err)
	}
	var states uint64
	before := processorTime(b)
	for b.Loop() {
		v := &verifier{truth: t, prober: prober, identity: target.Identity, epoch: epoch, hidden: redact.New("[secret]", secret), tally: &tally{}}
		found, err := v.verify(b.Context(), Verification{All: true}, time.Now())
		if err != nil || found.Wrong+found.Missing+found.NotJudged > 0 || found.Messages != messages {
			b.Fatal(err, found)
		}
		states += found.Checked
	}
	b.ReportMetric(float64(b.N)*messages/b.Elapsed().Seconds(), "messages/s")
	b.ReportMetric(float64((processorTime(b)-before).Microseconds())/float64(b.N)/messages, "cpu-µs/message")
	b.ReportMetric(float64(states)/b.Elapsed().Seconds(), "states/s")
}

// processorTime is what the process has used so far. On a busy machine it tells
// more than the clock.
func processorTime(b *testing.B) time.Duration {
	var u syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &u); err != nil {
		b.Fatal(err)
	}
	return time.Duration(u.Utime.Nano() + u.Stime.Nano())
}
