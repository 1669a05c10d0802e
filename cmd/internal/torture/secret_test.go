//go:build unix

package torture

import (
	"testing"
)

// No command shows the secret that it was given, whatever it is asked to do.
func TestNoCommandShowsTheSecret(t *testing.T) {
	const prepared = `printf 'id: order/mine\ntitle: mine\nmessages: {m: {history: [delivered, opened]}}\n' >broken.yaml; ` +
		`printf 'secret: {env: CTXPUSH_SECRET}\nreceivr: {}\n' >wrong.yaml; ` +
		`printf 'secret: {value: "%s"}\nsecret: {}\n' "$(echo "$CTXPUSH_SECRET" | sed 's/[\\"]/\\&/g')" >twice.yaml; `
	for name, c := range map[string]struct {
		exit int
		line string
	}{
		"send":               {1, `"$0" send --url http://127.0.0.1:1 --messages 3 --timeout 100ms --time-scale 1e6`},
		"send --dry-run":     {0, `"$0" send --dry-run --messages 3`},
		"checks":             {0, `"$0" checks --json`},
		"scenario run":       {0, `"$0" scenario run --built-in secret/wrong secret/prefix secret/case secret/extended secret/header-case`},
		"scenario show":      {0, `"$0" scenario show secret/prefix`},
		"certify":            {0, `"$0" certify --built-in --focus 'secret/*' --report-dir "$REPORT"`},
		"certify, wrong":     {1, `"$0" certify --focus 'secret/*' --shrink 1s --settle 50ms --ready /healthz --command "'$0' receiver --store states.db --mutant secret-unchecked --listen 127.0.0.1:"'${PORT}' --report-dir "$REPORT"`},
		"load":               {0, `"$0" load --built-in --messages 50 --duration 200ms --json "$REPORT.json" --report-dir "$REPORT"`},
		"the secret in argv": {2, `"$0" certify --focus 'secret/*' --command "$CTXPUSH_SECRET"`},
		"as a URL":           {2, `"$0" certify --url "http://$CTXPUSH_SECRET@127.0.0.1:1"`},
		"an unknown key":     {2, `"$0" certify --config wrong.yaml`},
		"a key twice":        {2, `"$0" certify --config twice.yaml`},
		"no scenario":        {2, `"$0" scenario run --built-in broken.yaml`},
		"a probe's header":   {3, `"$0" certify --focus request/acknowledged --url http://127.0.0.1:1 --probe-header 'Authorization: Bearer ${SECRET}' --report-dir "$REPORT"`},
	} {
		t.Run(name, func(t *testing.T) { inShell(t, prepared+c.line).wants(t, c.exit) })
	}
}

// A scenario from a stranger names no files and no hosts: what it is not made
// for is refused with a line, and nothing is written beside the report.
func TestScenarioOfAStranger(t *testing.T) {
	for name, text := range map[string]string{
		"an id that climbs":  "id: ../../../escaped\ntitle: t\nlevel: required\nclauses: [order]\n",
		"a url":              "title: t\nurl: http://127.0.0.1:1/\n",
		"a header of a host": "title: t\nsteps: [{send: m, url: 'http://127.0.0.1:1/'}]\n",
		"a file":             "title: t\ninclude: /etc/passwd\n",
		"an alias bomb":      "a: &a [x,x,x,x,x,x,x,x,x]\nb: &b [*a,*a,*a,*a,*a,*a,*a,*a,*a]\nc: &c [*b,*b,*b,*b,*b,*b,*b,*b,*b]\nd: &d [*c,*c,*c,*c,*c,*c,*c,*c,*c]\ne: &e [*d,*d,*d,*d,*d,*d,*d,*d,*d]\nf: &f [*e,*e,*e,*e,*e,*e,*e,*e,*e]\ng: [*f,*f,*f,*f,*f,*f,*f,*f,*f]\n",
	} {
		t.Run(name, func(t *testing.T) {
			t.Setenv("SCENARIO", text)
			b := inShell(t, `mkdir mine; printf '%s' "$SCENARIO" >mine/a.yaml; "$0" scenario run --built-in mine/a.yaml; a=$?; "$0" certify --built-in --scenarios mine --focus 'request/acknowledged' --report-dir "$REPORT"; b=$?; ls -R . >seen; ! grep escaped seen || exit 9; [ $a = $b ] && exit $a; exit 8`)
			b.wants(t, 2)
		})
	}
}
