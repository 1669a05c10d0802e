// Package load sends webhook requests at a high rate and measures how a receiver
// takes them.
package load
