package config

import (
	"errors"
	"fmt"
	"net"
	"net/url"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"
	"unicode"

	"github.com/ctxpush/ctxpush/conformance/sqltext"
	"github.com/ctxpush/ctxpush/scenarios/strictyaml"
	"github.com/itchyny/gojq"
	"golang.org/x/net/http/httpguts"
)

// The checks of single values. The loader, the flags and Validate share them,
// so that a value is judged alike wherever it came from. Their messages never
// hold what may be a secret.

func checkName(s string) error {
	if strings.ContainsFunc(s, unicode.IsControl) {
		return fmt.Errorf("%s: want one line", strictyaml.Quote(s))
	}
	return nil
}

func checkPath(s string) error {
	if !strings.HasPrefix(s, "/") {
		return fmt.Errorf("%s: want a path that begins with /", strictyaml.Quote(s))
	}
	if strings.ContainsFunc(s, func(r rune) bool { return r <= ' ' || r == 0x7f || r == '#' }) {
		return fmt.Errorf("%s: want a path without spaces and #; write %%20 and %%23", strictyaml.Quote(s))
	}
	if _, err := url.Parse("http://host" + s); err != nil {
		return fmt.Errorf("%s: want a path whose every %% begins a %%XX", strictyaml.Quote(s))
	}
	return nil
}

func checkURL(s string) error {
	const want = "want a URL with scheme and host, such as http://127.0.0.1:3000"
	if strings.Contains(s, "@") {
		// It is shown in reports and process lists.
		return errors.New("holds a user or a password: want a URL without; a header can carry them to the probe")
	}
	u, err := url.Parse(s)
	if err != nil || u.Host == "" || u.Hostname() == "" || u.Scheme != "http" && u.Scheme != "https" {
		with, err := url.Parse("http://" + s)
		if err == nil && with.Hostname() != "" && with.Path == "" && !strings.Contains(s, "/") {
			return fmt.Errorf("%s: %s; did you mean %s?", strictyaml.Quote(s), want, strictyaml.Quote("http://"+s))
		}
		return fmt.Errorf("%s: %s", strictyaml.Quote(s), want)
	}
	if strings.ContainsAny(s, "?#") {
		return fmt.Errorf("%s: want a URL without ? and #", strictyaml.Quote(s))
	}
	if _, port, err := net.SplitHostPort(u.Host); err == nil {
		if _, err := parsePort(port); err != nil {
			return fmt.Errorf("%s: port %w", strictyaml.Quote(s), err)
		}
	}
	return nil
}

func checkSecret(s string) error {
	switch {
	case s == "":
		return errors.New("is empty: want the shared secret")
	case !httpguts.ValidHeaderFieldValue(s):
		return errors.New("holds a line break or a control character, which no header can carry")
	case strings.TrimSpace(s) != s:
		return errors.New("begins or ends with a space, which a header loses")
	}
	return nil
}

func checkHeaderName(s string) error {
	if !httpguts.ValidHeaderFieldName(s) {
		return fmt.Errorf("%s is no name of a header", strictyaml.Quote(s))
	}
	return nil
}

func checkHeaderValue(s string) error {
	if !httpguts.ValidHeaderFieldValue(s) {
		return errors.New("holds a line break or a control character, which no header can carry")
	}
	return headerScope.check(s)
}

func checkEnvName(s string) error {
	if s == "" || strings.ContainsAny(s, "=\x00") {
		return fmt.Errorf("%s is no name of a variable", strictyaml.Quote(s))
	}
	return nil
}

func checkEnvValue(sc scope, s string) error {
	if strings.Contains(s, "\x00") {
		return errors.New("holds a NUL, which no environment can carry")
	}
	return sc.check(s)
}

func checkArgument(s string) error {
	if err := checkNUL(s); err != nil {
		return err
	}
	return argvScope.check(s)
}

func checkNUL(s string) error {
	if strings.Contains(s, "\x00") {
		return errors.New("holds a NUL, which no argument can carry")
	}
	return nil
}

// maxPort is the highest number of a port.
const maxPort = 65535

func checkWhole(n, most int) error {
	if n < 1 || n > most {
		return fmt.Errorf("%d: want a number from 1 to %d", n, most)
	}
	return nil
}

func parseWhole(s string, most int) (int, error) {
	n, err := strconv.Atoi(s)
	if err != nil {
		return 0, fmt.Errorf("%s: want a number from 1 to %d", strictyaml.Name(s), most)
	}
	return n, checkWhole(n, most)
}

func parsePort(s string) (int, error) { return parseWhole(s, maxPort) }

