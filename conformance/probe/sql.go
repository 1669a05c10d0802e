package probe

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"net/url"
	"slices"
	"strconv"
	"sync"
	"time"

	"github.com/ctxpush/ctxpush/conformance/config"
	"github.com/ctxpush/ctxpush/conformance/event"
	"github.com/ctxpush/ctxpush/conformance/receiver"
	"github.com/ctxpush/ctxpush/conformance/sqltext"
	"github.com/ctxpush/ctxpush/mocksender"
	"golang.org/x/sync/errgroup"
)

const sqlKey = "probe.sql"

const (
	sqlConnections = 4
	sqlIdle        = 30 * time.Second // until a connection without work is closed
)

// sqlProber queries the receiver's database.
type sqlProber struct {
	spec     config.SQLProbe
	secret   string
	base     func() string  // nil: not in a container of ours
	ports    receiver.Ports // nil: likewise
	query    sqltext.Query
	driver   Driver
	wait     time.Duration
	statuses map[string]mocksender.DeliveryStatus

	mu     sync.Mutex
	db     *database // nil before the first question
	closed bool
	batch  int // keys of a query at most; below 2: one by one
}

// database is the database at one address.
type database struct {
	Database
	dsn    string
	reader reader

	preparing sync.Mutex
	prepared  *sql.Stmt // of a driver that prepares its query; nil: not yet
}

// ask makes the query for one key.
func (db *database) ask(ctx context.Context, keep bool, query string, args []any) (*sql.Rows, error) {
	if !keep {
		return db.QueryContext(ctx, query, args...)
	}
	db.preparing.Lock()
	if db.prepared == nil {
		prepared, err := db.PrepareContext(ctx, query)
		if err != nil {
			db.preparing.Unlock()
			return nil, err
		}
		db.prepared = prepared // it ends with the database
	}
	db.preparing.Unlock()
	return db.prepared.QueryContext(ctx, args...)
}

func newSQL(cfg config.Config, r receiver.Receiver) (Prober, error) {
	p := &sqlProber{spec: *cfg.Probe.SQL, secret: string(cfg.Secret), wait: min(cfg.Timeout, maxWait), statuses: cfg.Statuses}
	var err error
	if p.query, err = p.spec.Statement(); err != nil {
		return nil, cfg.Mistake(sqlKey+".query", "%s", err)
	}
	if p.driver, err = driverOf(cfg); err != nil {
		return nil, err
	}
	p.batch = p.driver.Batch()
	// Judged before the receiver starts, with the ports as they are inside.
	dsn, err := p.dsn("127.0.0.1", func(port int) (int, error) { return port, nil })
	if err != nil {
		return nil, cfg.Mistake(sqlKey+".dsn", "%s", err)
	}
	db, err := p.driver.Open(dsn)
	if err != nil {
		return nil, cfg.Mistake(sqlKey+".dsn", "%s", err)
	}
	if ports, ok := r.(receiver.Ports); ok {
		p.base, p.ports = r.URL, ports
	} else if len(p.spec.Ports()) > 0 {
		return nil, errors.Join(cfg.Mistake(sqlKey+".dsn", "asks for a port of a container, and the receiver has none; write the address"), db.Close())
	}
	return p, db.Close()
}

// dsn is the DSN with its variables' values.
func (p *sqlProber) dsn(host string, portOf func(int) (int, error)) (string, error) {
	vars := map[string]string{config.VarSecret: p.secret, config.VarHost: host}
	for _, port := range p.spec.Ports() {
		here, err := portOf(port)
		if err != nil {
			return "", err
		}
		vars[config.VarPortOf+strconv.Itoa(port)] = strconv.Itoa(here)
	}
	return config.Expand(string(p.spec.DSN), vars), nil
}

// connect is the database where it is now: its address may be another one after
// each start.
func (p *sqlProber) connect() (*database, error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.closed {
		return nil, errors.New("the probe is closed")
	}
	host, portOf := "", func(port int) (int, error) { return port, nil }
	if p.ports != nil {
		if u, err := url.Parse(p.base()); err == nil {
			host = u.Hostname()
		}
		portOf = p.ports.PortOf
	}
	dsn, err := p.dsn(host, portOf)
	if err != nil {
		return nil, err
	}
	if p.db != nil && p.db.dsn == dsn {
		return p.db, nil
	}
	db, err := p.driver.Open(dsn)
	if err != nil {
		return nil, err
	}
	db.SetMaxOpenConns(sqlConnections)
	db.SetMaxIdleConns(sqlConnections)
	db.SetConnMaxIdleTime(sqlIdle)
	if p.db != nil {
		// What is asked there still ends with an error that passes.
		_ = p.db.Close()
	}
	r := reader{mend: "probe.sql.query", statuses: p.statuses, redact: newRedactor(append(db.Secrets, p.secret))}
	p.db = &database{Database: db, dsn: dsn, reader: r}
	return p.db, nil
}

// Close closes the connections.
func (p *sqlProber) Close() error {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.closed = true
	if p.db == nil {
		return nil
	}
	return p.db.Close()
}

