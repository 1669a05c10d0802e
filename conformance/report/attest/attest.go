// Package attest writes a report as an in-toto statement.
package attest

import (
	"bytes"
	"cmp"
	"crypto/sha256"
	"encoding/json"
	"fmt"
	"io"
	"net/url"
	"regexp"
	"strconv"
	"strings"
	"time"

	testresult "github.com/in-toto/attestation/go/predicates/test_result/v0"
	intoto "github.com/in-toto/attestation/go/v1"
	"google.golang.org/protobuf/encoding/protojson"
	"google.golang.org/protobuf/types/known/structpb"

	"github.com/ctxpush/ctxpush/conformance/event"
	"github.com/ctxpush/ctxpush/conformance/internal/text"
	"github.com/ctxpush/ctxpush/conformance/report"
	"github.com/ctxpush/ctxpush/conformance/report/internal/words"
)

// testResultType is the predicate's type.
const testResultType = "https://in-toto.io/attestation/test-result/v0.1"

// The results of the predicate.
const (
	attestPassed = "PASSED"
	attestWarned = "WARNED"
	attestFailed = "FAILED"
)

// Write writes r as an in-toto Statement v1 with the test-result predicate
// v0.1, unsigned. Its subject is the receiver's image by its digest. A receiver
// without an image goes by its name, and what is digested is told by the
// subject's annotation digest_of: the receiver.yaml, or else the receiver's
// description, which is the annotation description.
//
// PASSED is a run in which every check passed. WARNED is one that passed although
// a check was skipped, or waived, or is recommended and failed. Everything else
// is FAILED, a run that broke off or was interrupted too, whose checks that were
// not judged are among the warned ones.
func Write(w io.Writer, r report.Report) error {
	subject, err := subject(r)
	if err != nil {
		return fmt.Errorf("report as an attestation: %w", err)
	}
	result := testResult(r)
	tool, err := toolDescriptor(r)
	if err != nil {
		return fmt.Errorf("report as an attestation: %w", err)
	}
	result.Configuration = []*intoto.ResourceDescriptor{tool}
	if hex, ok := sha256Hex(r.Receiver.FileDigest); ok {
		result.Configuration = append(result.Configuration, &intoto.ResourceDescriptor{Name: attested(r.Receiver.File), Digest: map[string]string{"sha256": hex}})
	}
	predicate, err := structOf(result)
	if err != nil {
		return fmt.Errorf("report as an attestation: %w", err)
	}
	s := &intoto.Statement{Type: intoto.StatementTypeUri, Subject: []*intoto.ResourceDescriptor{subject}, PredicateType: testResultType, Predicate: predicate}
	if err := s.Validate(); err != nil {
		return fmt.Errorf("report as an attestation: %w", err)
	}
	raw, err := protojson.Marshal(s)
	if err != nil {
		return fmt.Errorf("report as an attestation: %w", err)
	}
	// protojson puts spaces where it likes, a different one in each build.
	var b bytes.Buffer
	if err := json.Indent(&b, raw, "", "  "); err != nil {
		return fmt.Errorf("report as an attestation: %w", err)
	}
	b.WriteByte('\n')
	if _, err := w.Write(b.Bytes()); err != nil {
		return fmt.Errorf("report as an attestation: %w", err)
	}
	return nil
}

// subject is what the run's result is about.
func subject(r report.Report) (*intoto.ResourceDescriptor, error) {
	if hex, ok := sha256Hex(r.Receiver.Digest); ok {
		return &intoto.ResourceDescriptor{Name: attested(cmp.Or(r.Receiver.Image, r.Name())), Digest: map[string]string{"sha256": hex}}, nil
	}
	about := map[string]any{"digest_of": "receiver.yaml"}
	hex, ok := sha256Hex(r.Receiver.FileDigest)
	if !ok {
		description := description(r)
		hex = fmt.Sprintf("%x", sha256.Sum256([]byte(description)))
		about = map[string]any{"digest_of": "description", "description": description}
	}
	notes, err := structpb.NewStruct(about)
	return &intoto.ResourceDescriptor{Name: attested(r.Name()), Digest: map[string]string{"sha256": hex}, Annotations: notes}, err
}

// description is what is known of a receiver that has neither an image nor a
// file, in one form. The address of a process changes with each start, so only
// that of a receiver which ran already counts.
func description(r report.Report) string {
	of := url.Values{}
	of.Set("name", r.Name())
	of.Set("kind", r.Receiver.Kind)
	of.Set("identity", r.Receiver.Identity)
	of.Set("protocol", r.Tool.Protocol)
	if r.Receiver.Kind == "url" {
		of.Set("url", r.Receiver.URL)
	}
	return of.Encode()
}

// toolDescriptor is the program that certified, with what repeats the run.
func toolDescriptor(r report.Report) (*intoto.ResourceDescriptor, error) {
	facts := map[string]any{
		"version":  attested(r.Tool.Version),
		"seed":     strconv.FormatUint(r.Tool.Seed, 10), // exact, as a string
		"epoch":    r.Tool.Epoch.Format(time.RFC3339),
		"protocol": attested(r.Tool.Protocol),
		"identity": attested(r.Receiver.Identity),
		"command":  attested(r.Command),
		"result":   string(r.Result),
		"started":  r.Started.Format(time.RFC3339),
	}
	if r.Tool.Salt != "" {
		facts["salt"] = attested(r.Tool.Salt)
	}
	notes, err := structpb.NewStruct(facts)
	return &intoto.ResourceDescriptor{
		Name:        "ctxpush",
		Uri:         "pkg:golang/github.com/ctxpush/ctxpush@" + url.PathEscape(r.Tool.Version),
		Annotations: notes,
	}, err
}

// testResult sorts the checks by how they ended.
func testResult(r report.Report) *testresult.TestResult {
	t := &testresult.TestResult{Result: attestPassed}
	for _, c := range r.Checks {
		id := attested(c.ID)
		switch {
		case c.Result == event.Pass:
			t.PassedTests = append(t.PassedTests, id)
		case c.HasFailed(event.Required):
			t.FailedTests = append(t.FailedTests, id)
		default:
			t.WarnedTests = append(t.WarnedTests, id)
		}
	}
	for _, id := range r.NotRun {
		t.WarnedTests = append(t.WarnedTests, attested(id))
	}
	switch {
	case r.Result != report.Pass:
		t.Result = attestFailed
	case len(t.WarnedTests) > 0:
		t.Result = attestWarned
	}
	return t
}

// structOf is a message as the free-form object that a statement holds.
func structOf(t *testresult.TestResult) (*structpb.Struct, error) {
	raw, err := protojson.Marshal(t)
	if err != nil {
		return nil, err
	}
	s := &structpb.Struct{}
	return s, protojson.Unmarshal(raw, s)
}

var hexDigest = regexp.MustCompile(`^[0-9a-f]{64}$`)

// sha256Hex is the digest of sha256:…; ok is false where d is none.
func sha256Hex(d string) (hex string, ok bool) {
	hex, ok = strings.CutPrefix(d, "sha256:")
	return hex, ok && hexDigest.MatchString(hex)
}

// attested is s as an attestation holds it: bounded, and valid UTF-8.
func attested(s string) string { return text.Printable(text.Clip(s, words.MaxValue)) }
