package main

import (
	"context"
	"errors"
	"fmt"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"github.com/ctxpush/ctxpush/conformance/config"
	"github.com/ctxpush/ctxpush/conformance/doctor"
	"github.com/ctxpush/ctxpush/conformance/receiver/container"
	"github.com/ctxpush/ctxpush/scenarios/strictyaml"
	"github.com/kballard/go-shellquote"
)

// runs is a way in which a receiver runs, and the flag that says so.
type runs struct{ flag, what, question, byDefault string }

var kinds = []runs{
	{"url", "it runs already, at an address such as http://127.0.0.1:3000", "Its address, without the webhook's path", "http://127.0.0.1:3000"},
	{"command", "ctxpush starts it, such as: node server.js", "The command that starts it, such as: node server.js", ""},
	{"image", "ctxpush starts a container, such as acme/receiver:1.4", "The image, such as acme/receiver:1.4", ""},
	{"build", "the same, from a folder with a Dockerfile", "The folder with its Dockerfile", "."},
	{"compose", "ctxpush starts a compose file's services", "The compose file", "compose.yaml"},
}

// describe finds out what the file must say: by flags, by looking, and by
// asking where there is somebody to ask.
func (o *initing) describe(ctx context.Context) error {
	kind := ""
	for _, k := range kinds {
		if o.given(k.flag) {
			kind = k.flag
		}
	}
	if kind == "" {
		if o.ask == nil {
			return mistakef("no receiver to describe: want --url, --command, --image, --build or --compose, or a terminal to ask on")
		}
		var err error
		if kind, err = o.askKind(ctx); err != nil {
			return err
		}
	}
	look := map[string]func(context.Context) error{"url": o.lookAtURL, "command": o.command, "image": o.lookAtImage, "build": o.build, "compose": o.compose}[kind]
	if err := look(ctx); err != nil || o.ask == nil {
		return err
	}
	return o.askRest(ctx)
}

func (o *initing) askKind(ctx context.Context) (string, error) {
	byDefault, file := "url", ""
	if isFile("Dockerfile") {
		byDefault = "build"
	}
	if found := natural("compose", "."); isFile(found) {
		byDefault, file = "compose", found
	}
	fmt.Fprintln(o.err, "How does your receiver run?")
	for _, k := range kinds {
		fmt.Fprintf(o.err, "  %-9s%s\n", k.flag, k.what)
	}
	answer, err := o.ask.ask(ctx, "One of these words", byDefault, func(s string) error {
		if kind, _ := kindOf(s); kind == "" {
			return fmt.Errorf("%q: %s", s, strictyaml.Suggest(s, kindNames()))
		}
		return nil
	})
	if err != nil {
		return "", err
	}
	kind, value := kindOf(answer)
	i := slices.IndexFunc(kinds, func(k runs) bool { return k.flag == kind })
	k := kinds[i]
	switch {
	case value != "":
		o.say("taken as --%s %s", kind, shellquote.Join(value))
		o.set(kind, value)
	case kind == "compose":
		k.byDefault = or(file, k.byDefault)
	}
	return kind, o.askFor(ctx, k.flag, k.question, k.byDefault)
}

func kindNames() []string {
	names := make([]string, len(kinds))
	for i, k := range kinds {
		names[i] = k.flag
	}
	return names
}

// askFor asks for a flag's value, as long as it is none.
func (o *initing) askFor(ctx context.Context, flag, question, byDefault string) error {
	if o.given(flag) {
		return nil
	}
	answer, err := o.ask.ask(ctx, question, byDefault, func(s string) error {
		if s = natural(flag, s); s == "" {
			return nil
		}
		var c config.Config
		o.set(flag, s)
		defer o.unset(flag)
		return o.overlay(&c, o.lookupEnv)
	})
	if answer = natural(flag, answer); err == nil && answer != "" {
		o.set(flag, answer)
	}
	return err
}

func (o *initing) set(flag, value string) { o.flags[flag].values = append(o.flags[flag].values, value) }
func (o *initing) unset(flag string) {
	v := &o.flags[flag].values
	*v = (*v)[:len(*v)-1]
}