// parseRate is the least time between two requests at a rate such as 20/s or
// 600/m.
func parseRate(s string) (time.Duration, error) {
	number, per, _ := strings.Cut(s, "/")
	unit := map[string]time.Duration{"s": time.Second, "m": time.Minute}[per]
	n, err := strconv.ParseFloat(number, 64)
	if err != nil || unit == 0 || !(n >= 0.01 && n <= 1e6) {
		return 0, fmt.Errorf("%s: want a rate such as 20/s or 600/m", strictyaml.Name(s))
	}
	return time.Duration(float64(unit) / n), nil
}

func checkRate(s string) error { _, err := parseRate(s); return err }

func checkDuration(t time.Duration) error {
	if t <= 0 {
		return fmt.Errorf("%v: want a duration above 0, such as 2s", t)
	}
	return nil
}

func parseDuration(s string) (time.Duration, error) {
	t, err := time.ParseDuration(s)
	if err != nil {
		if _, err := strconv.ParseFloat(s, 64); err == nil {
			return 0, fmt.Errorf("%s: want a duration with a unit, such as 2s or 500ms", strictyaml.Name(s))
		}
		return 0, fmt.Errorf("%s: want a duration such as 2s, 500ms or 1m30s", strictyaml.Quote(s))
	}
	return t, checkDuration(t)
}

const checkIDPattern = `^[a-z0-9]+(-[a-z0-9]+)*/[a-z0-9]+(-[a-z0-9]+)*$`

var checkIDs = regexp.MustCompile(checkIDPattern)

func checkWaived(s string) error {
	if !checkIDs.MatchString(s) {
		return fmt.Errorf("%s: want a check's id such as entry/unknown-fields", strictyaml.Quote(s))
	}
	return nil
}

func checkJQ(s string) error {
	_, err := HTTPProbe{JQ: s}.Program()
	return err
}

// Program is the compiled jq, that of . where there is none.
func (p HTTPProbe) Program() (*gojq.Code, error) {
	src := p.JQ
	if strings.TrimSpace(src) == "" {
		src = "."
	}
	q, err := gojq.Parse(src)
	if err != nil {
		return nil, fmt.Errorf("%s is no jq: %s", strictyaml.Quote(src), strictyaml.Cut(err.Error()))
	}
	code, err := gojq.Compile(q)
	if err != nil {
		return nil, fmt.Errorf("%s is no jq: %s", strictyaml.Quote(src), strictyaml.Cut(err.Error()))
	}
	return code, nil
}

func checkImage(s string) error {
	if s == "" || strings.ContainsFunc(s, func(r rune) bool { return r <= ' ' || r == 0x7f }) {
		return fmt.Errorf("%s: want an image such as acme/receiver:1.4", strictyaml.Quote(s))
	}
	return nil
}

// checkDSN judges what is alike for all databases. Whatever the text, it is not
// shown: it holds a password.
func checkDSN(s string) error {
	switch {
	case strings.TrimSpace(s) == "":
		return errors.New("is empty: want where the database is")
	case strings.ContainsFunc(s, unicode.IsControl):
		return errors.New("holds a line break or a control character: want one line")
	}
	return dsnScope.check(s)
}

// Statement is the query with its parameters found. The error says where it is
// wrong.
func (p SQLProbe) Statement() (sqltext.Query, error) {
	return sqltext.Parse(p.Driver, p.Query, KeyParams)
}

// Ports are the ports of containers whose address the DSN asks for.
func (p SQLProbe) Ports() []int {
	var ports []int
	for _, name := range variables(string(p.DSN)) {
		if port := portOf(name); port > 0 && !slices.Contains(ports, port) {
			ports = append(ports, port)
		}
	}
	return ports
}

func checkService(s string) error {
	if s == "" || strings.ContainsFunc(s, func(r rune) bool { return r != '-' && r != '.' && !isVarChar(r) }) {
		return fmt.Errorf("%s: want the name of a service such as receiver", strictyaml.Quote(s))
	}
	return nil
}

func checkFile(s string) error {
	if s == "" || strings.Contains(s, "\x00") {
		return fmt.Errorf("%s: want a path", strictyaml.Quote(s))
	}
	return nil
}

// checkFolder looks for a path relative to the file, of a directory that exists.
func (d *decoder) checkFolder(s string) error {
	path := s
	if !filepath.IsAbs(path) {
		path = filepath.Join(d.dir, path)
	}
	if info, err := os.Stat(path); err != nil || !info.IsDir() {
		return fmt.Errorf("%s is no directory; want one, absolute or relative to the file", strictyaml.Quote(s))
	}
	return nil
}

func trimSlash(s string) string { return strings.TrimRight(s, "/") }
