package mocksender

import (
	"errors"
	"io"
	"net/http"
)

// Answer is what a receiver answered.
type Answer struct {
	// Status is the code of the final answer; 0 if none came.
	Status int
	Fields http.Header
	// Body is the body's first 4 KiB, or what came of them.
	Body []byte
}

// Acknowledged tells whether the status is any 2xx (clause request).
func (a Answer) Acknowledged() bool { return a.Status >= 200 && a.Status <= 299 }

// postRequest tells http.ReadResponse which method is answered, on which the
// length of the body depends.
var postRequest = &http.Request{Method: http.MethodPost}

// statusLine is how much of an answer shows whether it is an interim one.
const statusLine = len("HTTP/1.1 200")

// await waits for the beginning of the final answer, and skips interim ones
// (1xx; 101 is final, since nobody asked for another protocol).
func (c *conn) await() error {
	for {
		b, err := c.br.Peek(statusLine)
		if err != nil {
			// A short answer that ends here is left to the parser's judgement.
			if len(b) > 0 && errors.Is(err, io.EOF) {
				return nil
			}
			return c.noAnswer(err)
		}
		if code := string(b[len("HTTP/1.1 "):]); code[0] != '1' || code == "101" {
			return nil
		}
		if _, err := http.ReadResponse(c.br, postRequest); err != nil {
			return c.noAnswer(err)
		}
	}
}

// noAnswer words for people why there is no answer. Where a bound cut it off,
// the parser's complaint about the cut is not the reason.
func (c *conn) noAnswer(err error) error {
	if c.left <= 0 {
		return errLongHead
	}
	if errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF) {
		return errNoAnswer
	}
	return err
}

var errNoAnswer = errors.New("the receiver closed the connection without an answer")

// answer reads the final answer, and tells whether the connection can be used
// again. Once the head is there the status counts, whatever becomes of the
// body: a receiver may stream for ever, or break off.
func (c *conn) answer() (a Answer, reusable bool, err error) {
	c.expect(maxHead)
	if err := c.await(); err != nil {
		return Answer{}, false, err
	}
	resp, err := http.ReadResponse(c.br, postRequest)
	if err != nil {
		return Answer{}, false, c.noAnswer(err)
	}
	a = Answer{Status: resp.StatusCode, Fields: resp.Header}
	c.expect(drainedBody)
	a.Body, err = io.ReadAll(io.LimitReader(resp.Body, keptBody))
	if err == nil {
		_, err = io.Copy(io.Discard, resp.Body)
	}
	if err != nil {
		return a, false, nil
	}
	reusable = !resp.Close && resp.StatusCode != http.StatusSwitchingProtocols && c.br.Buffered() == 0
	return a, reusable, nil
}
