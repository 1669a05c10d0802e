package play

import (
	"bufio"
	"bytes"
	"errors"
	"io"
	"net/http"
	"strings"
	"testing"
)

// A head that is passed on names the receiver as its host, once for each time a
// host was named, and is no longer than it may be; all else stays as it came.
func FuzzReadHead(f *testing.F) {
	for _, s := range []string{"POST / HTTP/1.1\r\nHost: a:1\r\nContent-Length: 2\r\n\r\n[]", "POST / HTTP/1.1\nhost:a\n\n", "\r\n", "POST / HTTP/1.1\r\nContent-Length: -1\r\n\r\n",
		"POST / HTTP/1.1\r\nContent-Length: 99999999999999999999\r\n\r\n", "POST / HTTP/1.1\r\nHost:\r\n", "a: b\r\nHost\r\n\r\n", "\x00\xff\r\r\n\n", strings.Repeat("a: b\r\n", 100)} {
		f.Add([]byte(s))
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		const host = "receiver.example:80"
		br := bufio.NewReaderSize(bytes.NewReader(data), maxProxiedLine)
		head, length, err := readHead(br, host)
		if err != nil {
			if !errors.Is(err, errHead) && !errors.Is(err, io.EOF) && !errors.Is(err, bufio.ErrBufferFull) {
				t.Fatal(err)
			}
			return
		}
		if length < 0 || len(head) > maxProxiedHead+len(data)+len(host) {
			t.Fatalf("%d bytes of a body after %d of a head", length, len(head))
		}
		rest, _ := io.ReadAll(br) // of memory
		if !bytes.HasSuffix(data, rest) {
			t.Fatal("more was read than the head")
		}
		// What net/http takes for a request is one to the receiver; a body may say what it likes.
		taken := bytes.ToLower(data[:len(data)-len(rest)])
		if r, err := http.ReadRequest(bufio.NewReader(bytes.NewReader(head))); err == nil && r.Host != host && r.Header.Get("Host") == "" && r.URL.Host == "" && bytes.Contains(taken, []byte("\nhost:")) {
			t.Fatalf("goes to %q:\n%q", r.Host, head)
		}
	})
}