// propose is a value for a flag that nobody gave: the answer by default where
// somebody is asked, the value where nobody is.
func (o *initing) propose(ctx context.Context, flag, question, value string) error {
	switch {
	case o.given(flag), strings.HasPrefix(flag, "probe-") && o.given("probe-sql-driver"), strings.HasPrefix(flag, "probe-") && o.given("probe-exec"):
		return nil
	case o.ask != nil:
		return o.askFor(ctx, flag, question, value)
	case value != "":
		o.set(flag, value)
	}
	return nil
}

func (o *initing) lookAtURL(ctx context.Context) error {
	var c config.Config
	if err := o.overlay(&c, o.lookupEnv); err != nil {
		return err
	}
	sight := doctor.Look(ctx, c)
	if ctx.Err() != nil {
		return ctx.Err()
	}
	for _, line := range sight.Lines {
		o.say("%s", line)
	}
	if err := o.propose(ctx, "path", "The path of its webhook, such as /webhook", or(sight.Webhook, or(c.Path, "/webhook"))); err != nil {
		return err
	}
	if err := o.propose(ctx, "probe-path", "The path that tells a message's state, such as /state (ctxpush help probe)", or(sight.State, "/state")); err != nil {
		return err
	}
	if err := o.propose(ctx, "probe-bulk", "A path that tells many states at once, such as /states; empty: none", sight.Bulk); err != nil {
		return err
	}
	if o.ask == nil || o.secretEnv != "" {
		return nil
	}
	var err error
	o.secretEnv, err = o.askVariable(ctx, "Its secret is in your environment under this name, never in the file", config.EnvName("secret"))
	return err
}

func (o *initing) command(ctx context.Context) error {
	if err := o.propose(ctx, "ready", "A path that answers 200 once it is ready, such as /healthz; empty: its port is waited for", ""); err != nil {
		return err
	}
	return o.environment(ctx, "PORT", "SECRET")
}

func (o *initing) lookAtImage(ctx context.Context) error {
	var c config.Config
	if err := o.overlay(&c, o.lookupEnv); err != nil {
		return err
	}
	image, err := container.InspectImage(ctx, c.Receiver.Container.Image)
	if ctx.Err() != nil {
		return ctx.Err()
	}
	port, secret, portVar := "", "SECRET", ""
	if err != nil {
		o.say("%v", err)
	} else {
		o.say("%s is for %s, runs %s as %s", image.Name, image.Platform, or(strings.Join(image.Entrypoint, " "), "nothing by itself"), or(image.User, "root"))
		o.say("it exposes %s and sets %s", or(numbers(image.Ports), "no port"), or(strings.Join(image.Env, ", "), "no variable"))
		if len(image.Ports) == 1 {
			port = strconv.Itoa(image.Ports[0])
		}
		for _, name := range image.Env {
			switch {
			case strings.Contains(strings.ToUpper(name), "SECRET"):
				secret = name
			case name == "PORT":
				portVar = name
			}
		}
	}
	return o.container(ctx, port, portVar, secret)
}

var exposes = regexp.MustCompile(`(?mi)^\s*EXPOSE\s+(\d+)(/tcp)?\s*$`)

func (o *initing) build(ctx context.Context) error {
	var c config.Config
	if err := o.overlay(&c, o.lookupEnv); err != nil {
		return err
	}
	b := c.Receiver.Container.Build
	name := filepath.Join(b.Context, or(b.Dockerfile, "Dockerfile"))
	text, err := strictyaml.Read(name)
	if err != nil {
		return mistakef("%s can't be read: want --build with the folder of a Dockerfile, and --dockerfile where it has another name", name)
	}
	port := ""
	if m := exposes.FindAllStringSubmatch(string(text), -1); len(m) == 1 {
		port = m[0][1]
		o.say("%s exposes %s", name, port)
	}
	return o.container(ctx, port, "", "SECRET")
}

// compose completes a receiver that is a service of a compose file, which hands
// port and secret over itself.
func (o *initing) compose(ctx context.Context) error {
	for _, q := range []struct{ flag, question string }{
		{"service", "Which of its services is the receiver, such as app"},
		{"port", "The port on which it listens in its container, such as 8080"},
		{"ready", "A path that answers 200 once it is ready, such as /healthz; empty: its port is waited for"},
	} {
		if err := o.propose(ctx, q.flag, q.question, ""); err != nil {
			return err
		}
	}
	return nil
}

