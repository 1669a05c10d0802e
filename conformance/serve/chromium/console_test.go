package chromium_test

import (
	"context"
	"encoding/json"
	"flag"
	"fmt"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/chromedp/cdproto/emulation"
	cdplog "github.com/chromedp/cdproto/log"
	"github.com/chromedp/cdproto/network"
	"github.com/chromedp/cdproto/runtime"
	"github.com/chromedp/chromedp"

	"github.com/ctxpush/ctxpush/conformance/config"
	"github.com/ctxpush/ctxpush/conformance/probe"
	"github.com/ctxpush/ctxpush/conformance/serve"
	"github.com/ctxpush/ctxpush/fixtures/mutants"
	"github.com/ctxpush/ctxpush/fixtures/reference"
	"github.com/ctxpush/ctxpush/mocksender/service"
	"github.com/ctxpush/ctxpush/scenarios"
)

var pictures = flag.String("pictures", "", "write pictures of the console into this directory, to look at")

// patience is for a browser on a busy machine: no test waits as long unless it
// fails.
const patience = 2 * time.Minute

const secret = "q7Zr-w0rd+42/x"

// hostile is a text that would show if it were taken for anything but text.
const hostile = `<img src=x onerror=alert(1)>"'&`

var chromium context.Context

func TestMain(m *testing.M) { os.Exit(run(m)) }

func run(m *testing.M) int {
	var path string
	for _, name := range []string{"chromium", "chromium-browser", "google-chrome-stable", "google-chrome", "headless-shell"} {
		if found, err := exec.LookPath(name); err == nil {
			path = found
			break
		}
	}
	if path == "" {
		fmt.Fprintln(os.Stderr, "chromium: NOT FOUND. The console is NOT LOOKED AT.")
		if os.Getenv("CTXPUSH_REQUIRE_CHROMIUM") != "" {
			return 1
		}
		return m.Run() // each test says that it is skipped
	}
	allocator, stop := chromedp.NewExecAllocator(context.Background(), append(chromedp.DefaultExecAllocatorOptions[:],
		chromedp.ExecPath(path), chromedp.NoSandbox, chromedp.DisableGPU, chromedp.Flag("disable-background-networking", true))...)
	defer stop()
	ctx, quit := chromedp.NewContext(allocator)
	defer quit()
	if err := chromedp.Do(ctx, chromedp.Navigate("about:blank")); err != nil {
		fmt.Fprintf(os.Stderr, "chromium: %s does not start: %v\n", path, err)
		return 1
	}
	chromium = ctx
	code := m.Run()
	if err := chromedp.Cancel(ctx); err != nil {
		fmt.Fprintf(os.Stderr, "chromium: it does not end: %v\n", err)
	}
	return code
}

// console is the console of a service in a tab of its own.
type console struct {
	*service.Service
	t   testing.TB
	ctx context.Context
	url string
	app *reference.Server // gets the webhooks

	mu    sync.Mutex
	wrong []string // errors on the console, and requests for anything else
}

type look struct {
	width, height int64
	dark          bool
}

// open serves a service for a receiver with the mutant's bug, does something
// with it, and opens its console.
func open(t testing.TB, mutant string, l look, before func(*service.Service)) *console {
	t.Helper()
	if chromium == nil {
		t.Skip("no chromium")
	}
	c := &console{t: t}
	c.serve(mutant)
	if before != nil {
		before(c.Service)
	}
	ctx, closeTab := chromedp.NewContext(chromium)
	t.Cleanup(closeTab)
	ctx, cancel := context.WithTimeout(ctx, patience)
	t.Cleanup(cancel)
	c.ctx = ctx
	if err := chromedp.Listen(ctx, c.notice); err != nil {
		t.Fatal(err)
	}
	scheme := "light"
	if l.dark {
		scheme = "dark"
	}
	if l.width == 0 {
		l.width, l.height = 1280, 900
	}
	_, err := chromedp.Call(ctx, network.Enable, network.EnableParams{})
	if err == nil {
		_, err = chromedp.Call(ctx, emulation.SetEmulatedMedia, emulation.SetEmulatedMediaParams{
			Features: []*emulation.MediaFeature{{Name: "prefers-color-scheme", Value: scheme}}})
	}
	if err == nil {
		_, err = chromedp.Call(ctx, emulation.SetFocusEmulationEnabled, emulation.SetFocusEmulationEnabledParams{Enabled: true})
	}
	if err != nil {
		t.Fatal(err)
	}
	c.do(chromedp.EmulateViewport(l.width, l.height), chromedp.Navigate(c.url))
	c.wait(`document.getElementById("live").textContent === "live"`)
	t.Cleanup(func() {
		c.mu.Lock()
		defer c.mu.Unlock()
		for _, w := range c.wrong {
			t.Error(w)
		}
	})
	return c
}

