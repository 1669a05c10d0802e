package scenarios

import (
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/ctxpush/ctxpush/fixtures"
	"github.com/ctxpush/ctxpush/mocksender"
	"github.com/ctxpush/ctxpush/scenarios/strictyaml"
)

func TestParseErrorsNameLineKeyAndWhatWouldBeRight(t *testing.T) {
	const messages = "messages: {m: {history: [pending, delivered]}, d: {devices: {phone: [pending, cancelled], tablet: [pending, cancelled]}}, g: {count: 5, history: [pending]}}\n"
	scenario := func(rest string) string { return "scenario: s\n" + messages + rest }
	step := func(text string) string { return scenario("deliver:\n  - " + text) }
	withMessage := func(text string) string {
		return "scenario: s\nmessages:\n  m: " + text + "\ndeliver: [{batch: [m]}]"
	}
	for _, c := range []struct{ text, want string }{
		{"", `f.yaml: holds no scenario`},
		{"# nothing\n---\n", `f.yaml: holds no scenario`},
		{"- a", `f.yaml:1: is a list: want a mapping`},
		{"deliver: []", `f.yaml:1: scenario is missing: say in one line what happens`},
		{"scenario: |\n  a\n  b", `f.yaml:1: scenario: want a text of one line`},
		{"scenario: s", `f.yaml:1: messages is missing: name the messages and their histories`},
		{"scenario: s\nmesages: {}", `f.yaml:2: mesages: unknown key; did you mean "messages"?`},
		{"scenario: s\nmessages: {M: {history: [pending]}}", `f.yaml:2: messages.M: "M" is no name: want lower-case letters, digits, - and _`},
		{"scenario: s\nlevel: optional", `f.yaml:2: level: "optional" is not known; want required or recommended`},
		{"scenario: s\nclauses: [ordr]", `f.yaml:2: clauses[0]: "ordr" is not known; did you mean "order"?`},
		{scenario(""), `f.yaml:1: deliver is missing: list what is sent`},
		{scenario("deliver: []"), `f.yaml:3: deliver: is empty: list what is sent, such as - batch: [m]`},
		{scenario("deliver: [{restart: kill}]\njudge: [contents]"), `f.yaml:4: judge[0]: "contents" is not known; did you mean "content"?`},
		{scenario("deliver: [{restart: kill}]\nexpect: {m: open}"), `f.yaml:4: expect.m: "open" is not known; did you mean "opened"?`},
		{scenario("deliver: [{restart: kill}]\nexpect: {m: opened}"), `f.yaml:4: expect.m: opened is not in the history of m`},
		{scenario("deliver: [{restart: kill}]\nexpect: {n: opened}"), `f.yaml:4: expect.n: "n" is no message; want m, d or g`},
		{scenario("deliver: [{restart: kill}]\nexpect: {d.fone: pending}"), `f.yaml:4: expect.d.fone: "fone" is no device of d; did you mean "phone"?`},
		{scenario("deliver: [{restart: kill}]\n---\ndeliver: []"), `f.yaml:5: scenario is missing: say in one line what happens`},
		{scenario("deliver: [{restart: kill}]\n---\nscenario: t\nlevel: required"), `f.yaml:6: level: belongs to the whole file: want it in the first document`},
		{scenario("deliver: [{restart: kill}]\nfor: {secret: [a]}"), `f.yaml:4: for.secret: $secret is the shared secret: want another name`},
		{scenario("deliver: [{restart: kill}]\nfor: {n: []}"), `f.yaml:4: for.n: is empty: want at least one value`},
		{scenario("deliver: [{batch: [m.$stat]}]\nfor: {status: [pending]}"), `f.yaml:3: deliver[0].batch[0]: $stat stands for nothing; did you mean "$status"?`},
		{scenario("deliver: [{wait: $time}]"), `f.yaml:3: deliver[0].wait: $time stands for nothing: want for: {time: [...]} in the same document`},

		{withMessage("{history: [opened]}"), `f.yaml:3: messages.m.history[0]: opened after the start is no history of the contract: want pending`},
		{withMessage("{history: [pending, pending]}"), `f.yaml:3: messages.m.history[1]: pending after pending is no history of the contract: want delivered or failed or cancelled`},
		{withMessage("{history: [pending, failed, opened]}"), `f.yaml:3: messages.m.history[2]: opened after failed is no history of the contract: want nothing after it`},
		{withMessage("{history: [pending, {status: delivered, at: 0s}]}"), `f.yaml:3: messages.m.history[1]: happens at 0s and the change before it at 0s: want at least 1ms between them`},
		{withMessage("{history: [{status: pending, method: traditional}]}"), `f.yaml:3: messages.m.history[0].method: "traditional" is not known; want context_aware`},
		{withMessage("{history: [pending], spacing: 1us}"), `f.yaml:3: messages.m.spacing: is 1µs: want 1ms to 365d`},
		{withMessage("{history: [pending], after: 9999d}"), `f.yaml:3: messages.m.after: is 9999d: want -3650d to 3650d`},
		{withMessage("{history: [pending], cuont: 2}"), `f.yaml:3: messages.m.cuont: unknown key; did you mean "count"?`},
		{withMessage("{history: [pending], like: m}"), `f.yaml:3: messages.m.like: "m" is no message above; none is known here`},
		{withMessage("{history: [pending], differs: {user_id: other}}"), `f.yaml:3: messages.m: differs from nothing: say like: NAME`},
		{withMessage("{history: [pending], content: 5 KB}"), `f.yaml:3: messages.m.content: is 5120 bytes: want 50 to 4096, the most that APNs takes`},
		{withMessage("{history: [pending], content: emojis}"), `f.yaml:3: messages.m.content: "emojis" is not known; did you mean "emoji"?`},
		{withMessage("{devices: {a: [pending, cancelled], b: [pending]}}"), `f.yaml:3: messages.m.devices.b: cancelled holds for the whole message: it ends the history of each of its devices or of none`},
		{withMessage("{history: [pending], devices: {a: [pending]}}"), `f.yaml:3: messages.m: want either history, or devices with a history each`},
		{withMessage("{history: [pending]}\n  n: {like: m, count: 2, history: [pending]}"), `f.yaml:4: messages.n: count is 2: want 1, as m has`},
		{withMessage("{history: [pending]}\n  n: {like: m, length: {user_id: 3}, history: [pending]}"), `f.yaml:4: messages.n: length beside like: want it on m, whose key this one has`},
		{withMessage("{key: {user_id: ''}, history: [pending]}"), `f.yaml:3: messages.m.key.user_id: is empty: want at least one character`},
		{withMessage("{key: {user_id: \"a\\0\"}, history: [pending]}"), `f.yaml:3: messages.m.key.user_id: is no text in UTF-8 without NUL`},
		{withMessage("{key: {user: a}, history: [pending]}"), `f.yaml:3: messages.m.key.user: unknown key; want campaign_id, user_id or idempotency_key`},
		{withMessage("{key: {user_id: a}, length: {user_id: 3}, history: [pending]}"), `f.yaml:3: messages.m: key says what user_id is, and so does differs or length: want one of them`},
		{withMessage("{key: {user_id: a, campaign_id: b, idempotency_key: c}, history: [pending]}"), `f.yaml:3: messages.m: key is the same in each run, and for each of a group: want $id in one of its parts`},
		{withMessage("{key: {user_id: $id}, history: [pending]}\n  n: {like: m, key: {user_id: $id}, history: [pending]}"), `f.yaml:4: messages.n: key is that of m: want another one, or none for the same message`},
		{withMessage("{across: noon, history: [pending]}"), `f.yaml:3: messages.m.across: "noon" is not known; want midnight, month-end, year-end, eu-spring, eu-autumn, us-spring or us-autumn`},
		{withMessage("{across: midnight, age: 2h, history: [pending]}"), `f.yaml:3: messages.m: has both across and age: want one of them`},

		{step("neutral: 101"), `f.yaml:4: deliver[0].neutral: is "101": want a whole number from 1 to 100`},
		{step("provided: {}"), `f.yaml:4: deliver[0].provided: is empty: want such as {m: pending}`},
		{step("provided: {m: open}"), `f.yaml:4: deliver[0].provided.m: "open" is not known; did you mean "opened"?`},
		{step("wait: others\n    answer: any"), `f.yaml:5: deliver[0].answer: goes with batch or raw, not with wait`},
		{step("batch: [n.pending]"), `f.yaml:4: deliver[0].batch[0]: "n" is no message; want m, d or g`},
		{step("batch: [m.opend]"), `f.yaml:4: deliver[0].batch[0]: "opend" is neither a status nor a device of m; did you mean "opened"?`},
		{step("batch: [m.opened]"), `f.yaml:4: deliver[0].batch[0]: opened is not in the history of m`},
		{step("batch: [d.phone.opend]"), `f.yaml:4: deliver[0].batch[0]: "opend" is no status; did you mean "opened"?`},
		{step("batch: [d.phone.cancelled]"), `f.yaml:4: deliver[0].batch[0]: cancelled holds for the whole message: want d.cancelled`},
		{step("batch: [m.pending.]"), `f.yaml:4: deliver[0].batch[0]: want such as m, m.opened or m.DEVICE.opened, and nothing behind it`},
		{step("batch: [m(2)]"), `f.yaml:4: deliver[0].batch[0]: m is one message, no group: want m without parentheses, or count on the message`},
		{step("batch: [g(4-6)]"), `f.yaml:4: deliver[0].batch[0]: want places from 1 to 5, such as g(1) or g(1-5)`},
		{step("batch: []"), `f.yaml:4: deliver[0].batch: holds 0 entries: want 1 to 100`},
		{step("batch: [m]\n    raw: x"), `f.yaml:4: deliver[0]: has both batch and raw: want one of them a step`},
		{step("batch: [m]\n    falt: copy"), `f.yaml:5: deliver[0].falt: unknown key; did you mean "fault"?`},
		{step("batch: [m]\n    fault: lost-ac"), `f.yaml:5: deliver[0].fault: "lost-ac" is not known; did you mean "lost-ack"?`},
		{step("batch: [m]\n    headers: {Host: x}"), `f.yaml:5: deliver[0].headers: request field Host: the sender sets it: remove it`},
		{step("batch: [m]\n    headers: {Authorization: Bearer $secret}"), `f.yaml:5: deliver[0].headers: Authorization: $secret is the shared secret and stands alone: want Authorization: $secret`},
		{step("batch: [m]\n    add: {user_id: x}"), `f.yaml:5: deliver[0].add: user_id is one of the contract's fields, which every entry has: want another name, or a raw body`},
		{step("batch: [m]\n    moment: sent"), `f.yaml:5: deliver[0].moment: goes with together and restart or outage: when it begins`},
		{step("fault: copy"), `f.yaml:4: deliver[0]: does nothing: want one of batch, raw, together, restart, wait, neutral, expect, provided`},
		{step("wait: 2h"), `f.yaml:4: deliver[0].wait: is 2h0m0s: want 1ms to 1h0m0s`},
		{step("wait: 1s\n    answer: any"), `f.yaml:5: deliver[0].answer: goes with batch or raw, not with wait`},
		{step("together: [[m]]"), `f.yaml:4: deliver[0]: holds one batch: want at least 2 that go together`},
		{step("together: [{fault: copy}, [m]]"), `f.yaml:4: deliver[0].together[0]: does nothing: want one of batch, raw`},
		{step("together: [[m]]\n    outage: flood"), `f.yaml:5: deliver[0].outage: "flood" is not known; want network-cut, network-slow, receiver-paused, services-killed or services-paused`},
		{step("together: [[m]]\n    outage: network-cu"), `f.yaml:5: deliver[0].outage: "network-cu" is not known; did you mean "network-cut"?`},
		{step("batch: [m]\n    outage: network-cut"), `f.yaml:5: deliver[0].outage: goes with together: the batches that are sent meanwhile`},
		{step("together: [[m]]\n    lasts: 1s"), `f.yaml:5: deliver[0].lasts: goes with together and outage: how long that lasts`},
		{step("together: [[m]]\n    outage: network-cut\n    lasts: 2m"), `f.yaml:6: deliver[0].lasts: is 2m0s: want 1ms to 1m0s`},
		{step("together: [[m]]\n    outage: network-cut\n    restart: kill"), `f.yaml:4: deliver[0]: has both restart and outage: want one of them a step`},
		{step("together: [[m]]\n    outage: network-cut\n    moment: mid-request"), `f.yaml:4: deliver[0]: moment: mid-request goes with restart: want before, sent or such as 3 acknowledged`},
		{step("together: [[m]]\n    restart: kill\n    moment: before"), `f.yaml:4: deliver[0]: moment: before goes with outage: want a step restart: kill of its own, before this one`},
		{step("together: [[m]]\n    outage: network-cut\n    moment: 2 acknowledged"), `f.yaml:4: deliver[0]: waits for 2 acknowledgements of 1 batches: want at most as many`},
		{step("restart: reboot"), `f.yaml:4: deliver[0].restart: "reboot" is not known; want stop or kill`},
		{step("\"a\\nb\": 1"), `f.yaml:4: deliver[0]."a\nb": unknown key; did you mean "add"?`},
	} {
		_, err := Parse("f.yaml", "user/f", []byte(c.text))
		if err == nil {
			t.Errorf("%s\nis taken: want %s", c.text, c.want)
			continue
		}
		var typed *strictyaml.Error
		if !errors.As(err, &typed) || err.Error() != c.want {
			t.Errorf("%s\n got %s\nwant %s", c.text, err, c.want)
		}
	}
}

