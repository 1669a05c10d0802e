// Package service is the mock ContextPush service: an address that takes an
// app's scheduling calls, keeps the messages, lets them live, and tells the
// app's webhook of every change, as late, as often and as disordered as asked.
//
// [New] makes a service, whose [Service.Handler] takes the vendor's calls;
// [Start] does both for a Go test and listens on loopback. Everything that can
// be steered is a method: hold the queue and release it in another order,
// deliver or open a message now, send a webhook again, advance the clock.
//
// # A message's life
//
// A message is pending on each device of its user, and delivered at a moment
// within its deliver_within_hours that follows from the seed (a traditional one
// at once), or failed where the token is dead. Some are opened later, on one
// device. One that is pending everywhere can be cancelled. A planned
// context_aware message that found no good moment goes out at the end of its
// time as traditional.
//
// # What is chosen where the vendor's documentation is silent
//
//   - The same idempotency_key again: only the last request is processed. While
//     the message is pending everywhere the last request takes its place, and
//     webhooks that are still to come carry its content; those that are out stay
//     out, and come again if they are not acknowledged. The very same request
//     again changes nothing. Once a message is delivered, failed or cancelled,
//     another request under its key is refused with 409, until the key is 30 days
//     old and names a new message.
//   - A cancel request for a message that is delivered or failed on any device
//     changes nothing and is answered 409.
//   - A user without devices: the message is taken, stays pending, and no webhook
//     tells of it unless it is cancelled.
//   - deliver_within_hours must be there, 0 (at once) to 720 (30 days).
//   - content has at most 4,096 bytes, which is what an Apple push can carry.
//
// # What survives
//
// A call that was answered with success is in the [Store], and with the store
// of package sqlite on disk. An attempt is in the store before it is made, so
// that no restart makes its number twice. A batch whose two hours passed while
// the service was down is dropped.
package service
