package scrape

import (
	"context"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"go.uber.org/goleak"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

func all([]byte) bool { return true }

func TestParse(t *testing.T) {
	for _, c := range []struct {
		name, text string
		want       map[string]float64
	}{
		{"nothing", "", map[string]float64{}},
		{"comments", "# HELP a b\n# TYPE a gauge\n\n a 1 \n", map[string]float64{"a": 1}},
		{"carriage returns and a timestamp", "a 1 1395066363000\r\nb:c 2.5e3\r\n", map[string]float64{"a": 1, "b:c": 2500}},
		{"labels are summed", `m{area="heap",id="x}\"y,"} 1` + "\n" + `m { area = "other" , } 2` + "\nm{} 4", map[string]float64{"m": 7}},
		{"no limit", "a -1\nb NaN\nc +Inf\nd -Inf\ne 0x10p0", map[string]float64{"e": 16}},
	} {
		got, err := Parse(strings.NewReader(c.text), all)
		if err != nil {
			t.Errorf("%s: %v", c.name, err)
		} else if d := cmp.Diff(c.want, got); d != "" {
			t.Errorf("%s: %s", c.name, d)
		}
	}
}

func TestParseRefuses(t *testing.T) {
	for text, want := range map[string]string{
		"a 1\n<html>":        "line 2: no name of a metric",
		"1a 1":               "line 1: no name",
		"a":                  "no number",
		"a one":              "no number",
		"a 1 2 3":            "no number",
		"a 1 later":          "no timestamp",
		"a-b 1":              "no name",
		`a{b=c} 1`:           "no labels",
		`a{b="c} 1`:          "no labels",
		`a{b="c" d="e"} 1`:   "no labels",
		`a{"b"} 1`:           "no labels",
		`{"error":"denied"}`: "no name",
	} {
		if _, err := Parse(strings.NewReader(text), all); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("Parse(%q): %v, want %s", text, err, want)
		}
	}
	if _, err := Parse(strings.NewReader("a"+strings.Repeat("b", maxLine+1)), all); err == nil {
		t.Error("a line without end is read")
	}
}

func FuzzParse(f *testing.F) {
	for _, s := range []string{"a 1", `m{a="b\\",c="\"}"} 1 2`, "# x\n\n", "a{} NaN", "{"} {
		f.Add([]byte(s))
	}
	f.Fuzz(func(t *testing.T, b []byte) {
		values, err := Parse(strings.NewReader(string(b)), all)
		if err != nil && values != nil {
			t.Fatal("values beside an error")
		}
		for name := range values {
			if nameEnd([]byte(name), true) != len(name) || name == "" {
				t.Fatalf("%q is no name", name)
			}
		}
	})
}

func source(t *testing.T, text string) *Source {
	t.Helper()
	u, err := url.Parse(text)
	if err != nil {
		t.Fatal(err)
	}
	return &Source{URL: u, Name: "target", Metrics: []string{"a", "b"}, Every: time.Millisecond}
}

func TestRead(t *testing.T) {
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		switch user, password, _ := r.BasicAuth(); {
		case user != "ann" || password != "secret-word" || r.URL.Query().Get("key") != "hidden":
			w.WriteHeader(http.StatusUnauthorized)
		case r.URL.Path == "/html":
			w.Write([]byte("<html>"))
		case r.URL.Path == "/other":
			w.Write([]byte("c 1\n"))
		default:
			w.Write([]byte("a 1\nb{x=\"1\"} 2\nb{x=\"2\"} 3\nc 4\n"))
		}
	}))
	defer server.Close()
	client := Client()
	defer client.CloseIdleConnections()
	at := strings.Replace(server.URL, "http://", "http://ann:secret-word@", 1)
	got, err := Read(context.Background(), client, source(t, at+"/?key=hidden"))
	if d := cmp.Diff(map[string]float64{"a": 1, "b": 5}, got); err != nil || d != "" {
		t.Errorf("Read: %v %s", err, d)
	}
	for text, want := range map[string]string{
		at + "/html?key=hidden":  "not the text format of Prometheus: line 1",
		at + "/other?key=hidden": "none of the metrics",
		server.URL:               "status 401",
		"http://ann:secret-word@127.0.0.1:1/?key=hidden": "refused",
	} {
		_, err := Read(context.Background(), client, source(t, text))
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("Read(%s): %v, want %s", text, err, want)
		} else if strings.Contains(err.Error(), "secret-word") || strings.Contains(err.Error(), "hidden") {
			t.Errorf("the error tells a secret: %v", err)
		}
	}
}

func TestScraper(t *testing.T) {
	served := make(chan struct{}, 100)
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Write([]byte("a 1\n"))
		select {
		case served <- struct{}{}:
		default:
		}
	}))
	defer server.Close()
	s := Start(context.Background(), Client(), []Source{*source(t, server.URL)})
	for range 3 {
		<-served
	}
	s.Close()
	readings := s.Take()
	if len(readings) < 2 {
		t.Fatalf("%d readings, want 2 and more", len(readings))
	}
	if r := readings[0]; r.Err != nil || r.Values["a"] != 1 || r.Source != "target" {
		t.Errorf("%+v", r)
	}
	if len(s.Take()) != 0 {
		t.Error("what was taken is taken again")
	}
}
