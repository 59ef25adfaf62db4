package document

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

type colour string

func (colour) Known() []string { return []string{"red", "green", "blue"} }

type point struct {
	X int     `yaml:"x"`
	Y float64 `yaml:"y"`
}

type common struct {
	Label string `yaml:"label"`
}

type sample struct {
	Name   string           `yaml:"name" document:"required" about:"a name"`
	On     bool             `yaml:"on"`
	Count  int              `yaml:"count"`
	Small  int8             `yaml:"small"`
	Size   uint             `yaml:"size"`
	Rate   float64          `yaml:"rate"`
	Wait   Duration         `yaml:"wait"`
	Part   Share            `yaml:"part"`
	Colour colour           `yaml:"colour"`
	Where  *point           `yaml:"where"`
	Points []point          `yaml:"points"`
	Table  map[string]point `yaml:"table"`
	Any    any              `yaml:"any"`
	Either either           `yaml:"either"`
	Untold string
	Hidden string `yaml:"-"`
	common `yaml:",inline"`
}

// either is a text or a list of texts.
type either []string

func (e *either) DecodeValue(v Value) Problems {
	if text, ok := v.Text(); ok {
		*e = either{text}
		if text == "bad" {
			return Problems{v.Problem("is bad", "good")}
		}
		return nil
	}
	return v.Decode((*[]string)(e))
}

func decode(t *testing.T, text string) (sample, Problems) {
	t.Helper()
	f, err := Parse("a.yaml", []byte(text))
	if err != nil {
		return sample{}, err.(Problems)
	}
	var s sample
	return s, f.Decode(&s)
}

func TestDecode(t *testing.T) {
	f, err := Parse("a.yaml", []byte(`
name: 010            # text as written
on: true
count: -3
small: 127
size: 7
rate: 1.5e3
wait: 1h30m
part: 5%
colour: green
where: {x: 1, y: 2}
points: [{x: 1}, {y: .5}]
table: {a: {x: 3}, "b.c": &p {x: 4}, d: *p}
any: {list: [1, true, "2", ~, text], n: 1.5}
either: one
untold: yes
label: inlined
`))
	if err != nil {
		t.Fatal(err)
	}
	got := sample{Hidden: "kept", Where: &point{Y: 9}}
	if ps := f.Decode(&got); len(ps) > 0 {
		t.Fatal(ps)
	}
	want := sample{
		Name: "010", On: true, Count: -3, Small: 127, Size: 7, Rate: 1500,
		Wait: Duration(90 * time.Minute), Part: 0.05, Colour: "green", Where: &point{1, 2},
		Points: []point{{X: 1}, {Y: .5}},
		Table:  map[string]point{"a": {X: 3}, "b.c": {X: 4}, "d": {X: 4}},
		Any:    map[string]any{"list": []any{1.0, true, "2", nil, "text"}, "n": 1.5},
		Either: either{"one"}, Untold: "yes", Hidden: "kept", common: common{"inlined"},
	}
	if diff := cmp.Diff(want, got, cmp.AllowUnexported(sample{})); diff != "" {
		t.Error(diff)
	}
}

