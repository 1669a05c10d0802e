package config

import "net/url"

// urlKind is a receiver that runs already.
var urlKind = kind{
	title: func(r Receiver) string {
		u, err := url.Parse(r.URL)
		if err != nil {
			return ""
		}
		return u.Host
	},
	keys: []key{
		{name: "receiver.url", of: address,
			doc:     "The base address of a receiver that runs already. Faults that need a restart are skipped.",
			flag:    flag{name: "url", help: "base address of a receiver that runs already", kind: true},
			written: written{comment: "it runs already; what needs a restart is skipped, and said to be"}},
	},
}
