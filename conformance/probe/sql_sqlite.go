package probe

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"net/url"
	"path/filepath"
	"strings"

	"github.com/ctxpush/ctxpush/conformance/sqltext"
	"github.com/ctxpush/ctxpush/mocksender"
	lite "modernc.org/sqlite"
	codes "modernc.org/sqlite/lib"
)

// sqliteBusy is how long a question waits for the receiver's lock, in
// milliseconds.
const sqliteBusy = 5000

// sqlite is a file that the receiver writes, opened to read alone. A question
// for one key is no way anywhere: there is nothing to gain by asking for many.
type sqlite struct {
	abs func(string) string
}

func (s sqlite) open(dsn string) (opened, error) {
	const want = "want a file such as data/receiver.db, relative to the file that names it, or file:data/receiver.db?…"
	path, query := dsn, url.Values{}
	if rest, ok := strings.CutPrefix(dsn, "file:"); ok {
		file, raw, _ := strings.Cut(rest, "?")
		values, err := url.ParseQuery(raw)
		name, pathErr := url.PathUnescape(file)
		if err != nil || pathErr != nil {
			return opened{}, errors.New("is no address of a SQLite file: " + want)
		}
		path, query = strings.TrimPrefix(name, "//"), values
	}
	if path == "" || path == ":memory:" || query.Get("mode") == "memory" {
		return opened{}, errors.New("is in the memory of another program: " + want)
	}
	path, err := filepath.Abs(s.abs(path))
	if err != nil {
		return opened{}, errors.New("is no address of a SQLite file: " + want)
	}
	query.Set("mode", "ro")
	query.Add("_pragma", fmt.Sprintf("busy_timeout(%d)", sqliteBusy))
	query.Add("_pragma", "query_only(1)")
	db, err := sql.Open("sqlite", "file://"+(&url.URL{Path: filepath.ToSlash(path)}).EscapedPath()+"?"+query.Encode())
	return opened{db, "sqlite " + path, nil}, err
}

func (sqlite) batch() int  { return 0 }
func (sqlite) keeps() bool { return true }

func (sqlite) one(_ context.Context, _ *sql.DB, q sqltext.Query, key mocksender.Key) (string, []any, error) {
	text, args := marked(q, key)
	return text, args, nil
}

func (sqlite) many(context.Context, *sql.DB, sqltext.Query, []mocksender.Key) (string, []any, error) {
	return "", nil, errors.New("not for several keys")
}

// passing: a lock was in the way, or the receiver that was killed has its log to
// recover; and a file that is not there may be made by it.
func (sqlite) passing(err error) bool {
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
