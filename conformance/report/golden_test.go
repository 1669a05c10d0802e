package report_test

import (
	"bytes"
	"errors"
	"flag"
	"io"
	"os"
	"path/filepath"
	"testing"

	"github.com/ctxpush/ctxpush/conformance/event"
	"github.com/ctxpush/ctxpush/conformance/report"
	"github.com/ctxpush/ctxpush/conformance/report/attest"
	"github.com/ctxpush/ctxpush/conformance/report/badge"
	"github.com/ctxpush/ctxpush/conformance/report/ci"
	"github.com/ctxpush/ctxpush/conformance/report/terminal"
)

var update = flag.Bool("update", false, "write the golden files anew")

func toTerminal(o terminal.Options) func(io.Writer, report.Report) error {
	return func(w io.Writer, r report.Report) error { return terminal.Write(w, r, o) }
}

func TestGolden(t *testing.T) {
	sample := build(sampleEvents()...)
	passed := build(
		event.RunStarted{Time: at(0), Receiver: event.Receiver{Name: "reference", Kind: "built-in"}, Tool: event.Tool{Seed: 1}, Command: "ctxpush certify --seed 1",
			Checks: []event.Check{check("order/reversed"), check("order/late"), check("batch/1")}},
		event.CheckFinished{Time: at(500), Verdict: event.Verdict{ID: "order/reversed", Result: event.Pass, Requests: 1000, Events: 1_000_000}},
		event.CheckFinished{Time: at(700), Verdict: event.Verdict{ID: "batch/1", Result: event.Pass}},
		event.CheckFinished{Time: at(700), Verdict: event.Verdict{ID: "order/late", Result: event.Pass}},
		event.RunFinished{Time: at(65_000)},
	)
	broken := build(
		event.RunStarted{Time: at(0), Receiver: event.Receiver{Image: "acme/receiver:1.4", Kind: "container"}, Command: "ctxpush certify --image acme/receiver:1.4",
			Checks: []event.Check{check("order/reversed"), check("order/late"), check("batch/1")}},
		event.CheckFinished{Time: at(500), Verdict: event.Verdict{ID: "order/late", Result: event.Errored, Reason: "the probe answered 502 Bad Gateway"}},
		event.RunFinished{Time: at(700), Err: errors.New("the receiver did not get ready: GET /healthz was refused for 30 s; its log ends with\npanic: no such table\ngoroutine 1 [running]")},
	)
	for _, g := range []struct {
		file   string
		report report.Report
		render func(io.Writer, report.Report) error
	}{
		{"sample.json", sample, report.JSON},
		{"sample.xml", sample, ci.JUnit},
		{"sample.md", sample, ci.Markdown},
		{"sample.svg", sample, badge.Write},
		{"sample.attestation.json", sample, attest.Write},
		{"sample.txt", sample, toTerminal(terminal.Options{Dir: "ctxpush-report"})},
		{"sample-verbose.txt", sample, toTerminal(terminal.Options{Dir: "ctxpush-report", Verbose: true})},
		{"sample-color.txt", sample, toTerminal(terminal.Options{Color: true, Width: 60})},
		{"passed.txt", passed, toTerminal(terminal.Options{})},
		{"broken.txt", broken, toTerminal(terminal.Options{})},
		{"broken.md", broken, ci.Markdown},
		{"broken.xml", broken, ci.JUnit},
	} {
		t.Run(g.file, func(t *testing.T) {
			var got bytes.Buffer
			if err := g.render(&got, g.report); err != nil {
				t.Fatal(err)
			}
			file := filepath.Join("testdata", g.file)
			if *update {
				if err := os.WriteFile(file, got.Bytes(), 0o666); err != nil {
					t.Fatal(err)
				}
			}
			want, err := os.ReadFile(file)
			if err != nil {
				t.Fatal(err)
			}
			if !bytes.Equal(got.Bytes(), want) {
				t.Errorf("%s differs (go test -update writes it anew); got:\n%s", file, got.Bytes())
			}
		})
	}
}