func TestParseBoundsWhatAFileMakes(t *testing.T) {
	for text, want := range map[string]string{
		"for: {a: [" + strings.Repeat("1, ", 40) + "1], b: [" + strings.Repeat("1, ", 40) + "1]}":                              "for.b: makes more than 1000 scenarios of the file",
		strings.Repeat("---\nscenario: s\ndeliver: [{restart: kill}]\n", MaxScenarios):                                         "makes more than 1000 scenarios of the file",
		strings.Repeat("---\nscenario: s\nmessages: {m: {count: 10000, history: [pending]}}\ndeliver: [{restart: kill}]\n", 3): "the file's scenarios have 20001 messages up to here: want at most 20000 in all",
	} {
		_, err := Parse("f.yaml", "user/f", []byte("scenario: s\nmessages: {m: {history: [pending]}}\ndeliver: [{restart: kill}]\n"+text))
		if err == nil || !strings.HasSuffix(err.Error(), want) {
			t.Errorf("got %v: want …%s", err, want)
		}
	}
}

func TestParseReadsTheHead(t *testing.T) {
	c, err := Parse("f.yaml", "user/f", []byte(`scenario: a title
level: recommended
clauses: [order, gaps]
counterexample: order/reversed
found: "stale: pending in place of delivered"
messages: {m: {history: [pending, {status: delivered, at: +250ms, method: traditional}], after: 31d}}
deliver:
  - batch: [m]
---
scenario: another
for: {status: [pending, delivered]}
deliver:
  - batch: [m.$status]
`))
	if err != nil {
		t.Fatal(err)
	}
	if c.Title != "a title" || c.Level != Recommended || len(c.Clauses) != 2 || c.Counterexample != "order/reversed" || c.Found != "stale: pending in place of delivered" {
		t.Errorf("the head is %+v", c)
	}
	var names []string
	for _, s := range c.Scenarios {
		names = append(names, s.Name)
	}
	if got := strings.Join(names, "|"); got != "a title|another, status pending|another, status delivered" {
		t.Errorf("the scenarios are %s", got)
	}
	m := c.Scenarios[0].Message("m")
	if m.After != 31*24*time.Hour {
		t.Errorf("after is %v: want 31 days", m.After)
	}
	if got := m.Devices[0].History[1]; got != (Change{mocksender.Delivered, 250 * time.Millisecond, mocksender.Traditional}) {
		t.Errorf("the second change is %+v", got)
	}
	if got := c.Scenarios[2].Steps[0].Batch[0].String(); got != "m.delivered" {
		t.Errorf("the variable's entry is %s: want m.delivered", got)
	}
}

