package main

import (
	"crypto/sha256"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"testing"

	"github.com/ctxpush/ctxpush/fixtures/reference"
)

// released is a server of files that is laid out as GitHub has a project's
// releases: one, whose program is this binary.
type released struct {
	url  string
	sums string // SHA256SUMS in its place; %s is the program's own checksum and name
}

const releasedVersion = "v1.2.3"

func newReleased(t *testing.T) *released {
	t.Helper()
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	program := fmt.Sprintf("ctxpush_%s_%s_%s", releasedVersion, runtime.GOOS, runtime.GOARCH)
	r := &released{sums: "%s"}
	files := http.NewServeMux()
	files.Handle("/releases/latest", http.RedirectHandler("/releases/tag/"+releasedVersion, http.StatusFound))
	files.HandleFunc("/releases/tag/"+releasedVersion, func(http.ResponseWriter, *http.Request) {})
	files.HandleFunc("/releases/download/"+releasedVersion+"/"+program, func(w http.ResponseWriter, req *http.Request) { http.ServeFile(w, req, self) })
	files.HandleFunc("/releases/download/"+releasedVersion+"/SHA256SUMS", func(w http.ResponseWriter, _ *http.Request) {
		f, err := os.Open(self)
		if err != nil {
			t.Error(err)
			return
		}
		defer f.Close()
		sum := sha256.New()
		if _, err := io.Copy(sum, f); err != nil {
			t.Error(err)
		}
		fmt.Fprintf(w, r.sums, fmt.Sprintf("%x  %s", sum.Sum(nil), program))
	})
	server := httptest.NewServer(files)
	t.Cleanup(server.Close)
	r.url = server.URL + "/releases"
	return r
}

// onPath puts a program in front of all others: a script that keeps its arguments
// in the file that is told.
func onPath(t *testing.T, name, script string) (calls string) {
	t.Helper()
	dir := t.TempDir()
	calls = filepath.Join(dir, "calls")
	file := filepath.Join(dir, name)
	rewrite(t, file, "#!/bin/sh\necho \"$*\" >>'"+calls+"'\n"+script+"\n")
	if err := os.Chmod(file, 0o755); err != nil {
		t.Fatal(err)
	}
	t.Setenv("PATH", dir+string(os.PathListSeparator)+os.Getenv("PATH"))
	return calls
}

func textOf(file string) string {
	text, _ := os.ReadFile(file) // none: it was not called
	return string(text)
}

// install is an action with a program to be installed.
func install(t *testing.T, version, releases, token string) step {
	t.Helper()
	return act(t, t.TempDir(), map[string]string{"url": actionReceiver(t, reference.Options{}), "focus": "order/reversed", "args": "--settle=50ms",
		"binary": "", "version": version, "releases": releases, "token": token})
}

// The release's program is taken once its checksum and its attestation are right,
// and Go is not asked.
func TestActionInstallsARelease(t *testing.T) {
	built, asked := onPath(t, "go", "exit 1"), onPath(t, "gh", `[ "$GH_TOKEN" = gh-token-1 ]`)
	r := newReleased(t)
	for _, version := range []string{"latest", releasedVersion} {
		s := install(t, version, r.url, "gh-token-1")
		if s.code != exitOK || s.outputs["passed"] != "1" {
			t.Errorf("%s: exit code %d, outputs %v\n%s", version, s.code, s.outputs, s.said)
		}
	}
	if said := textOf(asked); strings.Count(said, "attestation verify ") != 2 || !strings.Contains(said, "--repo ctxpush/ctxpush ") {
		t.Errorf("gh was asked %q", said)
	}
	if s := install(t, releasedVersion, r.url, ""); s.code != exitOK || !strings.Contains(s.said, "is not verified: that wants gh and the input token\n") {
		t.Errorf("no token: exit code %d\n%s", s.code, s.said)
	}
	if said := textOf(built); said != "" {
		t.Errorf("Go was asked %q", said)
	}
}

// A program that is not what the release says is not run, and not kept.
func TestActionRefusesARelease(t *testing.T) {
	onPath(t, "gh", `echo "no attestation" >&2; exit 1`)
	for name, c := range map[string]struct{ version, sums, token, says string }{
		"another checksum": {releasedVersion, "0%s", "", "has not the checksum that SHA256SUMS says"},
		"no checksum":      {releasedVersion, "%.0s", "", "has not the checksum that SHA256SUMS says"},
		"no attestation":   {releasedVersion, "%s", "gh-token-1", "has no attestation of the release's workflow"},
		"no such version":  {"v9.9.9", "%s", "", "of that version can't be downloaded"},
	} {
		t.Run(name, func(t *testing.T) {
			r := newReleased(t)
			r.sums = c.sums
			s := install(t, c.version, r.url, c.token)
			if s.code != exitSurroundings || len(s.outputs) > 0 || !strings.Contains(s.said, "\n::error title=ctxpush::") && !strings.HasPrefix(s.said, "::error title=ctxpush::") || !strings.Contains(s.said, c.says) {
				t.Errorf("exit code %d, outputs %v\n%s", s.code, s.outputs, s.said)
			}
		})
	}
}

// A commit has no program among the releases: Go builds it.
func TestActionBuildsACommit(t *testing.T) {
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	built := onPath(t, "go", `mkdir -p "$GOBIN"; cp '`+self+`' "$GOBIN/ctxpush"`)
	s := install(t, "0123456789abcdef", newReleased(t).url, "")
	if s.code != exitOK || s.outputs["passed"] != "1" {
		t.Errorf("exit code %d, outputs %v\n%s", s.code, s.outputs, s.said)
	}
	if said := textOf(built); said != "install -trimpath github.com/ctxpush/ctxpush/cmd/ctxpush@0123456789abcdef\n" {
		t.Errorf("Go was asked %q", said)
	}
}

// The token is gh's alone: neither the program nor a receiver that it starts has it.
func TestActionKeepsItsToken(t *testing.T) {
	onPath(t, "gh", "exit 0")
	dir := t.TempDir()
	seen := filepath.Join(dir, "seen")
	rewrite(t, filepath.Join(dir, "receiver.yaml"), "receiver: {command: {argv: [sh, -c, 'env >"+seen+"; exit 1', '${PORT}']}}\n")
	act(t, dir, map[string]string{"config": "receiver.yaml", "binary": "", "version": releasedVersion, "releases": newReleased(t).url, "token": "gh-token-1"})
	if env := textOf(seen); !strings.Contains(env, "INPUT_CONFIG=") || strings.Contains(env, "gh-token-1") {
		t.Errorf("the receiver's environment is\n%s", env)
	}
}
