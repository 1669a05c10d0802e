package config_test

import (
	"github.com/ctxpush/ctxpush/conformance/config"
)

const hush = "s3cr3t-of-acme"

// full uses every key of the format, with a command and a URL in turn.
const full = `# Acme's receiver
name: acme-receiver
protocol: "2025"
identity: user
path: /webhooks/contextpush
secret: {env: CTX_SECRET}
settle: 500ms
timeout: 1m30s
receiver:
  command:
    argv: [python3, receiver.py, --port, "${PORT}", -v, 3, true]
    dir: .
    env: {PORT: "${PORT}", SECRET: "${SECRET}", LEVEL: 0x10, DEBUG: true, EMPTY: "", HOME: "${BASE}/x", RAW: "$${PORT}"}
    ready: {http: /healthz, timeout: 30s}
probe:
  http:
    path: /state?full=1
    url: "${BASE}/"
    bulk: /states
    headers:
      Authorization: "Bearer ${TOKEN}"
      X-Secret: "${SECRET}"
    jq: .data
statuses: {clicked: opened, sent: delivered}
ignores: [pending]
waive:
  - {check: entry/unknown-fields, why: "tracked as ACME-12"}
`

const boxed = `receiver:
  container:
    build: {context: ., dockerfile: Dockerfile.test}
    port: ${APP_PORT}
    env:
      SECRET: ${SECRET}
    ready: {timeout: 60s}
`

var variables = map[string]string{
	"CTX_SECRET": hush,
	"BASE":       "http://127.0.0.1:9000",
	"TOKEN":      "t0k3n",
	"APP_PORT":   "8080",
	"EMPTY":      "",
	"DOLLAR":     "a$",
	"BRACES":     "${PORT}",
}

func env(name string) (string, bool) {
	v, ok := variables[name]
	return v, ok
}

// parse reads the text and judges it, as a run does.
func parse(text string) (config.Config, error) {
	c, err := config.Parse("receiver.yaml", []byte(text), "", env)
	if err == nil {
		err = c.Validate()
	}
	return c, err
}
