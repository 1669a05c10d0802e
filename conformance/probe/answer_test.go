package probe

import (
	"context"
	"testing"
	"time"

	"github.com/ctxpush/ctxpush/conformance/config"
)

// A jq that never ends is ended with its request.
func TestEndlessJQ(t *testing.T) {
	for _, src := range []string{"def f: f; f", "[repeat(1)]", "last(range(infinite))"} {
		code, err := config.HTTPProbe{JQ: src}.Program()
		if err != nil {
			t.Fatal(err)
		}
		ctx, cancel := context.WithTimeout(t.Context(), 10*time.Millisecond)
		defer cancel()
		r := reader{jq: inProcess{code}, src: src, mend: "probe.http.jq", redact: newRedactor(nil)}
		_, err = r.state(ctx, []byte(`{}`))
		if want := `probe.http.jq "` + src + `" did not end in time`; err == nil || err.Error() != want {
			t.Errorf("got %v, want %s", err, want)
		}
	}
}

func TestRedactor(t *testing.T) {
	r := newRedactor([]string{`a"b c`, "ab", "", "Bearer t0k3n", "Bearer t0k3n-long"})
	for in, want := range map[string]string{
		"t0k3n":                        "[secret]",
		"t0k3n-long":                   "[secret]",
		"Bearer t0k3n-long":            "[secret]",
		`a"b c`:                        "[secret]",
		`{"x":"a\"b c"}`:               `{"x":"[secret]"}`,
		"a%22b+c":                      "[secret]",
		"ab is too short to be secret": "ab is too short to be secret",
	} {
		if got := r.text(in); got != want {
			t.Errorf("%s became %s, want %s", in, got, want)
		}
	}
	if got, want := r.cut("12345t0k3n-long\n67890", 16), "12345[secret] 67…"; got != want {
		t.Errorf("got %s, want %s", got, want)
	}
	if got, want := r.cut("\xff\x1b[31m", 80), "\ufffdU+001B[31m"; got != want {
		t.Errorf("got %q, want %q", got, want)
	}
}
