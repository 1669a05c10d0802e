package traffic

import (
	"cmp"
	"slices"
	"strings"
	"time"

	"github.com/ctxpush/ctxpush/mocksender"
	"github.com/ctxpush/ctxpush/scenarios"
)

// rank is a status's place in a message's life, which decides within a
// millisecond.
var rank = map[mocksender.DeliveryStatus]int{
	mocksender.Pending: 0, mocksender.Delivered: 1, mocksender.Failed: 1, mocksender.Opened: 2, mocksender.Cancelled: 3,
}

// wantsOf are the states in which a receiver must hold the message of these
// entries: the last change of each device by time and status. Why says why the
// contract settles none; it is empty where it does.
func wantsOf(all []entry, id scenarios.Identity) (wants []scenarios.Want, why string) {
	if spread(all) >= keyLife {
		return nil, "its key was used again after 30 days"
	}
	m := scenarios.Message{Name: "m", Count: 1}
	for part := range devices(all) {
		var h scenarios.History
		seen := map[mocksender.DeliveryStatus]bool{}
		for _, e := range part.entries {
			s := e.event.DeliveryStatus
			if len(h) > 0 && rank[s] < rank[h[len(h)-1].Status] {
				return nil, "its timestamps contradict its statuses"
			}
			seen[s] = true
			h = append(h, scenarios.Change{Status: s, Method: e.event.DeliveryMethod})
		}
		if seen[mocksender.Failed] && (seen[mocksender.Delivered] || seen[mocksender.Opened]) {
			return nil, "it is delivered and failed on one device"
		}
		if part.token == "" {
			last := h[len(h)-1]
			m.Cancelled = &last
			continue
		}
		m.Devices = append(m.Devices, scenarios.Device{Name: part.token, History: h})
	}
	return settled(m, all, id)
}

// settled are the wanted states by the oracle.
func settled(m scenarios.Message, all []entry, id scenarios.Identity) (wants []scenarios.Want, why string) {
	finals := scenarios.FinalState(m, id)
	if id == scenarios.ByDevice && len(m.Devices) == 0 && m.Cancelled != nil {
		finals = []scenarios.Final{{Change: *m.Cancelled, Sole: true}} // asked for without a device
	}
	for _, f := range finals {
		if f.Open != "" {
			why = f.Open
			continue
		}
		w := scenarios.Want{Key: all[0].event.Key().Message(), Status: f.Change.Status}
		w.Key.DeviceToken = f.Device
		last := lastOf(all, f.Device, f.Change.Status)
		w.Content, w.PlannedMethod = last.Content, last.PlannedDeliveryMethod
		if f.Sole {
			w.Method, w.Timestamp = last.DeliveryMethod, last.Timestamp
		}
		if id == scenarios.ByUser && len(m.Devices) > 1 {
			w.Content, w.PlannedMethod, w.Timestamp, w.Method = nil, "", time.Time{}, ""
		}
		wants = append(wants, w)
	}
	if len(wants) > 0 {
		why = ""
	}
	return wants, why
}

// lastOf is the entry that decides.
func lastOf(all []entry, device string, s mocksender.DeliveryStatus) mocksender.Event {
	for _, e := range slices.Backward(all) {
		if e.event.DeliveryStatus == s && (device == "" || e.event.DeviceToken == device || s == mocksender.Cancelled) {
			return e.event
		}
	}
	return mocksender.Event{}
}

// part is the entries of one device; of none, those of the cancellation.
type part struct {
	token   string
	entries []entry
}

// devices are the entries device by device, each by time and within a millisecond
// by status.
func devices(all []entry) func(func(part) bool) {
	sorted := slices.Clone(all)
	slices.SortStableFunc(sorted, func(a, b entry) int {
		return cmp.Or(strings.Compare(a.event.DeviceToken, b.event.DeviceToken), compareTime(a, b))
	})
	return func(yield func(part) bool) {
		for at := 0; at < len(sorted); {
			end := at
			for end < len(sorted) && sorted[end].event.DeviceToken == sorted[at].event.DeviceToken {
				end++
			}
			if !yield(part{sorted[at].event.DeviceToken, sorted[at:end]}) {
				return
			}
			at = end
		}
	}
}

// byTime are the entries by time, and within a millisecond by status.
func byTime(all []entry) []entry {
	sorted := slices.Clone(all)
	slices.SortStableFunc(sorted, compareTime)
	return sorted
}

func compareTime(a, b entry) int {
	return cmp.Or(cmp.Compare(a.event.Timestamp.UnixMilli(), b.event.Timestamp.UnixMilli()),
		rank[a.event.DeliveryStatus]-rank[b.event.DeliveryStatus])
}
