package load

// BatchID names one batch of a Source. What its bits mean is the Source's
// business.
type BatchID uint64

// Source is where a load's batches come from. It makes the same bytes for the
// same BatchID whenever it is asked, so that a batch that has to be sent again
// need not be kept. Its methods may be called at once by several goroutines.
type Source interface {
	// Maker makes batches for one connection.
	Maker() Maker

	// Finish says that no new messages are wanted: Makers then name only the
	// batches that complete what was begun.
	Finish()

	// Settled tells how a batch that a Maker has named ended: acknowledged, or
	// not: dropped, or given up with the run. It is told once for each.
	Settled(id BatchID, acknowledged bool)
}

// Maker makes bodies. It is used by one goroutine at a time.
type Maker interface {
	// Next names the next batch that nobody has taken yet; ok is false when the
	// traffic is over.
	Next() (id BatchID, ok bool)

	// Append appends the batch's body, a JSON array, to dst and tells how many
	// entries it has. It takes any BatchID that a Maker of the same Source has
	// named.
	Append(dst []byte, id BatchID) (body []byte, events int)
}
