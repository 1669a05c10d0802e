package main

import (
	"encoding/hex"
	"io"
	"net/http"
	"net/http/httptest"
	"net/http/httputil"
	"net/url"
	"regexp"
	"strings"
	"sync"
	"testing"

	"github.com/ctxpush/ctxpush/fixtures/reference"
	collected "go.opentelemetry.io/proto/otlp/collector/trace/v1"
	trace "go.opentelemetry.io/proto/otlp/trace/v1"
	"google.golang.org/protobuf/proto"
)

// collector takes spans as a collector does.
type collector struct {
	*httptest.Server
	mu    sync.Mutex
	spans []*trace.Span
}

func newCollector(t *testing.T) *collector {
	t.Helper()
	c := &collector{}
	c.Server = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, err := io.ReadAll(r.Body)
		var request collected.ExportTraceServiceRequest
		if err == nil {
			err = proto.Unmarshal(body, &request)
		}
		if err != nil || r.URL.Path != "/v1/traces" {
			t.Errorf("%s: %v", r.URL, err)
		}
		c.mu.Lock()
		defer c.mu.Unlock()
		for _, of := range request.ResourceSpans {
			for _, s := range of.ScopeSpans {
				c.spans = append(c.spans, s.Spans...)
			}
		}
	}))
	t.Cleanup(c.Close)
	return c
}

// traced is a reference receiver behind a server that keeps the traceparents.
func traced(t *testing.T) (base string, parents func() []string) {
	t.Helper()
	behind, err := url.Parse(actionReceiver(t, reference.Options{}))
	if err != nil {
		t.Fatal(err)
	}
	handler := httputil.NewSingleHostReverseProxy(behind)
	var mu sync.Mutex
	var seen []string
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.Method == http.MethodPost && r.URL.Path == "/webhook" {
			mu.Lock()
			seen = append(seen, r.Header.Get("traceparent"))
			mu.Unlock()
		}
		handler.ServeHTTP(w, r)
	}))
	t.Cleanup(server.Close)
	return server.URL, func() []string {
		mu.Lock()
		defer mu.Unlock()
		return seen
	}
}

func TestCertifyIsTraced(t *testing.T) {
	for _, asked := range []bool{false, true} {
		c := newCollector(t)
		base, parents := traced(t)
		flags := []string{"--otel", c.URL, "--secret", exampleSecret}
		if asked {
			flags = append(flags, "--traceparent")
		}
		args, _ := certifying(t, []string{"--url", base}, append(twoOrders, flags...)...)
		ctxpush(t, exitOK, args...)
		ids := map[string]bool{}
		counts := map[string]int{}
		for _, s := range c.spans {
			word, _, _ := strings.Cut(s.Name, " ")
			counts[word]++
			ids[hex.EncodeToString(s.TraceId)+"-"+hex.EncodeToString(s.SpanId)] = true
		}
		if counts["certify"] != 1 || counts["order/late-pending"] != 1 || counts["scenario"] < 2 || counts["POST"] < 4 {
			t.Errorf("spans %v", counts)
		}
		known := 0
		for _, p := range parents() {
			m := regexp.MustCompile(`^00-([0-9a-f]{32}-[0-9a-f]{16})-01$`).FindStringSubmatch(p)
			switch {
			case !asked && p != "":
				t.Errorf("a traceparent that nobody asked for: %q", p)
			case p != "" && m == nil:
				t.Errorf("traceparent %q", p)
			case m != nil && ids[m[1]]: // those of the first steps are of no check
				known++
			}
		}
		if asked && known != counts["POST"] {
			t.Errorf("%d requests name a span, of %d spans of attempts", known, counts["POST"])
		}
	}
}

// A collector that is not there is told of, and fails nothing.
func TestCertifyWithoutItsCollector(t *testing.T) {
	args, _ := certifying(t, nil, append(twoOrders, "--otel", "http://127.0.0.1:1")...)
	if _, stderr := ctxpush(t, exitOK, args...); !strings.Contains(stderr, "ctxpush: --otel http://127.0.0.1:1: ") {
		t.Errorf("got %s", stderr)
	}
	for _, flags := range [][]string{{"--traceparent"}, {"--otel", "here"}} {
		args, _ := certifying(t, nil, flags...)
		if _, stderr := ctxpush(t, exitMistake, args...); !strings.Contains(stderr, "http://127.0.0.1:4318") && !strings.Contains(stderr, "want --otel URL") {
			t.Errorf("%v: got %s", flags, stderr)
		}
	}
}
