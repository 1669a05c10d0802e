package config

import (
	"fmt"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/ctxpush/ctxpush/conformance/sqltext"
	"github.com/ctxpush/ctxpush/mocksender"
	"github.com/ctxpush/ctxpush/scenarios"
	"pgregory.net/rapid"
)

const writtenSecret = "s3cret-that-is-never-written"

// A file that was written is the Config that it was written of, and passes the
// schema; and never shows the secret.
func TestCommentedIsReadBack(t *testing.T) {
	schema := compileSchema(t)
	rapid.Check(t, func(t *rapid.T) {
		c := drawConfig(t)
		text, err := c.Commented("CTXPUSH_SECRET")
		if err != nil {
			t.Fatalf("%+v: %v", c, err)
		}
		if strings.Contains(string(text), writtenSecret) {
			t.Fatalf("the secret is written:\n%s", text)
		}
		got, err := Parse("receiver.yaml", text, "", func(name string) (string, bool) { return writtenSecret, name == "CTXPUSH_SECRET" })
		if err != nil {
			t.Fatalf("%v\n%s", err, text)
		}
		if err := judgeText(schema, string(text)); err != nil {
			t.Fatalf("%v\n%s", err, text)
		}
		c.SetDefaults()
		got.SetDefaults()
		if err := got.Validate(); err != nil {
			t.Fatalf("%v\n%s", err, text)
		}
		for _, side := range []*Config{&c, &got} {
			for _, v := range valuesOf(*side) {
				for name := range v {
					v[name] = strings.ReplaceAll(v[name], writtenSecret, "${SECRET}")
				}
			}
			if sql := side.Probe.SQL; sql != nil {
				sql.DSN = Secret(strings.ReplaceAll(string(sql.DSN), writtenSecret, "${SECRET}"))
			}
		}
		c.origin, got.origin = origin{}, origin{}
		if !reflect.DeepEqual(c, got) {
			t.Fatalf("read back\n%s\nis %+v\nwant  %+v", text, dump(got), dump(c))
		}
	})
}

func dump(c Config) string {
	return fmt.Sprintf("%#v %#v %+v %+v %q %v %v", c.Receiver, c.Probe, c.Probe.SQL, c.Probe.Exec, valuesOf(c), c.Statuses, c.Waive)
}

// valuesOf are the texts that may hold the secret.
func valuesOf(c Config) []map[string]string {
	var all []map[string]string
	each(&c, func(p place) {
		if v, ok := p.field.Interface().(Values); ok {
			all = append(all, v)
		}
	})
	return all
}

