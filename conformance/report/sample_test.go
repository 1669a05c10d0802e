package report_test

import (
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"github.com/ctxpush/ctxpush/conformance/event"
	"github.com/ctxpush/ctxpush/conformance/report"
	"github.com/ctxpush/ctxpush/mocksender"
)

var start = time.Date(2026, 11, 24, 9, 30, 0, 123_456_789, time.FixedZone("CET", 3600))

func at(ms int) time.Time { return start.Add(time.Duration(ms) * time.Millisecond) }

func build(events ...event.Event) report.Report {
	b := report.New()
	for _, e := range events {
		b.Observe(e)
	}
	return b.Report()
}

var (
	latePending = event.Check{
		ID: "order/late-pending", Title: "A pending entry that comes last changes nothing",
		Level: event.Required, Clauses: []string{"order", "at-least-once"},
		Requirement: "The final state does not depend on the order in which the entries of a message arrive, so a message that was opened stays opened when its pending entry comes last.",
	}
	contentKept = event.Check{
		ID: "content/user-info", Title: "userInfo comes back as it was sent",
		Level: event.Required, Clauses: []string{"content"},
		Requirement: "The content of a message is kept as the same JSON value, with userInfo and all that it holds.",
	}
	unknownFields = event.Check{
		ID: "entry/unknown-fields", Title: "Unknown fields are ignored",
		Level: event.Recommended, Clauses: []string{"entry"},
		Requirement: "An entry with fields that the page does not name is taken like one without them.",
	}
	keyReuse = event.Check{
		ID: "identity/key-reuse", Title: "A key used again after 30 days is a new message",
		Level: event.Recommended, Clauses: []string{"key-reuse"},
		Requirement: "A history under a key that was used 30 days ago is taken as a new message.",
	}
)

func check(id string) event.Check {
	return event.Check{ID: id, Title: "The title of " + id, Level: event.Required, Clauses: []string{"order"}, Requirement: "It is as it should be."}
}

func message(i int) mocksender.Key {
	return mocksender.Key{
		CampaignID: "spring-sale", UserID: fmt.Sprintf("user-%d", i), IdempotencyKey: fmt.Sprintf("k-%d", i),
		DeviceToken: "a81f0c6d5e4b39281706f5e4d3c2b1a0a81f0c6d5e4b39281706f5e4d3c2b1a0",
	}
}

// failures of one bug in 1,200 messages, and one with another cause.
func lateFailures() []event.Failure {
	var fs []event.Failure
	for i := range 3 {
		fs = append(fs, event.Failure{
			Kind: event.Stale, Count: 400, Schedule: "opened, delivered, pending; one batch each", Message: message(i),
			Cause:    "The receiver stores whatever arrives last. Compare the statuses before you write: opened, cancelled and failed are final, and pending never replaces anything.",
			Expected: &event.State{DeliveryStatus: mocksender.Opened}, Got: &event.State{DeliveryStatus: mocksender.Pending},
			Timeline: []string{
				"+0.000 s  POST  1 entry: opened     200 in 2 ms",
				"+0.004 s  POST  1 entry: delivered  200 in 1 ms",
				"+0.006 s  POST  1 entry: pending    200 in 1 ms",
				"+2.006 s  state is pending, want opened",
			},
			Curl: []string{
				"curl -sS http://127.0.0.1:49153/webhook \\\n  -H 'Content-Type: application/json' -H \"X-ctx-secret: $CTXPUSH_SECRET\" \\\n  -d '[{\"user_id\":\"user-0\",\"delivery_status\":\"opened\"}]'",
				"curl -sS http://127.0.0.1:49153/webhook \\\n  -H 'Content-Type: application/json' -H \"X-ctx-secret: $CTXPUSH_SECRET\" \\\n  -d '[{\"user_id\":\"user-0\",\"delivery_status\":\"pending\"}]'",
			},
			Log:            []string{`time=10:30:02 level=INFO msg="upsert" key=spring-sale/user-0/k-0 status=pending`},
			Counterexample: "counterexamples/order-late-pending.yaml",
		})
	}
	return append(fs, event.Failure{
		Kind: event.Refused, Count: 1, Schedule: "pending, opened, delivered", Message: message(9), Detail: "answered 500 Internal Server Error",
		Cause: "The receiver fails on the entry itself; its log tells more.",
	})
}

func contentFailures() []event.Failure {
	return []event.Failure{{
		Kind: event.Stale, Count: 7, Schedule: "once", Message: message(3), Cause: "The content was changed on its way through the receiver's own types.",
		Expected: &event.State{DeliveryStatus: mocksender.Delivered, DeliveryMethod: mocksender.ContextAware, Content: json.RawMessage(`{"title":"Bonjour 👋","userInfo":{"level":7,"tags":["a","b"],"gift":null}}`)},
		Got:      &event.State{DeliveryStatus: mocksender.Delivered, DeliveryMethod: mocksender.ContextAware, Content: json.RawMessage(`{"title":"Bonjour 👋","userInfo":{"level":7.0,"tags":["a"],"gift":null}}`)},
	}}
}

