package main

import (
	"errors"
	"fmt"
	"io"

	"github.com/dustin/go-humanize/english"

	"github.com/ctxpush/ctxpush/mocksender"
)

// sentTeller tells what send makes and what came of it.
type sentTeller struct {
	w             io.Writer
	array         *jsonArray // nil: it is told in lines
	sent, dropped int
}

func newSentTeller(w io.Writer, asJSON bool) *sentTeller {
	t := &sentTeller{w: w}
	if asJSON {
		t.array = &jsonArray{w: w}
	}
	return t
}

// preview tells a request that is not sent.
func (t *sentTeller) preview(status mocksender.DeliveryStatus, entries int, a mocksender.Attempt) error {
	if t.array != nil {
		request := showRequest(a)
		return t.array.add(sentBatch{Status: status, Entries: entries, Request: &request})
	}
	_, err := fmt.Fprintf(t.w, "%s\n\n", a.Dump())
	return err
}

// delivered tells a batch that was sent.
func (t *sentTeller) delivered(status mocksender.DeliveryStatus, entries int, d mocksender.Delivery) error {
	t.sent++
	if !d.Acknowledged() {
		t.dropped++
	}
	if t.array != nil {
		return errors.Join(t.array.add(tellBatch(status, entries, d)), mocksender.Local(d.Last().Err))
	}
	for _, a := range d.Attempts {
		fmt.Fprintln(t.w, a.Line())
	}
	if !d.Acknowledged() {
		fmt.Fprintf(t.w, "%s after %s\n", d.Outcome, english.Plural(len(d.Attempts), "attempt", ""))
	}
	return mocksender.Local(d.Last().Err)
}

// close tells how many batches were not acknowledged; where some were not, that is
// the command's verdict.
func (t *sentTeller) close() error {
	if t.array != nil {
		if err := t.array.close(); err != nil {
			return err
		}
	}
	if t.dropped == 0 {
		return nil
	}
	if t.array == nil {
		fmt.Fprintf(t.w, "not acknowledged: %d of %s\n", t.dropped, english.Plural(t.sent, "batch", ""))
	}
	return verdict(exitFellShort)
}
