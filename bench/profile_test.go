package main

import (
	"bytes"
	"fmt"
	"go/parser"
	"go/token"
	"strings"
	"testing"
	"time"

	"github.com/google/pprof/profile"
)

func TestProfilingIsGo(t *testing.T) {
	source := fmt.Sprintf(profiling, 19*time.Second)
	if _, err := parser.ParseFile(token.NewFileSet(), "profiling.go", source, 0); err != nil {
		t.Error(err)
	}
	if want := "time.Sleep(19000000000)"; !strings.Contains(source, want) {
		t.Errorf("no %s in %s", want, source)
	}
}

func TestProfileNeedsTime(t *testing.T) {
	if err := writeProfile([]string{"-duration", "1s"}); err == nil {
		t.Error("a turn without time for a profile passes")
	}
}

// The compiler goes by functions and lines; nothing else may be left.
func TestStrip(t *testing.T) {
	mapping := &profile.Mapping{ID: 1, File: "/tmp/bench1/authsoak", BuildID: "abc"}
	function := &profile.Function{ID: 1, Name: "authsoak/driver.(*worker).perform", Filename: "authsoak/driver/step.go", StartLine: 40}
	location := &profile.Location{ID: 1, Mapping: mapping, Address: 0x1234, Line: []profile.Line{{Function: function, Line: 43}}}
	p := &profile.Profile{
		SampleType: []*profile.ValueType{{Type: "samples", Unit: "count"}, {Type: "cpu", Unit: "nanoseconds"}},
		Sample: []*profile.Sample{{Location: []*profile.Location{location}, Value: []int64{3, 30},
			Label: map[string][]string{"host": {"secret"}}}},
		Mapping: []*profile.Mapping{mapping}, Location: []*profile.Location{location}, Function: []*profile.Function{function},
		TimeNanos: 1, DurationNanos: 2, Comments: []string{"here"},
	}
	strip(p)
	var file bytes.Buffer
	if err := p.WriteUncompressed(&file); err != nil {
		t.Fatal(err)
	}
	for _, word := range []string{"/tmp", "abc", "secret", "here"} {
		if bytes.Contains(file.Bytes(), []byte(word)) {
			t.Errorf("the profile still holds %q", word)
		}
	}
	got, err := profile.Parse(&file)
	if err != nil {
		t.Fatal(err)
	}
	if l := got.Sample[0].Location[0]; l.Address != 0 || l.Line[0].Line != 43 || l.Line[0].Function.StartLine != 40 {
		t.Errorf("location = %+v, want line 43 of a function at 40, without an address", l)
	}
	if got.TimeNanos != 0 || got.DurationNanos != 0 || got.Sample[0].Value[0] != 3 {
		t.Errorf("profile = %v, want 3 samples of no time", got)
	}
}
