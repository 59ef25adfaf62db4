//go:build unix

package main

import (
	"encoding/json"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"reflect"
	"regexp"
	"slices"
	"strings"
	"testing"

	"authsoak/metric"
	"authsoak/profiles"
	"authsoak/results"
	"authsoak/scenario"
)

// missing lists the words that a text doesn't hold as words of their own.
func missing(text string, words []string) []string {
	var out []string
	for _, w := range words {
		if !regexp.MustCompile(`(^|[^\w-])` + regexp.QuoteMeta(w) + `($|[^\w-])`).MatchString(text) {
			out = append(out, w)
		}
	}
	return out
}

// TestDocsFlags looks for every flag of the commands.
func TestDocsFlags(t *testing.T) {
	text := docsText(t, "")
	for _, command := range []string{"run", "report", "cleanup", "simulate"} {
		help, err := exec.Command("authsoak", command, "--help").Output()
		if err != nil {
			t.Fatalf("authsoak %s --help: %v", command, err)
		}
		flags := regexp.MustCompile(`(?m)^  (--[a-z][a-z0-9-]*)`).FindAllStringSubmatch(string(help), -1)
		var names []string
		for _, m := range flags {
			names = append(names, m[1])
		}
		if len(names) == 0 {
			t.Errorf("authsoak %s --help names no flag:\n%s", command, help)
		}
		if left := missing(text, names); left != nil {
			t.Errorf("flags of authsoak %s that no page mentions: %v", command, left)
		}
	}
}

// TestDocsFiles looks for every file of a run folder: those that the code names,
// and those that a run leaves.
func TestDocsFiles(t *testing.T) {
	names := []string{
		results.SummaryFile, results.ScenarioFile, results.IntervalsFile, results.HistogramsFile, results.SamplesFile,
		results.ChecksFile, results.TimeoutFile, results.CapacityFile, results.ComparisonFile, results.ReportFile, results.LedgerFile,
	}
	source, err := os.ReadFile(filepath.Join("results", "folder.go"))
	if err != nil {
		t.Fatal(err)
	}
	for _, m := range regexp.MustCompile(`(?m)^\t\w+File +=[ ]"([^"]+)"$`).FindAllStringSubmatch(string(source), -1) {
		names = append(names, m[1])
	}
	if len(names) < 20 {
		t.Errorf("only %v found in results/folder.go: has its form changed?", names)
	}
	if left := missing(docsText(t, "results.md"), names); left != nil {
		t.Errorf("files that docs/results.md doesn't mention: %v", left)
	}
}

// TestDocsMembers looks for every member of the files.
func TestDocsMembers(t *testing.T) {
	var names []string
	for _, v := range []any{results.Summary{}, results.Head{}, results.SeriesInterval{}, results.RunInterval{},
		results.End{}, results.Example{}, results.CheckResult{}} {
		names = append(names, keysOf(reflect.TypeOf(v), "json", nil)...)
	}
	if left := missing(docsText(t, "results.md"), names); left != nil {
		t.Errorf("members that docs/results.md doesn't mention: %v", left)
	}
}

// TestDocsKeys looks for every key of the files that users write.
func TestDocsKeys(t *testing.T) {
	names := keysOf(reflect.TypeFor[scenario.Scenario](), "yaml", nil)
	if len(names) < 60 {
		t.Errorf("only %d keys found in scenarios: %v", len(names), names)
	}
	if left := missing(docsText(t, "scenario.md"), names); left != nil {
		t.Errorf("keys of scenarios that docs/scenario.md doesn't mention: %v", left)
	}
	var schema map[string]any
	if err := json.Unmarshal(profiles.EndpointSchema(), &schema); err != nil {
		t.Fatal(err)
	}
	names = properties(schema, nil)
	if len(names) < 60 {
		t.Errorf("only %d keys found in endpoint profiles: %v", len(names), names)
	}
	if left := missing(docsText(t, "profiles.md"), names); left != nil {
		t.Errorf("keys of endpoint profiles that docs/profiles.md doesn't mention: %v", left)
	}
	var loads []string
	for _, l := range profiles.Loads() {
		loads = append(loads, l.Name)
	}
	if left := missing(docsText(t, "profiles.md"), loads); left != nil {
		t.Errorf("loads that docs/profiles.md doesn't mention: %v", left)
	}
}

