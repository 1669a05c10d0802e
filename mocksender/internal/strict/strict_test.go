package strict_test

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"strings"
	"testing"
	"time"

	"github.com/ctxpush/ctxpush/mocksender/internal/strict"
)

const secret = "q7Zr-w0rd+42/x"

// opened is the entry of the contract's example.
const opened = `{"device_token":"push_token","user_id":"your_user_id","campaign_id":"your_campaign_id","idempotency_key":"idempotency_key",` +
	`"delivery_status":"opened","delivery_method":"context_aware","planned_delivery_method":"context_aware","timestamp":"2025-02-07T15:20:40.599Z",` +
	`"content":{"title":"James, it's time for your English course! 👑","body":"Start your English course now!"}}`

const cancelled = `{"user_id":"your_user_id","campaign_id":"your_campaign_id","idempotency_key":"idempotency_key",` +
	`"delivery_status":"cancelled","delivery_method":"cancelled","planned_delivery_method":"context_aware","timestamp":"2025-02-07T15:20:40.599Z",` +
	`"content":{}}`

var heads = map[string][]string{
	strict.Protocol2025: {"Host: your.host", "X-ctx-secret: " + secret, "Content-Type: application/json"},
	strict.Protocol2026: {"Host: your.host", "X-CTX-Secret: " + secret, "X-CTX-Event-Type: message_status", "X-Idempotency-Key: 0001", "Content-Type: application/json"},
}

func rules(protocol string) strict.Rules {
	return strict.Rules{Protocol: protocol, Target: "/your_webhook_endpoint", Host: "your.host", Secret: secret}
}

// request is a good request with that body.
func request(protocol, body string) string {
	return "POST /your_webhook_endpoint HTTP/1.1\r\n" + strings.Join(heads[protocol], "\r\n") +
		fmt.Sprintf("\r\nContent-Length: %d\r\n\r\n%s", len(body), body)
}

// readAll reads requests to the end of the stream, and returns the first error.
func readAll(protocol, stream string) (n int, err error) {
	br := bufio.NewReader(strings.NewReader(stream))
	for {
		if _, err := rules(protocol).Read(br); err != nil {
			if err == io.EOF {
				err = nil
			}
			return n, err
		}
		n++
	}
}

func TestGoodRequestsAreTaken(t *testing.T) {
	all := strings.Repeat(opened+",", 99) + cancelled
	for _, protocol := range []string{strict.Protocol2025, strict.Protocol2026} {
		stream := request(protocol, "["+opened+"]") + request(protocol, "["+all+"]") + request(protocol, " [ "+cancelled+"\n] ")
		if n, err := readAll(protocol, stream); n != 3 || err != nil {
			t.Errorf("protocol %s: %d requests, %v: want 3", protocol, n, err)
		}
	}
	other := []string{"Content-Type: application/json", "X-ctx-secret: " + secret, "Host: your.host"}
	mixed := "POST /your_webhook_endpoint HTTP/1.1\r\nContent-Length: 2\r\n" + strings.Join(other, "\r\n") + "\r\n\r\n[]"
	if _, err := readAll(strict.Protocol2025, mixed); !isOf(err, "batch") {
		t.Errorf("fields in another order: %v: want them taken, and the empty array not", err)
	}
}

func isOf(err error, clause string) bool {
	v, ok := errors.AsType[*strict.Violation](err)
	return ok && v.Clause == clause
}

func swap(old, new string) func(string) string {
	return func(s string) string { return strings.Replace(s, old, new, 1) }
}