// FuzzParse: no file panics or hangs; an error is one line that begins with the
// file; what is parsed can be bound and sent.
func FuzzParse(f *testing.F) {
	for _, text := range []string{
		"scenario: s\nmessages: {m: {history: [pending, {status: delivered, at: +1d}]}}\ndeliver: [{batch: [m.pending]}, {together: [[m], [m]]}]\nexpect: {m: delivered}",
		"scenario: s\nfor: {n: [1, 2], p: [user_id]}\nmessages: {m: {count: $n, length: {$p: 33}, history: [pending]}, l: {like: m, count: $n, differs: {$p: case}, history: [pending]}}\ndeliver: [{batch: [m($n)]}]",
		"scenario: s\nmessages: {m: {devices: {a: [pending, cancelled], b: [pending, cancelled]}, content: {a: [1, null]}}}\ndeliver: [{raw: '[', answer: any}, {restart: kill}, {wait: 1ms}]\n---\nscenario: t\ndeliver: [{batch: [m.cancelled], headers: {a: $secret}, add: {b: 1}}]",
		"scenario: s\nmessages: {m: {history: [pending]}}\ndeliver: [{together: [[m]], restart: kill, moment: 1 acknowledged}, {expect: {m: unknown}}]",
	} {
		f.Add(text)
	}
	f.Fuzz(func(t *testing.T, text string) {
		c, err := Parse("f.yaml", "user/f", []byte(text))
		if err != nil {
			if !strings.HasPrefix(err.Error(), "f.yaml:") || strings.ContainsAny(err.Error(), "\n\r") {
				t.Fatalf("the error is not one line of the file: %q", err)
			}
			return
		}
		for _, s := range c.Scenarios {
			cast, err := Bind(s, fixtures.Seed(7), time.Date(2026, 11, 23, 0, 0, 0, 0, time.UTC), s.Name)
			if err != nil {
				t.Fatalf("%s: can't be bound: %v", s.Name, err)
			}
			for _, step := range s.Steps {
				for _, batch := range append([]Step{step}, step.Together...) {
					if strings.ContainsAny(batch.String(), "\n\r") {
						t.Fatalf("the step is not one line: %q", batch)
					}
					if len(batch.Batch) == 0 {
						continue
					}
					if _, err := mocksender.NewBatch(cast.Events(batch.Batch)...); err != nil {
						t.Fatalf("line %d: can't be sent: %v", batch.Line, err)
					}
				}
			}
			for _, id := range []Identity{ByDevice, ByUser} {
				cast.Wants(s.Expect, id)
			}
		}
	})
}
