package results

import (
	"bytes"
	"encoding/json"
	"flag"
	"os"
	"slices"
	"sort"
	"strings"
	"testing"

	generate "github.com/invopop/jsonschema"
	validate "github.com/santhosh-tekuri/jsonschema/v6"
)

var update = flag.Bool("update", false, "write the schemas and the lists of their fields again")

// published are the kinds of file that have a schema.
var published = []struct {
	kind, name, title, about string
	value                    any
	stored                   func() []byte
}{
	{"summary", SummarySchema, "authsoak summary", "summary.json of a run folder: the verdict and every total. Members ending in _s are seconds, in _ms milliseconds. Counts and times are of the hold phase; sessions and generator are of the whole run.",
		&Summary{}, SummarySchemaJSON},
	{"capacity", CapacitySchema, "authsoak capacity", "capacity.json of a search for capacity: the highest load that meets the objectives, and every step that says so. Levels are cycles per second or live sessions, as the axis has it. Members ending in _s are seconds.",
		&CapacityResult{}, CapacitySchemaJSON},
}

// generated returns the schema that the types of a kind have now.
func generated(t *testing.T, k int) []byte {
	t.Helper()
	// Members unknown to the schema are allowed: a later version may add some.
	r := generate.Reflector{AllowAdditionalProperties: true, Anonymous: true}
	s := r.Reflect(published[k].value)
	s.Title, s.Description = published[k].title, published[k].about
	root := s.Definitions[strings.TrimPrefix(s.Ref, "#/$defs/")]
	if p, ok := root.Properties.Get("schema"); ok {
		p.Const = published[k].name
	}
	if p, ok := root.Properties.Get("verdict"); ok {
		p.Enum = []any{Pass, Failed, Invalid, Interrupted}
	}
	if a, ok := s.Definitions["CapacityAnswer"]; ok { // without a bound from above it is null
		if p, ok := a.Properties.Get("high"); ok {
			*p = generate.Schema{OneOf: []*generate.Schema{{Type: "number"}, {Type: "null"}}}
		}
	}
	b, err := json.MarshalIndent(s, "", "  ")
	if err != nil {
		t.Fatal(err)
	}
	return append(b, '\n')
}

func TestSchemaIsCurrent(t *testing.T) {
	for k, p := range published {
		file, want := p.kind+".schema.json", generated(t, k)
		if *update {
			if err := os.WriteFile(file, want, 0o644); err != nil {
				t.Fatal(err)
			}
			continue
		}
		if !bytes.Equal(p.stored(), want) {
			t.Errorf("%s is not what the types say: run go test ./results -run TestSchema -update", file)
		}
	}
}

// fields lists every member of the schema with its type: steps[].service_ms.p50 number.
func fields(t *testing.T, schema []byte) []string {
	t.Helper()
	var root struct {
		Ref  string                    `json:"$ref"`
		Defs map[string]map[string]any `json:"$defs"`
	}
	if err := json.Unmarshal(schema, &root); err != nil {
		t.Fatal(err)
	}
	var out []string
	var walk func(path string, s map[string]any)
	walk = func(path string, s map[string]any) {
		if ref, ok := s["$ref"].(string); ok {
			s = root.Defs[strings.TrimPrefix(ref, "#/$defs/")]
		}
		kind, _ := s["type"].(string)
		if path != "" {
			out = append(out, strings.TrimSpace(path+" "+kind))
		}
		if items, ok := s["items"].(map[string]any); ok {
			walk(path+"[]", items)
		}
		properties, _ := s["properties"].(map[string]any)
		for name, p := range properties {
			walk(strings.TrimPrefix(path+"."+name, "."), p.(map[string]any))
		}
	}
	walk("", map[string]any{"$ref": root.Ref})
	sort.Strings(out)
	return out
}

// The list of fields only ever grows: people script against them.
func TestSchemaStaysCompatible(t *testing.T) {
	for k, p := range published {
		t.Run(p.kind, func(t *testing.T) {
			staysCompatible(t, "testdata/"+p.kind+".fields", p.name, fields(t, generated(t, k)))
		})
	}
}

func staysCompatible(t *testing.T, file, name string, got []string) {
	b, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	var promised []string
	for line := range strings.Lines(string(b)) {
		promised = append(promised, strings.TrimSpace(line))
	}
	for _, p := range promised {
		if !slices.Contains(got, p) {
			t.Errorf("the schema no longer has %q: that breaks readers of %s", p, name)
		}
	}
	if *update && !t.Failed() { // a promise is not taken back by writing the file again
		if err := os.WriteFile(file, []byte(strings.Join(got, "\n")+"\n"), 0o644); err != nil {
			t.Fatal(err)
		}
		return
	}
	for _, g := range got {
		if !slices.Contains(promised, g) {
			t.Errorf("new field %q is not in %s: run with -update", g, file)
		}
	}
}

// checkSchema validates a summary as its readers would.
func checkSchema(t *testing.T, s *Summary) {
	t.Helper()
	b, err := json.Marshal(s)
	if err != nil {
		t.Fatal(err)
	}
	if err := validateSummary(b); err != nil {
		t.Errorf("summary against its schema: %v\n%s", err, b)
	}
}

func validateSummary(b []byte) error {
	schema, err := validate.UnmarshalJSON(bytes.NewReader(SummarySchemaJSON()))
	if err != nil {
		return err
	}
	c := validate.NewCompiler()
	if err := c.AddResource("summary.json", schema); err != nil {
		return err
	}
	compiled, err := c.Compile("summary.json")
	if err != nil {
		return err
	}
	v, err := validate.UnmarshalJSON(bytes.NewReader(b))
	if err != nil {
		return err
	}
	return compiled.Validate(v)
}

func TestSchemaRefuses(t *testing.T) {
	for _, s := range []string{
		`{}`,
		`{"schema":"authsoak/summary/v1","verdict":"perhaps"}`,
	} {
		if validateSummary([]byte(s)) == nil {
			t.Errorf("%s: valid, want a violation", s)
		}
	}
}