// Each of these requests is broken in one way, and must be rejected for it.
func TestBrokenRequestsAreRejected(t *testing.T) {
	member := func(old, new string) func(string) string {
		return func(string) string {
			return request(strict.Protocol2025, "["+strings.Replace(opened, old, new, 1)+"]")
		}
	}
	stopped := func(old, new string) func(string) string {
		return func(string) string {
			return request(strict.Protocol2025, "["+strings.Replace(cancelled, old, new, 1)+"]")
		}
	}
	body := func(text string) func(string) string {
		return func(string) string { return request(strict.Protocol2025, text) }
	}
	for name, c := range map[string]struct {
		broken       func(string) string
		clause, part string
	}{
		"another method":         {swap("POST", "PUT"), "request", "request line"},
		"another path":           {swap("/your_webhook_endpoint", "/"), "request", "request line"},
		"HTTP/1.0":               {swap("HTTP/1.1", "HTTP/1.0"), "request", "request line"},
		"an absolute target":     {swap("/your", "http://your.host/your"), "request", "request line"},
		"a bare LF":              {swap("your.host\r\n", "your.host\n"), "request", "CR LF"},
		"a bare CR":              {swap("Host: ", "Host: \r"), "request", "CR LF"},
		"no space":               {swap("Host: ", "Host:"), "request", `": "`},
		"two spaces":             {swap("Host: ", "Host:  "), "request", "space around"},
		"a space at the end":     {swap("your.host\r", "your.host \r"), "request", "space around"},
		"a folded line":          {swap("Host: ", "Host: x\r\n y: "), "request", "spelling"},
		"the newer spelling":     {swap("X-ctx-secret", "X-CTX-Secret"), "secret", "spelling"},
		"Go's spelling":          {swap("X-ctx-secret", "X-Ctx-Secret"), "secret", "spelling"},
		"lower case":             {swap("Content-Type", "content-type"), "request", "spelling"},
		"no secret":              {swap("X-ctx-secret: "+secret+"\r\n", ""), "request", "X-ctx-secret is missing"},
		"another secret":         {swap(secret, secret+"x"), "secret", "not the shared secret"},
		"an empty secret":        {swap(secret, ""), "request", "empty"},
		"a secret twice":         {swap("Host:", "X-ctx-secret: "+secret+"\r\nHost:"), "request", "twice"},
		"no host":                {swap("Host: your.host\r\n", ""), "request", "Host is missing"},
		"another host":           {swap("your.host", "127.0.0.1"), "request", "Host is"},
		"a user agent":           {swap("Host:", "User-Agent: Go-http-client/1.1\r\nHost:"), "request", "User-Agent"},
		"an encoding":            {swap("Host:", "Accept-Encoding: gzip\r\nHost:"), "request", "Accept-Encoding"},
		"a closed connection":    {swap("Host:", "Connection: close\r\nHost:"), "request", "Connection"},
		"a newer field":          {swap("Host:", "X-CTX-Event-Type: message_status\r\nHost:"), "request", "X-CTX-Event-Type"},
		"a charset":              {swap("application/json", "application/json; charset=utf-8"), "request", "Content-Type"},
		"no content type":        {swap("Content-Type: application/json\r\n", ""), "request", "Content-Type is missing"},
		"chunks":                 {swap("Content-Length", "Transfer-Encoding: chunked\r\nContent-Length"), "request", "Transfer-Encoding"},
		"no length":              {swap("Content-Length", "X-Length"), "request", "X-Length"},
		"a length with a plus":   {swap("Content-Length: ", "Content-Length: +"), "request", "plain digits"},
		"a length with a zero":   {swap("Content-Length: ", "Content-Length: 0"), "request", "plain digits"},
		"a length of no digits":  {swap("Content-Length: ", "Content-Length: x"), "request", "plain digits"},
		"an enormous length":     {swap("Content-Length: ", "Content-Length: 99999"), "request", "plain digits"},
		"a byte too few":         {func(s string) string { return s[:len(s)-1] }, "request", "of Content-Length"},
		"a byte too many":        {func(s string) string { return s + " " }, "request", "request line"},
		"a head that is cut":     {func(s string) string { return s[:100] }, "request", "in the head"},
		"an endless line":        {func(s string) string { return strings.Repeat("x", 1<<20) }, "request", "goes on"},
		"an endless head":        {swap("Host:", strings.Repeat("Host: x\r\n", 1<<16)), "request", "twice"},
		"a byte order mark":      {body("\ufeff[" + opened + "]"), "batch", "no JSON array"},
		"Latin-1":                {body(strings.Replace("["+opened+"]", "👑", "\xe9", 1)), "request", "UTF-8"},
		"a surrogate in UTF-8":   {body(strings.Replace("["+opened+"]", "👑", "\xed\xa0\xbd", 1)), "request", "UTF-8"},
		"one object":             {body(opened), "batch", "no JSON array"},
		"nothing":                {body(""), "batch", "no JSON array"},
		"null":                   {body("null"), "batch", "no JSON array"},
		"an empty array":         {body("[]"), "batch", "0 entries"},
		"101 entries":            {body("[" + strings.Repeat(opened+",", 100) + opened + "]"), "batch", "101 entries"},
		"an array that goes on":  {body("[" + opened + ""), "batch", "does not end"},
		"a comma at the end":     {body("[" + opened + ",]"), "entry", "no JSON object"},
		"two arrays":             {body("[" + opened + "][" + opened + "]"), "batch", "follows"},
		"an entry of null":       {body("[null]"), "entry", "no JSON object"},
		"an entry in an array":   {body("[[" + opened + "]]"), "entry", "no JSON object"},
		"an entry that is cut":   {body("[" + opened[:60] + "]"), "entry", "malformed"},
		"a tenth field":          {member(`"user_id"`, `"extra":1,"user_id"`), "entry", "none of the nine"},
		"another spelling":       {member(`"user_id"`, `"User_ID"`), "entry", "none of the nine"},
		"a field twice":          {member(`"user_id"`, `"user_id":"x","user_id"`), "entry", "twice"},
		"no user":                {member(`"user_id":"your_user_id",`, ``), "entry", "user_id is missing"},
		"no campaign":            {member(`"campaign_id":"your_campaign_id",`, ``), "entry", "campaign_id is missing"},
		"no key":                 {member(`"idempotency_key":"idempotency_key",`, ``), "entry", "idempotency_key is missing"},
		"no status":              {member(`"delivery_status":"opened",`, ``), "entry", "delivery_status is missing"},
		"no method":              {member(`"delivery_method":"context_aware",`, ``), "entry", "delivery_method is missing"},
		"no planned method":      {member(`"planned_delivery_method":"context_aware",`, ``), "entry", "planned_delivery_method is missing"},
		"no timestamp":           {member(`"timestamp":"2025-02-07T15:20:40.599Z",`, ``), "entry", "timestamp is missing"},
		"no content":             {stopped(`,"content":{}`, ``), "entry", "content is missing"},
		"a number for an id":     {member(`"your_user_id"`, `42`), "entry", "want a string"},
		"null for an id":         {member(`"your_user_id"`, `null`), "entry", "want a string"},
		"an empty id":            {member(`"your_user_id"`, `""`), "entry", "empty"},
		"a list for a status":    {member(`"opened"`, `["opened"]`), "entry", "want a string"},
		"an unknown status":      {member(`"opened"`, `"clicked"`), "status", "clicked"},
		"a status in capitals":   {member(`"opened"`, `"Opened"`), "status", "Opened"},
		"an unknown method":      {member(`"context_aware"`, `"aware"`), "method", "aware"},
		"planned as cancelled":   {member(`"planned_delivery_method":"context_aware"`, `"planned_delivery_method":"cancelled"`), "planned-method", "cancelled"},
		"no token when opened":   {member(`"device_token":"push_token",`, ``), "device-token", "absent"},
		"a null token":           {member(`"push_token"`, `null`), "device-token", "want a string"},
		"an empty token":         {member(`"push_token"`, `""`), "device-token", "empty"},
		"a token when cancelled": {stopped(`"user_id"`, `"device_token":"push_token","user_id"`), "device-token", "on a cancelled"},
		"null when cancelled":    {stopped(`"user_id"`, `"device_token":null,"user_id"`), "device-token", "null"},
		"opened, but cancelled":  {member(`"delivery_method":"context_aware"`, `"delivery_method":"cancelled"`), "method", "opened entry"},
		"cancelled, but aware":   {stopped(`"delivery_method":"cancelled"`, `"delivery_method":"context_aware"`), "method", "cancelled entry"},
		"pending otherwise":      {member(`"opened","delivery_method":"context_aware"`, `"pending","delivery_method":"traditional"`), "method", "pending entry"},
		"aware unplanned":        {member(`"planned_delivery_method":"context_aware"`, `"planned_delivery_method":"traditional"`), "planned-method", "delivered as context_aware"},
		"seconds only":           {member(`40.599Z`, `40Z`), "timestamp", "40Z"},
		"microseconds":           {member(`40.599Z`, `40.599000Z`), "timestamp", "599000Z"},
		"an offset":              {member(`40.599Z`, `40.599+00:00`), "timestamp", "+00:00"},
		"no zone":                {member(`40.599Z`, `40.599`), "timestamp", "40.599"},
		"a comma":                {member(`40.599Z`, `40,599Z`), "timestamp", "40,599Z"},
		"a space":                {member(`07T15`, `07 15`), "timestamp", "07 15"},
		"31 February":            {member(`02-07T`, `02-31T`), "timestamp", "02-31"},
		"hour 24":                {member(`T15`, `T24`), "timestamp", "T24"},
		"a leap second":          {member(`20:40`, `20:60`), "timestamp", ":60"},
		"a number for a time":    {member(`"2025-02-07T15:20:40.599Z"`, `1738941640599`), "entry", "want a string"},
		"content in a string":    {stopped(`{}`, `"{}"`), "content", "no object"},
		"content null":           {stopped(`{}`, `null`), "content", "no object"},
		"content in a list":      {stopped(`{}`, `[]`), "content", "no object"},
		"content that is broken": {stopped(`{}`, `{'a':1}`), "entry", "malformed"},
		"a raw control byte":     {member("James", "Ja\tmes"), "entry", "malformed"},
	} {
		t.Run(name, func(t *testing.T) {
			good := request(strict.Protocol2025, "["+opened+"]")
			stream := c.broken(good)
			if stream == good {
				t.Fatal("nothing is broken")
			}
			_, err := readAll(strict.Protocol2025, stream)
			if !isOf(err, c.clause) || !strings.Contains(err.Error(), c.part) {
				t.Errorf("rejected for %v: want clause %s, and %q", err, c.clause, c.part)
			}
			if err != nil && strings.Contains(err.Error(), secret) {
				t.Errorf("the secret is in %q", err)
			}
		})
	}
}

