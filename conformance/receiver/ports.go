package receiver

import "fmt"

// Ports is a receiver in containers, whose ports have other numbers here than
// inside, on the host of its URL.
type Ports interface {
	// PortOf is the number, here, of a port of the receiver's container or of a
	// service beside it. It may be another one after each start. It may be called
	// at any time, side by side.
	PortOf(port int) (int, error)
}

func notReached(port int) error {
	return fmt.Errorf("port %d of the receiver's containers is not reached from here: it does not run", port)
}
