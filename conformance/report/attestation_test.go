package report_test

import (
	"bytes"
	"encoding/json"
	"slices"
	"strings"
	"testing"

	testresult "github.com/in-toto/attestation/go/predicates/test_result/v0"
	intoto "github.com/in-toto/attestation/go/v1"
	"google.golang.org/protobuf/encoding/protojson"

	"github.com/ctxpush/ctxpush/conformance/event"
	"github.com/ctxpush/ctxpush/conformance/report"
	"github.com/ctxpush/ctxpush/conformance/report/attest"
)

const someDigest = "9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08"

// statement writes the attestation and reads it back as in-toto's own library does.
func statement(t *testing.T, r report.Report) (*intoto.Statement, *testresult.TestResult) {
	t.Helper()
	var b, again bytes.Buffer
	if err := attest.Write(&b, r); err != nil {
		t.Fatal(err)
	}
	if err := attest.Write(&again, r); err != nil || !bytes.Equal(b.Bytes(), again.Bytes()) {
		t.Errorf("the same report makes other bytes: %v", err)
	}
	var s intoto.Statement
	if err := protojson.Unmarshal(b.Bytes(), &s); err != nil {
		t.Fatalf("%v, in\n%s", err, b.Bytes())
	}
	if err := s.Validate(); err != nil {
		t.Errorf("%v, in\n%s", err, b.Bytes())
	}
	raw, err := protojson.Marshal(s.Predicate)
	if err != nil {
		t.Fatal(err)
	}
	var result testresult.TestResult
	if err := protojson.Unmarshal(raw, &result); err != nil {
		t.Fatalf("%v, in\n%s", err, raw)
	}
	if len(result.Configuration) == 0 {
		t.Error("no configuration")
	}
	for _, c := range append(s.Subject, result.Configuration...) {
		if err := c.Validate(); err != nil {
			t.Errorf("%v: %v", c, err)
		}
	}
	// The members' names are the specification's.
	var doc map[string]any
	if err := json.Unmarshal(b.Bytes(), &doc); err != nil {
		t.Fatal(err)
	}
	if doc["_type"] != "https://in-toto.io/Statement/v1" || doc["predicateType"] != "https://in-toto.io/attestation/test-result/v0.1" {
		t.Errorf("got %v, %v", doc["_type"], doc["predicateType"])
	}
	if p := doc["predicate"].(map[string]any); p["url"] != nil || p["result"] == nil {
		t.Errorf("predicate %v", p)
	}
	return &s, &result
}

func TestAttestationSortsTheChecks(t *testing.T) {
	_, result := statement(t, build(sampleEvents()...))
	if result.Result != "FAILED" {
		t.Errorf("result %s", result.Result)
	}
	for name, c := range map[string]struct{ got, want []string }{
		"passed": {result.PassedTests, []string{"order/reversed", "batch/100", "batch/1"}},
		"warned": {result.WarnedTests, []string{"entry/unknown-fields", "identity/key-reuse", "crash/kill", "crash/stop"}},
		"failed": {result.FailedTests, []string{"order/late-pending", "content/user-info"}},
	} {
		if !slices.Equal(c.got, c.want) {
			t.Errorf("%s: got %v, want %v", name, c.got, c.want)
		}
	}
}

func TestAttestationsResult(t *testing.T) {
	pass := verdict("a/pass", event.Pass)
	for _, c := range []struct {
		name   string
		events []event.Event
		want   string
	}{
		{"all pass", run(pass), "PASSED"},
		{"one is skipped", run(pass, verdict("a/skipped", event.Skipped)), "WARNED"},
		{"one is waived", run(pass, verdict("a/waived", event.Waived)), "WARNED"},
		{"a recommendation is not met", run(pass, verdict("recommended/one", event.Fail)), "WARNED"},
		{"one fails", run(pass, verdict("a/fail", event.Fail)), "FAILED"},
		{"one was not judged", run(pass, verdict("a/error", event.Errored)), "FAILED"},
		{"interrupted", append(run(pass)[:2], event.RunFinished{Interrupted: true}), "FAILED"},
		{"not over", run(pass)[:2], "FAILED"},
		{"nothing at all", nil, "FAILED"},
	} {
		if _, result := statement(t, build(c.events...)); result.Result != c.want {
			t.Errorf("%s: got %s, want %s", c.name, result.Result, c.want)
		}
	}
}

func TestAttestationsSubject(t *testing.T) {
	subject := func(receiver event.Receiver) *intoto.ResourceDescriptor {
		s, _ := statement(t, build(event.RunStarted{Receiver: receiver, Tool: event.Tool{Protocol: "2025"}}, event.RunFinished{}))
		if len(s.Subject) != 1 {
			t.Fatalf("%d subjects", len(s.Subject))
		}
		return s.Subject[0]
	}
	image := event.Receiver{Name: "acme", Kind: "container", Image: "acme/receiver:1.4", Digest: "sha256:" + someDigest}
	if s := subject(image); s.Name != "acme/receiver:1.4" || s.Digest["sha256"] != someDigest {
		t.Errorf("image: %v", s)
	}
	file := event.Receiver{Name: "acme", Kind: "command", URL: "http://127.0.0.1:1", File: "receiver.yaml", FileDigest: "sha256:" + someDigest}
	if s := subject(file); s.Name != "acme" || s.Digest["sha256"] != someDigest || s.Annotations.Fields["digest_of"].GetStringValue() != "receiver.yaml" {
		t.Errorf("file: %v", s)
	}
	url := event.Receiver{Name: "acme", Kind: "url", URL: "http://127.0.0.1:1", Identity: "device"}
	s := subject(url)
	if got := s.Annotations.Fields["description"].GetStringValue(); got != "identity=device&kind=url&name=acme&protocol=2025&url=http%3A%2F%2F127.0.0.1%3A1" {
		t.Errorf("url: %s", got)
	}
	url.Name = "other"
	if subject(url).Digest["sha256"] == s.Digest["sha256"] {
		t.Error("two receivers have one digest")
	}
	// A process has another port each time, and a digest that is none counts for nothing.
	one, two := event.Receiver{Name: "a", Kind: "command", URL: "http://127.0.0.1:1", Digest: "sha256:x"}, event.Receiver{Name: "a", Kind: "command", URL: "http://127.0.0.1:2"}
	if subject(one).Digest["sha256"] != subject(two).Digest["sha256"] {
		t.Error("one receiver has two digests")
	}
}

func TestAttestationOfAHostileReceiver(t *testing.T) {
	s, result := statement(t, build(hostileEvents()...))
	for _, text := range append(append(result.FailedTests, result.WarnedTests...), s.Subject[0].Name) {
		if err := inoffensive(text); err != nil || len(text) > 2000 {
			t.Errorf("%d bytes: %v", len(text), err)
		}
	}
	if !strings.Contains(strings.Join(result.WarnedTests, " "), `\u001b`) {
		t.Error("what was escaped is not marked")
	}
}
