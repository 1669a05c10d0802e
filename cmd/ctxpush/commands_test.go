package main

import (
	"encoding/json"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/ctxpush/ctxpush/conformance"
	"github.com/ctxpush/ctxpush/conformance/config"
	"github.com/ctxpush/ctxpush/conformance/event"
	"github.com/ctxpush/ctxpush/conformance/report"
	"github.com/ctxpush/ctxpush/scenarios"
)

func TestSchema(t *testing.T) {
	for name, want := range map[string][]byte{"receiver": config.Schema(), "scenario": scenarios.Schema(), "report": report.JSONSchema()} {
		out, _ := ctxpush(t, exitOK, "schema", name)
		if out != string(want) || !json.Valid([]byte(out)) {
			t.Errorf("%s: got %d bytes, which are not the schema", name, len(out))
		}
	}
}

// Each schema has an address of its own.
func TestSchemasHaveAnID(t *testing.T) {
	seen := map[string]string{}
	for _, f := range schemas {
		var doc struct {
			ID string `json:"$id"`
		}
		if err := json.Unmarshal(f.text(), &doc); err != nil || !strings.HasSuffix(doc.ID, "/"+f.name+".schema.json") {
			t.Errorf("%s: $id %q (%v): want the file's address", f.name, doc.ID, err)
		}
		if other, twice := seen[doc.ID]; twice {
			t.Errorf("%s has the $id of %s", f.name, other)
		}
		seen[doc.ID] = f.name
	}
}

func TestVersion(t *testing.T) {
	out, _ := ctxpush(t, exitOK, "version")
	if !regexp.MustCompile(`^ctxpush \S+ \w+/\w+ go\S+.*\n$`).MatchString(out) {
		t.Errorf("got %q", out)
	}
	if flag, _ := ctxpush(t, exitOK, "--version"); flag != out {
		t.Errorf("--version prints %q, version %q", flag, out)
	}
}

func TestChecks(t *testing.T) {
	checks, err := conformance.Checks(conformance.Config{})
	if err != nil {
		t.Fatal(err)
	}
	out, _ := ctxpush(t, exitOK, "checks")
	asJSON, _ := ctxpush(t, exitOK, "checks", "--json")
	for _, c := range checks {
		if !regexp.MustCompile(`(?m)^` + regexp.QuoteMeta(c.ID) + ` +` + string(c.Level) + ` `).MatchString(out) {
			t.Errorf("%s is not listed", c.ID)
		}
		if !strings.Contains(asJSON, `"`+c.ID+`"`) {
			t.Errorf("%s is not in the JSON", c.ID)
		}
	}
	if !json.Valid([]byte(asJSON)) {
		t.Errorf("no JSON: %s", asJSON)
	}
}

func TestSendDryRun(t *testing.T) {
	args := []string{"send", "--dry-run", "--seed", "7", "--epoch", "2026-11-23T00:00:00Z", "--messages", "3", "--batch", "2", "--status", "pending,cancelled"}
	out, _ := ctxpush(t, exitOK, args...)
	again, _ := ctxpush(t, exitOK, args...)
	if out != again {
		t.Error("the same seed makes other requests")
	}
	if got := strings.Count(out, "POST /webhook HTTP/1.1\r\n"); got != 4 {
		t.Errorf("%d requests: want 4, of two entries and one for each status", got)
	}
	if got := strings.Count(out, `"delivery_status":"cancelled"`); got != 3 {
		t.Errorf("%d cancelled entries: want 3", got)
	}
	if got := strings.Count(out, `"device_token":`); got != 3 {
		t.Errorf("%d device tokens: want 3, none on cancelled", got)
	}
	other, _ := ctxpush(t, exitOK, append(args, "--seed", "8")...)
	if out == other {
		t.Error("another seed makes the same requests")
	}
	secret, _ := ctxpush(t, exitOK, append(args, "--secret", "s3cret-of-the-test")...)
	if secret != out {
		t.Errorf("the secret shows, or takes its variable's place:\n%s", secret)
	}
}

// certifyOwn certifies with the user's scenarios alone, and reads the report.
func certifyOwn(t *testing.T, code int, scenarios string, flags ...string) report.Report {
	t.Helper()
	dir := filepath.Join(t.TempDir(), "report")
	ctxpush(t, code, append([]string{"certify", "--built-in", "--scenarios", scenarios, "--focus", "user", "--settle", "20ms", "--report-dir", dir}, flags...)...)
	f, err := os.Open(filepath.Join(dir, "report.json"))
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	r, err := report.Read(f)
	if err != nil {
		t.Fatal(err)
	}
	return r
}

func TestCertifyPlaysTheUsersScenarios(t *testing.T) {
	folder := filepath.Dir(write(t, "late.yaml", late))
	rewrite(t, filepath.Join(folder, "more", "counter.yml"), counterexample)
	r := certifyOwn(t, exitOK, folder)
	if r.Result != report.Pass || len(r.Checks) != 2 || r.Checks[0].ID != "user/late" || r.Checks[1].ID != "user/more/counter" {
		t.Errorf("result %s of %+v", r.Result, r.Checks)
	}
}

func TestCertifyKeepsTheTracesThatAreAskedFor(t *testing.T) {
	file := write(t, "late.yaml", late)
	if r := certifyOwn(t, exitOK, file); len(r.Checks[0].Scenarios) != 0 {
		t.Errorf("what passed is traced: %+v", r.Checks[0].Scenarios)
	}
	r := certifyOwn(t, exitOK, file, "--traces", "all")
	if got := r.Checks[0].Scenarios; len(got) != 1 || got[0].Trace == nil || len(got[0].Trace.Steps) == 0 {
		t.Errorf("--traces all keeps %+v", got)
	}
}

func TestCertifyFailsByTheUsersScenarios(t *testing.T) {
	wrong := strings.Replace(late, "expect: {m: opened}", "expect: {m: delivered}", 1)
	r := certifyOwn(t, exitFellShort, write(t, "wrong.yaml", wrong))
	if r.Result != report.Fail || r.Checks[0].Result != event.Fail {
		t.Errorf("required: result %s of %+v", r.Result, r.Checks)
	}
	r = certifyOwn(t, exitOK, write(t, "wrong.yaml", "level: recommended\n"+wrong))
	if r.Result != report.Pass || r.Checks[0].Result != event.Fail {
		t.Errorf("recommended: result %s of %+v", r.Result, r.Checks)
	}
	certifyOwn(t, exitFellShort, write(t, "wrong.yaml", "level: recommended\n"+wrong), "--level", "recommended")
}
