package sqlite_test

import (
	"bufio"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"io"
	"math/rand/v2"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
	"pgregory.net/rapid"

	"github.com/ctxpush/ctxpush/mocksender"
	"github.com/ctxpush/ctxpush/mocksender/clock"
	"github.com/ctxpush/ctxpush/mocksender/service"
	"github.com/ctxpush/ctxpush/mocksender/service/sqlite"
)

// childStore is the variable that makes the test's binary a service to be killed.
const childStore = "CTXPUSH_TEST_SERVICE_STORE"

func TestMain(m *testing.M) {
	if file := os.Getenv(childStore); file != "" {
		child(file, os.Getenv("WEBHOOK"))
	}
	os.Exit(m.Run())
}

func open(t *testing.T, file string) service.Store {
	t.Helper()
	s, err := sqlite.Open(file)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = s.Close() }) // a service may have closed it
	return s
}

// The file answers as memory does, whatever is committed, and after it was
// opened again.
func TestAsMemory(t *testing.T) {
	file := filepath.Join(t.TempDir(), "store")
	disk := open(t, file)
	rapid.Check(t, func(rt *rapid.T) {
		memory := service.Memory()
		if err := disk.Commit(&service.Commit{Reset: true}); err != nil {
			rt.Fatal(err)
		}
		for i := range rapid.IntRange(1, 3).Draw(rt, "commits") {
			c := commit(rt, uint64(i*10))
			if err := errors.Join(disk.Commit(c), memory.Commit(c)); err != nil {
				rt.Fatal(err)
			}
		}
		if rapid.IntRange(0, 9).Draw(rt, "again") == 9 {
			if err := disk.Close(); err != nil {
				rt.Fatal(err)
			}
			disk = open(t, file)
		}
		if diff := cmp.Diff(view(rt, memory), view(rt, disk), cmpopts.EquateEmpty()); diff != "" {
			rt.Error(diff)
		}
	})
}

func commit(rt *rapid.T, first uint64) *service.Commit {
	at := time.Date(2026, 1, 2, 3, 4, 5, 6e6, time.UTC)
	c := &service.Commit{Reset: rapid.IntRange(0, 5).Draw(rt, "reset") == 0, Settings: service.Settings{Now: at, LastMessage: first}}
	text := rapid.SampledFrom([]string{"a", "b", "<é>&", "%_'\""})
	for i := range rapid.IntRange(0, 4).Draw(rt, "messages") {
		m := &service.Message{ID: first + uint64(i) + 1, ScheduledAt: at, DeliveryStatus: rapid.SampledFrom(mocksender.Statuses).Draw(rt, "status")}
		m.UserID, m.CampaignID, m.IdempotencyKey = text.Draw(rt, "user"), text.Draw(rt, "campaign"), text.Draw(rt, "key")
		m.Content = json.RawMessage(rapid.SampledFrom([]string{`{"a" : "<&>"}`, `{}`}).Draw(rt, "content"))
		m.Devices = []service.DeviceState{{DeviceToken: text.Draw(rt, "token"), Timestamp: at}}
		m.History = []service.Change{{Timestamp: at, Waiting: i % 2, Deliveries: []uint64{first + 1}}}
		if rapid.Bool().Draw(rt, "next") {
			m.Next = at.Add(time.Hour)
		}
		c.Messages = append(c.Messages, m)
	}
	for i := range rapid.IntRange(0, 2).Draw(rt, "deliveries") {
		c.Deliveries = append(c.Deliveries, &service.Delivery{
			ID: first + uint64(i) + 1, CreatedAt: at, Due: at, Body: json.RawMessage(`[ {"x":"<"} ]`),
			Outcome: rapid.SampledFrom([]string{service.Waiting, service.Acknowledged, service.Dropped}).Draw(rt, "outcome"),
			Entries: []service.Ref{{Message: first + 1}}, Attempts: []service.Attempt{{Number: 1, Start: at, Error: "x"}},
		})
	}
	if rapid.Bool().Draw(rt, "devices") {
		c.Devices = map[string][]service.Device{text.Draw(rt, "of"): {{Token: "t", Dead: true}}}
	}
	return c
}

