// Package scenarios is the theory of ctxpush: what may happen to a message on
// its way to a receiver, and what must be true afterwards. It does no I/O; each
// step is a value that can be printed, stored and compared.
//
// A [Message] has a true history. A [Scenario] says how that history travels: in
// which batches and order, how often, with what going wrong between. [FinalState]
// says where the message must end, whatever happened to it on its way, for
// receivers of either [Identity].
//
// # Checks
//
// A [Check] is one property of the contract, with its clauses, its level and the
// scenarios that try it. [Catalogue] holds the checks that every receiver must
// stand, as YAML files that read like the sentence they test; [Parse] and [Load]
// read a user's own, and [Schema] lets an editor check them while they are written.
// The language is told in README.md beside this file.
//
// # Exploring
//
// [Interleavings] are all ways up to a [Bound] in which a history may arrive:
// orders, copies, gaps, batch borders, two connections. [Explorations] are the
// checks made of them.
//
// # From a scenario to requests
//
// [Bind] gives a scenario's messages their keys, devices, contents and timestamps
// out of a seed, and the [Cast] makes its events and says which states are wanted
// of which keys.
//
// # The smallest scenario that still fails
//
// [Shrink] leaves out of a failing scenario whatever it fails without, asking a
// function of the caller's, and [Format] writes what is left as a file.
package scenarios
