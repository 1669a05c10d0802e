package config_test

import (
	"fmt"
	"strings"
	"time"

	"github.com/ctxpush/ctxpush/conformance/config"
	"github.com/ctxpush/ctxpush/mocksender"
	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"
)

// settings are flags and variables: "--url x" and "CTXPUSH_URL x".
func settings(lines ...string) (func(string) []string, func(string) (string, bool)) {
	flags, vars := map[string][]string{}, map[string]string{}
	for _, line := range lines {
		name, text, _ := strings.Cut(line, " ")
		if flag, ok := strings.CutPrefix(name, "--"); ok {
			flags[flag] = append(flags[flag], text)
		} else {
			vars[name] = text
		}
	}
	return func(name string) []string { return flags[name] },
		func(name string) (string, bool) { v, ok := vars[name]; return v, ok }
}

func overlaid(file string, lines ...string) (config.Config, error) {
	var c config.Config
	if file != "" {
		var err error
		c, err = config.Parse("receiver.yaml", []byte(file), "", env)
		Expect(err).NotTo(HaveOccurred())
	}
	err := c.Overlay(settings(lines...))
	if err == nil {
		err = c.Validate()
	}
	return c, err
}

var _ = Describe("Flags and variables", func() {
	It("come in the order flag, environment, file, default", func() {
		const file = "settle: 1s\npath: /file\nname: file\n"
		c, err := overlaid(file, "--settle 3s", "CTXPUSH_SETTLE 2s", "CTXPUSH_PATH /env", "CTXPUSH_NAME ")
		Expect(err).NotTo(HaveOccurred())
		c.SetDefaults()
		Expect(c.Settle).To(Equal(3 * time.Second))
		Expect(c.Path).To(Equal("/env"))
		Expect(c.Name).To(Equal("file"))
		Expect(c.Timeout).To(Equal(mocksender.RequestTimeout))
	})

	It("describe a receiver without a file", func() {
		c, err := overlaid("", "--command sh -c 'exec \"serve it\" ${PORT}'", "--dir app", "--env A=b=c", "--env S=${SECRET}",
			"--ready /healthz", "--ready-timeout 5s", "--identity user", "--protocol 2026", "CTXPUSH_SECRET "+hush,
			"--probe-path /s", "--probe-bulk /ss", "--probe-url http://h/", "--probe-jq .a", "CTXPUSH_PROBE_HEADER A: b\nC:d\n",
			"--statuses clicked=opened", "--ignores pending, failed", "--waive a/b=because", "--timeout 9s")
		Expect(err).NotTo(HaveOccurred())
		Expect(*c.Receiver.Command).To(Equal(config.Command{
			Argv: []string{"sh", "-c", `exec "serve it" ${PORT}`}, Dir: "app",
			Env:   config.Values{"A": "b=c", "S": "${SECRET}"},
			Ready: config.Ready{HTTP: "/healthz", Timeout: 5 * time.Second},
		}))
		Expect(*c.Probe.HTTP).To(Equal(config.HTTPProbe{Path: "/s", Bulk: "/ss", URL: "http://h", JQ: ".a", Headers: config.Values{"A": "b", "C": "d"}}))
		Expect(c.Protocol).To(Equal(mocksender.Profile2026))
		Expect(string(c.Secret)).To(Equal(hush))
		Expect(c.Statuses).To(HaveKeyWithValue("clicked", mocksender.Opened))
		Expect(c.Ignores).To(Equal([]mocksender.DeliveryStatus{mocksender.Pending, mocksender.Failed}))
		Expect(c.Waive).To(Equal([]config.Waiver{{Check: "a/b", Why: "because"}}))
		Expect(c.Timeout).To(Equal(9 * time.Second))
	})

	It("replace the file's kind of receiver, or add to it", func() {
		c, err := overlaid(boxed, "--image acme:2", "--port 81", "--env A=b")
		Expect(err).NotTo(HaveOccurred())
		Expect(*c.Receiver.Container).To(Equal(config.Container{
			Image: "acme:2", Port: 81, Env: config.Values{"SECRET": "${SECRET}", "A": "b"}, Ready: config.Ready{Timeout: time.Minute},
		}))
		c, err = overlaid(boxed, "--url http://h/", "--secret x", "CTXPUSH_IMAGE acme:3")
		Expect(err).NotTo(HaveOccurred())
		Expect(c.Receiver).To(Equal(config.Receiver{URL: "http://h"}))
		c, err = overlaid(boxed, "--build sub", "--dockerfile D")
		Expect(err).NotTo(HaveOccurred())
		Expect(c.Receiver.Container.Build).To(Equal(&config.Build{Context: "sub", Dockerfile: "D"}))
	})

	It("describe a compose service, a query and a program", func() {
		c, err := overlaid(boxed, "--compose c.yaml", "--service app", "--port 81", "--env A=b", "--ready /h",
			"--probe-sql-driver postgres", "--probe-sql-dsn postgres://${HOST}:${PORT_5432}/${SECRET}", "--probe-sql-query SELECT :user_id")
		Expect(err).NotTo(HaveOccurred())
		Expect(c.Receiver).To(Equal(config.Receiver{Compose: &config.Compose{File: "c.yaml", Service: "app", Port: 81, Env: config.Values{"A": "b"}, Ready: config.Ready{HTTP: "/h"}}}))
		Expect(c.Probe).To(Equal(config.Probe{SQL: &config.SQLProbe{Driver: "postgres", DSN: "postgres://${HOST}:${PORT_5432}/${SECRET}", Query: "SELECT :user_id"}}))
		Expect(c.Probe.SQL.Ports()).To(Equal([]int{5432}))
		c.SetDefaults()
		Expect(c.Probe.HTTP).To(BeNil())
		Expect(c.Name).To(Equal("app"))
		Expect(c.Receiver.Compose.Ready.Timeout).To(Equal(2 * time.Minute))

		c, err = overlaid("probe: {sql: {driver: sqlite, dsn: a, query: 'SELECT :user_id'}}", "--probe-exec ./state 'a b'", "CTXPUSH_PROBE_EXEC_ENV A=${SECRET}\nB=c", "CTXPUSH_PROBE_PATH /other")
		Expect(err).NotTo(HaveOccurred())
		Expect(c.Probe).To(Equal(config.Probe{Exec: &config.ExecProbe{Argv: []string{"./state", "a b"}, Env: config.Values{"A": "${SECRET}", "B": "c"}}}))
	})

	It("replace a header and a waiver of the same name", func() {
		c, err := overlaid("probe: {http: {headers: {authorization: a, b: c}}}\nwaive: [{check: a/b, why: x}]\n",
			"--probe-header Authorization: z", "--waive a/b=y")
		Expect(err).NotTo(HaveOccurred())
		Expect(c.Probe.HTTP.Headers).To(Equal(config.Values{"Authorization": "z", "b": "c"}))
		Expect(c.Waive).To(Equal([]config.Waiver{{Check: "a/b", Why: "y"}}))
	})

	It("leave the Config alone that theirs was copied from", func() {
		c, err := config.Parse("receiver.yaml", []byte(full), "", env)
		Expect(err).NotTo(HaveOccurred())
		before := fmt.Sprint(c.Receiver.Command.Env, c.Probe.HTTP.Path, c.Statuses)
		other := c
		Expect(other.Overlay(settings("--env NEW=1", "--probe-path /new", "--statuses new=opened"))).To(Succeed())
		other.SetDefaults()
		Expect(fmt.Sprint(c.Receiver.Command.Env, c.Probe.HTTP.Path, c.Statuses)).To(Equal(before))
		Expect(other.Receiver.Command.Env).To(HaveKeyWithValue("NEW", "1"))
	})

	DescribeTable("are refused in one line",
		func(file string, lines []string, want string) {
			_, err := overlaid(file, lines...)
			Expect(err).To(MatchError(want))
			Expect(err).To(BeAssignableToTypeOf(&config.Error{}))
		},
		Entry(nil, "", []string{"--settle 2"}, "--settle: 2: want a duration with a unit, such as 2s or 500ms"),
		Entry(nil, "", []string{"CTXPUSH_SETTLE x"}, "CTXPUSH_SETTLE: \"x\": want a duration such as 2s, 500ms or 1m30s"),
		Entry(nil, "", []string{"--url h", "--secret x"}, "--url: \"h\": want a URL with scheme and host, such as http://127.0.0.1:3000; did you mean \"http://h\"?"),
		Entry(nil, "", []string{"--url http://h"}, "--secret: missing: a receiver that runs already has one; give it as secret: or as CTXPUSH_SECRET"),
		Entry(nil, "", []string{"--url http://h", "--image a"}, "--image: set beside --url: want one of the two"),
		Entry(nil, "", []string{"CTXPUSH_URL http://h", "CTXPUSH_COMMAND a"}, "CTXPUSH_COMMAND: set beside CTXPUSH_URL: want one of the two"),
		Entry(nil, "", []string{"--image a"}, "--port: missing: want the port on which the receiver listens, 1 to 65535"),
		Entry(nil, "", []string{"--port 80"}, "--port: is for a container; give --image, --build or --compose too"),
		Entry(nil, "", []string{"--service a"}, "--service: is for a compose file; give --compose too"),
		Entry(nil, "", []string{"--compose c.yaml", "--port 80"}, "--service: missing: want the receiver's name among the services of \"c.yaml\""),
		Entry(nil, "", []string{"--compose c.yaml", "--service a"}, "--port: missing: want the port on which the receiver listens, 1 to 65535"),
		Entry(nil, "", []string{"--compose c.yaml", "--image a"}, "--compose: set beside --image: want one of the two"),
		Entry(nil, "", []string{"--probe-sql-driver mysqll"}, "--probe-sql-driver: \"mysqll\" is not known; did you mean \"mysql\"?"),
		Entry(nil, "", []string{"--probe-sql-driver sqlite"}, "--probe-sql-dsn: missing: want where the database is, such as postgres://user:password@127.0.0.1:5432/name, or SQLite's file"),
		Entry(nil, "", []string{"--probe-sql-dsn postgres://u:" + hush + "@${HOST}/", "--probe-sql-driver postgres"}, "--probe-sql-dsn: ${HOST} has a value only for a container or a compose service; write the address"),
		Entry(nil, "", []string{"--probe-sql-dsn a", "--probe-sql-driver sqlite", "--probe-sql-query SELECT :user_d"}, "--probe-sql-query: column 8: the parameter :user_d is not known; did you mean \":user_id\"?"),
		Entry(nil, "", []string{"--probe-exec "}, "--probe-exec: is empty: want the program and its arguments"),
		Entry(nil, "", []string{"--probe-exec-env A=b"}, "--probe-exec: missing: want the program and its arguments, such as [./state, --json]"),
		Entry(nil, "", []string{"--probe-exec-env " + hush}, "--probe-exec-env: has no =: want NAME=VALUE"),
		Entry(nil, "", []string{"--probe-path /x", "--probe-exec a"}, "--probe-exec: set beside --probe-path: want one kind of probe"),
		Entry(nil, "", []string{"CTXPUSH_PROBE_PATH /x", "CTXPUSH_PROBE_EXEC a"}, "CTXPUSH_PROBE_EXEC: set beside CTXPUSH_PROBE_PATH: want one kind of probe"),
		Entry(nil, "", []string{"--image a", "--port http"}, "--port: http: want a number from 1 to 65535"),
		Entry(nil, "", []string{"--dockerfile a"}, "--dockerfile: is for a receiver that is built; give --build too"),
		Entry(nil, "", []string{"--dir a"}, "--dir: is for a command; give --command too"),
		Entry(nil, "", []string{"--env A=b"}, "--env: is for a receiver that is started; give --command or --image too"),
		Entry(nil, boxed, []string{"--env " + hush}, "--env: has no =: want NAME=VALUE"),
		Entry(nil, boxed, []string{"--env A=${HOME}"}, "--env: ${HOME} is not replaced here; a literal ${ is written $${"),
		Entry(nil, "", []string{"--ready /x"}, "--ready: is for a receiver that is started; give --command or --image too"),
		Entry(nil, "", []string{"--command a 'b"}, "--command: \"a 'b\": want a quote or backslash that is complete"),
		Entry(nil, "", []string{"--command "}, "--command: is empty: want the program and its arguments"),
		Entry(nil, "", []string{"--command a ${SECRET}"}, "--command: ${SECRET} would be shown in process lists; hand it over under env"),
		Entry(nil, "", []string{"--secret "}, "--secret: is empty: want the shared secret"),
		Entry(nil, "", []string{"--identity users"}, "--identity: \"users\" is not known; did you mean \"user\"?"),
		Entry(nil, "", []string{"--protocol 1"}, "--protocol: \"1\" is not known; want 2025 or 2026"),
		Entry(nil, "", []string{"--path x"}, "--path: \"x\": want a path that begins with /"),
		Entry(nil, "", []string{"--probe-path x"}, "--probe-path: \"x\": want a path that begins with /"),
		Entry(nil, "", []string{"--probe-bulk x"}, "--probe-bulk: \"x\": want a path that begins with /"),
		Entry(nil, "", []string{"--probe-jq ("}, "--probe-jq: \"(\" is no jq: unexpected EOF"),
		Entry(nil, "", []string{"--probe-header " + hush}, "--probe-header: has no colon: want NAME:VALUE"),
		Entry(nil, "", []string{"--probe-header a b: c"}, "--probe-header: \"a b\" is no name of a header"),
		Entry(nil, "", []string{"--statuses clicked"}, "--statuses: \"clicked\": want WORD=STATUS such as clicked=opened"),
		Entry(nil, "", []string{"--statuses clicked=openned"}, "--statuses: \"openned\" is not known; did you mean \"opened\"?"),
		Entry(nil, "", []string{"--ignores pending,x"}, "--ignores: \"x\" is not known; want pending, delivered, opened, cancelled or failed"),
		Entry(nil, "", []string{"--waive a/b"}, "--waive: \"a/b\": want CHECK=WHY such as entry/unknown-fields=ACME-12"),
		Entry(nil, "", []string{"--waive a=b"}, "--waive: \"a\": want a check's id such as entry/unknown-fields"),
		Entry(nil, "receiver:\n  container: {port: 80}\n", []string{"--name x"}, "receiver.yaml:2: receiver.container.image: missing: want an image such as acme/receiver:1.4, or build:"),
	)

	It("have one flag and one variable each", func() {
		flags, vars := map[string]bool{}, map[string]bool{}
		for _, k := range config.Flags() {
			Expect(flags).NotTo(HaveKey(k.Name))
			Expect(vars).NotTo(HaveKey(k.Env))
			flags[k.Name], vars[k.Env] = true, true
			Expect(k.Env).To(Equal("CTXPUSH_" + strings.ToUpper(strings.ReplaceAll(k.Name, "-", "_"))))
			Expect(k.Help).NotTo(BeEmpty())
			Expect(k.Value).NotTo(BeEmpty())
		}
	})
})

