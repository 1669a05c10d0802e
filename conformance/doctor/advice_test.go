package doctor

import (
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/ctxpush/ctxpush/conformance/config"
	_ "github.com/ctxpush/ctxpush/conformance/kinds"
	"github.com/ctxpush/ctxpush/conformance/receiver"
)

var (
	ofURL       = config.Receiver{URL: "http://127.0.0.1:3000"}
	ofCommand   = config.Receiver{Command: &config.Command{Argv: []string{"bin/receiver", "-v"}, Ready: config.Ready{Timeout: time.Minute}}}
	ofContainer = config.Receiver{Container: &config.Container{Port: 8080, Env: config.Values{"KEY": "${SECRET}"}, Ready: config.Ready{HTTP: "/up", Timeout: time.Minute}}}
	ofCompose   = config.Receiver{Compose: &config.Compose{Service: "web", Port: 8080, Ready: config.Ready{Timeout: time.Minute}}}
)

func TestAdviceForReceiversThatDoNotStart(t *testing.T) {
	failed := func(err error) error { return &receiver.StartError{Receiver: "it", Err: err} }
	never := &receiver.StartError{Receiver: "it", Tried: "GET /up", Err: errors.New("was not ready")}
	for name, c := range map[string]struct {
		receiver config.Receiver
		err      error
		says     string
	}{
		"no engine":                  {ofCompose, failed(fmt.Errorf("made: %w", &receiver.NoEngineError{Host: "unix:///x", Err: errors.New("refused")})), "start Docker, or describe"},
		"ended":                      {ofContainer, failed(&receiver.EndedError{How: "ended with exit status 3"}), "it ends by itself, and its log says why"},
		"an url":                     {ofURL, never, "see that receiver.url names the host and port"},
		"a command that is none":     {ofCommand, failed(errors.New("no such file")), "run the command by hand in receiver.command.dir: bin/receiver -v"},
		"a command never ready":      {ofCommand, never, "listens on the port in ${PORT}"},
		"an image that is not there": {ofContainer, failed(errors.New("no such image")), "docker run starts the image by itself"},
		"a container never ready":    {ofContainer, never, "receiver.container.ready.http is /up: does it answer 2xx? Is receiver.container.ready.timeout (1m0s) enough?"},
		"a file that is not right":   {ofCompose, failed(errors.New("malformed")), "docker compose up starts the file by itself"},
		"a service never ready":      {ofCompose, never, "if it needs longer than 1m0s, set receiver.compose.ready.timeout"},
		"the built-in one":           {config.Receiver{}, failed(errors.New("no port")), "see what its log says"},
	} {
		if got := strings.Join(startAdvice(c.receiver, c.err), "\n"); !strings.Contains(got, c.says) {
			t.Errorf("%s: %s\nsays nothing of %q", name, got, c.says)
		}
	}
}

func TestAdviceForReceiversThatRefuseTheSecret(t *testing.T) {
	for says, r := range map[string]config.Receiver{
		"CTXPUSH_SECRET, names?":                                                              ofURL,
		"receiver.command.env hands no ${SECRET} over":                                        ofCommand,
		"does the receiver read its secret from the variable in receiver.container.env":       ofContainer,
		"does the compose file hand ${SECRET} over to the service web, under environment?":    ofCompose,
		"is the receiver's secret the one that receiver.yaml's secret, or CTXPUSH_SECRET, na": {},
	} {
		if got := strings.Join(secretAdvice(r), "\n"); !strings.Contains(got, says) {
			t.Errorf("%s\nsays nothing of %q", got, says)
		}
	}
}
