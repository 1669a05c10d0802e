// Package sqlite keeps the messages of a mock service in a SQLite file. What a
// commit has returned for is on disk, whatever ends the process.
package sqlite

import (
	"context"
	"database/sql"
	"encoding/json"
	"errors"
	"fmt"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"sync/atomic"

	"modernc.org/sqlite" // also the driver "sqlite"
	sqlite3 "modernc.org/sqlite/lib"

	"github.com/ctxpush/ctxpush/mocksender/service"
)

// version is that of the tables, as the file's user_version has it.
const version = 1

const schema = `
CREATE TABLE messages (
	id INTEGER PRIMARY KEY,
	campaign_id TEXT NOT NULL,
	user_id TEXT NOT NULL,
	idempotency_key TEXT NOT NULL,
	status TEXT NOT NULL,
	next INTEGER,    -- ns since 1970 of the next step
	waiting INTEGER, -- 1 where entries wait in the queue
	content TEXT NOT NULL, -- byte for byte
	data TEXT NOT NULL     -- the rest, as JSON
);
CREATE INDEX messages_key ON messages (idempotency_key, user_id, campaign_id);
CREATE INDEX messages_status ON messages (status, id);
CREATE INDEX messages_next ON messages (id) WHERE next IS NOT NULL;
CREATE INDEX messages_waiting ON messages (id) WHERE waiting IS NOT NULL;
CREATE TABLE deliveries (id INTEGER PRIMARY KEY, outcome TEXT NOT NULL, body TEXT NOT NULL, data TEXT NOT NULL);
CREATE INDEX deliveries_waiting ON deliveries (id) WHERE outcome = 'waiting';
CREATE TABLE devices (user_id TEXT PRIMARY KEY, data TEXT NOT NULL) WITHOUT ROWID;
CREATE TABLE settings (id INTEGER PRIMARY KEY CHECK (id = 1), data TEXT NOT NULL);
`

// ErrLocked is that of a file that another process has open.
var ErrLocked = errors.New("another process has it open: want a file of this one's own, or the other one ended")

type store struct {
	file  string
	lock  *sql.DB   // of the file beside it
	db    *sql.DB   // reads
	write *sql.Conn // of a pool of its own
	own   *sql.DB

	users atomic.Bool // whether any user was given devices

	begin, commit, rollback           *sql.Stmt
	message, delivery, user, settings *sql.Stmt // on write
	byID, byKey, deliveryByID, byUser *sql.Stmt // on db
}

// Open opens the file, and makes it where there is none. One process at a time
// has it open. Errors name the file in one line.
func Open(file string) (service.Store, error) {
	s := &store{file: file}
	if err := s.open(); err != nil {
		_ = s.Close()
		return nil, fmt.Errorf("store %s: %w", file, err)
	}
	return s, nil
}

func (s *store) open() (err error) {
	f, err := os.OpenFile(s.file, os.O_RDWR|os.O_CREATE, 0o600)
	if err != nil {
		var path *os.PathError
		if errors.As(err, &path) {
			err = path.Err
		}
		return fmt.Errorf("%w: want a file that can be written, in a folder that exists", err)
	}
	if err := f.Close(); err != nil {
		return err
	}
	if err := s.takeLock(); err != nil {
		return err
	}
	if s.own, err = sql.Open("sqlite", source(s.file, writing...)); err != nil {
		return err
	}
	if s.db, err = sql.Open("sqlite", source(s.file, reading...)); err != nil {
		return err
	}
	s.db.SetMaxOpenConns(readers)
	s.db.SetMaxIdleConns(readers)
	ctx := context.Background()
	if s.write, err = s.own.Conn(ctx); err != nil {
		return worded(err)
	}
	if err := s.tables(ctx); err != nil {
		return worded(err)
	}
	return s.prepare(ctx)
}

// takeLock holds a file beside the store as long as it is open, so that no
// second process sends the same webhooks. SQLite's own lock of it works on every
// system, and ends with the process.
func (s *store) takeLock() (err error) {
	if s.lock, err = sql.Open("sqlite", source(s.file+".lock")); err != nil {
		return err
	}
	s.lock.SetMaxOpenConns(1)
	_, err = s.lock.Exec("BEGIN EXCLUSIVE")
	var e *sqlite.Error
	if errors.As(err, &e) && e.Code()&0xff == sqlite3.SQLITE_BUSY {
		return ErrLocked
	}
	return err
}

func (s *store) tables(ctx context.Context) error {
	var has, tables int
	if err := s.write.QueryRowContext(ctx, "PRAGMA user_version").Scan(&has); err != nil {
		return err
	}
	if err := s.write.QueryRowContext(ctx, "SELECT count(*) FROM sqlite_schema").Scan(&tables); err != nil {
		return err
	}
	switch {
	case has == version:
		return nil
	case has == 0 && tables == 0:
		create := fmt.Sprintf("BEGIN IMMEDIATE;%sPRAGMA user_version = %d;COMMIT", schema, version)
		_, err := s.write.ExecContext(ctx, create)
		return err
	}
	return fmt.Errorf("it is of another version or another program's: want a new file, or one of version %d", version)
}

// worded is SQLite's error as users know it.
func worded(err error) error {
	var e *sqlite.Error
	if errors.As(err, &e) && e.Code()&0xff == sqlite3.SQLITE_NOTADB {
		return fmt.Errorf("it is no SQLite file: want a new file, or one of this program's")
	}
	return err
}

// readers is how many look-ups are made at once.
const readers = 4