// States asks for as many keys with one query as the database can, and else for
// each alone, on a few connections.
func (p *sqlProber) States(ctx context.Context, keys []mocksender.Key) ([]*event.State, error) {
	states := make([]*event.State, len(keys))
	db, err := p.connect()
	if err != nil {
		return nil, &Error{Request: "sql " + string(p.spec.Driver), Msg: err.Error(), Err: err, Temporary: true}
	}
	size, ask := p.size(), p.askMany
	if size < 2 || len(keys) < 2 {
		size, ask = (len(keys)+sqlConnections-1)/sqlConnections, p.askEach
	}
	group, inner := errgroup.WithContext(ctx)
	group.SetLimit(sqlConnections)
	at := 0
	for part := range slices.Chunk(keys, max(size, 1)) {
		into := states[at : at+len(part)]
		at += len(part)
		group.Go(func() error { return ask(inner, db, part, into) })
	}
	return probeError(states, group.Wait())
}

func (p *sqlProber) size() int {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.batch
}

func (p *sqlProber) shrink(to int) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.batch = min(p.batch, to)
}

// askMany asks with one query. Where the database refuses it, each key is asked
// for alone from then on; where it takes too long, a half of the keys.
func (p *sqlProber) askMany(ctx context.Context, db *database, keys []mocksender.Key, into []*event.State) error {
	err := p.tryMany(ctx, db, keys, into)
	var own *Error
	if err == nil || errors.As(err, &own) {
		return err
	}
	switch failure := p.failure(ctx, db, err); {
	case ctx.Err() != nil:
		return failure
	case errors.Is(failure, context.DeadlineExceeded) && len(keys) > 1:
		half := len(keys) / 2
		p.shrink(half)
		clear(into)
		if err := p.askMany(ctx, db, keys[:half], into[:half]); err != nil {
			return err
		}
		return p.askMany(ctx, db, keys[half:], into[half:])
	case failure.Temporary:
		return failure
	}
	clear(into)
	if err := p.askEach(ctx, db, keys, into); err != nil {
		return err
	}
	p.shrink(0)
	return nil
}

func (p *sqlProber) tryMany(ctx context.Context, db *database, keys []mocksender.Key, into []*event.State) error {
	ctx, cancel := context.WithTimeout(ctx, p.wait)
	defer cancel()
	query, args, err := p.driver.Many(ctx, db.DB, p.query, keys)
	if err != nil {
		return err
	}
	rows, err := db.QueryContext(ctx, query, args...)
	if err != nil {
		return err
	}
	defer rows.Close()
	table, err := tableOf(rows, 1)
	if err != nil {
		return db.failf("%s", err)
	}
	found := make([]bool, len(keys))
	for rows.Next() {
		values, err := table.scan(rows)
		if err != nil {
			return err
		}
		n, _, err := textOf(values[0])
		i, convErr := strconv.Atoi(n)
		switch {
		case err != nil || convErr != nil || i < 0 || i >= len(keys):
			return fmt.Errorf("the row of key %q", n)
		case found[i]:
			return db.failf("%s", errSeveral)
		}
		found[i] = true
		if into[i], err = table.state(&db.reader, values); err != nil {
			return db.failf("%s", err)
		}
	}
	return rows.Err()
}

func (p *sqlProber) askEach(ctx context.Context, db *database, keys []mocksender.Key, into []*event.State) error {
	for i, key := range keys {
		var err error
		if into[i], err = p.askOne(ctx, db, key); err != nil {
			return err
		}
	}
	return nil
}

func (p *sqlProber) askOne(parent context.Context, db *database, key mocksender.Key) (*event.State, error) {
	ctx, cancel := context.WithTimeout(parent, p.wait)
	defer cancel()
	query, args, err := p.driver.One(ctx, db.DB, p.query, key)
	if err != nil {
		return nil, p.failure(parent, db, err)
	}
	rows, err := db.ask(ctx, p.driver.Prepares(), query, args)
	if err != nil {
		return nil, p.failure(parent, db, err)
	}
	defer rows.Close()
	table, err := tableOf(rows, 0)
	if err != nil {
		return nil, db.failf("%s", err)
	}
	var state *event.State
	for n := 0; rows.Next(); n++ {
		if n > 0 {
			return nil, db.failf("%s", errSeveral)
		}
		values, err := table.scan(rows)
		if err != nil {
			return nil, p.failure(parent, db, err)
		}
		if state, err = table.state(&db.reader, values); err != nil {
			return nil, db.failf("%s", err)
		}
	}
	if err := rows.Err(); err != nil {
		return nil, p.failure(parent, db, err)
	}
	return state, nil
}

// failure is a question without an answer. parent is the context without the
// question's own time-out.
func (p *sqlProber) failure(parent context.Context, db *database, err error) *Error {
	switch {
	case parent.Err() != nil:
		e := db.failf("ended before it was answered")
		e.Err = parent.Err()
		return e
	case errors.Is(err, context.DeadlineExceeded):
		e := db.failf("no answer within %v", p.wait)
		e.Err, e.Temporary = context.DeadlineExceeded, true
		return e
	}
	e := db.failf("%s", db.reader.redact.cut(err.Error(), 200))
	e.Err, e.Temporary = err, isConnectionLost(err) || p.driver.IsPassing(err)
	return e
}

func (db *database) failf(format string, args ...any) *Error {
	r := db.reader.redact
	return &Error{Request: r.cut(db.Address, 120), Msg: r.text(fmt.Sprintf(format, args...))}
}
