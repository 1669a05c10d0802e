package load_test

import (
	"fmt"
	"math"
	"strings"
	"testing"
	"time"

	"github.com/ctxpush/ctxpush/mocksender"
	"github.com/ctxpush/ctxpush/mocksender/load"
)

func TestValidate(t *testing.T) {
	good := load.Config{URL: "http://127.0.0.1:1/", Secret: secret, Source: newSource(1, 1)}
	if err := good.Validate(); err != nil {
		t.Fatal(err)
	}
	for want, spoil := range map[string]func(*load.Config){
		`url "ftp://x/": has the scheme "ftp": want http or https`: func(c *load.Config) { c.URL = "ftp://x/" },
		"url \"\": is empty":                 func(c *load.Config) { c.URL = "" },
		`profile "2024": want 2025 or 2026`:  func(c *load.Config) { c.Profile = "2024" },
		"control character":                  func(c *load.Config) { c.Secret = secret + "\n" },
		"no source":                          func(c *load.Config) { c.Source = nil },
		"duration -1s: want a time above 0":  func(c *load.Config) { c.Duration = -time.Second },
		"-1 connections: want 1 to 60000":    func(c *load.Config) { c.Connections = -1 },
		"60001 connections":                  func(c *load.Config) { c.Connections = 60_001 },
		"timeout -1ns":                       func(c *load.Config) { c.Timeout = -1 },
		"time scale -1":                      func(c *load.Config) { c.TimeScale = -1 },
		"time scale NaN":                     func(c *load.Config) { c.TimeScale = math.NaN() },
		"time scale +Inf":                    func(c *load.Config) { c.TimeScale = math.Inf(1) },
		"interval -1ns":                      func(c *load.Config) { c.Interval = -1 },
		"jitter 2: want 0 to 1":              func(c *load.Config) { c.Backoff = mocksender.Backoff{Jitter: 2} },
		"fault slow: share 1.5: want 0 to 1": func(c *load.Config) { c.Faults.Slow = 1.5 },
		"fault reset: share NaN":             func(c *load.Config) { c.Faults.Reset = math.NaN() },
		"fault lost-ack: share -0.1":         func(c *load.Config) { c.Faults.LostAck = -.1 },
		"strike a share of 1.5 together":     func(c *load.Config) { c.Faults = load.Faults{LostAck: .5, Slow: .5, Reset: .5} },
	} {
		c := good
		spoil(&c)
		err := c.Validate()
		if err == nil || !strings.Contains(err.Error(), want) || strings.Contains(err.Error(), "\n") || strings.Contains(err.Error(), secret) {
			t.Errorf("%v, want one line with %q", err, want)
		}
		if _, runErr := load.Run(t.Context(), c); runErr == nil || runErr.Error() != err.Error() {
			t.Errorf("Run: %v, want %v", runErr, err)
		}
	}
}

func TestConfigHidesTheSecret(t *testing.T) {
	c := load.Config{URL: "http://127.0.0.1:1/?key=" + secret, Secret: secret}
	for _, text := range []string{fmt.Sprint(c), fmt.Sprintf("%+v", c), fmt.Sprintf("%#v", c), fmt.Sprintf("%v", &c)} {
		if strings.Contains(text, secret) || !strings.Contains(text, "http://127.0.0.1:1/") {
			t.Error(text)
		}
	}
}
