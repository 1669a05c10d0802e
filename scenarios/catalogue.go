package scenarios

import (
	"embed"
	"fmt"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"slices"
	"strings"
	"sync"

	"github.com/ctxpush/ctxpush/scenarios/strictyaml"
)

//go:embed catalogue
var catalogue embed.FS

// groups are the catalogue's groups in the order in which people read them.
var groups = []string{"request", "secret", "batch", "entry", "dates", "content", "identity", "order", "gaps", "copies", "retry", "restart", "key-reuse", "protocol"}

// Catalogue is every check of the contract, in the order of the table: each is a
// file catalogue/<group>/<name>.yaml, whose place is its id.
var Catalogue = sync.OnceValue(func() []Check {
	checks, err := readDir(catalogue, "catalogue", "")
	if err != nil {
		panic(fmt.Sprintf("the embedded catalogue: %v", err)) // a test parses all of it
	}
	slices.SortStableFunc(checks, func(a, b Check) int {
		return slices.Index(groups, Group(a.ID)) - slices.Index(groups, Group(b.ID))
	})
	return checks
})

// Group is the part of a check's id before the slash.
func Group(id string) string {
	group, _, _ := strings.Cut(id, "/")
	return group
}

// UserGroup is the group of checks that come from a user's own files.
const UserGroup = "user"

// Load reads the scenario files at path: one file, or every .yaml and .yml file
// in and below a folder. The ids are user/<path without its ending>.
func Load(name string) ([]Check, error) {
	if info, err := os.Stat(name); err == nil && info.IsDir() {
		checks, err := readDir(os.DirFS(name), ".", name)
		if err == nil && len(checks) == 0 {
			err = &strictyaml.Error{File: name, Msg: "holds no scenario file: want *.yaml"}
		}
		for i := range checks {
			checks[i].ID = UserGroup + "/" + checks[i].ID
		}
		return checks, err
	}
	data, err := strictyaml.Read(name)
	if err != nil {
		return nil, err
	}
	check, err := Parse(name, UserGroup+"/"+withoutExt(filepath.Base(name)), data)
	check.File = name
	return []Check{check}, err
}

// readDir reads the scenario files below root; shown is the folder that stands
// before their paths in errors, empty for the catalogue.
func readDir(files fs.FS, root, shown string) ([]Check, error) {
	var checks []Check
	err := fs.WalkDir(files, root, func(name string, entry fs.DirEntry, err error) error {
		at := filepath.Join(shown, name)
		if err != nil {
			return strictyaml.Unreadable(at, err)
		}
		if entry.IsDir() || !IsFile(name) {
			return nil
		}
		var data []byte
		if shown == "" {
			data, err = fs.ReadFile(files, name)
		} else {
			data, err = strictyaml.Read(at)
		}
		if err != nil {
			return err
		}
		id := strings.TrimPrefix(strings.TrimPrefix(name, root), "/")
		check, err := Parse(at, withoutExt(id), data)
		if shown != "" {
			check.File = at
		}
		checks = append(checks, check)
		return err
	})
	return checks, err
}

// IsFile tells whether a file in a folder of scenarios is one, by its name.
func IsFile(name string) bool {
	ext := path.Ext(name)
	return ext == ".yaml" || ext == ".yml"
}

func withoutExt(file string) string { return strings.TrimSuffix(file, path.Ext(file)) }
