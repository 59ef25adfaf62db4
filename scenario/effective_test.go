package scenario

import (
	"encoding/json"
	"fmt"
	"os"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
)

// What is effective can be read again and means the same, but for secrets.
func TestEffectiveReadsBack(t *testing.T) {
	for _, text := range []string{
		nightly,
		"targets: [{endpoint: octane, url: 'http://h', accounts: {generate: 'u{n}:p{n}:100000'}}]\nload: {use: soak, workers: 5}\n",
		"targets: [{endpoint: octane, url: 'http://h', accounts: {generate: 'u{n}:p{n}:100000'}}]\nload: {model: population, stages: [{at: 10, for: 1h}], endless: true}\n",
	} {
		s := parse(t, text)
		once := s.Effective()
		back, err := Parse("./effective.yaml", once)
		if err != nil {
			t.Fatalf("%v\n%s", err, once)
		}
		back.World = s.World
		twice := back.Effective()
		if diff := cmp.Diff(string(once), string(twice)); diff != "" {
			t.Errorf("effective twice: %s", diff)
		}
		a, b := plan(t, s), plan(t, back)
		if diff := cmp.Diff(a, b, cmpopts.IgnoreFields(Plan{}, "Targets"), cmp.AllowUnexported(Arrivals{}, Curve{}, Weights{}, segment{}),
			cmpopts.EquateEmpty()); diff != "" {
			t.Errorf("the plan differs: %s", diff)
		}
	}
}

func TestEffectiveHoldsNoSecret(t *testing.T) {
	s := parse(t, `
targets:
  - endpoint: octane
    url: https://h
    accounts: {generate: 'user{n}:hunter2:{n}:10'}
    proxy: http://me:hunter2@proxy.example
    tenant: ""
  - endpoint: octane
    url: https://me:hunter2@h
    accounts: {generate: 'hunter2'}
    proxy: "hunter2@proxy"
  - endpoint: octane
    url: https://${env:HOST}
    accounts: {generate: 'user{n}:${env:SECRET}:10'}
    proxy: "${env:PROXY}"
load: smoke
`)
	s.World = world(nil, map[string]string{"SECRET": "hunter2", "HOST": "secret.example", "PROXY": "http://a:hunter2@p"})
	text := string(s.Effective())
	for _, secret := range []string{"hunter2", "secret.example"} {
		if strings.Contains(text, secret) {
			t.Errorf("%s stands in\n%s", secret, text)
		}
	}
	for _, want := range []string{"user{n}:***:10", "http://***@proxy.example", "https://${env:HOST}", "${env:PROXY}", "# Secrets are blanked"} {
		if !strings.Contains(text, want) {
			t.Errorf("%s does not stand in\n%s", want, text)
		}
	}
	for _, verb := range []string{"%v", "%+v", "%#v", "%s"} {
		if shown := fmt.Sprintf(verb, s.Targets); strings.Contains(shown, "hunter2") {
			t.Errorf("%s shows %s", verb, shown)
		}
		if shown := fmt.Sprintf(verb, s.Targets[0].Accounts); strings.Contains(shown, "hunter2") {
			t.Errorf("%s shows %s", verb, shown)
		}
		if shown := fmt.Sprintf(verb, Overrides{Accounts: &s.Targets[0].Accounts}); strings.Contains(shown, "hunter2") {
			t.Errorf("%s shows %s", verb, shown)
		}
	}
	s.Targets = s.Targets[:1]
	p := plan(t, s)
	for _, verb := range []string{"%v", "%+v", "%#v", "%s"} {
		if shown := fmt.Sprintf(verb, p); strings.Contains(shown, "hunter2") {
			t.Errorf("%s shows %s", verb, shown)
		}
	}
}

