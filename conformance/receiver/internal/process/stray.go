package process

// MarkVariable marks, in their environment, the processes that a receiver's
// process starts with whose they are.
const MarkVariable = "CTXPUSH_OWNER"
