package traffic

import (
	"strconv"
	"strings"
	"time"

	"github.com/ctxpush/ctxpush/conformance/event"
	"github.com/ctxpush/ctxpush/scenarios"
)

// group is what the checks' ids begin with.
const group = "replay"

const recordedID = group + "/as-recorded"

// orders are what is played, a check each.
func (r *run) orders() []order {
	switch r.Orders {
	case Quick, Standard:
		all := quick
		if r.Orders == Standard {
			all = append(all[:len(all):len(all)], order{id: everyID,
				title:   "all ways in which at most three entries of a message may arrive, dealt to the recorded messages",
				clauses: []string{"order", "gaps", "at-least-once"}})
		}
		return all
	}
	title := "the requests as they were"
	if r.Faults != (Faults{}) {
		title += ", with faults"
	}
	return []order{{id: recordedID, title: title, clauses: []string{"order", "at-least-once"}}}
}

// check is the order as something that is judged.
func (o order) check() scenarios.Check {
	return scenarios.Check{
		ID: o.id, Title: o.title, Level: scenarios.Required, Clauses: o.clauses, Cause: "order-dependent",
		Requirement: "Each message ends in the last change that the recording tells of it, by time and status.",
	}
}

// started is the run's first event.
func (r *run) started(orders []order) event.RunStarted {
	target, info := r.subject.Target, r.subject.Receiver.Info()
	e := event.RunStarted{
		Time: time.Now(),
		Tool: event.Tool{Version: r.Version, Seed: r.Seed, Salt: r.Salt, Epoch: r.Epoch, Protocol: string(target.Protocol)},
		Receiver: event.Receiver{Arguments: r.subject.Arguments("--config "), Name: target.Name, Kind: info.Kind,
			URL: r.subject.URL(), Image: info.Image, Digest: info.Digest, Identity: string(target.Identity),
			File: target.File, FileDigest: target.FileDigest},
		Command: r.Command,
		Settings: []event.Setting{
			{Name: "recording", Value: r.File}, {Name: "webhooks", Value: strconv.Itoa(r.reading.Requests)},
		},
	}
	for i, o := range orders {
		c := o.check()
		e.Checks = append(e.Checks,
			event.Check{ID: c.ID, Title: c.Title, Level: c.Level, Clauses: c.Clauses, Requirement: c.Requirement})
		if s := r.suffix(i, 0); s != "" && o.id != recordedID {
			e.Settings = append(e.Settings, event.Setting{Name: "keys of " + strings.TrimPrefix(o.id, group+"/"),
				Value: "KEY" + s + "; of a UUID, its version 5 with that name"})
		}
	}
	for _, w := range target.Waive {
		e.Waivers = append(e.Waivers, event.Waiver{Check: w.Check, Why: w.Why})
	}
	return e
}