func TestBrokenRequestsOf2026AreRejected(t *testing.T) {
	for name, c := range map[string]struct {
		broken       func(string) string
		clause, part string
	}{
		"the older spelling":   {swap("X-CTX-Secret", "X-ctx-secret"), "secret", "spelling"},
		"no event type":        {swap("X-CTX-Event-Type: message_status\r\n", ""), "request", "X-CTX-Event-Type is missing"},
		"another event type":   {swap("message_status", "device_transition"), "request", "device_transition"},
		"no request key":       {swap("X-Idempotency-Key: 0001\r\n", ""), "request", "X-Idempotency-Key is missing"},
		"an empty request key": {swap("0001", ""), "request", "empty"},
		"an entry's key":       {swap("0001", "idempotency_key"), "request", "of the request's own"},
		"a user agent":         {swap("Host:", "User-Agent: x\r\nHost:"), "request", "User-Agent"},
	} {
		t.Run(name, func(t *testing.T) {
			_, err := readAll(strict.Protocol2026, c.broken(request(strict.Protocol2026, "["+opened+"]")))
			if !isOf(err, c.clause) || !strings.Contains(err.Error(), c.part) {
				t.Errorf("rejected for %v: want clause %s, and %q", err, c.clause, c.part)
			}
		})
	}
}

