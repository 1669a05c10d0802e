package traffic

import (
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"testing"
	"time"

	"github.com/ctxpush/ctxpush/mocksender"
)

var noon = time.Date(2025, 2, 7, 12, 0, 0, 0, time.UTC)

// change is an entry of a message, so long after noon.
func change(key, device string, s mocksender.DeliveryStatus, after time.Duration) mocksender.Event {
	e := mocksender.Event{
		DeviceToken: device, UserID: "user-" + key, CampaignID: "spring", IdempotencyKey: key, DeliveryStatus: s,
		DeliveryMethod: mocksender.ContextAware, PlannedDeliveryMethod: mocksender.ContextAware,
		Timestamp: noon.Add(after), Content: json.RawMessage(`{"title":"Hi","n":17}`),
	}
	if s == mocksender.Cancelled {
		e.DeliveryMethod = mocksender.MethodCancelled
	}
	return e
}

// line is a recorded request of the entries.
func line(at time.Duration, events ...mocksender.Event) string {
	l := Line{Time: noon.Add(at), Method: "POST", Path: "/webhook", Body: mocksender.AppendEvents(nil, events), Answer: &Answer{Status: 200}}
	text, err := json.Marshal(l)
	if err != nil {
		panic(err)
	}
	return string(text) + "\n"
}

func file(t testing.TB, text string) string {
	t.Helper()
	name := filepath.Join(t.TempDir(), "traffic.jsonl")
	if err := os.WriteFile(name, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	return name
}

func TestRead(t *testing.T) {
	one := line(0, change("a", "t", mocksender.Pending, 0))
	entry := func(method, started, post string) string {
		return fmt.Sprintf(`{"startedDateTime":%q,"time":12.5,"request":{"method":%q,"url":"https://x.test/hook?a=1","headers":[{"name":"X-A","value":"b"}],"headersSize":-1,"bodySize":-1%s},
			"response":{"status":200,"content":{"size":2,"mimeType":"text/plain","text":"ok"}}}`, started, method, post)
	}
	post := `,"postData":{"mimeType":"application/json","text":"[1]"}`
	har := func(entries ...string) string {
		return "\ufeff" + ` {"log": {"version":"1.2","creator":{"name":"x"},"entries":[` + strings.Join(entries, ",") + `],"pages":[]}}`
	}
	for _, c := range []struct {
		name, text string
		want       Reading
		err        string
	}{
		{"lines", one + "\n" + one, Reading{Requests: 2}, ""},
		{"no newline at the end", strings.TrimSuffix(one, "\n"), Reading{Requests: 1}, ""},
		{"cut off", one + one[:len(one)/2], Reading{Requests: 1, CutOff: 2}, ""},
		{"cut off within a rune", one + `{"time":"2025-02-07T12:00:00Z","body":"` + "\xc3", Reading{Requests: 1, CutOff: 2}, ""},
		{"broken in the middle", one + one[:20] + "\n" + one, Reading{Requests: 1}, ":2: is no line of a recording"},
		{"broken at the end, with a newline", one + one[:20] + "\n", Reading{Requests: 1}, ":2: is no line of a recording"},
		{"no time", "{}\n", Reading{}, ":1: time is missing"},
		{"other requests", `{"time":"2025-02-07T12:00:00Z","method":"GET","body":""}` + "\n" + one, Reading{Requests: 1, Other: 1}, ""},
		{"nothing", "", Reading{}, ""},
		{"HAR", har(entry("POST", "2025-02-07T12:00:00.5+01:00", post), entry("GET", "2025-02-07T12:00:00Z", "")), Reading{Requests: 1, Other: 1}, ""},
		{"HAR without entries", `{"log": {}}`, Reading{}, "is no HAR file: entries is missing"},
		{"HAR, cut off", har(entry("POST", "2025-02-07T12:00:00Z", post))[:300], Reading{}, "is no HAR file"},
		{"HAR, a time", har(entry("POST", "yesterday", post)), Reading{}, `log.entries[0]: startedDateTime is "yesterday"`},
	} {
		name := file(t, c.text)
		var lines []*Line
		got, err := Read(name, func(l *Line) error { lines = append(lines, l); return nil })
		if got != c.want || len(lines) != c.want.Requests || (c.err == "") != (err == nil) || err != nil && !strings.Contains(err.Error(), c.err) {
			t.Errorf("%s: %+v, %v: want %+v, %s", c.name, got, err, c.want, c.err)
		}
		if err != nil && (!strings.HasPrefix(err.Error(), name) || strings.Contains(err.Error(), "\n")) {
			t.Errorf("%s: %v: want one line that names the file", c.name, err)
		}
		if c.name == "HAR" && (string(lines[0].Body) != "[1]" || lines[0].Path != "/hook?a=1" || lines[0].Headers["X-A"][0] != "b" ||
			!lines[0].Time.Equal(noon.Add(500*time.Millisecond-time.Hour)) || lines[0].end().Sub(lines[0].Time) != 12500*time.Microsecond) {
			t.Errorf("HAR: %+v", lines[0])
		}
	}
	if _, err := Read(filepath.Join(t.TempDir(), "none"), nil); err == nil || !strings.Contains(err.Error(), "no such file") {
		t.Errorf("no file: %v", err)
	}
}

// A recording ten times as long takes no more memory, neither to read nor to
// remember.
func TestReadingTakesNoMemory(t *testing.T) {
	peak := func(lines int) uint64 {
		var text strings.Builder
		for i := range lines {
			text.WriteString(line(time.Duration(i)*time.Second, change(fmt.Sprint("key-", i), "t", mocksender.Pending, 0)))
		}
		name := file(t, text.String())
		text.Reset()
		runtime.GC()
		var m runtime.MemStats
		runtime.ReadMemStats(&m)
		begin, most, n := m.HeapAlloc, uint64(0), 0
		r := &run{Config: Config{File: name}}
		var err error
		if r.truth, err = newTruth(); err != nil {
			t.Fatal(err)
		}
		defer r.truth.close()
		if _, err := Read(name, func(l *Line) error {
			entries, err := entriesOf(l.Body)
			if err != nil {
				return err
			}
			if n++; n%1000 == 0 {
				runtime.GC()
				runtime.ReadMemStats(&m)
				most = max(most, m.HeapAlloc-min(begin, m.HeapAlloc))
			}
			return r.truth.add(entries[0])
		}); err != nil {
			t.Fatal(err)
		}
		if size, err := r.truth.size(); err != nil || size != int64(lines) {
			t.Fatalf("%d messages, %v: want %d", size, err, lines)
		}
		return most
	}
	few, many := peak(3_000), peak(30_000)
	t.Logf("3,000 lines: %d KB, 30,000: %d KB", few>>10, many>>10)
	if many > few+4<<20 {
		t.Errorf("3,000 lines take %d bytes, 30,000 %d: want no more", few, many)
	}
}
