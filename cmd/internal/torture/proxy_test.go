//go:build unix

package torture

import (
	"fmt"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"sync"
	"testing"

	"github.com/ctxpush/ctxpush/fixtures/reference"
)

// An environment's proxy is nobody's business but that of the programs that we
// start: it sees no webhook, no probe and no look whether the receiver is ready.
func TestProxyOfTheEnvironment(t *testing.T) {
	address := beyondLoopback(t) // for which alone a proxy is looked for
	var (
		lock sync.Mutex
		seen []string
	)
	proxy := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		lock.Lock()
		defer lock.Unlock()
		seen = append(seen, r.Method+" "+r.RequestURI)
		w.WriteHeader(http.StatusBadGateway)
	}))
	defer proxy.Close()
	env := []string{"HTTP_PROXY=" + proxy.URL, "http_proxy=" + proxy.URL,
		"HTTPS_PROXY=" + proxy.URL, "NO_PROXY=", "no_proxy="}
	receiver, err := reference.Start(reference.Options{Listen: address + ":0", Secret: Secret, Store: filepath.Join(t.TempDir(), "states.db")})
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = receiver.Kill() }()
	for name, command := range map[string]string{
		"certify":      `exec "$0" certify --probe-path /state` + quick,
		"load":         `exec "$0" load --duration 300ms --messages 100 --report-dir "$REPORT"`,
		"doctor":       `exec "$0" doctor`,
		"scenario run": `exec "$0" scenario run request/acknowledged`,
		"send":         `exec "$0" send --messages 1`,
	} {
		t.Run(name, func(t *testing.T) {
			inShell(t, command+` --url `+receiver.URL(), env...).wants(t, 0)
			lock.Lock()
			defer lock.Unlock()
			if len(seen) > 0 {
				t.Errorf("the proxy was asked for %s, and %d more", seen[0], len(seen)-1)
			}
			seen = nil
		})
	}
}

// beyondLoopback is an address of this machine that is not loopback's.
func beyondLoopback(t *testing.T) string {
	t.Helper()
	all, err := net.InterfaceAddrs()
	if err != nil {
		t.Fatal(err)
	}
	for _, a := range all {
		if ip, ok := a.(*net.IPNet); ok && ip.IP.To4() != nil && !ip.IP.IsLoopback() {
			return ip.IP.String()
		}
	}
	fmt.Fprintf(os.Stderr, "\n*** %s IS NOT TESTED: this machine has no address but loopback's\n\n", t.Name())
	t.Skip("no address but loopback's")
	return ""
}
