package main

import (
	"bytes"
	"context"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
)

// buffer is a stream that is read while it is written.
type buffer struct {
	mu sync.Mutex
	b  bytes.Buffer
}

func (b *buffer) Write(p []byte) (int, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.b.Write(p)
}

func (b *buffer) String() string {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.b.String()
}

// program is one call of ctxpush with its streams in memory and an environment
// of its own.
type program struct {
	out, err buffer
	env      map[string]string
	typed    string // what a person types; empty: there is none
}

// run is the program from its arguments to its exit code.
func (p *program) run(ctx context.Context, args ...string) int {
	root := newRoot(streams{out: &p.out, err: &p.err, in: strings.NewReader(p.typed), inLive: p.typed != "", lookupEnv: func(name string) (string, bool) {
		value, ok := p.env[name]
		return value, ok
	}})
	root.SetArgs(args)
	return exitCode(ctx, &p.err, root.ExecuteContext(ctx))
}

// ctxpush runs the program and wants the exit code.
func ctxpush(t *testing.T, code int, args ...string) (stdout, stderr string) {
	t.Helper()
	var p program
	if got := p.run(t.Context(), args...); got != code {
		t.Fatalf("ctxpush %q: exit code %d: want %d\n%s%s", args, got, code, p.out.String(), p.err.String())
	}
	return p.out.String(), p.err.String()
}

// write makes a file in a folder of the test's own, and is its path.
func write(t *testing.T, name, text string) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), filepath.FromSlash(name))
	rewrite(t, path, text)
	return path
}

func rewrite(t *testing.T, path, text string) {
	t.Helper()
	if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(path, []byte(text), 0o644); err != nil {
		t.Fatal(err)
	}
}
