package report_test

import (
	"bytes"
	"io"
	"reflect"
	"strings"
	"testing"

	"github.com/ctxpush/ctxpush/conformance/report"
	"github.com/ctxpush/ctxpush/conformance/report/attest"
	"github.com/ctxpush/ctxpush/conformance/report/badge"
	"github.com/ctxpush/ctxpush/conformance/report/ci"
	"github.com/ctxpush/ctxpush/conformance/report/html"
	"github.com/ctxpush/ctxpush/conformance/report/terminal"
)

func TestReadErrors(t *testing.T) {
	for _, c := range []struct{ name, in, want string }{
		{"nothing", "", `report: it is empty: want a report of schema "ctxpush.report/v1"`},
		{"HTML", "<html>", "report: line 1 is not JSON: invalid character '<' looking for beginning of value"},
		{"cut off", "{\n\"schema\":\n", "report: line 3 is not JSON: unexpected end of JSON input"},
		{"two values", `{"schema":"ctxpush.report/v1"} {}`, "report: line 1 is not JSON: invalid character '{' after top-level value"},
		{"an array", "[]", "report: it is a JSON array: want an object"},
		{"no schema", "{}", `report: schema is missing: want "ctxpush.report/v1"`},
		{"null", "null", `report: schema is missing: want "ctxpush.report/v1"`},
		{"another schema", `{"schema":"ctxpush.load/v1"}`, `report: schema is "ctxpush.load/v1": want "ctxpush.report/v1"`},
		{"a later schema", `{"schema":"ctxpush.report/v2","result":7}`, `report: schema is "ctxpush.report/v2": want "ctxpush.report/v1"`},
		{"a wrong type", `{"schema":"ctxpush.report/v1","summary":{"passed":"2"}}`, "report: summary.passed is a JSON string: want a whole number"},
		{"an object for an array", `{"schema":"ctxpush.report/v1","checks":{}}`, "report: checks is a JSON object: want an array"},
		{"no time", `{"schema":"ctxpush.report/v1","started":"today"}`, `report: parsing time "today" as "2006-01-02T15:04:05Z07:00": cannot parse "today" as "2006"`},
		{"a year too far", `{"schema":"ctxpush.report/v1","result":"pass","started":"9999-12-31T23:59:59-01:00"}`, "report: started is in the year 10000 in UTC: want 0 to 9999"},
		{"no result", `{"schema":"ctxpush.report/v1"}`, `report: result is "": want pass, fail, error or interrupted`},
		{"a check without id", `{"schema":"ctxpush.report/v1","result":"pass","checks":[{}]}`, "report: checks[0].id is empty: want a check's id"},
		{"a check twice", `{"schema":"ctxpush.report/v1","result":"pass","checks":[{"id":"a/b","level":"required","result":"pass"},{"id":"a/b"}]}`, `report: check "a/b" is there twice: want each once`},
		{"no level", `{"schema":"ctxpush.report/v1","result":"pass","checks":[{"id":"a/b","result":"pass"}]}`, `report: check "a/b": level is "": want required or recommended`},
		{"no verdict", `{"schema":"ctxpush.report/v1","result":"pass","checks":[{"id":"a/b","level":"required","result":"ok"}]}`, `report: check "a/b": result is "ok": want pass, fail, waived, skipped or error`},
	} {
		t.Run(c.name, func(t *testing.T) {
			_, err := report.Read(strings.NewReader(c.in))
			if err == nil || err.Error() != c.want {
				t.Errorf("got  %v\nwant %s", err, c.want)
			}
		})
	}
}

func TestReadIgnoresWhatALaterVersionAdded(t *testing.T) {
	r, err := report.Read(strings.NewReader(`{"schema":"ctxpush.report/v1","result":"pass","weather":{"sun":true},
		"checks":[{"id":"a/b","level":"required","result":"pass","mood":1}]}`))
	if err != nil || len(r.Checks) != 1 || r.Checks[0].ID != "a/b" {
		t.Errorf("got %+v, %v", r, err)
	}
}

func FuzzRead(f *testing.F) {
	for _, r := range []report.Report{build(), build(sampleEvents()...)} {
		var b bytes.Buffer
		if err := report.JSON(&b, r); err != nil {
			f.Fatal(err)
		}
		f.Add(b.Bytes())
	}
	f.Add([]byte(`{"schema":"ctxpush.report/v1","result":"pass","started":"9999-12-31T23:59:59-01:00"}`))
	f.Add([]byte("{\"schema\":\"ctxpush.report/v1\",\"result\":\"fail\",\"checks\":[{\"id\":\"a\",\"level\":\"required\",\"result\":\"fail\",\"failures\":[{\"got\":{\"content\":\"\xff\\u0000\"}}]}]}"))
	f.Fuzz(func(t *testing.T, data []byte) {
		r, err := report.Read(bytes.NewReader(data))
		if err != nil {
			if msg := err.Error(); strings.ContainsAny(msg, "\n\x1b") || len(msg) > 1000 {
				t.Fatalf("not one clear line: %q", msg)
			}
			return
		}
		var stored, again, out bytes.Buffer
		if err := report.JSON(&stored, r); err != nil {
			t.Fatal(err)
		}
		s, err := report.Read(bytes.NewReader(stored.Bytes()))
		if err != nil || !reflect.DeepEqual(r, s) {
			t.Fatalf("reads back as %+v, %v, was %+v", s, err, r)
		}
		if err := report.JSON(&again, s); err != nil || !bytes.Equal(stored.Bytes(), again.Bytes()) {
			t.Fatalf("writes again as\n%s, %v, was\n%s", again.Bytes(), err, stored.Bytes())
		}
		if err := terminal.Write(&out, r, terminal.Options{}); err != nil {
			t.Fatal(err)
		}
		if err := inoffensive(out.String()); err != nil {
			t.Fatal(err)
		}
		if err := inertMarkdown(markdown(t, r)); err != nil {
			t.Fatal(err)
		}
		for _, render := range []func(io.Writer, report.Report) error{ci.Annotations, attest.Write, badge.Write} {
			if err := render(io.Discard, r.Since(s)); err != nil {
				t.Fatal(err)
			}
		}
		out.Reset()
		if err := html.Write(&out, r); err != nil {
			t.Fatal(err)
		}
		if err := harmless(out.Bytes()); err != nil {
			t.Fatal(err)
		}
		out.Reset()
		if err := ci.JUnit(&out, r); err != nil {
			t.Fatal(err)
		}
		if _, err := readJUnit(out.Bytes()); err != nil {
			t.Fatal(err)
		}
	})
}
