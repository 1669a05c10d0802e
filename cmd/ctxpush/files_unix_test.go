//go:build unix

package main

import (
	"context"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
)

// fifo is a FIFO in a folder of the test's own.
func fifo(t *testing.T, name string) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), name)
	if err := syscall.Mkfifo(path, 0o600); err != nil {
		t.Skip(err)
	}
	return path
}

// What is no regular file is refused, and not waited for.
func TestNoRegularFile(t *testing.T) {
	report, scenario := filepath.Dir(fifo(t, "report.json")), filepath.Dir(fifo(t, "a.yaml"))
	file := fifo(t, "fifo")
	for _, c := range []struct {
		args []string
		want string
	}{
		{[]string{"certify", file}, file + ": is a FIFO: want a regular file"},
		{[]string{"doctor", "--config", file}, file + ": is a FIFO: want a regular file"},
		{[]string{"load", "/dev/null"}, "/dev/null: is a device: want a regular file"},
		{[]string{"certify", "--built-in", "--baseline", file}, "--baseline " + file + ": is a FIFO: want a regular file"},
		{[]string{"certify", "--built-in", "--scenarios", scenario}, filepath.Join(scenario, "a.yaml") + ": is a FIFO: want a regular file"},
		{[]string{"scenario", "run", file}, file + ": is a FIFO: want a regular file"},
		{[]string{"scenario", "show", file}, file + ": is a FIFO: want a regular file"},
		{[]string{"load", "merge", file}, file + ": is a FIFO: want a regular file"},
		{[]string{"report", file}, fmt.Sprintf("report directory %q: it is a file, want a directory", file)},
		{[]string{"init", "--build", filepath.Dir(file), "--dockerfile", "fifo", "--output", "-"}, file + " can't be read: want --build with the folder of a Dockerfile, and --dockerfile where it has another name"},
		{[]string{"report", report}, fmt.Sprintf("report directory %q: report.json: is no regular file", report)},
	} {
		if _, stderr := ctxpush(t, exitMistake, c.args...); !strings.HasSuffix(stderr, "ctxpush: "+c.want+"\n") {
			t.Errorf("ctxpush %q\n got %swant %s", c.args, stderr, c.want)
		}
	}
}

// What a shell hands over as <(…) is read, and a signal ends the wait for it.
func TestHandedOver(t *testing.T) {
	for _, whole := range []bool{true, false} {
		r, w, err := os.Pipe()
		if err != nil {
			t.Fatal(err)
		}
		defer r.Close()
		defer w.Close()
		name := fmt.Sprintf("/dev/fd/%d", r.Fd())
		if _, err := os.Stat(name); err != nil {
			t.Skip(err)
		}
		ctx, cancel := context.WithCancelCause(t.Context())
		fmt.Fprint(w, late)
		want := exitTerminated
		if whole {
			w.Close()
			want = exitOK
		} else {
			cancel(interrupt{syscall.SIGTERM})
		}
		var p program
		if code := p.run(ctx, "scenario", "show", name); code != want {
			t.Errorf("exit code %d: want %d\n%s", code, want, p.err.String())
		}
		cancel(nil)
	}
}

// A place for temporary files that is none is one error.
func TestTemporaryFilesNowhere(t *testing.T) {
	t.Setenv("TMPDIR", write(t, "file", ""))
	_, stderr := ctxpush(t, exitSurroundings, "scenario", "run", "order/reversed", "--built-in")
	if strings.Count(stderr, "\n") != 1 || !strings.Contains(stderr, "not a directory") {
		t.Errorf("stderr is %q: want one line", stderr)
	}
}

// A pipe takes a load's report where somebody reads it; nobody is waited for.
func TestJSONToAPipe(t *testing.T) {
	load := []string{"load", "--built-in", "--duration", "50ms", "--messages", "10", "--report-dir", t.TempDir(), "--json"}
	file := fifo(t, "fifo")
	if _, stderr := ctxpush(t, exitSurroundings, append(load, file)...); !strings.HasSuffix(stderr, "ctxpush: --json "+file+": nobody reads this pipe\n") {
		t.Errorf("stderr is %q", stderr)
	}
	r, err := os.OpenFile(file, os.O_RDWR, 0) // with both ends, so that neither is waited for
	if err != nil {
		t.Fatal(err)
	}
	defer r.Close()
	ctxpush(t, exitOK, append(load, file)...)
	var report struct{ Schema string }
	if err := json.NewDecoder(r).Decode(&report); err != nil || report.Schema != "ctxpush.load/v1" {
		t.Errorf("read %+v, %v", report, err)
	}
}
