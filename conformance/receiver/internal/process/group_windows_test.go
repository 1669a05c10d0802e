package process

import (
	"errors"
	"os/exec"
	"testing"
)

// A job ends what is in it, children too, and can't be frozen.
func TestJobObject(t *testing.T) {
	cmd := exec.Command("cmd", "/c", "ping -n 600 127.0.0.1 >nul")
	setGroup(cmd)
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	g, err := newGroup(cmd.Process)
	if err != nil {
		cmd.Process.Kill()
		t.Fatal(err)
	}
	for _, err := range []error{g.pause(), g.resume()} {
		if !errors.Is(err, errNoPause) {
			t.Errorf("got %v: want %v", err, errNoPause)
		}
	}
	if err := g.terminate(); err != nil {
		t.Error(err)
	}
	var ended *exec.ExitError
	if err := cmd.Wait(); !errors.As(err, &ended) || ended.ExitCode() != 1 {
		t.Errorf("ended with %v: want exit code 1, which the job gives", err)
	}
}
