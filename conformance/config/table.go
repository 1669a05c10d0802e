package config

import (
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/ctxpush/ctxpush/conformance/sqltext"
	"github.com/ctxpush/ctxpush/mocksender"
	"github.com/ctxpush/ctxpush/scenarios"
	"github.com/ctxpush/ctxpush/scenarios/strictyaml"
	"github.com/kballard/go-shellquote"
)

// The types of the keys' values.
var (
	anyText = scalar{what: "TEXT", refuse: nil, bare: true, json: `"$ref": "#/$defs/anyText"`}
	line    = scalar{what: "NAME", refuse: checkName, json: `"type": "string"`}
	path    = scalar{what: "PATH", refuse: checkPath, private: queryOf, json: `"$ref": "#/$defs/path"`}
	address = scalar{what: "URL", refuse: checkURL, normalize: trimSlash, json: `"$ref": "#/$defs/url"`,
		known: []string{"http://127.0.0.1:"}}
	file    = scalar{what: "FILE", refuse: checkFile, json: `"type": "string", "minLength": 1`}
	folder  = scalar{what: "DIR", refuse: checkFile, onDisk: (*decoder).checkFolder, json: file.json}
	image   = scalar{what: "IMAGE", refuse: checkImage, json: `"type": "string", "pattern": "^\\S+$"`}
	service = scalar{what: "NAME", refuse: checkService,
		json: `"anyOf": [{"type": "string", "pattern": "^[A-Za-z0-9._-]+$"}, {"$ref": "#/$defs/variable"}]`}
	program  = scalar{what: "JQ", refuse: checkJQ, json: `"type": "string"`}
	database = scalar{what: "DSN", refuse: checkDSN, private: allOf, scope: dsnScope, json: filled}
	query    = scalar{what: "SELECT", json: filled}
	checkID  = scalar{what: "CHECK", refuse: checkWaived,
		json: `"anyOf": [{"type": "string", "pattern": "` + checkIDPattern + `"}, {"$ref": "#/$defs/variable"}]`}
	reason         = scalar{what: "WHY", refuse: checkName, json: filled}
	duration       = length{scalar{what: "DURATION", json: `"$ref": "#/$defs/duration"`}}
	portOfReceiver = whole{scalar{what: "PORT",
		json: `"anyOf": [{"type": "integer", "minimum": 1, "maximum": 65535}, {"$ref": "#/$defs/variable"}]`}, maxPort}
	connections = whole{scalar{what: "N",
		json: `"anyOf": [{"type": "integer", "minimum": 1, "maximum": 10000}, {"$ref": "#/$defs/variable"}]`}, 10000}
	rate        = scalar{what: "N/s", refuse: checkRate, json: `"anyOf": [{"type": "string", "pattern": "^[0-9.]+(e[0-9]+)?/[sm]$"}, {"$ref": "#/$defs/variable"}]`}
	secret      = sharedSecret{scalar{what: "SECRET", refuse: checkSecret, json: secretSchema}}
	protocol    = oneOf([]mocksender.Profile{mocksender.Profile2025, mocksender.Profile2026}, 2025, 2026)
	identity    = oneOf([]scenarios.Identity{scenarios.ByDevice, scenarios.ByUser})
	status      = oneOf(mocksender.Statuses)
	statusWords = mapping{scalar: status, sep: "=", name: anyName, wrong: func(s string) error {
		return fmt.Errorf("%s: want WORD=STATUS such as clicked=opened", strictyaml.Quote(s))
	}}
	ignored = list{scalar: status, split: byComma}
	argv    = list{scalar: in(argvScope, checkArgument), split: byWords, process: true}
	exec    = list{scalar: in(nil, checkNUL), split: byWords, process: true}
	env     = variablesOf(envScope)
	execEnv = variablesOf(headerScope)
	headers = mapping{scalar: private(in(headerScope, checkHeaderValue)), sep: ":", name: checkHeaderName,
		wrong: nameless("has no colon: want NAME:VALUE"), same: strings.EqualFold}
)

