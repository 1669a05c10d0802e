package outage

import (
	"context"
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"syscall"
	"testing"

	"go.uber.org/goleak"
)

func TestNetworkIsCutAndMended(t *testing.T) {
	defer goleak.VerifyNone(t, goleak.IgnoreCurrent())
	arrived, release := make(chan struct{}, 1), make(chan struct{})
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, _ := io.ReadAll(r.Body)
		if string(body) == "wait" {
			arrived <- struct{}{}
			<-release
		}
		w.Write(body)
	}))
	defer server.Close()
	way := new(network)
	defer way.Close()
	transport := &http.Transport{DialContext: way.Dial}
	defer transport.CloseIdleConnections()
	client := &http.Client{Transport: transport}
	post := func(text string) (string, error) {
		resp, err := client.Post(server.URL, "text/plain", strings.NewReader(text))
		if err != nil {
			return "", err
		}
		defer resp.Body.Close()
		answer, err := io.ReadAll(resp.Body)
		return string(answer), err
	}
	passes := func(when string) {
		t.Helper()
		if answer, err := post(when); err != nil || answer != when {
			t.Errorf("%s: %q, %v", when, answer, err)
		}
	}

	passes("before")
	underWay := make(chan error, 1)
	go func() {
		_, err := post("wait")
		underWay <- err
	}()
	<-arrived
	way.Cut()
	if err := <-underWay; err == nil {
		t.Error("a request under way outlived the cut")
	}
	close(release)
	if _, err := post("during"); !errors.Is(err, syscall.ECONNREFUSED) {
		t.Errorf("a request while the network is cut: %v, want %v", err, syscall.ECONNREFUSED)
	}
	way.Mend(t.Context())
	passes("after")

	if err := way.Slow(); err != nil {
		t.Fatal(err)
	}
	passes("slow, on a connection that was open")
	transport.CloseIdleConnections()
	passes("slow, on a new connection")
	way.Mend(t.Context())
	passes("mended")
	if toxics := way.link.Toxics.GetToxicArray(); len(toxics) != 0 {
		t.Errorf("the mended network still has %v", toxics)
	}
}

func TestNetworkThatLeadsNowhere(t *testing.T) {
	way := new(network)
	defer way.Close()
	conn, err := way.Dial(t.Context(), "tcp", "127.0.0.1:1")
	if err != nil {
		return // also right: nobody is there
	}
	defer conn.Close()
	// The link takes the connection and finds nobody behind it.
	if n, err := conn.Read(make([]byte, 1)); err == nil {
		t.Errorf("%d bytes came from nobody", n)
	}
	ended, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := way.Dial(ended, "tcp", "127.0.0.1:1"); err == nil {
		t.Error("an ended context still dials")
	}
}
