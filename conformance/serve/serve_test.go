package serve_test

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"regexp"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/santhosh-tekuri/jsonschema/v6"

	"github.com/ctxpush/ctxpush/conformance/config"
	"github.com/ctxpush/ctxpush/conformance/probe"
	"github.com/ctxpush/ctxpush/conformance/serve"
	"github.com/ctxpush/ctxpush/fixtures/mutants"
	"github.com/ctxpush/ctxpush/fixtures/reference"
	"github.com/ctxpush/ctxpush/mocksender/service"
	"github.com/ctxpush/ctxpush/scenarios"
)

const secret = "q7Zr-w0rd+42/x"

// served is a service with its console, and the receiver that it tells.
type served struct {
	*service.Service
	url string
}

// start serves a mock service for the reference receiver, or a mutant of it.
func start(t testing.TB, mutant string, change func(*serve.Config)) served {
	t.Helper()
	o := reference.Options{Secret: secret, Identity: "device"}
	var err error
	if mutant != "" {
		if o, err = mutants.New(mutant, o); err != nil {
			t.Fatal(err)
		}
	}
	app, err := reference.Start(o)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { app.Kill() })
	engine, err := service.New(service.Config{Webhook: app.URL() + "/webhook", Secret: secret, Flush: -1, OpenRate: -1, Seed: 1})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := engine.Close(); err != nil {
			t.Error(err)
		}
	})
	p, err := probe.New(config.Config{Secret: secret}, app.URL, nil)
	if err != nil {
		t.Fatal(err)
	}
	c := serve.Config{
		Service: engine, CancelPath: service.DefaultCancelPath, Loopback: true, Hidden: []string{secret}, Version: "test",
		Receiver: &serve.Receiver{Name: "acme", URL: app.URL, Probe: p, Identity: scenarios.ByDevice, Settle: time.Second},
	}
	if change != nil {
		change(&c)
	}
	h, err := serve.Handler(c)
	if err != nil {
		t.Fatal(err)
	}
	// Streams end with the test, not before the server waits for them.
	ctx, cancel := context.WithCancel(context.Background())
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		both, stop := context.WithCancel(r.Context())
		defer stop()
		defer context.AfterFunc(ctx, stop)()
		h.ServeHTTP(w, r.WithContext(both))
	}))
	t.Cleanup(func() { cancel(); server.Close() })
	return served{engine, server.URL}
}

// call asks for a path, or with a body posts to it, and returns the answer.
func (s served) call(t testing.TB, path, body string, headers ...string) (int, string) {
	t.Helper()
	method, reader := http.MethodGet, io.Reader(nil)
	if body != "" {
		method, reader = http.MethodPost, strings.NewReader(body)
	}
	q, err := http.NewRequestWithContext(t.Context(), method, s.url+path, reader)
	if err != nil {
		t.Fatal(err)
	}
	if body != "" {
		q.Header.Set("Content-Type", "application/json")
	}
	for i := 0; i+1 < len(headers); i += 2 {
		if headers[i] == "Host" {
			q.Host = headers[i+1]
		}
		q.Header.Set(headers[i], headers[i+1])
	}
	client := &http.Client{CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}
	a, err := client.Do(q)
	if err != nil {
		t.Fatal(err)
	}
	defer a.Body.Close()
	text, err := io.ReadAll(a.Body)
	if err != nil {
		t.Fatal(err)
	}
	return a.StatusCode, string(text)
}

func scheduled(user string) string {
	return fmt.Sprintf(`{"bundle_id":"b","platform":"ios","user_id":%q,"deliver_within_hours":1,"campaign_id":"spring",`+
		`"idempotency_key":"k-%s","delivery_method":"context_aware","content":{"title":"<b>It's time! 👑</b>","body":"x"}}`, user, user)
}

func (s served) schedule(t testing.TB, user string) {
	t.Helper()
	if code, text := s.call(t, service.SchedulePath, scheduled(user)); code != 200 {
		t.Fatalf("%d %s", code, text)
	}
}

