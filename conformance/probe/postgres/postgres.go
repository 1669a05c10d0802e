// Package postgres asks a PostgreSQL database for states.
package postgres

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"net"
	"slices"
	"strconv"
	"strings"
	"sync"

	"github.com/ctxpush/ctxpush/conformance/config"
	"github.com/ctxpush/ctxpush/conformance/probe"
	"github.com/ctxpush/ctxpush/conformance/probe/internal/param"
	"github.com/ctxpush/ctxpush/conformance/sqltext"
	"github.com/ctxpush/ctxpush/mocksender"
	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
	"github.com/jackc/pgx/v5/stdlib"
)

func init() {
	probe.RegisterDriver(sqltext.Postgres, func(config.Config) probe.Driver { return &postgres{} })
}

// postgres asks for many keys by a lateral join over arrays of their parts.
type postgres struct {
	mu    sync.Mutex
	types []string // of the query's parameters, each once; nil: not known yet
	query string   // for one key
}

func (*postgres) Open(dsn string) (probe.Database, error) {
	cfg, err := pgx.ParseConfig(dsn)
	if err != nil {
		return probe.Database{}, errors.New("is no address of a PostgreSQL database: want postgres://user:password@host:5432/name")
	}
	// Unless the owner wants another: without named statements, which poolers do
	// not know.
	if !strings.Contains(dsn, "default_query_exec_mode") {
		cfg.DefaultQueryExecMode = pgx.QueryExecModeDescribeExec
	}
	if cfg.RuntimeParams["application_name"] == "" {
		cfg.RuntimeParams["application_name"] = "ctxpush"
	}
	address := fmt.Sprintf("postgres %s/%s", net.JoinHostPort(cfg.Host, strconv.Itoa(int(cfg.Port))), cfg.Database)
	return probe.Database{DB: stdlib.OpenDB(*cfg), Address: address, Secrets: []string{cfg.Password}}, nil
}

func (*postgres) Batch() int     { return 10_000 }
func (*postgres) Prepares() bool { return false }

// distinct are a query's parameters, each once.
func distinct(q sqltext.Query) []string {
	var names []string
	for _, name := range q.Params() {
		if !slices.Contains(names, name) {
			names = append(names, name)
		}
	}
	return names
}

func (p *postgres) One(ctx context.Context, db *sql.DB, q sqltext.Query, key mocksender.Key) (string, []any, error) {
	query, _, err := p.describe(ctx, db, q)
	if err != nil {
		return "", nil, err
	}
	names := distinct(q)
	args := make([]any, len(names))
	for i, name := range names {
		args[i] = param.Of(key, name)
	}
	return query, args, nil
}

// numbered is the query with $1, $2 and so on; those that are named in texts are
// said to be text.
func numbered(q sqltext.Query, texts ...string) string {
	names := distinct(q)
	return q.Render(func(name string) string {
		n := "$" + strconv.Itoa(slices.Index(names, name)+1)
		if slices.Contains(texts, name) {
			n = "CAST(" + n + " AS text)"
		}
		return n
	})
}

func (p *postgres) Many(ctx context.Context, db *sql.DB, q sqltext.Query, keys []mocksender.Key) (string, []any, error) {
	_, types, err := p.describe(ctx, db, q)
	if err != nil {
		return "", nil, err
	}
	names := distinct(q)
	args, arrays := make([]any, len(names)), make([]string, len(names))
	for i, name := range names {
		column := make([]*string, len(keys))
		for k, key := range keys {
			if v, ok := param.Of(key, name).(string); ok {
				column[k] = &v
			}
		}
		args[i], arrays[i] = column, fmt.Sprintf("$%d::text[]", i+1)
	}
	// A parameter keeps the type that it has in the query for one key: another
	// could compare in another way.
	inner := q.Render(func(name string) string {
		return fmt.Sprintf("CAST(ctxpush_key.%s AS %s)", name, types[slices.Index(names, name)])
	})
	return fmt.Sprintf("SELECT ctxpush_key.n - 1, ctxpush_state.* FROM unnest(%s) WITH ORDINALITY AS ctxpush_key (%s, n) CROSS JOIN LATERAL (\n%s\n) AS ctxpush_state",
		strings.Join(arrays, ", "), strings.Join(names, ", "), inner), args, nil
}

// describe is the query for one key and the types that the database gives to
// its parameters.
func (p *postgres) describe(ctx context.Context, db *sql.DB, q sqltext.Query) (string, []string, error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.types != nil {
		return p.query, p.types, nil
	}
	query := numbered(q)
	types, err := typesOf(ctx, db, query)
	const ambiguous, indeterminate = "42P08", "42P18"
	if refused := (*pgconn.PgError)(nil); errors.As(err, &refused) && (refused.Code == ambiguous || refused.Code == indeterminate) {
		// ":device_token IS NULL OR …" leaves its type open.
		query = numbered(q, "device_token")
		if asText, again := typesOf(ctx, db, query); again == nil {
			types, err = asText, nil
		}
	}
	if err == nil {
		p.query, p.types = query, types
	}
	return query, types, err
}

func typesOf(ctx context.Context, db *sql.DB, query string) ([]string, error) {
	conn, err := db.Conn(ctx)
	if err != nil {
		return nil, err
	}
	defer conn.Close()
	var types []string
	err = conn.Raw(func(c any) error {
		own := c.(*stdlib.Conn).Conn()
		described, err := own.Prepare(ctx, "", query)
		if err != nil {
			return err
		}
		for _, oid := range described.ParamOIDs {
			var name string
			if err := own.QueryRow(ctx, "SELECT format_type($1, NULL)", oid).Scan(&name); err != nil {
				return err
			}
			types = append(types, name)
		}
		return nil
	})
	return types, err
}

// IsPassing: it starts or stops, has no connection left, or a lock was in the way.
func (*postgres) IsPassing(err error) bool {
	var refused *pgconn.PgError
	if errors.As(err, &refused) {
		switch refused.Code {
		case "57P01", "57P02", "57P03", "53300", "40001", "40P01", "55P03":
			return true
		}
		return strings.HasPrefix(refused.Code, "08")
	}
	var connect *pgconn.ConnectError
	return errors.As(err, &connect) || pgconn.SafeToRetry(err)
}
