package service_test

import (
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"pgregory.net/rapid"

	"github.com/ctxpush/ctxpush/mocksender"
	"github.com/ctxpush/ctxpush/mocksender/service"
)

const good = `{"bundle_id":"com.acme","platform":"ios","user_id":"james","deliver_within_hours":1,"campaign_id":"spring",` +
	`"idempotency_key":"k1","delivery_method":"traditional","content":{"title":"It's time! 👑","body":"Now"}}`

// call posts a body and returns the status and the JSON error, if there is one.
func call(t *testing.T, s *service.Service, path, token, body string) (int, service.Error) {
	t.Helper()
	q := httptest.NewRequest("POST", path, strings.NewReader(body))
	if token != "" {
		q.Header.Set("Authorization", token)
	}
	w := httptest.NewRecorder()
	s.Handler().ServeHTTP(w, q)
	var answer struct{ Error service.Error }
	if err := json.Unmarshal(w.Body.Bytes(), &answer); err != nil {
		t.Errorf("%d %s: %v: want JSON", w.Code, w.Body, err)
	}
	return w.Code, answer.Error
}

// with is the good request with one member changed; an empty value leaves it out.
func with(name, value string) string {
	var all map[string]json.RawMessage
	if err := json.Unmarshal([]byte(good), &all); err != nil {
		panic(err)
	}
	if delete(all, name); value != "" {
		all[name] = json.RawMessage(value)
	}
	body, err := json.Marshal(all)
	if err != nil {
		panic(err)
	}
	return string(body)
}

func newService(t *testing.T, c service.Config) *service.Service {
	t.Helper()
	c.Webhook = "http://127.0.0.1:9/hook" // nobody is there
	s, err := service.New(c)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := s.Close(); err != nil {
			t.Error(err)
		}
	})
	return s
}

func TestRefusals(t *testing.T) {
	s := newService(t, service.Config{Token: "t0ken"})
	long := strings.Repeat("x", 1001)
	for _, c := range []struct {
		body, field string
		code        int
	}{
		{``, "body", 400}, {`[]`, "body", 400}, {`null`, "body", 400}, {good + `x`, "body", 400}, {"{\"user_id\":\"\xff\"}", "body", 400},
		{`{"x":"` + strings.Repeat("x", 1<<20) + `"}`, "body", 413},
		{with("user_id", ""), "user_id", 400}, {with("user_id", `17`), "user_id", 400}, {with("user_id", `""`), "user_id", 400},
		{with("user_id", `"`+long+`"`), "user_id", 400}, {with("user_id", `"a\u0000"`), "user_id", 400}, {with("user_id", `null`), "user_id", 400},
		{with("bundle_id", ""), "bundle_id", 400}, {with("platform", `{}`), "platform", 400}, {with("campaign_id", `[1]`), "campaign_id", 400},
		{with("idempotency_key", `5`), "idempotency_key", 400}, {with("delivery_method", `"cancelled"`), "delivery_method", 400},
		{with("deliver_within_hours", ""), "deliver_within_hours", 400}, {with("deliver_within_hours", `"1"`), "deliver_within_hours", 400},
		{with("deliver_within_hours", `-1`), "deliver_within_hours", 400}, {with("deliver_within_hours", `1e9`), "deliver_within_hours", 400},
		{with("deliver_within_hours", `1e999`), "deliver_within_hours", 400}, {with("deliver_within_hours", `null`), "deliver_within_hours", 400},
		{with("content", ""), "content", 400}, {with("content", `[]`), "content", 400}, {with("content", `null`), "content", 400},
		{with("content", `{"body":"x"}`), "content.title", 400}, {with("content", `{"title":1,"body":"x"}`), "content.title", 400},
		{with("content", `{"title":"x"}`), "content.body", 400}, {with("content", `{"title":"x","body":"x","subtitle":null}`), "content.subtitle", 400},
		{with("content", `{"title":"x","body":"x","userInfo":[]}`), "content.userInfo", 400},
		{with("content", `{"title":"x","body":"`+strings.Repeat("x", 4096)+`"}`), "content", 400},
		{with("content", `{"title":"x","body":"x","userInfo":{"a":`+strings.Repeat("[", 100)+strings.Repeat("]", 100)+`}}`), "content", 400},
	} {
		code, refused := call(t, s, service.SchedulePath, "Token t0ken", c.body)
		if code != c.code || refused.Field != c.field || refused.Message == "" || strings.Contains(refused.Message, "\n") || len(refused.Message) > 300 {
			t.Errorf("%.80s: %d %+v: want %d for %s", c.body, code, refused, c.code, c.field)
		}
	}
	for _, token := range []string{"", "Token", "Token wrong", "Bearer t0ken", "t0ken"} {
		if code, refused := call(t, s, service.SchedulePath, token, good); code != 401 || refused.Field != "Authorization" {
			t.Errorf("token %q: %d %+v: want 401", token, code, refused)
		}
	}
	if n, err := s.Store().Count(service.Query{}); n != 0 || err != nil {
		t.Errorf("%d messages (%v): want none", n, err)
	}
	for _, body := range []string{good, with("idempotency_key", ""), with("idempotency_key", "null"), with("deliver_within_hours", "0"), with("deliver_within_hours", "720"), with("more", "1")} {
		if code, refused := call(t, s, service.SchedulePath, "token t0ken", body); code != 200 && code != 409 {
			t.Errorf("%s: %d %+v: want it taken", body, code, refused)
		}
	}
}

