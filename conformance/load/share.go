package load

import (
	"fmt"
	"sort"
	"strconv"
	"strings"

	"github.com/ctxpush/ctxpush/conformance/internal/text"
	"github.com/ctxpush/ctxpush/scenarios/strictyaml"
)

// Faults are the shares of what goes wrong on purpose, from 0 to 1.
type Faults struct {
	Duplicate float64 `json:"duplicate"` // entries that are sent again
	Reorder   float64 `json:"reorder"`   // entries that are held back, and come after later ones
	Drop      float64 `json:"drop"`      // intermediate entries that are never sent
	LostAck   float64 `json:"lost_ack"`  // requests whose answer is not read
	Slow      float64 `json:"slow"`      // requests whose body comes slowly
	Reset     float64 `json:"reset"`     // connections that are cut in the middle of a request
}

// faultNames are the names of --faults, in the order in which they are shown.
var faultNames = []struct {
	name string
	of   func(*Faults) *float64
}{
	{"duplicate", func(f *Faults) *float64 { return &f.Duplicate }},
	{"reorder", func(f *Faults) *float64 { return &f.Reorder }},
	{"drop", func(f *Faults) *float64 { return &f.Drop }},
	{"lost-ack", func(f *Faults) *float64 { return &f.LostAck }},
	{"slow", func(f *Faults) *float64 { return &f.Slow }},
	{"reset", func(f *Faults) *float64 { return &f.Reset }},
}

// FaultNames are the faults that ParseFaults knows.
func FaultNames() []string {
	var names []string
	for _, f := range faultNames {
		names = append(names, f.name)
	}
	return names
}

// ParseFaults reads shares such as duplicate=5%,lost-ack=1%; empty is none. The
// error is one line that names the fault and says what would be right.
func ParseFaults(s string) (Faults, error) {
	var f Faults
	seen := map[string]bool{}
	for _, part := range strings.Split(s, ",") {
		part = strings.TrimSpace(part)
		if part == "" {
			continue
		}
		name, value, ok := strings.Cut(part, "=")
		name = strings.TrimSpace(name)
		var share *float64
		for _, known := range faultNames {
			if known.name == name {
				share = known.of(&f)
			}
		}
		switch {
		case share == nil:
			return Faults{}, fmt.Errorf("fault %.40q is not known; %s", name, strictyaml.Suggest(name, FaultNames()))
		case !ok:
			return Faults{}, fmt.Errorf("fault %s has no share: want such as %s=5%%", name, name)
		case seen[name]:
			return Faults{}, fmt.Errorf("fault %s is named twice: want it once", name)
		}
		seen[name] = true
		parsed, err := parseShare(value)
		if err != nil {
			return Faults{}, fmt.Errorf("fault %s=%s: %w", name, text.Shown(strings.TrimSpace(value), 40), err)
		}
		*share = parsed
	}
	return f, nil
}

// parseShare reads a percentage as a share of 1.
func parseShare(s string) (float64, error) {
	digits, ok := strings.CutSuffix(strings.TrimSpace(s), "%")
	p, err := number(digits)
	if !ok || err != nil || p > 100 {
		return 0, fmt.Errorf("want a percentage from 0%% to 100%%, such as 5%%")
	}
	return p / 100, nil
}

// String is the form that ParseFaults reads, without what is 0.
func (f Faults) String() string {
	var parts []string
	for _, known := range faultNames {
		if share := *known.of(&f); share > 0 {
			parts = append(parts, known.name+"="+strconv.FormatFloat(share*100, 'g', 10, 64)+"%")
		}
	}
	return strings.Join(parts, ",")
}

// Shard is one of N equal parts of a load. The zero Shard is the whole.
type Shard struct {
	I int `json:"i"` // from 1
	N int `json:"n"`
}

// maxShards bounds what a slip of the pen asks for.
const maxShards = 100_000

// ParseShard reads I/N, such as 2/4.
func ParseShard(s string) (Shard, error) {
	a, b, ok := strings.Cut(s, "/")
	i, errI := strconv.Atoi(a)
	n, errN := strconv.Atoi(b)
	sh := Shard{i, n}
	if !ok || errI != nil || errN != nil || sh.validate() != nil {
		return Shard{}, fmt.Errorf("%.40q: want I/N with I from 1 to N, such as 1/4", s)
	}
	return sh, nil
}

func (s Shard) validate() error {
	if s.I < 1 || s.N < s.I || s.N > maxShards {
		return fmt.Errorf("shard %d/%d: want I/N with I from 1 to N, such as 1/4", s.I, s.N)
	}
	return nil
}

// String is I/N.
func (s Shard) String() string { return fmt.Sprintf("%d/%d", s.I, s.N) }

// Verification says which final states are looked at. The zero Verification is
// none.
type Verification struct {
	// All looks at every message that can be judged.
	All bool
	// Sample is how many messages are looked at, spread over all; 0 is none.
	Sample uint64
}

// ParseVerification reads all, none or sample=N.
func ParseVerification(s string) (Verification, error) {
	if number, ok := strings.CutPrefix(s, "sample="); ok {
		n, err := strconv.ParseUint(number, 10, 63)
		if err != nil || n == 0 {
			return Verification{}, fmt.Errorf("sample=%s: want a whole number of messages of 1 or more", text.Shown(number, 40))
		}
		return Verification{Sample: n}, nil
	}
	switch s {
	case "all":
		return Verification{All: true}, nil
	case "none":
		return Verification{}, nil
	}
	return Verification{}, fmt.Errorf("%.40q: want all, sample=N or none", s)
}

// String is the form that ParseVerification reads.
func (v Verification) String() string {
	switch {
	case v.All:
		return "all"
	case v.Sample > 0:
		return "sample=" + strconv.FormatUint(v.Sample, 10)
	}
	return "none"
}

// sortedErrors are the kinds of errors, the most frequent first.
func sortedErrors(errors map[string]uint64) []string {
	kinds := make([]string, 0, len(errors))
	for k := range errors {
		kinds = append(kinds, k)
	}
	sort.Slice(kinds, func(i, j int) bool {
		a, b := kinds[i], kinds[j]
		if errors[a] != errors[b] {
			return errors[a] > errors[b]
		}
		return a < b
	})
	return kinds
}
