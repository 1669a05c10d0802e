// Package param fills the parameters of a query with the parts of a message's key.
package param

import (
	"github.com/ctxpush/ctxpush/conformance/config"
	"github.com/ctxpush/ctxpush/conformance/sqltext"
	"github.com/ctxpush/ctxpush/mocksender"
)

// Of is a parameter's value: NULL for the device of a message on all
// devices.
func Of(key mocksender.Key, name string) any {
	switch name {
	case config.KeyParams[0]:
		return key.CampaignID
	case config.KeyParams[1]:
		return key.UserID
	case config.KeyParams[2]:
		return key.IdempotencyKey
	}
	if key.DeviceToken == "" {
		return nil
	}
	return key.DeviceToken
}

// Marked has a ? in the place of each parameter.
func Marked(q sqltext.Query, key mocksender.Key) (string, []any) {
	var args []any
	for _, name := range q.Params() {
		args = append(args, Of(key, name))
	}
	return q.Render(func(string) string { return "?" }), args
}
