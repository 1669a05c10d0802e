package mocksender_test

import (
	"strings"
	"testing"
	"time"

	"github.com/ctxpush/ctxpush/mocksender"
)

func TestBatchSizes(t *testing.T) {
	events := make([]mocksender.Event, 250)
	for i := range events {
		events[i] = opened(i)
	}
	for _, n := range []int{1, 2, 99, 100} {
		if b, err := mocksender.NewBatch(events[:n]...); err != nil || b.Len() != n || len(b.Events()) != n {
			t.Errorf("%d entries: %d, %v", n, b.Len(), err)
		}
	}
	for n, want := range map[int]string{0: "batch of 0 entries: want 1 to 100", 101: "batch of 101 entries: want 1 to 100"} {
		if _, err := mocksender.NewBatch(events[:n]...); err == nil || err.Error() != want {
			t.Errorf("%d entries: %v, want %s", n, err, want)
		}
	}
	batches, err := mocksender.Split(events)
	if err != nil || len(batches) != 3 {
		t.Fatalf("%d batches, %v; want 3", len(batches), err)
	}
	var joined []string
	for _, b := range batches {
		joined = append(joined, strings.Trim(string(b.Body()), "[]"))
	}
	if got, want := "["+strings.Join(joined, ",")+"]", string(mocksender.AppendEvents(nil, events)); got != want {
		t.Error("the batches' entries are not those that were split, in their order")
	}
}

func TestBatchIsItsOwn(t *testing.T) {
	events := []mocksender.Event{opened(1)}
	b, err := mocksender.NewBatch(events...)
	if err != nil {
		t.Fatal(err)
	}
	events[0].UserID = "changed"
	b.Events()[0].UserID = "changed"
	if got := b.Events()[0].UserID; got != "user-1" || strings.Contains(string(b.Body()), "changed") {
		t.Errorf("the batch's user is %s, want user-1", got)
	}
}

func TestEventValidate(t *testing.T) {
	const name = "entry spring/user-1/key-1@0011223344556677: "
	for want, change := range map[string]func(*mocksender.Event){
		"": func(*mocksender.Event) {},
		`delivery_status is "seen": want one of [pending delivered opened cancelled failed]`:      func(e *mocksender.Event) { e.DeliveryStatus = "seen" },
		`delivery_method is "cancelled": opened entries have context_aware or traditional`:        func(e *mocksender.Event) { e.DeliveryMethod = mocksender.MethodCancelled },
		`device_token is set: a cancelled entry has none`:                                         func(e *mocksender.Event) { e.DeliveryStatus = mocksender.Cancelled },
		`planned_delivery_method is "cancelled": want context_aware or traditional`:               func(e *mocksender.Event) { e.PlannedDeliveryMethod = mocksender.MethodCancelled },
		`delivery_method is context_aware: a planned traditional push is never delivered as that`: func(e *mocksender.Event) { e.PlannedDeliveryMethod = mocksender.Traditional },
		`delivery_method is "traditional": a pending entry has its planned one, context_aware`: func(e *mocksender.Event) {
			e.DeliveryStatus, e.DeliveryMethod = mocksender.Pending, mocksender.Traditional
		},
		`timestamp is not set`: func(e *mocksender.Event) { e.Timestamp = time.Time{} },
		`timestamp is in the year 10000: ISO 8601 has 0 to 9999`: func(e *mocksender.Event) {
			e.Timestamp = time.Date(9999, 12, 31, 23, 0, 0, 0, time.FixedZone("", -7200))
		},
		`content is no JSON object`: func(e *mocksender.Event) { e.Content = []byte(`["a"]`) },
	} {
		e := opened(1)
		change(&e)
		err := e.Validate()
		switch {
		case want == "" && err != nil:
			t.Errorf("%v, want none", err)
		case want != "" && (err == nil || err.Error() != name+want):
			t.Errorf("%v, want %s", err, name+want)
		}
	}
	for _, content := range []string{"", " ", "null", "{", "{}x", `{"a":01}`} {
		e := opened(1)
		e.Content = []byte(content)
		if e.Validate() == nil {
			t.Errorf("content %q is taken for an object", content)
		}
	}
	e := opened(1)
	e.DeviceToken = ""
	if err := e.Validate(); err == nil || err.Error() != "entry spring/user-1/key-1: device_token is empty: only a cancelled entry has none" {
		t.Errorf("%v", err)
	}
	e = opened(1)
	e.UserID = ""
	if err := e.Validate(); err == nil || !strings.HasSuffix(err.Error(), ": user_id, campaign_id and idempotency_key must not be empty") {
		t.Errorf("%v", err)
	}
}
