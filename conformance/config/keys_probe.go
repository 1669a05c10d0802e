package config

import (
	"errors"
	"strings"

	"github.com/ctxpush/ctxpush/conformance/sqltext"
)

// probeKeys are the keys under probe. Those of one kind replace another kind of
// the file's.
var probeKeys = []Key{
	{Name: "probe.http.path", Flag: "probe-path", Env: "CTXPUSH_PROBE_PATH", Value: "PATH",
		Doc: "path that answers a message's state (default " + defaultProbe + ")",
		set: func(c *Config, s string) error {
			httpProbe(c).Path = s
			return checkPath(s)
		}},
	{Name: "probe.http.url", Flag: "probe-url", Env: "CTXPUSH_PROBE_URL", Value: "URL",
		Doc: "base address of another server that knows the state (default the receiver's)",
		set: func(c *Config, s string) error {
			httpProbe(c).URL = trimSlash(s)
			return checkURL(s)
		}},
	{Name: "probe.http.bulk", Flag: "probe-bulk", Env: "CTXPUSH_PROBE_BULK", Value: "PATH",
		Doc: "path that answers many messages' states at once (default none)",
		set: func(c *Config, s string) error {
			httpProbe(c).Bulk = s
			return checkPath(s)
		}},
	{Name: "probe.http.headers", Flag: "probe-header", Env: "CTXPUSH_PROBE_HEADER", Value: "NAME:VALUE", Repeat: true,
		Doc: "header of the probe's requests; ${SECRET} is the secret",
		set: setHeader},
	{Name: "probe.http.jq", Flag: "probe-jq", Env: "CTXPUSH_PROBE_JQ", Value: "JQ",
		Doc: "jq from the answer to a state (default .)",
		set: func(c *Config, s string) error {
			httpProbe(c).JQ = s
			return checkJQ(s)
		}},
	{Name: "probe.sql.driver", Flag: "probe-sql-driver", Env: "CTXPUSH_PROBE_SQL_DRIVER", Value: "postgres|mysql|sqlite",
		Doc: "kind of the database that holds the states; mysql is MariaDB's too",
		set: func(c *Config, s string) (err error) {
			sqlProbe(c).Driver, err = word(s, sqltext.Dialects)
			return err
		}},
	{Name: "probe.sql.dsn", Flag: "probe-sql-dsn", Env: "CTXPUSH_PROBE_SQL_DSN", Value: "DSN",
		Doc: "where the database is; process lists show it: prefer the variable where it holds a password",
		set: func(c *Config, s string) error {
			sqlProbe(c).DSN = Secret(s)
			return checkDSN(s)
		}},
	{Name: "probe.sql.query", Flag: "probe-sql-query", Env: "CTXPUSH_PROBE_SQL_QUERY", Value: "SELECT",
		Doc: "query of a message's state by :campaign_id, :user_id, :idempotency_key and :device_token",
		set: func(c *Config, s string) error {
			sqlProbe(c).Query = s
			return nil // judged by Validate, which knows the driver
		}},
	{Name: "probe.exec.argv", Flag: "probe-exec", Env: "CTXPUSH_PROBE_EXEC", Value: "COMMAND",
		Doc: "program that prints a message's state, with its arguments, quoted as in a shell",
		set: func(c *Config, s string) (err error) {
			execProbe(c).Argv, err = splitWords(s, checkNUL)
			return err
		}},
	{Name: "probe.exec.env", Flag: "probe-exec-env", Env: "CTXPUSH_PROBE_EXEC_ENV", Value: "NAME=VALUE", Repeat: true,
		Doc: "variable of the probe's program; ${SECRET} is the secret",
		set: func(c *Config, s string) error {
			name, text, ok := strings.Cut(s, "=")
			if !ok {
				return errors.New("has no =: want NAME=VALUE") // the text may be a secret
			}
			put(&execProbe(c).Env, name, text)
			if err := checkEnvName(name); err != nil {
				return err
			}
			return checkEnvValueIn(headerScope, text)
		}},
}

func setHeader(c *Config, s string) error {
	name, text, ok := strings.Cut(s, ":")
	if !ok {
		return errors.New("has no colon: want NAME:VALUE")
	}
	headers := &httpProbe(c).Headers
	for other := range *headers {
		if strings.EqualFold(other, name) {
			delete(*headers, other)
		}
	}
	text = strings.TrimSpace(text)
	put(headers, name, text)
	if err := checkHeaderName(name); err != nil {
		return err
	}
	return checkHeaderValue(text)
}

func httpProbe(c *Config) *HTTPProbe {
	c.Probe = Probe{HTTP: c.Probe.HTTP}
	if c.Probe.HTTP == nil {
		c.Probe.HTTP = new(HTTPProbe)
	}
	return c.Probe.HTTP
}

func sqlProbe(c *Config) *SQLProbe {
	c.Probe = Probe{SQL: c.Probe.SQL}
	if c.Probe.SQL == nil {
		c.Probe.SQL = new(SQLProbe)
	}
	return c.Probe.SQL
}

func execProbe(c *Config) *ExecProbe {
	c.Probe = Probe{Exec: c.Probe.Exec}
	if c.Probe.Exec == nil {
		c.Probe.Exec = new(ExecProbe)
	}
	return c.Probe.Exec
}
