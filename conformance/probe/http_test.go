package probe_test

import (
	"bytes"
	"compress/gzip"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"github.com/ctxpush/ctxpush/conformance/config"
	"github.com/ctxpush/ctxpush/conformance/event"
	"github.com/ctxpush/ctxpush/conformance/probe"
	"github.com/ctxpush/ctxpush/mocksender"
	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"
)

const (
	hush  = "s3cr3t-of-acme"
	token = "Bearer t0k3n-of-acme"
)

var (
	message = mocksender.Key{CampaignID: "c&1", UserID: "u 1", IdempotencyKey: "k👑"}
	onPhone = mocksender.Key{CampaignID: "c&1", UserID: "u 1", IdempotencyKey: "k👑", DeviceToken: "aa"}
)

// serve is a server with one handler for every path.
func serve(h http.HandlerFunc) *httptest.Server {
	s := httptest.NewServer(h)
	DeferCleanup(s.Close)
	return s
}

func answering(status int, kind, body string) http.HandlerFunc {
	return func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", kind)
		w.WriteHeader(status)
		_, _ = io.WriteString(w, body)
	}
}

// prober asks the server, changed by each of edit.
func prober(s *httptest.Server, edit ...func(*config.Config)) probe.Prober {
	cfg := config.Config{Secret: hush, Probe: config.Probe{HTTP: &config.HTTPProbe{
		Headers: config.Values{"Authorization": token, "X-ctx-secret": "${SECRET}"},
	}}}
	for _, e := range edit {
		e(&cfg)
	}
	p, err := probe.New(cfg, func() string { return s.URL }, s.Client())
	Expect(err).NotTo(HaveOccurred())
	return p
}

func bulk(c *config.Config) { c.Probe.HTTP.Bulk = "/states" }

func jq(src string) func(*config.Config) {
	return func(c *config.Config) { c.Probe.HTTP.JQ = src }
}

func statuses(c *config.Config) {
	c.Statuses = map[string]mocksender.DeliveryStatus{"clicked": mocksender.Opened, "pending": mocksender.Delivered}
}

func ask(ctx context.Context, p probe.Prober, keys ...mocksender.Key) ([]*event.State, error) {
	if len(keys) == 0 {
		keys = []mocksender.Key{onPhone}
	}
	return p.States(ctx, keys)
}

