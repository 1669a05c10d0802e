// Command receiver is a receiver to start, stop and kill: it takes no webhooks,
// but its mode says how it behaves, and a file how often it was started.
package main

import (
	"context"
	"fmt"
	"net"
	"net/http"
	"os"
	"os/exec"
	"os/signal"
	"strconv"
	"syscall"
)

func main() {
	if len(os.Args) > 1 && os.Args[1] == "healthy" {
		healthy()
	}
	mode := os.Getenv("MODE")
	fmt.Printf("receiver in mode %q\n", mode)
	switch mode {
	case "dies":
		fmt.Fprintln(os.Stderr, "no database at all")
		os.Exit(3)
	case "leaves-child":
		child := exec.Command(os.Args[0])
		child.Env = append(os.Environ(), "MODE=silent")
		child.Stdout, child.Stderr = os.Stdout, os.Stderr
		if err := child.Start(); err != nil {
			panic(err)
		}
		fmt.Printf("child %d\n", child.Process.Pid)
		os.Exit(4)
	case "tells-secret":
		s := os.Getenv("SECRET")
		fmt.Printf("the secret is %s", s[:len(s)/2])
		fmt.Printf("%s, oh\n%s", s[len(s)/2:], s[:len(s)-1])
	}

	terminated, stop := signal.NotifyContext(context.Background(), syscall.SIGTERM)
	defer stop()
	if mode == "silent" {
		signal.Ignore(syscall.SIGTERM)
		select {}
	}

	starts := 1
	if old, err := os.ReadFile("starts"); err == nil {
		starts, _ = strconv.Atoi(string(old))
		starts++
	}
	if err := os.WriteFile("starts", []byte(strconv.Itoa(starts)), 0o644); err != nil {
		panic(err)
	}
	mux := http.NewServeMux()
	mux.HandleFunc("/healthz", func(w http.ResponseWriter, _ *http.Request) {
		if mode == "sick" {
			w.WriteHeader(http.StatusServiceUnavailable)
		}
	})
	mux.HandleFunc("/starts", func(w http.ResponseWriter, _ *http.Request) { fmt.Fprint(w, starts) })
	mux.HandleFunc("/pid", func(w http.ResponseWriter, _ *http.Request) { fmt.Fprint(w, os.Getpid()) })
	mux.HandleFunc("/secret", func(w http.ResponseWriter, _ *http.Request) { fmt.Fprint(w, os.Getenv("SECRET")) })
	mux.HandleFunc("/die", func(http.ResponseWriter, *http.Request) { os.Exit(7) })

	l, err := net.Listen("tcp", net.JoinHostPort(os.Getenv("HOST"), os.Getenv("PORT")))
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
	go http.Serve(l, mux)
	<-terminated.Done()
	if mode == "stubborn" {
		select {}
	}
	fmt.Println("bye")
}

// healthy is a container's health check.
func healthy() {
	resp, err := http.Get("http://127.0.0.1:" + os.Getenv("PORT") + "/healthz")
	if err != nil || resp.StatusCode != http.StatusOK {
		os.Exit(1)
	}
	os.Exit(0)
}
