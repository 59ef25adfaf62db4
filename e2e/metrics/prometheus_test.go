package metrics

import (
	"encoding/json"
	"fmt"
	"io"
	"math"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"testing"
	"time"
)

// prometheus is a real server.
type prometheus struct {
	url    string
	server *process
}

// startPrometheus starts Debian's server, which scrapes the page every second.
func startPrometheus(t *testing.T, page string, flags ...string) *prometheus {
	t.Helper()
	dir, address := t.TempDir(), freeAddress(t)
	config := filepath.Join(dir, "prometheus.yml")
	text := fmt.Sprintf("global: {scrape_interval: 1s, scrape_timeout: 1s}\nscrape_configs:\n  - {job_name: authsoak, static_configs: [{targets: ['%s']}]}\n", page)
	if err := os.WriteFile(config, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	p := &prometheus{url: "http://" + address}
	p.server = start(t, nil, "prometheus", append(flags, "--config.file="+config, "--storage.tsdb.path="+filepath.Join(dir, "data"),
		"--web.listen-address="+address, "--log.level=warn")...)
	p.server.wait(t, "ready", func() bool {
		w, err := http.Get(p.url + "/-/ready")
		if err != nil {
			return false
		}
		defer w.Body.Close()
		return w.StatusCode == http.StatusOK
	})
	return p
}

// settle waits until the server has found the page gone. It scrapes one after the
// other, so by then it has stored what it had been answered last.
func (p *prometheus) settle(t *testing.T) {
	t.Helper()
	p.server.wait(t, "settled", func() bool {
		got, err := p.query(`up{job="authsoak"}`, time.Now())
		return err == nil && len(got) == 1 && len(got[0].Value) == 2 && got[0].Value[1] == "0"
	})
}

// sample is one series of an answer with its last value.
type sample struct {
	Metric    map[string]string
	Value     []any
	Histogram []any
}

// query asks for a vector at an instant. The error is what the server says.
func (p *prometheus) query(expr string, at time.Time) ([]sample, error) {
	w, err := http.Get(p.url + "/api/v1/query?" + url.Values{"query": {expr}, "time": {strconv.FormatFloat(float64(at.UnixMilli())/1e3, 'f', 3, 64)}}.Encode())
	if err != nil {
		return nil, err
	}
	defer w.Body.Close()
	b, err := io.ReadAll(w.Body)
	if err != nil {
		return nil, err
	}
	var answer struct {
		Status, Error string
		Data          struct{ Result []sample }
	}
	if err := json.Unmarshal(b, &answer); err != nil {
		return nil, fmt.Errorf("%w: %s", err, b)
	}
	if answer.Status != "success" {
		return nil, fmt.Errorf("%s", answer.Error)
	}
	return answer.Data.Result, nil
}

// number is the one number that an expression yields.
func (p *prometheus) number(t *testing.T, expr string, at time.Time) float64 {
	t.Helper()
	got, err := p.query(expr, at)
	if err != nil || len(got) != 1 || len(got[0].Value) != 2 {
		t.Errorf("%s: %v, %v, want one number", expr, got, err)
		return math.NaN()
	}
	v, err := strconv.ParseFloat(got[0].Value[1].(string), 64)
	if err != nil {
		t.Error(err)
	}
	return v
}

// testQuantiles holds what Prometheus computes of the native histogram against
// the summary: they agree within the width of a bucket.
func testQuantiles(t *testing.T, r *run) {
	width := math.Exp2(1.0/32) * 1.001 // a bucket, and the 0.1 % of HDR's own
	tried := 0
	for _, s := range r.summary.Steps {
		if s.Kind != "step" || s.Count == 0 {
			continue
		}
		for name, times := range map[string]map[string]float64{"response": s.Response, "service": s.Service} {
			selector := fmt.Sprintf("authsoak_%s_time_seconds{target=%q,step=%q,phase=\"hold\"}", name, s.Target, s.Step)
			if n := r.native.number(t, "histogram_count("+selector+")", r.ended); n != float64(s.Count) {
				t.Errorf("%s: Prometheus counts %g, the summary %d", selector, n, s.Count)
			}
			mean := r.native.number(t, fmt.Sprintf("histogram_sum(%s) / histogram_count(%[1]s)", selector), r.ended) * 1e3
			if math.Abs(mean-times["mean"]) > 0.001*times["mean"] {
				t.Errorf("%s: mean %g ms, the summary says %g", selector, mean, times["mean"])
			}
			for q, member := range map[float64]string{0.5: "p50", 0.9: "p90", 0.99: "p99", 0.999: "p999"} {
				if rank := q * float64(s.Count); math.Abs(rank-math.Round(rank)) > 1e-6 {
					continue // between two samples the two sides may choose either
				}
				tried++
				got := r.native.number(t, fmt.Sprintf("histogram_quantile(%g, %s)", q, selector), r.ended) * 1e3
				if want := times[member]; got > want*width || got < want/width {
					t.Errorf("%s: Prometheus says %s is %g ms, the summary %g: more than a bucket apart", selector, member, got, want)
				}
			}
		}
	}
	if tried < 8 {
		t.Errorf("only %d quantiles were compared", tried)
	}
}

// testCounts holds counters against the summary.
func testCounts(t *testing.T, r *run) {
	for expr, want := range map[string]int64{
		`sum(authsoak_cycles_total{phase="hold"})`:                                     r.summary.Cycles.Completed,
		`sum(authsoak_cycles_total{phase="hold",outcome="fail"})`:                      r.summary.Cycles.Fail,
		`authsoak_cycles_planned_total{phase="hold"}`:                                  r.summary.Cycles.Planned,
		`authsoak_sessions_opened_total`:                                               r.summary.Sessions.Opened,
		`sum(authsoak_sessions)`:                                                       r.summary.Sessions.Opened,
		`authsoak_sessions{state="closed"}`:                                            r.summary.Sessions.Closed,
		`count(authsoak_run_info{run_id="e2e",label_build="17"})`:                      1,
		`sum(authsoak_errors_total{class="server-error",phase="hold"}) > bool 0`:       1,
		`sum(authsoak_steps_total{phase="hold",step="login"})`:                         cycles,
		`sum(scrape_samples_scraped{job="authsoak"} < bool 2000)`:                      1,
		`max_over_time(scrape_duration_seconds{job="authsoak"}[1m]) < bool 0.5`:        1,
		`sum(authsoak_errors_total{phase="hold"}) <= bool sum(authsoak_steps_total{})`: 1,
	} {
		for _, p := range []*prometheus{r.native, r.classic} {
			if got := p.number(t, expr, r.ended); got != float64(want) {
				t.Errorf("%s: %g, want %d", expr, got, want)
			}
		}
	}
	// Without the feature the classic buckets serve: a coarse answer, but a true one.
	for _, s := range r.summary.Steps {
		if s.Step != "login" || s.Kind != "step" {
			continue
		}
		got := r.classic.number(t, `histogram_quantile(0.5, authsoak_response_time_seconds_bucket{step="login",phase="hold"})`, r.ended) * 1e3
		if want := s.Response["p50"]; got < want/2.5 || got > want*2.5 {
			t.Errorf("classic buckets: median %g ms, the summary says %g", got, want)
		}
	}
}

// expressions are all that the dashboard asks for, by panel.
func expressions(t *testing.T) map[string][]string {
	t.Helper()
	b, err := os.ReadFile("../../docs/grafana/authsoak.json")
	if err != nil {
		t.Fatal(err)
	}
	var dashboard struct {
		Panels []struct {
			Title, Type string
			Targets     []struct{ Expr string }
		}
		Templating struct {
			List []struct{ Name, Definition string }
		}
		Annotations struct{ List []struct{ Expr string } }
	}
	if err := json.Unmarshal(b, &dashboard); err != nil {
		t.Fatal(err)
	}
	out := map[string][]string{}
	for _, p := range dashboard.Panels {
		for _, target := range p.Targets {
			out[p.Title] = append(out[p.Title], target.Expr)
		}
		if p.Type != "row" && len(p.Targets) == 0 {
			t.Errorf("panel %s asks for nothing", p.Title)
		}
	}
	for _, a := range dashboard.Annotations.List {
		out["annotation"] = append(out["annotation"], a.Expr)
	}
	for _, v := range dashboard.Templating.List {
		if inner, ok := strings.CutPrefix(v.Definition, "label_values("); ok {
			metric, label, _ := strings.Cut(strings.TrimSuffix(inner, ")"), ", ")
			out["variable "+v.Name] = []string{"count by (" + label + ") (" + metric + ")"}
		}
	}
	return out
}

// testDashboard asks the servers everything that the dashboard asks, at several
// instants of the run: each expression has to yield numbers, in both.
func testDashboard(t *testing.T, r *run) {
	all := expressions(t)
	if len(all) < 20 {
		t.Errorf("%d panels with queries: has the form of the dashboard changed?", len(all))
	}
	names := strings.NewReplacer("$__rate_interval", "5s", "$target", ".*", "$phase", ".*")
	for title, list := range all {
		for _, expr := range list {
			expr = names.Replace(expr)
			for name, p := range map[string]*prometheus{"native": r.native, "classic": r.classic} {
				if err := p.yields(expr, r.ended); err != nil {
					t.Errorf("%s, %s histograms: %s: %v", title, name, expr, err)
				}
			}
		}
	}
}

// testDocs asks the server with native histograms every query of docs/metrics.md.
func testDocs(t *testing.T, r *run) {
	b, err := os.ReadFile("../../docs/metrics.md")
	if err != nil {
		t.Fatal(err)
	}
	tried := 0
	for _, block := range promql.FindAllStringSubmatch(string(b), -1) {
		for expr := range strings.Lines(block[1]) {
			tried++
			if err := r.native.yields(strings.NewReplacer("[1m]", "[5s]", "[5m]", "[5s]").Replace(strings.TrimSpace(expr)), r.ended); err != nil {
				t.Errorf("%s: %v", expr, err)
			}
		}
	}
	if tried < 8 {
		t.Errorf("%d queries found in docs/metrics.md", tried)
	}
}

var promql = regexp.MustCompile("(?s)```promql\n(.*?)```")

// yields looks for a number at some instant of the run.
func (p *prometheus) yields(expr string, ended time.Time) error {
	for back := range seconds + 5 {
		got, err := p.query(expr, ended.Add(-time.Duration(back)*time.Second))
		if err != nil {
			return err
		}
		for _, s := range got {
			if len(s.Histogram) == 2 || len(s.Value) == 2 && s.Value[1] != "NaN" {
				return nil
			}
		}
	}
	return fmt.Errorf("no data")
}
