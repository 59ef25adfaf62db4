package results

import (
	"bytes"
	"encoding/json"
	"maps"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	validate "github.com/santhosh-tekuri/jsonschema/v6"
)

// testdata/v1 is never written again: the schema as it was published first, and
// a summary of that time which has every member. What they promise holds for as
// long as the schema's name is authsoak/summary/v1.
const (
	firstSchema  = "testdata/v1/summary.schema.json"
	firstSummary = "testdata/v1/summary.json"
)

func validateBy(t *testing.T, schema []byte, doc []byte) error {
	t.Helper()
	s, err := validate.UnmarshalJSON(bytes.NewReader(schema))
	if err != nil {
		t.Fatal(err)
	}
	c := validate.NewCompiler()
	if err := c.AddResource("schema.json", s); err != nil {
		t.Fatal(err)
	}
	compiled, err := c.Compile("schema.json")
	if err != nil {
		t.Fatal(err)
	}
	v, err := validate.UnmarshalJSON(bytes.NewReader(doc))
	if err != nil {
		t.Fatal(err)
	}
	return compiled.Validate(v)
}

func read(t *testing.T, path string) []byte {
	t.Helper()
	b, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	return b
}

// today is a summary with every member, as this version writes it.
func today(t *testing.T) []byte {
	t.Helper()
	r := newRun(t, []string{"p99(login) < 1us", "rate(fail) < 50%"}, nil)
	r.play(rand.New(rand.NewPCG(1, 2)), 5)
	s := r.finish(Ending{Experiment: &Experiment{Kind: "storm", About: "a", Lines: []ExperimentLine{{Name: "n", Expectation: "e", Actual: "a", Pass: true}}}, Checks: []CheckResult{{ID: "x", Target: "octane", Verdict: "fail", Judged: true, Title: "t", Expected: "a", Observed: "b",
		Source: "c", Seen: map[string]string{"status": "200"}, Exchanges: []Exchange{{Step: "login", Request: "r", Sent: "s", Received: "r"}}}}})
	b, err := json.Marshal(s)
	if err != nil {
		t.Fatal(err)
	}
	return b
}

// An old summary is still a good one by today's schema, and this version reads
// every member of it.
func TestOldSummaries(t *testing.T) {
	old := read(t, firstSummary)
	for name, schema := range map[string][]byte{"today's schema": SummarySchemaJSON(), "its own schema": read(t, firstSchema)} {
		if err := validateBy(t, schema, old); err != nil {
			t.Errorf("%s by %s: %v\na new member must be one that may be missing (omitempty)", firstSummary, name, err)
		}
	}
	var s Summary
	if err := json.Unmarshal(old, &s); err != nil {
		t.Fatal(err)
	}
	again, err := json.Marshal(&s)
	if err != nil {
		t.Fatal(err)
	}
	var was, is any
	if err := json.Unmarshal(old, &was); err != nil {
		t.Fatal(err)
	}
	if err := json.Unmarshal(again, &is); err != nil {
		t.Fatal(err)
	}
	lost := missingFrom("", was, is)
	if len(lost) > 0 {
		t.Errorf("members of an old summary that this version no longer knows, or reads otherwise:\n%s", strings.Join(lost, "\n"))
	}
}

// missingFrom lists what old has and is does not.
func missingFrom(path string, old, is any) (lost []string) {
	switch o := old.(type) {
	case map[string]any:
		i, _ := is.(map[string]any)
		for _, key := range slices.Sorted(maps.Keys(o)) {
			lost = append(lost, missingFrom(path+"."+key, o[key], i[key])...)
		}
		return lost
	case []any:
		i, _ := is.([]any)
		if len(i) != len(o) {
			return []string{path}
		}
		for n := range o {
			lost = append(lost, missingFrom(path+"[]", o[n], i[n])...)
		}
		return lost
	}
	if !cmp.Equal(old, is) {
		return []string{path}
	}
	return nil
}

// What this version writes is still good by the first schema: who made a reader
// by it, with its types and what it says must be there, reads on.
func TestNewSummariesByTheOldSchema(t *testing.T) {
	schema := read(t, firstSchema)
	if err := validateBy(t, schema, today(t)); err != nil {
		t.Errorf("today's summary by %s: %v", firstSchema, err)
	}
	// Every member of the old one is written today, but for those that may be missing.
	var was, is map[string]any
	if err := json.Unmarshal(read(t, firstSummary), &was); err != nil {
		t.Fatal(err)
	}
	if err := json.Unmarshal(today(t), &is); err != nil {
		t.Fatal(err)
	}
	for key := range was {
		if _, ok := is[key]; !ok && key != "authorized" && key != "insecure" && key != "load" {
			t.Errorf("today's summary has no %q", key)
		}
	}
}

// Each promise above is one that can be broken: a member that goes, changes its
// type or its unit's place is found.
func TestCompatibilityFindsBreaks(t *testing.T) {
	schema, doc := read(t, firstSchema), string(today(t))
	for _, change := range [][2]string{
		{`"verdict":"fail"`, `"verdict":"meh"`}, {`"run_id":"run-1"`, `"run_id":7`}, {`"duration_s":`, `"duration":`},
		{`"steps":[`, `"steps":null,"x":[`}, {`"p99":`, `"p99_ms":`}, {`"balanced":`, `"balance":`}, {`"schema":"authsoak/summary/v1"`, `"schema":"authsoak/summary/v2"`},
	} {
		changed := strings.Replace(doc, change[0], change[1], 1)
		if changed == doc {
			t.Errorf("%s isn't in the summary", change[0])
		} else if validateBy(t, schema, []byte(changed)) == nil {
			t.Errorf("%s for %s: good by the first schema", change[1], change[0])
		}
	}
	for old, is := range map[string]string{`{"a":1}`: `{}`, `{"a":[1,2]}`: `{"a":[1]}`, `{"a":{"b":"x"}}`: `{"a":{"b":"y"}}`, `{"a":1.5}`: `{"a":"1.5"}`} {
		var a, b any
		_, _ = json.Unmarshal([]byte(old), &a), json.Unmarshal([]byte(is), &b)
		if len(missingFrom("", a, b)) != 1 {
			t.Errorf("%s to %s: nothing found", old, is)
		}
	}
}

// The old summary has every member of the first schema, or it would prove little.
func TestFirstSummaryIsFull(t *testing.T) {
	var doc any
	if err := json.Unmarshal(read(t, firstSummary), &doc); err != nil {
		t.Fatal(err)
	}
	for _, f := range fields(t, read(t, firstSchema)) {
		path, _, _ := strings.Cut(f, " ")
		if !has(doc, strings.Split(strings.ReplaceAll(path, "[]", ".[]"), ".")) {
			t.Errorf("%s lacks %s", filepath.Base(firstSummary), path)
		}
	}
}

func has(v any, path []string) bool {
	if len(path) == 0 {
		return true
	}
	switch v := v.(type) {
	case map[string]any:
		next, ok := v[path[0]]
		return ok && has(next, path[1:])
	case []any:
		return slices.ContainsFunc(v, func(e any) bool { return has(e, path[1:]) })
	}
	return false
}
