package main

import (
	"context"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"testing"
)

// Ctrl-C at a question ends init, and leaves no file.
func TestInitInterrupted(t *testing.T) {
	file := filepath.Join(t.TempDir(), "receiver.yaml")
	in, typing := io.Pipe()
	defer typing.Close()
	ctx, cancel := context.WithCancelCause(t.Context())
	var p program
	root := newRoot(streams{out: &p.out, err: &p.err, in: in, inLive: true, lookupEnv: func(string) (string, bool) { return "", false }})
	root.SetArgs([]string{"init", "--output", file})
	go func() {
		typing.Write([]byte("command\n")) // returns once it is read: the next question is then on its way
		cancel(interrupt{os.Interrupt})
	}()
	if code := exitCode(ctx, &p.err, root.ExecuteContext(ctx)); code != exitInterrupted {
		t.Errorf("exit code %d\n%s", code, p.err.String())
	}
	if _, err := os.Stat(file); err == nil {
		t.Error("a file was written")
	}
}

// Ctrl-C while a receiver does not answer ends doctor.
func TestDoctorInterrupted(t *testing.T) {
	ctx, cancel := context.WithCancelCause(t.Context())
	server := httptest.NewServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		io.Copy(io.Discard, r.Body)
		cancel(interrupt{os.Interrupt})
		<-r.Context().Done()
	}))
	defer server.Close()
	var p program
	if code := p.run(ctx, "doctor", "--url", server.URL, "--secret", initSecret); code != exitInterrupted {
		t.Errorf("exit code %d\n%s%s", code, p.out.String(), p.err.String())
	}
}
