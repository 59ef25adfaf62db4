package report

import (
	"bytes"
	"encoding/json"
	"errors"
	"maps"
	"math"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"authsoak/results"
)

func TestJSON(t *testing.T) {
	s := failing()
	var a, b bytes.Buffer
	if err := errors.Join(JSON(&a, s, results.Findings{}), JSON(&b, s, results.Findings{})); err != nil {
		t.Fatal(err)
	}
	if a.String() != b.String() {
		t.Error("JSON wrote the same summary in two ways")
	}
	golden(t, "fail-json", a.String())

	var back results.Summary
	if err := json.Unmarshal(a.Bytes(), &back); err != nil {
		t.Fatal(err)
	}
	want := filled(*s)
	if d := cmp.Diff(&want, &back); d != "" {
		t.Errorf("read back (-want +got):\n%s", d)
	}
}

func TestJSONHasListsWhereThereIsNothing(t *testing.T) {
	s := &results.Summary{Steps: make([]results.StepSummary, 1)}
	var b bytes.Buffer
	if err := JSON(&b, s, results.Findings{}); err != nil {
		t.Fatal(err)
	}
	if strings.Contains(b.String(), "null") {
		t.Errorf("null in\n%s", b.String())
	}
	if s.Steps[0].Errors != nil || s.Labels != nil {
		t.Error("JSON changed the summary it was given")
	}
}

func TestJSONRefusesWhatIsNoNumber(t *testing.T) {
	s := &results.Summary{RunID: "r7", DurationS: math.NaN()}
	if err := JSON(&bytes.Buffer{}, s, results.Findings{}); err == nil || !strings.Contains(err.Error(), "r7") {
		t.Errorf("JSON with a NaN: %v, want an error that names the run", err)
	}
}

func TestFormats(t *testing.T) {
	formats := Formats()
	if got, want := slices.Sorted(maps.Keys(formats)), []string{"csv", "hlog", "intervals-csv", "json", "junit", "markdown", "terminal"}; !slices.Equal(got, want) {
		t.Errorf("formats %q, want %q", got, want)
	}
	in := Input{Summary: passing(), Folder: folder, Text: TextOptions{Width: 100}}
	for name, direct := range map[string]func(*bytes.Buffer) error{
		"json":     func(b *bytes.Buffer) error { return JSON(b, in.Summary, in.Findings) },
		"markdown": func(b *bytes.Buffer) error { return Markdown(b, in.Summary) },
		"junit":    func(b *bytes.Buffer) error { return JUnitRun(b, in.Summary) },
		"csv":      func(b *bytes.Buffer) error { return CSV(b, in.Summary) },
		"terminal": func(b *bytes.Buffer) error { return Summary(b, in.Summary, in.Text) },
	} {
		var got, want bytes.Buffer
		if err := errors.Join(formats[name](&got, in), direct(&want)); err != nil {
			t.Fatal(err)
		}
		if got.String() != want.String() {
			t.Errorf("format %s differs from its function", name)
		}
	}
	for _, name := range []string{"intervals-csv", "hlog"} {
		in.Folder = ""
		if err := formats[name](&bytes.Buffer{}, in); err == nil || !strings.Contains(err.Error(), "one run folder") {
			t.Errorf("%s of merged shards: %v", name, err)
		}
		in.Folder = t.TempDir()
		if err := formats[name](&bytes.Buffer{}, in); err == nil || !strings.Contains(err.Error(), "not a run") {
			t.Errorf("%s of no run: %v", name, err)
		}
	}
}
