package scenarios

import "github.com/ctxpush/ctxpush/mocksender"

// Final is where a message must end.
type Final struct {
	// Device is the device that is asked for; empty for the whole message.
	Device string
	// Change is the state change that decides. Its At and Method are settled
	// only if Sole is set.
	Change Change
	// Sole says that no other device's change has the same say in the state, so
	// that method and time follow from the contract as well.
	Sole bool
	// Open is why the contract does not settle the state; empty where it does.
	Open string
}

// FinalState is the oracle: the states in which a receiver must hold m when the
// last change of each of its histories has arrived, whatever else arrived, how
// often and in which order. There is one for each device, or one for the
// message, as the identity wants.
func FinalState(m Message, id Identity) []Final {
	if id == ByUser {
		return []Final{forUser(m)}
	}
	var finals []Final
	for _, d := range m.Devices {
		finals = append(finals, forDevice(d, m.Cancelled))
	}
	return finals
}

func forDevice(d Device, cancelled *Change) Final {
	last, seen := d.History.Last()
	f := Final{Device: d.Name, Change: last, Sole: true}
	if cancelled == nil {
		return f
	}
	f.Change = *cancelled
	switch {
	case !seen:
		f.Open = "a device that was never seen apart from its message's cancellation"
	case last.Status == mocksender.Delivered || last.Status == mocksender.Opened:
		f.Open = "delivered on a device and then cancelled"
	case last.Status == mocksender.Failed:
		f.Open = "failed on a device and then cancelled for the message"
	}
	return f
}

// forUser combines the devices: opened if any is, else delivered if any is,
// else cancelled, else failed if all are, else pending.
func forUser(m Message) Final {
	count := map[mocksender.DeliveryStatus]int{}
	deciding := map[mocksender.DeliveryStatus]Change{}
	for _, d := range m.Devices {
		if last, ok := d.History.Last(); ok {
			count[last.Status]++
			deciding[last.Status] = last
		}
	}
	final := func(s mocksender.DeliveryStatus) Final {
		return Final{Change: deciding[s], Sole: count[s] == 1}
	}
	reached := count[mocksender.Opened]+count[mocksender.Delivered] > 0
	if m.Cancelled != nil {
		f := Final{Change: *m.Cancelled, Sole: true}
		switch {
		case reached:
			f.Open = "delivered on a device and then cancelled"
		case count[mocksender.Failed] > 0:
			f.Open = "failed on a device and then cancelled for the message"
		}
		return f
	}
	switch {
	case count[mocksender.Opened] > 0:
		return final(mocksender.Opened)
	case count[mocksender.Delivered] > 0:
		return final(mocksender.Delivered)
	case count[mocksender.Failed] > 0 && count[mocksender.Pending] > 0:
		f := final(mocksender.Pending)
		f.Open = "failed on one device and pending on another"
		return f
	case count[mocksender.Failed] > 0:
		return final(mocksender.Failed)
	default:
		return final(mocksender.Pending)
	}
}