func TestProblems(t *testing.T) {
	for _, test := range []struct{ name, text, want string }{
		{"unknown key", "name: a\ncuont: 1\n", `a.yaml:2:1: cuont: is not a known key (did you mean "count"?)`},
		{"unknown, nothing near", "name: a\nzzzzzz: 1\n", `a.yaml:2:1: zzzzzz: is not a known key`},
		{"inlined key", "name: a\nlabl: b\n", `a.yaml:2:1: labl: is not a known key (did you mean "label"?)`},
		{"hidden key", "name: a\n\"-\": b\n", `a.yaml:2:1: -: is not a known key`},
		{"missing", "count: 1\n", `a.yaml:1:1: name: is missing`},
		{"nested in flow", "name: a\npoints: [{x: 1}, {x: 1, z: 2}]\n", `a.yaml:2:25: points[1].z: is not a known key`},
		{"nested in block", "name: a\npoints:\n  - x: 1\n  - x: one\n", `a.yaml:4:8: points[1].x: must be a whole number, not "one"`},
		{"quoted path", "name: a\ntable:\n  b.c: {x: []}\n", `a.yaml:3:12: table["b.c"].x: must be a single value, but is a list`},
		{"octal", "name: a\ncount: 010\n", `a.yaml:2:8: count: must not begin with a zero: 010 would be octal to some readers (did you mean "10"?)`},
		{"octal rate", "name: a\nrate: 00.5\n", `a.yaml:2:7: rate: must not begin with a zero: 00.5 would be octal to some readers (did you mean ".5"?)`},
		{"hexadecimal", "name: a\ncount: 0x10\n", `a.yaml:2:8: count: must be a whole number, not "0x10"`},
		{"too large", "name: a\nsmall: 128\n", `a.yaml:2:8: small: must be a whole number, not "128"`},
		{"negative", "name: a\nsize: -1\n", `a.yaml:2:7: size: must be a whole number, not negative, not "-1"`},
		{"infinite", "name: a\nrate: .inf\n", `a.yaml:2:7: rate: must be a number, not ".inf"`},
		{"boolean of old", "name: a\non: yes\n", `a.yaml:2:5: on: must be true or false, not "yes" (did you mean "true"?)`},
		{"list for a value", "name: [a]\n", `a.yaml:1:7: name: must be a single value, but is a list`},
		{"value for a list", "name: a\npoints: 3\n", `a.yaml:2:9: points: must be a list, but is a single value`},
		{"value for a mapping", "name: a\nwhere: 3\n", `a.yaml:2:8: where: must be a mapping (key: value), but is a single value`},
		{"empty value", "name:\n", `a.yaml:1:6: name: has no value: give it one or leave it out`},
		{"null", "name: a\nwhere: ~\n", `a.yaml:2:8: where: has no value: give it one or leave it out`},
		{"enum", "name: a\ncolour: gren\n", `a.yaml:2:9: colour: must be one of red, green, blue, not "gren" (did you mean "green"?)`},
		{"enum in capitals", "name: a\ncolour: RED\n", `a.yaml:2:9: colour: must be one of red, green, blue, not "RED" (did you mean "red"?)`},
		{"bare duration", "name: a\nwait: 30\n", `a.yaml:2:7: wait: must be a time with its unit (500ms, 30s, 5m, 1h30m, 2d), not "30" (did you mean "30s"?)`},
		{"share in percent", "name: a\npart: 5\n", `a.yaml:2:7: part: must be a share between 0 and 1, not 5 (did you mean "5%"?)`},
		{"duplicate", "name: a\ncount: 1\nname: b\n", `a.yaml:3:1: name: is given twice, first in line 1`},
		{"duplicate in flow", "name: a\nwhere: {x: 1, x: 2}\n", `a.yaml:2:15: where.x: is given twice, first in line 2`},
		{"second document", "name: a\n---\nname: b\n", `a.yaml:2:1: a second document begins here: a file holds one`},
		{"merge", "name: a\nwhere: {<<: {x: 1}}\n", `a.yaml:2:9: where.<<: merging keys with << is not supported: write them out`},
		{"key not a word", "name: a\n? [b]\n: c\n", `a.yaml:2:3: a key must be a plain word`},
		{"empty", "", `a.yaml:1:1: the document is empty`},
		{"only a comment", "# nothing\n", `a.yaml:1:1: the document is empty`},
		{"a list", "- a\n", `a.yaml:1:1: must be a mapping (key: value), but is a list`},
		{"own decoder", "name: a\neither: bad\n", `a.yaml:2:9: either: is bad (did you mean "good"?)`},
		{"own decoder, inside", "name: a\neither: [b, {}]\n", `a.yaml:2:13: either[1]: must be a single value, but is a mapping (key: value)`},
		{"comma in flow", "name: a\nwhere: {x: 1, and so on}\n", `a.yaml:2:15: where.and so on: is not a known key: inside { } a text that holds a comma needs quotes`},
		{"alias at its use", "name: a\ntable: {a: &p {x: 1}}\ncount: *p\n", `a.yaml:3:8: count: must be a single value, but is a mapping (key: value)`},
		{"characters, not bytes", "name: a\nwhere: {é: 1}\n", `a.yaml:2:9: where.é: is not a known key`},
		{"no YAML", "name: a: b\n", `a.yaml:1:8: mapping values are not allowed in this context`},
		{"never closed", "name: a\npoints: [1\n", `a.yaml:3:1: while parsing a flow sequence: did not find expected ',' or ']' (it began in line 2)`},
		{"control character", "name: a\nlabel: \x01\n", `a.yaml:2:8: control characters are not allowed (value: 1)`},
		{"unknown anchor", "name: *b\n", `a.yaml:1:7: unknown anchor 'b' referenced`},
		{"several, in order", "zzzzzz: 1\nwait: 5\nname: []\n",
			"a.yaml:1:1: zzzzzz: is not a known key\n" +
				"a.yaml:2:7: wait: must be a time with its unit (500ms, 30s, 5m, 1h30m, 2d), not \"5\" (did you mean \"5s\"?)\n" +
				"a.yaml:3:7: name: must be a single value, but is a list"},
	} {
		t.Run(test.name, func(t *testing.T) {
			_, ps := decode(t, test.text)
			if got := ps.Error(); got != test.want {
				t.Errorf("Decode(%q)\n got %s\nwant %s", test.text, got, test.want)
			}
		})
	}
}

