//go:build unix

package probe_test

import (
	"context"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"time"

	"github.com/ctxpush/ctxpush/conformance/config"
	"github.com/ctxpush/ctxpush/conformance/event"
	"github.com/ctxpush/ctxpush/conformance/probe"
	"github.com/ctxpush/ctxpush/mocksender"
	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"
)

// running asks a shell script.
func running(script string, edit ...func(*config.Config)) probe.Prober {
	cfg := config.Config{Secret: hush, Dir: GinkgoT().TempDir(), Probe: config.Probe{Exec: &config.ExecProbe{
		Argv: []string{"sh", "-c", script}, Env: config.Values{"TOKEN": "${SECRET}"},
	}}}
	for _, e := range edit {
		e(&cfg)
	}
	p, err := probe.New(cfg, func() string { return "http://127.0.0.1:81" }, nil)
	Expect(err).NotTo(HaveOccurred())
	return p
}

var _ = Describe("The exec probe", func() {
	ctx := context.Background()

	It("hands the key over and reads what is printed", func() {
		p := running(`printf '{"delivery_status": "opened", "content": ["%s","%s","%s","%s","%s","%s"]}' "$CAMPAIGN_ID" "$USER_ID" "$IDEMPOTENCY_KEY" "$DEVICE_TOKEN" "$RECEIVER_URL" "$TOKEN"`)
		Expect(p.States(ctx, []mocksender.Key{onPhone, message})).To(Equal([]*event.State{
			{DeliveryStatus: mocksender.Opened, Content: []byte(`["c&1","u 1","k👑","aa","http://127.0.0.1:81","` + hush + `"]`)},
			{DeliveryStatus: mocksender.Opened, Content: []byte(`["c&1","u 1","k👑","","http://127.0.0.1:81","` + hush + `"]`)},
		}))
	})

	It("takes nothing and null for not known", func() {
		for _, script := range []string{"true", "echo null", "echo"} {
			Expect(ask(ctx, running(script), message)).To(Equal([]*event.State{nil}))
		}
	})

	It("maps the receiver's words", func() {
		Expect(ask(ctx, running(`echo '{"delivery_status": "clicked"}'`, clicked), message)).To(Equal([]*event.State{{DeliveryStatus: mocksender.Opened}}))
	})

	It("finds a program relative to the file", func() {
		p := running("", func(c *config.Config) {
			Expect(os.WriteFile(filepath.Join(c.Dir, "state"), []byte("#!/bin/sh\ncat answer"), 0o700)).To(Succeed())
			Expect(os.WriteFile(filepath.Join(c.Dir, "answer"), []byte(`{"delivery_status": "failed"}`), 0o600)).To(Succeed())
			c.Probe.Exec.Argv = []string{"./state"}
		})
		Expect(ask(ctx, p, message)).To(Equal([]*event.State{{DeliveryStatus: mocksender.Failed}}))
	})

	DescribeTable("says what is wrong",
		func(argv []string, temporary bool, want string) {
			_, err := ask(ctx, running("", func(c *config.Config) {
				c.Probe.Exec.Argv = argv
				want = strings.ReplaceAll(want, "DIR", c.Dir)
			}), message)
			Expect(err).To(MatchError(want))
			Expect(err.(*probe.Error).Temporary).To(Equal(temporary))
		},
		Entry(nil, []string{"sh", "-c", "echo no; echo first >&2; echo last for $TOKEN >&2; exit 3"}, true, "probe: exec sh -c echo no; echo first >&2; echo last for $TOKEN >&2; exit 3: ended with exit status 3 and last for [secret]: want exit status 0 and a JSON object, or nothing for a message that is not known"),
		Entry(nil, []string{"sh", "-c", "kill -9 $$"}, true, "probe: exec sh -c kill -9 $$: can't be run: ended with signal: killed"),
		Entry(nil, []string{"sh", "-c", "no-such-program-here"}, false, "probe: exec sh -c no-such-program-here: ended with exit status 127 and sh: 1: no-such-program-here: not found: want exit status 0 and a JSON object, or nothing for a message that is not known"),
		Entry(nil, []string{"no-such-program-here"}, false, "probe: exec no-such-program-here: can't be run: no such program: the program \"no-such-program-here\" is not in the PATH"),
		Entry(nil, []string{"./none"}, false, "probe: exec ./none: can't be run: no such program: the program DIR/none: no such file or directory"),
		Entry(nil, []string{"echo", "[1]"}, false, "probe: exec echo [1]: the state is an array: want a JSON object; the program can pick it out"),
		Entry(nil, []string{"echo", "{"}, false, "probe: exec echo {: the state is no JSON"),
		Entry(nil, []string{"echo", "{}"}, false, "probe: exec echo {}: delivery_status is missing in {}: want one of pending, delivered, opened, cancelled, failed; the program can rename a member"),
		Entry(nil, []string{"head", "-c", "20000000", "/dev/zero"}, false, "probe: exec head -c 20000000 /dev/zero: printed more than 16 MiB: want exit status 0 and a JSON object, or nothing for a message that is not known"),
	)

	It("ends a program that takes too long, with all its children", func() {
		var dir string
		p := running("sleep 600 & echo $! > pid; wait", func(c *config.Config) { dir, c.Timeout = c.Dir, 2*time.Second })
		_, err := ask(ctx, p, message)
		Expect(err).To(MatchError(ContainSubstring("did not end within 2s")))
		Expect(err.(*probe.Error).Temporary).To(BeTrue())
		pid, err := os.ReadFile(filepath.Join(dir, "pid"))
		Expect(err).NotTo(HaveOccurred())
		n, err := strconv.Atoi(strings.TrimSpace(string(pid)))
		Expect(err).NotTo(HaveOccurred())
		Eventually(func() bool {
			stat, err := os.ReadFile("/proc/" + strconv.Itoa(n) + "/stat")
			return syscall.Kill(n, 0) != nil || err == nil && strings.Contains(string(stat), ") Z ")
		}).Should(BeTrue(), "no child is left")
	})

	It("ends with its context", func() {
		done, cancel := context.WithCancel(ctx)
		time.AfterFunc(50*time.Millisecond, cancel)
		_, err := running("sleep 600").States(done, []mocksender.Key{message, onPhone})
		Expect(err).To(MatchError(context.Canceled))
	})

	It("keeps the secret out of process lists", func() {
		_, err := probe.New(config.Config{Secret: hush, Probe: config.Probe{Exec: &config.ExecProbe{Argv: []string{"a", "--token=" + hush}}}}, nil, nil)
		Expect(err).To(MatchError("probe.exec.argv[1]: holds the secret, which every process list would show: want it in probe.exec.env, as ${SECRET}"))
	})
})