func key(user string) string {
	return fmt.Sprintf(`{"campaign_id":"spring","user_id":%q,"idempotency_key":"k-%s"}`, user, user)
}

// What the API answers is what its description says, in success and refusal, and
// nothing shows the secret.
func TestAPI(t *testing.T) {
	s := start(t, "", nil)
	code, text := s.call(t, "/api/v1/openapi.json", "")
	var doc map[string]any
	if code != 200 || json.Unmarshal([]byte(text), &doc) != nil || !strings.HasPrefix(fmt.Sprint(doc["openapi"]), "3.1") {
		t.Fatalf("%d %.200s: want OpenAPI 3.1", code, text)
	}
	compiler := jsonschema.NewCompiler()
	if err := compiler.AddResource("api.json", doc); err != nil {
		t.Fatal(err)
	}
	for _, user := range []string{"anna", "ben", "cleo", secret} {
		s.schedule(t, user)
	}
	asked := map[string]bool{}
	for _, c := range []struct {
		path, body string
		code       int
		want       string
	}{
		{"/api/v1/messages?limit=2", "", 200, `"next":3`},
		{"/api/v1/messages?status=opened&wait=1ms", "", 200, `"messages":[]`},
		{"/api/v1/messages?q=k-ann", "", 200, `"total":1`},
		{"/api/v1/messages?limit=0", "", 422, "limit"},
		{"/api/v1/messages?wait=x", "", 400, `wait is \"x\"`},
		{"/api/v1/messages/1", "", 200, `"delivery_status":"pending"`},
		{"/api/v1/messages/99", "", 404, "there is no message 99"},
		{"/api/v1/deliver", key("anna"), 200, `"delivery_status":"delivered"`},
		{"/api/v1/deliver", key("anna"), 409, "delivery_status"},
		{"/api/v1/open", key("ben"), 200, `"delivery_status":"opened"`},
		{"/api/v1/fail", key("cleo"), 200, `"failed"`},
		{"/api/v1/cancel", key("nobody"), 404, "idempotency_key"},
		{"/api/v1/cancel", `{}`, 422, "campaign_id"},
		{"/api/v1/hold", `{}`, 200, `"held":true`},
		{"/api/v1/queue", "", 200, `"held":true`},
		{"/api/v1/resend", `{"requests":[["1.0","1.1"]]}`, 200, `"entries":["1.0","1.1"]`},
		{"/api/v1/resend", `{"delivery":1}`, 200, `"outcome":"waiting"`},
		{"/api/v1/resend", `{"delivery":99999}`, 404, "there is no delivery 99999"},
		{"/api/v1/resend", `{}`, 400, "want one of them"},
		{"/api/v1/resend", `{"requests":[["x"]]}`, 400, "want MESSAGE.CHANGE"},
		{"/api/v1/resend", `{"requests":[["1.9"]]}`, 404, "there is no entry 1.9"},
		{"/api/v1/release", `{"batch":1}`, 200, `"deliveries":[`},
		{"/api/v1/release", `{"batch":101}`, 422, "batch"},
		{"/api/v1/deliveries?message=1", "", 200, `"deliveries":[{`},
		{"/api/v1/receiver", "", 200, `"name":"acme"`},
		{"/api/v1/messages/1/states", "", 200, `"got":`},
		{"/api/v1/messages/99999/states", "", 404, "there is no message 99999"},
		{"/api/v1/export?message=99999", "", 404, "there is no message 99999"},
		{"/api/v1/export?entry=x", "", 400, "want MESSAGE.CHANGE"},
		{"/api/v1/deliveries/1", "", 200, `X-ctx-secret: $CTXPUSH_SECRET`},
		{"/api/v1/deliveries/99999", "", 404, "there is no delivery 99999"},
		{"/api/v1/faults", "", 200, `"lost-ack":0`},
		{"/api/v1/faults", `{"duplicate":0.1,"reorder":0,"drop":0,"lost-ack":0,"slow":0,"reset":0}`, 200, `"duplicate":0.1`},
		{"/api/v1/faults", `{"duplicate":2,"reorder":0,"drop":0,"lost-ack":0,"slow":0,"reset":0}`, 422, "duplicate"},
		{"/api/v1/devices?user_id=anna", "", 200, `"device_token":"`},
		{"/api/v1/devices", `{"user_id":"anna","devices":[{"device_token":"t","dead":true}]}`, 200, `"dead":true`},
		{"/api/v1/devices", `{"user_id":"anna","devices":[{"device_token":"t"},{"device_token":"t"}]}`, 400, "devices[1].device_token"},
		{"/api/v1/clock", "", 200, `"now":"`},
		{"/api/v1/clock", `{"by":"2h"}`, 200, `"now":"`},
		{"/api/v1/clock", `{"by":"-2h"}`, 400, "by is"},
		{"/api/v1/verdict?wait=20s", "", 200, `"ok":true`},
		{"/api/v1/reset", `{}`, 204, ""},
		{"/api/v1/messages", "", 200, `"messages":[]`},
	} {
		code, text := s.call(t, c.path, c.body)
		if code != c.code || !strings.Contains(text, c.want) {
			t.Errorf("%s %s: %d %.300s: want %d and %s", c.path, c.body, code, text, c.code, c.want)
		}
		if strings.Contains(text, secret) {
			t.Errorf("%s shows the secret: %s", c.path, text)
		}
		asked[valid(t, compiler, doc, c.path, c.body != "", code, text)] = true
	}
	for path := range doc["paths"].(map[string]any) {
		if !asked[path] && path != "/api/v1/events" {
			t.Errorf("%s was not asked", path)
		}
	}
}

