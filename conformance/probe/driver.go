package probe

import (
	"context"
	"database/sql"
	"fmt"

	"github.com/ctxpush/ctxpush/conformance/config"
	"github.com/ctxpush/ctxpush/conformance/sqltext"
	"github.com/ctxpush/ctxpush/mocksender"
)

// Driver is what databases do differently. Each is a package of its own, linked by
// those who want it, which registers itself.
type Driver interface {
	// Open prepares connections to a database and makes none. The error is free
	// of the password.
	Open(dsn string) (Database, error)
	// One is the query for one key with its arguments.
	One(ctx context.Context, db *sql.DB, q sqltext.Query, key mocksender.Key) (string, []any, error)
	// Batch is how many keys one query is made for at most; 0: not for several.
	Batch() int
	// Many is the query for several keys with its arguments. The first column of
	// its result is the index of the key.
	Many(ctx context.Context, db *sql.DB, q sqltext.Query, keys []mocksender.Key) (string, []any, error)
	// Prepares says whether the query for one key is the same for all, and worth to
	// be prepared.
	Prepares() bool
	// IsPassing says whether a question that failed may be answered a moment later.
	IsPassing(error) bool
}

// Database is a database and how it is named without its password.
type Database struct {
	*sql.DB
	Address string
	Secrets []string // never to be shown
}

var drivers = map[sqltext.Dialect]func(config.Config) Driver{}

// RegisterDriver makes a driver known, at the program's start. Two for one dialect
// are a mistake in the program.
func RegisterDriver(of sqltext.Dialect, made func(config.Config) Driver) {
	if _, twice := drivers[of]; twice {
		panic("probe: two drivers for " + string(of))
	}
	drivers[of] = made
}

// driverOf is the driver that cfg names.
func driverOf(cfg config.Config) (Driver, error) {
	name := cfg.Probe.SQL.Driver
	if made, ok := drivers[name]; ok {
		return made(cfg), nil
	}
	return nil, cfg.Mistake(sqlKey+".driver", "%s is not linked into the program: want import _ %q", name,
		fmt.Sprintf("github.com/ctxpush/ctxpush/conformance/probe/%s", name))
}
