package receiver

import (
	"crypto/rand"
	"fmt"
	"os"
	"strings"
	"sync"
	"time"

	"github.com/ctxpush/ctxpush/conformance/config"
	"github.com/ctxpush/ctxpush/conformance/receiver/internal/owner"
	"github.com/ctxpush/ctxpush/conformance/receiver/internal/process"
)

// stopGrace is Env.Grace's default.
const stopGrace = 10 * time.Second

// Env is what a run gives to the receiver that it starts.
type Env struct {
	// Secret is the shared secret: the value of ${SECRET}, and blanked out of
	// the log; default Config.Secret. Without either a built-in receiver can't
	// start.
	Secret string

	// RunID marks the containers and images that are made for the run; default
	// a random one.
	RunID string

	// Grace is how long Stop waits for an end before it kills; default 10s.
	Grace time.Duration

	// BuiltIn makes the receiver where the Config names none; nil is the kind
	// BuiltIn, where it is linked.
	BuiltIn Constructor
}

// Constructor makes a receiver of a Config that is right and has its defaults. It
// starts nothing. The error is a *config.Error.
type Constructor func(cfg config.Config, env Env) (Receiver, error)

// Kind is a way in which a receiver runs. Each is a value that registers itself;
// those that need much are packages of their own, linked by those who want them.
type Kind struct {
	// Name is its key below receiver, or BuiltIn.
	Name string
	New  Constructor
	// StartAdvice is what to do about a receiver that does not start, a line or
	// two; tried is set where it ran, and did not get ready. SecretAdvice is what
	// to do about one that refuses the right secret. Nil is nothing in particular.
	StartAdvice  func(r config.Receiver, tried bool) []string
	SecretAdvice func(r config.Receiver) []string
}

// BuiltIn is the name of the kind that is taken where a Config names none.
const BuiltIn = "built-in"

var kinds = map[string]Kind{}

// Register makes a kind known, at the program's start. Two of one name are a
// mistake in the program.
func Register(k Kind) {
	if _, twice := kinds[k.Name]; twice {
		panic("receiver: two kinds " + k.Name)
	}
	kinds[k.Name] = k
}

// KindOf is the kind that a description is of; the zero Kind where it is not
// linked.
func KindOf(r config.Receiver) Kind { return kinds[nameOf(r)] }

func nameOf(r config.Receiver) string {
	if name := r.Kind(); name != "" {
		return name
	}
	return BuiltIn
}

// home is the package that has to be linked for a kind.
func home(name string) string {
	return "github.com/ctxpush/ctxpush/conformance/receiver/" + strings.ReplaceAll(name, "-", "")
}

// New is the receiver that cfg describes. It starts nothing, and removes what
// runs that were killed have left behind. The error is a *config.Error: the
// user's mistake, before anything was made, or a kind that is not linked.
func New(cfg config.Config, env Env) (Receiver, error) {
	if env.Secret == "" {
		env.Secret = string(cfg.Secret)
	}
	if env.RunID == "" {
		env.RunID = rand.Text()
	}
	if env.Grace <= 0 {
		env.Grace = stopGrace
	}
	cfg.Secret = config.Secret(env.Secret)
	cfg.SetDefaults()
	if err := cfg.Validate(); err != nil {
		return nil, err
	}
	made := KindOf(cfg.Receiver).New
	if cfg.Receiver.Kind() == "" && env.BuiltIn != nil {
		made = env.BuiltIn
	}
	if made == nil {
		return nil, notLinked(cfg)
	}
	removeStaleOnce()
	return made(cfg, env)
}

func notLinked(cfg config.Config) error {
	if name := cfg.Receiver.Kind(); name != "" {
		return cfg.Mistake("receiver."+name, "this kind of receiver is not linked into the program: want import _ %q", home(name))
	}
	return cfg.Mistake("receiver", "missing: want url or command, or for the built-in one import _ %q", home(BuiltIn))
}

// removeStaleOnce removes what runs that were killed have left on this machine:
// processes and temporary folders. What stays here is found by the next run.
var removeStaleOnce = sync.OnceFunc(func() {
	_ = process.EndStrays(func(mark string) bool { return owner.OfMark(mark).IsGone() })
	owner.RemoveStaleTemps(os.TempDir())
})

func mistake(key, format string, args ...any) *config.Error {
	return &config.Error{Key: key, Msg: fmt.Sprintf(format, args...)}
}