// id is a number in a path.
var id = regexp.MustCompile(`/[0-9]+\b`)

// valid holds an answer against the description of its path, which it returns.
func valid(t *testing.T, c *jsonschema.Compiler, doc map[string]any, path string, post bool, code int, text string) string {
	t.Helper()
	path, _, _ = strings.Cut(path, "?")
	path = id.ReplaceAllString(path, "/{id}")
	method := "get"
	if post {
		method = "post"
	}
	at := fmt.Sprintf("%s/%s/responses", strings.ReplaceAll(strings.ReplaceAll(path, "~", "~0"), "/", "~1"), method)
	name, kind := fmt.Sprint(code), "application~1json"
	if code >= 400 {
		name, kind = "default", "application~1problem+json"
	}
	if code == http.StatusNoContent {
		return path
	}
	schema, err := c.Compile("api.json#/paths/" + at + "/" + name + "/content/" + kind + "/schema")
	if err != nil {
		t.Errorf("%s %s: %v", method, path, err)
		return path
	}
	value, err := jsonschema.UnmarshalJSON(strings.NewReader(text))
	if err == nil {
		err = schema.Validate(value)
	}
	if err != nil {
		t.Errorf("%s %s: %s: %v", method, path, text, err)
	}
	return path
}

// A page of another origin, or one whose name was bent to this machine, gets
// nothing and changes nothing; nor does who has no token.
func TestGuard(t *testing.T) {
	s := start(t, "", nil)
	s.schedule(t, "anna")
	local := strings.TrimPrefix(s.url, "http://")
	for _, c := range []struct {
		headers []string
		code    int
	}{
		{nil, 204},
		{[]string{"Origin", s.url}, 204},
		{[]string{"Origin", "http://evil.example"}, 403},
		{[]string{"Origin", "null"}, 403},
		{[]string{"Origin", "http://127.0.0.1:1"}, 403},
		{[]string{"Host", "evil.example"}, 403},
		{[]string{"Host", "evil.example:8030", "Origin", "http://evil.example:8030"}, 403},
		{[]string{"Host", "localhost:1"}, 204},
		{[]string{"Host", "[::1]:8030"}, 204},
		{[]string{"Sec-Fetch-Site", "cross-site"}, 403},
	} {
		if code, text := s.call(t, "/api/v1/reset", "{}", c.headers...); code != c.code {
			t.Errorf("%v at %s: %d %s: want %d", c.headers, local, code, text, c.code)
		}
	}
	if code, _ := s.call(t, service.SchedulePath, scheduled("ben"), "Origin", "http://evil.example"); code != 403 {
		t.Errorf("a scheduling call of another origin: %d", code)
	}

	remote := start(t, "", func(c *serve.Config) { c.Loopback, c.APIToken = false, "t0ken" })
	for _, c := range []struct {
		path    string
		headers []string
		code    int
	}{
		{"/", nil, 401}, {"/assets/console.js", nil, 401}, {"/api/v1/messages", nil, 401}, {"/api/v1/openapi.json", nil, 401},
		{"/api/v1/messages", []string{"Authorization", "Bearer wrong"}, 401}, {"/?token=wrong", nil, 401},
		{"/api/v1/messages?token=t0ken", nil, 401},
		{"/api/v1/messages", []string{"Authorization", "Bearer t0ken", "Host", "ctxpush:8030"}, 200},
		{"/?token=t0ken", nil, 303}, {"/", []string{"Cookie", "ctxpush_api_token=t0ken"}, 200},
	} {
		if code, text := remote.call(t, c.path, "", c.headers...); code != c.code {
			t.Errorf("%s %v: %d %s: want %d", c.path, c.headers, code, text, c.code)
		}
	}
	if _, err := serve.Handler(serve.Config{Service: remote.Service, CancelPath: "/c"}); err == nil {
		t.Error("an address beyond loopback needs no token")
	}
}

