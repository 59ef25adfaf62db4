package main

import (
	"encoding/json"
	"errors"
	"io"
	"os/exec"
	"slices"
	"strings"
	"testing"
)

// arrows says what each room may import of this module, its own sub-packages
// aside. A package in no room needs a row here: the direction of imports is
// decided, not found out. docs/architecture.md tells why it is this one.
var arrows = map[string][]string{
	"authsoak":    {"command"},
	"command":     {"report", "check", "capacity", "calibration", "comparison", "deploy", "driver", "scenario", "rules", "profiles", "results", "stats", "metric", "accounts", "document", "simulator", "spelling"},
	"report":      {"results", "stats"},
	"check":       {"driver", "scenario", "rules", "profiles", "results", "stats", "metric", "accounts", "document", "spelling"},
	"comparison":  {"results", "stats", "metric", "document", "spelling"},
	"capacity":    {"driver", "scenario", "rules", "profiles", "results", "stats", "metric", "accounts", "document", "spelling"},
	"calibration": {"driver", "scenario", "profiles", "results", "stats", "accounts"},
	"deploy":      {"scenario", "document", "spelling"},
	"driver":      {"scenario", "rules", "profiles", "results", "stats", "metric", "accounts", "document", "spelling"},
	"scenario":    {"profiles", "results", "stats", "metric", "accounts", "document", "spelling"},
	"rules":       {"profiles", "results", "stats", "document", "spelling"},
	"profiles":    {"results", "document", "spelling"},
	"results":     {"metric", "stats", "spelling"},
	"accounts":    {"document", "spelling"},
	"metric":      {"spelling"},
	"stats":       nil,
	"spelling":    nil,
	"document":    {"spelling"},
	"simulator":   nil,
}

// forTests are rooms that tests may import whatever their own room may: the
// servers to test against, and what drives them.
var forTests = []string{"simulator"}

type goPackage struct {
	ImportPath                         string
	Imports, TestImports, XTestImports []string
}

// room is the part of the house that an import path belongs to, "" for what is
// not of this module.
func room(path string) string {
	if path == "authsoak" {
		return path
	}
	rest, ours := strings.CutPrefix(path, "authsoak/")
	if !ours {
		return ""
	}
	name, _, _ := strings.Cut(rest, "/")
	return name
}

func packages(t *testing.T) []goPackage {
	t.Helper()
	cmd := exec.Command("go", "list", "-e", "-json=ImportPath,Imports,TestImports,XTestImports", "./...")
	out, err := cmd.Output()
	if err != nil {
		t.Fatalf("%s: %v", cmd, err)
	}
	var all []goPackage
	for d := json.NewDecoder(strings.NewReader(string(out))); ; {
		var p goPackage
		if err := d.Decode(&p); errors.Is(err, io.EOF) {
			return all
		} else if err != nil {
			t.Fatal(err)
		}
		all = append(all, p)
	}
}

// TestImports pins the direction of imports.
func TestImports(t *testing.T) {
	all := packages(t)
	if len(all) < 10 {
		t.Fatalf("go list names %d packages: too few to be this module", len(all))
	}
	for _, p := range all {
		from := room(p.ImportPath)
		may, known := arrows[from]
		if !known {
			t.Errorf("%s is in no room that this test knows: say in arrows what it may import", p.ImportPath)
			continue
		}
		check := func(kind string, imports []string, more ...string) {
			for _, path := range imports {
				to := room(path)
				if to == "" || to == from || slices.Contains(may, to) || slices.Contains(more, to) {
					continue
				}
				t.Errorf("%s imports %s%s: %s may import %s", p.ImportPath, path, kind, from, strings.Join(may, ", "))
			}
		}
		check("", p.Imports)
		check(" in a test", p.TestImports, slices.Concat(forTests, testRooms[from])...)
		check(" in a test", p.XTestImports, slices.Concat(forTests, testRooms[from])...)
	}
}

// testRooms is what only the tests of a room import.
var testRooms = map[string][]string{
	// The tests of the documentation hold it against the code.
	"authsoak": {"scenario", "profiles", "results", "metric", "accounts"},
}

// TestArrows holds the table itself against the rules that are not to be bent.
func TestArrows(t *testing.T) {
	for from, to := range arrows {
		if from != "command" && slices.Contains(to, "simulator") {
			t.Errorf("%s may import simulator: only command and tests may", from)
		}
		if slices.Contains(to, "command") && from != "authsoak" {
			t.Errorf("%s may import command: only main may", from)
		}
		for _, next := range to {
			if slices.Contains(arrows[next], from) {
				t.Errorf("%s and %s may import each other", from, next)
			}
			if _, known := arrows[next]; !known {
				t.Errorf("%s may import %s, which has no row", from, next)
			}
		}
	}
	if want := []string{"results", "stats"}; !slices.Equal(arrows["report"], want) {
		t.Errorf("report may import %v, want %v", arrows["report"], want)
	}
	if slices.Contains(arrows["driver"], "report") {
		t.Error("driver may import report")
	}
}
