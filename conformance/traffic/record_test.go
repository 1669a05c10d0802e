package traffic

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
)

const secret = "q7Zr-w0rd+42/x"

// Webhooks pass through as they are, and neither the secret nor any other
// credential is in the file, wherever it stood.
func TestRecorder(t *testing.T) {
	var mu sync.Mutex
	var got []string
	app := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, q *http.Request) {
		body, _ := io.ReadAll(q.Body)
		mu.Lock()
		got = append(got, fmt.Sprintf("%s %s %s %s", q.Method, q.URL, q.Header.Get("x-ctx-secret"), body))
		mu.Unlock()
		w.Header().Set("Set-Cookie", "session=c00kie-value")
		w.Header().Set("X-Echo", q.Header.Get("x-ctx-secret"))
		w.WriteHeader(http.StatusAccepted)
		fmt.Fprintf(w, "took %s", q.Header.Get("x-ctx-secret"))
	}))
	defer app.Close()
	name := filepath.Join(t.TempDir(), "traffic.jsonl")
	file, err := Append(name)
	if err != nil {
		t.Fatal(err)
	}
	to, _ := url.Parse(app.URL + "/app/")
	r := &Recorder{Forward: to, Keep: file.Keep, Hide: []string{"x-tenant-key"}, Failed: func(err error) { t.Error(err) }}
	proxy := httptest.NewServer(r)
	defer proxy.Close()

	send := func(method, path, body string, headers ...string) (int, string) {
		q, err := http.NewRequest(method, proxy.URL+path, strings.NewReader(body))
		if err != nil {
			t.Fatal(err)
		}
		for i := 0; i < len(headers); i += 2 {
			q.Header[headers[i]] = []string{headers[i+1]}
		}
		a, err := http.DefaultClient.Do(q)
		if err != nil {
			t.Fatal(err)
		}
		defer a.Body.Close()
		text, _ := io.ReadAll(a.Body)
		return a.StatusCode, string(text)
	}
	bodies := []string{`[{"n": 1.0, "s": "ü\u00fc <&>"}]`, "\xff\xfe no text", `["` + secret + `"]`}
	for i, body := range bodies {
		code, text := send("POST", fmt.Sprintf("/hook?n=%d", i), body, "x-CTX-secret", secret, "Authorization", "Bearer t0ken-value",
			"X-Tenant-Key", "tenant-value", "X-Other", "stays")
		if code != http.StatusAccepted || text != "took "+secret {
			t.Errorf("%d %s: want the receiver's own answer", code, text)
		}
		if want := fmt.Sprintf("POST /app/hook?n=%d %s %s", i, secret, body); got[i] != want {
			t.Errorf("the receiver got %q: want %q", got[i], want)
		}
	}
	send("GET", "/hook", "")
	if err := file.Close(); err != nil {
		t.Fatal(err)
	}
	text, err := os.ReadFile(name)
	if err != nil {
		t.Fatal(err)
	}
	for _, hidden := range []string{secret, "t0ken-value", "c00kie-value", "tenant-value"} {
		if strings.Contains(string(text), hidden) {
			t.Errorf("the file shows %s:\n%s", hidden, text)
		}
	}
	if info, err := os.Stat(name); err != nil || info.Mode().Perm() != 0o600 {
		t.Errorf("%v, %v: want a file for its owner alone", info.Mode(), err)
	}
	var lines []*Line
	if _, err := Read(name, func(l *Line) error { lines = append(lines, l); return nil }); err != nil {
		t.Fatal(err)
	}
	if len(lines) != len(bodies) {
		t.Fatalf("%d lines: want %d, of webhooks alone", len(lines), len(bodies))
	}
	for i, l := range lines[:2] {
		if string(l.Body) != bodies[i] || l.Answer.Status != http.StatusAccepted || string(l.Answer.Body) != "took "+blank ||
			l.Headers["X-Other"][0] != "stays" || l.Answer.DurationMS <= 0 || l.Path != fmt.Sprintf("/hook?n=%d", i) {
			t.Errorf("line %d: %+v %+v", i, l, l.Answer)
		}
	}
	if kept, lost := r.Kept(); kept != 3 || lost != 0 {
		t.Errorf("%d kept, %d lost", kept, lost)
	}
}

// What can't be kept is told and passed on; a receiver that is away is told, too,
// and kept.
func TestRecorderFailures(t *testing.T) {
	app := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) {}))
	to, _ := url.Parse(app.URL)
	var told []string
	var kept []*Line
	full := errors.New("no space left on device")
	keep := func(*Line) error { return full }
	r := &Recorder{Forward: to, Failed: func(err error) { told = append(told, err.Error()) }, Keep: func(l *Line) error { return keep(l) }}
	send := func(body string) int {
		w := httptest.NewRecorder()
		r.ServeHTTP(w, httptest.NewRequest("POST", "/hook", strings.NewReader(body)))
		return w.Code
	}
	if code := send("[]"); code != 200 || len(told) != 1 || !strings.Contains(told[0], "no space left") {
		t.Errorf("%d, told %q", code, told)
	}
	keep = func(l *Line) error { kept = append(kept, l); return nil }
	if code := send(strings.Repeat("x", MaxBody+1)); code != 200 || len(kept) != 0 || len(told) != 2 {
		t.Errorf("a body that is too long: %d, kept %d, told %q", code, len(kept), told)
	}
	app.Close()
	if code := send("[]"); code != http.StatusBadGateway || len(kept) != 1 || kept[0].Answer.Status != 0 || kept[0].Answer.Error == "" || len(told) != 3 {
		t.Errorf("a receiver that is away: %d, kept %+v, told %q", code, kept, told)
	}
	if n, lost := r.Kept(); n != 1 || lost != 2 {
		t.Errorf("%d kept, %d lost", n, lost)
	}
}

// A recording is gone on with behind its last whole line.
func TestAppend(t *testing.T) {
	name := filepath.Join(t.TempDir(), "t.jsonl")
	whole := strings.Repeat(`{"time":"2025-02-07T15:20:40Z","method":"POST","body":"`+strings.Repeat("x", 70_000)+`"}`+"\n", 2)
	for _, c := range []struct {
		before string
		cut    bool
		want   string
	}{{"", false, ""}, {whole, false, whole}, {whole + whole[:100], true, whole}, {whole[:80], true, ""}} {
		if err := os.WriteFile(name, []byte(c.before), 0o600); err != nil {
			t.Fatal(err)
		}
		f, err := Append(name)
		if err != nil || f.CutOff != c.cut {
			t.Fatalf("%v, cut off %v: want %v", err, f.CutOff, c.cut)
		}
		if err := f.Keep(&Line{Method: "POST", Body: Text("<1>")}); err != nil {
			t.Fatal(err)
		}
		if err := f.Close(); err != nil {
			t.Fatal(err)
		}
		text, _ := os.ReadFile(name)
		last, ok := bytes.CutPrefix(text, []byte(c.want))
		if !ok || !bytes.Contains(last, []byte(`"body":"<1>"`)) || bytes.Count(last, []byte("\n")) != 1 {
			t.Errorf("%.100q … %.100q: want the whole lines and one more", text, last)
		}
		if err := f.Keep(&Line{}); err == nil {
			t.Error("a closed recording takes a line")
		}
	}
	if _, err := Append(filepath.Join(name, "x")); err == nil || strings.Contains(err.Error(), "\n") {
		t.Errorf("%v: want one line", err)
	}
}
