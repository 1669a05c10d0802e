package report_test

import (
	"fmt"
	"os"
	"time"

	"github.com/ctxpush/ctxpush/conformance/event"
	"github.com/ctxpush/ctxpush/conformance/report"
	"github.com/ctxpush/ctxpush/conformance/report/dir"
	"github.com/ctxpush/ctxpush/conformance/report/terminal"
)

func ExampleBuilder() {
	var b report.Builder
	began := time.Date(2026, 11, 24, 9, 30, 0, 0, time.UTC)
	b.Observe(event.RunStarted{
		Time:     began,
		Receiver: event.Receiver{Name: "acme-receiver"},
		Checks:   []event.Check{{ID: "batch/100", Level: event.Required}},
		Command:  "ctxpush certify receiver.yaml --seed 7",
	})
	b.Observe(event.CheckFinished{Verdict: event.Verdict{ID: "batch/100", Result: event.Pass, Requests: 1, Events: 100}})
	b.Observe(event.RunFinished{Time: began.Add(1500 * time.Millisecond)})

	r := b.Report()
	if err := terminal.Write(os.Stdout, r, terminal.Options{}); err != nil {
		fmt.Println(err)
	}
	fmt.Println("exit code", r.ExitCode(report.ExitOptions{}))
	// Output:
	// PASS  1 check: batch 1
	//
	// again   ctxpush certify receiver.yaml --seed 7
	// PASS  acme-receiver: 1 passed, 0 failed of 1 check, 1 request, 100 events in 1.5 s
	// exit code 0
}

// A stored report is rendered again.
func Example_folder() {
	folder, err := os.MkdirTemp("", "report")
	if err != nil {
		fmt.Println(err)
		return
	}
	defer os.RemoveAll(folder)
	var b report.Builder
	b.Observe(event.RunStarted{Receiver: event.Receiver{Name: "acme-receiver"}})
	b.Observe(event.CheckFinished{Verdict: event.Verdict{ID: "batch/100", Result: event.Pass}})
	b.Observe(event.RunFinished{})
	if err := dir.Write(folder, b.Report()); err != nil {
		fmt.Println(err)
		return
	}

	r, err := dir.Read(folder)
	if err != nil {
		fmt.Println(err)
		return
	}
	if err := terminal.Write(os.Stdout, r, terminal.Options{Quiet: true}); err != nil {
		fmt.Println(err)
	}
	// Output:
	// PASS  acme-receiver: 1 passed, 0 failed of 1 check, 0 requests, 0 events in 0.0 s
}
