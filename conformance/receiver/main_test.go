package receiver

import (
	"context"
	"fmt"
	"os"
	"testing"
	"time"

	. "github.com/onsi/gomega"

	"github.com/ctxpush/ctxpush/conformance/config"
	"github.com/ctxpush/ctxpush/conformance/receiver/internal/receivertest"
)

func TestMain(m *testing.M) { receivertest.Main(m, harness, func() string { return "" }) }

func harness(kind string) (string, error) {
	c := program("")
	if kind == "daemon" {
		c = daemon()
	}
	c.Dir = os.Getenv("CTXPUSH_TEST_DIR")
	r, err := New(config.Config{Receiver: config.Receiver{Command: &c}}, Env{Secret: receivertest.Secret})
	if err == nil {
		err = r.Start(context.Background())
	}
	if err != nil {
		return "", err
	}
	return fmt.Sprint(r.(*command).child.PID), nil
}

// program describes the test's program in a mode.
func program(mode string) config.Command {
	return config.Command{
		Argv:  []string{receivertest.Program},
		Env:   map[string]string{"HOST": "127.0.0.1", "PORT": "${PORT}", "SECRET": "${SECRET}", "MODE": mode},
		Ready: config.Ready{HTTP: "/healthz", Timeout: time.Minute},
	}
}

// daemon is a shell that starts a process in a session of its own, whose number
// it writes, and then is the receiver.
func daemon() config.Command {
	c := program("")
	c.Argv = []string{"sh", "-c", `setsid sh -c 'echo $$ >stray; exec sleep 3600' & exec "$0"`, receivertest.Program}
	return c
}

// ofCommand is a receiver of its own disk, closed after the test; it is not started
// yet.
func ofCommand(t *testing.T, c config.Command, env Env) *command {
	t.Helper()
	c.Dir = t.TempDir()
	env.Secret = receivertest.Secret
	return opened(t, config.Config{Receiver: config.Receiver{Command: &c}}, env).(*command)
}

func opened(t *testing.T, cfg config.Config, env Env) Receiver {
	t.Helper()
	r, err := New(cfg, env)
	NewWithT(t).Expect(err).NotTo(HaveOccurred())
	t.Cleanup(func() { NewWithT(t).Expect(r.Close()).To(Succeed()) })
	return r
}

func startError(t *testing.T, ctx context.Context, r Receiver) *StartError {
	t.Helper()
	return receivertest.StartError[*StartError](t, ctx, r)
}

func TestKindsThatAreNotLinked(t *testing.T) {
	g := NewWithT(t)
	cfg := config.Config{Receiver: config.Receiver{Container: &config.Container{Image: "acme/receiver:1", Port: 80}}}
	_, err := New(cfg, Env{Secret: "x"})
	g.Expect(err).To(BeAssignableToTypeOf(&config.Error{}))
	g.Expect(err).To(MatchError(`receiver.container: this kind of receiver is not linked into the program: want import _ "github.com/ctxpush/ctxpush/conformance/receiver/container"`))
	_, err = New(config.Config{}, Env{Secret: "x"})
	g.Expect(err).To(MatchError(`receiver: missing: want url or command, or for the built-in one import _ "github.com/ctxpush/ctxpush/conformance/receiver/builtin"`))
}

func TestTwoKindsOfOneName(t *testing.T) {
	NewWithT(t).Expect(func() { Register(Kind{Name: "url"}) }).To(PanicWith("receiver: two kinds url"))
}
