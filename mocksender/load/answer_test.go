package load

import (
	"bufio"
	"bytes"
	"io"
	"net/http"
	"strings"
	"testing"
)

// read feeds an answer to the parser, some bytes at a time, as a link does, and
// tells how many bytes were part of it.
func read(stream []byte, piece int) (a answer, used int, err error) {
	a.begin()
	for have := 0; ; {
		n, err := a.feed(stream[used:have])
		used += n
		if err != nil || a.done() {
			return a, used, err
		}
		if have == len(stream) {
			return a, used, a.end()
		}
		have = min(len(stream), have+piece)
	}
}

var answers = map[string]struct {
	text     string
	status   int
	reusable bool
	rest     string // what is left behind the answer
	bad      bool
}{
	"plain":                         {"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok", 200, true, "", false},
	"no reason":                     {"HTTP/1.1 200\r\nContent-Length: 0\r\n\r\n", 200, true, "", false},
	"empty reason":                  {"HTTP/1.1 200 \r\nContent-Length: 0\r\n\r\n", 200, true, "", false},
	"line feeds":                    {"HTTP/1.1 200 OK\nContent-Length: 2\n\nok", 200, true, "", false},
	"spelling":                      {"HTTP/1.1 202 Accepted\r\ncOnTeNt-LeNgTh:\t 2 \r\n\r\nok", 202, true, "", false},
	"no content":                    {"HTTP/1.1 204 No Content\r\n\r\n", 204, true, "", false},
	"no content that has some":      {"HTTP/1.1 204 No Content\r\nContent-Length: 2\r\n\r\nok", 204, false, "ok", false},
	"not modified":                  {"HTTP/1.1 304 Not Modified\r\nContent-Length: 2\r\n\r\n", 304, true, "", false},
	"failed":                        {"HTTP/1.1 503 Busy\r\nContent-Length: 4\r\n\r\nbusy", 503, true, "", false},
	"interim":                       {"HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 103 Early Hints\r\nLink: x\r\nContent-Length: 5\r\nConnection: close\r\n\r\nHTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n", 200, true, "", false},
	"other protocol":                {"HTTP/1.1 101 Switching Protocols\r\nUpgrade: x\r\n\r\nx", 101, false, "x", false},
	"chunked":                       {"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nok\r\n0A;x=y\r\n0123456789\r\n0\r\n\r\n", 200, true, "", false},
	"trailers":                      {"HTTP/1.1 200 OK\r\nTransfer-Encoding: Chunked\r\n\r\n0\r\nA: b\r\n\r\n", 200, true, "", false},
	"chunked and a length":          {"HTTP/1.1 200 OK\r\nContent-Length: 9\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n", 200, false, "", false},
	"close":                         {"HTTP/1.1 200 OK\r\nConnection: keep-alive, Close\r\nContent-Length: 0\r\n\r\n", 200, false, "", false},
	"until the end":                 {"HTTP/1.1 200 OK\r\n\r\nwhatever", 200, false, "", false},
	"old":                           {"HTTP/1.0 200 OK\r\nContent-Length: 2\r\n\r\nok", 200, false, "", false},
	"old, kept alive":               {"HTTP/1.0 200 OK\r\nContent-Length: 2\r\nConnection: Keep-Alive\r\n\r\nok", 200, true, "", false},
	"old, chunked":                  {"HTTP/1.0 200 OK\r\nContent-Length: 2\r\nTransfer-Encoding: chunked\r\nConnection: keep-alive\r\n\r\nok", 200, false, "", false},
	"the same length twice":         {"HTTP/1.1 200 OK\r\nContent-Length: 2\r\nContent-Length: 2\r\n\r\nok", 200, true, "", false},
	"continued line":                {"HTTP/1.1 200 OK\r\nA: b\r\n c\r\nContent-Length: 2\r\n\r\nok", 200, true, "", false},
	"something behind":              {"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nokHTTP/1.1 500 No\r\n", 200, true, "HTTP/1.1 500 No\r\n", false},
	"a body that breaks off":        {"HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nok", 200, false, "", false},
	"a long body":                   {"HTTP/1.1 200 OK\r\nContent-Length: 300000\r\n\r\n" + strings.Repeat("x", 300_000), 200, false, "*", false},
	"a body of endless chunks":      {"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n" + strings.Repeat("1\r\nx\r\n", 50_000), 200, false, "*", false},
	"garbage for chunks":            {"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nwhat?\r\n", 200, false, "*", false},
	"chunk with a line feed":        {"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n1\nx\n0\n\n", 200, false, "*", false},
	"trailer with a line feed":      {"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n0\r\nA: b\n\r\n", 200, false, "*", false},
	"nothing":                       {"", 0, false, "", true},
	"half a head":                   {"HTTP/1.1 200 OK\r\nContent-Le", 200, false, "*", true},
	"garbage":                       {"hello\r\n\r\n", 0, false, "*", true},
	"HTTP/0.9":                      {"<html>ok</html>\n", 0, false, "*", true},
	"HTTP/2":                        {"HTTP/2.0 200 OK\r\nContent-Length: 0\r\n\r\n", 0, false, "*", true},
	"TLS":                           {"\x15\x03\x01\x00\x02\x02\x16\n", 0, false, "*", true},
	"status of two digits":          {"HTTP/1.1 20 OK\r\n\r\n", 0, false, "*", true},
	"status with a sign":            {"HTTP/1.1 +20 OK\r\n\r\n", 0, false, "*", true},
	"status 099":                    {"HTTP/1.1 099 OK\r\n\r\n", 0, false, "*", true},
	"status of four digits":         {"HTTP/1.1 2000 OK\r\n\r\n", 0, false, "*", true},
	"two lengths":                   {"HTTP/1.1 200 OK\r\nContent-Length: 2\r\nContent-Length: 3\r\n\r\nok", 200, false, "*", true},
	"negative length":               {"HTTP/1.1 200 OK\r\nContent-Length: -1\r\n\r\n", 200, false, "*", true},
	"length with a plus":            {"HTTP/1.1 200 OK\r\nContent-Length: +2\r\n\r\nok", 200, false, "*", true},
	"list of lengths":               {"HTTP/1.1 200 OK\r\nContent-Length: 2, 2\r\n\r\nok", 200, false, "*", true},
	"empty length":                  {"HTTP/1.1 200 OK\r\nContent-Length:\r\n\r\n", 200, false, "*", true},
	"length that continues":         {"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n 3\r\n\r\nok", 200, false, "*", true},
	"length beyond all":             {"HTTP/1.1 200 OK\r\nContent-Length: 9999999999999999999\r\n\r\n", 200, false, "*", true},
	"space before the colon":        {"HTTP/1.1 200 OK\r\nContent-Length : 2\r\n\r\nok", 200, false, "*", true},
	"space before the first field":  {"HTTP/1.1 200 OK\r\n Content-Length: 2\r\n\r\nok", 200, false, "*", true},
	"coding that nobody asked for":  {"HTTP/1.1 200 OK\r\nTransfer-Encoding: gzip, chunked\r\n\r\n0\r\n\r\n", 200, false, "*", true},
	"chunked twice":                 {"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n", 200, false, "*", true},
	"no colon":                      {"HTTP/1.1 200 OK\r\nhello\r\n\r\n", 200, false, "*", true},
	"control character":             {"HTTP/1.1 200 OK\r\nA: b\x00\r\n\r\n", 200, false, "*", true},
	"endless fields":                {"HTTP/1.1 200 OK\r\n" + strings.Repeat("A: b\r\n", 20_000), 200, false, "*", true},
	"an endless line":               {"HTTP/1.1 200 OK\r\nA: " + strings.Repeat("b", 100_000), 200, false, "*", true},
	"endless interim answers":       {strings.Repeat("HTTP/1.1 102 Processing\r\n\r\n", 5_000), 102, false, "*", true},
	"endless trailers":              {"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n" + strings.Repeat("A: b\r\n", 20_000), 200, false, "*", false},
	"a chunk longer than it may be": {"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nffffffffffffffff\r\n", 200, false, "*", false},
}

