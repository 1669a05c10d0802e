package receiver

import (
	"crypto/rand"
	"fmt"
	"os"
	"time"

	"github.com/ctxpush/ctxpush/conformance/config"
	"github.com/ctxpush/ctxpush/fixtures/reference"
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

	// BuiltIn is for the built-in receiver alone: what is not set in it is the
	// Config's, and a store that is kept over all starts and removed by Close.
	BuiltIn reference.Options
}

// New is the receiver that cfg describes. It starts nothing, and removes what
// runs that were killed have left behind. The error is a *config.Error: the
// user's mistake, before anything was made.
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
	removeStaleOnce()
	switch r := cfg.Receiver; {
	case r.URL != "":
		return newRemote(r.URL)
	case r.Command != nil:
		return newProcess(cfg, env)
	case r.Container != nil:
		return newBox(cfg, env)
	case r.Compose != nil:
		return newCompose(cfg, env)
	}
	return newBuiltIn(cfg, env), nil
}

func mistake(key, format string, args ...any) *config.Error {
	return &config.Error{Key: key, Msg: fmt.Sprintf(format, args...)}
}

// folder says what is wrong with a path that should be one; empty: nothing.
func folder(path string) string {
	switch info, err := os.Stat(path); {
	case os.IsNotExist(err):
		return path + " does not exist: want a folder"
	case err != nil:
		return fmt.Sprintf("%s can't be read: %v", path, reasonOf(err))
	case !info.IsDir():
		return path + " is a file: want a folder"
	}
	return ""
}