var _ = Describe("The zero Config", func() {
	It("is the built-in receiver", func() {
		var c config.Config
		Expect(c.Validate()).To(Succeed())
		c.SetDefaults()
		Expect(c.Validate()).To(Succeed())
		Expect(c.Name).To(Equal("built-in"))
		Expect(c.Path).To(Equal("/webhook"))
		Expect(c.Settle).To(Equal(500 * time.Millisecond))
		Expect(*c.Probe.HTTP).To(Equal(config.HTTPProbe{Path: "/state", Bulk: "/states", JQ: "."}))
	})

	DescribeTable("has a name made from its receiver",
		func(r config.Receiver, want string) {
			c := config.Config{Receiver: r}
			c.SetDefaults()
			Expect(c.Name).To(Equal(want))
			Expect(c.Probe.HTTP.Bulk == "").To(Equal(want != "built-in"))
		},
		Entry(nil, config.Receiver{}, "built-in"),
		Entry(nil, config.Receiver{URL: "http://h:80/x"}, "h:80"),
		Entry(nil, config.Receiver{Command: &config.Command{Argv: []string{"/bin/serve", "x"}}}, "serve"),
		Entry(nil, config.Receiver{Container: &config.Container{Image: "acme:1"}}, "acme:1"),
		Entry(nil, config.Receiver{Container: &config.Container{Build: &config.Build{}}}, "container"),
	)

	DescribeTable("that was filled in Go is judged too",
		func(c config.Config, want string) {
			Expect(c.Validate()).To(MatchError(want))
		},
		Entry(nil, config.Config{Settle: -1}, "settle: -1ns: want a duration above 0, such as 2s"),
		Entry(nil, config.Config{Identity: "x"}, "identity: \"x\" is not known; want device or user"),
		Entry(nil, config.Config{Receiver: config.Receiver{URL: "http://h", Command: &config.Command{Argv: []string{"${PORT}"}}}, Secret: "x"}, "receiver: url and command are set: want exactly one"),
		Entry(nil, config.Config{Receiver: config.Receiver{Container: &config.Container{Image: "a", Port: -1}}}, "receiver.container.port: -1: want a number from 1 to 65535"),
		Entry(nil, config.Config{Secret: "a\nb"}, "secret: holds a line break or a control character, which no header can carry"),
		Entry(nil, config.Config{Receiver: config.Receiver{Command: &config.Command{Argv: []string{"${PORT}", "a\x00"}}}}, "receiver.command.argv[1]: holds a NUL, which no argument can carry"),
		Entry(nil, config.Config{Receiver: config.Receiver{Command: &config.Command{Argv: []string{"${PORT}"}, Env: config.Values{"A": "\x00"}}}}, "receiver.command.env.A: holds a NUL, which no environment can carry"),
		Entry(nil, config.Config{Statuses: map[string]mocksender.DeliveryStatus{"a": "b"}}, "statuses.a: \"b\" is not known; want pending, delivered, opened, cancelled or failed"),
	)
})
