package main

import (
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"

	"github.com/kballard/go-shellquote"
)

// composeFiles are the names that compose looks for.
var composeFiles = []string{"compose.yaml", "compose.yml", "docker-compose.yml", "docker-compose.yaml"}

// kindWords are the words by which people name how a receiver runs, by the flag.
var kindWords = map[string][]string{
	"url":     {"url", "address", "running", "runs"},
	"command": {"command", "process", "program", "cmd"},
	"image":   {"image", "container", "docker"},
	"build":   {"build", "dockerfile", "built"},
	"compose": {"compose", "docker-compose"},
}

// kindOf understands an answer to how the receiver runs: one of our words, among
// others or by itself, or the address, command, image, folder or file itself,
// which is the value then. Both are empty where it is none of these.
func kindOf(answer string) (kind, value string) {
	if value := natural("compose", answer); slices.Contains(composeFiles, filepath.Base(value)) && isFile(value) {
		return "compose", value
	}
	if folder := natural("build", answer); isFile(filepath.Join(folder, "Dockerfile")) && strings.ContainsAny(answer, "./\\") {
		return "build", folder
	}
	if u, err := url.Parse(answer); err == nil && (u.Scheme == "http" || u.Scheme == "https") {
		return "url", answer
	}
	if bareAddress.MatchString(answer) {
		return "url", "http://" + answer
	}
	if kind := namedKind(answer); kind != "" {
		return kind, ""
	}
	words, err := shellquote.Split(answer)
	switch {
	case err != nil || len(words) == 0:
		return "", ""
	case isProgram(words[0]):
		return "command", answer
	case len(words) == 1 && imageName.MatchString(answer):
		return "image", answer
	}
	return "", ""
}

// bareAddress is an address of this machine or by number, without its scheme.
var bareAddress = regexp.MustCompile(`^(localhost|[0-9.]+):[0-9]+/?$`)

// imageName is an image with its tag or digest; a bare word may be anything.
var imageName = regexp.MustCompile(`^[a-z0-9][a-z0-9._/-]*(:[0-9]+/[a-z0-9._/-]+)?[:@][A-Za-z0-9][A-Za-z0-9._:-]*$`)

// namedKind is the kind that the answer's words name; empty where they name none
// or several.
func namedKind(answer string) string {
	words := strings.FieldsFunc(strings.ToLower(answer), func(r rune) bool { return strings.ContainsRune(" ,.;:()", r) })
	var named []string
	for kind, its := range kindWords {
		if slices.ContainsFunc(words, func(w string) bool { return slices.Contains(its, w) }) {
			named = append(named, kind)
		}
	}
	if len(named) == 2 && slices.Contains(named, "image") { // "docker compose", "an image that is built"
		named = slices.DeleteFunc(named, func(kind string) bool { return kind != "compose" && kind != "build" })
	}
	if len(named) != 1 {
		return ""
	}
	return named[0]
}

func isFile(name string) bool {
	info, err := os.Stat(name)
	return err == nil && info.Mode().IsRegular()
}

func isProgram(name string) bool {
	_, err := exec.LookPath(name)
	return err == nil || strings.ContainsAny(name, `/\`) && isFile(name)
}

// natural is what people mean by an answer that is not to the letter what a flag
// takes: a whole address where a path is wanted, a folder where its file is.
func natural(flag, answer string) string {
	switch flag {
	case "path", "ready", "probe-path", "probe-bulk":
		return pathIn(answer)
	case "identity":
		return wordIn(answer, map[string]string{"device": "device", "devices": "device", "user": "user", "users": "user", "message": "user"})
	case "port":
		return strings.TrimPrefix(answer, ":")
	case "probe-sql-driver":
		return wordIn(none(answer), map[string]string{"postgresql": "postgres", "pg": "postgres", "mariadb": "mysql", "sqlite3": "sqlite"})
	case "build":
		if filepath.Base(answer) == "Dockerfile" {
			return filepath.Dir(answer)
		}
	case "compose":
		for _, name := range composeFiles {
			if file := filepath.Join(answer, name); isFile(file) {
				return file
			}
		}
	}
	return answer
}

// none is empty for the words that say so.
func none(answer string) string {
	switch strings.ToLower(answer) {
	case "none", "no", "n", "-":
		return ""
	}
	return answer
}

var loosePath = regexp.MustCompile(`^[A-Za-z0-9_][A-Za-z0-9_./-]*$`)

// pathIn is the path in an address, or behind a method, without a query.
func pathIn(answer string) string {
	answer = none(answer)
	if method, path, ok := strings.Cut(answer, " "); ok && slices.Contains([]string{"GET", "POST"}, strings.ToUpper(method)) {
		answer = strings.TrimSpace(path)
	}
	if u, err := url.Parse(answer); err == nil && u.Host != "" {
		answer = u.Path
	}
	answer, _, _ = strings.Cut(answer, "?")
	if loosePath.MatchString(answer) {
		return "/" + answer
	}
	return answer
}

// wordIn is what the first known word of the answer stands for.
func wordIn(answer string, known map[string]string) string {
	for _, w := range strings.Fields(strings.ToLower(answer)) {
		if meant, ok := known[w]; ok {
			return meant
		}
	}
	return answer
}

var variableName = regexp.MustCompile(`^[A-Za-z_][A-Za-z0-9_]*$`)

// variableIn is the variable that an answer names, in the way of a shell or a
// language, too.
func variableIn(answer string) string {
	answer = strings.TrimPrefix(answer, "process.env.")
	answer = strings.TrimPrefix(answer, "$")
	return strings.TrimSuffix(strings.TrimPrefix(answer, "{"), "}")
}
