package main

import (
	"bytes"
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/goccy/go-yaml"
	"github.com/santhosh-tekuri/jsonschema/v6"

	"github.com/ctxpush/ctxpush/conformance/config"
	"github.com/ctxpush/ctxpush/fixtures/reference"
)

const initSecret = "s3cret-of-the-init-test"

// written reads the file that init wrote, as every command does, and by the
// schema.
func written(t *testing.T, path string) config.Config {
	t.Helper()
	text, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if strings.Contains(string(text), initSecret) {
		t.Errorf("the secret is written:\n%s", text)
	}
	doc, err := jsonschema.UnmarshalJSON(bytes.NewReader(config.Schema()))
	if err != nil {
		t.Fatal(err)
	}
	compiler := jsonschema.NewCompiler()
	if err := compiler.AddResource("receiver.schema.json", doc); err != nil {
		t.Fatal(err)
	}
	schema, err := compiler.Compile("receiver.schema.json")
	if err != nil {
		t.Fatal(err)
	}
	var v any
	if err := yaml.Unmarshal(text, &v); err != nil {
		t.Fatal(err)
	}
	js, err := json.Marshal(v)
	if err != nil {
		t.Fatal(err)
	}
	instance, err := jsonschema.UnmarshalJSON(bytes.NewReader(js))
	if err != nil {
		t.Fatal(err)
	}
	if err := schema.Validate(instance); err != nil {
		t.Errorf("%v\n%s", err, text)
	}
	c, err := config.Load(path, func(name string) (string, bool) {
		return initSecret, name == "CTXPUSH_SECRET" || name == "ACME_SECRET"
	})
	if err != nil {
		t.Fatalf("%v\n%s", err, text)
	}
	c.SetDefaults()
	if err := c.Validate(); err != nil {
		t.Fatalf("%v\n%s", err, text)
	}
	return c
}

func running(t *testing.T) string {
	t.Helper()
	server, err := reference.Start(reference.Options{Secret: initSecret, Path: "/webhooks/contextpush"})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { server.Kill() })
	return server.URL()
}

func TestInitLooksAtAURL(t *testing.T) {
	file := filepath.Join(t.TempDir(), "receiver.yaml")
	p := program{env: map[string]string{"CTXPUSH_SECRET": initSecret}}
	url := running(t)
	if code := p.run(t.Context(), "init", "--url", url, "--output", file); code != exitOK {
		t.Fatalf("exit code %d\n%s", code, p.err.String())
	}
	for _, want := range []string{
		url + " answers\n",
		"POST /webhooks/contextpush answers 401 without a secret, as it should\n",
		"GET /state answers 404 for a message that it does not know, as it should\n",
		"POST /states answers a bulk look-up\n",
		"put it into the variable CTXPUSH_SECRET\n",
	} {
		if !strings.Contains(p.err.String(), want) {
			t.Errorf("got\n%swhich lacks %q", p.err.String(), want)
		}
	}
	c := written(t, file)
	if c.Receiver.URL != url || c.Path != "/webhooks/contextpush" || c.Probe.HTTP.Bulk != "/states" || string(c.Secret) != initSecret {
		t.Errorf("written is %+v %+v", c, *c.Probe.HTTP)
	}
	if code := p.run(t.Context(), "doctor", file); code != exitOK {
		t.Errorf("doctor: exit code %d\n%s", code, p.out.String())
	}
	again := program{}
	if code := again.run(t.Context(), "init", "--url", url, "--output", file); code != exitMistake || !strings.Contains(again.err.String(), "want --force") {
		t.Errorf("again: exit code %d\n%s", code, again.err.String())
	}
	if code := again.run(t.Context(), "init", "--url", "http://127.0.0.1:1", "--output", file, "--force"); code != exitOK || !strings.Contains(again.err.String(), "does not answer") {
		t.Errorf("forced: exit code %d\n%s", code, again.err.String())
	}
	if c := written(t, file); c.Receiver.URL != "http://127.0.0.1:1" || c.Path != "/webhook" {
		t.Errorf("written is %+v", c)
	}
	if left, _ := filepath.Glob(file + "?*"); left != nil {
		t.Errorf("left over: %v", left)
	}
}

