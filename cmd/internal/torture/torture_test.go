package torture

import (
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/ctxpush/ctxpush/fixtures/hostile"
)

// receiverWord makes this binary a receiver that misbehaves.
const receiverWord = "hostile-receiver"

// program is ctxpush, built.
var program Program

func TestMain(m *testing.M) {
	hostile.Linger()
	if len(os.Args) == 3 && os.Args[1] == receiverWord {
		os.Exit(hostile.Main(os.Args[2]))
	}
	os.Exit(runTests(m))
}

func runTests(m *testing.M) int {
	dir, err := os.MkdirTemp("", "ctxpush-torture-test-")
	if err != nil {
		panic(err)
	}
	defer os.RemoveAll(dir)
	program = Program{Path: filepath.Join(dir, "ctxpush"), Receiver: []string{os.Args[0], receiverWord}}
	if program.Receiver[0], err = os.Executable(); err != nil {
		panic(err)
	}
	build := exec.Command("go", "build", "-ldflags=-s -w", "-o", program.Path, "github.com/ctxpush/ctxpush/cmd/ctxpush")
	build.Env = append(os.Environ(), "CGO_ENABLED=0")
	if out, err := build.CombinedOutput(); err != nil {
		panic(string(out))
	}
	return m.Run()
}

// Every behaviour once, by one command or another; make torture plays all.
func TestHostileReceivers(t *testing.T) {
	const parallel = 8 // most of the time is waiting
	err := program.Play(t.Context(), Quick(), parallel, func(row Row) {
		if len(row.Wrong) > 0 {
			t.Errorf("%s: exit code %d after %s, %d MiB, says %q:\n%s", row.Case, row.Exit, row.Took, row.Memory>>20, row.Says, strings.Join(row.Wrong, "\n"))
		}
	})
	if err != nil {
		t.Fatal(err)
	}
}

func TestBehavioursAreTold(t *testing.T) {
	seen := map[string]bool{}
	for _, b := range hostile.List() {
		if seen[b.Name()] {
			t.Errorf("two behaviours are called %s", b.Name())
		}
		seen[b.Name()] = true
		if b.About() == "" || strings.ContainsAny(b.Name(), " /_") {
			t.Errorf("%q: %q: want a name in lower case with hyphens, and a line about it", b.Name(), b.About())
		}
	}
	if len(seen) < 40 {
		t.Errorf("%d behaviours: want 40 or more", len(seen))
	}
	for name := range exceptions {
		if hostile.Find(strings.Split(name, "/")[0]) == nil {
			t.Errorf("%s is expected of no behaviour", name)
		}
	}
	for _, name := range silent {
		if hostile.Find(name) == nil {
			t.Errorf("no behaviour is called %s", name)
		}
	}
}

func TestReveals(t *testing.T) {
	for name, spelling := range hostile.Spellings(Secret) {
		if found := Reveals([]byte("a log: " + spelling + ", and so on")); len(found) == 0 {
			t.Errorf("%s: %q is not found", name, spelling)
		}
	}
	if found := Reveals([]byte("nothing at all")); found != nil {
		t.Errorf("found %v in nothing", found)
	}
	// Across the border of two pieces that are read one after the other.
	name := filepath.Join(t.TempDir(), "f")
	if err := os.WriteFile(name, []byte(strings.Repeat("x", 256<<10-10)+Secret), 0o600); err != nil {
		t.Fatal(err)
	}
	if how, size, err := revealedBy(name); err != nil || size != int64(256<<10-10+len(Secret)) || len(how) == 0 {
		t.Errorf("got %v, %d, %v", how, size, err)
	}
}
