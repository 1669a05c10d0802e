package main

import (
	"encoding/json"
	"strings"
	"testing"

	"github.com/ctxpush/ctxpush/conformance/doctor"
)

func TestDoctor(t *testing.T) {
	out, _ := ctxpush(t, exitOK, "doctor", "--built-in")
	if strings.Count(out, "\nok ") != len(doctor.Steps()) || !strings.HasSuffix(out, " ok, 0 failed, 0 skipped: ready to be certified\n") {
		t.Errorf("got\n%s", out)
	}
}

func TestDoctorOfABadReceiver(t *testing.T) {
	out, _ := ctxpush(t, exitSurroundings, "doctor", "--url", "http://127.0.0.1:1", "--secret", initSecret)
	for _, want := range []string{"FAILED   start ", "\n                          → start the receiver", "\nskipped  webhook ", "not ready to be certified\n"} {
		if !strings.Contains(out, want) {
			t.Errorf("got\n%swhich lacks %q", out, want)
		}
	}
	if strings.Contains(out, initSecret) {
		t.Errorf("the secret shows:\n%s", out)
	}
	file := write(t, "receiver.yaml", "receiver: {url: \""+running(t)+"\"}\nsecret: {value: another}\npath: /webhooks/contextpush\n")
	out, _ = ctxpush(t, exitSurroundings, "doctor", file)
	if !strings.Contains(out, "FAILED   right secret     answered 401") {
		t.Errorf("got\n%s", out)
	}
}

func TestDoctorOfAMistake(t *testing.T) {
	file := write(t, "receiver.yaml", "reciever: {}\n")
	out, stderr := ctxpush(t, exitMistake, "doctor", file)
	if !strings.HasPrefix(out, "FAILED   config ") || !strings.Contains(stderr, `did you mean receiver?`) && !strings.Contains(stderr, `did you mean "receiver"?`) {
		t.Errorf("got\n%s%s", out, stderr)
	}
}

func TestDoctorAsJSON(t *testing.T) {
	out, _ := ctxpush(t, exitSurroundings, "doctor", "--json", "--url", "http://127.0.0.1:1", "--secret", "x")
	var found []doctor.Finding
	if err := json.Unmarshal([]byte(out), &found); err != nil || len(found) != 1+len(doctor.Steps()) || found[1].Result != doctor.Failed || !found[1].Surroundings {
		t.Errorf("%v: got\n%s", err, out)
	}
}
