// Package load sends webhook requests at a high rate and measures how a receiver
// takes them.
//
// A Source makes the requests, a Pace says when they are due. Without a Pace each
// connection sends as fast as it gets answers; with one a request is due at its
// time whatever the receiver does, its latency counts from there, and what could
// not start in time, or not at all, is counted. What failed is sent again by the
// contract's schedule of retries.
//
// Nothing is kept for a request but, while it waits for a retry, its name and
// time: a run's memory does not grow with its length.
package load