func TestInitByFlags(t *testing.T) {
	dir := t.TempDir()
	rewrite(t, filepath.Join(dir, "app", "Dockerfile"), "FROM scratch\nEXPOSE 8081\n")
	for name, c := range map[string]struct {
		args []string
		want func(config.Config) bool
	}{
		"command": {[]string{"--command", "python3 'my receiver.py'", "--ready", "/healthz", "--identity", "user"}, func(c config.Config) bool {
			cmd := c.Receiver.Command
			return cmd != nil && cmd.Argv[1] == "my receiver.py" && cmd.Env["PORT"] == "${PORT}" && cmd.Env["SECRET"] == "${SECRET}" && cmd.Ready.HTTP == "/healthz" && c.Identity == "user"
		}},
		"image": {[]string{"--image", "no.example/such:1", "--port", "80", "--env", "KEY=${SECRET}", "--env", "COPY=<" + initSecret + ">", "--secret", initSecret}, func(c config.Config) bool {
			box := c.Receiver.Container
			return box != nil && box.Image == "no.example/such:1" && box.Port == 80 && box.Env["KEY"] == "${SECRET}" && box.Env["COPY"] == "<${SECRET}>" && string(c.Secret) == initSecret
		}},
		"build": {[]string{"--build", filepath.Join(dir, "app"), "--statuses", "clicked=opened", "--probe-header", "Authorization: Bearer x"}, func(c config.Config) bool {
			box := c.Receiver.Container
			return box != nil && box.Build != nil && box.Port == 8081 && c.Statuses["clicked"] == "opened" && c.Probe.HTTP.Headers["Authorization"] == "Bearer x"
		}},
		"composition": {[]string{"--compose", filepath.Join(dir, "compose.yaml"), "--service", "receiver", "--port", "8080", "--env", "A=${SECRET}", "--probe-exec", "/state --json", "--probe-exec-env", "B=c"}, func(c config.Config) bool {
			r, exec := c.Receiver.Compose, c.Probe.Exec
			return r != nil && r.Service == "receiver" && r.Env["A"] == "${SECRET}" && exec != nil && exec.Argv[1] == "--json" && exec.Env["B"] == "c"
		}},
		"database": {[]string{"--url", "http://127.0.0.1:1", "--secret", initSecret, "--probe-sql-driver", "sqlite", "--probe-sql-dsn", filepath.Join(dir, "a.db"), "--probe-sql-query",
			"SELECT s AS delivery_status\nFROM t\nWHERE c = :campaign_id AND u = :user_id AND k = :idempotency_key"}, func(c config.Config) bool {
			return c.Probe.SQL != nil && string(c.Probe.SQL.DSN) == filepath.Join(dir, "a.db") && strings.HasSuffix(c.Probe.SQL.Query, "\nWHERE c = :campaign_id AND u = :user_id AND k = :idempotency_key")
		}},
		"port's variable": {[]string{"--command", "node server.js", "--env", "WEBHOOK_SECRET=${SECRET}"}, func(c config.Config) bool {
			env := c.Receiver.Command.Env
			return len(env) == 2 && env["WEBHOOK_SECRET"] == "${SECRET}" && env["PORT"] == "${PORT}"
		}},
		"port in the arguments": {[]string{"--command", "node server.js ${PORT}", "--env", "LOG=all"}, func(c config.Config) bool {
			env := c.Receiver.Command.Env
			return len(env) == 2 && env["SECRET"] == "${SECRET}" && env["LOG"] == "all"
		}},
		"secret's variable": {[]string{"--url", "http://127.0.0.1:1", "--secret-env", "ACME_SECRET", "--name", "acme: yes"}, func(c config.Config) bool {
			return c.Name == "acme: yes" && string(c.Secret) == initSecret
		}},
	} {
		t.Run(name, func(t *testing.T) {
			file := filepath.Join(dir, name+".yaml")
			ctxpush(t, exitOK, append([]string{"init", "--output", file}, c.args...)...)
			if got := written(t, file); !c.want(got) {
				text, _ := os.ReadFile(file)
				t.Errorf("written is\n%s", text)
			}
		})
	}
}

func TestInitAsks(t *testing.T) {
	file := filepath.Join(t.TempDir(), "receiver.yaml")
	url := running(t)
	// A kind with a slip, a URL with a slip, then the answers by default but for
	// the name of the secret's variable and the receiver's.
	p := program{typed: strings.Join([]string{"urk", "url", "127.0.0.1:1", url, "", "", "", "ACME_SECRET", "", "acme"}, "\n") + "\n"}
	if code := p.run(t.Context(), "init", "--output", file); code != exitOK {
		t.Fatalf("exit code %d\n%s", code, p.err.String())
	}
	for _, want := range []string{`did you mean "url"?`, "want a URL with scheme and host", "[/webhooks/contextpush]", "[/states]"} {
		if !strings.Contains(p.err.String(), want) {
			t.Errorf("got\n%swhich lacks %q", p.err.String(), want)
		}
	}
	c := written(t, file)
	if c.Name != "acme" || c.Receiver.URL != url || c.Path != "/webhooks/contextpush" || c.Probe.HTTP.Bulk != "/states" {
		t.Errorf("written is %+v", c)
	}
	text, _ := os.ReadFile(file)
	if !strings.Contains(string(text), "{env: ACME_SECRET}") {
		t.Errorf("written is\n%s", text)
	}
}

func TestInitAsksOfACommand(t *testing.T) {
	file := filepath.Join(t.TempDir(), "receiver.yaml")
	p := program{typed: "command\npython3 receiver.py\n/healthz\nHUSH\n/hook\n\n\n\nuser\n\n"}
	if code := p.run(t.Context(), "init", "--output", file); code != exitOK {
		t.Fatalf("exit code %d\n%s", code, p.err.String())
	}
	c := written(t, file)
	if c.Receiver.Command == nil || c.Receiver.Command.Env["HUSH"] != "${SECRET}" || c.Path != "/hook" || c.Identity != "user" || c.Receiver.Command.Ready.HTTP != "/healthz" {
		t.Errorf("written is %+v %+v", c, c.Receiver.Command)
	}
}

