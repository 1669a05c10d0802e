package state

import (
	"encoding/json"
	"time"

	"github.com/ctxpush/ctxpush/mocksender"
	"github.com/ctxpush/ctxpush/scenarios"
)

// State is what a receiver knows of a message, as far as its probe tells.
type State struct {
	DeliveryStatus        mocksender.DeliveryStatus `json:"delivery_status"`
	DeliveryMethod        mocksender.DeliveryMethod `json:"delivery_method,omitempty"`
	PlannedDeliveryMethod mocksender.DeliveryMethod `json:"planned_delivery_method,omitempty"`
	Timestamp             string                    `json:"timestamp,omitempty"`
	Content               json.RawMessage           `json:"content,omitempty"`
}

// Status is the state's delivery_status; empty for nil, a message that is not
// known.
func (s *State) Status() mocksender.DeliveryStatus {
	if s == nil {
		return ""
	}
	return s.DeliveryStatus
}

// Expected is what is wanted, as a state; nil is a message that must not be known.
func Expected(w scenarios.Want) *State {
	if w.Status == "" {
		return nil
	}
	s := &State{
		DeliveryStatus:        w.Status,
		DeliveryMethod:        w.Method,
		PlannedDeliveryMethod: w.PlannedMethod,
		Content:               w.Content,
	}
	if !w.Timestamp.IsZero() {
		s.Timestamp = wireTime(w.Timestamp)
	}
	return s
}

func wireTime(t time.Time) string { return string(mocksender.AppendTimestamp(nil, t)) }
