package scenario

import (
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

const scraped = `
targets: [{endpoint: octane, url: "http://10.0.0.7", accounts: {generate: "user{n}:geheim:100"}}]
load: smoke
scrape:
  - http://me:geheim@10.0.0.7:9100/metrics?key=verborgen
  - {url: "https://10.0.0.8/m", metrics: [a, b], every: 30s}
`

func TestScrape(t *testing.T) {
	s, err := Parse("soak.yaml", []byte(scraped))
	if err != nil {
		t.Fatal(err)
	}
	p, err := s.Plan()
	if err != nil {
		t.Fatal(err)
	}
	first, second := p.Scrapes[0], p.Scrapes[1]
	if first.Name != "http://10.0.0.7:9100/metrics" || first.Every != scrapeEvery || len(first.Metrics) != len(ownMetrics) || first.URL.User.Username() != "me" {
		t.Errorf("%+v", first)
	}
	if second.Every != 30*time.Second || !cmp.Equal(second.Metrics, []string{"a", "b"}) {
		t.Errorf("%+v", second)
	}
	shown := string(s.Effective())
	if strings.Contains(shown, "geheim") || strings.Contains(shown, "verborgen") || !strings.Contains(shown, "http://***@10.0.0.7:9100/metrics?***") {
		t.Errorf("the effective scenario:\n%s", shown)
	}
	again, err := Parse("scenario.yaml", []byte(shown))
	if err != nil {
		t.Fatal(err)
	}
	if blanked := again.Blanked(); len(blanked) != 2 || !strings.Contains(blanked[0], "--accounts") || !strings.Contains(blanked[1], "scrape") {
		t.Errorf("Blanked() = %q", blanked)
	}
	if blanked := s.Blanked(); len(blanked) != 0 {
		t.Errorf("what holds its secrets is called blanked: %q", blanked)
	}
}

func TestScrapeRefused(t *testing.T) {
	for text, want := range map[string]string{
		"[10.0.0.7:9100]":                              "must be a URL",
		"[{url: http://a/m, every: 10ms}]":             "between a second and an hour",
		"[http://a/m, \"http://b@a/m?x=1\"]":           "named twice",
		"[{url: http://a/m, metric: process_open}]":    "metric",
		"[{metrics: [a]}]":                             "url",
		"[\"http://me:geheim@10.0.0.7:port/metrics\"]": "must be a URL",
	} {
		s, err := Parse("soak.yaml", []byte(strings.Split(scraped, "scrape:")[0]+"scrape: "+text))
		if err == nil {
			_, err = s.Plan()
		}
		if err == nil || !strings.Contains(err.Error(), want) || strings.Contains(err.Error(), "geheim") {
			t.Errorf("%s: %v, want %s", text, err, want)
		}
	}
}

func TestDifferences(t *testing.T) {
	was := "# a comment\nseed: 1\nload: {stages: [{at: 20, for: 10m}], think: 2s}\nlabels: {a.b: x}\n"
	is := "seed: 1\nload: {stages: [{at: 30, for: 10m}, {at: 1}]}\nlabels: {a.b: y}\n"
	got, err := Differences([]byte(was), []byte(is))
	want := []string{`labels["a.b"]: was x, is y`, "load.stages[0].at: was 20, is 30", "load.stages[1].at: was not stated, is 1", "load.think: was 2s, is not stated"}
	if err != nil || !cmp.Equal(got, want) {
		t.Errorf("Differences: %v %q", err, got)
	}
	if got, err := Differences([]byte(was), []byte(was)); err != nil || len(got) > 0 {
		t.Errorf("of the same: %v %q", err, got)
	}
}
