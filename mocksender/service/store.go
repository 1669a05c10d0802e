package service

import (
	"time"

	"github.com/ctxpush/ctxpush/mocksender"
)

// Store keeps messages and deliveries. One goroutine commits; the others'
// methods may be called at once. What a store gives out, or was given, is
// changed by nobody afterwards.
type Store interface {
	// Settings are those of the last commit; nil in a new store.
	Settings() (*Settings, error)
	// Commit keeps all of c, or on an error nothing.
	Commit(c *Commit) error
	// Message is nil where there is none.
	Message(id uint64) (*Message, error)
	// Find is the newest message under the key, nil where there is none.
	Find(k mocksender.Key) (*Message, error)
	// Messages are the newest first.
	Messages(Query) ([]*Message, error)
	// Count is how many messages there are, whatever q's Limit, Before and Offset.
	Count(q Query) (int, error)
	// Delivery is nil where there is none.
	Delivery(id uint64) (*Delivery, error)
	// Deliveries are the newest first.
	Deliveries(DeliveryQuery) ([]*Delivery, error)
	// Devices are those that a user was given; ok tells whether any were, even none.
	Devices(user string) (devices []Device, ok bool, err error)
	// Unfinished tells all that is still to happen, in the order of ids: messages
	// with a next step, messages with entries in the queue, deliveries that wait.
	Unfinished(Unfinished) error
	Close() error
}

// Unfinished is told what a store has that is still to happen.
type Unfinished struct {
	Step     func(id uint64, at time.Time)
	Queued   func(*Message)
	Delivery func(*Delivery)
}

// Commit is what changes together.
type Commit struct {
	// Reset empties the store first.
	Reset      bool
	Messages   []*Message
	Deliveries []*Delivery
	Devices    map[string][]Device
	Settings   Settings
}

// Settings are what is kept beside messages and deliveries.
type Settings struct {
	// Now is the service's time at the commit. A service that starts again with a
	// clock that is behind goes on from here.
	Now time.Time `json:"now"`
	// LastMessage and LastDelivery are the highest ids that were given.
	LastMessage  uint64 `json:"last_message"`
	LastDelivery uint64 `json:"last_delivery"`
	Held         bool   `json:"held"`
	Faults       Faults `json:"faults"`
}

// Query asks for messages; its zero value for all.
type Query struct {
	Status                             mocksender.DeliveryStatus
	CampaignID, UserID, IdempotencyKey string
	// Text is a part of any of the three ids or of a device token.
	Text string
	// Before asks for ids below it; 0 is no bound.
	Before uint64
	// Offset leaves out as many of the newest.
	Offset int
	// Limit is how many at most; 0 is all.
	Limit int
}

// DeliveryQuery asks for deliveries; its zero value for all.
type DeliveryQuery struct {
	Outcome string
	// Message asks for those that carry an entry of it; 0 is any.
	Message uint64
	Before  uint64
	Limit   int
}
