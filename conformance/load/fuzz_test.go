package load

import (
	"strings"
	"testing"
)

// oneClearLine sees that an error is one line that a terminal can show.
func oneClearLine(t *testing.T, err error) {
	t.Helper()
	if msg := err.Error(); strings.ContainsAny(msg, "\n\r\x1b") || len(msg) > 1000 {
		t.Fatalf("not one clear line: %q", msg)
	}
}

func FuzzThreshold(f *testing.F) {
	for _, s := range []string{"p99<250ms", "error_rate <= 0.1%", "wrong==0", "events_per_s>5000:abort=10s", "late!=3:abort", "p50<-1ns", "max<1e999h",
		"error_rate<101%", "p99<\n", "events_per_s>0x1p4", "latency<1s", "p99=1s", ":abort=", "missing>NaN"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		r, err := ParseRule(s)
		if err != nil {
			oneClearLine(t, err)
			return
		}
		text := r.Text
		if r.Abort {
			text += ":abort=" + r.Grace.String()
		}
		if again, err := ParseRule(text); err != nil || again != r {
			t.Fatalf("%q is %+v, and %q is %+v, %v", s, r, text, again, err)
		}
		var rep Report
		if judged := r.Judge(&rep); judged.Show() == "" {
			t.Fatal("shows nothing")
		}
	})
}

func FuzzShares(f *testing.F) {
	for _, s := range []string{"duplicate=5%,reorder=10%,drop=5%,lost-ack=1%", "slow=100%,reset=0%", "drop=5\n%", "dorp=1%", "drop", "drop=1%,drop=1%", "drop=NaN%",
		"1/4", "4/1", "0/0", "2/99999999999999999999", "-1/2", "1/2/3", "all", "sample=1000", "sample=0", "sample=\x1b[2J", "none", ""} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		if faults, err := ParseFaults(s); err != nil {
			oneClearLine(t, err)
		} else if _, err := ParseFaults(faults.String()); err != nil {
			t.Fatalf("%q is %s: %v", s, faults, err)
		}
		if shard, err := ParseShard(s); err != nil {
			oneClearLine(t, err)
		} else if again, err := ParseShard(shard.String()); err != nil || again != shard || shard.I < 1 || shard.I > shard.N {
			t.Fatalf("%q is %s, %s, %v", s, shard, again, err)
		}
		if v, err := ParseVerification(s); err != nil {
			oneClearLine(t, err)
		} else if again, err := ParseVerification(v.String()); err != nil || again != v {
			t.Fatalf("%q is %s, %s, %v", s, v, again, err)
		}
	})
}
