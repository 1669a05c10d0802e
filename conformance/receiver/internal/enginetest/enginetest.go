// Package enginetest is what the tests of receivers in containers have in common.
package enginetest

import (
	"context"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"testing"

	"github.com/moby/moby/client"
	"github.com/onsi/gomega"

	"github.com/ctxpush/ctxpush/conformance/config"
	"github.com/ctxpush/ctxpush/conformance/receiver"
	"github.com/ctxpush/ctxpush/conformance/receiver/internal/engine"
	"github.com/ctxpush/ctxpush/conformance/receiver/internal/receivertest"
)

// Run marks what a package's tests make.
var Run = "test-" + strconv.Itoa(os.Getpid())

var connected = sync.OnceValues(func() (*engine.Engine, error) { return engine.Connect(context.Background()) })

var built = sync.OnceValues(func() (string, error) {
	e, err := connected()
	if err != nil {
		return "", err
	}
	dir, err := ImageContext(filepath.Dir(receivertest.Program))
	if err != nil {
		return "", err
	}
	name := engine.ImageName("test")
	return name, e.Build(context.Background(), config.Build{Context: dir}, name, Run+"-image", io.Discard)
})

// Image is the test's program in an image of its own, built once.
func Image(t *testing.T) string {
	t.Helper()
	Need(t)
	name, err := built()
	gomega.NewWithT(t).Expect(err).NotTo(gomega.HaveOccurred())
	return name
}

// ImageContext fills dir with what an image of the program is built from.
func ImageContext(dir string) (string, error) {
	file := filepath.Join(dir, "receiver")
	if file != receivertest.Program {
		if err := os.Link(receivertest.Program, file); err != nil {
			return "", err
		}
	}
	dockerfile := "FROM scratch\nCOPY receiver /receiver\nEXPOSE 8080\nENTRYPOINT [\"/receiver\"]\n"
	return dir, os.WriteFile(filepath.Join(dir, "Dockerfile"), []byte(dockerfile), 0o644)
}

// Need skips the test where there is no engine, unless there has to be.
func Need(t *testing.T) *engine.Engine {
	t.Helper()
	e, err := connected()
	if err != nil {
		Skip(t, err)
	}
	return e
}

// Skip skips the test for what is missing, unless it has to be there.
func Skip(t *testing.T, missing error) {
	t.Helper()
	if os.Getenv("CTXPUSH_REQUIRE_DOCKER") == "1" {
		t.Fatal(missing)
	}
	fmt.Fprintf(os.Stderr, "\n*** %s IS NOT TESTED: %v\n\n", t.Name(), missing)
	t.Skip(missing)
}

// Open is a receiver that is closed after the test.
func Open(t *testing.T, cfg config.Config, env receiver.Env) receiver.Receiver {
	t.Helper()
	env.Secret, env.RunID = receivertest.Secret, Run
	r, err := receiver.New(cfg, env)
	gomega.NewWithT(t).Expect(err).NotTo(gomega.HaveOccurred())
	t.Cleanup(func() { gomega.NewWithT(t).Expect(r.Close()).To(gomega.Succeed()) })
	return r
}

// AsksForPort lets a probe ask for a port of the receiver's containers.
func AsksForPort(c *config.Config, port int) {
	dsn := fmt.Sprintf("postgres://${HOST}:${PORT_%d}/x", port)
	c.Probe.SQL = &config.SQLProbe{Driver: "postgres", DSN: config.Secret(dsn), Query: "SELECT :user_id"}
}

// Leftovers are the containers, images and networks that the tests left behind.
func Leftovers() string {
	e, err := connected()
	if err != nil {
		return ""
	}
	ctx := context.Background()
	var left []string
	if image, err := built(); err == nil {
		if err := e.RemoveImage(ctx, image); err != nil {
			left = append(left, err.Error())
		}
	}
	filter := make(client.Filters).Add("label", engine.LabelRun+"="+Run)
	containers, err := e.API.ContainerList(ctx, client.ContainerListOptions{All: true, Filters: filter})
	if err != nil {
		return err.Error()
	}
	for _, c := range containers.Items {
		left = append(left, "container "+c.ID)
	}
	images, err := e.API.ImageList(ctx, client.ImageListOptions{Filters: filter})
	if err != nil {
		return err.Error()
	}
	for _, i := range images.Items {
		left = append(left, "image "+i.ID)
	}
	networks, err := e.API.NetworkList(ctx, client.NetworkListOptions{Filters: make(client.Filters).Add("label", "org.testcontainers=true")})
	if err != nil {
		return err.Error()
	}
	for _, n := range networks.Items {
		left = append(left, "network "+n.Network.Name)
	}
	return strings.Join(left, ", ")
}
