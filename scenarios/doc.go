// Package scenarios is the theory of ctxpush: what may happen to a message on
// its way to a receiver, and what must be true afterwards. It does no I/O; each
// step is a value that can be printed, stored and compared.
//
// A Message has a true history. A Scenario says how that history travels: in
// which batches and order, how often, with what going wrong between. FinalState
// says where the message must end, whatever happened to it on its way. The
// catalogue holds the scenarios that every receiver must stand, as YAML files
// that read like the sentence they test; Parse reads a user's own.
package scenarios