const (
	filled       = `"type": "string", "pattern": "\\S"`
	secretSchema = `"type": "object", "minProperties": 1, "maxProperties": 1, ` +
		`"additionalProperties": false, "properties": {` +
		`"env": {"description": "The environment variable that holds it.", "type": "string"}, ` +
		`"value": {"description": "The secret itself.", "type": "string", "minLength": 1}}`
	started = "a receiver that is started; give --command or --image"
)

func in(sc scope, refuse func(string) error) scalar {
	t := anyText
	t.scope, t.refuse = sc, refuse
	return t
}

// private is t with all its variables private.
func private(t scalar) scalar {
	t.private = allOf
	return t
}

func variablesOf(sc scope) mapping {
	return mapping{scalar: private(in(sc, func(s string) error { return checkEnvValue(sc, s) })), sep: "=",
		name: checkEnvName, wrong: nameless("has no =: want NAME=VALUE")}
}

func anyName(string) error { return nil }

// byWords takes a program and its arguments apart, quoted as in a shell.
func byWords(s string) ([]string, error) {
	words, err := shellquote.Split(s)
	switch {
	case err != nil:
		return nil, fmt.Errorf("%s: want a quote or backslash that is complete", strictyaml.Quote(s))
	case len(words) == 0:
		return nil, errors.New("is empty: want the program and its arguments")
	}
	return words, nil
}

func byComma(s string) ([]string, error) {
	words := strings.Split(s, ",")
	for i := range words {
		words[i] = strings.TrimSpace(words[i])
	}
	return words, nil
}

