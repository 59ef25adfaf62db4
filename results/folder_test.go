package results

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

func TestFolder(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "runs")
	f, err := CreateFolder(dir, "nightly.7")
	if err != nil {
		t.Fatal(err)
	}
	info, _ := os.Stat(f.Dir)
	if info.Mode().Perm() != 0o700 || f.Dir != filepath.Join(dir, "nightly.7") {
		t.Errorf("%s has mode %v", f.Dir, info.Mode())
	}
	if _, err := CreateFolder(dir, "nightly.7"); err == nil || !strings.Contains(err.Error(), "--run-id") {
		t.Errorf("a folder that exists: %v", err)
	}
	for _, id := range []string{"..", ".", "a/b", "-x", "a b", strings.Repeat("x", 200), "a\nb"} {
		if _, err := CreateFolder(dir, id); err == nil {
			t.Errorf("run id %q: no error", id)
		}
	}
	named, err := CreateFolder(dir, "")
	if err != nil || !runIDPattern.MatchString(named.RunID) {
		t.Errorf("a run id of its own: %+v, %v", named, err)
	}
	if _, err := OpenFolder(f.Dir); err == nil || !strings.Contains(err.Error(), "not a run") {
		t.Errorf("an empty folder: %v", err)
	}
	if _, err := OpenFolder(filepath.Join(dir, "none")); err == nil || !strings.Contains(err.Error(), "none") {
		t.Errorf("no folder: %v", err)
	}
	if err := f.WriteScenario([]byte("load: {}\n")); err != nil {
		t.Fatal(err)
	}
	if err := f.WriteChecks([]CheckResult{{ID: "x", Verdict: "pass"}}); err != nil {
		t.Fatal(err)
	}
	opened, err := OpenFolder(f.Dir)
	if err != nil || opened.RunID != "nightly.7" {
		t.Fatalf("OpenFolder: %+v, %v", opened, err)
	}
	if checks, err := opened.ReadChecks(); err != nil || len(checks) != 1 || checks[0].ID != "x" {
		t.Errorf("ReadChecks: %v, %v", checks, err)
	}
	info, _ = os.Stat(f.Path(ChecksFile))
	if info.Mode().Perm()&0o600 != 0o600 {
		t.Errorf("checks.json has mode %v", info.Mode())
	}
	entries, _ := os.ReadDir(f.Dir)
	if slices.ContainsFunc(entries, func(e fs.DirEntry) bool { return strings.HasPrefix(e.Name(), ".") }) {
		t.Errorf("temporary files are left: %v", entries)
	}
	if err := f.WriteJSON("x.json", func() {}); err == nil {
		t.Error("WriteJSON of a function: no error")
	}
	if _, err := ReadSummary(f); err == nil {
		t.Error("ReadSummary without one: no error")
	}
	_ = f.Write(SummaryFile, []byte(`{"schema":"other"}`))
	if _, err := ReadSummary(f); err == nil || !strings.Contains(err.Error(), "other") {
		t.Errorf("a summary of another schema: %v", err)
	}
}

// What can't be written is named once, by its own name.
func TestWriteFails(t *testing.T) {
	f := &Folder{Dir: filepath.Join(t.TempDir(), "gone")}
	err := f.Write(SummaryFile, nil)
	if !errors.Is(err, fs.ErrNotExist) || strings.Count(err.Error(), SummaryFile) != 1 || !strings.HasPrefix(err.Error(), "write "+f.Path(SummaryFile)+": ") {
		t.Errorf("the file is not named, or more than once: %v", err)
	}
	if err := os.MkdirAll(f.Path(SummaryFile), 0o700); err != nil { // nothing takes the place of a folder
		t.Fatal(err)
	}
	if err := f.Write(SummaryFile, nil); err == nil || strings.Count(err.Error(), SummaryFile) != 1 {
		t.Errorf("the file is not named, or more than once: %v", err)
	}
}
