package scenarios

import (
	"slices"
	"time"

	"github.com/ctxpush/ctxpush/mocksender"
)

// Change is one state change in a message's true history.
type Change struct {
	Status mocksender.DeliveryStatus
	// At is when it happened, counted from the message's scheduling.
	At time.Duration
	// Method is how the message was delivered, or planned to be.
	Method mocksender.DeliveryMethod
}

// History is what truly became of a message on one device, oldest first. It
// never holds Cancelled: a message is cancelled on all its devices at once.
type History []Change

// Last is the history's last change; ok is false for a history without any.
func (h History) Last() (c Change, ok bool) {
	if len(h) == 0 {
		return Change{}, false
	}
	return h[len(h)-1], true
}

// Device is one of a message's devices and what became of the message there.
type Device struct {
	Name    string
	History History
}

// Message is one message of a scenario, before a seed gives it its key, tokens
// and content.
type Message struct {
	Name string
	// Count is how many messages share this description: 1, or a group.
	Count int
	// Like names the message whose key this one has, but for the parts in
	// Differs. Without a part that differs it is the same message again.
	Like    string
	Differs map[KeyPart]Difference
	// Lengths are the lengths, in characters, that parts of the key must have.
	Lengths map[KeyPart]int
	// Keys are parts of the key as they are, but for OwnID in them.
	Keys    map[KeyPart]string
	Planned mocksender.DeliveryMethod
	Content Content
	// When is when its last change happened, where that matters.
	When When
	// After is how much later than the scenario's other messages, or than When
	// says, it was scheduled.
	After   time.Duration
	Devices []Device
	// Cancelled is when the whole message was cancelled; nil if it was not.
	Cancelled *Change
}

// isTwin tells whether the message is the same as the one that it is like.
func (m Message) isTwin() bool { return m.Like != "" && len(m.Differs) == 0 && len(m.Keys) == 0 }

// OwnID stands, in a part of a key, for an id of the message's own, so that no
// two runs share a key. A message that is like another one has the other's.
const OwnID = "$id"

// KeyPart is one part of a message's key.
type KeyPart string

// The parts of a key that all messages have (clause identity).
const (
	CampaignID     KeyPart = "campaign_id"
	UserID         KeyPart = "user_id"
	IdempotencyKey KeyPart = "idempotency_key"
)

// KeyParts are all parts of a key, in the order of mocksender.Key.
var KeyParts = []KeyPart{CampaignID, UserID, IdempotencyKey}

// of is the part's place in a key.
func (p KeyPart) of(k *mocksender.Key) *string {
	switch p {
	case CampaignID:
		return &k.CampaignID
	case UserID:
		return &k.UserID
	default:
		return &k.IdempotencyKey
	}
}

// Difference is how a part of one message's key differs from another's.
type Difference string

const (
	// Other is a value of its own.
	Other Difference = "other"
	// Case is the same letters, one of them in the other case.
	Case Difference = "case"
	// LastCharacter is the same text but for its last character.
	LastCharacter Difference = "last-character"
)

// Content is which content a message has; the zero Content is short plain
// text. At most one field is set.
type Content struct {
	// Kind is the name of one of the fixtures' contents.
	Kind string
	// Size is the length in bytes of made-up content.
	Size int
	// JSON is the content itself.
	JSON string
}

// Place is where the entry's change stands in its device's history, from 0; a
// cancellation stands behind the longest of them.
func (m *Message) Place(ref Ref) int {
	longest := 0
	for _, d := range m.Devices {
		if d.Name == ref.Device {
			return slices.IndexFunc(d.History, func(c Change) bool { return c.Status == ref.Status })
		}
		longest = max(longest, len(d.History))
	}
	return longest
}
