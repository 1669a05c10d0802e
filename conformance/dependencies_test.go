package conformance_test

import (
	"debug/buildinfo"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
)

// layers are packages of ours that link modules, from the lowest.
var layers = []string{"mocksender", "mocksender/load", "mocksender/service", "mocksender/service/sqlite", "fixtures", "scenarios",
	"conformance", "conformance/load", "conformance/serve", "conformance/spec", "cmd/ctxpush"}

func goList(t *testing.T, args ...string) []string {
	t.Helper()
	cmd := exec.CommandContext(t.Context(), "go", append([]string{"list"}, args...)...)
	cmd.Dir = ".."
	cmd.Env = append(os.Environ(), "GOOS=linux", "GOARCH=amd64")
	out, err := cmd.Output()
	if err != nil {
		t.Fatal(err)
	}
	return strings.Fields(string(out))
}

// The list of direct dependencies has each of go.mod, and no other, and says who
// links it first.
func TestDependenciesAreListed(t *testing.T) {
	text, err := os.ReadFile("../.github/DEPENDENCIES.md")
	if err != nil {
		t.Fatal(err)
	}
	listed := map[string]string{}
	for _, row := range regexp.MustCompile(`(?m)^\| (\S+\.\S+) \| (\S+) \| (.+) \|$`).FindAllStringSubmatch(string(text), -1) {
		if listed[row[1]] != "" {
			t.Errorf("%s stands there twice", row[1])
		}
		listed[row[1]] = row[2]
	}
	first := map[string]string{}
	for _, layer := range layers {
		for _, m := range goList(t, "-deps", "-f", "{{with .Module}}{{.Path}}{{end}}", "./"+layer) {
			if first[m] == "" {
				first[m] = layer
			}
		}
	}
	direct := goList(t, "-m", "-f", "{{if not (or .Main .Indirect)}}{{.Path}}{{end}}", "all")
	for _, m := range direct {
		want := first[m]
		if want == "" {
			want = "tests"
		}
		if listed[m] != want {
			t.Errorf("%s is first linked by %q as the list says: want %s", m, listed[m], want)
		}
	}
	for m := range listed {
		if !slices.Contains(direct, m) {
			t.Errorf("%s is listed, and is no direct dependency", m)
		}
	}
}

// linked are the modules that a program of a user's own is linked with.
func linked(t *testing.T, program string) []string {
	t.Helper()
	root, err := filepath.Abs("..")
	if err != nil {
		t.Fatal(err)
	}
	ours, err := os.ReadFile("../go.mod")
	if err != nil {
		t.Fatal(err)
	}
	// With the versions that we ask for, so that nothing is looked up.
	mod := regexp.MustCompile(`(?m)^module .*$`).ReplaceAllString(string(ours), "module example.com/user") +
		"\nrequire " + strings.TrimSuffix(module, "/") + " v0.0.0\nreplace " + strings.TrimSuffix(module, "/") + " => " + root + "\n"
	sums, err := os.ReadFile("../go.sum")
	if err != nil {
		t.Fatal(err)
	}
	dir := t.TempDir()
	for name, text := range map[string]string{"go.mod": mod, "go.sum": string(sums), "main.go": program} {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	cmd := exec.CommandContext(t.Context(), "go", "build", "-mod=mod", "-o", "user")
	cmd.Dir, cmd.Env = dir, append(os.Environ(), "CGO_ENABLED=0")
	if out, err := cmd.CombinedOutput(); err != nil {
		t.Fatalf("%v: %s", err, out)
	}
	info, err := buildinfo.ReadFile(filepath.Join(dir, "user"))
	if err != nil {
		t.Fatal(err)
	}
	var modules []string
	for _, m := range info.Deps {
		if m.Path+"/" != module {
			modules = append(modules, m.Path)
		}
	}
	if len(modules) == len(info.Deps) {
		t.Errorf("the program is not linked with %s", module)
	}
	return modules
}

// A Go test that only sends is linked with no module besides ours.
func TestSenderAloneIsLinkedWithNoModule(t *testing.T) {
	modules := linked(t, `package main

import "github.com/ctxpush/ctxpush/mocksender"

func main() {
	sender := &mocksender.Sender{URL: "http://127.0.0.1:1", Secret: "shared"}
	sender.Close()
}
`)
	if len(modules) > 0 {
		t.Errorf("it is linked with %q", modules)
	}
}

// Who certifies a handler is linked with nothing that speaks to a container
// engine, to a database or to a collector of traces.
func TestHandlersAreCertifiedWithoutHeavyModules(t *testing.T) {
	modules := linked(t, `package main

import (
	"context"
	"net/http"
	"net/http/httptest"

	"github.com/ctxpush/ctxpush/conformance"
	"github.com/ctxpush/ctxpush/conformance/config"
)

func main() {
	server := httptest.NewServer(http.NotFoundHandler())
	defer server.Close()
	_, _ = conformance.Certify(context.Background(), conformance.Config{Target: config.Config{
		Receiver: config.Receiver{URL: server.URL}, Secret: "shared"}})
}
`)
	if len(modules) < 10 {
		t.Fatalf("it is linked with %q only", modules)
	}
	for _, m := range modules {
		if slices.ContainsFunc(heavy, func(prefix string) bool { return strings.HasPrefix(m+"/", prefix) }) {
			t.Errorf("it is linked with %s", m)
		}
	}
}
