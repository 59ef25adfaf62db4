package calibration

import (
	"errors"
	"os"
	"path/filepath"
	"runtime/debug"
	"strings"
	"testing"
	"unicode/utf8"

	"authsoak/results"
)

func TestBuildOf(t *testing.T) {
	revision := debug.BuildSetting{Key: "vcs.revision", Value: "3a1963f"}
	for _, test := range []struct {
		name     string
		settings []debug.BuildSetting
		want     string
	}{
		{"a revision", []debug.BuildSetting{{Key: "GOAMD64", Value: "v1"}, revision, {Key: "vcs.modified", Value: "false"}, {Key: "-race", Value: "true"}, {Key: "CGO_ENABLED", Value: "1"}},
			"3a1963f -race=true GOAMD64=v1"},
		{"changed after it", []debug.BuildSetting{revision, {Key: "vcs.modified", Value: "true"}}, ""},
		{"no revision", []debug.BuildSetting{{Key: "GOAMD64", Value: "v1"}}, ""},
	} {
		if got := buildOf(test.settings); got != test.want {
			t.Errorf("%s: buildOf() = %q, want %q", test.name, got, test.want)
		}
	}
}

// Two builds without a revision have different bytes, and so different hashes.
func TestHashOf(t *testing.T) {
	dir := t.TempDir()
	one, other := filepath.Join(dir, "one"), filepath.Join(dir, "other")
	for path, text := range map[string]string{one: "a build", other: "another build"} {
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	a, err := hashOf(one)
	b, err2 := hashOf(other)
	if err = errors.Join(err, err2); err != nil || a == b || len(a) != 64 {
		t.Errorf("hashOf() = %q and %q, %v", a, b, err)
	}
}

func TestModelOf(t *testing.T) {
	for _, test := range []struct{ name, cpuinfo, want string }{
		{"x86", "processor\t: 0\nmodel name\t: Acme(R) Fast   CPU @ 2.20GHz\nflags\t: a b\n\nprocessor\t: 1\nmodel name\t: Acme(R) Fast CPU @ 2.20GHz\n", "Acme(R) Fast CPU @ 2.20GHz"},
		{"ARM, big and little", "processor\t: 0\nCPU implementer\t: 0x41\nCPU variant\t: 0x1\nCPU part\t: 0xd0c\nCPU revision\t: 1\n\nprocessor\t: 1\nCPU implementer\t: 0x41\nCPU variant\t: 0x0\nCPU part\t: 0xd05\nCPU revision\t: 0\n",
			"ARM 0x41 0xd0c r0x1p1 + ARM 0x41 0xd05 r0x0p0"},
		{"POWER", "processor\t: 0\ncpu\t\t: POWER9, altivec supported\n", "POWER9, altivec supported"},
		{"nothing told", "processor : 0\n", ""},
		{"none", "", ""},
	} {
		if got := modelOf(test.cpuinfo); got != test.want {
			t.Errorf("%s: modelOf() = %q, want %q", test.name, got, test.want)
		}
	}
}

func FuzzModelOf(f *testing.F) {
	f.Add("model name : x\n\nmodel name : y")
	f.Add("CPU part : 0xd0c")
	f.Fuzz(func(t *testing.T, text string) {
		got := modelOf(text)
		if len(got) > mostModel || !utf8.ValidString(got) || strings.Contains(got, "\n") {
			t.Errorf("modelOf(%q) = %q", text, got)
		}
	})
}

// A calibration counts for nothing by another build of the same version, on
// another processor with as many cores, or where the build isn't known.
func TestStaleByIdentity(t *testing.T) {
	file := filepath.Join(t.TempDir(), "calibration.json")
	here := Here("devel")
	if here.Build == "" {
		t.Fatal("the build of this test isn't known")
	}
	if err := Save(file, &results.Calibration{Schema: results.CalibrationSchema, On: here}); err != nil {
		t.Fatal(err)
	}
	if _, err := Load(file, here); err != nil {
		t.Errorf("here: %v", err)
	}
	for name, change := range map[string]func(*results.Machine){
		"build": func(m *results.Machine) { m.Build = "3a1963f" }, "processor": func(m *results.Machine) { m.CPU += " II" },
	} {
		other := here
		change(&other)
		if _, err := Load(file, other); !errors.Is(err, ErrStale) {
			t.Errorf("another %s: %v, want stale", name, err)
		}
	}
	unknown := here
	unknown.Build = ""
	if err := Save(file, &results.Calibration{Schema: results.CalibrationSchema, On: unknown}); err != nil {
		t.Fatal(err)
	}
	if _, err := Load(file, unknown); !errors.Is(err, ErrStale) {
		t.Errorf("an unknown build: %v, want stale", err)
	}
}