var _ = Describe("The HTTP probe", func() {
	It("asks for a key's state", func(ctx SpecContext) {
		var got []string
		s := serve(func(w http.ResponseWriter, r *http.Request) {
			q := r.URL.Query()
			got = append(got, fmt.Sprint(r.Method, " ", r.URL.Path, " ", q, " ", r.Header.Get("Authorization"), " ", r.Header.Get("X-Ctx-Secret")))
			if !q.Has("device_token") {
				http.NotFound(w, r)
				return
			}
			_, _ = io.WriteString(w, `{"delivery_status":"opened","delivery_method":"traditional","planned_delivery_method":"context_aware",
				"timestamp":"2025-02-07T15:20:40.6+00:00","content":{"title":"👑","n":12345678901234567890},"more":1}`)
		})
		states, err := ask(ctx, prober(s), onPhone)
		Expect(err).NotTo(HaveOccurred())
		Expect(states).To(Equal([]*event.State{{
			DeliveryStatus: mocksender.Opened, DeliveryMethod: mocksender.Traditional, PlannedDeliveryMethod: mocksender.ContextAware,
			Timestamp: "2025-02-07T15:20:40.6+00:00", Content: json.RawMessage(`{"title":"👑","n":12345678901234567890}`),
		}}))
		states, err = ask(ctx, prober(s, func(c *config.Config) { c.Probe.HTTP.Path = "/s?tenant=5" }), message)
		Expect(err).NotTo(HaveOccurred())
		Expect(states).To(Equal([]*event.State{nil}))
		Expect(got).To(Equal([]string{
			"GET /state map[campaign_id:[c&1] device_token:[aa] idempotency_key:[k👑] user_id:[u 1]] " + token + " " + hush,
			"GET /s map[campaign_id:[c&1] idempotency_key:[k👑] tenant:[5] user_id:[u 1]] " + token + " " + hush,
		}))
	})

	It("asks for many at once, in chunks", func(ctx SpecContext) {
		var sizes sync.Map
		s := serve(func(w http.ResponseWriter, r *http.Request) {
			var keys []mocksender.Key
			body, _ := io.ReadAll(r.Body)
			if r.Method != http.MethodPost || r.Header.Get("Content-Type") != "application/json" || r.Header["Idempotency-Key"] != nil || json.Unmarshal(body, &keys) != nil {
				w.WriteHeader(http.StatusBadRequest)
				return
			}
			sizes.Store(keys[0].UserID, len(keys))
			states := make([]map[string]any, len(keys))
			for i, k := range keys {
				if k.DeviceToken == "" {
					states[i] = map[string]any{"delivery_status": "delivered", "content": k.UserID}
				}
			}
			_ = json.NewEncoder(w).Encode(states)
		})
		keys := make([]mocksender.Key, 450)
		for i := range keys {
			keys[i] = mocksender.Key{CampaignID: "c", UserID: fmt.Sprint(i), IdempotencyKey: "k"}
		}
		keys[449].DeviceToken = "unknown"
		states, err := ask(ctx, prober(s, bulk), keys...)
		Expect(err).NotTo(HaveOccurred())
		Expect(states).To(HaveLen(450))
		for i, state := range states[:449] {
			Expect(string(state.Content)).To(Equal(fmt.Sprintf("%q", fmt.Sprint(i))))
		}
		Expect(states[449]).To(BeNil())
		for first, size := range map[string]int{"0": 200, "200": 200, "400": 50} {
			got, _ := sizes.Load(first)
			Expect(got).To(Equal(size))
		}
	})

	It("asks no more than eight at once without a bulk look-up", func(ctx SpecContext) {
		var now, most atomic.Int64
		s := serve(func(w http.ResponseWriter, r *http.Request) {
			n := now.Add(1)
			defer now.Add(-1)
			for m := most.Load(); n > m && !most.CompareAndSwap(m, n); m = most.Load() {
			}
			_, _ = fmt.Fprintf(w, `{"delivery_status":"opened","content":%q}`, r.URL.Query().Get("user_id"))
		})
		keys := make([]mocksender.Key, 300)
		for i := range keys {
			keys[i].UserID = fmt.Sprint(i)
		}
		states, err := ask(ctx, prober(s), keys...)
		Expect(err).NotTo(HaveOccurred())
		for i, state := range states {
			Expect(string(state.Content)).To(Equal(fmt.Sprintf("%q", fmt.Sprint(i))))
		}
		Expect(most.Load()).To(BeNumerically("<=", 8))
	})

	It("asks another server where it is told to", func(ctx SpecContext) {
		other := serve(answering(200, "application/json", `{"delivery_status":"failed"}`))
		s := serve(answering(500, "", ""))
		states, err := ask(ctx, prober(s, func(c *config.Config) { c.Probe.HTTP.URL = other.URL + "/" }))
		Expect(err).NotTo(HaveOccurred())
		Expect(states[0].DeliveryStatus).To(Equal(mocksender.Failed))
	})

	It("asks where the receiver is now", func(ctx SpecContext) {
		first, second := serve(answering(200, "", `{"delivery_status":"pending"}`)), serve(answering(200, "", `{"delivery_status":"opened"}`))
		at := first.URL
		p, err := probe.New(config.Config{Receiver: config.Receiver{URL: at}}, func() string { return at }, nil)
		Expect(err).NotTo(HaveOccurred())
		for _, want := range []mocksender.DeliveryStatus{mocksender.Pending, mocksender.Opened} {
			states, err := ask(ctx, p)
			Expect(err).NotTo(HaveOccurred())
			Expect(states[0].DeliveryStatus).To(Equal(want))
			at = second.URL
		}
	})

	It("reads a packed answer", func(ctx SpecContext) {
		s := serve(func(w http.ResponseWriter, r *http.Request) {
			w.Header().Set("Content-Encoding", "gzip")
			z := gzip.NewWriter(w)
			_, _ = io.WriteString(z, `{"delivery_status":"opened"}`)
			_ = z.Close()
		})
		states, err := ask(ctx, prober(s))
		Expect(err).NotTo(HaveOccurred())
		Expect(states[0].DeliveryStatus).To(Equal(mocksender.Opened))
	})

	It("asks again, also in bulk, where an idle connection is closed", func(ctx SpecContext) {
		var asked atomic.Int64
		s := serve(func(w http.ResponseWriter, r *http.Request) {
			if asked.Add(1) == 2 {
				conn, _, err := w.(http.Hijacker).Hijack()
				if err == nil {
					_ = conn.Close()
				}
				return
			}
			_, _ = io.WriteString(w, `[{"delivery_status":"opened"}]`)
		})
		p := prober(s, bulk)
		for range 2 {
			states, err := ask(ctx, p)
			Expect(err).NotTo(HaveOccurred())
			Expect(states[0].DeliveryStatus).To(Equal(mocksender.Opened))
		}
		Expect(asked.Load()).To(Equal(int64(3)))
	})

	DescribeTable("reads what receivers answer",
		func(ctx SpecContext, body string, want *event.State, edit ...func(*config.Config)) {
			states, err := ask(ctx, prober(serve(answering(200, "text/plain", body)), edit...))
			Expect(err).NotTo(HaveOccurred())
			Expect(states).To(Equal([]*event.State{want}))
		},
		Entry("nulls", `{"delivery_status":"opened","delivery_method":null,"timestamp":null,"content":null}`, &event.State{DeliveryStatus: "opened"}),
		Entry("other spellings of a name", `{"delivery_status":"opened","Delivery_Status":5}`, &event.State{DeliveryStatus: "opened"}),
		Entry("null", ` null `, nil),
		Entry("its own word", `{"delivery_status":"clicked"}`, &event.State{DeliveryStatus: "opened"}, statuses),
		Entry("a word of the contract in its own sense", `{"delivery_status":"pending"}`, &event.State{DeliveryStatus: "delivered"}, statuses),
		Entry("an envelope", `{"data":{"delivery_status":"opened","content":{"n":1.0,"big":123456789012345678901234567890,"e":1e400}}}`,
			&event.State{DeliveryStatus: "opened", Content: json.RawMessage(`{"big":123456789012345678901234567890,"e":1e400,"n":1.0}`)}, jq(".data")),
		Entry("an envelope of nothing", `{"data":null}`, nil, jq(".data")),
		Entry("no result", `[]`, nil, jq(".[]")),
		Entry("a list of one", `[{"s":"opened"}]`, &event.State{DeliveryStatus: "opened"}, jq(".[0] | {delivery_status: .s}")),
		Entry("envelopes in bulk", `[{"data":{"delivery_status":"opened"}}]`, &event.State{DeliveryStatus: "opened"}, bulk, jq(".data")),
		Entry("nothing in bulk", `[null]`, nil, bulk),
	)

	DescribeTable("says in one line what is wrong",
		func(ctx SpecContext, h http.HandlerFunc, want string, edit ...func(*config.Config)) {
			s := serve(h)
			states, err := ask(ctx, prober(s, edit...))
			Expect(states).To(BeNil())
			Expect(err).To(MatchError(strings.ReplaceAll(want, "URL", s.URL)))
			Expect(err).To(BeAssignableToTypeOf(&probe.Error{}))
		},
		Entry(nil, answering(200, "text/html", "<!doctype html>\n<html><head><title>Acme</title></head><body>"+strings.Repeat("x", 100)),
			"probe: GET URL/state: answered 200 text/html <!doctype html> <html><head><title>Acme</title></head><body>xxxxxxxxxxxxxxxxxxxx…: want 200 with a JSON object, or 404 for a message that is not known"),
		Entry(nil, answering(500, "text/plain", "oh\x00no"), "probe: GET URL/state: answered 500 text/plain ohU+0000no: want 200 with a JSON object, or 404 for a message that is not known"),
		Entry(nil, answering(200, "application/json", ""), "probe: GET URL/state: answered 200 with nothing: want 200 with a JSON object, or 404 for a message that is not known"),
		Entry(nil, answering(204, "", ""), "probe: GET URL/state: answered 204 with nothing: want 200 with a JSON object, or 404 for a message that is not known"),
		Entry(nil, answering(200, "a", `{"delivery_status":"opened"} {}`), "probe: GET URL/state: answered 200 a {\"delivery_status\":\"opened\"} {}: want 200 with a JSON object, or 404 for a message that is not known"),
		Entry(nil, answering(401, "a", "no"), "probe: GET URL/state: answered 401 a no: want 200 with a JSON object, or 404 for a message that is not known; what the receiver asks for goes under probe.http.headers"),
		Entry(nil, answering(403, "", ""), "probe: GET URL/state: answered 403 with nothing: want 200 with a JSON object, or 404 for a message that is not known; what the receiver asks for goes under probe.http.headers"),
		Entry(nil, answering(405, "", ""), "probe: GET URL/state: answered 405 with nothing: want 200 with a JSON object, or 404 for a message that is not known; does the path take GET?"),
		Entry(nil, func(w http.ResponseWriter, r *http.Request) {
			http.Redirect(w, r, "/login?next=/"+hush, http.StatusFound)
		},
			"probe: GET URL/state: answered 302 to URL/login: redirects are not followed; want 200 with a JSON object, or 404 for a message that is not known"),
		Entry(nil, answering(200, "", `[]`), "probe: GET URL/state: the state is an array: want a JSON object; probe.http.jq can pick it out"),
		Entry(nil, answering(200, "", `"opened"`), "probe: GET URL/state: the state is text: want a JSON object; probe.http.jq can pick it out"),
		Entry(nil, answering(200, "", `7`), "probe: GET URL/state: the state is 7: want a JSON object; probe.http.jq can pick it out"),
		Entry(nil, answering(200, "", `{"status":"opened"}`), "probe: GET URL/state: delivery_status is missing in {\"status\":\"opened\"}: want one of pending, delivered, opened, cancelled, failed; probe.http.jq can rename a member"),
		Entry(nil, answering(200, "", `{"delivery_status":null}`), "probe: GET URL/state: delivery_status is null in {\"delivery_status\":null}: want one of pending, delivered, opened, cancelled, failed; probe.http.jq can rename a member"),
		Entry(nil, answering(200, "", `{"delivery_status":""}`), "probe: GET URL/state: delivery_status is empty in {\"delivery_status\":\"\"}: want one of pending, delivered, opened, cancelled, failed; probe.http.jq can rename a member"),
		Entry(nil, answering(200, "", `{"delivery_status":3}`), "probe: GET URL/state: delivery_status is 3: want text; probe.http.jq can rewrite it"),
		Entry(nil, answering(200, "", `{"delivery_status":"clicked"}`), "probe: GET URL/state: delivery_status is \"clicked\": want one of pending, delivered, opened, cancelled, failed; map the receiver's word under statuses:"),
		Entry(nil, answering(200, "", `{"delivery_status":"klicked"}`), "probe: GET URL/state: delivery_status is \"klicked\": want one of pending, delivered, opened, cancelled, failed; map the receiver's word under statuses: (it has clicked, pending)", statuses),
		Entry(nil, answering(200, "", `{"delivery_status":"opened","timestamp":1738941640599}`), "probe: GET URL/state: timestamp is 1738941640599: want text; probe.http.jq can rewrite it"),
		Entry(nil, answering(200, "", `{"delivery_status":"opened","timestamp":"2025-02-07T15:20:40.599"}`), "probe: GET URL/state: timestamp is \"2025-02-07T15:20:40.599\": want RFC 3339 with an offset, such as 2025-02-07T15:20:40.599Z; probe.http.jq can rewrite or delete it"),
		Entry(nil, answering(200, "", `{"a":1}`), "probe: GET URL/state: probe.http.jq \".a.b\" failed: expected an object but got: number (1)", jq(".a.b")),
		Entry(nil, answering(200, "", `[1,2]`), "probe: GET URL/state: probe.http.jq \".[]\" gives more than one result: want one, or none for a message that is not known", jq(".[]")),
		Entry(nil, answering(404, "text/plain", "no such page"), "probe: POST URL/states: answered 404 text/plain no such page: want 200 with a JSON array of 1, a state or null each", bulk),
		Entry(nil, answering(200, "a", `{}`), "probe: POST URL/states: answered 200 a {}: want 200 with a JSON array of 1, a state or null each", bulk),
		Entry(nil, answering(200, "a", `null`), "probe: POST URL/states: answered 200 a null: want 200 with a JSON array of 1, a state or null each", bulk),
		Entry(nil, answering(200, "a", `[null,null]`), "probe: POST URL/states: answered an array of 2: want 200 with a JSON array of 1, a state or null each", bulk),
		Entry(nil, answering(200, "a", `[[]]`), "probe: POST URL/states: element 0: the state is an array: want a JSON object; probe.http.jq can pick it out", bulk),
		Entry(nil, func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Content-Encoding", "br")
			_, _ = w.Write([]byte{1, 2})
		}, "probe: GET URL/state: answered in the encoding br, which was not asked for: want gzip or none"),
		Entry(nil, func(w http.ResponseWriter, _ *http.Request) {
			block := bytes.Repeat([]byte("x"), 1<<20)
			for range 100 {
				if _, err := w.Write(block); err != nil {
					return
				}
			}
		}, "probe: GET URL/state: answered more than 1 MiB: want 200 with a JSON object, or 404 for a message that is not known"),
		Entry(nil, func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Content-Encoding", "gzip")
			z := gzip.NewWriter(w)
			block := bytes.Repeat([]byte(" "), 1<<20)
			for range 20 {
				_, _ = z.Write(block)
			}
			_ = z.Close()
		}, "probe: POST URL/states: answered more than 8 MiB: want 200 with a JSON array of 1, a state or null each", bulk),
		Entry(nil, func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Content-Length", "100")
			_, _ = io.WriteString(w, `{"deli`)
		}, "probe: GET URL/state: no answer: unexpected EOF"),
		Entry(nil, func(w http.ResponseWriter, r *http.Request) { <-r.Context().Done() },
			"probe: GET URL/state: no answer within 20ms: want 200 with a JSON object, or 404 for a message that is not known",
			func(c *config.Config) { c.Timeout = 20 * time.Millisecond }),
		Entry("a page that shows the headers", func(w http.ResponseWriter, r *http.Request) {
			w.WriteHeader(500)
			_, _ = fmt.Fprint(w, r.Header.Get("Authorization"), " ", r.Header.Get("X-Ctx-Secret"), " ", strings.Repeat("-", 55), hush, hush)
		}, "probe: GET URL/state: answered 500 text/plain; charset=utf-8 [secret] [secret] "+strings.Repeat("-", 55)+"[secret…: want 200 with a JSON object, or 404 for a message that is not known"),
		Entry("a state that shows the secret", answering(200, "", `{"delivery_status":"`+hush+`"}`), "probe: GET URL/state: delivery_status is \"[secret]\": want one of pending, delivered, opened, cancelled, failed; map the receiver's word under statuses:"),
	)

	It("says that nobody is there", func(ctx SpecContext) {
		l, err := net.Listen("tcp", "127.0.0.1:0")
		Expect(err).NotTo(HaveOccurred())
		Expect(l.Close()).To(Succeed())
		s := &httptest.Server{URL: "http://" + l.Addr().String(), Config: &http.Server{}}
		_, err = ask(ctx, prober(s))
		Expect(err).To(MatchError("probe: GET " + s.URL + "/state: no answer: dial tcp " + l.Addr().String() + ": connect: connection refused"))
		var e *probe.Error
		Expect(errors.As(err, &e)).To(BeTrue())
		Expect(e.Temporary).To(BeTrue())
	})

	DescribeTable("knows what may be better a moment later",
		func(ctx SpecContext, h http.HandlerFunc, temporary bool) {
			_, err := ask(ctx, prober(serve(h)))
			var e *probe.Error
			Expect(errors.As(err, &e)).To(BeTrue())
			Expect(e.Temporary).To(Equal(temporary))
		},
		Entry(nil, answering(500, "", ""), true),
		Entry(nil, answering(503, "", ""), true),
		Entry(nil, answering(429, "", ""), true),
		Entry(nil, answering(401, "", ""), false),
		Entry(nil, answering(200, "text/html", "<html>"), false),
	)

	It("ends when its context ends", func(ctx SpecContext) {
		inner, cancel := context.WithCancel(ctx)
		s := serve(func(_ http.ResponseWriter, r *http.Request) {
			cancel()
			<-r.Context().Done()
		})
		_, err := ask(inner, prober(s))
		Expect(err).To(MatchError(context.Canceled))
		Expect(err).To(MatchError("probe: GET " + s.URL + "/state: ended before it was answered"))
		_, err = ask(inner, prober(s))
		Expect(err).To(MatchError(context.Canceled))
	})

	It("is refused for a jq that is none", func() {
		_, err := probe.New(config.Config{Probe: config.Probe{HTTP: &config.HTTPProbe{JQ: "("}}}, nil, nil)
		Expect(err).To(MatchError(`probe.http.jq: "(" is no jq: unexpected EOF`))
	})
})
