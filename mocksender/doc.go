// Package mocksender plays ContextPush towards a webhook receiver: it encodes
// entries as ContextPush does, sends them in batches, and sends again what was
// not acknowledged.
//
// It stands alone: a Go test of a receiver needs nothing else of ctxpush. The
// package example tests a handler behind an httptest.Server.
//
// # What is sent
//
// An [Event] is one state change of a push message, named by its [Key]. A [Batch]
// is 1 to 100 of them, made by [NewBatch], which refuses what ContextPush never
// sends. Its body is the wire's form to the byte.
//
// # How it is sent
//
// A [Sender] with a URL and a secret is ready for use. [Sender.Deliver] sends a
// batch until any 2xx answers it or the last of ten retries in two hours has
// failed, and returns the [Delivery]: each [Attempt] with its request, its answer
// and why it does not count. [Backoff] sets another schedule. Clock is the time
// that retries wait by: clock.Scaled plays the two hours in seconds.
//
// # What goes wrong on the way
//
// A [Fault] strikes one attempt: [LostAck] cuts the connection before the answer
// is read, [CutBody] in the middle of the request, [SlowBody] sends it drop by
// drop, [Copy] sends it twice at once, and a [Gate] holds the last bytes of several
// requests back until all are there. A fault of one's own is a value with two
// methods.
//
// # What is kept
//
// Nothing that a Sender records or prints shows the secret: wherever it stood
// stands [SecretVariable]. A [Journal] keeps the attempts of several senders, and
// [Attempt.Curl] makes the same request again from a shell.
//
// [Profile] chooses between the two versions of the protocol.
package mocksender