func drawConfig(t *rapid.T) Config {
	text := rapid.OneOf(
		rapid.SampledFrom([]string{"a", "true", "Null", "-", "a: b", "#x", "a #b", "'", `"`, `\`, "{x}", "[", "1", "1e3", "0x1f", "~", "yes", "é 🙂", "*a", "&a", "!t", "%x", "a,b", "=", "a$", ".inf"}),
		rapid.StringMatching(`[ -~]{1,20}`),
	).Filter(func(s string) bool { return !strings.Contains(s, "${") && !strings.Contains(s, writtenSecret) })
	path := rapid.StringMatching(`/[a-z%]{0,3}[a-z0-9/?=&,:{}'"!-]{0,8}`).Filter(func(s string) bool { return checkPath(s) == nil })
	env := rapid.Map(rapid.MapOfN(rapid.StringMatching(`[A-Z][A-Z0-9_]{0,8}`), rapid.OneOf(text, rapid.SampledFrom([]string{"${SECRET}", "x${PORT}", "$${x", writtenSecret, "a" + writtenSecret + "b"})), 1, 4),
		func(m map[string]string) Values { return Values(m) })
	duration := rapid.Map(rapid.Int64Range(1, 100_000), func(ms int64) time.Duration { return time.Duration(ms) * time.Millisecond })
	some := func(name string) bool { return rapid.Bool().Draw(t, name) }

	c := Config{Secret: writtenSecret, Name: text.Draw(t, "name"), Identity: rapid.SampledFrom([]scenarios.Identity{scenarios.ByDevice, scenarios.ByUser}).Draw(t, "identity"), Path: path.Draw(t, "path"),
		Protocol: rapid.SampledFrom([]mocksender.Profile{mocksender.Profile2025, mocksender.Profile2026}).Draw(t, "protocol")}
	if some("settle") {
		c.Settle, c.Timeout = duration.Draw(t, "settle"), duration.Draw(t, "timeout")
	}
	ready := Ready{}
	if some("ready") {
		ready.HTTP = path.Draw(t, "ready")
	}
	if some("ready timeout") {
		ready.Timeout = duration.Draw(t, "ready timeout")
	}
	switch rapid.IntRange(0, 3).Draw(t, "kind") {
	case 0:
		c.Receiver.URL = rapid.SampledFrom([]string{"http://127.0.0.1:3000", "https://example.org/a/b", "http://[::1]:80", "http://h/{x}"}).Draw(t, "url")
	case 1:
		c.Receiver.Command = &Command{Argv: append(rapid.SliceOfN(text, 1, 4).Draw(t, "argv"), "${PORT}"), Env: env.Draw(t, "env"), Ready: ready}
	case 2:
		c.Receiver.Compose = &Compose{File: rapid.SampledFrom([]string{"", "compose.yaml", "../a b/c: #d.yml"}).Draw(t, "file"), Service: rapid.SampledFrom([]string{"receiver", "a.b-c_1", "0"}).Draw(t, "service"),
			Port: rapid.IntRange(1, 65535).Draw(t, "port"), Env: env.Draw(t, "env"), Ready: ready}
	default:
		c.Receiver.Container = &Container{Image: "acme/receiver:1.4", Port: rapid.IntRange(1, 65535).Draw(t, "port"), Env: env.Draw(t, "env"), Ready: ready}
	}
	c.Probe = drawProbe(t, c, text, path)
	if some("statuses") {
		c.Statuses = map[string]mocksender.DeliveryStatus{}
		for _, name := range rapid.SliceOfN(text, 1, 3).Draw(t, "words") {
			c.Statuses[name] = mocksender.Opened
		}
		c.Ignores = []mocksender.DeliveryStatus{mocksender.Pending}
		c.Waive = []Waiver{{Check: "entry/unknown-fields", Why: text.Filter(func(s string) bool { return strings.TrimSpace(s) != "" }).Draw(t, "why")}}
	}
	return c
}

func drawProbe(t *rapid.T, c Config, text, path *rapid.Generator[string]) Probe {
	switch rapid.IntRange(0, 2).Draw(t, "probe's kind") {
	case 0:
		dsns := []string{"postgres://u:p%20a@127.0.0.1:5432/n?sslmode=disable", "postgres://u:${SECRET}@h/n", "host=a password='x # y'", "postgres://u:" + writtenSecret + "@h/n"}
		if c.Receiver.Container != nil || c.Receiver.Compose != nil {
			dsns = append(dsns, "postgres://postgres:${SECRET}@${HOST}:${PORT_5432}/postgres")
		}
		white := rapid.SampledFrom([]string{" ", "\n", "\n  ", " \n", "\n\n", "\t", "\r\n", "\n# "})
		words := []string{"SELECT status AS delivery_status", "FROM pushes", "WHERE user_id = :user_id", "AND campaign_id = :campaign_id", "AND key = :idempotency_key", "AND note <> 'é: ${x'"}
		query := ""
		for i, word := range words {
			if i > 0 {
				query += strings.ReplaceAll(white.Draw(t, "white"), "#", "--\n")
			}
			query += word
		}
		query += rapid.SampledFrom([]string{"", "\n", "\n\n", " "}).Draw(t, "end")
		return Probe{SQL: &SQLProbe{Driver: sqltext.Postgres, DSN: Secret(rapid.SampledFrom(dsns).Draw(t, "dsn")), Query: query}}
	case 1:
		e := &ExecProbe{Argv: append([]string{"./state"}, rapid.SliceOfN(text, 0, 3).Draw(t, "probe's argv")...)}
		if rapid.Bool().Draw(t, "probe's env") {
			e.Env = Values{"A": "${SECRET}", "B": "x " + writtenSecret, "C": "a: b # c"}
		}
		return Probe{Exec: e}
	}
	h := &HTTPProbe{Path: path.Draw(t, "probe")}
	if rapid.Bool().Draw(t, "has bulk") {
		h.Bulk, h.JQ, h.Headers = path.Draw(t, "bulk"), rapid.SampledFrom([]string{".data", `{"a": .b}`, `"x#"`}).Draw(t, "jq"), Values{"Authorization": "Bearer ${SECRET}", "X": "a: b # c"}
	}
	return Probe{HTTP: h}
}

func TestCommentedKeepsTheSecretOut(t *testing.T) {
	c := Config{Secret: writtenSecret, Name: "of " + writtenSecret, Receiver: Receiver{URL: "http://127.0.0.1:1"}}
	if text, err := c.Commented(""); err == nil {
		t.Errorf("written:\n%s", text)
	}
}

// Every example in a comment is one that could be used.
func TestCommentedExamplesAreRight(t *testing.T) {
	c := Config{Receiver: Receiver{Container: &Container{Image: "a", Port: 1}}, Identity: scenarios.ByUser}
	c.SetDefaults()
	text, err := c.Commented("")
	if err != nil {
		t.Fatal(err)
	}
	lines := strings.Split(string(text), "\n")
	shown := 0
	for i, line := range lines {
		trimmed := strings.TrimLeft(line, " ")
		name, _, ok := strings.Cut(strings.TrimPrefix(trimmed, "# "), ": ")
		if !strings.HasPrefix(trimmed, "# ") || !ok || strings.Contains(name, " ") || name == "yaml-language-server" {
			continue
		}
		shown++
		with := slices.Clone(lines)
		with[i] = strings.Replace(line, "# ", "", 1)
		env := map[string]string{"TOKEN": "t", "CTXPUSH_SECRET": "s"}
		got, err := Parse("receiver.yaml", []byte(strings.Join(with, "\n")), "", func(name string) (string, bool) { v, ok := env[name]; return v, ok })
		if err == nil {
			got.SetDefaults()
			err = got.Validate()
		}
		if err != nil {
			t.Errorf("%s: %v", line, err)
		}
	}
	const optional = 7 // secret, bulk, headers, jq, statuses, ignores, waive
	if shown != optional {
		t.Errorf("%d examples in\n%s", shown, text)
	}
}
