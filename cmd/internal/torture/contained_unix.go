//go:build unix

package torture

import (
	"context"
	"crypto/rand"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"time"
)

// Contain builds the image of the program as a receiver, by which runs are
// interrupted while they start, use and remove containers. The program must be
// linked statically. An engine that is absent, or without Compose, is an error.
// remove removes the image.
func (p *Program) Contain(ctx context.Context) (remove func(), err error) {
	if err := docker(ctx, "info"); err != nil {
		return nil, err
	}
	if docker(ctx, "compose", "version") != nil {
		if _, err := exec.LookPath("docker-compose"); err != nil {
			return nil, err
		}
	}
	dir, err := os.MkdirTemp("", "ctxpush-torture-")
	if err != nil {
		return nil, err
	}
	defer os.RemoveAll(dir)
	program, err := os.ReadFile(p.Path)
	if err != nil {
		return nil, err
	}
	const dockerfile = "FROM scratch\nCOPY ctxpush /ctxpush\nEXPOSE 8080\nENTRYPOINT [\"/ctxpush\", \"receiver\", \"--listen\", \":8080\", \"--store\", \"/state.db\"]\n"
	for name, data := range map[string][]byte{"ctxpush": program, "Dockerfile": []byte(dockerfile)} {
		if err := os.WriteFile(filepath.Join(dir, name), data, 0o755); err != nil {
			return nil, err
		}
	}
	image := "ctxpush-torture:" + strings.ToLower(rand.Text())
	if err := docker(ctx, "build", "-q", "-t", image, dir); err != nil {
		return nil, err
	}
	p.image = image
	return func() { _ = docker(context.Background(), "rmi", "-f", image) }, nil // a shared layer may be kept
}

// docker runs the engine's own program; what it says is part of the error.
func docker(ctx context.Context, args ...string) error {
	_, err := dockerSays(ctx, args...)
	return err
}

func dockerSays(ctx context.Context, args ...string) (string, error) {
	out, err := exec.CommandContext(ctx, "docker", args...).CombinedOutput()
	if err != nil {
		err = fmt.Errorf("docker %s: %w: %s", args[0], err, strings.TrimSpace(string(out)))
	}
	return string(out), err
}

// removedIn is how much longer a run with containers may take to end: what the
// engine was asked for is not broken off, and then removed.
const removedIn = 5 * time.Second

// contained is a course whose receiver is in a container, or a service of a
// compose project beside another one. ready is where it is looked for whether it
// is ready.
func contained(name, command, kind, ready string) course {
	report := map[string]string{"certify": "report.json", "load": "load.json"}[command]
	args := func(p Program, dir string) []string {
		const inCompose = "services:\n  receiver:\n    image: %[1]s\n    environment: {CTXPUSH_SECRET: \"${SECRET}\"}\n    depends_on: [other]\n  other:\n    image: %[1]s\n    environment: {CTXPUSH_SECRET: none-at-all}\n"
		target := fmt.Sprintf("  container: {image: %q, env: {CTXPUSH_SECRET: \"${SECRET}\"}, port: 8080, ready: {http: %s, timeout: 60s}}\n", p.image, ready)
		if kind == "compose" {
			target = fmt.Sprintf("  compose: {file: compose.yaml, service: receiver, port: 8080, ready: {http: %s, timeout: 60s}}\n", ready)
		}
		files := map[string]string{
			"compose.yaml":  fmt.Sprintf(inCompose, p.image),
			"receiver.yaml": "receiver:\n" + target + "probe: {http: {path: /state, bulk: /states}}\n",
		}
		for file, text := range files {
			if err := os.WriteFile(filepath.Join(dir, file), []byte(text), 0o644); err != nil {
				panic(err) // a folder that was made a moment ago
			}
		}
		args := []string{command, filepath.Join(dir, "receiver.yaml"), "--report-dir", filepath.Join(dir, "report")}
		if command == "certify" {
			args = append(args, "--focus", "copies/*", "--focus", "restart/kill", "--settle", "100ms")
		}
		return args
	}
	return course{name: name, args: args, report: report, contained: true}
}

// inContainers are the courses that need an engine.
var inContainers = []course{
	contained("certify a container", "certify", "container", "/healthz"),
	contained("certify a compose project", "certify", "compose", "/healthz"),
	contained("certify a container that is never ready", "certify", "container", "/nowhere"),
	contained("certify a project that is never ready", "certify", "compose", "/nowhere"),
	contained("load a container that is never ready", "load", "container", "/nowhere"),
}

// inEngine are the containers, networks and volumes that the run's process, or
// one that it replaces, has made and not removed.
func inEngine(pid int) []string {
	ctx, cancel := context.WithTimeout(context.Background(), maxTime)
	defer cancel()
	var left []string
	for what, list := range map[string][]string{
		"container": {"ps", "-a", "--format", "{{.Names}} {{.Status}}"},
		"network":   {"network", "ls", "--format", "{{.Name}}"},
		"volume":    {"volume", "ls", "--format", "{{.Name}}"},
	} {
		out, err := dockerSays(ctx, append(list, "--filter", fmt.Sprintf("label=ctxpush.pid=%d", pid))...)
		if err != nil {
			left = append(left, err.Error())
		}
		for line := range strings.Lines(out) {
			left = append(left, what+" "+strings.TrimSpace(line))
		}
	}
	return left
}