// writing is how the file is written: with synchronous FULL and a write-ahead
// log each commit is synced.
var writing = []string{
	"busy_timeout(5000)", "page_size(8192)", "journal_mode(WAL)", "synchronous(FULL)",
	"cache_size(-32768)", // 32 MB
	"wal_autocheckpoint(4000)",
}

// reading is how it is read, by each connection: 8 MB.
var reading = []string{"busy_timeout(5000)", "query_only(1)", "cache_size(-8192)"}

// source names a file and how it is used.
func source(file string, pragmas ...string) string {
	if abs, err := filepath.Abs(file); err == nil {
		file = abs
	}
	path := filepath.ToSlash(file)
	if !strings.HasPrefix(path, "/") {
		path = "/" + path // a drive letter
	}
	return "file://" + (&url.URL{Path: path}).EscapedPath() + "?" + url.Values{"_pragma": pragmas}.Encode()
}

func (s *store) prepare(ctx context.Context) (err error) {
	for _, p := range []struct {
		stmt **sql.Stmt
		text string
	}{
		{&s.begin, "BEGIN IMMEDIATE"}, {&s.commit, "COMMIT"}, {&s.rollback, "ROLLBACK"},
		{&s.message, `INSERT INTO messages VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?) ON CONFLICT (id) DO UPDATE SET
			status = excluded.status, next = excluded.next, waiting = excluded.waiting,
			content = excluded.content, data = excluded.data`},
		{&s.delivery, `INSERT INTO deliveries VALUES (?, ?, ?, ?)
			ON CONFLICT (id) DO UPDATE SET outcome = excluded.outcome, data = excluded.data`},
		{&s.user, "INSERT INTO devices VALUES (?, ?) ON CONFLICT (user_id) DO UPDATE SET data = excluded.data"},
		{&s.settings, "INSERT INTO settings VALUES (1, ?) ON CONFLICT (id) DO UPDATE SET data = excluded.data"},
	} {
		if *p.stmt, err = s.write.PrepareContext(ctx, p.text); err != nil {
			return err
		}
	}
	for _, p := range []struct {
		stmt **sql.Stmt
		text string
	}{
		{&s.byID, "SELECT content, data FROM messages WHERE id = ?"},
		{&s.byKey, `SELECT content, data FROM messages
			WHERE idempotency_key = ? AND user_id = ? AND campaign_id = ? ORDER BY id DESC LIMIT 1`},
		{&s.byUser, "SELECT data FROM devices WHERE user_id = ?"},
		{&s.deliveryByID, "SELECT body, data FROM deliveries WHERE id = ?"},
	} {
		if *p.stmt, err = s.db.PrepareContext(ctx, p.text); err != nil {
			return err
		}
	}
	var users bool
	err = s.db.QueryRowContext(ctx, "SELECT EXISTS (SELECT 1 FROM devices)").Scan(&users)
	s.users.Store(users)
	return err
}

func (s *store) Commit(c *service.Commit) error {
	ctx := context.Background()
	if _, err := s.begin.ExecContext(ctx); err != nil {
		return err
	}
	err := s.put(ctx, c)
	if err == nil {
		if _, err = s.commit.ExecContext(ctx); err == nil {
			return nil
		}
	}
	// A full disk has rolled back already, and then there is nothing to undo.
	_, _ = s.rollback.ExecContext(ctx)
	return err
}

func (s *store) put(ctx context.Context, c *service.Commit) error {
	if c.Reset {
		empty := "DELETE FROM messages; DELETE FROM deliveries; DELETE FROM devices"
		if _, err := s.write.ExecContext(ctx, empty); err != nil {
			return err
		}
	}
	for _, m := range c.Messages {
		var next, waiting any
		if !m.Next.IsZero() {
			next = m.Next.UnixNano()
		}
		if m.Waiting() > 0 {
			waiting = 1
		}
		rest := *m
		rest.Content = nil
		if err := exec(ctx, s.message, &rest, m.ID, m.CampaignID, m.UserID, m.IdempotencyKey,
			string(m.DeliveryStatus), next, waiting, string(m.Content)); err != nil {
			return err
		}
	}
	for _, d := range c.Deliveries {
		rest := *d
		rest.Body = nil
		if err := exec(ctx, s.delivery, &rest, d.ID, d.Outcome, string(d.Body)); err != nil {
			return err
		}
	}
	if len(c.Devices) > 0 {
		s.users.Store(true) // before they are there: then a look-up finds none
	}
	for user, devices := range c.Devices {
		if err := exec(ctx, s.user, devices, user); err != nil {
			return err
		}
	}
	return exec(ctx, s.settings, c.Settings)
}

// exec runs a statement whose last argument is value as JSON.
func exec(ctx context.Context, stmt *sql.Stmt, value any, args ...any) error {
	data, err := encode(value)
	if err != nil {
		return err
	}
	_, err = stmt.ExecContext(ctx, append(args, data)...)
	return err
}

// encode is value as JSON, in which < and & stay as they are: texts are looked
// for in it.
func encode(value any) (string, error) {
	var b strings.Builder
	e := json.NewEncoder(&b)
	e.SetEscapeHTML(false)
	err := e.Encode(value)
	return strings.TrimSuffix(b.String(), "\n"), err
}

// Close closes the file.
func (s *store) Close() error {
	var errs []error
	for _, stmt := range []*sql.Stmt{s.begin, s.commit, s.rollback, s.message, s.delivery, s.user, s.settings} {
		if stmt != nil {
			errs = append(errs, stmt.Close())
		}
	}
	if s.write != nil {
		errs = append(errs, s.write.Close())
	}
	for _, db := range []*sql.DB{s.own, s.db, s.lock} {
		if db != nil {
			errs = append(errs, db.Close())
		}
	}
	return errors.Join(errs...)
}
