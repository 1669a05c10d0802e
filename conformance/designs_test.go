package conformance_test

import (
	"errors"
	"flag"
	"os"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/ctxpush/ctxpush/conformance"
	"github.com/ctxpush/ctxpush/conformance/config"
	"github.com/ctxpush/ctxpush/conformance/event"
	"github.com/ctxpush/ctxpush/conformance/report"
	"github.com/ctxpush/ctxpush/fixtures/designs"
	"github.com/ctxpush/ctxpush/scenarios"
)

var (
	seeds     = flag.Int("seeds", 1, "with how many seeds TestDesigns certifies each design")
	firstSeed = flag.Uint64("first-seed", 1, "the first of them")
)

// sideBySide is how many designs are certified at once. They mostly wait.
const sideBySide = 12

// TestDesigns certifies correct receivers that look different. None may be
// accused: each failure here is a mistake of the design or a false alarm of the
// suite's. All seeds of a design are played on one receiver, which then holds
// the messages of the earlier ones.
func TestDesigns(t *testing.T) {
	var servers designs.Servers
	t.Cleanup(func() {
		if err := servers.Close(); err != nil {
			t.Error(err)
		}
	})
	var all sync.WaitGroup
	free := make(chan struct{}, sideBySide)
	for _, d := range designs.List() {
		for _, identity := range d.Identities {
			all.Go(func() {
				free <- struct{}{}
				defer func() { <-free }()
				t.Run(d.Name+"/"+identity, func(t *testing.T) {
					certifyDesign(t, d, designs.Options{Secret: "Design-Secret", Identity: identity, Path: "/hooks/ctx", Dir: t.TempDir(), Servers: &servers})
				})
			})
		}
	}
	all.Wait()
}

func certifyDesign(t *testing.T, d designs.Design, o designs.Options) {
	url, stop, err := d.Start(t.Context(), o)
	if missing := (*designs.MissingError)(nil); errors.As(err, &missing) && os.Getenv("CTXPUSH_REQUIRE_DESIGNS") == "" {
		t.Skipf("\n####### NOT TESTED: %v #######", err)
	}
	if err != nil {
		t.Fatal(err)
	}
	defer func() {
		if err := stop(); err != nil {
			t.Error(err)
		}
	}()
	probe := &config.HTTPProbe{Path: "/state"}
	if d.Bulk {
		probe.Bulk = "/states"
	}
	for seed := range uint64(*seeds) {
		r, err := conformance.Certify(t.Context(), conformance.Config{
			Target: config.Config{
				Name: d.Name, Identity: scenarios.Identity(o.Identity), Path: o.Path, Secret: config.Secret(o.Secret),
				Receiver: config.Receiver{URL: url}, Probe: config.Probe{HTTP: probe},
			},
			Seed: *firstSeed + seed,
		})
		if err != nil {
			t.Errorf("seed %d: %v", *firstSeed+seed, err)
		}
		if wrong := accusations(d, r); len(wrong) > 0 {
			var text strings.Builder
			if err := report.Terminal(&text, r, report.Options{}); err != nil {
				t.Error(err)
			}
			t.Errorf("%s (%s) is accused with seed %d: %s\n%s", d.Name, d.What, *firstSeed+seed, strings.Join(wrong, ", "), &text)
		}
	}
}

// accusations are the checks that don't end as they must for a correct
// receiver: passed, or skipped, or failed where the design says so.
func accusations(d designs.Design, r report.Report) []string {
	var wrong []string
	for _, c := range r.Checks {
		lacks := d.Lacks[c.ID] != ""
		switch {
		case c.Result == event.Skipped:
		case lacks && (c.Result != event.Fail || c.Level != event.Recommended):
			wrong = append(wrong, c.ID+" (which the design says it lacks)")
		case !lacks && c.Result != event.Pass:
			wrong = append(wrong, c.ID)
		}
	}
	if len(wrong) == 0 && r.Result != report.Pass {
		wrong = append(wrong, "the result, which is "+string(r.Result))
	}
	return slices.Compact(wrong)
}
