package scenarios

import "github.com/ctxpush/ctxpush/mocksender"

// The words that the language is made of.

func statusWords() []string {
	words := make([]string, len(mocksender.Statuses))
	for i, s := range mocksender.Statuses {
		words[i] = string(s)
	}
	return words
}

func partWords() []string {
	words := make([]string, len(KeyParts))
	for i, p := range KeyParts {
		words[i] = string(p)
	}
	return words
}

func messageNames(s *Scenario) []string {
	var names []string
	for _, m := range s.Messages {
		names = append(names, m.Name)
	}
	return names
}

func deviceNames(m *Message) []string {
	var names []string
	for _, d := range m.Devices {
		names = append(names, d.Name)
	}
	return names
}

func hasDevice(m *Message, device string) bool {
	for _, d := range m.Devices {
		if d.Name == device {
			return true
		}
	}
	return false
}

func isStatus(word string) bool {
	for _, s := range mocksender.Statuses {
		if string(s) == word {
			return true
		}
	}
	return false
}

// happened says whether the status is in the history of the message, on the
// device where one is named.
func happened(m *Message, device, status string) bool {
	if status == string(mocksender.Cancelled) {
		return m.Cancelled != nil
	}
	for _, d := range m.Devices {
		if device != "" && device != d.Name {
			continue
		}
		for _, c := range d.History {
			if string(c.Status) == status {
				return true
			}
		}
	}
	return false
}