func TestInitAsksOfACompositionAndItsDatabase(t *testing.T) {
	dir := t.TempDir()
	t.Chdir(dir)
	rewrite(t, filepath.Join(dir, "compose.yml"), "services: {receiver: {image: x}}\n")
	const dsn, query = "postgres://postgres:${SECRET}@${HOST}:${PORT_5432}/postgres",
		"SELECT status AS delivery_status FROM pushes WHERE campaign_id = :campaign_id AND user_id = :user_id AND idempotency_key = :idempotency_key"
	p := program{typed: strings.Join([]string{"", "", "receiver", "x", "8080", "/healthz", "", "oracle", "postgres", dsn, query, "", ""}, "\n") + "\n"}
	if code := p.run(t.Context(), "init"); code != exitOK {
		t.Fatalf("exit code %d\n%s", code, p.err.String())
	}
	c := written(t, "receiver.yaml")
	if r, sql := c.Receiver.Compose, c.Probe.SQL; r == nil || r.File != "compose.yml" || r.Service != "receiver" || r.Port != 8080 || r.Ready.HTTP != "/healthz" ||
		sql == nil || string(sql.DSN) != dsn || sql.Query != query {
		t.Errorf("written is %+v %+v %+v", c, r, sql)
	}
}

// An answer that is no name of a variable may be the secret: it is refused at
// once, and not repeated.
func TestInitUnderstandsNaturalAnswers(t *testing.T) {
	file := filepath.Join(t.TempDir(), "receiver.yaml")
	p := program{typed: strings.Join([]string{"by a command", "node server.js", "healthz", initSecret, "process.env.HUSH",
		"POST http://127.0.0.1:3000/hook", "", "GET /state?campaign_id=1", "none", "for each device", ""}, "\n") + "\n"}
	if code := p.run(t.Context(), "init", "--output", file); code != exitOK {
		t.Fatalf("exit code %d\n%s", code, p.err.String())
	}
	c := written(t, file)
	if cmd := c.Receiver.Command; cmd == nil || cmd.Argv[1] != "server.js" || cmd.Ready.HTTP != "/healthz" || cmd.Env["HUSH"] != "${SECRET}" ||
		c.Path != "/hook" || c.Probe.HTTP.Path != "/state" || c.Probe.HTTP.Bulk != "" {
		t.Errorf("written is %+v %+v", c, cmd)
	}
	if !strings.Contains(p.err.String(), "want the name of an environment variable") || strings.Contains(p.err.String(), initSecret) {
		t.Errorf("got %s", p.err.String())
	}
}

func TestInitSaysThatAConnectionIsClosed(t *testing.T) {
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path == "/state" {
			panic(http.ErrAbortHandler)
		}
		w.WriteHeader(http.StatusUnauthorized)
	}))
	defer server.Close()
	var p program
	if code := p.run(t.Context(), "init", "--url", server.URL, "--output", filepath.Join(t.TempDir(), "receiver.yaml")); code != exitOK {
		t.Fatalf("exit code %d\n%s", code, p.err.String())
	}
	if want := "the receiver closed the connection at GET /state\n"; !strings.Contains(p.err.String(), want) {
		t.Errorf("got\n%swhich lacks %q", p.err.String(), want)
	}
}

func TestInitWithoutAnswers(t *testing.T) {
	for name, c := range map[string]struct {
		typed string
		args  []string
		want  string
	}{
		"nobody to ask":  {"", nil, "no receiver to describe: want --url"},
		"yes":            {"url\n", []string{"--yes"}, "no receiver to describe: want --url"},
		"answers end":    {"url\n", nil, "the answers end before the questions"},
		"no port":        {"", []string{"--image", "no.example/such:1"}, "--port: missing"},
		"no Dockerfile":  {"", []string{"--build", "nowhere"}, "nowhere/Dockerfile can't be read"},
		"secret in argv": {"", []string{"--command", "x --key " + initSecret + " ${PORT}", "--secret", initSecret}, "holds the secret"},
	} {
		t.Run(name, func(t *testing.T) {
			file := filepath.Join(t.TempDir(), "receiver.yaml")
			p := program{typed: c.typed}
			code := p.run(t.Context(), append([]string{"init", "--output", file}, c.args...)...)
			if code != exitMistake || !strings.Contains(p.err.String(), c.want) || strings.Contains(p.err.String(), initSecret) {
				t.Errorf("exit code %d\n%s", code, p.err.String())
			}
			if _, err := os.Stat(file); err == nil {
				t.Error("a file was written")
			}
		})
	}
}

func TestInitToStandardOutput(t *testing.T) {
	out, _ := ctxpush(t, exitOK, "init", "--command", "x ${PORT}", "--output", "-")
	if !strings.HasPrefix(out, "# yaml-language-server: $schema=https://") || !strings.Contains(out, "\n# The receiver under test.") {
		t.Errorf("got %s", out)
	}
}
