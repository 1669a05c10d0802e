package scenarios

import (
	"fmt"
	"strconv"
	"strings"
)

// String is the reference as the language writes it: m, m.opened,
// m(1-50).phone.pending.
func (r Ref) String() string {
	var b strings.Builder
	b.WriteString(r.Message)
	switch {
	case r.From > 0 && r.From == r.To:
		fmt.Fprintf(&b, "(%d)", r.From)
	case r.From > 0:
		fmt.Fprintf(&b, "(%d-%d)", r.From, r.To)
	}
	if r.Device != "" {
		b.WriteString("." + r.Device)
	}
	if r.Status != "" {
		b.WriteString("." + string(r.Status))
	}
	return b.String()
}

// String is the expectation in the language's words: m: opened.
func (e Expectation) String() string {
	name, status := e.Message, string(e.Status)
	if e.Device != "" {
		name += "." + e.Device
	}
	if status == "" {
		status = unknown
	}
	return name + ": " + status
}

// String is the step in one line, in the language's words.
func (s Step) String() string {
	switch {
	case s.Restart != "" && s.Together == nil:
		return "restart: " + string(s.Restart)
	case s.Wait > 0:
		return "wait: " + s.Wait.String()
	case s.Others:
		return "wait: " + waitOthers
	case s.Neutral > 0:
		return fmt.Sprintf("neutral: %d", s.Neutral)
	case s.Provided != nil:
		return "provided: {" + joined(s.Provided) + "}"
	case s.Expect != nil:
		return "expect: {" + joined(s.Expect) + "}"
	case s.Together != nil:
		parts := make([]string, len(s.Together))
		for i, batch := range s.Together {
			parts[i] = strings.TrimPrefix(batch.sent(), "batch: ")
		}
		switch {
		case s.Restart != "":
			parts = append(parts, s.inFlight())
		case s.Outage != "":
			parts = append(parts, s.outage())
		}
		return "together: " + strings.Join(parts, " | ")
	default:
		return s.sent()
	}
}

// shownRaw is how much of a raw body stands in a step's line.
const shownRaw = 60

// sent is a batch or raw body, and what goes with it.
func (s Step) sent() string {
	var parts []string
	if s.Raw != nil {
		raw := []rune(*s.Raw)
		if len(raw) > shownRaw {
			raw = append(raw[:shownRaw:shownRaw], '…')
		}
		parts = append(parts, "raw: "+strconv.Quote(string(raw)))
	} else {
		parts = append(parts, "batch: ["+joined(s.Batch)+"]")
	}
	if len(s.Faults) > 0 {
		parts = append(parts, "fault: ["+strings.Join(s.Faults, ", ")+"]")
	}
	if len(s.Proxy) > 0 {
		parts = append(parts, "proxy: "+strings.ReplaceAll(fmt.Sprint(s.Proxy), " ", ", "))
	}
	if s.Secret != "" {
		parts = append(parts, "secret: "+string(s.Secret))
	}
	for _, named := range []struct {
		key    string
		values []Header
	}{{"headers", s.Headers}, {"add", s.Add}} {
		if len(named.values) == 0 {
			continue
		}
		texts := make([]string, len(named.values))
		for i, h := range named.values {
			texts[i] = h.Name + ": " + h.Value
		}
		parts = append(parts, named.key+": {"+strings.Join(texts, ", ")+"}")
	}
	if s.Answer != "" && s.Answer != Acknowledge {
		parts = append(parts, "answer: "+string(s.Answer))
	}
	return strings.Join(parts, ", ")
}

func joined[T fmt.Stringer](list []T) string {
	texts := make([]string, len(list))
	for i, v := range list {
		texts[i] = v.String()
	}
	return strings.Join(texts, ", ")
}
