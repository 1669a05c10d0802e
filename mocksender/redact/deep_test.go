package redact_test

import (
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/ctxpush/ctxpush/mocksender/redact"
)

type inner struct {
	Text   string
	Raw    []byte
	Err    error
	hidden string
}

type word string

type outer struct {
	Any    any
	One    *inner
	Many   []inner
	ByName map[string]word
	At     time.Time
	None   *inner
	NoErr  error
}

func TestDeep(t *testing.T) {
	const token = "t0ken-of-mine"
	cause := errors.New("at " + token)
	of := func() *inner { return &inner{Text: "a " + token, Raw: []byte(token), Err: cause, hidden: "kept"} }
	before := outer{Any: *of(), One: of(), Many: []inner{*of()}, ByName: map[string]word{token: token}, At: time.Unix(7, 0)}
	after := redact.Deep(redact.New("[secret]", token), before)
	text := fmt.Sprintf("%+v %+v", after, after.One)
	if strings.Contains(text, token) || strings.Count(text, "[secret]") != 8 || string(after.One.Raw) != "[secret]" {
		t.Errorf("got %s", text)
	}
	if !errors.Is(after.One.Err, cause) || after.One.hidden != "kept" || !after.At.Equal(before.At) || after.None != nil {
		t.Errorf("more has changed than texts: %+v", after)
	}
	if before.One.Text != "a "+token || before.ByName[token] != token {
		t.Error("what was given has changed")
	}
	if got := redact.Deep[any](redact.New("[secret]", token), before).(outer); strings.Contains(fmt.Sprint(got), token) {
		t.Errorf("as an interface: %v", got)
	}
}