func TestSchema(t *testing.T) {
	var schema map[string]any
	if err := json.Unmarshal(Schema(), &schema); err != nil {
		t.Fatal(err)
	}
	properties := schema["properties"].(map[string]any)
	for _, key := range []string{"name", "targets", "load", "thresholds", "output"} {
		if properties[key] == nil {
			t.Errorf("the schema lacks %s", key)
		}
	}
	if properties["World"] != nil || properties["world"] != nil {
		t.Error("the schema shows what is no key")
	}
}

func TestRead(t *testing.T) {
	name := t.TempDir() + "/s.yaml"
	if err := os.WriteFile(name, []byte(nightly), 0o600); err != nil {
		t.Fatal(err)
	}
	s, err := Read(name)
	if err != nil || s.Name != "nightly" {
		t.Errorf("Read = %v, %v", s, err)
	}
	if _, err := Read(name + ".gone"); err == nil {
		t.Error("a missing file was read")
	}
}

func FuzzParse(f *testing.F) {
	f.Add(nightly)
	f.Add("targets: [{endpoint: space, method: x509, url: 'https://h', tls: {client_cert: c}}]\nload: smoke\n")
	f.Add("load: {model: population, stages: [{at: 1e9, for: 1ms}], turnover: {mean: 1ns}}\ntargets: [{}]\n")
	f.Fuzz(func(t *testing.T, text string) {
		s, err := Parse("s.yaml", []byte(text))
		if err != nil {
			return
		}
		s.World = world(map[string]string{"users.csv": users}, map[string]string{"SECRET": "hunter2"})
		if _, err := s.Plan(); err == nil {
			if err := s.Validate(); err != nil {
				t.Errorf("a plan, but %v", err)
			}
		}
		s.Effective()
	})
}

func FuzzReadTrace(f *testing.F) {
	f.Add("0\n1.5\n# x\n\n3\n")
	f.Add("2026-11-21T08:00:00Z\n2026-11-21T07:59:59.5Z\n")
	f.Fuzz(func(t *testing.T, text string) {
		times, err := ReadTrace(strings.NewReader(text), "t")
		if err != nil {
			return
		}
		if len(times) == 0 {
			t.Error("no time and no error")
		}
		for i, at := range times {
			if at < 0 || at > 2*maxTrace || i > 0 && at < times[i-1] {
				t.Errorf("time %d is %v", i, at)
			}
		}
	})
}

func TestReadTrace(t *testing.T) {
	for _, tt := range []struct {
		text, want, err string
	}{
		{"0\n1.5\n\n# pause\n3\n", "[0s 1.5s 3s]", ""},
		{"3\r\n1\r\n", "[1s 3s]", ""},
		{"\ufeff1\n", "[1s]", ""},
		{"2026-11-21T08:00:01Z\n2026-11-21T09:00:00+01:00\n", "[0s 1s]", ""},
		{"", "", "t: holds no time"},
		{"x\n-1\nNaN\n1e300\n", "", "t:1: \"x\" is neither\nt:2: -1 is outside\nt:3: NaN is outside\nt:4: 1e300 is outside"},
		{"1\n2026-11-21T08:00:01Z\n", "", "t:2: 2026-11-21T08:00:01Z is an instant, but the lines before are seconds"},
		{"2026-11-21T08:00:01Z\n1\n", "", "t:2: 1 is a number of seconds"},
		{"2026-11-21T08:00:01Z\n2020-11-21T08:00:01Z\n", "", "t:2: 2020-11-21T08:00:01Z is more than"},
		{strings.Repeat("x\n", 30), "", "t: and 10 more"},
	} {
		got, err := ReadTrace(strings.NewReader(tt.text), "t")
		if tt.err == "" {
			if err != nil || fmt.Sprint(got) != tt.want {
				t.Errorf("ReadTrace(%q) = %v, %v, want %s", tt.text, got, err, tt.want)
			}
			continue
		}
		for _, want := range strings.Split(tt.err, "\n") {
			if err == nil || !strings.Contains(err.Error(), want) {
				t.Errorf("ReadTrace(%q) = %v, want %q", tt.text, err, want)
			}
		}
	}
}
