package conformance_test

import (
	"context"
	"encoding/json"
	"fmt"
	"log"
	"net/http"
	"net/http/httptest"
	"sync"
	"time"

	"github.com/ctxpush/ctxpush/conformance"
	"github.com/ctxpush/ctxpush/conformance/config"
	"github.com/ctxpush/ctxpush/conformance/event"
	"github.com/ctxpush/ctxpush/conformance/report"
	"github.com/ctxpush/ctxpush/scenarios"
)

// The zero Config certifies the built-in reference receiver; Target names
// another one. Here two checks are run, and the exit code is what ctxpush certify
// would end with.
func ExampleCertify() {
	r, err := conformance.Certify(context.Background(), conformance.Config{
		Target: config.Config{Name: "acme-receiver", Settle: 50 * time.Millisecond},
		Focus:  []string{"order/late-pending", "copies/entry"},
		Seed:   7,
	})
	if err != nil {
		log.Fatal(err)
	}
	for _, c := range r.Checks {
		fmt.Println(c.ID, c.Result)
	}
	fmt.Println(r.Result, "exit code", r.ExitCode(report.ExitOptions{}))

	// Output:
	// order/late-pending pass
	// copies/entry pass
	// pass exit code 0
}

// A handler of one's own is certified behind an httptest.Server, here one that
// keeps what came last.
func ExampleCertify_handler() {
	var states sync.Map
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.Method == http.MethodGet { // the probe asks for a state
			state, known := states.Load(r.URL.Query().Get("idempotency_key"))
			if !known {
				w.WriteHeader(http.StatusNotFound)
			}
			json.NewEncoder(w).Encode(state)
			return
		}
		var entries []map[string]any
		json.NewDecoder(r.Body).Decode(&entries)
		for _, e := range entries {
			states.Store(e["idempotency_key"], e)
		}
	}))
	defer server.Close()

	r, err := conformance.Certify(context.Background(), conformance.Config{
		Target: config.Config{
			Receiver: config.Receiver{URL: server.URL},
			Secret:   "shared",
			Settle:   50 * time.Millisecond,
		},
		Focus:  []string{"order/delivered-after-opened"},
		Seed:   7,
		Shrink: -1, // how it fails is enough here
	})
	if err != nil {
		log.Fatal(err)
	}
	f := r.Checks[0].Failures[0]
	fmt.Println(f.Kind, "expected", f.Expected.DeliveryStatus, "got", f.Got.DeliveryStatus)

	// Output:
	// stale expected opened got delivered
}

// Observers follow a run while it goes on.
func ExampleCertify_observers() {
	watch := event.Func(func(e event.Event) {
		switch e := e.(type) {
		case event.CheckStarted:
			fmt.Println("started ", e.ID)
		case event.CheckFinished:
			fmt.Println("finished", e.Verdict.ID, e.Verdict.Result)
		}
	})
	_, err := conformance.Certify(context.Background(), conformance.Config{
		Focus:     []string{"batch/mixed"},
		Observers: []event.Observer{watch},
	})
	if err != nil {
		log.Fatal(err)
	}

	// Output:
	// started  batch/mixed
	// finished batch/mixed pass
}

// Play plays single scenarios, such as a counterexample that a report names, and
// tells each step.
func ExamplePlay() {
	check, err := scenarios.Parse("late.yaml", "user/late", []byte(`
scenario: delivered comes late
messages: {m: {history: [pending, delivered, opened]}}
deliver:
  - batch: [m.opened]
  - batch: [m.delivered]
expect: {m: opened}
`))
	if err != nil {
		log.Fatal(err)
	}
	played, err := conformance.Play(context.Background(), conformance.Config{Scenarios: []scenarios.Check{check}}, func(t conformance.Trace) {
		if step, ok := t.(conformance.StepFinished); ok {
			fmt.Println(step.Number, "the receiver knows it as", step.After.Seen[0])
		}
	})
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println(played[0].Check.Title, played[0].Result)

	// Output:
	// 1 the receiver knows it as opened
	// 2 the receiver knows it as opened
	// delivered comes late pass
}