// A receiver that goes by the last arrival differs once entries are reversed.
func TestVerdict(t *testing.T) {
	for mutant, want := range map[string]bool{"": true, "last-arrival-wins": false} {
		t.Run(mutant, func(t *testing.T) {
			s := start(t, mutant, nil)
			s.call(t, "/api/v1/hold", "{}")
			s.schedule(t, "anna")
			s.call(t, "/api/v1/open", key("anna"))
			var queue struct{ Entries []struct{ Entry string } }
			_, text := s.call(t, "/api/v1/queue", "")
			if err := json.Unmarshal([]byte(text), &queue); err != nil {
				t.Fatal(err)
			}
			var reversed []string
			for _, e := range queue.Entries {
				reversed = append([]string{e.Entry}, reversed...)
			}
			body, err := json.Marshal(map[string]any{"entries": reversed, "batch": 1})
			if err != nil {
				t.Fatal(err)
			}
			if code, text := s.call(t, "/api/v1/release", string(body)); code != 200 {
				t.Fatalf("%d %s", code, text)
			}
			var v serve.Verdict
			_, text = s.call(t, "/api/v1/verdict?wait=20s", "")
			var seen serve.States
			if _, text := s.call(t, "/api/v1/messages/1/states", ""); json.Unmarshal([]byte(text), &seen) != nil || !seen.Arrived ||
				slices.ContainsFunc(seen.States, func(s serve.StateSeen) bool { return s.What != "" }) == want {
				t.Errorf("%s: want states that differ: %v", text, !want)
			}
			if err := json.Unmarshal([]byte(text), &v); err != nil || v.OK != want || v.Checked == 0 || v.Pending != 0 || want == (len(v.Differ) > 0) {
				t.Errorf("%s (%v): want ok %v", text, err, want)
			}
		})
	}
}

