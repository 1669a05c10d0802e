package config_test

import (
	"testing"

	"github.com/ctxpush/ctxpush/conformance/config"
)

// What a report says is typed again as it stands, and shows no secret.
func TestArguments(t *testing.T) {
	for _, c := range []struct {
		file  string
		flags []string
		want  string
	}{
		{"", nil, "--built-in"},
		{"", []string{"--identity user", "--settle 500ms"}, "--built-in --identity user"},
		{"", []string{"--url http://h:1/x/", "CTXPUSH_SECRET " + hush}, `--secret "$CTXPUSH_SECRET" --url http://h:1/x`},
		{"", []string{"--command python3 'a b.py' ${PORT}", "--env SECRET=${SECRET}", "--env TOKEN=" + hush, "--ready /h", "--settle 3s"},
			`--settle 3s --command 'python3 '\''a b.py'\'' \$\{PORT}' --env SECRET=\$\{SECRET} --env TOKEN="$TOKEN" --ready /h`},
		{"", []string{"--image a:1", "--port 80", "--probe-header X-Key: " + hush, "--statuses clicked=opened", "--ignores pending,failed",
			"--waive a/b=it is known", "--probe-bulk /all"},
			`--image a:1 --port 80 --probe-bulk /all --probe-header X-Key:"$X_KEY" --statuses clicked=opened --ignores pending,failed ` +
				`--waive 'a/b=it is known'`},
		{boxed, []string{"--settle 3s", "CTXPUSH_SECRET " + hush}, `receiver.yaml --secret "$CTXPUSH_SECRET" --settle 3s`},
	} {
		got, err := config.Config{}, error(nil)
		if c.file != "" {
			if got, err = config.Parse("receiver.yaml", []byte(c.file), "", env); err != nil {
				t.Fatal(err)
			}
			got.File = "receiver.yaml"
		}
		if err := got.Overlay(settings(c.flags...)); err != nil {
			t.Fatal(err)
		}
		for range 2 { // without its defaults, and with them
			if line := got.Arguments(""); line != c.want {
				t.Errorf("%v\n got %s\nwant %s", c.flags, line, c.want)
			}
			got.SetDefaults()
		}
	}
}
