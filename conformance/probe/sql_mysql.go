package probe

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"net"
	"net/url"
	"strings"

	"github.com/ctxpush/ctxpush/conformance/sqltext"
	"github.com/ctxpush/ctxpush/mocksender"
	"github.com/go-sql-driver/mysql"
)

// mariaDB is MySQL too. It asks for many keys by a union of the queries for
// each: MariaDB has no lateral join.
type mariaDB struct{}

func (mariaDB) open(dsn string) (opened, error) {
	const want = "is no address of a MySQL database: want user:password@tcp(host:3306)/name or mysql://user:password@host:3306/name"
	cfg, err := mysqlConfig(dsn)
	if err != nil {
		return opened{}, errors.New(want)
	}
	cfg.ParseTime = true
	cfg.InterpolateParams = true // one way there and back, where else it is three
	cfg.Logger = &mysql.NopLogger{}
	connector, err := mysql.NewConnector(cfg)
	if err != nil {
		return opened{}, errors.New(want)
	}
	return opened{sql.OpenDB(connector), fmt.Sprintf("mysql %s/%s", cfg.Addr, cfg.DBName), []string{cfg.Passwd}}, nil
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

func (mariaDB) batch() int  { return 50 }
func (mariaDB) keeps() bool { return false }

func (mariaDB) one(_ context.Context, _ *sql.DB, q sqltext.Query, key mocksender.Key) (string, []any, error) {
	text, args := marked(q, key)
	return text, args, nil
}

// marked has a ? in the place of each parameter.
func marked(q sqltext.Query, key mocksender.Key) (string, []any) {
	var args []any
	for _, name := range q.Params() {
		args = append(args, valueOf(key, name))
	}
	return q.Render(func(string) string { return "?" }), args
}

func (mariaDB) many(_ context.Context, _ *sql.DB, q sqltext.Query, keys []mocksender.Key) (string, []any, error) {
	var b strings.Builder
	var args []any
	for i, key := range keys {
		inner, own := marked(q, key)
		if i > 0 {
			b.WriteString(" UNION ALL ")
		}
		fmt.Fprintf(&b, "(SELECT %d, ctxpush_state.* FROM (\n%s\n) AS ctxpush_state)", i, inner)
		args = append(args, own...)
	}
	return b.String(), args, nil
}

// passing: no connection left, it stops, or a lock was in the way.
func (mariaDB) passing(err error) bool {
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