// dropped is a good row of attempts: all eleven fail at once.
func dropped() []strict.Attempt {
	begin := time.Date(2026, 11, 23, 0, 0, 0, 0, time.UTC)
	var all []strict.Attempt
	for _, ms := range []time.Duration{0, 7038, 21114, 49267, 105572, 218182, 443402, 893842, 1794721, 3596481, 7200000} {
		at := begin.Add(ms * time.Millisecond)
		all = append(all, strict.Attempt{Raw: []byte("POST"), Start: at, End: at, Status: 500})
	}
	return all
}

func TestBrokenAttemptsAreRejected(t *testing.T) {
	taken := func(n int) []strict.Attempt {
		all := dropped()[:n]
		all[n-1].Status = 204
		return all
	}
	both := func(all []strict.Attempt, dropped bool) error {
		return errors.Join(strict.Attempts(all, dropped), strict.OnTime(all))
	}
	if err := both(dropped(), true); err != nil {
		t.Errorf("a dropped batch: %v", err)
	}
	for _, n := range []int{1, 2, 11} {
		if err := both(taken(n), false); err != nil {
			t.Errorf("a batch that was acknowledged with attempt %d: %v", n, err)
		}
	}
	slow := dropped()[:2]
	slow[0].End = slow[0].Start.Add(30 * time.Second)
	slow[1].Start, slow[1].End, slow[1].Status = slow[0].End, slow[0].End, 200
	if err := both(slow, false); err != nil {
		t.Errorf("a retry after a slow answer: %v", err)
	}
	for part, c := range map[string]struct {
		all     []strict.Attempt
		dropped bool
	}{
		"0 attempts":                       {nil, true},
		"12 attempts":                      {append(dropped(), dropped()[10]), true},
		"attempt 2 has other bytes":        {alter(dropped(), 1, func(a *strict.Attempt) { a.Raw = []byte("post") }), true},
		"attempt 2 comes after an ack":     {alter(dropped(), 0, func(a *strict.Attempt) { a.Status = 299 }), true},
		"before the former one has ended":  {alter(dropped(), 0, func(a *strict.Attempt) { a.End = a.End.Add(8 * time.Second) }), true},
		"attempt 11 comes 2h0m0.001s":      {alter(dropped(), 10, func(a *strict.Attempt) { a.Start = a.Start.Add(time.Millisecond) }), true},
		"dropped after 10 attempts":        {dropped()[:10], true},
		"to be dropped, and was ack":       {taken(3), true},
		"not said to be dropped":           {dropped(), false},
		"attempt 3 starts 1.6":             {alter(dropped(), 2, func(a *strict.Attempt) { a.Start = a.Start.Add(2 * time.Millisecond); a.End = a.Start }), true},
		"attempt 11 starts -2ms":           {alter(dropped(), 10, func(a *strict.Attempt) { a.Start = a.Start.Add(-2 * time.Millisecond); a.End = a.Start }), true},
		"attempt 2 starts 29.9":            {alter(taken(2), 1, func(a *strict.Attempt) { a.Start = a.Start.Add(30 * time.Second); a.End = a.Start }), false},
		"attempt 3 comes after an acknowl": {alter(dropped(), 1, func(a *strict.Attempt) { a.Status = 202 }), true},
	} {
		if err := both(c.all, c.dropped); err == nil || !strings.Contains(err.Error(), part) {
			t.Errorf("rejected for %v: want %q", err, part)
		}
	}
	var keys strict.Keys
	if err := errors.Join(keys.Add("a"), keys.Add("b")); err != nil {
		t.Errorf("two keys: %v", err)
	}
	if err := keys.Add("a"); !isOf(err, "request") {
		t.Errorf("a key twice: %v", err)
	}
}

