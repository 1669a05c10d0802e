package probe

import (
	"testing"

	"github.com/ctxpush/ctxpush/conformance/config"
	"github.com/ctxpush/ctxpush/conformance/sqltext"
)

func TestDriversThatAreNotLinked(t *testing.T) {
	linked := drivers
	t.Cleanup(func() { drivers = linked })
	drivers = nil
	_, err := New(config.Config{Probe: config.Probe{SQL: &config.SQLProbe{Driver: sqltext.SQLite, DSN: "states.db", Query: "SELECT delivery_status FROM states " +
		"WHERE campaign_id = :campaign_id AND user_id = :user_id AND idempotency_key = :idempotency_key"}}}, nil, nil)
	const want = `probe.sql.driver: sqlite is not linked into the program: want import _ "github.com/ctxpush/ctxpush/conformance/probe/sqlite"`
	if err == nil || err.Error() != want {
		t.Errorf("%v: want %s", err, want)
	}
}
