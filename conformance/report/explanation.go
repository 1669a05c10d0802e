package report

import (
	"slices"
)

// Explanation is one likely cause and the checks that fail because of it: one
// mistake of a receiver's often fails many checks.
type Explanation struct {
	Cause string `json:"cause"`
	// Checks are the ids of the checks; the first one tells the explanation.
	Checks []string `json:"checks"`
	// Smallest and Counterexample are the first check's.
	Smallest       []string `json:"smallest,omitempty"`
	Counterexample string   `json:"counterexample,omitempty"`
}

// explanations are the causes of the failures that were explained, in the order
// in which the checks that tell them are reported.
func explanations(checks []Check) []Explanation {
	var all []Explanation
	at := map[string]int{} // by cause
	for _, c := range checks {
		for _, f := range c.Failures {
			if _, known := at[f.Cause]; !known && f.SameAs == "" && len(f.Smallest) > 0 {
				at[f.Cause] = len(all)
				all = append(all, Explanation{Cause: f.Cause, Checks: []string{c.ID}, Smallest: f.Smallest, Counterexample: f.Counterexample})
			}
		}
	}
	for _, c := range checks {
		for _, f := range c.Failures {
			i, known := at[f.Cause]
			if known && !slices.Contains(all[i].Checks, c.ID) {
				all[i].Checks = append(all[i].Checks, c.ID)
			}
		}
	}
	return all
}