func TestCancelCall(t *testing.T) {
	s := newService(t, service.Config{CancelPath: "/cancel"})
	for _, c := range []struct {
		body string
		code int
	}{
		{`{"user_id":"james","campaign_id":"spring","idempotency_key":"k1"}`, 404}, {`{"user_id":"james"}`, 400},
	} {
		if code, refused := call(t, s, "/cancel", "", c.body); code != c.code {
			t.Errorf("%s: %d %+v: want %d", c.body, code, refused, c.code)
		}
	}
	if code, _ := call(t, s, service.SchedulePath, "", with("delivery_method", `"context_aware"`)); code != 200 {
		t.Fatalf("schedule: %d", code)
	}
	for range 2 {
		if code, refused := call(t, s, "/cancel", "", `{"user_id":"james","campaign_id":"spring","idempotency_key":"k1"}`); code != 200 {
			t.Errorf("cancel: %d %+v", code, refused)
		}
	}
}

// Whatever a body is, it is answered with JSON, 200 or 4xx.
func TestAnyBody(t *testing.T) {
	s := newService(t, service.Config{})
	rapid.Check(t, func(rt *rapid.T) {
		name := rapid.SampledFrom([]string{"user_id", "deliver_within_hours", "content", "idempotency_key", "delivery_method"}).Draw(rt, "name")
		value := rapid.SampledFrom([]string{`{}`, `[]`, `0`, `-0`, `1e-400`, `"\ud800"`, `""`, `true`, `{"title":"","body":""}`, `{"title":{"title":1},"body":0}`}).Draw(rt, "value")
		if code, _ := call(t, s, service.SchedulePath, "", with(name, value)); code != 200 && (code < 400 || code > 499) {
			rt.Errorf("%s = %s: %d", name, value, code)
		}
	})
}

// failing is a store that keeps nothing while it is full.
type failing struct {
	service.Store
	full atomic.Bool
}

func (f *failing) Commit(c *service.Commit) error {
	if f.full.Load() {
		return errors.New("the disk is full")
	}
	return f.Store.Commit(c)
}

// What the store can't keep is answered 503 and has not happened; what it has is
// still delivered when there is room again.
func TestFullStore(t *testing.T) {
	var got atomic.Int32
	app := httptest.NewServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		_, _ = io.Copy(io.Discard, r.Body)
		got.Add(1)
	}))
	defer app.Close()
	store := &failing{Store: service.Memory()}
	s := service.Start(t, service.Config{Webhook: app.URL, Store: store, Flush: 50 * time.Millisecond, OpenRate: -1})
	if code, refused := call(t, s.Service, service.SchedulePath, "", good); code != 200 {
		t.Fatalf("%d %+v", code, refused)
	}
	store.full.Store(true)
	code, refused := call(t, s.Service, service.SchedulePath, "", with("user_id", `"other"`))
	if code != 503 || refused.Message != "store: the disk is full" {
		t.Errorf("%d %+v: want 503", code, refused)
	}
	store.full.Store(false)
	err := s.Wait(t.Context(), func() (bool, error) {
		m, err := s.Message(mocksender.Key{CampaignID: "spring", UserID: "james", IdempotencyKey: "k1"})
		return m != nil && m.DeliveryStatus == mocksender.Delivered && m.Waiting() == 0, err
	})
	if err != nil {
		t.Fatal(err)
	}
	err = s.Wait(t.Context(), func() (bool, error) {
		waiting, err := s.Store().Deliveries(service.DeliveryQuery{Outcome: service.Waiting})
		return len(waiting) == 0, err
	})
	if err != nil || got.Load() == 0 {
		t.Errorf("%d requests came (%v)", got.Load(), err)
	}
	if n, err := s.Store().Count(service.Query{}); n != 1 || err != nil {
		t.Errorf("%d messages (%v): want the one that was taken", n, err)
	}
}

func TestMistakes(t *testing.T) {
	for want, c := range map[string]service.Config{
		"webhook is not set: want the receiver's URL": {},
		"open rate 2: want a share from 0 to 1": {Webhook: "http://a",
			OpenRate: 2},
		`cancel path "x": want a path of its own, such as /v1/campaigns/cancel_message_for_user`: {Webhook: "http://a", CancelPath: "x"},
		"faults: lost-ack, slow and reset strike a share of 1.5 together: want at most 1": {Webhook: "http://a",
			Faults: &service.Faults{LostAck: 1, Slow: 0.5}},
		"fault drop: share -1: want 0 to 1": {Webhook: "http://a",
			Faults: &service.Faults{Drop: -1}},
	} {
		if _, err := service.New(c); err == nil || err.Error() != want {
			t.Errorf("%v: want %s", err, want)
		}
	}
	if _, err := service.New(service.Config{Webhook: "ftp://a"}); err == nil {
		t.Error("a webhook by ftp is taken")
	}
}

// A test schedules by the app's own way, makes things happen, and waits.
func TestStart(t *testing.T) {
	got := make(chan string, 10)
	app := httptest.NewServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		body, _ := io.ReadAll(r.Body)
		got <- string(body)
	}))
	defer app.Close()
	s := service.Start(t, service.Config{Webhook: app.URL, Secret: secret, Flush: time.Millisecond})

	answer, err := http.Post(s.URL+service.SchedulePath, "application/json", strings.NewReader(good))
	if err != nil {
		t.Fatal(err)
	}
	answer.Body.Close()
	m, err := s.Open(t.Context(), mocksender.Key{CampaignID: "spring", UserID: "james", IdempotencyKey: "k1"})
	if err != nil || m.DeliveryStatus != mocksender.Opened {
		t.Fatalf("%v, %v: want an opened message", m, err)
	}
	for body := ""; !strings.Contains(body, `"opened"`); {
		body = <-got
	}
}
