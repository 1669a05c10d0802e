package config

import "github.com/ctxpush/ctxpush/conformance/sqltext"

// The format of the key probe.
var (
	probeFields = []field[Probe]{
		{"http", func(d *decoder, v value, p *Probe) error {
			p.HTTP = new(HTTPProbe)
			return object(d, v, httpFields, p.HTTP)
		}},
		{"sql", func(d *decoder, v value, p *Probe) error {
			p.SQL = new(SQLProbe)
			return object(d, v, sqlFields, p.SQL)
		}},
		{"exec", func(d *decoder, v value, p *Probe) error {
			p.Exec = new(ExecProbe)
			return object(d, v, execFields, p.Exec)
		}},
	}

	httpFields = []field[HTTPProbe]{
		{"path", func(d *decoder, v value, p *HTTPProbe) (err error) {
			p.Path, err = d.checked(v, checkPath)
			return err
		}},
		{"url", func(d *decoder, v value, p *HTTPProbe) (err error) {
			p.URL, err = d.baseURL(v)
			return err
		}},
		{"bulk", func(d *decoder, v value, p *HTTPProbe) (err error) {
			p.Bulk, err = d.checked(v, checkPath)
			return err
		}},
		{"headers", func(d *decoder, v value, p *HTTPProbe) (err error) {
			p.Headers, err = d.values(v, headerScope, checkHeaderName)
			return err
		}},
		{"jq", func(d *decoder, v value, p *HTTPProbe) (err error) {
			p.JQ, err = d.checked(v, checkJQ)
			return err
		}},
	}

	sqlFields = []field[SQLProbe]{
		{"driver", func(d *decoder, v value, p *SQLProbe) (err error) {
			p.Driver, err = textWord(d, v, sqltext.Dialects)
			return err
		}},
		{"dsn", func(d *decoder, v value, p *SQLProbe) error {
			s, err := d.text(v, dsnScope)
			if err == nil {
				if bad := checkDSN(s); bad != nil {
					return d.errorf(v, "%v", bad)
				}
			}
			p.DSN = Secret(s)
			return err
		}},
		{"query", func(d *decoder, v value, p *SQLProbe) (err error) {
			p.Query, err = d.text(v, plainScope)
			return err
		}},
	}

	execFields = []field[ExecProbe]{
		{"argv", func(d *decoder, v value, p *ExecProbe) error {
			return d.argv(v, plainScope, checkNUL, &p.Argv)
		}},
		{"env", func(d *decoder, v value, p *ExecProbe) (err error) {
			p.Env, err = d.values(v, headerScope, checkEnvName)
			return err
		}},
	}
)
