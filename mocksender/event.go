package mocksender

import (
	"encoding/json"
	"fmt"
	"time"
)

// DeliveryStatus is what became of a message (clause status).
type DeliveryStatus string

// The five statuses, and no others (clauses pending to failed).
const (
	Pending   DeliveryStatus = "pending"
	Delivered DeliveryStatus = "delivered"
	Opened    DeliveryStatus = "opened"
	Cancelled DeliveryStatus = "cancelled"
	Failed    DeliveryStatus = "failed"
)

// Statuses are all delivery statuses, in the order of a message's life.
var Statuses = []DeliveryStatus{Pending, Delivered, Opened, Cancelled, Failed}

// DeliveryMethod is how a message was, or is planned to be, delivered
// (clauses method and planned-method).
type DeliveryMethod string

// The delivery methods. MethodCancelled is never a planned method.
const (
	ContextAware    DeliveryMethod = "context_aware"
	Traditional     DeliveryMethod = "traditional"
	MethodCancelled DeliveryMethod = "cancelled"
)

// Key names one message, and with a DeviceToken one message on one device
// (clause identity).
type Key struct {
	CampaignID     string `json:"campaign_id"`
	UserID         string `json:"user_id"`
	IdempotencyKey string `json:"idempotency_key"`
	DeviceToken    string `json:"device_token,omitempty"`
}

// Message is k without its device: the name of the message on all devices.
func (k Key) Message() Key {
	k.DeviceToken = ""
	return k
}

// String is for people: campaign/user/key, and @device where there is one.
func (k Key) String() string {
	s := k.CampaignID + "/" + k.UserID + "/" + k.IdempotencyKey
	if k.DeviceToken != "" {
		s += "@" + k.DeviceToken
	}
	return s
}

// Event is one entry of a webhook request: one state change of one message
// (clause entry).
type Event struct {
	// DeviceToken is empty, and then absent from the wire, exactly when the
	// status is cancelled (clause device-token).
	DeviceToken           string
	UserID                string
	CampaignID            string
	IdempotencyKey        string
	DeliveryStatus        DeliveryStatus
	DeliveryMethod        DeliveryMethod
	PlannedDeliveryMethod DeliveryMethod
	// Timestamp is the time of the state change. The wire carries it in UTC
	// with milliseconds; what is finer is cut off.
	Timestamp time.Time
	// Content is the scheduled message's content, one JSON object, carried as
	// it is, byte for byte (clause content).
	Content json.RawMessage
}

// Key names the message, and the device where the entry has one.
func (e Event) Key() Key {
	return Key{CampaignID: e.CampaignID, UserID: e.UserID, IdempotencyKey: e.IdempotencyKey, DeviceToken: e.DeviceToken}
}

// Validate says in which way e is not an entry that ContextPush sends, nil if
// it is one.
func (e Event) Validate() error {
	switch e.DeliveryStatus {
	case Pending, Delivered, Opened, Failed:
		if e.DeviceToken == "" {
			return fmt.Errorf("entry %s: device_token is empty: only a cancelled entry has none", e.Key())
		}
		if e.DeliveryMethod != ContextAware && e.DeliveryMethod != Traditional {
			return fmt.Errorf("entry %s: delivery_method is %q: %s entries have context_aware or traditional", e.Key(), e.DeliveryMethod, e.DeliveryStatus)
		}
	case Cancelled:
		if e.DeviceToken != "" {
			return fmt.Errorf("entry %s: device_token is set: a cancelled entry has none", e.Key())
		}
		if e.DeliveryMethod != MethodCancelled {
			return fmt.Errorf("entry %s: delivery_method is %q: a cancelled entry has cancelled", e.Key(), e.DeliveryMethod)
		}
	default:
		return fmt.Errorf("entry %s: delivery_status is %q: want one of %v", e.Key(), e.DeliveryStatus, Statuses)
	}
	switch {
	case e.PlannedDeliveryMethod != ContextAware && e.PlannedDeliveryMethod != Traditional:
		return fmt.Errorf("entry %s: planned_delivery_method is %q: want context_aware or traditional", e.Key(), e.PlannedDeliveryMethod)
	case e.PlannedDeliveryMethod == Traditional && e.DeliveryMethod == ContextAware:
		return fmt.Errorf("entry %s: delivery_method is context_aware: a planned traditional push is never delivered as that", e.Key())
	case e.DeliveryStatus == Pending && e.DeliveryMethod != e.PlannedDeliveryMethod:
		return fmt.Errorf("entry %s: delivery_method is %q: a pending entry has its planned one, %s", e.Key(), e.DeliveryMethod, e.PlannedDeliveryMethod)
	case e.UserID == "" || e.CampaignID == "" || e.IdempotencyKey == "":
		return fmt.Errorf("entry %s: user_id, campaign_id and idempotency_key must not be empty", e.Key())
	case e.Timestamp.IsZero():
		return fmt.Errorf("entry %s: timestamp is not set", e.Key())
	case e.Timestamp.UTC().Year() < 0 || e.Timestamp.UTC().Year() > 9999:
		return fmt.Errorf("entry %s: timestamp is in the year %d: ISO 8601 has 0 to 9999", e.Key(), e.Timestamp.UTC().Year())
	case !isObject(e.Content):
		return fmt.Errorf("entry %s: content is no JSON object", e.Key())
	}
	return nil
}

func isObject(raw json.RawMessage) bool {
	for _, c := range raw {
		switch c {
		case ' ', '\t', '\r', '\n':
			continue
		}
		return c == '{' && json.Valid(raw)
	}
	return false
}
