package service

import (
	"maps"
	"slices"
	"strings"
	"sync"

	"github.com/ctxpush/ctxpush/mocksender"
)

// Memory is a store that ends with its process.
func Memory() Store {
	m := &memory{}
	m.reset()
	return m
}

type memory struct {
	mu         sync.RWMutex
	settings   *Settings
	messages   map[uint64]*Message
	deliveries map[uint64]*Delivery
	keys       map[mocksender.Key]uint64
	devices    map[string][]Device
	// ids and deliveryIDs are in ascending order: the engine counts upwards.
	ids, deliveryIDs []uint64
}

func (m *memory) reset() {
	m.messages, m.deliveries = map[uint64]*Message{}, map[uint64]*Delivery{}
	m.keys, m.devices = map[mocksender.Key]uint64{}, map[string][]Device{}
	m.ids, m.deliveryIDs = nil, nil
}

func (m *memory) Settings() (*Settings, error) {
	m.mu.RLock()
	defer m.mu.RUnlock()
	return m.settings, nil
}

func (m *memory) Commit(c *Commit) error {
	m.mu.Lock()
	defer m.mu.Unlock()
	if c.Reset {
		m.reset()
	}
	for _, x := range c.Messages {
		if m.messages[x.ID] == nil {
			m.ids = append(m.ids, x.ID)
			m.keys[x.Key()] = x.ID
		}
		m.messages[x.ID] = x
	}
	for _, d := range c.Deliveries {
		if m.deliveries[d.ID] == nil {
			m.deliveryIDs = append(m.deliveryIDs, d.ID)
		}
		m.deliveries[d.ID] = d
	}
	maps.Copy(m.devices, c.Devices)
	settings := c.Settings
	m.settings = &settings
	return nil
}

func (m *memory) Message(id uint64) (*Message, error) {
	m.mu.RLock()
	defer m.mu.RUnlock()
	return m.messages[id], nil
}

func (m *memory) Find(k mocksender.Key) (*Message, error) {
	m.mu.RLock()
	defer m.mu.RUnlock()
	return m.messages[m.keys[k.Message()]], nil
}

func (m *memory) Messages(q Query) ([]*Message, error) {
	m.mu.RLock()
	defer m.mu.RUnlock()
	var found []*Message
	skip := q.Offset
	for i := below(m.ids, q.Before) - 1; i >= 0; i-- {
		x := m.messages[m.ids[i]]
		switch {
		case !q.matches(x):
		case skip > 0:
			skip--
		default:
			found = append(found, x)
		}
		if q.Limit > 0 && len(found) == q.Limit {
			break
		}
	}
	return found, nil
}

func (m *memory) Count(q Query) (int, error) {
	m.mu.RLock()
	defer m.mu.RUnlock()
	n := 0
	for _, x := range m.messages {
		if q.matches(x) {
			n++
		}
	}
	return n, nil
}

// below is how many of the ids are below bound; 0 is no bound.
func below(ids []uint64, bound uint64) int {
	if bound == 0 {
		return len(ids)
	}
	i, _ := slices.BinarySearch(ids, bound)
	return i
}

func (q *Query) matches(m *Message) bool {
	if q.Status != "" && q.Status != m.DeliveryStatus || q.CampaignID != "" && q.CampaignID != m.CampaignID ||
		q.UserID != "" && q.UserID != m.UserID || q.IdempotencyKey != "" && q.IdempotencyKey != m.IdempotencyKey {
		return false
	}
	return q.Text == "" || strings.Contains(m.UserID, q.Text) || strings.Contains(m.CampaignID, q.Text) ||
		strings.Contains(m.IdempotencyKey, q.Text) ||
		slices.ContainsFunc(m.Devices, func(d DeviceState) bool { return strings.Contains(d.DeviceToken, q.Text) })
}

func (m *memory) Delivery(id uint64) (*Delivery, error) {
	m.mu.RLock()
	defer m.mu.RUnlock()
	return m.deliveries[id], nil
}

func (m *memory) Deliveries(q DeliveryQuery) ([]*Delivery, error) {
	m.mu.RLock()
	defer m.mu.RUnlock()
	ids := m.deliveryIDs
	if q.Message != 0 {
		ids = nil
		if x := m.messages[q.Message]; x != nil {
			for _, c := range x.History {
				ids = append(ids, c.Deliveries...)
			}
			slices.Sort(ids)
			ids = slices.Compact(ids)
		}
	}
	var found []*Delivery
	for i := below(ids, q.Before) - 1; i >= 0; i-- {
		d := m.deliveries[ids[i]]
		if d != nil && (q.Outcome == "" || q.Outcome == d.Outcome) {
			found = append(found, d)
		}
		if q.Limit > 0 && len(found) == q.Limit {
			break
		}
	}
	return found, nil
}

func (m *memory) Devices(user string) ([]Device, bool, error) {
	m.mu.RLock()
	defer m.mu.RUnlock()
	devices, ok := m.devices[user]
	return devices, ok, nil
}

func (m *memory) Unfinished(u Unfinished) error {
	m.mu.RLock()
	defer m.mu.RUnlock()
	for _, id := range m.ids {
		x := m.messages[id]
		if !x.Next.IsZero() {
			u.Step(id, x.Next)
		}
		if x.Waiting() > 0 {
			u.Queued(x)
		}
	}
	for _, id := range m.deliveryIDs {
		if d := m.deliveries[id]; d.Outcome == Waiting {
			u.Delivery(d)
		}
	}
	return nil
}

func (m *memory) Close() error { return nil }
