package prove

import (
	"context"
	"errors"
	"fmt"
	"os"
	"strings"
	"time"

	"github.com/ctxpush/ctxpush/conformance"
	"github.com/ctxpush/ctxpush/conformance/config"
	"github.com/ctxpush/ctxpush/conformance/event"
	"github.com/ctxpush/ctxpush/conformance/report"
	"github.com/ctxpush/ctxpush/fixtures/designs"
	"github.com/ctxpush/ctxpush/scenarios"
)

// designSecret is any secret with letters.
const designSecret = "Design-Secret"

// runDesign certifies a correct design with one seed after the other, all on
// one receiver, which then holds the messages of the earlier ones.
func runDesign(ctx context.Context, d designs.Design, identity string, servers *designs.Servers, first uint64, seeds int) (row Row) {
	begin := time.Now()
	row = Row{Receiver: d.Name, Identity: identity, What: d.What, Outcome: Cleared}
	defer func() { row.TookMS = time.Since(begin).Milliseconds() }()
	broken := func(err error) Row {
		row.Outcome, row.Detail = Broken, err.Error()
		return row
	}
	dir, err := os.MkdirTemp("", "ctxpush-design-")
	if err != nil {
		return broken(err)
	}
	defer os.RemoveAll(dir)
	url, stop, err := d.Start(ctx, designs.Options{Secret: designSecret, Identity: identity, Dir: dir, Servers: servers})
	if missing := (*designs.MissingError)(nil); errors.As(err, &missing) {
		row.Outcome, row.Detail = Missing, missing.Error()
		return row
	}
	if err != nil {
		return broken(err)
	}
	defer stop()
	probe := &config.HTTPProbe{Path: "/state"}
	if d.Bulk {
		probe.Bulk = "/states"
	}
	for n := range uint64(seeds) {
		r, err := conformance.Certify(ctx, conformance.Config{
			Target: config.Config{
				Name: d.Name, Identity: scenarios.Identity(identity), Secret: designSecret,
				Receiver: config.Receiver{URL: url}, Probe: config.Probe{HTTP: probe},
			},
			Seed: first + n, Explore: scenarios.Quick,
		})
		if err != nil {
			return broken(fmt.Errorf("seed %d: %w", first+n, err))
		}
		if wrong := accusations(d, r); len(wrong) > 0 {
			row.Outcome, row.Failed = Accused, failed(r)
			row.Detail = fmt.Sprintf("seed %d: %s", first+n, strings.Join(wrong, "; "))
			return row
		}
	}
	return row
}

// accusations are the checks that don't end as they must for a correct
// receiver: passed, or skipped, or failed where the design says so.
func accusations(d designs.Design, r report.Report) []string {
	var wrong []string
	for _, c := range r.Checks {
		lacks := d.Lacks[c.ID] != ""
		switch {
		case c.Result == event.Skipped, lacks && d.Lags && c.Result == event.Pass:
		case lacks && (c.Result != event.Fail || c.Level != event.Recommended):
			wrong = append(wrong, c.ID+" "+string(c.Result)+", which the design says it lacks")
		case !lacks && c.Result != event.Pass:
			wrong = append(wrong, c.ID+" "+string(c.Result)+" "+why(c))
		}
	}
	return wrong
}

func why(c report.Check) string {
	if len(c.Failures) > 0 {
		return "(" + c.Failures[0].Detail + ")"
	}
	return "(" + c.Reason + ")"
}
