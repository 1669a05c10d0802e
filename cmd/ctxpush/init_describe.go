package main

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"github.com/ctxpush/ctxpush/conformance/config"
	"github.com/ctxpush/ctxpush/conformance/doctor"
	"github.com/ctxpush/ctxpush/conformance/receiver/container"
	"github.com/ctxpush/ctxpush/scenarios/strictyaml"
)

// kinds are the flags that say how the receiver runs.
var kinds = []struct{ flag, question, byDefault string }{
	{"url", "Its base address", "http://127.0.0.1:3000"},
	{"command", "The command that starts it; ${PORT} is a free port", ""},
	{"image", "The image", ""},
	{"build", "The folder with its Dockerfile", "."},
	{"compose", "The compose file", "compose.yaml"},
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
	if _, err := os.Stat("Dockerfile"); err == nil {
		byDefault = "build"
	}
	for _, name := range []string{"compose.yaml", "compose.yml", "docker-compose.yml", "docker-compose.yaml"} {
		if _, err := os.Stat(name); err == nil {
			byDefault, file = "compose", name
			break
		}
	}
	names := make([]string, len(kinds))
	for i, k := range kinds {
		names[i] = k.flag
	}
	kind, err := o.ask.ask(ctx, "How does the receiver run: at a url already, by a command, from an image, from a build, or by a compose file", byDefault, func(s string) error {
		if !slices.Contains(names, s) {
			return fmt.Errorf("%q: %s", s, strictyaml.Suggest(s, names))
		}
		return nil
	})
	if err != nil {
		return "", err
	}
	k := kinds[slices.Index(names, kind)]
	if kind == "compose" {
		k.byDefault = or(file, k.byDefault)
	}
	return kind, o.askFor(ctx, k.flag, k.question, k.byDefault)
}

// askFor asks for a flag's value, as long as it is none.
func (o *initing) askFor(ctx context.Context, flag, question, byDefault string) error {
	if o.given(flag) {
		return nil
	}
	answer, err := o.ask.ask(ctx, question, byDefault, func(s string) error {
		if s == "" {
			return nil
		}
		var c config.Config
		o.set(flag, s)
		defer o.unset(flag)
		return o.overlay(&c, o.lookupEnv)
	})
	if err == nil && answer != "" {
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
	if err := o.propose(ctx, "path", "The webhook's path", or(sight.Webhook, or(c.Path, "/webhook"))); err != nil {
		return err
	}
	if err := o.propose(ctx, "probe-path", "The path that answers a message's state", or(sight.State, "/state")); err != nil {
		return err
	}
	if err := o.propose(ctx, "probe-bulk", "The path that answers many states at once; empty: none", sight.Bulk); err != nil {
		return err
	}
	if o.ask == nil || o.secretEnv != "" {
		return nil
	}
	var err error
	o.secretEnv, err = o.ask.ask(ctx, "The environment variable that holds the shared secret", config.EnvName("secret"), func(s string) error {
		if !regexp.MustCompile(`^[A-Za-z_][A-Za-z0-9_]*$`).MatchString(s) {
			return fmt.Errorf("%q is no name of a variable", s)
		}
		return nil
	})
	return err
}

func (o *initing) command(ctx context.Context) error {
	if err := o.propose(ctx, "ready", "A path that answers 2xx once it is ready; empty: its port accepts connections", ""); err != nil {
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
	text, err := os.ReadFile(name)
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
		{"service", "The receiver's name among its services"},
		{"port", "The port on which it listens in its container"},
		{"ready", "A path that answers 2xx once it is ready; empty: its port accepts connections"},
	} {
		if err := o.propose(ctx, q.flag, q.question, ""); err != nil {
			return err
		}
	}
	return nil
}

// container completes a receiver that runs in one.
func (o *initing) container(ctx context.Context, port, portVar, secret string) error {
	if err := o.propose(ctx, "port", "The port on which it listens", port); err != nil {
		return err
	}
	if err := o.propose(ctx, "ready", "A path that answers 2xx once it is ready; empty: its port accepts connections", ""); err != nil {
		return err
	}
	return o.environment(ctx, portVar, secret)
}

// environment hands port and secret over, where no variable was given.
func (o *initing) environment(ctx context.Context, port, secret string) error {
	if o.given("env") {
		return nil
	}
	name := secret
	if o.ask != nil {
		var err error
		name, err = o.ask.ask(ctx, "The variable from which it reads its secret", secret, func(s string) error {
			if strings.ContainsAny(s, "= \x00") {
				return fmt.Errorf("%q is no name of a variable", s)
			}
			return nil
		})
		if err != nil {
			return err
		}
	}
	if port != "" {
		o.set("env", port+"=${PORT}")
	}
	o.set("env", name+"=${SECRET}")
	return nil
}

// askRest asks what no look can tell.
func (o *initing) askRest(ctx context.Context) error {
	for _, q := range []struct{ flag, question, byDefault string }{
		{"path", "The webhook's path", "/webhook"},
		{"probe-sql-driver", "Its database, where its states are read from that: postgres, mysql or sqlite; empty: they are asked for", ""},
		{"probe-sql-dsn", "Where the database is; ${HOST} and ${PORT_5432} are port 5432 of a container or a service", ""},
		{"probe-sql-query", "The query of a state, by :campaign_id, :user_id, :idempotency_key and :device_token", ""},
		{"probe-path", "The path that answers a message's state", "/state"},
		{"probe-bulk", "The path that answers many states at once; empty: none", ""},
		{"identity", "What it keeps a state for: each device, or the user", "device"},
		{"name", "Its name in reports; empty: one made from the above", ""},
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