func TestLimits(t *testing.T) {
	bomb := "a0: &a0 [x, x, x, x, x, x, x, x, x, x]\n"
	for i := 1; i < 12; i++ {
		bomb += fmt.Sprintf("a%d: &a%d [%s]\n", i, i, strings.TrimSuffix(strings.Repeat(fmt.Sprintf("*a%d, ", i-1), 10), ", "))
	}
	for _, test := range []struct{ name, text, want string }{
		{"alias bomb", bomb, "holds more than 200000 values once its aliases are put in"},
		{"holds itself", "any: &a [*a]\n", "is nested more than 64 deep, or holds itself"},
		{"holds itself twice", "any: &a {b: *a, c: *a}\n", "is nested more than 64 deep, or holds itself"},
		{"deep in flow", "any: " + strings.Repeat("[", 100) + strings.Repeat("]", 100), "is nested more than 64 deep, or holds itself"},
		{"deeper in flow", "any: " + strings.Repeat("[", 100_000), "exceeded max depth"},
		{"deep in blocks", "any:\n  " + strings.Repeat("- ", 100) + "x\n", "is nested more than 64 deep, or holds itself"},
		{"long", "name: " + strings.Repeat("x", MaxBytes), "has 4194310 bytes, more than the limit of 4194304"},
	} {
		t.Run(test.name, func(t *testing.T) {
			_, ps := decode(t, test.text)
			if !strings.Contains(ps.Error(), test.want) {
				t.Errorf("got %.300s, want %s", ps.Error(), test.want)
			}
		})
	}
}

func TestFileProblem(t *testing.T) {
	const text = `load:
  stages:
    - {to: 50, over: 10s}
    - at: 50
      for: 5m
  arrivals: {process: constant}
"odd.key": {a: 1}
`
	f, err := Parse("a.yaml", []byte(text))
	if err != nil {
		t.Fatal(err)
	}
	for _, test := range []struct {
		path, value, key string
	}{
		{"", "a.yaml:1:1", "a.yaml:1:1"},
		{"load", "a.yaml:1:1", "a.yaml:1:1"},
		{"load.stages", "a.yaml:2:3", "a.yaml:2:3"},
		{"load.stages[0]", "a.yaml:3:7", "a.yaml:3:7"},
		{"load.stages[0].over", "a.yaml:3:22", "a.yaml:3:16"},
		{"load.stages[1].at", "a.yaml:4:11", "a.yaml:4:7"},
		{"load.stages[1].to", "a.yaml:4:7", "a.yaml:4:7"}, // absent: its stage
		{"load.stages[7].to", "a.yaml:2:3", "a.yaml:2:3"}, // absent: the list
		{"load.stages[x]", "a.yaml:2:3", "a.yaml:2:3"},
		{"load.arrivals.process", "a.yaml:6:23", "a.yaml:6:14"},
		{"load.think", "a.yaml:1:1", "a.yaml:1:1"},
		{`["odd.key"].a`, "a.yaml:7:16", "a.yaml:7:13"},
		{`["odd.key`, "a.yaml:1:1", "a.yaml:1:1"},
	} {
		if got := f.Problem(test.path, "m", "").Position.String(); got != test.value {
			t.Errorf("Problem(%q) at %s, want %s", test.path, got, test.value)
		}
		if got := f.KeyProblem(test.path, "m", "").Position.String(); got != test.key {
			t.Errorf("KeyProblem(%q) at %s, want %s", test.path, got, test.key)
		}
	}
	if !f.Has("load.stages[1].for") || f.Has("load.stages[1].over") || !f.Has("") {
		t.Error("Has: wrong")
	}
}

func FuzzDecode(f *testing.F) {
	for _, seed := range []string{
		"name: a\ncount: 010\npoints: [{x: 1}, {z: 2}]\n", "any: &a [*a, *a]\n", "a: b: c", "{a: {b: [", "- - - x",
		"name: a\n---\nb\n", "? {a: 1}\n: 2\n", "<<: *x", "any: !!binary aGk=\n", "\xff\xfea\x00:\x00", "wait: 1d\npart: 5%\n",
		"%YAML 1.2\n---\nname: x\n...\n", "name: \"\\u0000\"\n", "any: !!map [1]\n", "&a a: *a\n", "%TAG ! !foo\n--- !bar\nname: x\n",
	} {
		f.Add([]byte(seed), "load.stages[2].rate")
	}
	f.Fuzz(func(t *testing.T, data []byte, path string) {
		file, err := Parse("a.yaml", data)
		if err != nil {
			if err.Error() == "" {
				t.Error("an error without text")
			}
			return
		}
		lines := strings.Count(strings.NewReplacer("\r\n", "\n", "\r", "\n", "\u0085", "\n", "\u2028", "\n", "\u2029", "\n").Replace(string(data)), "\n") + 1
		utf16 := len(data) > 1 && (data[0] == 0xff || data[0] == 0xfe)
		var s sample
		for _, p := range append(file.Decode(&s), file.Problem(path, "m", ""), file.KeyProblem(path, "m", "")) {
			if p.Line < 1 || p.Column < 1 || p.Line > lines && !utf16 {
				t.Errorf("position outside of the file, which has %d lines: %s", lines, p)
			}
		}
		file.Plain()
	})
}
