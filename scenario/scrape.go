package scenario

import (
	"fmt"
	"net/url"
	"reflect"
	"slices"
	"strings"
	"time"

	"authsoak/document"
)

// Scrape is a Prometheus endpoint of a target, asked while the run goes on.
type Scrape struct {
	URL     string            `yaml:"url" document:"required" about:"http:// or https://; user info is sent as basic authentication"`
	Metrics []string          `yaml:"metrics,omitempty" about:"the metrics to follow; left out: memory, open files, threads, as far as they are there"`
	Every   document.Duration `yaml:"every,omitempty" about:"how often it is asked; left out: 5s"`
}

// DecodeValue reads a URL, or an endpoint with its conditions.
func (s *Scrape) DecodeValue(v document.Value) document.Problems {
	type plain Scrape
	if v.IsMapping() {
		return v.Decode((*plain)(s))
	}
	return v.Decode(&s.URL)
}

// Schema describes what DecodeValue accepts.
func (Scrape) Schema(of func(reflect.Type) map[string]any) map[string]any {
	type scrape Scrape
	return map[string]any{"anyOf": []any{of(reflect.TypeFor[string]()), of(reflect.TypeFor[scrape]())}}
}

// ScrapePlan is an endpoint to ask.
type ScrapePlan struct {
	URL     *url.URL
	Name    string // the URL without user info and query
	Metrics []string
	Every   time.Duration
}

// ownMetrics are what servers commonly tell of their memory, files and threads:
// the Prometheus client libraries of Go and others, and those of the JVM and
// Node.js.
var ownMetrics = []string{
	"process_resident_memory_bytes", "process_open_fds", "process_max_fds",
	"go_memstats_heap_inuse_bytes", "go_goroutines",
	"jvm_memory_used_bytes", "jvm_memory_max_bytes", "jvm_threads_current", "jvm_threads_live_threads",
	"nodejs_heap_size_used_bytes", "nodejs_active_handles_total",
}

const scrapeEvery = 5 * time.Second

func (c *compiler) scrapes() {
	seen := map[string]bool{}
	for i := range c.Scrape {
		s, at := &c.Scrape[i], fmt.Sprintf("scrape[%d]", i)
		if c.file.Has(at + ".url") {
			at += ".url"
		}
		u, err := url.Parse(s.URL)
		switch {
		case err != nil || u.Scheme != "http" && u.Scheme != "https" || u.Host == "":
			c.bad(at, "must be a URL that begins with http:// or https:// and names a host, http://10.0.0.7:9100/metrics for example", "")
			continue
		case s.Every != 0 && (time.Duration(s.Every) < time.Second || time.Duration(s.Every) > time.Hour):
			c.bad(fmt.Sprintf("scrape[%d].every", i), "must lie between a second and an hour", "")
		}
		p := ScrapePlan{URL: u, Name: sourceName(u), Metrics: slices.Clone(s.Metrics), Every: time.Duration(s.Every)}
		if seen[p.Name] {
			c.bad(at, p.Name+" is named twice", "")
		}
		seen[p.Name] = true
		if len(p.Metrics) == 0 {
			p.Metrics = ownMetrics
		}
		if p.Every == 0 {
			p.Every = scrapeEvery
		}
		c.plan.Scrapes = append(c.plan.Scrapes, p)
	}
}

// sourceName is a URL without what may be secret in it.
func sourceName(u *url.URL) string {
	bare := url.URL{Scheme: u.Scheme, Host: u.Host, Path: u.Path}
	return bare.String()
}

// blankScrape takes what may be secret out of a URL.
func blankScrape(text string) string {
	text = blankUserInfo(text)
	if bare, _, ok := strings.Cut(text, "?"); ok {
		return bare + "?" + blank
	}
	return text
}
