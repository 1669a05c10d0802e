package config

import (
	"fmt"
	"maps"
	"net/http"
	"slices"
	"strings"

	"github.com/ctxpush/ctxpush/conformance/sqltext"
	"github.com/ctxpush/ctxpush/mocksender"
)

// Validate says what is wrong with the Config or missing in it, nil where a run
// can begin. What is not set counts as its default. The error is an *Error.
func (c Config) Validate() error {
	c.SetDefaults()
	v := validator{origin: c.origin}
	v.check("name", checkName(c.Name))
	_, err := word(string(c.Protocol), profiles)
	v.check("protocol", err)
	_, err = word(string(c.Identity), identities)
	v.check("identity", err)
	v.check("path", checkPath(c.Path))
	if c.Secret != "" {
		v.check("secret", checkSecret(string(c.Secret)))
	}
	v.check("settle", checkDuration(c.Settle))
	v.check("timeout", checkDuration(c.Timeout))
	v.receiver(c.Receiver)
	if c.Receiver.URL != "" && c.Secret == "" {
		v.failf("secret", "missing: a receiver that runs already has one; give it as secret: or as CTXPUSH_SECRET")
	}
	v.probe(c.Probe, c.Receiver)
	for _, name := range slices.Sorted(maps.Keys(c.Statuses)) {
		_, err := word(string(c.Statuses[name]), mocksender.Statuses)
		v.check(child("statuses", name), err)
	}
	for i, s := range c.Ignores {
		_, err := word(string(s), mocksender.Statuses)
		v.check(fmt.Sprintf("ignores[%d]", i), err)
	}
	v.ignores(c.Ignores)
	v.waive(c.Waive)
	if v.err == nil {
		return nil
	}
	return v.err
}

// validator keeps the first error.
type validator struct {
	origin origin
	err    *Error
}

func (v *validator) check(key string, err error) {
	if v.err == nil && err != nil {
		v.err = v.origin.err(key, err.Error())
	}
}

func (v *validator) failf(key, format string, args ...any) {
	v.check(key, fmt.Errorf(format, args...))
}

func (v *validator) receiver(r Receiver) {
	var kinds []string
	if r.URL != "" {
		kinds = append(kinds, "url")
		v.check("receiver.url", checkURL(r.URL))
	}
	if r.Command != nil {
		kinds = append(kinds, "command")
		v.command(*r.Command)
	}
	if r.Container != nil {
		kinds = append(kinds, "container")
		v.container(*r.Container)
	}
	if r.Compose != nil {
		kinds = append(kinds, "compose")
		v.compose(*r.Compose)
	}
	if len(kinds) > 1 {
		v.failf("receiver", "%s are set: want exactly one", strings.Join(kinds, " and "))
	}
}

func (v *validator) command(c Command) {
	if len(c.Argv) == 0 || c.Argv[0] == "" {
		v.failf("receiver.command.argv", "missing: want the program and its arguments, such as [python3, receiver.py]")
	}
	for i, arg := range c.Argv {
		v.check(fmt.Sprintf("receiver.command.argv[%d]", i), checkArgument(arg))
	}
	v.env("receiver.command.env", c.Env)
	if texts := slices.AppendSeq(slices.Clone(c.Argv), maps.Values(c.Env)); !slices.ContainsFunc(texts, namesPort) {
		v.failf("receiver.command", "neither argv nor env has ${PORT}: the receiver would not know where to listen")
	}
	v.ready("receiver.command.ready", c.Ready)
}

func namesPort(template string) bool {
	return slices.Contains(variables(template), VarPort)
}

func (v *validator) container(c Container) {
	switch {
	case c.Image == "" && c.Build == nil:
		v.failf("receiver.container.image", "missing: want an image such as acme/receiver:1.4, or build:")
	case c.Image != "" && c.Build != nil:
		v.failf("receiver.container.build", "set beside image: want one of the two")
	case c.Image != "":
		v.check("receiver.container.image", checkImage(c.Image))
	}
	if c.Port == 0 {
		v.failf("receiver.container.port", "missing: want the port on which the receiver listens, 1 to 65535")
	}
	v.check("receiver.container.port", checkPort(c.Port))
	v.env("receiver.container.env", c.Env)
	v.ready("receiver.container.ready", c.Ready)
}

func (v *validator) compose(c Compose) {
	v.check("receiver.compose.file", checkFile(c.File))
	if c.Service == "" {
		v.failf("receiver.compose.service", "missing: want the receiver's name among the services of %s", keyName(c.File))
	}
	v.check("receiver.compose.service", checkService(c.Service))
	if c.Port == 0 {
		v.failf("receiver.compose.port", "missing: want the port on which the receiver listens, 1 to 65535")
	}
	v.check("receiver.compose.port", checkPort(c.Port))
	v.env("receiver.compose.env", c.Env)
	v.ready("receiver.compose.ready", c.Ready)
}

