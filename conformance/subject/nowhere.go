package subject

import (
	"cmp"

	"github.com/ctxpush/ctxpush/conformance/config"
	"github.com/ctxpush/ctxpush/conformance/receiver"
)

// anySecret stands for a secret that is not known; it is never sent or shown.
const anySecret = "ctx-Preview-Of-A-Secret"

// Nowhere is a subject of which requests can be shown: it has an address and
// nothing else, and can't be started or asked.
func Nowhere(target config.Config) *Subject {
	target.Secret = cmp.Or(target.Secret, anySecret)
	return New(target, nowhere{url: target.Receiver.URL}, nil)
}

type nowhere struct {
	receiver.Receiver
	url string
}

func (n nowhere) URL() string { return cmp.Or(n.url, "http://receiver.example") }

// Fixed is empty: a restart can be shown.
func (nowhere) Fixed() string { return "" }
