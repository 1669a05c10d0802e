package main

import (
	"path/filepath"
	"testing"
)

func TestKindOfAnAnswer(t *testing.T) {
	dir := t.TempDir()
	t.Chdir(dir)
	rewrite(t, filepath.Join(dir, "app", "Dockerfile"), "FROM scratch\n")
	rewrite(t, filepath.Join(dir, "app", "compose.yaml"), "services: {}\n")
	rewrite(t, filepath.Join(dir, "box", "Dockerfile"), "FROM scratch\n")
	rewrite(t, filepath.Join(dir, "run.sh"), "#!/bin/sh\n")
	for answer, want := range map[string][2]string{
		"url":                      {"url", ""},
		"by a command":             {"command", ""},
		"It runs already":          {"url", ""},
		"as a Docker image":        {"image", ""},
		"docker compose":           {"compose", ""},
		"an image that is built":   {"build", ""},
		"http://127.0.0.1:3000":    {"url", "http://127.0.0.1:3000"},
		"localhost:3000":           {"url", "http://localhost:3000"},
		"go run ./server":          {"command", "go run ./server"},
		"./run.sh --port 80":       {"command", "./run.sh --port 80"},
		"acme/receiver:1.4":        {"image", "acme/receiver:1.4"},
		"app/compose.yaml":         {"compose", "app/compose.yaml"},
		"./box":                    {"build", "./box"},
		"box/Dockerfile":           {"build", "box"},
		"":                         {"", ""},
		"nothing":                  {"", ""},
		"by a command or at a url": {"", ""},
		"'half":                    {"", ""},
	} {
		if kind, value := kindOf(answer); kind != want[0] || value != want[1] {
			t.Errorf("%q is %s %q: want %s %q", answer, kind, value, want[0], want[1])
		}
	}
}

func TestNaturalAnswers(t *testing.T) {
	for _, c := range []struct{ flag, answer, want string }{
		{"path", "webhook", "/webhook"},
		{"path", "http://127.0.0.1:3000/hooks/push", "/hooks/push"},
		{"path", "POST /hooks/push", "/hooks/push"},
		{"probe-path", "GET /state?campaign_id=…", "/state"},
		{"probe-bulk", "none", ""},
		{"path", "two words", "two words"},
		{"identity", "for each device", "device"},
		{"identity", "one a user", "user"},
		{"identity", "neither", "neither"},
		{"port", ":8080", "8080"},
		{"probe-sql-driver", "PostgreSQL", "postgres"},
		{"probe-sql-driver", "no", ""},
		{"name", "no", "no"},
	} {
		if got := natural(c.flag, c.answer); got != c.want {
			t.Errorf("--%s %q is %q: want %q", c.flag, c.answer, got, c.want)
		}
	}
}

func TestVariableInAnAnswer(t *testing.T) {
	for answer, want := range map[string]string{
		"WEBHOOK_SECRET": "WEBHOOK_SECRET", "$WEBHOOK_SECRET": "WEBHOOK_SECRET", "${WEBHOOK_SECRET}": "WEBHOOK_SECRET",
		"process.env.WEBHOOK_SECRET": "WEBHOOK_SECRET",
	} {
		if got := variableIn(answer); got != want {
			t.Errorf("%q names %q: want %q", answer, got, want)
		}
	}
}