// sampleEvents are a run with one check of each result, and two that fail.
func sampleEvents() []event.Event {
	crash := []event.Check{check("crash/kill"), check("crash/stop")}
	checks := []event.Check{check("order/reversed"), latePending, check("batch/100"), check("batch/1"), contentKept, unknownFields, keyReuse}
	events := []event.Event{event.RunStarted{
		Time:     at(0),
		Tool:     event.Tool{Version: "1.0.0", Seed: 7, Epoch: at(-1000), Protocol: "2025"},
		Receiver: event.Receiver{Name: "acme-receiver", Kind: "url", URL: "http://127.0.0.1:49153", Identity: "device"},
		Checks:   append(checks, crash...),
		Waivers:  []event.Waiver{{Check: "entry/unknown-fields", Why: "tracked as ACME-12"}, {Check: "batch/1", Why: "ACME-3"}},
		Command:  "ctxpush certify receiver.yaml --seed 7",
	}}
	verdicts := []event.Verdict{
		{ID: "order/reversed", Result: event.Pass, Schedules: 12, Requests: 36, Events: 36},
		{ID: "batch/100", Result: event.Pass, Schedules: 1, Requests: 1, Events: 100},
		{ID: "batch/1", Result: event.Pass, Schedules: 1, Requests: 1, Events: 1},
		{ID: "order/late-pending", Result: event.Fail, Schedules: 1200, Requests: 3600, Events: 3600, Failures: lateFailures(), Duration: 2100 * time.Millisecond},
		{ID: "content/user-info", Result: event.Fail, Schedules: 7, Requests: 7, Events: 7, Failures: contentFailures()},
		{ID: "entry/unknown-fields", Result: event.Waived, Reason: "tracked as ACME-12", Schedules: 1, Requests: 1, Events: 1, Failures: []event.Failure{{Kind: event.Refused, Count: 4, Detail: "answered 400 Bad Request", Message: message(5)}}},
		{ID: "identity/key-reuse", Result: event.Fail, Schedules: 1, Requests: 2, Events: 2, Failures: []event.Failure{{Kind: event.Stale, Count: 1, Message: message(6), Expected: &event.State{DeliveryStatus: mocksender.Pending}, Got: &event.State{DeliveryStatus: mocksender.Opened}, Cause: "Keys are kept for ever."}}},
		{ID: "crash/kill", Result: event.Skipped, Reason: "a url is not ours to restart"},
		{ID: "crash/stop", Result: event.Skipped, Reason: "a url is not ours to restart"},
	}
	for i, v := range verdicts {
		events = append(events, event.CheckStarted{Time: at(100 * i), ID: v.ID}, event.CheckFinished{Time: at(100*i + 50), Verdict: v})
	}
	return append(events, event.Noted{Time: at(3000), Text: "all states were looked at once more"}, event.RunFinished{Time: at(3149)})
}

// hostile is a string that does harm where it is printed as it is.
const hostile = "\x1b[2J\x1b]0;owned\a\r\n::error::owned ##[group]x ##vso[task]y\u202e\u009b31m\x00\xff\uffff]]>&<"

// hostileEvents are a run against a receiver that writes such strings.
func hostileEvents() []event.Event {
	long := ""
	for len(long) < 300_000 {
		long += hostile + "é"
	}
	state := &event.State{DeliveryStatus: hostile, DeliveryMethod: hostile, Timestamp: hostile, Content: json.RawMessage(hostile)}
	return []event.Event{
		event.RunStarted{Time: at(0), Receiver: event.Receiver{Name: hostile}, Checks: []event.Check{check("a/b")}, Command: hostile},
		event.Noted{Time: at(1), Text: hostile},
		event.CheckFinished{Time: at(2), Verdict: event.Verdict{ID: "a/b", Result: event.Fail, Reason: hostile, Failures: []event.Failure{{
			Kind: hostile, Cause: hostile, Detail: long, Schedule: hostile, Expected: &event.State{DeliveryStatus: mocksender.Opened, Content: json.RawMessage(`{"a":1}`)}, Got: state,
			Timeline: []string{long, "  ::set-env::x"}, Curl: []string{long}, Log: []string{hostile, long},
		}}}},
		event.CheckFinished{Time: at(3), Verdict: event.Verdict{ID: "x/" + hostile, Result: event.Skipped, Reason: hostile}},
		event.CheckFinished{Time: at(4), Verdict: event.Verdict{ID: "y/" + hostile, Result: event.Errored, Reason: long}},
		event.RunFinished{Time: at(5), Err: errors.New("the receiver ended\n" + hostile + "\n" + long)},
	}
}