// container completes a receiver that runs in one.
func (o *initing) container(ctx context.Context, port, portVar, secret string) error {
	if err := o.propose(ctx, "port", "The port on which it listens in its container, such as 8080", port); err != nil {
		return err
	}
	if err := o.propose(ctx, "ready", "A path that answers 200 once it is ready, such as /healthz; empty: its port is waited for", ""); err != nil {
		return err
	}
	return o.environment(ctx, portVar, secret)
}

// environment hands port and secret over, each unless it is handed over already.
func (o *initing) environment(ctx context.Context, port, secret string) error {
	handed := strings.Join(o.flags["env"].values, "\n")
	if text, ok := o.lookupEnv(config.EnvName("env")); ok {
		handed += "\n" + text
	}
	if !strings.Contains(handed, "${SECRET}") {
		if o.ask != nil {
			var err error
			secret, err = o.askVariable(ctx, "It reads its secret from this environment variable", secret)
			if err != nil {
				return err
			}
		}
		o.set("env", secret+"=${SECRET}")
	}
	handed += "\n" + strings.Join(o.flags["command"].values, "\n")
	if port != "" && !strings.Contains(handed, "${PORT}") {
		o.say("it gets its port in the variable %s; --env NAME='${PORT}' gives it another name", port)
		o.set("env", port+"=${PORT}")
	}
	return nil
}

// askVariable asks for the name of an environment variable. An answer that is
// none is not repeated: it may be the secret itself.
func (o *initing) askVariable(ctx context.Context, question, byDefault string) (string, error) {
	answer, err := o.ask.ask(ctx, question, byDefault, func(s string) error {
		if !variableName.MatchString(variableIn(s)) {
			return errors.New("want the name of an environment variable, such as WEBHOOK_SECRET")
		}
		return nil
	})
	return variableIn(answer), err
}

// askRest asks what no look can tell.
func (o *initing) askRest(ctx context.Context) error {
	for _, q := range []struct{ flag, question, byDefault string }{
		{"path", "The path of its webhook, such as /webhook", "/webhook"},
		{"probe-sql-driver", "If a query is to read its states: the database, postgres, mysql or sqlite; empty: it tells them by HTTP", ""},
		{"probe-sql-dsn", "Where the database is, such as postgres://me:pw@127.0.0.1:5432/app; ${HOST}:${PORT_5432} is port 5432 of a container", ""},
		{"probe-sql-query", "The query of a state, by :campaign_id, :user_id, :idempotency_key and :device_token (ctxpush help probe)", ""},
		{"probe-path", "The path that tells a message's state, such as /state (ctxpush help probe)", "/state"},
		{"probe-bulk", "A path that tells many states at once, such as /states; empty: none", ""},
		{"identity", "Does it keep a state for each device of a message, or one for its user (device, user)", "device"},
		{"name", "Its name in reports, such as my-receiver; empty: one made from the above", ""},
	} {
		if len(o.flags[q.flag].values) > 0 {
			continue
		}
		database := o.given("probe-sql-driver")
		switch {
		case strings.HasPrefix(q.flag, "probe-sql") && (o.given("url") || o.given("probe-exec")),
			strings.HasPrefix(q.flag, "probe-sql-") && q.flag != "probe-sql-driver" && !database,
			strings.HasPrefix(q.flag, "probe-") && !strings.HasPrefix(q.flag, "probe-sql") && database,
			q.flag == "probe-bulk" && o.given("url"): // asked when it was looked at
			continue
		}
		if err := o.askFor(ctx, q.flag, q.question, q.byDefault); err != nil {
			return err
		}
	}
	return nil
}

func or(text, otherwise string) string {
	if text == "" {
		return otherwise
	}
	return text
}

func numbers(ports []int) string {
	words := make([]string, len(ports))
	for i, p := range ports {
		words[i] = strconv.Itoa(p)
	}
	return strings.Join(words, ", ")
}
