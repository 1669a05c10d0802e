package chromium_test

import (
	"context"
	"fmt"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/chromedp/cdproto/browser"
	"github.com/chromedp/cdproto/emulation"
	cdplog "github.com/chromedp/cdproto/log"
	"github.com/chromedp/cdproto/network"
	"github.com/chromedp/cdproto/page"
	"github.com/chromedp/cdproto/runtime"
	"github.com/chromedp/chromedp"

	"github.com/ctxpush/ctxpush/conformance/report"
	"github.com/ctxpush/ctxpush/conformance/report/dir"
)

// patience is for a browser on a busy machine: no test waits as long unless it
// fails.
const patience = 2 * time.Minute

// chromium is the browser that all tests share, each in a tab of its own.
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
		if os.Getenv("CTXPUSH_REQUIRE_CHROMIUM") != "" {
			fmt.Fprintln(os.Stderr, "chromium: NOT FOUND, and CTXPUSH_REQUIRE_CHROMIUM wants one")
			return 1
		}
		fmt.Fprintln(os.Stderr, "#########################################################")
		fmt.Fprintln(os.Stderr, "# chromium: NOT FOUND. report.html is NOT LOOKED AT.    #")
		fmt.Fprintln(os.Stderr, "#########################################################")
		return m.Run() // each test says that it is skipped
	}
	options := append(chromedp.DefaultExecAllocatorOptions[:],
		chromedp.ExecPath(path), chromedp.NoSandbox, chromedp.DisableGPU, chromedp.Flag("disable-background-networking", true))
	allocator, stop := chromedp.NewExecAllocator(context.Background(), options...)
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

// tab is a report in a tab of the browser, and what went on there.
type tab struct {
	t   testing.TB
	ctx context.Context
	url string

	mu    sync.Mutex
	wrong []string // errors on the console, dialogs and requests for anything else
}

// look is how a tab shows a page. The zero look is light, on a wide screen.
type look struct {
	width, height int64
	dark          bool
	hash          string
}

// open shows a report in a tab of its own.
func open(t testing.TB, r report.Report, l look) *tab {
	t.Helper()
	return openPage(t, func(folder string) error { return dir.Write(folder, r) }, l)
}

// openPage shows the report.html of a folder that write fills.
func openPage(t testing.TB, write func(folder string) error, l look) *tab {
	t.Helper()
	if chromium == nil {
		t.Skip("no chromium")
	}
	folder := t.TempDir()
	if err := write(folder); err != nil {
		t.Fatal(err)
	}
	ctx, closeTab := chromedp.NewContext(chromium)
	t.Cleanup(closeTab)
	ctx, cancel := context.WithTimeout(ctx, patience)
	t.Cleanup(cancel)
	b := &tab{t: t, ctx: ctx, url: (&url.URL{Scheme: "file", Path: filepath.ToSlash(filepath.Join(folder, "report.html"))}).String()}
	if err := chromedp.Listen(ctx, b.notice); err != nil {
		t.Fatal(err)
	}
	for _, enable := range []func() error{
		func() error { _, err := chromedp.Call(ctx, network.Enable, network.EnableParams{}); return err },
		func() error {
			_, err := chromedp.Call(ctx, emulation.SetEmulatedMedia, emulation.SetEmulatedMediaParams{Features: scheme(l.dark)})
			return err
		},
		func() error {
			_, err := chromedp.Call(ctx, emulation.SetFocusEmulationEnabled, emulation.SetFocusEmulationEnabledParams{Enabled: true})
			return err
		},
		func() error {
			_, err := chromedp.CallBrowser(ctx, browser.SetPermission, browser.SetPermissionParams{
				Permission: &browser.PermissionDescriptor{Name: "clipboard-read"}, Setting: browser.PermissionSettingGranted})
			return err
		},
	} {
		if err := enable(); err != nil {
			t.Fatal(err)
		}
	}
	if l.width == 0 {
		l.width, l.height = 1200, 900
	}
	b.do(chromedp.EmulateViewport(l.width, l.height))
	b.do(chromedp.Navigate(b.url + l.hash))
	t.Cleanup(func() {
		b.mu.Lock()
		defer b.mu.Unlock()
		for _, w := range b.wrong {
			t.Error(w)
		}
	})
	return b
}

func scheme(dark bool) []*emulation.MediaFeature {
	value := "light"
	if dark {
		value = "dark"
	}
	return []*emulation.MediaFeature{{Name: "prefers-color-scheme", Value: value}}
}

// notice keeps what must not happen in a report.
func (b *tab) notice(event any) {
	wrong := ""
	switch e := event.(type) {
	case *network.EventRequestWillBeSent:
		if u := e.Request.URL; u != b.url && !strings.HasPrefix(u, "data:") {
			wrong = "a request to " + u
		}
	case *runtime.EventExceptionThrown:
		wrong = "an exception: " + e.ExceptionDetails.Text
	case *runtime.EventConsoleAPICalled:
		wrong = fmt.Sprintf("the console was written to: %v", e.Type)
	case *cdplog.EventEntryAdded:
		wrong = fmt.Sprintf("the browser says: %s: %s", e.Entry.Level, e.Entry.Text)
	case *page.EventJavascriptDialogOpening:
		wrong = "a dialog opens: " + e.Message
	}
	if wrong != "" {
		b.mu.Lock()
		b.wrong = append(b.wrong, wrong)
		b.mu.Unlock()
	}
}

func (b *tab) do(steps ...chromedp.Action[chromedp.Void]) {
	b.t.Helper()
	if err := chromedp.Do(b.ctx, steps...); err != nil {
		b.t.Fatal(err)
	}
}

// eval is the value of a script's expression.
func eval[T any](b *tab, script string) T {
	b.t.Helper()
	v, err := chromedp.Run(b.ctx, chromedp.Evaluate[T](script, chromedp.EvalAwaitPromise))
	if err != nil {
		b.t.Fatalf("%s: %v", script, err)
	}
	return v
}

// wait waits until the expression holds.
func (b *tab) wait(condition string) {
	b.t.Helper()
	if _, err := chromedp.Run(b.ctx, chromedp.Poll[bool](condition)); err != nil {
		b.t.Fatalf("never: %s: %v", condition, err)
	}
}

// press presses keys, as they are called by the package kb.
func (b *tab) press(keys string, options ...chromedp.KeyOption) {
	b.t.Helper()
	b.do(chromedp.KeyEvent(keys, options...))
}
