//go:build unix

package receiver

import (
	"testing"

	. "github.com/onsi/gomega"
)

func TestCommandIsFrozen(t *testing.T) {
	freezes(t, newCommand(t, command(""), Env{}))
}

func TestOnlyWhatRunsIsFrozen(t *testing.T) {
	r := newCommand(t, command(""), Env{})
	NewWithT(t).Expect(r.(Freezer).Freeze(t.Context())).To(MatchError(ContainSubstring("does not run, and can't be frozen")))
}