func (v *validator) env(key string, env Values) {
	for _, name := range slices.Sorted(maps.Keys(env)) {
		v.check(child(key, name), checkEnvName(name))
		v.check(child(key, name), checkEnvValue(env[name]))
	}
}

func (v *validator) ready(key string, r Ready) {
	if r.HTTP != "" {
		v.check(key+".http", checkPath(r.HTTP))
	}
	v.check(key+".timeout", checkDuration(r.Timeout))
}

func (v *validator) probe(p Probe, r Receiver) {
	var kinds []string
	if p.HTTP != nil {
		kinds = append(kinds, "http")
		v.http(*p.HTTP)
	}
	if p.SQL != nil {
		kinds = append(kinds, "sql")
		v.sql(*p.SQL, r)
	}
	if p.Exec != nil {
		kinds = append(kinds, "exec")
		v.exec(*p.Exec)
	}
	if len(kinds) > 1 {
		v.failf("probe", "%s are set: want exactly one", strings.Join(kinds, " and "))
	}
}

func (v *validator) sql(p SQLProbe, r Receiver) {
	if p.Driver == "" {
		v.failf("probe.sql.driver", "missing: want %s", oneOf(textsOf(sqltext.Dialects)))
	}
	_, err := word(string(p.Driver), sqltext.Dialects)
	v.check("probe.sql.driver", err)
	if p.DSN == "" {
		v.failf("probe.sql.dsn", "missing: want where the database is, such as postgres://user:password@127.0.0.1:5432/name, or SQLite's file")
	}
	v.check("probe.sql.dsn", checkDSN(string(p.DSN)))
	for _, name := range variables(string(p.DSN)) {
		if r.Container == nil && r.Compose == nil && (name == VarHost || portOf(name) > 0) {
			v.failf("probe.sql.dsn", "${%s} has a value only for a container or a compose service; write the address", name)
		}
	}
	if strings.TrimSpace(p.Query) == "" {
		v.failf("probe.sql.query", "missing: want a SELECT of delivery_status by :%s", strings.Join(KeyParams, ", :"))
	}
	_, err = p.Statement()
	v.check("probe.sql.query", err)
}

func (v *validator) exec(p ExecProbe) {
	if len(p.Argv) == 0 || p.Argv[0] == "" {
		v.failf("probe.exec.argv", "missing: want the program and its arguments, such as [./state, --json]")
	}
	for i, arg := range p.Argv {
		v.check(fmt.Sprintf("probe.exec.argv[%d]", i), checkNUL(arg))
	}
	for _, name := range slices.Sorted(maps.Keys(p.Env)) {
		key := child("probe.exec.env", name)
		v.check(key, checkEnvName(name))
		v.check(key, checkEnvValueIn(headerScope, p.Env[name]))
	}
}

func (v *validator) http(p HTTPProbe) {
	v.check("probe.http.path", checkPath(p.Path))
	if p.URL != "" {
		v.check("probe.http.url", checkURL(p.URL))
	}
	if p.Bulk != "" {
		v.check("probe.http.bulk", checkPath(p.Bulk))
	}
	spelling := map[string]string{}
	for _, name := range slices.Sorted(maps.Keys(p.Headers)) {
		key := child("probe.http.headers", name)
		v.check(key, checkHeaderName(name))
		v.check(key, checkHeaderValue(p.Headers[name]))
		canonical := http.CanonicalHeaderKey(name)
		if other, ok := spelling[canonical]; ok {
			v.failf(key, "the same header as %s: want one", other)
		}
		spelling[canonical] = name
	}
	v.check("probe.http.jq", checkJQ(p.JQ))
}

func (v *validator) ignores(ignored []mocksender.DeliveryStatus) {
	for _, s := range mocksender.Statuses {
		if !slices.Contains(ignored, s) {
			return
		}
	}
	v.failf("ignores", "names every status: nothing would be judged")
}

func (v *validator) waive(waivers []Waiver) {
	first := map[string]int{}
	for i, w := range waivers {
		key := fmt.Sprintf("waive[%d]", i)
		if w.Check == "" {
			v.failf(key+".check", "missing: want a check's id such as entry/unknown-fields")
		}
		v.check(key+".check", checkWaived(w.Check))
		if strings.TrimSpace(w.Why) == "" {
			v.failf(key+".why", "missing: want why %s may fail", keyName(w.Check))
		}
		if other, ok := first[w.Check]; ok {
			v.failf(key+".check", "%s is waived twice, first in waive[%d]", keyName(w.Check), other)
		}
		first[w.Check] = i
	}
}