// What was held, reversed and released, or is held still, is exported as the
// scenario that shows the mistake again; a lost acknowledgement is a batch that
// comes twice.
func TestExport(t *testing.T) {
	s := start(t, "last-arrival-wins", nil)
	if code, text := s.call(t, "/api/v1/export", ""); code != 404 || !strings.Contains(text, "no message yet") {
		t.Errorf("%d %s", code, text)
	}
	if err := s.SetDevices(t.Context(), "anna", []service.Device{{Token: "phone"}}); err != nil {
		t.Fatal(err)
	}
	s.call(t, "/api/v1/hold", "{}")
	s.schedule(t, "anna")
	s.call(t, "/api/v1/open", key("anna"))
	steps := func(path string, want ...string) {
		t.Helper()
		code, text := s.call(t, path, "")
		check, err := scenarios.Parse("m.yaml", "user/m", []byte(text))
		if code != 200 || err != nil {
			t.Fatalf("%s: %d %v\n%s", path, code, err, text)
		}
		var got []string
		for _, step := range check.Scenarios[0].Steps {
			got = append(got, step.String())
		}
		if !slices.Equal(got, want) || len(check.Scenarios[0].Expect) == 0 || check.Scenarios[0].Expect[0].Status != "opened" {
			t.Errorf("%s: %q: want %q\n%s", path, got, want, text)
		}
	}
	steps("/api/v1/export?message=1", "batch: [m.pending, m.delivered, m.opened]")
	steps("/api/v1/export?entry=1.2,1.0,1.1&batch=2&title=mine", "batch: [m.opened, m.pending]", "batch: [m.delivered]")
	s.call(t, "/api/v1/faults", `{"duplicate":0,"reorder":0,"drop":0,"lost-ack":0,"slow":0,"reset":0,"lose_next_ack":true}`)
	s.call(t, "/api/v1/release", `{"entries":["1.2","1.1","1.0"],"batch":1}`)
	s.call(t, "/api/v1/clock", `{"by":"1m"}`)
	s.call(t, "/api/v1/verdict?wait=20s", "")
	steps("/api/v1/export", "batch: [m.opened]", "batch: [m.delivered]", "batch: [m.pending]", "batch: [m.opened]")
	s.call(t, "/api/v1/resend", `{"requests":[["1.0"]]}`)
	s.call(t, "/api/v1/verdict?wait=20s", "")
	if _, text := s.call(t, "/api/v1/export", ""); !strings.Contains(text, `found: "delivery_status is pending: want opened"`) {
		t.Errorf("%s\nwant a counterexample, which is mended or not", text)
	}
}

// A thousand idle readers of the stream, and one that reads nothing, hold nobody
// up; each learns of the next change.
func TestEvents(t *testing.T) {
	s := start(t, "", nil)
	const readers = 1000
	var ready, told sync.WaitGroup
	client := &http.Client{Transport: &http.Transport{MaxConnsPerHost: 0}}
	defer client.CloseIdleConnections()
	for i := range readers {
		ready.Add(1)
		told.Go(func() {
			q, _ := http.NewRequestWithContext(t.Context(), "GET", s.url+"/api/v1/events", nil)
			a, err := client.Do(q)
			if err != nil {
				t.Error(err)
				ready.Done()
				return
			}
			defer a.Body.Close()
			lines := bufio.NewScanner(a.Body)
			lines.Scan()
			ready.Done()
			if i == 0 {
				return // it reads nothing more
			}
			for lines.Scan() {
				if strings.HasPrefix(lines.Text(), "event: message") {
					return
				}
			}
			t.Errorf("reader %d was not told: %v", i, lines.Err())
		})
	}
	ready.Wait()
	s.schedule(t, "anna")
	told.Wait()

	code, text := 0, bytes.Buffer{}
	q, _ := http.NewRequestWithContext(t.Context(), "GET", s.url+"/api/v1/events", nil)
	q.Header.Set("Last-Event-ID", "999999")
	a, err := client.Do(q)
	if err != nil {
		t.Fatal(err)
	}
	defer a.Body.Close()
	code = a.StatusCode
	for !strings.Contains(text.String(), "event: gap") {
		if _, err := io.CopyN(&text, a.Body, 1); err != nil {
			t.Fatalf("%d %s %v: want a gap for who knows of events that never were", code, &text, err)
		}
	}
}
