package agree

import (
	"slices"

	"github.com/ctxpush/ctxpush/mocksender"
)

// trait is something that may be true of a look's message and how it came.
type trait struct {
	text string // what the failures share, as the end of a sentence
	has  func(*Engine, history, *Look) bool
}

var traits = func() []trait {
	all := []trait{
		{"an entry came again", func(x *Engine, h history, l *Look) bool {
			seen := map[any]bool{}
			return x.anyEntry(h, l, func(request, entry int) bool {
				e := x.j.Requests[request].Entries[entry]
				had := seen[e]
				seen[e] = true
				return had
			})
		}},
		{"an entry came after a later one", func(x *Engine, h history, l *Look) bool {
			last := int64(0)
			return x.anyEntry(h, l, func(request, entry int) bool {
				at := x.j.Requests[request].Entries[entry].At
				before := at < last
				last = max(last, at)
				return before
			})
		}},
		{"two of its entries were in one request", func(x *Engine, h history, l *Look) bool {
			last := -1
			return x.anyEntry(h, l, func(request, _ int) bool {
				same := request == last
				last = request
				return same
			})
		}},
		{"requests for it were under way at once", func(_ *Engine, h history, _ *Look) bool {
			return slices.ContainsFunc(h, func(mo moment) bool { return len(mo.meeting) > 1 })
		}},
		{"the receiver was started again", func(_ *Engine, h history, l *Look) bool {
			began := false
			return slices.ContainsFunc(h, func(mo moment) bool {
				began = began || mo.meeting != nil
				return began && mo.restart >= 0 && mo.at < l.At
			})
		}},
		{"it is on several devices", func(x *Engine, h history, _ *Look) bool {
			first := ""
			return x.anyEntry(h, nil, func(request, entry int) bool {
				token := x.j.Requests[request].Entries[entry].Key.DeviceToken
				if first == "" {
					first = token
				}
				return token != "" && token != first
			})
		}},
		{"a request held more than 50 entries", func(x *Engine, h history, l *Look) bool {
			return x.anyEntry(h, l, func(request, _ int) bool { return len(x.j.Requests[request].Entries) > 50 })
		}},
		{"a request was larger than 64 KB", func(x *Engine, h history, l *Look) bool {
			return x.anyEntry(h, l, func(request, _ int) bool { return x.j.Requests[request].Size > 64<<10 })
		}},
		{"a request broke off", func(x *Engine, h history, l *Look) bool {
			return x.anyEntry(h, l, func(request, _ int) bool {
				return x.j.Requests[request].Arrived < x.j.Requests[request].Size
			})
		}},
	}
	for _, s := range mocksender.Statuses {
		all = append(all, trait{"an entry says " + string(s), func(x *Engine, h history, l *Look) bool {
			return x.anyEntry(h, l, func(request, entry int) bool { return x.j.Requests[request].Entries[entry].Status == s })
		}})
	}
	return all
}()

// anyEntry says whether an entry of the history that is of the look's device, or
// of none, has the property; l nil: an entry of any device.
func (x *Engine) anyEntry(h history, l *Look, is func(request, entry int) bool) bool {
	for _, mo := range h {
		for _, p := range mo.meeting {
			for e := range x.j.Requests[p.request].Entries {
				entry := &x.j.Requests[p.request].Entries[e]
				own := l == nil || l.Key.DeviceToken == "" || entry.Key.DeviceToken == "" ||
					entry.Key.DeviceToken == l.Key.DeviceToken
				if own && slices.Contains(p.ways[0], *entry) && is(p.request, e) {
					return true
				}
			}
		}
	}
	return false
}

// maxTraits is how many traits together are told of failures.
const maxTraits = 3

// traits are the fewest that all failing looks of a group have and no passing
// one has, together; none where there are none.
func (x *Engine) traits(group string) []string {
	var failing, passing []uint64
	for _, h := range x.course.cells {
		for _, mo := range h {
			if mo.look < 0 {
				continue
			}
			l := &x.j.Looks[mo.look]
			if x.fails[mo.look] && l.Group != group {
				continue
			}
			var has uint64
			for i, t := range traits {
				if t.has(x, h, l) {
					has |= 1 << i
				}
			}
			if x.fails[mo.look] {
				failing = append(failing, has)
			} else {
				passing = append(passing, has)
			}
		}
	}
	if len(failing) == 0 {
		return nil
	}
	shared := ^uint64(0)
	for _, has := range failing {
		shared &= has
	}
	mask, ok := smallest(shared, func(mask uint64) bool {
		return !slices.ContainsFunc(passing, func(has uint64) bool { return has&mask == mask })
	})
	if !ok {
		return nil
	}
	var texts []string
	for i, t := range traits {
		if mask&(1<<i) != 0 {
			texts = append(texts, t.text)
		}
	}
	return texts
}

// smallest is a smallest part of shared, of maxTraits bits at most, that parts.
func smallest(shared uint64, parts func(uint64) bool) (uint64, bool) {
	level := []uint64{0}
	for range maxTraits {
		var next []uint64
		for _, mask := range level {
			for bit := uint64(1); bit != 0 && bit <= shared; bit <<= 1 {
				if shared&bit == 0 || bit <= mask {
					continue
				}
				if with := mask | bit; parts(with) {
					return with, true
				} else {
					next = append(next, with)
				}
			}
		}
		level = next
	}
	return 0, false
}
