// Package traffic keeps real webhooks in a file, and plays them again.
//
// A [Recorder] stands before a receiver, passes each webhook on, and writes it as
// a line of JSON, without the secret. [Read] reads such lines again, or a HAR
// file. [Replay] plays them at a receiver: as they were, or its messages in other
// orders and with faults; what the file tells of a message is the truth, and the
// receiver's states are compared with it. [ToScenario] makes a scenario of one of
// the messages.
//
// A file is read as a stream, and what must be remembered of it lies in a
// temporary file: a million lines need no more memory than a thousand.
package traffic