// table has all keys of receiver.yaml, in the order of the file. A key is one row,
// and the field of Config that it is kept in.
var table = slices.Concat([]key{
	{name: "name", of: line, doc: "Shown in reports.",
		flag:    flag{name: "name", help: "the receiver's name in reports"},
		written: written{comment: "shown in reports", example: "my-receiver"}},
	{name: "protocol", of: protocol, byDef: "2025",
		doc:  "The version of the wire protocol.",
		flag: flag{name: "protocol", help: "version of the wire protocol (default 2025)"}},
	{name: "identity", of: identity, byDef: "device",
		doc: "What the receiver keeps a state for: each device of a message, or the message on all of its " +
			"user's devices.",
		flag: flag{name: "identity",
			help: "what the receiver keeps a state for: each device of a message, or its user (default device)"},
		written: written{comment: "device: a state for each device of a message; user: one for the message", always: true}},
	{name: "path", of: path, byDef: "/webhook", doc: "The webhook's path.",
		flag:    flag{name: "path", help: "the webhook's path (default /webhook)", words: []string{"/webhook"}},
		written: written{comment: "the webhook's; it takes POST", always: true}},
	{name: "secret", of: secret,
		doc: "The shared secret. Default: a random one for each run, handed over as ${SECRET}; a receiver at a url " +
			"needs its own.",
		flag: flag{name: "secret",
			help: "the shared secret; process lists show it: prefer the variable CTXPUSH_SECRET (default: a random one)"},
		written: written{comment: "the variable that holds the shared secret",
			hint: "secret: {env: CTXPUSH_SECRET} # default: a random one for each run, handed over as ${SECRET}"}},
	{name: "settle", of: duration, byDef: "2s",
		doc: "How long after the last acknowledgement a final state may take.",
		flag: flag{name: "settle",
			help: "how long after the last acknowledgement a final state may take " +
				"(default 2s, " + builtInSettle.String() + " for the built-in receiver)"},
		written: written{comment: "how long after the last acknowledgement a final state may take", example: "2s"}},
	{name: "timeout", of: duration, byDef: mocksender.RequestTimeout.String(),
		doc: "How long a request waits for its answer.",
		flag: flag{name: "timeout",
			help: "how long a request waits for its answer (default " + mocksender.RequestTimeout.String() + ")"},
		written: written{comment: "per request", example: mocksender.RequestTimeout.String()}},
	{name: "limits", of: group{flow: true},
		doc: "What the receiver takes: webhooks are never sent faster, without bursts, nor over more connections."},
	{name: "limits.rate", of: rate, doc: "Webhook requests a second or minute, such as 20/s.",
		flag: flag{name: "limit-rate", words: []string{"20/s"},
			help: "how often the receiver takes a webhook at most, such as 20/s (default: as fast as it answers)"}},
	{name: "limits.connections", of: connections,
		doc: "Webhook requests under way at once. Checks that need more are skipped.",
		flag: flag{name: "limit-connections",
			help: "how many webhooks the receiver takes at once (default: as many as a check needs)"}},

	{name: "receiver", of: group{choice: true}, rule: needsSecret,
		doc:     "How the receiver runs: exactly one kind. Without it, the built-in reference receiver is tested.",
		written: written{hint: "receiver: none is the built-in one; url, command, container or compose", gap: true}},
}, keysOfKinds(), probeKeys, []key{

	{name: "statuses", of: statusWords, doc: "The receiver's word for a status: the contract's word.",
		flag: flag{name: "statuses", value: "WORD=STATUS",
			help: "the receiver's word for one of the contract's statuses, such as clicked=opened"},
		written: written{comment: "the receiver's word: the contract's", gap: true,
			hint: "statuses: {clicked: opened} # the receiver's word: the contract's"}},
	{name: "ignores", of: ignored, rule: leavesStatus,
		doc:     "Statuses that the receiver by design does not keep. A message that has only these is not judged.",
		flag:    flag{name: "ignores", value: "STATUS,…", help: "statuses that the receiver by design does not keep"},
		written: written{hint: "ignores: [pending] # statuses that the receiver by design does not keep"}},
	{name: "waive", of: group{list: true, one: waiver}, rule: waivesOnce,
		doc:  "Failures that the owner accepts: still run, still shown, do not fail the run.",
		flag: flag{name: "waive", value: "CHECK=WHY", help: "a check whose failure the owner accepts, and why"},
		written: written{hint: "waive: [{check: entry/unknown-fields, why: tracked as ACME-12}] # failures that you " +
			"accept: still run, still shown"}},
	{name: "waive.check", of: checkID, missing: "want a check's id such as entry/unknown-fields",
		doc: "The check's id; ctxpush checks lists them."},
	{name: "waive.why", of: reason, missing: "want why {check} may fail", doc: "Why it may fail."},
})