func (c *console) serve(mutant string) {
	t := c.t
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
	c.app = app
	if c.Service, err = service.New(service.Config{
		Webhook: app.URL() + "/webhook", Secret: secret, Flush: -1, OpenRate: -1, Seed: 1,
	}); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = c.Close() })
	p, err := probe.New(config.Config{Secret: secret}, app.URL, nil)
	if err != nil {
		t.Fatal(err)
	}
	h, err := serve.Handler(serve.Config{
		Service: c.Service, CancelPath: service.DefaultCancelPath, Loopback: true, Hidden: []string{secret}, Version: "test",
		Receiver: &serve.Receiver{Name: "acme", URL: app.URL, Probe: p, Identity: scenarios.ByDevice, Settle: time.Second},
	})
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(context.Background())
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		both, stop := context.WithCancel(r.Context())
		defer stop()
		defer context.AfterFunc(ctx, stop)()
		h.ServeHTTP(w, r.WithContext(both))
	}))
	t.Cleanup(func() { cancel(); server.Close() })
	c.url = server.URL + "/"
}

func (c *console) notice(event any) {
	wrong := ""
	switch e := event.(type) {
	case *network.EventRequestWillBeSent:
		if u := e.Request.URL; !strings.HasPrefix(u, c.url) && !strings.HasPrefix(u, "data:") {
			wrong = "a request to " + u
		}
	case *runtime.EventExceptionThrown:
		wrong = "an exception: " + e.ExceptionDetails.Text
	case *runtime.EventConsoleAPICalled:
		wrong = fmt.Sprintf("the console was written to: %v", e.Type)
	case *cdplog.EventEntryAdded:
		wrong = fmt.Sprintf("the browser says: %s: %s", e.Entry.Level, e.Entry.Text)
	}
	if wrong != "" {
		c.mu.Lock()
		c.wrong = append(c.wrong, wrong)
		c.mu.Unlock()
	}
}

func (c *console) do(steps ...chromedp.Action[chromedp.Void]) {
	c.t.Helper()
	if err := chromedp.Do(c.ctx, steps...); err != nil {
		c.t.Fatal(err)
	}
}

func (c *console) wait(condition string) {
	c.t.Helper()
	if _, err := chromedp.Run(c.ctx, chromedp.Poll[bool](condition)); err != nil {
		text, _ := chromedp.Run(c.ctx, chromedp.Evaluate[string]("document.body.innerText"))
		c.t.Fatalf("never: %s: %v\n%.2000s", condition, err, text)
	}
}

func eval[T any](c *console, script string) T {
	c.t.Helper()
	v, err := chromedp.Run(c.ctx, chromedp.Evaluate[T](script, chromedp.EvalAwaitPromise))
	if err != nil {
		c.t.Fatalf("%s: %v", script, err)
	}
	return v
}

// click clicks the button with the text, in the part that is shown.
func (c *console) click(text string) {
	c.t.Helper()
	script, _ := json.Marshal(text)
	c.wait(fmt.Sprintf(`(() => { const b = [...document.querySelectorAll("button")].find(b => b.textContent === %s && b.offsetParent); b?.click(); return !!b })()`, script))
}

func (c *console) picture(name string) {
	if *pictures == "" {
		return
	}
	shot, err := chromedp.Run(c.ctx, chromedp.CaptureScreenshot())
	if err == nil {
		err = os.WriteFile(filepath.Join(*pictures, name+".png"), shot, 0o666)
	}
	if err != nil {
		c.t.Error(err)
	}
}

func request(i int) service.Request {
	return service.Request{
		BundleID: "com.acme", Platform: "ios", UserID: fmt.Sprintf("user-%d", i), DeliverWithinHours: 4, CampaignID: "spring",
		IdempotencyKey: fmt.Sprintf("key-%d", i), DeliveryMethod: "context_aware",
		Content: []byte(`{"title":"It's time! 👑","body":"Start now!"}`),
	}
}

func scheduleTo(t testing.TB, s *service.Service, q service.Request) *service.Message {
	t.Helper()
	m, err := s.Schedule(context.Background(), q)
	if err != nil {
		t.Fatal(err)
	}
	return m
}