func alter(all []strict.Attempt, i int, f func(*strict.Attempt)) []strict.Attempt {
	f(&all[i])
	return all
}

func TestBrokenHistoriesAreRejected(t *testing.T) {
	entry := func(changes ...string) strict.Entry {
		e := opened
		for i := 0; i < len(changes); i += 2 {
			e = strings.Replace(e, changes[i], changes[i+1], 1)
		}
		all, err := strict.Entries([]byte("[" + e + "]"))
		if err != nil {
			t.Fatal(err)
		}
		return all[0]
	}
	all, err := strict.Entries([]byte("[" + strings.Replace(cancelled, "{}", opened[strings.Index(opened, `{"title`):len(opened)-1], 1) + "]"))
	if err != nil {
		t.Fatal(err)
	}
	stopped := all[0]
	for name, c := range map[string]struct {
		second strict.Entry
		clause string
	}{
		"a copy":                     {entry(), ""},
		"delivered before":           {entry(`"opened"`, `"delivered"`, ":40.599Z", ":40.598Z"), ""},
		"delivered at once":          {entry(`"opened"`, `"delivered"`), ""},
		"another device":             {entry("push_token", "other", `"opened"`, `"failed"`), ""},
		"another message":            {entry("your_user_id", "other", "James", "Mary"), ""},
		"the key after 30 days":      {entry("02-07T", "03-09T", "James", "Mary", `"opened"`, `"pending"`), ""},
		"another content":            {entry("James", "Mary"), "content"},
		"another plan":               {entry(`"context_aware","planned_delivery_method":"context_aware"`, `"traditional","planned_delivery_method":"traditional"`), "planned-method"},
		"another time":               {entry(":40.599Z", ":40.598Z"), "timestamp"},
		"another method":             {entry(`"delivery_method":"context_aware"`, `"delivery_method":"traditional"`), "method"},
		"delivered after it":         {entry(`"opened"`, `"delivered"`, ":40.599Z", ":40.600Z"), "timestamp"},
		"failed and opened":          {entry(`"opened"`, `"failed"`, ":40.599Z", ":40.100Z"), "failed"},
		"cancelled and opened":       {stopped, "cancelled"},
		"another content in 29 days": {entry("02-07T", "03-08T", "James", "Mary", `"opened"`, `"pending"`), "content"},
	} {
		for _, order := range [][]strict.Entry{{entry(), c.second}, {c.second, entry()}} {
			var h strict.Histories
			if err := h.Add(order[0]); err != nil {
				t.Errorf("%s: the first entry: %v", name, err)
			}
			if err := h.Add(order[1]); c.clause == "" && err != nil || c.clause != "" && !isOf(err, c.clause) {
				t.Errorf("%s: %v, want clause %q", name, err, c.clause)
			}
		}
	}
}
