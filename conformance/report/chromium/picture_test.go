package chromium_test

import (
	"bytes"
	"flag"
	"image/png"
	"os"
	"path/filepath"
	"testing"

	"github.com/chromedp/cdproto/emulation"
	"github.com/chromedp/chromedp"

	"github.com/ctxpush/ctxpush/conformance"
)

// The pictures are only written where somebody asks for them:
//
//	go test ./conformance/report/chromium -run Picture -picture "$PWD/.github/report.png"
var (
	picture  = flag.String("picture", "", "write the README's picture of a report to this file")
	pictures = flag.String("pictures", "", "write pictures of whole pages into this directory, to look at")
)

// maxPicture is how large the README's picture may be, in bytes.
const maxPicture = 200 << 10

func TestPictureForTheReadme(t *testing.T) {
	b := open(t, certified(t, "last-arrival-wins", conformance.FailureTraces, "order", "copies"), look{width: 1000, height: 1240})
	shot, err := chromedp.Run(b.ctx, chromedp.CaptureScreenshot())
	if err != nil {
		t.Fatal(err)
	}
	if _, err := png.Decode(bytes.NewReader(shot)); err != nil {
		t.Fatal(err)
	}
	if len(shot) > maxPicture {
		t.Errorf("the picture has %d bytes: want at most %d", len(shot), maxPicture)
	}
	if *picture != "" {
		if err := os.WriteFile(*picture, shot, 0o666); err != nil {
			t.Fatal(err)
		}
	}
}

// TestPictures writes whole pages for people to look at: each mutant light, dark,
// on a phone and as it is printed.
func TestPictures(t *testing.T) {
	if *pictures == "" {
		t.Skip("no -pictures")
	}
	for _, mutant := range []string{"", "last-arrival-wins", "check-then-act", "copy-500", "ack-before-store", "secret-unchecked", "devices-merged"} {
		name := mutant
		if name == "" {
			name = "passed"
		}
		t.Run(name, func(t *testing.T) {
			r := certified(t, mutant, conformance.AllTraces)
			for kind, l := range map[string]look{"light": {}, "dark": {dark: true, width: 1200, height: 900}, "narrow": {width: 360, height: 800}} {
				b := open(t, r, l)
				shot, err := chromedp.Run(b.ctx, chromedp.FullScreenshot(100))
				if err != nil {
					t.Fatal(err)
				}
				write(t, name+"-"+kind+".png", shot)
			}
			b := open(t, r, look{width: 794, height: 1123}) // A4
			if _, err := chromedp.Call(b.ctx, emulation.SetEmulatedMedia, emulation.SetEmulatedMediaParams{Media: "print"}); err != nil {
				t.Fatal(err)
			}
			b.do(chromedp.Evaluate[chromedp.Void](`dispatchEvent(new Event("beforeprint"))`))
			shot, err := chromedp.Run(b.ctx, chromedp.FullScreenshot(100))
			if err != nil {
				t.Fatal(err)
			}
			write(t, name+"-print.png", shot)
			pdf, err := chromedp.Run(b.ctx, chromedp.PrintToPDF(chromedp.PDFPaper(chromedp.PaperA4), chromedp.PDFPrintBackground()))
			if err != nil {
				t.Fatal(err)
			}
			write(t, name+".pdf", pdf)
		})
	}
}

func write(t *testing.T, name string, data []byte) {
	t.Helper()
	if err := os.WriteFile(filepath.Join(*pictures, name), data, 0o666); err != nil {
		t.Fatal(err)
	}
}
