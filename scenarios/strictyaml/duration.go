package strictyaml

import (
	"fmt"
	"math"
	"strconv"
	"strings"
	"time"
)

// Duration is the node as a length of time such as 250ms, 2s, 1h30m or 31d,
// with a sign where it is an offset.
func (n Node) Duration() (time.Duration, error) {
	const want = "a length of time such as 250ms, 2s, 1h30m or 31d"
	s, err := n.Text()
	if err != nil {
		return 0, n.wanted(want)
	}
	d, err := ParseDuration(s)
	if err != nil {
		return 0, n.wanted(want)
	}
	return d, nil
}

// ParseDuration is time.ParseDuration with days: 31d, 1d12h.
func ParseDuration(s string) (time.Duration, error) {
	rest, sign := s, time.Duration(1)
	if r, ok := strings.CutPrefix(rest, "-"); ok {
		rest, sign = r, -1
	} else {
		rest = strings.TrimPrefix(rest, "+")
	}
	days, after, ok := strings.Cut(rest, "d")
	if !ok {
		return time.ParseDuration(s)
	}
	const day = 24 * time.Hour
	wrong := fmt.Errorf("length of time %q: want such as 31d or 1d12h", s)
	n, err := strconv.ParseUint(days, 10, 64)
	if err != nil || n > uint64(math.MaxInt64/day) {
		return 0, wrong
	}
	d := time.Duration(n) * day
	if after != "" {
		more, err := time.ParseDuration(after)
		if err != nil || more < 0 || after[0] == '+' || d > math.MaxInt64-more {
			return 0, wrong
		}
		d += more
	}
	return sign * d, nil
}
