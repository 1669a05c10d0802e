//go:build linux

package main

import (
	"crypto/sha256"
	"encoding/json"
	"fmt"
	"maps"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
)

// packaged is a folder with the packages of programs, which are texts here.
func packaged(t *testing.T, programs []string) (dir string) {
	t.Helper()
	dir = t.TempDir()
	for _, name := range programs {
		rewrite(t, filepath.Join(dir, name), "the program "+name)
	}
	cmd := exec.CommandContext(t.Context(), "../../.ci/packages", dir, releasedVersion)
	cmd.Env = append(os.Environ(), "SOURCE_DATE_EPOCH=1700000000")
	if said, err := cmd.CombinedOutput(); err != nil {
		t.Fatalf("%v: %s", err, said)
	}
	return dir
}

func sumOf(t *testing.T, file string) string {
	t.Helper()
	data, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	return fmt.Sprintf("%x", sha256.Sum256(data))
}

// The packages are the same bytes each time, and each names programs of the release
// by the address and the checksum that they have.
func TestPackages(t *testing.T) {
	var programs []string
	for _, platform := range []string{"linux_amd64", "linux_arm64", "darwin_amd64", "darwin_arm64", "windows_amd64.exe", "windows_arm64.exe"} {
		programs = append(programs, "ctxpush_"+releasedVersion+"_"+platform)
	}
	dir, again := packaged(t, programs), packaged(t, programs)
	made := []string{"ctxpush.json", "ctxpush.rb"}
	for _, name := range programs[:2] {
		made = append(made, name+".deb", name+".rpm")
	}
	for _, name := range made {
		if a, b := sumOf(t, filepath.Join(dir, name)), sumOf(t, filepath.Join(again, name)); a != b {
			t.Errorf("%s is not the same bytes each time", name)
		}
	}

	named := map[string]string{} // address: checksum
	formula, err := os.ReadFile(filepath.Join(dir, "ctxpush.rb"))
	if err != nil {
		t.Fatal(err)
	}
	for _, m := range regexp.MustCompile(`url "(.*)"\n *sha256 "(.*)"\n`).FindAllStringSubmatch(string(formula), -1) {
		named[m[1]] = m[2]
	}
	text, err := os.ReadFile(filepath.Join(dir, "ctxpush.json"))
	if err != nil {
		t.Fatal(err)
	}
	var manifest struct {
		Version, Bin string
		Architecture map[string]struct{ URL, Hash string }
	}
	if err := json.Unmarshal(text, &manifest); err != nil || manifest.Version != strings.TrimPrefix(releasedVersion, "v") {
		t.Fatalf("%+v, %v", manifest, err)
	}
	for _, a := range manifest.Architecture {
		address, as, _ := strings.Cut(a.URL, "#/")
		if named[address] = a.Hash; as != manifest.Bin {
			t.Errorf("%s is kept as %s: want %s", address, as, manifest.Bin)
		}
	}
	want := map[string]string{}
	for _, name := range programs {
		want["https://github.com/ctxpush/ctxpush/releases/download/"+releasedVersion+"/"+name] = sumOf(t, filepath.Join(dir, name))
	}
	if !maps.Equal(named, want) {
		t.Errorf("the programs are %v\nwant %v", named, want)
	}
}

func TestDebianPackage(t *testing.T) {
	dpkg, err := exec.LookPath("dpkg-deb")
	if err != nil {
		t.Skip(err)
	}
	name := "ctxpush_" + releasedVersion + "_linux_arm64"
	root := t.TempDir()
	if said, err := exec.CommandContext(t.Context(), dpkg, "--extract", filepath.Join(packaged(t, []string{name}), name+".deb"), root).CombinedOutput(); err != nil {
		t.Fatalf("%v: %s", err, said)
	}
	program := filepath.Join(root, "usr/bin/ctxpush")
	if text, err := os.ReadFile(program); err != nil || string(text) != "the program "+name {
		t.Errorf("the program is %.80q, %v", text, err)
	}
	if info, err := os.Stat(program); err != nil || info.Mode().Perm() != 0o755 {
		t.Errorf("%v, %v: want mode 755", info, err)
	}
	pages, err := filepath.Glob(filepath.Join(root, "usr/share/man/man1/*.1.gz"))
	if err != nil || !slices.Contains(pages, filepath.Join(root, "usr/share/man/man1/ctxpush-certify.1.gz")) {
		t.Errorf("the pages are %v, %v", pages, err)
	}
	for _, file := range []string{"usr/share/bash-completion/completions/ctxpush", "usr/share/doc/ctxpush/copyright"} {
		if info, err := os.Stat(filepath.Join(root, file)); err != nil || info.Size() == 0 {
			t.Errorf("%s: %v, %v", file, info, err)
		}
	}
}
