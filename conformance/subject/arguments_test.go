package subject_test

import (
	"strings"
	"testing"

	"github.com/ctxpush/ctxpush/conformance/config"
	"github.com/ctxpush/ctxpush/conformance/subject"
)

// A line that plays something again names the secret only where one was given.
func TestArgumentsOfAReceiverWithoutASecret(t *testing.T) {
	for _, secret := range []config.Secret{"", "a-given-one"} {
		var target config.Config
		target.Receiver.Command = &config.Command{Argv: []string{"node", "server.js", "${PORT}"}}
		target.Secret = secret
		target.SetDefaults()
		s, err := subject.Open(target, nil)
		if err != nil {
			t.Fatal(err)
		}
		defer s.Close()
		line := s.Arguments("--config ")
		if !strings.Contains(line, "--command 'node server.js ") || strings.Contains(line, "--secret") != (secret != "") {
			t.Errorf("with the secret %q: %s", string(secret), line)
		}
		if s.Secret() == "" {
			t.Error("the run has no secret")
		}
	}
}
