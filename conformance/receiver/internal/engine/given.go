package engine

import (
	"context"
	"crypto/sha256"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"

	"github.com/moby/moby/client"
)

const (
	hostVariable    = "DOCKER_HOST"
	contextVariable = "DOCKER_CONTEXT"
)

// given is the variable by which the environment names an engine, and its value;
// empty where it names none. As for the engine's own program, the host goes before
// the context.
func given() (variable, value string) {
	if host := os.Getenv(hostVariable); host != "" {
		return hostVariable, host
	}
	if name := os.Getenv(contextVariable); name != "" && name != "default" {
		return contextVariable, name
	}
	return "", ""
}

// givenHost is the address of the engine that the environment names; empty where
// it names none.
func givenHost() (string, error) {
	variable, value := given()
	if variable != contextVariable {
		return value, nil
	}
	folder := os.Getenv("DOCKER_CONFIG")
	if folder == "" {
		home, err := os.UserHomeDir()
		if err != nil {
			return "", err
		}
		folder = filepath.Join(home, ".docker")
	}
	return hostOfContext(folder, value)
}

// hostOfContext reads a context as the engine's own program has stored it.
func hostOfContext(folder, name string) (string, error) {
	id := fmt.Sprintf("%x", sha256.Sum256([]byte(name)))
	data, err := os.ReadFile(filepath.Join(folder, "contexts", "meta", id, "meta.json"))
	if errors.Is(err, fs.ErrNotExist) {
		return "", fmt.Errorf("there is no such context in %s: docker context ls lists them", folder)
	}
	if err != nil {
		return "", err
	}
	var meta struct {
		Endpoints struct {
			Docker struct{ Host string } `json:"docker"`
		}
	}
	if err := json.Unmarshal(data, &meta); err != nil || meta.Endpoints.Docker.Host == "" {
		return "", errors.New("the context names no address of an engine")
	}
	return meta.Endpoints.Docker.Host, nil
}

// pingGiven tells whether the engine that the environment names answers, where it
// names one: testcontainers-go would take another one in its place.
func pingGiven(ctx context.Context) error {
	host, err := givenHost()
	if err != nil || host == "" {
		return err
	}
	api, err := client.New(client.FromEnv, client.WithHost(host))
	if err != nil {
		return err
	}
	defer api.Close()
	_, err = api.Ping(ctx, client.PingOptions{})
	return err
}

// withContext calls f with the context's address where testcontainers-go looks for
// one: it knows of no contexts.
func withContext(f func()) {
	if variable, _ := given(); variable == contextVariable {
		if host, err := givenHost(); err == nil {
			os.Setenv(hostVariable, host)
			defer os.Unsetenv(hostVariable)
		}
	}
	f()
}