func TestAnswers(t *testing.T) {
	for name, want := range answers {
		for _, piece := range []int{1, 7, 1 << 20} {
			a, used, err := read([]byte(want.text), piece)
			if bad := !a.final; bad != want.bad || bad && err == nil {
				t.Errorf("%s, by %d: bad %v (%v), want %v", name, piece, bad, err, want.bad)
				continue
			}
			if want.bad {
				continue
			}
			if reusable := err == nil && a.reusable(); a.status != want.status || reusable != want.reusable {
				t.Errorf("%s, by %d: %d, reusable %v (%v), want %d, %v", name, piece, a.status, reusable, err, want.status, want.reusable)
			}
			if rest := want.text[used:]; want.rest != "*" && rest != want.rest {
				t.Errorf("%s, by %d: left %q, want %q", name, piece, rest, want.rest)
			}
		}
	}
}

// judge is what net/http makes of a stream: the status of the final answer, how
// many bytes it takes, and whether the connection can be used again.
func judge(stream []byte) (status, used int, reusable bool, err error) {
	in := bytes.NewReader(stream)
	br := bufio.NewReaderSize(in, len(stream)+16)
	for {
		resp, err := http.ReadResponse(br, &http.Request{Method: http.MethodPost})
		if err != nil {
			return 0, 0, false, err
		}
		if resp.StatusCode >= 100 && resp.StatusCode < 200 && resp.StatusCode != 101 {
			continue
		}
		_, err = io.Copy(io.Discard, resp.Body)
		return resp.StatusCode, len(stream) - in.Len() - br.Buffered(), !resp.Close && resp.StatusCode != 101, err
	}
}

