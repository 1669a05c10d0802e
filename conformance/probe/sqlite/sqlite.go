// Package sqlite asks a SQLite file for states.
package sqlite

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"net/url"
	"path/filepath"
	"strings"

	"github.com/ctxpush/ctxpush/conformance/config"
	"github.com/ctxpush/ctxpush/conformance/probe"
	"github.com/ctxpush/ctxpush/conformance/probe/internal/param"
	"github.com/ctxpush/ctxpush/conformance/sqltext"
	"github.com/ctxpush/ctxpush/mocksender"
	lite "modernc.org/sqlite"
	codes "modernc.org/sqlite/lib"
)

// sqliteBusy is how long a question waits for the receiver's lock, in
// milliseconds.
const sqliteBusy = 5000

func init() {
	probe.RegisterDriver(sqltext.SQLite, func(cfg config.Config) probe.Driver { return sqlite{abs: cfg.Abs} })
}

// sqlite is a file that the receiver writes, opened to read alone. A question
// for one key is no way anywhere: there is nothing to gain by asking for many.
type sqlite struct {
	abs func(string) string
}

func (s sqlite) Open(dsn string) (probe.Database, error) {
	const want = "want a file such as data/receiver.db, relative to the file that names it, or file:data/receiver.db?…"
	path, query := dsn, url.Values{}
	if rest, ok := strings.CutPrefix(dsn, "file:"); ok {
		file, raw, _ := strings.Cut(rest, "?")
		values, err := url.ParseQuery(raw)
		name, pathErr := url.PathUnescape(file)
		if err != nil || pathErr != nil {
			return probe.Database{}, errors.New("is no address of a SQLite file: " + want)
		}
		path, query = strings.TrimPrefix(name, "//"), values
	}
	if path == "" || path == ":memory:" || query.Get("mode") == "memory" {
		return probe.Database{}, errors.New("is in the memory of another program: " + want)
	}
	path, err := filepath.Abs(s.abs(path))
	if err != nil {
		return probe.Database{}, errors.New("is no address of a SQLite file: " + want)
	}
	query.Set("mode", "ro")
	query.Add("_pragma", fmt.Sprintf("busy_timeout(%d)", sqliteBusy))
	query.Add("_pragma", "query_only(1)")
	db, err := sql.Open("sqlite", "file://"+(&url.URL{Path: filepath.ToSlash(path)}).EscapedPath()+"?"+query.Encode())
	return probe.Database{DB: db, Address: "sqlite " + path}, err
}

func (sqlite) Batch() int     { return 0 }
func (sqlite) Prepares() bool { return true }

func (sqlite) One(_ context.Context, _ *sql.DB, q sqltext.Query, key mocksender.Key) (string, []any, error) {
	text, args := param.Marked(q, key)
	return text, args, nil
}

func (sqlite) Many(context.Context, *sql.DB, sqltext.Query, []mocksender.Key) (string, []any, error) {
	return "", nil, errors.New("not for several keys")
}

// IsPassing: a lock was in the way, or the receiver that was killed has its log to
// recover; and a file that is not there may be made by it.
func (sqlite) IsPassing(err error) bool {
	var refused *lite.Error
	if !errors.As(err, &refused) {
		return false
	}
	switch refused.Code() & 0xff {
	case codes.SQLITE_BUSY, codes.SQLITE_LOCKED, codes.SQLITE_PROTOCOL, codes.SQLITE_CANTOPEN:
		return true
	}
	return refused.Code() == codes.SQLITE_READONLY_RECOVERY
}
