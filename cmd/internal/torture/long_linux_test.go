package torture

import (
	"bytes"
	"strings"
	"testing"
	"time"

	"github.com/ctxpush/ctxpush/conformance"
	"github.com/ctxpush/ctxpush/scenarios"
)

// Tiny long runs: all figures are there and can be drawn, and what must not
// change between two runs does not. make long plays real ones.
func TestLongRuns(t *testing.T) {
	for name, play := range map[string]func() (LongRun, error){
		"load": func() (LongRun, error) { return program.LongLoad(t.Context(), time.Second, 50*time.Millisecond) },
		"certify": func() (LongRun, error) {
			c := conformance.Config{Seed: 1, Explore: scenarios.Quick, Focus: []string{"copies/*", "restart/*"}}
			return LongCertify(t.Context(), c, 6, 2, 50*time.Millisecond, nil)
		},
	} {
		t.Run(name, func(t *testing.T) {
			run, err := play()
			if err != nil {
				t.Fatal(err)
			}
			var b bytes.Buffer
			run.Write(&b)
			for _, c := range run.Curves {
				if len(c.Points) == 0 || c.Peak() == 0 {
					t.Errorf("%s: %d points, at most %g", c.Name, len(c.Points), c.Peak())
				}
				if n := len(c.Points); strings.HasSuffix(c.Name, atRest) && c.Unit == "" && c.Points[n-1].Value > c.Points[0].Value+c.May {
					t.Errorf("%s: %g after all runs, and %g after the first", c.Name, c.Points[n-1].Value, c.Points[0].Value)
				}
				if !strings.Contains(b.String(), c.Name) {
					t.Errorf("%s is not in\n%s", c.Name, b.String())
				}
			}
			for _, wrong := range run.Wrong {
				// In a second or two memory only grows.
				if !strings.Contains(wrong, " rises by ") && !strings.Contains(wrong, "in the last tenth") {
					t.Error(wrong)
				}
			}
			var picture bytes.Buffer
			if err := run.Draw(&picture); err != nil {
				t.Fatal(err)
			}
			if n := strings.Count(picture.String(), residentMemory); n == 0 || !strings.HasSuffix(strings.TrimSpace(picture.String()), "</svg>") {
				t.Errorf("no picture: %d bytes", picture.Len())
			}
		})
	}
}
