package conformance_test

import (
	"go/parser"
	"go/token"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
)

const module = "github.com/ctxpush/ctxpush/"

// floors are the folders at the top, from the lowest: an import never points up.
var floors = []string{"mocksender", "fixtures", "scenarios", "conformance", "cmd"}

// steps are conformance's packages in their order: each may import those that
// stand before it, and none behind it. Packages of one line don't know each other.
var steps = [][]string{
	{"conformance/internal"},
	{"conformance/state"},
	{"conformance/event"},
	{"conformance/sqltext", "conformance/journal"},
	{"conformance/config"},
	{"conformance/receiver"},
	{"conformance/probe"},
	{"conformance/kinds"},
	{"conformance/subject", "conformance/report", "conformance/explain"},
	{"conformance/doctor", "conformance/play/outage"},
	{"conformance/play"},
	{"conformance/explore"},
	{"conformance"},
	{"conformance/load", "conformance/load", "conformance/spec", "conformance/serve", "conformance/traffic"},
}

// forbidden are imports that the order alone would allow.
var forbidden = map[string][]string{
	"conformance/explain": {"conformance/play", "conformance/explore", "conformance/subject", "conformance/probe", "conformance/receiver"},
	"conformance/report":  {"conformance/play", "conformance/explore", "conformance/explain", "conformance/load", "conformance/probe", "conformance/receiver"},
	"conformance/play":    {"conformance/load", "conformance/doctor"},
	"conformance/explore": {"conformance/load"},
}

// placeOf is where the package, or the one that it lies in, stands in steps; -1 is
// nowhere.
func placeOf(pkg string) int {
	for ; pkg != "."; pkg = filepath.Dir(pkg) {
		for i, line := range steps {
			if slices.Contains(line, pkg) {
				return i
			}
		}
		if pkg == "conformance" {
			break
		}
	}
	return -1
}

// importsOf are what the module's packages import of it, tests left out.
func importsOf(t *testing.T) map[string][]string {
	t.Helper()
	all := map[string][]string{}
	err := filepath.WalkDir("..", func(path string, d os.DirEntry, err error) error {
		name := d.Name()
		if err != nil || d.IsDir() && (strings.HasPrefix(name, ".") && name != ".." || name == "testdata" || name == "node_modules") {
			if err == nil {
				err = filepath.SkipDir
			}
			return err
		}
		if filepath.Ext(name) != ".go" || strings.HasSuffix(name, "_test.go") {
			return nil
		}
		file, err := parser.ParseFile(token.NewFileSet(), path, nil, parser.ImportsOnly)
		if err != nil {
			return err
		}
		pkg := filepath.ToSlash(filepath.Dir(strings.TrimPrefix(path, "../")))
		for _, spec := range file.Imports {
			imported, err := strconv.Unquote(spec.Path.Value)
			if err != nil {
				return err
			}
			if own, ok := strings.CutPrefix(imported, module); ok && !slices.Contains(all[pkg], own) {
				all[pkg] = append(all[pkg], own)
			}
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	if len(all["conformance"]) < 5 {
		t.Fatalf("the root imports %v: are these the module's files?", all["conformance"])
	}
	return all
}

func TestImportsPointDown(t *testing.T) {
	for pkg, imports := range importsOf(t) {
		floor := slices.Index(floors, strings.Split(pkg, "/")[0])
		for _, imported := range imports {
			if other := slices.Index(floors, strings.Split(imported, "/")[0]); floor >= 0 && other > floor {
				t.Errorf("%s imports %s, which lies on a higher floor", pkg, imported)
			}
		}
	}
}

func TestImportsInsideConformancePointDown(t *testing.T) {
	for pkg, imports := range importsOf(t) {
		if pkg != "conformance" && !strings.HasPrefix(pkg, "conformance/") {
			continue
		}
		if placeOf(pkg) < 0 {
			t.Errorf("%s has no place among the steps of conformance", pkg)
		}
		for _, imported := range imports {
			if !strings.HasPrefix(imported, "conformance") || strings.HasPrefix(imported, pkg+"/") || strings.HasPrefix(pkg, imported+"/") {
				continue
			}
			if placeOf(imported) > placeOf(pkg) {
				t.Errorf("%s imports %s, which comes after it", pkg, imported)
			}
			for step, never := range forbidden {
				if (pkg == step || strings.HasPrefix(pkg, step+"/")) && slices.Contains(never, imported) {
					t.Errorf("%s imports %s", pkg, imported)
				}
			}
		}
	}
}

// depsOf are all packages that one is linked with, itself included.
func depsOf(t *testing.T, pkg string) []string {
	t.Helper()
	out, err := exec.CommandContext(t.Context(), "go", "list", "-deps", "../"+pkg).Output()
	if err != nil {
		t.Fatal(err)
	}
	deps := strings.Fields(string(out))
	if !slices.Contains(deps, module+pkg) {
		t.Fatalf("%d packages, and %s is not among them", len(deps), pkg)
	}
	return deps
}

func TestTheProgramIsLinkedWithoutGinkgo(t *testing.T) {
	for _, dep := range depsOf(t, "cmd/ctxpush") {
		if strings.HasPrefix(dep, "github.com/onsi/") {
			t.Errorf("the program is linked with %s", dep)
		}
	}
}

// heavy is what speaks to a container engine, to a database or to a collector.
var heavy = []string{"github.com/docker/", "github.com/moby/", "github.com/testcontainers/", "go.opentelemetry.io/",
	"github.com/jackc/pgx/", "github.com/go-sql-driver/", "modernc.org/"}

// Whose receiver is a url or a command needs neither what speaks to a container
// engine nor what speaks to databases: the kinds that do are packages of their own.
func TestKindsAreLinkedByThoseWhoWantThem(t *testing.T) {
	isHeavy := func(dep string) bool {
		return slices.ContainsFunc(heavy, func(prefix string) bool { return strings.HasPrefix(dep, prefix) })
	}
	for _, pkg := range []string{"conformance", "conformance/load", "conformance/spec", "conformance/doctor", "conformance/serve"} {
		for _, dep := range depsOf(t, pkg) {
			if isHeavy(dep) {
				t.Errorf("%s is linked with %s", pkg, dep)
			}
		}
	}
	all := depsOf(t, "cmd/ctxpush")
	for _, prefix := range heavy {
		if !slices.ContainsFunc(all, func(dep string) bool { return strings.HasPrefix(dep, prefix) }) {
			t.Errorf("the program is linked with nothing of %s: is that its name?", prefix)
		}
	}
}

// No package but the list of all kinds imports one: they register themselves.
func TestNobodyNamesAKind(t *testing.T) {
	kinds := importsOf(t)["conformance/kinds"]
	if len(kinds) < 6 {
		t.Fatalf("all kinds are %v", kinds)
	}
	for pkg, imports := range importsOf(t) {
		for _, imported := range imports {
			if strings.HasPrefix(pkg, "conformance") && pkg != "conformance/kinds" && slices.Contains(kinds, imported) {
				t.Errorf("%s imports %s", pkg, imported)
			}
		}
	}
}