// A message is seen live, opened by a button, and its webhooks are told in full;
// hostile texts are texts, and the secret shows nowhere.
func TestMessage(t *testing.T) {
	for name, l := range map[string]look{"wide": {}, "dark": {dark: true, width: 1280, height: 900}, "narrow": {width: 360, height: 780}} {
		t.Run(name, func(t *testing.T) {
			c := open(t, "", l, nil)
			q := request(1)
			q.UserID, q.CampaignID = hostile, hostile
			q.Content = []byte(`{"title":"<script>alert(1)</script>","body":"` + secret + `"}`)
			scheduleTo(t, c.Service, q)
			c.wait(`document.querySelectorAll(".row").length === 1`)
			c.do(chromedp.Click[string](".row"))
			c.click("Open")
			c.wait(`document.querySelector("#detail .status").textContent === "opened" && document.querySelectorAll("#detail details").length > 0`)
			c.wait(`(() => { const d = document.querySelector("#detail details"); d.open = true; return d.textContent.includes("curl") })()`)
			c.picture("message-" + name)
			if text := eval[string](c, `document.body.innerText`); !strings.Contains(text, hostile) || strings.Contains(text, secret) {
				t.Errorf("the page does not show the hostile text as such, or shows the secret:\n%s", text)
			}
			if n := eval[int](c, `document.querySelectorAll("main img, main script").length`); n != 0 {
				t.Errorf("%d elements were made of texts", n)
			}
			if wide := eval[int](c, `document.documentElement.scrollWidth - innerWidth`); wide > 0 {
				t.Errorf("the page is %d pixels too wide", wide)
			}
			nameless := eval[int](c, `[...document.querySelectorAll("button, input, select, a")].filter(e =>
				!(e.textContent.trim() || e.getAttribute("aria-label") || e.labels?.length)).length`)
			if nameless > 0 {
				t.Errorf("%d controls have no name", nameless)
			}
		})
	}
}

// The queue is held, put into another order by the keys and by dragging, and
// released in that order; a receiver that goes by the last arrival then differs.
func TestQueue(t *testing.T) {
	c := open(t, "last-arrival-wins", look{}, func(s *service.Service) {
		if err := s.SetDevices(context.Background(), "user-1", []service.Device{{Token: "device"}}); err != nil {
			t.Fatal(err)
		}
	})
	c.do(chromedp.Evaluate[chromedp.Void](`void (location.hash = "#queue")`))
	c.click("Hold")
	c.wait(`document.getElementById("held").textContent === "held"`)
	m := scheduleTo(t, c.Service, request(1))
	if _, err := c.Open(c.ctx, m.Key()); err != nil {
		t.Fatal(err)
	}
	order := func(want string) {
		t.Helper()
		c.wait(`[...document.querySelectorAll("#entries .status")].map(s => s.textContent).join(" ") === "` + want + `"`)
	}
	order("pending delivered opened")
	c.do(chromedp.Evaluate[chromedp.Void](`void document.querySelector("#entries li:last-child").focus()`))
	c.do(chromedp.KeyEvent("\u0304", chromedp.KeyModifiers(1))) // Alt and up
	order("pending opened delivered")
	c.do(chromedp.DragAndDrop("#entries li:nth-child(2)", "#entries li:nth-child(1)"))
	order("opened pending delivered")
	c.click("Reverse")
	order("delivered pending opened")
	c.click("Reverse")
	c.picture("queue")
	c.do(chromedp.Click[string]("#single"))
	c.click("Release all")
	c.wait(`document.getElementById("entries").children.length === 0 && document.getElementById("held").textContent === "running"`)
	err := c.Wait(c.ctx, func() (bool, error) {
		d, err := c.Store().Deliveries(service.DeliveryQuery{Outcome: service.Acknowledged})
		return len(d) == 3, err
	})
	if err != nil {
		t.Fatal(err)
	}
	c.do(chromedp.Evaluate[chromedp.Void](`void (location.hash = "#messages")`))
	c.click("Compare states")
	c.wait(`document.getElementById("verdict").textContent.includes("1 of 1 states differ")`)
	c.wait(`document.querySelectorAll(".row .differs").length === 1`)
	c.do(chromedp.Evaluate[chromedp.Void](`void document.querySelector("#differing button").click()`))
	c.wait(`document.querySelector("#states .differs")?.textContent.includes("delivery_status is delivered: want opened")`)
	saved := eval[string](c, `(async () => {
		const blob = new Promise(done => { const make = URL.createObjectURL; URL.createObjectURL = b => { URL.createObjectURL = make; done(b); return make(b); } });
		[...document.querySelectorAll("#detail button")].find(b => b.textContent === "Save as scenario").click();
		return (await blob).text();
	})()`)
	check, err := scenarios.Parse("m.yaml", "user/m", []byte(saved))
	if err != nil || len(check.Scenarios[0].Steps) != 3 {
		t.Errorf("%v: want three requests in\n%s", err, saved)
	}
	c.picture("differs")
}

