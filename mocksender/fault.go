package mocksender

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
)

// Fault is what goes wrong on the wire in one attempt. It is a plain value that
// may strike any number of attempts, at once too; what belongs to one attempt
// it keeps in Strike.
//
// To add one, write a file of its own with the type, and register it under its
// name.
type Fault interface {
	// Name names the fault in journals, such as lost-ack.
	Name() string
	// Strike plays one attempt, step by step, and returns its answer or why it
	// failed. It returns when ctx ends, as the steps of x do.
	Strike(ctx context.Context, x *Exchange) (Answer, error)
}

// ErrCut is the error of an attempt whose connection a fault has cut.
var ErrCut = errors.New("connection cut on purpose")

// faults are the faults that can be looked up by name.
var faults = map[string]Fault{}

// register makes the fault known by its name, as package initialization.
func register(f Fault) { faults[f.Name()] = f }

// FaultNames are the names that FaultByName knows, in alphabetical order.
func FaultNames() []string {
	names := make([]string, 0, len(faults))
	for name := range faults {
		names = append(names, name)
	}
	slices.Sort(names)
	return names
}

// FaultByName is the fault of that name, with its defaults.
func FaultByName(name string) (Fault, error) {
	f, ok := faults[name]
	if !ok {
		return nil, fmt.Errorf("fault %q: want one of %s", name, strings.Join(FaultNames(), ", "))
	}
	return f, nil
}
