package main

import (
	"encoding/json"
	"errors"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"
	"testing"

	"github.com/ctxpush/ctxpush/conformance/report"
	"github.com/ctxpush/ctxpush/fixtures/reference"
)

// The tool's own image certifies a receiver on the host's loopback as a user
// that is not root, and leaves the report in a folder of that user's.
func TestImage(t *testing.T) {
	if err := exec.CommandContext(t.Context(), "docker", "info").Run(); err != nil {
		if os.Getenv("CTXPUSH_REQUIRE_DOCKER") == "1" {
			t.Fatal("docker info: ", err)
		}
		t.Skip("no container engine: ", err)
	}
	do := func(name string, args ...string) string {
		t.Helper()
		cmd := exec.CommandContext(t.Context(), name, args...)
		cmd.Env = append(os.Environ(), "CGO_ENABLED=0", "GOOS=linux", "GOARCH="+runtime.GOARCH)
		var stderr buffer
		cmd.Stderr = &stderr
		said, err := cmd.Output()
		if err != nil {
			t.Fatalf("%s %q: %v\n%s%s", name, args, err, said, stderr.String())
		}
		return strings.TrimSpace(string(said))
	}
	folder := t.TempDir()
	do("go", "build", "-buildvcs=false", "-o", filepath.Join(folder, "ctxpush"), ".")
	rewrite(t, filepath.Join(folder, "ca-certificates.crt"), "")
	for name, mode := range map[string]os.FileMode{"results": 0o755, "root/tmp": 0o777 | os.ModeSticky} {
		if err := errors.Join(os.MkdirAll(filepath.Join(folder, name), mode), os.Chmod(filepath.Join(folder, name), mode)); err != nil {
			t.Fatal(err)
		}
	}
	image := do("docker", "build", "-q", "-f", "Dockerfile", folder)
	t.Cleanup(func() {
		if said, err := exec.Command("docker", "rmi", "-f", image).CombinedOutput(); err != nil {
			t.Errorf("%v: %s", err, said)
		}
	})
	var inspected []struct {
		Config struct {
			User, WorkingDir string
			Volumes          map[string]any
		}
	}
	if err := json.Unmarshal([]byte(do("docker", "inspect", image)), &inspected); err != nil || len(inspected) != 1 {
		t.Fatalf("%v: %+v", err, inspected)
	}
	if c := inspected[0].Config; c.User == "" || strings.HasPrefix(c.User, "0") || c.WorkingDir != "/results" || len(c.Volumes) != 1 {
		t.Errorf("user %q, folder %q, volumes %v", c.User, c.WorkingDir, c.Volumes)
	}

	server, err := reference.Start(reference.Options{Secret: exampleSecret})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { server.Kill() })
	results := filepath.Join(t.TempDir(), "results")
	if err := os.Mkdir(results, 0o700); err != nil {
		t.Fatal(err)
	}
	const user = 65532
	run := []string{"run", "--rm", "--network", "host", "-e", "CTXPUSH_SECRET=" + exampleSecret, "-v", results + ":/results"}
	if os.Getuid() == 0 {
		if err := os.Chown(results, user, user); err != nil {
			t.Fatal(err)
		}
	} else {
		run = append(run, "--user", do("id", "-u"))
	}
	do("docker", append(run, image, "certify", "--url", server.URL(), "--probe-bulk", "/states", "--focus", "order/reversed", "--settle", "50ms")...)
	f, err := os.Open(filepath.Join(results, "report.json"))
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	if r, err := report.Read(f); err != nil || r.Result != report.Pass {
		t.Errorf("%v, result %q", err, r.Result)
	}
	err = filepath.WalkDir(results, func(path string, d fs.DirEntry, err error) error {
		if err != nil || os.Getuid() != 0 {
			return err
		}
		if owner := do("stat", "-c", "%u", path); owner == "0" {
			t.Errorf("%s is root's", path)
		}
		return nil
	})
	if err != nil {
		t.Error(err)
	}
	// Its built-in receiver has a place to store, whoever runs it.
	do("docker", "run", "--rm", image, "doctor", "--built-in")
	do("docker", "run", "--rm", "--user", "12345:12345", image, "doctor", "--built-in")
}
