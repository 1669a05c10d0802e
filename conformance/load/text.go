package load

import (
	"fmt"
	"math"
	"strconv"
	"time"

	"github.com/ctxpush/ctxpush/conformance/internal/text"
)

// grouped is n with a comma between thousands.
func grouped(n uint64) string { return text.Thousands(n) }

// plural is "1 request" or "2 requests".
func plural(n uint64, noun string) string { return text.Plural(n, noun) }

// are is "1 state is" or "2 states are".
func are(n uint64, noun string) string {
	if n == 1 {
		return plural(n, noun) + " is"
	}
	return plural(n, noun) + " are"
}

// ms is a time in milliseconds as people read it.
func ms(v float64) string {
	switch {
	case v >= 10_000:
		return strconv.FormatFloat(v/1000, 'f', 1, 64) + " s"
	case v >= 1000:
		return strconv.FormatFloat(v/1000, 'f', 2, 64) + " s"
	case v >= 100:
		return strconv.FormatFloat(v, 'f', 0, 64) + " ms"
	case v >= 1:
		return strconv.FormatFloat(v, 'f', 1, 64) + " ms"
	case v == 0:
		return "0"
	}
	return strconv.FormatFloat(v*1000, 'f', 0, 64) + " µs"
}

// rate is a number a second as people read it.
func rate(v float64) string {
	if v >= 100 {
		return grouped(uint64(math.Round(v)))
	}
	return strconv.FormatFloat(v, 'f', 1, 64)
}

// size is a number of bytes as people read it.
func size(bytes uint64) string {
	const unit = 1000
	if bytes < unit {
		return plural(bytes, "byte")
	}
	v, name := float64(bytes)/unit, "kB"
	for _, next := range []string{"MB", "GB", "TB"} {
		if v < unit {
			break
		}
		v, name = v/unit, next
	}
	return fmt.Sprintf("%.1f %s", v, name)
}

// seconds is a duration as people say it.
func seconds(s float64) string {
	d := time.Duration(s * float64(time.Second))
	if d < time.Minute {
		return strconv.FormatFloat(s, 'f', 1, 64) + " s"
	}
	d = d.Round(time.Second)
	if d < time.Hour {
		return fmt.Sprintf("%d min %d s", d/time.Minute, d%time.Minute/time.Second)
	}
	return fmt.Sprintf("%d h %d min", d/time.Hour, d%time.Hour/time.Minute)
}

// per is n a second over s seconds, 0 where no time has passed.
func per(n uint64, s float64) float64 {
	if s <= 0 {
		return 0
	}
	return float64(n) / s
}
