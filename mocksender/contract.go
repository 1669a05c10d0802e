package mocksender

import "time"

// The numbers of the webhook contract. Everything else that needs one of them
// takes it from here.
const (
	// MaxBatch is the most entries that one request holds (clause batch).
	MaxBatch = 100

	// MaxRetries is how often a batch that failed is sent again before it is
	// dropped; a batch has at most MaxRetries+1 attempts (clause retry).
	MaxRetries = 10

	// RetryWindow is the longest time between a batch's first attempt and its
	// last (clause retry).
	RetryWindow = 2 * time.Hour

	// KeyLifetime is how long a message's key names that message alone;
	// afterwards the key may name a new one (clause key-reuse).
	KeyLifetime = 30 * 24 * time.Hour
)

// RequestTimeout is how long one attempt waits for its answer. The page names
// no time-out; this is our choice (clause request).
const RequestTimeout = 30 * time.Second

// TimestampLayout is the form of an entry's timestamp, always in UTC
// (clause timestamp).
const TimestampLayout = "2006-01-02T15:04:05.000Z"
