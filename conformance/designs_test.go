package conformance_test

import (
	"errors"
	"flag"
	"os"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

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
	only      = flag.String("design", "", "the only design that TestDesigns certifies; empty: all")
	depth     = flag.String("depth", string(scenarios.Quick), "and how many orders it explores on each")
)

// sideBySide is how many receivers are certified at once. They mostly wait.
const sideBySide = 16

// TestDesigns certifies correct receivers that look different. None may be
// accused: each failure here is a mistake of the design or a false alarm of the
// suite's. With one seed each design takes its turn in one identity, with more
// it takes them all; and all seeds are played on one receiver, which then holds
// the messages of the earlier ones.
func TestDesigns(t *testing.T) {
	if focus := flag.Lookup("ginkgo.focus"); focus != nil && focus.Value.String() != "" {
		t.Skip("the focus is on specs")
	}
	all := designs.List()
	if at := slices.IndexFunc(all, func(d designs.Design) bool { return d.Name == *only }); at >= 0 {
		all = all[at : at+1]
	} else if *only != "" {
		t.Fatalf("-design %s: want one of designs.List", *only)
	}
	var servers designs.Servers
	t.Cleanup(func() {
		if err := servers.Close(); err != nil {
			t.Error(err)
		}
	})
	var running sync.WaitGroup
	free := make(chan struct{}, sideBySide)
	for i, d := range slowFirst(all) {
		identities := d.Identities
		if *seeds == 1 && *only == "" {
			identities = identities[i%len(identities):][:1]
		}
		for _, identity := range identities {
			free <- struct{}{}
			running.Go(func() {
				defer func() { <-free }()
				t.Run(d.Name+"/"+identity, func(t *testing.T) {
					certifyDesign(t, d, designs.Options{Secret: "Design-Secret", Identity: identity, Path: "/hooks/ctx", Dir: t.TempDir(), Servers: &servers})
				})
			})
		}
	}
	running.Wait()
}

// slowFirst puts those designs first that take long while they do nothing.
func slowFirst(all []designs.Design) []designs.Design {
	takesLong := func(d designs.Design) bool { return d.Name == "slow" || d.Name == "queue" }
	return slices.Concat(
		slices.DeleteFunc(slices.Clone(all), func(d designs.Design) bool { return !takesLong(d) }),
		slices.DeleteFunc(slices.Clone(all), takesLong),
	)
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
		begin := time.Now()
		r, err := conformance.Certify(t.Context(), conformance.Config{
			Target: config.Config{
				Name: d.Name, Identity: scenarios.Identity(o.Identity), Path: o.Path, Secret: config.Secret(o.Secret),
				Receiver: config.Receiver{URL: url}, Probe: config.Probe{HTTP: probe},
			},
			Seed:    *firstSeed + seed,
			Explore: scenarios.Depth(*depth),
		})
		if err != nil {
			t.Errorf("seed %d: %v", *firstSeed+seed, err)
		}
		t.Logf("seed %d: %s in %s", *firstSeed+seed, r.Result, time.Since(begin).Round(100*time.Millisecond))
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
