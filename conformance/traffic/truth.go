package traffic

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"time"

	_ "modernc.org/sqlite" // the driver of the temporary file

	"github.com/ctxpush/ctxpush/mocksender"
)

// truth is what a recording tells of its messages: their entries, each once, in a
// temporary file, so that a long recording needs no more memory than a short one.
type truth struct {
	folder string
	db     *sql.DB
	tx     *sql.Tx
	insert *sql.Stmt
	count  int64 // of the entries that were added, copies too
}

const truthSchema = `
CREATE TABLE entry (
  campaign TEXT, user TEXT, key TEXT, device TEXT, at INTEGER, status TEXT, place INTEGER, raw BLOB,
  PRIMARY KEY (campaign, user, key, device, at, status)
) WITHOUT ROWID;
CREATE TABLE unsure (campaign TEXT, user TEXT, key TEXT, PRIMARY KEY (campaign, user, key)) WITHOUT ROWID;`

func newTruth() (_ *truth, err error) {
	t := &truth{}
	if t.folder, err = os.MkdirTemp("", "ctxpush-replay-"); err != nil {
		return nil, err
	}
	defer func() {
		if err != nil {
			err = errors.Join(err, t.close())
		}
	}()
	// It is thrown away at the end: nothing needs to be safe from a crash.
	name := "file:" + filepath.ToSlash(filepath.Join(t.folder, "truth.db")) +
		"?_pragma=journal_mode(OFF)&_pragma=synchronous(OFF)&_pragma=cache_size(-32000)&_pragma=locking_mode(EXCLUSIVE)"
	if t.db, err = sql.Open("sqlite", name); err != nil {
		return nil, err
	}
	t.db.SetMaxOpenConns(1)
	if _, err = t.db.Exec(truthSchema); err != nil {
		return nil, err
	}
	if t.tx, err = t.db.Begin(); err != nil {
		return nil, err
	}
	t.insert, err = t.tx.Prepare("INSERT OR IGNORE INTO entry VALUES (?, ?, ?, ?, ?, ?, ?, ?)")
	return t, err
}

func (t *truth) close() error {
	var err error
	if t.tx != nil {
		err = t.tx.Rollback()
	}
	if t.db != nil {
		err = errors.Join(err, t.db.Close())
	}
	return errors.Join(err, os.RemoveAll(t.folder))
}

// add adds an entry; a copy changes nothing.
func (t *truth) add(e entry) error {
	t.count++
	v := &e.event
	_, err := t.insert.Exec(v.CampaignID, v.UserID, v.IdempotencyKey, v.DeviceToken, v.Timestamp.UnixMilli(),
		string(v.DeliveryStatus), t.count, []byte(e.raw))
	return full(err)
}

// doubt says that not all of the message's entries came to the receiver.
func (t *truth) doubt(k mocksender.Key) error {
	_, err := t.tx.Exec("INSERT OR IGNORE INTO unsure VALUES (?, ?, ?)", k.CampaignID, k.UserID, k.IdempotencyKey)
	return full(err)
}

// isLast tells whether the entry is the last of its device, or the message's
// cancellation.
func (t *truth) isLast(e mocksender.Event) (bool, error) {
	var later int
	err := t.tx.QueryRow(`SELECT count(*) FROM entry
		WHERE campaign = ? AND user = ? AND key = ? AND device = ? AND at > ?`,
		e.CampaignID, e.UserID, e.IdempotencyKey, e.DeviceToken, e.Timestamp.UnixMilli()).Scan(&later)
	return later == 0, err
}

// size is how many messages there are.
func (t *truth) size() (n int64, err error) {
	err = t.tx.QueryRow("SELECT count(*) FROM (SELECT DISTINCT campaign, user, key FROM entry)").Scan(&n)
	return n, err
}

// messages tells each message with its entries, those of a device together, by
// time; unsure tells that doubt was called.
func (t *truth) messages(ctx context.Context, tell func(all []entry, unsure bool) error) error {
	rows, err := t.tx.QueryContext(ctx, `SELECT entry.campaign, entry.user, entry.key, place, raw, unsure.key IS NOT NULL
		FROM entry LEFT JOIN unsure USING (campaign, user, key)
		ORDER BY entry.campaign, entry.user, entry.key, device, at, status`)
	if err != nil {
		return err
	}
	defer rows.Close()
	var (
		key    mocksender.Key
		all    []entry
		unsure bool
	)
	for rows.Next() {
		var k mocksender.Key
		var e entry
		var doubted bool
		if err := rows.Scan(&k.CampaignID, &k.UserID, &k.IdempotencyKey, &e.order, (*[]byte)(&e.raw), &doubted); err != nil {
			return err
		}
		if k != key && len(all) > 0 {
			if err := tell(all, unsure); err != nil {
				return err
			}
			all = nil
		}
		key, unsure = k, doubted
		if e.event, err = eventOf(e.raw); err != nil {
			return err
		}
		all = append(all, e)
	}
	if err := rows.Err(); err != nil {
		return err
	}
	if len(all) == 0 {
		return nil
	}
	return tell(all, unsure)
}

// full says where a full disk is meant.
func full(err error) error {
	if err == nil {
		return nil
	}
	return fmt.Errorf("temporary file below %s: %w", os.TempDir(), err)
}

// keyLife is how far the changes of one message may lie apart; a key whose changes
// lie further apart names two.
const keyLife = mocksender.KeyLifetime

// spread is the time between the first and the last entry.
func spread(all []entry) time.Duration {
	first, last := all[0].event.Timestamp, all[0].event.Timestamp
	for _, e := range all {
		if e.event.Timestamp.Before(first) {
			first = e.event.Timestamp
		}
		if e.event.Timestamp.After(last) {
			last = e.event.Timestamp
		}
	}
	return last.Sub(first)
}