// keysOf lists the names that a type has in JSON or YAML, with those below.
func keysOf(of reflect.Type, tag string, seen []reflect.Type) []string {
	switch of.Kind() {
	case reflect.Pointer, reflect.Slice, reflect.Map:
		return keysOf(of.Elem(), tag, seen)
	case reflect.Struct:
	default:
		return nil
	}
	if slices.Contains(seen, of) {
		return nil
	}
	var out []string
	for i := range of.NumField() {
		f := of.Field(i)
		name, _, _ := strings.Cut(f.Tag.Get(tag), ",")
		if !f.IsExported() || name == "-" {
			continue
		}
		if name != "" {
			out = append(out, name)
		}
		out = append(out, keysOf(f.Type, tag, append(seen, of))...)
	}
	return out
}

// properties lists the property names of a JSON Schema.
func properties(schema any, out []string) []string {
	switch s := schema.(type) {
	case map[string]any:
		for key, value := range s {
			if members, ok := value.(map[string]any); ok && key == "properties" {
				for name := range members {
					out = append(out, name)
				}
			}
			out = properties(value, out)
		}
	case []any:
		for _, value := range s {
			out = properties(value, out)
		}
	}
	slices.Sort(out)
	return slices.Compact(out)
}

// TestDocsMetrics looks for every word of a metric, and that the page's own
// words are ones that a run knows.
func TestDocsMetrics(t *testing.T) {
	words := []string{"response", "service", "lateness", "pacer", "over", "stop", "after", "connect", "tls", "cycle", "replay", "orphaned"}
	for _, f := range []metric.Func{metric.P50, metric.P90, metric.P99, metric.P999, metric.Max, metric.Mean, metric.Count, metric.Rate} {
		words = append(words, string(f))
	}
	for _, o := range []results.Outcome{results.OK, results.Fail, results.Unknown} {
		words = append(words, o.String())
	}
	for c := range results.Counters {
		words = append(words, strings.TrimPrefix(c.String(), "cycles_"))
	}
	words = append(words, results.ClassNames()...)
	for _, name := range keysOf(reflect.TypeFor[results.SessionCounts](), "json", nil) {
		if name != "peak_live" { // as a metric it is max(live)
			words = append(words, name)
		}
	}
	text := docsText(t, "scenario.md")
	if left := missing(text, words); left != nil {
		t.Errorf("words of metrics that docs/scenario.md doesn't mention: %v", left)
	}
	for _, unit := range []metric.Unit{metric.Microseconds, metric.Milliseconds, metric.Seconds, metric.Minutes, metric.Hours, metric.Percent, metric.PerSecond} {
		if !strings.Contains(text, "`"+string(unit)+"`") {
			t.Errorf("docs/scenario.md doesn't mention the unit %s", unit)
		}
	}
	for _, op := range []metric.Op{metric.Less, metric.LessEqual, metric.Equal, metric.GreaterEqual, metric.Greater} {
		if !strings.Contains(text, string(op)) {
			t.Errorf("docs/scenario.md doesn't mention %s", op)
		}
	}
}

// TestDocsPaths looks for the files that docs/architecture.md names.
func TestDocsPaths(t *testing.T) {
	files := map[string]bool{}
	err := filepath.WalkDir(".", func(path string, d fs.DirEntry, err error) error {
		files[filepath.ToSlash(path)] = true
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	named := regexp.MustCompile("`([a-z0-9_./-]+\\.go|[a-z0-9_]+/|driver/[a-z0-9_/]+)`").FindAllStringSubmatch(docsText(t, "architecture.md"), -1)
	if len(named) < 40 {
		t.Errorf("docs/architecture.md names %d files: has its form changed?", len(named))
	}
	for _, m := range named {
		path, found := strings.TrimSuffix(m[1], "/"), false
		for f := range files {
			found = found || f == path || strings.HasSuffix(f, "/"+path)
		}
		if !found {
			t.Errorf("docs/architecture.md names %s, which isn't there", m[1])
		}
	}
}