// view is all that a store answers.
func view(rt *rapid.T, s service.Store) []any {
	var all []any
	keep := func(value any, err error) {
		if err != nil {
			rt.Fatal(err)
		}
		all = append(all, value)
	}
	keep(s.Settings())
	for _, text := range []string{"", "a", "<é>&", "%_'\"", "delivered"} {
		for _, q := range []service.Query{
			{Text: text}, {Text: text, Status: mocksender.Opened}, {Text: text, Before: 12}, {Text: text, Offset: 2, Limit: 3}, {Offset: 2, Limit: 3}, {Offset: 1},
			{CampaignID: text}, {UserID: text, IdempotencyKey: "a"},
		} {
			keep(s.Messages(q))
			keep(s.Count(q))
		}
		keep(s.Find(mocksender.Key{CampaignID: text, UserID: "a", IdempotencyKey: "b"}))
		devices, ok, err := s.Devices(text)
		keep([]any{devices, ok}, err)
	}
	for _, q := range []service.DeliveryQuery{{}, {Outcome: service.Waiting}, {Message: 1}, {Before: 11, Limit: 1}, {Message: 11, Outcome: service.Dropped}} {
		keep(s.Deliveries(q))
	}
	keep(s.Message(1))
	keep(s.Delivery(11))
	var steps, queued, waiting []any
	keep(nil, s.Unfinished(service.Unfinished{
		Step:     func(id uint64, at time.Time) { steps = append(steps, id, at) },
		Queued:   func(m *service.Message) { queued = append(queued, m) },
		Delivery: func(d *service.Delivery) { waiting = append(waiting, d) },
	}))
	return append(all, steps, queued, waiting)
}

func TestMistakes(t *testing.T) {
	dir := t.TempDir()
	taken := filepath.Join(dir, "taken")
	open(t, taken)
	foreign := filepath.Join(dir, "foreign")
	if err := os.WriteFile(foreign, []byte(strings.Repeat("no database ", 100)), 0o600); err != nil {
		t.Fatal(err)
	}
	for file, want := range map[string]string{
		taken:                         "another process has it open",
		foreign:                       "it is no SQLite file",
		filepath.Join(dir, "no", "x"): "want a file that can be written, in a folder that exists",
	} {
		s, err := sqlite.Open(file)
		if err == nil || !strings.HasPrefix(err.Error(), "store "+file+": ") || !strings.Contains(err.Error(), want) || strings.Contains(err.Error(), "\n") {
			t.Errorf("%s: %v: want %s", file, err, want)
		}
		if s != nil {
			_ = s.Close()
		}
	}
}

// scale is how much faster than real time the killed service lives: a batch's
// eleven attempts come within seconds.
const scale = 3600

// child is a service that schedules messages as fast as it can and prints each
// once it is acknowledged.
func child(file, webhook string) {
	store, err := sqlite.Open(file)
	if err != nil {
		fmt.Println("!", err)
		os.Exit(1)
	}
	s, err := service.New(service.Config{Webhook: webhook, Store: store, Clock: clock.Scaled(scale), OpenRate: -1})
	if err != nil {
		fmt.Println("!", err)
		os.Exit(1)
	}
	var out sync.Mutex
	for i := range 4 {
		go func() {
			for n := 0; ; n++ {
				m, err := s.Schedule(httptest.NewRequest("POST", "/", nil).Context(), request(fmt.Sprintf("%d-%d-%d", os.Getpid(), i, n)))
				out.Lock()
				if err != nil {
					fmt.Println("!", err)
				} else {
					fmt.Println(m.IdempotencyKey)
				}
				out.Unlock()
			}
		}()
	}
	select {}
}

func request(key string) service.Request {
	return service.Request{BundleID: "b", Platform: "ios", UserID: "james", CampaignID: "spring", IdempotencyKey: key,
		DeliverWithinHours: 1, Content: []byte(`{"title":"t","body":"b"}`)}
}

// kills is how often a service is killed.
var kills = flag.Int("kills", 10, "how often TestKilled kills the service")

