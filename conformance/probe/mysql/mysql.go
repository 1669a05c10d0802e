// Package mysql asks a MySQL or MariaDB database for states.
package mysql

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"net"
	"net/url"
	"strings"

	"github.com/ctxpush/ctxpush/conformance/config"
	"github.com/ctxpush/ctxpush/conformance/probe"
	"github.com/ctxpush/ctxpush/conformance/probe/internal/param"
	"github.com/ctxpush/ctxpush/conformance/sqltext"
	"github.com/ctxpush/ctxpush/mocksender"
	"github.com/go-sql-driver/mysql"
)

func init() {
	probe.RegisterDriver(sqltext.MySQL, func(config.Config) probe.Driver { return mariaDB{} })
}

// mariaDB is MySQL too. It asks for many keys by a union of the queries for
// each: MariaDB has no lateral join.
type mariaDB struct{}

func (mariaDB) Open(dsn string) (probe.Database, error) {
	const want = "is no address of a MySQL database: want user:password@tcp(host:3306)/name or mysql://user:password@host:3306/name"
	cfg, err := mysqlConfig(dsn)
	if err != nil {
		return probe.Database{}, errors.New(want)
	}
	cfg.ParseTime = true
	cfg.InterpolateParams = true // one way there and back, where else it is three
	cfg.Logger = &mysql.NopLogger{}
	connector, err := mysql.NewConnector(cfg)
	if err != nil {
		return probe.Database{}, errors.New(want)
	}
	return probe.Database{DB: sql.OpenDB(connector), Address: fmt.Sprintf("mysql %s/%s", cfg.Addr, cfg.DBName), Secrets: []string{cfg.Passwd}}, nil
}

// mysqlConfig reads the driver's own form, and the URL that frameworks use.
func mysqlConfig(dsn string) (*mysql.Config, error) {
	rest, isURL := strings.CutPrefix(dsn, "mysql://")
	if !isURL {
		return mysql.ParseDSN(dsn)
	}
	u, err := url.Parse("mysql://" + rest)
	if err != nil {
		return nil, err
	}
	cfg, err := mysql.ParseDSN("/?" + u.RawQuery)
	if err != nil {
		return nil, err
	}
	port := u.Port()
	if port == "" {
		port = "3306"
	}
	cfg.Net, cfg.Addr, cfg.DBName = "tcp", net.JoinHostPort(u.Hostname(), port), strings.TrimPrefix(u.Path, "/")
	cfg.User = u.User.Username()
	cfg.Passwd, _ = u.User.Password()
	return cfg, nil
}

func (mariaDB) Batch() int     { return 50 }
func (mariaDB) Prepares() bool { return false }

func (mariaDB) One(_ context.Context, _ *sql.DB, q sqltext.Query, key mocksender.Key) (string, []any, error) {
	text, args := param.Marked(q, key)
	return text, args, nil
}

func (mariaDB) Many(_ context.Context, _ *sql.DB, q sqltext.Query, keys []mocksender.Key) (string, []any, error) {
	var b strings.Builder
	var args []any
	for i, key := range keys {
		inner, own := param.Marked(q, key)
		if i > 0 {
			b.WriteString(" UNION ALL ")
		}
		fmt.Fprintf(&b, "(SELECT %d, ctxpush_state.* FROM (\n%s\n) AS ctxpush_state)", i, inner)
		args = append(args, own...)
	}
	return b.String(), args, nil
}

// IsPassing: no connection left, it stops, or a lock was in the way.
func (mariaDB) IsPassing(err error) bool {
	if errors.Is(err, mysql.ErrInvalidConn) {
		return true
	}
	var refused *mysql.MySQLError
	if !errors.As(err, &refused) {
		return false
	}
	switch refused.Number {
	case 1040, 1053, 1203, 1205, 1213, 1226:
		return true
	}
	return false
}