// What this parser takes for a whole answer after which the connection goes on,
// net/http takes for the same one, to the byte: else the two would disagree on
// where the next one begins. However it comes in, the verdict is the same.
func FuzzAnswer(f *testing.F) {
	for _, a := range answers {
		f.Add([]byte(a.text[:min(len(a.text), 1000)]), uint8(3))
	}
	f.Fuzz(func(t *testing.T, stream []byte, piece uint8) {
		a, used, err := read(stream, len(stream)+1)
		b, usedB, errB := read(stream, int(piece)+1)
		if a.status != b.status || a.final != b.final || used != usedB && a.done() || (err == nil) != (errB == nil) {
			t.Fatalf("at once: %+v, %d, %v; by %d: %+v, %d, %v", a, used, err, int(piece)+1, b, usedB, errB)
		}
		if err != nil || !a.final {
			return
		}
		status, n, reusable, err := judge(stream)
		if !a.reusable() {
			// The connection is dropped: only the status matters.
			if err == nil && status != a.status {
				t.Fatalf("status %d, net/http says %d", a.status, status)
			}
			return
		}
		if err != nil || status != a.status || n != used {
			t.Fatalf("status %d in %d bytes; net/http says %d in %d, %v", a.status, used, status, n, err)
		}
		if !reusable {
			t.Fatal("used again, where net/http would not")
		}
	})
}

func TestAnswerAllocatesNothing(t *testing.T) {
	text := []byte(answers["trailers"].text)
	if got := testing.AllocsPerRun(1000, func() { _, _, _ = read(text, len(text)) }); got != 0 {
		t.Errorf("%v allocations an answer", got)
	}
}

func BenchmarkAnswer(b *testing.B) {
	for name, text := range map[string]string{
		"204":     "HTTP/1.1 204 No Content\r\nDate: Tue, 25 Nov 2025 09:00:00 GMT\r\n\r\n",
		"chunked": "HTTP/1.1 200 OK\r\nDate: Tue, 25 Nov 2025 09:00:00 GMT\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nok\r\n0\r\n\r\n",
	} {
		b.Run(name, func(b *testing.B) {
			stream := []byte(text)
			b.SetBytes(int64(len(stream)))
			b.ReportAllocs()
			for b.Loop() {
				if a, _, err := read(stream, len(stream)); err != nil || !a.done() {
					b.Fatal(a, err)
				}
			}
		})
	}
}