// A service that is killed at random moments under load loses no message
// that it has acknowledged, and makes no attempt twice.
func TestKilled(t *testing.T) {
	if testing.Short() {
		t.Skip("it takes some seconds")
	}
	file := filepath.Join(t.TempDir(), "store")
	var mu sync.Mutex
	requests := map[string]int{}
	app := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, err := io.ReadAll(r.Body)
		if err != nil {
			return // killed while it was sent
		}
		mu.Lock()
		requests[string(body)]++
		mu.Unlock()
		w.WriteHeader(http.StatusServiceUnavailable)
	}))
	defer app.Close()

	var acknowledged []string
	for range *kills {
		acknowledged = append(acknowledged, kill(t, file, app.URL)...)
	}
	if len(acknowledged) < 100 {
		t.Fatalf("only %d messages were scheduled", len(acknowledged))
	}
	store := open(t, file)
	for _, key := range acknowledged {
		if m, err := store.Find(mocksender.Key{CampaignID: "spring", UserID: "james", IdempotencyKey: key}); m == nil || err != nil {
			t.Errorf("%s was acknowledged and is not there (%v)", key, err)
		}
	}
	mu.Lock()
	defer mu.Unlock()
	for body, n := range requests {
		if n > 11 {
			t.Errorf("%.60s: %d attempts: want at most 11", body, n)
		}
	}
	deliveries, err := store.Deliveries(service.DeliveryQuery{})
	if err != nil || len(deliveries) == 0 {
		t.Fatalf("%d deliveries (%v)", len(deliveries), err)
	}
	waits := mocksender.Backoff{}.Waits()
	retried := 0
	for _, d := range deliveries {
		retried = max(retried, len(d.Attempts))
		if n := requests[string(d.Body)]; n > len(d.Attempts) {
			t.Errorf("delivery %d: %d requests came, %d attempts are known", d.ID, n, len(d.Attempts))
		}
		for i, a := range d.Attempts {
			if a.Number != i+1 {
				t.Errorf("delivery %d: attempt %d is numbered %d", d.ID, i+1, a.Number)
			}
			if due := d.Attempts[0].Start.Add(sum(waits[:i])); a.Start.Before(due) {
				t.Errorf("delivery %d: attempt %d came %v before it was due", d.ID, i+1, due.Sub(a.Start))
			}
		}
	}
	if retried < 2 {
		t.Error("nothing was tried again")
	}
	t.Logf("%d messages, %d deliveries, %d requests, up to %d attempts", len(acknowledged), len(deliveries), len(requests), retried)
}

func sum(waits []time.Duration) (all time.Duration) {
	for _, w := range waits {
		all += w
	}
	return all
}

// kill starts a service, kills it at a random moment, and returns what it has
// acknowledged.
func kill(t *testing.T, file, webhook string) []string {
	t.Helper()
	cmd := exec.Command(os.Args[0])
	cmd.Env = append(os.Environ(), childStore+"="+file, "WEBHOOK="+webhook)
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	var keys []string
	lines := bufio.NewScanner(out)
	for lines.Scan() {
		if strings.HasPrefix(lines.Text(), "!") {
			t.Errorf("the service says: %s", lines.Text())
		}
		if keys = append(keys, lines.Text()); len(keys) == 1 {
			time.AfterFunc(time.Duration(rand.IntN(300))*time.Millisecond, func() { _ = cmd.Process.Kill() })
		}
	}
	_ = cmd.Wait() // it was killed
	if len(keys) > 0 {
		keys = keys[:len(keys)-1] // a line may be cut
	}
	return keys
}

// BenchmarkSchedule schedules durably from 64 goroutines.
func BenchmarkSchedule(b *testing.B) {
	store, err := sqlite.Open(filepath.Join(b.TempDir(), "store"))
	if err != nil {
		b.Fatal(err)
	}
	s, err := service.New(service.Config{Webhook: "http://127.0.0.1:9/", Store: store, OpenRate: -1})
	if err != nil {
		b.Fatal(err)
	}
	defer s.Close()
	var n atomic.Int64
	b.SetParallelism(256)
	b.RunParallel(func(pb *testing.PB) {
		for pb.Next() {
			q := request(fmt.Sprint("k", n.Add(1)))
			q.UserID = q.IdempotencyKey
			if _, err := s.Schedule(b.Context(), q); err != nil {
				b.Error(err)
				return
			}
		}
	})
	b.ReportMetric(float64(b.N)/b.Elapsed().Seconds(), "messages/s")
}
