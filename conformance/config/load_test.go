package config_test

import (
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/ctxpush/ctxpush/conformance/config"
	"github.com/ctxpush/ctxpush/mocksender"
	"github.com/ctxpush/ctxpush/scenarios"
	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"
)

var _ = Describe("receiver.yaml", func() {
	It("is read key by key", func() {
		c, err := parse(full)
		Expect(err).NotTo(HaveOccurred())
		Expect(c.Name).To(Equal("acme-receiver"))
		Expect(c.Protocol).To(Equal(mocksender.Profile2025))
		Expect(c.Identity).To(Equal(scenarios.ByUser))
		Expect(c.Path).To(Equal("/webhooks/contextpush"))
		Expect(string(c.Secret)).To(Equal(hush))
		Expect(c.Settle).To(Equal(500 * time.Millisecond))
		Expect(c.Timeout).To(Equal(90 * time.Second))
		Expect(c.Receiver.URL).To(BeEmpty())
		Expect(c.Receiver.Container).To(BeNil())
		Expect(*c.Receiver.Command).To(Equal(config.Command{
			Argv: []string{"python3", "receiver.py", "--port", "${PORT}", "-v", "3", "true"},
			Dir:  ".",
			Env: config.Values{"PORT": "${PORT}", "SECRET": "${SECRET}", "LEVEL": "0x10", "DEBUG": "true", "EMPTY": "",
				"HOME": "http://127.0.0.1:9000/x", "RAW": "$${PORT}"},
			Ready: config.Ready{HTTP: "/healthz", Timeout: 30 * time.Second},
		}))
		Expect(*c.Probe.HTTP).To(Equal(config.HTTPProbe{
			Path: "/state?full=1", URL: "http://127.0.0.1:9000", Bulk: "/states", JQ: ".data",
			Headers: config.Values{"Authorization": "Bearer t0k3n", "X-Secret": "${SECRET}"},
		}))
		Expect(c.Statuses).To(Equal(map[string]mocksender.DeliveryStatus{"clicked": "opened", "sent": "delivered"}))
		Expect(c.Ignores).To(Equal([]mocksender.DeliveryStatus{"pending"}))
		Expect(c.Waive).To(Equal([]config.Waiver{{Check: "entry/unknown-fields", Why: "tracked as ACME-12"}}))
	})

	It("describes a container", func() {
		c, err := parse(boxed)
		Expect(err).NotTo(HaveOccurred())
		Expect(*c.Receiver.Container).To(Equal(config.Container{
			Build: &config.Build{Context: ".", Dockerfile: "Dockerfile.test"},
			Port:  8080,
			Env:   config.Values{"SECRET": "${SECRET}"},
			Ready: config.Ready{Timeout: time.Minute},
		}))
	})

	DescribeTable("is read as YAML",
		func(text, name string) {
			c, err := parse(text)
			Expect(err).NotTo(HaveOccurred())
			Expect(c.Name).To(Equal(name))
		},
		Entry("with a byte order mark", "\ufeffname: a\n", "a"),
		Entry("with Windows' line ends", "name: a\r\nidentity: user\r\n", "a"),
		Entry("with a document's marks", "---\nname: a\n...\n", "a"),
		Entry("with an alias", "path: &p /x\nname: *p\n", "/x"),
		Entry("with a block of text", "name: >-\n  a\n  b\n", "a b"),
		Entry("with the tag of text", "name: !!str 5\n", "5"),
		Entry("in braces", "{name: a}", "a"),
		Entry("with an escape of a variable", `name: "a$${X}$${"`, "a${X}${"),
		Entry("with an explicit key", "? name\n: a\n", "a"),
		Entry("with a number for the protocol", "name: a\nprotocol: 2026\n", "a"),
	)

	It("has its relative paths relative to the file", func() {
		dir := GinkgoT().TempDir()
		Expect(os.Mkdir(filepath.Join(dir, "app"), 0o700)).To(Succeed())
		path := filepath.Join(dir, "receiver.yaml")
		Expect(os.WriteFile(path, []byte("receiver: {command: {argv: [a, \"${PORT}\"], dir: app}}"), 0o600)).To(Succeed())
		c, err := config.Load(path, nil)
		Expect(err).NotTo(HaveOccurred())
		Expect(c.Receiver.Command.Dir).To(Equal("app"))
		Expect(c.Abs(c.Receiver.Command.Dir)).To(Equal(filepath.Join(dir, "app")))
		Expect(c.Abs(dir)).To(Equal(dir))
	})

	It("is a file that can be read", func() {
		dir := GinkgoT().TempDir()
		_, err := config.Load(dir, env)
		Expect(err).To(MatchError(dir + ": is a directory: want a file such as " + filepath.Join(dir, "receiver.yaml")))
		_, err = config.Load(filepath.Join(dir, "no.yaml"), env)
		Expect(err).To(MatchError(filepath.Join(dir, "no.yaml") + ": can't be read: no such file or folder"))
		_, err = config.Load("a\x00b", env)
		Expect(err).To(MatchError("\"a\\x00b\": can't be read: invalid argument"))
		if _, err := os.Stat("/dev/zero"); err == nil {
			_, err = config.Load("/dev/zero", env)
			Expect(err).To(MatchError("/dev/zero: is a device: want a regular file"))
		}
	})

	It("keeps what stands in variables literal", func() {
		c, err := parse("receiver: {command: {argv: [\"${PORT}\"], env: {A: \"${BRACES}${PORT}\", B: \"${DOLLAR}\"}}}")
		Expect(err).NotTo(HaveOccurred())
		Expect(c.Receiver.Command.Env).To(HaveKeyWithValue("A", "$${PORT}${PORT}"))
		Expect(config.Expand(c.Receiver.Command.Env["A"], map[string]string{"PORT": "80"})).To(Equal("${PORT}80"))
		Expect(c.Receiver.Command.Env).To(HaveKeyWithValue("B", "a$"))
	})

	DescribeTable("is refused in one line",
		func(text, want string) {
			c, err := parse(text)
			Expect(err).To(MatchError(want), "%+v", c)
			Expect(err).To(BeAssignableToTypeOf(&config.Error{}))
		},
		// The text.
		Entry(nil, "", "receiver.yaml: is empty: want keys and values"),
		Entry(nil, "# soon\n", "receiver.yaml: is empty: want keys and values"),
		Entry(nil, "---\n", "receiver.yaml: is empty: want keys and values"),
		Entry(nil, "{}\n", "receiver.yaml:1: is empty: want keys and values"),
		Entry(nil, "null\n", "receiver.yaml: is empty: want keys and values"),
		Entry(nil, "name: a\npath: \xff\n", "receiver.yaml:2: byte 0xff is not UTF-8: want a text file in UTF-8"),
		Entry(nil, "name: a\nx: \x00\n", "receiver.yaml:2: control character U+0000: want a text file"),
		Entry(nil, strings.Repeat("#", 256<<10+1), "receiver.yaml: is larger than 256 KiB: want at most that"),
		Entry(nil, strings.Repeat("[", 32768), "receiver.yaml:1: is nested deeper than 100 levels"),
		Entry(nil, "name: a\n---\nname: b\n", "receiver.yaml:3: a second document: want one"),
		Entry(nil, "---\n---\nname: b\n", "receiver.yaml:2: a document that holds nothing: leave its --- out"),
		Entry(nil, "name: a\n...\nname: b\n", "receiver.yaml:3: a second document: want one"),
		Entry(nil, "name: a\npath: \"/x\n", "receiver.yaml:2: malformed YAML: could not find end character of double-quoted text"),
		Entry(nil, "name: a: b\n", "receiver.yaml:1: malformed YAML: mapping value is not allowed in this context"),
		Entry(nil, "name: a\n\tpath: /x\n", "receiver.yaml:2: malformed YAML: found character '\\t' that cannot start any token"),
		Entry(nil, "receiver:\n  command:\n    env: {PORT: ${PORT}, A: b}\n", "receiver.yaml:3: malformed YAML: ',' or '}' must be specified; between { and } a \"${NAME}\" is quoted"),
		Entry(nil, "- a\n- b\n", "receiver.yaml:1: is a list: want a mapping"),
		Entry(nil, "receiver\n", "receiver.yaml:1: is text: want a mapping"),

		// Keys.
		Entry(nil, "name: a\nrecever:\n  url: x\n", "receiver.yaml:2: recever: unknown key; did you mean \"receiver\"?"),
		Entry(nil, "Path: /x\n", "receiver.yaml:1: Path: unknown key; did you mean \"path\"?"),
		Entry(nil, "colour: red\n", "receiver.yaml:1: colour: unknown key; want name, protocol, identity, path, secret, settle, timeout, limits, receiver, probe, statuses, ignores or waive"),
		Entry(nil, "\"a\\nb\": red\n", "receiver.yaml:1: \"a\\nb\": unknown key; want name, protocol, identity, path, secret, settle, timeout, limits, receiver, probe, statuses, ignores or waive"),
		Entry(nil, "receiver:\n  command:\n    agv: [x]\n", "receiver.yaml:3: receiver.command.agv: unknown key; did you mean \"argv\"?"),
		Entry(nil, "path: /a\nname: b\npath: /c\n", "receiver.yaml:3: path: set twice, first in line 1"),
		Entry(nil, "receiver:\n  command:\n    env:\n      A: 1\n      A: 2\n", "receiver.yaml:5: receiver.command.env.A: set twice, first in line 4"),
		Entry(nil, "[a]: b\n", "receiver.yaml:1: malformed YAML: found an invalid key for this map"),
		Entry(nil, "waive: &a []\n*a : b\n", "receiver.yaml:2: a key is a list: want text"),
		Entry(nil, "name: &a b\n<<: *a\n", "receiver.yaml:2: merge keys (<<) are not read here; write the keys out"),

		// Anchors.
		Entry(nil, "name: *x\n", "receiver.yaml:1: name: the alias *x has no anchor &x"),
		Entry(nil, "name: &a x\npath: &a /y\n", "receiver.yaml:2: the anchor &a is set twice"),
		Entry(nil, "receiver: &r\n  command: *r\n", "receiver.yaml:2: receiver.command.command: unknown key; want argv, dir, env or ready"),
		Entry(nil, "waive: &w\n  - *w\n", "receiver.yaml:2: waive[0]: is a list: want a mapping"),
		Entry(nil, "name: !!binary eA==\n", "receiver.yaml:1: name: the tag \"!!binary\" is not read here; leave it out"),

		// Types.
		Entry(nil, "name: 5\n", "receiver.yaml:1: name: is a number: want text; put it in quotes"),
		Entry(nil, "name: true\n", "receiver.yaml:1: name: is true: want text; put it in quotes"),
		Entry(nil, "name:\n", "receiver.yaml:1: name: is empty: want text"),
		Entry(nil, "name: [a]\n", "receiver.yaml:1: name: is a list: want text"),
		Entry(nil, "name: .inf\n", "receiver.yaml:1: name: is a number: want text; put it in quotes"),
		Entry(nil, "name: \"a\\nb\"\n", "receiver.yaml:1: name: \"a\\nb\": want one line"),
		Entry(nil, "receiver: http://x\n", "receiver.yaml:1: receiver: is text: want a mapping"),
		Entry(nil, "receiver:\n  command: ./serve\n", "receiver.yaml:2: receiver.command: is text: want a mapping"),
		Entry(nil, "receiver:\n  command:\n    argv: ./serve\n", "receiver.yaml:3: receiver.command.argv: is text: want a list"),
		Entry(nil, "receiver:\n  command:\n    argv: [{a: b}]\n", "receiver.yaml:3: receiver.command.argv[0]: is a mapping: want text"),
		Entry(nil, "receiver:\n  command:\n    env: [A=b]\n", "receiver.yaml:3: receiver.command.env: is a list: want a mapping"),
		Entry(nil, "receiver:\n  command:\n    env:\n      A:\n", "receiver.yaml:4: receiver.command.env.A: is empty: want text; an empty value is written \"\""),
		Entry(nil, "receiver:\n  command:\n    env:\n      A=B: c\n", "receiver.yaml:4: receiver.command.env.\"A=B\": \"A=B\" is no name of a variable"),
		Entry(nil, "ignores: pending\n", "receiver.yaml:1: ignores: is text: want a list"),

		// Kinds.
		Entry(nil, "receiver: {}\n", "receiver.yaml:1: receiver: is empty: want url, command, container or compose"),
		Entry(nil, "receiver:\n", "receiver.yaml:1: receiver: is empty: want a mapping"),
		Entry(nil, "receiver:\n  url: http://x\n  command: {argv: [a]}\n", "receiver.yaml:3: receiver.command: a second kind, beside url in line 2; want exactly one"),
		Entry(nil, "receiver:\n  compose: {file: compose.yaml}\n", "receiver.yaml:2: receiver.compose.service: missing: want the receiver's name among the services of \"compose.yaml\""),
		Entry(nil, "receiver:\n  compose:\n    servise: a\n", "receiver.yaml:3: receiver.compose.servise: unknown key; did you mean \"service\"?"),
		Entry(nil, "receiver:\n  compose:\n    service: a b\n", "receiver.yaml:3: receiver.compose.service: \"a b\": want the name of a service such as receiver"),
		Entry(nil, "receiver:\n  compose:\n    service: a\n", "receiver.yaml:2: receiver.compose.port: missing: want the port on which the receiver listens, 1 to 65535"),
		Entry(nil, "probe:\n  http: {}\n  sql: {}\n", "receiver.yaml:3: probe.sql: a second kind, beside http in line 2; want exactly one"),
		Entry(nil, "probe:\n  sql: {drivr: postgres}\n", "receiver.yaml:2: probe.sql.drivr: unknown key; did you mean \"driver\"?"),
		Entry(nil, "probe:\n  sql:\n    driver: postgresql\n", "receiver.yaml:3: probe.sql.driver: \"postgresql\" is not known; did you mean \"postgres\"?"),
		Entry(nil, "probe:\n  sql:\n    driver: oracle\n", "receiver.yaml:3: probe.sql.driver: \"oracle\" is not known; want postgres, mysql or sqlite"),
		Entry(nil, "probe:\n  sql: {dsn: a}\n", "receiver.yaml:2: probe.sql.driver: missing: want postgres, mysql or sqlite"),
		Entry(nil, "probe:\n  sql: {driver: sqlite}\n", "receiver.yaml:2: probe.sql.dsn: missing: want where the database is, such as postgres://user:password@127.0.0.1:5432/name, or SQLite's file"),
		Entry(nil, "probe:\n  sql:\n    driver: sqlite\n    dsn: \"a\\nb\"\n", "receiver.yaml:4: probe.sql.dsn: holds a line break or a control character: want one line"),
		Entry(nil, "probe:\n  sql: {driver: sqlite, dsn: a}\n", "receiver.yaml:2: probe.sql.query: missing: want a SELECT of delivery_status by :campaign_id, :user_id, :idempotency_key, :device_token"),
		Entry(nil, "probe:\n  sql:\n    driver: sqlite\n    dsn: a\n    query: SELECT s FROM t WHERE u = :userid\n", "receiver.yaml:5: probe.sql.query: column 27: the parameter :userid is not known; did you mean \":user_id\"?"),
		Entry(nil, "probe:\n  sql:\n    driver: sqlite\n    dsn: a\n    query: |\n      SELECT s\n      FROM t WHERE u = ?\n", "receiver.yaml:5: probe.sql.query: line 2, column 18: the parameter ? has no value: want named ones, :campaign_id, :user_id, :idempotency_key, :device_token"),
		Entry(nil, "probe:\n  sql:\n    driver: postgres\n    dsn: postgres://${HOST}:${PORT_5432}/x\n    query: SELECT :user_id\n", "receiver.yaml:4: probe.sql.dsn: ${HOST} has a value only for a container or a compose service; write the address"),
		Entry(nil, "probe:\n  sql:\n    driver: postgres\n    dsn: postgres://h:${PORT}/x\n", "receiver.yaml:4: probe.sql.dsn: ${PORT} has a value only under argv and env"),
		Entry(nil, "probe:\n  exec: {}\n", "receiver.yaml:2: probe.exec.argv: missing: want the program and its arguments, such as [./state, --json]"),
		Entry(nil, "probe:\n  exec: {env: {A: b}}\n", "receiver.yaml:2: probe.exec.argv: missing: want the program and its arguments, such as [./state, --json]"),
		Entry(nil, "probe:\n  exec: {argv: [\"${SECRET}\"]}\n", "receiver.yaml:2: probe.exec.argv[0]: ${SECRET} has a value only under env, headers and dsn"),
		Entry(nil, "secret: {env: CTX_SECRET}\nprobe:\n  exec: {argv: [a, \"${CTX_SECRET}\"]}\n", "receiver.yaml:3: probe.exec.argv[1]: ${CTX_SECRET} is the secret, which process lists would show; hand it over under env"),
		Entry(nil, "probe:\n  exec:\n    argv: [a]\n    env: {A: \"${PORT}\"}\n", "receiver.yaml:4: probe.exec.env.A: ${PORT} has a value only under argv and env"),
		Entry(nil, "receiver:\n  command: {}\n", "receiver.yaml:2: receiver.command.argv: missing: want the program and its arguments, such as [python3, receiver.py]"),
		Entry(nil, "receiver:\n  command:\n    argv: []\n", "receiver.yaml:3: receiver.command.argv: missing: want the program and its arguments, such as [python3, receiver.py]"),
		Entry(nil, "receiver:\n  command:\n    argv: [a, -p, 80]\n", "receiver.yaml:2: receiver.command: neither argv nor env has ${PORT}: the receiver would not know where to listen"),
		Entry(nil, "receiver:\n  container:\n    port: 80\n", "receiver.yaml:2: receiver.container.image: missing: want an image such as acme/receiver:1.4, or build:"),
		Entry(nil, "receiver:\n  container:\n    image: a\n    build: {}\n    port: 80\n", "receiver.yaml:4: receiver.container.build: set beside image: want one of the two"),
		Entry(nil, "receiver:\n  container: {image: a}\n", "receiver.yaml:2: receiver.container.port: missing: want the port on which the receiver listens, 1 to 65535"),

		// Variables.
		Entry(nil, "name: a\npath: /${NOPE}\n", "receiver.yaml:2: path: ${NOPE} is not set in the environment; set it, or write the value"),
		Entry(nil, "path: /${PORT}\n", "receiver.yaml:1: path: ${PORT} has a value only under argv and env"),
		Entry(nil, "path: /${SECRET}\n", "receiver.yaml:1: path: ${SECRET} has a value only under env, headers and dsn"),
		Entry(nil, "probe:\n  http:\n    headers:\n      X: ${PORT}\n", "receiver.yaml:4: probe.http.headers.X: ${PORT} has a value only under argv and env"),
		Entry(nil, "path: /${A:-b}\n", "receiver.yaml:1: path: holds a ${ without a NAME and }; a literal ${ is written $${"),
		Entry(nil, "path: /${A\n", "receiver.yaml:1: path: holds a ${ without a NAME and }; a literal ${ is written $${"),
		Entry(nil, "receiver:\n  command:\n    argv: [a, \"${PORT}\", \"--secret=${SECRET}\"]\n", "receiver.yaml:3: receiver.command.argv[2]: ${SECRET} would be shown in process lists; hand it over under env"),
		Entry(nil, "receiver:\n  command:\n    argv: [a, \"${CTX_SECRET}\"]\nsecret: {env: CTX_SECRET}\n", "receiver.yaml:3: receiver.command.argv[1]: ${CTX_SECRET} is the secret, which process lists would show; hand it over under env"),
		Entry(nil, "receiver:\n  command:\n    argv: [a, \"${CTX_SECRET}\"]\nsecret: {value: \"${CTX_SECRET}\"}\n", "receiver.yaml:3: receiver.command.argv[1]: ${CTX_SECRET} is the secret, which process lists would show; hand it over under env"),
		Entry(nil, "receiver:\n  command:\n    env:\n      A: ${DOLLAR}${PORT}\n", "receiver.yaml:4: receiver.command.env.A: a variable whose value ends in $ can't stand in front of a {"),

		// The secret.
		Entry(nil, "secret: "+hush+"\n", "receiver.yaml:1: secret: is text: want {env: NAME} or {value: …}"),
		Entry(nil, "secret: 1234\n", "receiver.yaml:1: secret: is text: want {env: NAME} or {value: …}"),
		Entry(nil, "secret: {value: 1234}\n", "receiver.yaml:1: secret.value: is a number: want text; put it in quotes"),
		Entry(nil, "secret: {value: \"${"+hush+"}\"}\n", "receiver.yaml:1: secret.value: holds a ${ without a NAME and }; a literal ${ is written $${"),
		Entry(nil, "secret: {value: \"\"}\n", "receiver.yaml:1: secret.value: is empty: want the shared secret"),
		Entry(nil, "secret: {value: \"a\\nb\"}\n", "receiver.yaml:1: secret.value: holds a line break or a control character, which no header can carry"),
		Entry(nil, "secret: {value: \" a\"}\n", "receiver.yaml:1: secret.value: begins or ends with a space, which a header loses"),
		Entry(nil, "secret: {env: NOPE}\n", "receiver.yaml:1: secret: ${NOPE} is not set in the environment; set it, or write the value"),
		Entry(nil, "secret: {env: EMPTY}\n", "receiver.yaml:1: secret: is empty: want the shared secret"),
		Entry(nil, "secret: {env: \"a b\"}\n", "receiver.yaml:1: secret.env: \"a b\" is no name of a variable"),
		Entry(nil, "secret: {env: A, value: b}\n", "receiver.yaml:1: secret.value: a second kind, beside env in line 1; want exactly one"),
		Entry(nil, "receiver: {url: \"http://127.0.0.1\"}\n", "receiver.yaml: secret: missing: a receiver that runs already has one; give it as secret: or as CTXPUSH_SECRET"),

		// Words.
		Entry(nil, "protocol: 2027\n", "receiver.yaml:1: protocol: \"2027\" is not known; did you mean \"2025\"?"),
		Entry(nil, "protocol: v1\n", "receiver.yaml:1: protocol: \"v1\" is not known; want 2025 or 2026"),
		Entry(nil, "identity: devise\n", "receiver.yaml:1: identity: \"devise\" is not known; did you mean \"device\"?"),
		Entry(nil, "identity: message\n", "receiver.yaml:1: identity: \"message\" is not known; want device or user"),
		Entry(nil, "statuses:\n  clicked: open\n", "receiver.yaml:2: statuses.clicked: \"open\" is not known; did you mean \"opened\"?"),
		Entry(nil, "statuses:\n  gone: canceled\n", "receiver.yaml:2: statuses.gone: \"canceled\" is not known; did you mean \"cancelled\"?"),
		Entry(nil, "ignores: [pending, sent]\n", "receiver.yaml:1: ignores[1]: \"sent\" is not known; want pending, delivered, opened, cancelled or failed"),
		Entry(nil, "ignores: [pending, delivered, opened, cancelled, failed]\n", "receiver.yaml:1: ignores: names every status: nothing would be judged"),

		// Durations, ports, paths and URLs.
		Entry(nil, "settle: 2\n", "receiver.yaml:1: settle: 2: want a duration with a unit, such as 2s or 500ms"),
		Entry(nil, "settle: -1s\n", "receiver.yaml:1: settle: -1s: want a duration above 0, such as 2s"),
		Entry(nil, "timeout: 0s\n", "receiver.yaml:1: timeout: 0s: want a duration above 0, such as 2s"),
		Entry(nil, "timeout: soon\n", "receiver.yaml:1: timeout: \"soon\": want a duration such as 2s, 500ms or 1m30s"),
		Entry(nil, "timeout: [1s]\n", "receiver.yaml:1: timeout: is a list: want a duration such as 2s"),
		Entry(nil, "receiver: {container: {image: a, port: 65536}}\n", "receiver.yaml:1: receiver.container.port: 65536: want a number from 1 to 65535"),
		Entry(nil, "receiver: {container: {image: a, port: 0}}\n", "receiver.yaml:1: receiver.container.port: 0: want a number from 1 to 65535"),
		Entry(nil, "receiver: {container: {image: a, port: \"80\"}}\n", "receiver.yaml:1: receiver.container.port: is text: want a number from 1 to 65535"),
		Entry(nil, "receiver: {container: {image: a, port: 8.5}}\n", "receiver.yaml:1: receiver.container.port: \"8.5\": want a number from 1 to 65535"),
		Entry(nil, "receiver: {container: {image: a, port: \"${BASE}\"}}\n", "receiver.yaml:1: receiver.container.port: \"http://127.0.0.1:9000\": want a number from 1 to 65535"),
		Entry(nil, "receiver: {container: {image: a b, port: 80}}\n", "receiver.yaml:1: receiver.container.image: \"a b\": want an image such as acme/receiver:1.4"),
		Entry(nil, "receiver: {container: {build: {context: no/where}, port: 80}}\n", "receiver.yaml:1: receiver.container.build.context: \"no/where\" is no directory; want one, absolute or relative to the file"),
		Entry(nil, "receiver: {command: {argv: [a], dir: load.go}}\n", "receiver.yaml:1: receiver.command.dir: \"load.go\" is no directory; want one, absolute or relative to the file"),
		Entry(nil, "path: webhook\n", "receiver.yaml:1: path: \"webhook\": want a path that begins with /"),
		Entry(nil, "path: /a b\n", "receiver.yaml:1: path: \"/a b\": want a path without spaces and #; write %20 and %23"),
		Entry(nil, "path: /100%\n", "receiver.yaml:1: path: \"/100%\": want a path whose every % begins a %XX"),
		Entry(nil, "probe: {http: {bulk: states}}\n", "receiver.yaml:1: probe.http.bulk: \"states\": want a path that begins with /"),
		Entry(nil, "receiver: {url: \"localhost:3000\"}\n", "receiver.yaml:1: receiver.url: \"localhost:3000\": want a URL with scheme and host, such as http://127.0.0.1:3000; did you mean \"http://localhost:3000\"?"),
		Entry(nil, "receiver: {url: /webhook}\n", "receiver.yaml:1: receiver.url: \"/webhook\": want a URL with scheme and host, such as http://127.0.0.1:3000"),
		Entry(nil, "receiver: {url: \"ftp://host\"}\n", "receiver.yaml:1: receiver.url: \"ftp://host\": want a URL with scheme and host, such as http://127.0.0.1:3000"),
		Entry(nil, "receiver: {url: \"http://:80\"}\n", "receiver.yaml:1: receiver.url: \"http://:80\": want a URL with scheme and host, such as http://127.0.0.1:3000"),
		Entry(nil, "receiver: {url: \"http://a:99999\"}\n", "receiver.yaml:1: receiver.url: \"http://a:99999\": port 99999: want a number from 1 to 65535"),
		Entry(nil, "receiver: {url: \"http://a?b=c\"}\n", "receiver.yaml:1: receiver.url: \"http://a?b=c\": want a URL without ? and #"),
		Entry(nil, "receiver: {url: \"http://joe:"+hush+"@a\"}\n", "receiver.yaml:1: receiver.url: holds a user or a password: want a URL without; a header can carry them to the probe"),

		// The probe and waivers.
		Entry(nil, "probe: {http: {jq: \".a |\"}}\n", "receiver.yaml:1: probe.http.jq: \".a |\" is no jq: unexpected EOF"),
		Entry(nil, "probe: {http: {jq: \"nope(1)\"}}\n", "receiver.yaml:1: probe.http.jq: \"nope(1)\" is no jq: function not defined: nope/1"),
		Entry(nil, "probe: {http: {headers: {\"a b\": c}}}\n", "receiver.yaml:1: probe.http.headers.\"a b\": \"a b\" is no name of a header"),
		Entry(nil, "probe: {http: {headers: {a: \"x\\ny\"}}}\n", "receiver.yaml:1: probe.http.headers.a: holds a line break or a control character, which no header can carry"),
		Entry(nil, "probe:\n  http:\n    headers:\n      a: b\n      A: c\n", "receiver.yaml:4: probe.http.headers.a: the same header as A: want one"),
		Entry(nil, "waive: [{check: a/b}]\n", "receiver.yaml:1: waive[0].why: missing: want why a/b may fail"),
		Entry(nil, "waive: [{why: x}]\n", "receiver.yaml:1: waive[0].check: missing: want a check's id such as entry/unknown-fields"),
		Entry(nil, "waive: [{check: order, why: x}]\n", "receiver.yaml:1: waive[0].check: \"order\": want a check's id such as entry/unknown-fields"),
		Entry(nil, "waive:\n  - {check: a/b, why: x}\n  - {check: a/b, why: y}\n", "receiver.yaml:3: waive[1].check: a/b is waived twice, first in waive[0]"),
	)

	It("opens no bomb of aliases", func() {
		var b strings.Builder
		b.WriteString("name: &a0 x\n")
		for i := range 2000 {
			b.WriteString("ignores: &b" + strings.Repeat("b", i%9) + " [*a0, *a0]\n")
		}
		_, err := parse(b.String())
		Expect(err).To(HaveOccurred())
		Expect(err.Error()).NotTo(ContainSubstring("\n"))
	})
})
