// Package conformance certifies webhook receivers of ContextPush: it starts a
// receiver, plays the catalogue's checks at it, reads its state, judges it, and
// tells what is wrong.
//
// There are three ways in. Certify runs everything and returns a report. Specs
// registers the checks as Ginkgo specs in a suite of one's own. The program
// ctxpush certify is Certify with flags. Observers read a run's events as they
// happen.
package conformance
