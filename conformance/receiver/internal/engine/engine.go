// Package engine is the container engine, and what is made, started and removed
// there.
package engine

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"sync"
	"time"

	"github.com/magiconair/properties"
	"github.com/moby/moby/client"
	"github.com/testcontainers/testcontainers-go"
	tclog "github.com/testcontainers/testcontainers-go/log"

	"github.com/ctxpush/ctxpush/conformance/receiver"
)

const (
	connectFor = 15 * time.Second // for an engine's first answer
	answerFor  = 15 * time.Second // for a look at what there is
	callFor    = time.Minute      // for a short call that must not be broken off
)

// CloseFor is how long removing what was made may take.
const CloseFor = 30 * time.Second

// Engine is the container engine that testcontainers-go finds.
type Engine struct {
	provider *testcontainers.DockerProvider
	API      client.APIClient
}

// Connect finds the engine.
func Connect(ctx context.Context) (*Engine, error) {
	type answer struct {
		provider *testcontainers.DockerProvider
		err      error
	}
	ctx, cancel := context.WithTimeout(ctx, connectFor)
	defer cancel()
	got := make(chan answer, 1)
	go func() {
		err := pingGiven(ctx)
		var provider *testcontainers.DockerProvider
		if err == nil {
			provider, err = dial()
		}
		got <- answer{provider, err}
	}()
	// The look for an engine takes no context.
	select {
	case a := <-got:
		if a.err != nil {
			return nil, noEngine(a.err)
		}
		return &Engine{provider: a.provider, API: a.provider.Client()}, nil
	case <-ctx.Done():
		if errors.Is(ctx.Err(), context.DeadlineExceeded) {
			return nil, noEngine(fmt.Errorf("no answer within %s", connectFor))
		}
		return nil, ctx.Err()
	}
}

// Close ends the connection to the engine.
func (e *Engine) Close() error { return e.provider.Close() }

var dialing sync.Mutex

func dial() (provider *testcontainers.DockerProvider, err error) {
	dialing.Lock()
	defer dialing.Unlock()
	// An engine that goes away between two calls makes testcontainers-go panic.
	defer func() {
		if v := recover(); v != nil {
			err = fmt.Errorf("%v", v)
		}
	}()
	settleRyuk()
	// The first connection greets on the default logger, whatever the
	// provider's own is.
	before := tclog.Default()
	tclog.SetDefault(tclog.NewNoopLogger())
	defer tclog.SetDefault(before)
	withContext(func() {
		provider, err = testcontainers.NewDockerProvider(testcontainers.WithLogger(tclog.NewNoopLogger()))
	})
	return provider, err
}

func noEngine(err error) error {
	host := client.DefaultDockerHost
	if variable, value := given(); variable != "" {
		host = value + " (" + variable + ")"
	}
	return &receiver.NoEngineError{Host: host, Err: err}
}

// Explain tells an engine that is gone from an answer of its.
func Explain(err error) error {
	if client.IsErrConnectionFailed(err) {
		return noEngine(err)
	}
	return err
}

const ryukVariable = "TESTCONTAINERS_RYUK_DISABLED"

// settleRyuk turns Ryuk off unless the user's own setting of testcontainers
// turns it on: its image can't be pulled everywhere, and what is made here is
// removed without it. testcontainers-go reads its settings once in a process;
// where it has done so before, its user's choice stands.
var settleRyuk = sync.OnceFunc(func() {
	if wantsRyuk() {
		return
	}
	before, set := os.LookupEnv(ryukVariable)
	os.Setenv(ryukVariable, "true")
	testcontainers.ReadConfig()
	// Programs that are started later are not to see it.
	if set {
		os.Setenv(ryukVariable, before)
	} else {
		os.Unsetenv(ryukVariable)
	}
})

// wantsRyuk reads the variable, and then the file, as testcontainers-go does,
// but for its default.
func wantsRyuk() bool {
	if disabled, err := strconv.ParseBool(os.Getenv(ryukVariable)); err == nil {
		return !disabled
	}
	home, err := os.UserHomeDir()
	if err != nil {
		return false
	}
	file, err := properties.LoadFile(filepath.Join(home, ".testcontainers.properties"), properties.UTF8)
	if err != nil {
		return false
	}
	disabled, err := strconv.ParseBool(file.GetString("ryuk.disabled", ""))
	return err == nil && !disabled
}