// probeKeys say how the receiver's state is read.
var probeKeys = []key{
	{name: "probe", of: group{choice: true}, doc: "How the receiver's state is read.",
		written: written{comment: "how the receiver's state is read", gap: true}},
	{name: "probe.http", of: group{},
		doc: "GET <path>?campaign_id=…&user_id=…&idempotency_key=…[&device_token=…] answers 200 with a JSON object " +
			"that has delivery_status, or 404 for a message that is not known."},
	{name: "probe.http.path", of: path, byDef: "/state", doc: "The path of the look-up.",
		flag: flag{name: "probe-path", words: []string{"/state"},
			help: "path that answers a message's state (default /state)"},
		written: written{always: true,
			comment: "GET …?campaign_id=…&user_id=…&idempotency_key=…[&device_token=…]: 200 and JSON, or 404"}},
	{name: "probe.http.url", of: address, doc: "The base address of another server that knows the state.",
		flag: flag{name: "probe-url",
			help: "base address of another server that knows the state (default the receiver's)"},
		written: written{comment: "of another server"}},
	{name: "probe.http.bulk", of: path,
		doc: "The path of the look-up of many messages: POST of a list of keys, answered by a list of the same " +
			"length, each a state or null.",
		flag: flag{name: "probe-bulk", words: []string{builtInBulk},
			help: "path that answers many messages' states at once (default none)"},
		written: written{comment: "POST [key, …] → [state or null, …]: many times faster, and more orders are " +
			"explored", example: builtInBulk}},
	{name: "probe.http.headers", of: headers, doc: "Headers of the probe's requests. ${SECRET} is the secret.",
		flag: flag{name: "probe-header", value: "NAME:VALUE",
			help: "header of the probe's requests; ${SECRET} is the secret"},
		written: written{hint: `headers: {Authorization: "Bearer ${TOKEN}"}`}},
	{name: "probe.http.jq", of: program, byDef: ".",
		doc:  "jq from the answer to a state; with bulk, from each element of the answer.",
		flag: flag{name: "probe-jq", help: "jq from the answer to a state (default .)"},
		written: written{comment: "from the answer to a state",
			hint: "jq: .data # from the answer to {delivery_status: …}"}},
	{name: "probe.sql", of: group{}, doc: "A query of the receiver's database."},
	{name: "probe.sql.driver", of: oneOf(sqltext.Dialects), missing: "want postgres, mysql or sqlite",
		doc:  "The kind of database; mysql is MariaDB's too.",
		flag: flag{name: "probe-sql-driver", help: "kind of the database that holds the states; mysql is MariaDB's too"}},
	{name: "probe.sql.dsn", of: database, rule: reachesDatabase,
		missing: "want where the database is, such as postgres://user:password@127.0.0.1:5432/name, or SQLite's file",
		doc: "Where the database is: postgres://user:password@host:5432/name, user:password@tcp(host:3306)/name or " +
			"mysql://…, " +
			"or SQLite's file, relative to this file. ${SECRET} is the secret; for a container or a compose service " +
			"${HOST} and ${PORT_5432} " +
			"are the address of its port 5432.",
		flag: flag{name: "probe-sql-dsn", words: []string{"postgres://postgres:${SECRET}@${HOST}:${PORT_5432}/postgres"},
			help: "where the database is; process lists show it: prefer the variable where it holds a password"},
		written: written{comment: "where the database is"}},
	{name: "probe.sql.query", of: query, rule: findsMessage,
		missing: "want a SELECT of delivery_status by :" + strings.Join(KeyParams, ", :"),
		doc: "A SELECT by :campaign_id, :user_id, :idempotency_key and :device_token, which is NULL where no device " +
			"is asked for. " +
			"It finds one row, or none for a message that is not known, with the columns delivery_status and, where " +
			"they are to be " +
			"compared, delivery_method, planned_delivery_method, timestamp and content. Times without an offset are UTC.",
		flag: flag{name: "probe-sql-query",
			help: "query of a message's state by :campaign_id, :user_id, :idempotency_key and :device_token"}},
	{name: "probe.exec", of: group{},
		doc: "A program that prints the state of one message as a JSON object; null or nothing for a message that " +
			"is not known. " +
			"It runs in the receiver's container, or locally in this file's directory for url and command. The key is " +
			"in CAMPAIGN_ID, " +
			"USER_ID, IDEMPOTENCY_KEY and DEVICE_TOKEN, the latter empty where no device is asked for; a local program " +
			"finds the receiver at RECEIVER_URL.",
		written: written{comment: "prints the state of the message whose key is in its environment, as JSON"}},
	{name: "probe.exec.argv", of: exec, missing: "want the program and its arguments, such as [./state, --json]",
		doc: "The program and its arguments. The secret can't stand here, process lists would show it.",
		flag: flag{name: "probe-exec", value: "COMMAND",
			help: "program that prints a message's state, with its arguments, quoted as in a shell"}},
	{name: "probe.exec.env", of: execEnv, doc: "Environment variables. ${SECRET} is the secret.",
		flag: flag{name: "probe-exec-env", value: "NAME=VALUE", words: []string{"TOKEN=${SECRET}"},
			help: "variable of the probe's program; ${SECRET} is the secret"}},
}
