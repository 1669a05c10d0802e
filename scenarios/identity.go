package scenarios

// Identity says what a receiver's owner means by one message (clause
// identity): it is the receiver's choice, and decides which states are asked
// for and how the devices of a message combine.
type Identity string

const (
	// ByDevice keeps a state for each device of a message.
	ByDevice Identity = "device"
	// ByUser keeps one state for a message on all its devices.
	ByUser Identity = "user"
)
