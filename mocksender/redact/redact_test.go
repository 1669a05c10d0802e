package redact_test

import (
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"html"
	"net/url"
	"strings"
	"testing"

	"github.com/ctxpush/ctxpush/mocksender/redact"
	"pgregory.net/rapid"
)

func TestText(t *testing.T) {
	const secret = `S3cr<"é/t`
	quoted, _ := json.Marshal(secret)
	r := redact.New("[secret]", secret, "other", "")
	for name, s := range map[string]string{
		"plain":       "got " + secret + " twice " + secret,
		"other case":  strings.ToUpper("got S3cr<") + `"é/T`,
		"JSON":        `{"header":` + string(quoted) + `}`,
		"JSON, plain": `{"header":"S3cr<\"é/t"}`,
		"query":       "/?s=" + url.QueryEscape(secret),
		"path":        "/" + url.PathEscape(secret) + "/",
		"base64":      base64.StdEncoding.EncodeToString([]byte(secret)),
		"basic":       "Basic " + base64.StdEncoding.EncodeToString([]byte("user:"+secret)),
		"in base64":   base64.RawURLEncoding.EncodeToString([]byte("it is " + secret + ", you know")),
		"HTML":        "<pre>" + html.EscapeString(secret) + "</pre>",
		"HTML, named": "<pre>S3cr&lt;&quot;é/t</pre>",
		"hexadecimal": hex.EncodeToString([]byte(secret)),
		"the second":  "another",
	} {
		if got := r.Text(s); got == s || !strings.Contains(got, "[secret]") || strings.Contains(strings.ToLower(got), "s3cr") {
			t.Errorf("%s: %q gives %q", name, s, got)
		}
	}
	if got := r.Text("nothing here, Sécret"); got != "nothing here, Sécret" {
		t.Errorf("a text without a secret became %q", got)
	}
}

func TestHideKeepsTheOriginal(t *testing.T) {
	r := redact.New("[secret]", "abcdef")
	wider := r.Hide("abc", "[a part]")
	if got := wider.Text("abcdef ABC"); got != "[secret] [a part]" {
		t.Errorf("got %q: want the longer text to win", got)
	}
	if got := r.Text("abcdef abc"); got != "[secret] abc" {
		t.Errorf("got %q: Hide changed the redactor it was called on", got)
	}
	var none *redact.Redactor
	if got := none.Hide("x", "-").Text("xyx"); got != "-y-" {
		t.Errorf("got %q: want -y-", got)
	}
	if none.Text("x") != "x" || none.Cut("x") != "x" {
		t.Error("the nil redactor changes a text")
	}
}

func TestCut(t *testing.T) {
	r := redact.New("[secret]", "Abcdef")
	for s, want := range map[string]string{"x abcd": "x ", "x ABCDEF": "x [secret]", "x abcdx": "x abcdx", "abcdefabc": "[secret]", "": ""} {
		if got := r.Cut(s); got != want {
			t.Errorf("%q: got %q: want %q", s, got, want)
		}
	}
}

// Whatever the texts around it and wherever it is cut, no text shows the secret.
func TestNoTextShowsTheSecret(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		secret := rapid.StringMatching(`[a-zA-Z0-9+/ "<&é]{3,20}`).Draw(t, "secret")
		before := rapid.String().Draw(t, "before")
		after := rapid.String().Draw(t, "after")
		text := before + secret + after
		r := redact.New("#", secret)
		if got := r.Text(text); strings.Contains(got, secret) {
			t.Fatalf("%q shows %q", got, secret)
		}
		at := rapid.IntRange(0, len(text)).Draw(t, "at")
		if got := r.Cut(text[:at]); strings.Contains(got, secret) {
			t.Fatalf("%q shows %q", got, secret)
		}
	})
}