// A webhook that does not answer is told of until it does.
func TestAway(t *testing.T) {
	c := open(t, "", look{}, nil)
	if err := c.app.Kill(); err != nil {
		t.Fatal(err)
	}
	scheduleTo(t, c.Service, request(1))
	c.wait(`document.getElementById("away").textContent.includes("The webhook does not answer: ") && !document.getElementById("away").hidden`)
	c.picture("away")
	app, err := reference.Start(reference.Options{
		Secret: secret, Identity: "device", Listen: strings.TrimPrefix(c.app.URL(), "http://"),
	})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { app.Kill() })
	if err := c.Advance(c.ctx, time.Minute); err != nil {
		t.Fatal(err)
	}
	c.wait(`document.getElementById("away").hidden`)
}

// Faults and clock are set by sliders, presets and a field, and deliveries show
// what came of it.
func TestFaults(t *testing.T) {
	c := open(t, "", look{}, nil)
	c.do(chromedp.Evaluate[chromedp.Void](`void (location.hash = "#faults")`))
	c.click("Storm")
	c.wait(`document.getElementById("share-reorder").textContent === "30 %"`)
	c.click("Calm")
	c.wait(`document.getElementById("share-reorder").textContent === "0 %"`)
	c.do(chromedp.Evaluate[chromedp.Void](`(() => { const s = document.querySelector("[name=duplicate]"); s.value = 0.5; s.dispatchEvent(new Event("change")) })()`))
	c.wait(`document.getElementById("share-duplicate").textContent === "50 %"`)
	if f, err := c.Faults(c.ctx); err != nil || f.Duplicate != 0.5 {
		t.Errorf("%+v, %v: want half the entries twice", f, err)
	}
	c.click("Lose the next acknowledgement")
	err := c.Wait(c.ctx, func() (bool, error) { f, err := c.Faults(c.ctx); return f.LoseNextAck, err })
	if err != nil {
		t.Fatal(err)
	}
	scheduleTo(t, c.Service, request(1))
	before := time.Now()
	c.click("Advance")
	c.wait(fmt.Sprintf(`Date.parse(document.getElementById("now").textContent.replace(" ", "T") + "Z") > %d`, before.Add(2*time.Hour).UnixMilli()-1))
	c.picture("faults")
	c.do(chromedp.Evaluate[chromedp.Void](`void (location.hash = "#deliveries")`))
	c.wait(`[...document.querySelectorAll("#requests summary")].some(s => s.textContent.includes("acknowledged") && s.textContent.includes("2 attempts"))`)
	c.picture("deliveries")
}

// Of 100,000 messages at most 60 rows are in the page while it is scrolled
// through, no task takes long, and the keys go through them.
func TestLongList(t *testing.T) {
	if testing.Short() {
		t.Skip("it makes 100,000 messages")
	}
	const n = 100_000
	c := open(t, "", look{}, func(s *service.Service) {
		if err := s.Hold(context.Background()); err != nil {
			t.Fatal(err)
		}
		var all sync.WaitGroup
		for g := range 50 {
			all.Go(func() {
				for i := range n / 50 {
					q := request(g*n/50 + i)
					q.DeliverWithinHours = 700
					if _, err := s.Schedule(context.Background(), q); err != nil {
						t.Error(err)
						return
					}
				}
			})
		}
		all.Wait()
	})
	c.wait(`document.getElementById("total").textContent === "100,000"`)
	c.wait(`!document.querySelector(".row").textContent.includes("…")`)
	rows := eval[[]int](c, `(async () => {
		const list = document.getElementById("list"), seen = [];
		window.long = 0;
		new PerformanceObserver(l => { for (const e of l.getEntries()) window.long = Math.max(window.long, e.duration) }).observe({ type: "longtask" });
		for (let i = 0; i <= 40; i++) {
			list.scrollTop = list.scrollHeight * i / 40;
			await new Promise(r => requestAnimationFrame(() => requestAnimationFrame(r)));
			seen.push(document.querySelectorAll(".row").length);
		}
		return seen;
	})()`)
	for _, r := range rows {
		if r > 60 || r < 5 {
			t.Errorf("%d rows are in the page: want 5 to 60", r)
		}
	}
	c.wait(`[...document.querySelectorAll(".row")].at(-1).getAttribute("aria-posinset") === "100000"`)
	c.wait(`[...document.querySelectorAll(".row")].at(-1).textContent.includes("key-")`)
	t.Logf("longest task %v ms, first paint %v ms", eval[float64](c, `window.long`),
		eval[float64](c, `performance.getEntriesByType("paint")[0]?.startTime ?? 0`))
	c.do(chromedp.Evaluate[chromedp.Void](`void document.getElementById("list").focus()`))
	for _, key := range []string{"\u0304", "\u0301"} { // up, down
		c.do(chromedp.KeyEvent(key))
	}
	c.wait(`document.querySelectorAll(".row[aria-selected=true]").length === 1`)
	c.picture("long")
}
