package telemetry

import (
	"bytes"
	"math"
	"strings"
	"testing"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/testutil/promlint"
	dto "github.com/prometheus/client_model/go"
	"github.com/prometheus/common/expfmt"

	"authsoak/results"
)

func gather(t *testing.T, m *Meter) map[string]*dto.MetricFamily {
	t.Helper()
	registry := prometheus.NewPedanticRegistry()
	if err := registry.Register(collector{m}); err != nil {
		t.Fatal(err)
	}
	got, err := registry.Gather()
	if err != nil {
		t.Fatal(err)
	}
	out := map[string]*dto.MetricFamily{}
	for _, f := range got {
		out[f.GetName()] = f
	}
	return out
}

// with returns the one metric of a family that has these labels.
func with(t *testing.T, f *dto.MetricFamily, labels ...string) *dto.Metric {
	t.Helper()
	var found *dto.Metric
	for _, m := range f.GetMetric() {
		has := map[string]string{}
		for _, l := range m.GetLabel() {
			has[l.GetName()] = l.GetValue()
		}
		match := true
		for i := 0; i < len(labels); i += 2 {
			match = match && has[labels[i]] == labels[i+1]
		}
		if match && found != nil {
			t.Fatalf("%s%v: more than one", f.GetName(), labels)
		}
		if match {
			found = m
		}
	}
	if found == nil {
		t.Fatalf("%s%v: none in %v", f.GetName(), labels, f)
	}
	return found
}

// buckets unpacks the spans and deltas of a native histogram.
func buckets(h *dto.Histogram) map[int]int64 {
	out, index, at, n := map[int]int64{}, 0, 0, int64(0)
	for _, span := range h.GetPositiveSpan() {
		index += int(span.GetOffset())
		for range span.GetLength() {
			n += h.GetPositiveDelta()[at]
			out[index] = n
			at++
			index++
		}
	}
	return out
}

func TestHistogramsAgreeWithTheSummary(t *testing.T) {
	r := newRig(t, nil)
	r.play(results.Warmup, 100)
	for range 20 {
		r.play(results.Hold, 200)
	}
	s := r.finish()
	all := gather(t, r.meter)
	h := with(t, all["authsoak_response_time_seconds"], "step", "login", "phase", "hold").GetHistogram()
	login := s.Steps[0]
	if int64(h.GetSampleCount()) != login.Count || math.Abs(h.GetSampleSum()/float64(login.Count)*1e3-login.Response.Mean) > 1e-4*login.Response.Mean+1e-4 {
		t.Errorf("count %d, mean %g; want %d, %g", h.GetSampleCount(), h.GetSampleSum()/float64(login.Count)*1e3, login.Count, login.Response.Mean)
	}
	filled := buckets(h)
	var sum int64
	for _, n := range filled {
		sum += n
	}
	if sum != login.Count {
		t.Errorf("buckets hold %d, want %d", sum, login.Count)
	}
	for q, want := range map[float64]float64{0.5: login.Response.P50, 0.9: login.Response.P90, 0.99: login.Response.P99, 0.999: login.Response.P999} {
		rank, below := int64(q*float64(login.Count)+0.5), int64(0)
		index := -2000
		for ; below < rank; index++ {
			below += filled[index+1]
		}
		low, high := math.Exp2(float64(index-1)/32)*1e3, math.Exp2(float64(index)/32)*1e3
		if want < low*0.9999 || want > high*1.0001 {
			t.Errorf("quantile %g: bucket %d holds %g to %g ms, want %g in it", q, index, low, high, want)
		}
	}
	// The classic buckets hold the same times.
	var last uint64
	for _, b := range h.GetBucket() {
		if b.GetCumulativeCount() < last {
			t.Errorf("classic buckets fall at %g", b.GetUpperBound())
		}
		last = b.GetCumulativeCount()
	}
	if len(h.GetBucket()) != len(bounds) || int64(last) != login.Count {
		t.Errorf("%d classic buckets up to %d, want %d up to %d", len(h.GetBucket()), last, len(bounds), login.Count)
	}
}

func TestCounters(t *testing.T) {
	r := newRig(t, nil)
	// At the first moment all that is judged stands at zero.
	all := gather(t, r.meter)
	for _, outcome := range []string{"ok", "fail", "unknown"} {
		if v := with(t, all["authsoak_steps_total"], "step", "login", "outcome", outcome).GetCounter().GetValue(); v != 0 {
			t.Errorf("steps %s before any: %g", outcome, v)
		}
	}
	r.play(results.Warmup, 10)
	r.play(results.Hold, 100)
	r.play(results.Hold, 50)
	s := r.finish()
	all = gather(t, r.meter)
	value := func(name string, labels ...string) float64 {
		m := with(t, all[name], labels...)
		return m.GetCounter().GetValue() + m.GetGauge().GetValue()
	}
	login := s.Steps[0]
	for _, test := range []struct {
		got, want float64
		what      string
	}{
		{value("authsoak_steps_total", "step", "login", "phase", "hold", "outcome", "ok"), float64(login.OK), "ok"},
		{value("authsoak_steps_total", "step", "login", "phase", "hold", "outcome", "fail"), float64(login.Fail), "fail"},
		{value("authsoak_steps_total", "step", "logout", "phase", "warmup", "outcome", "ok"), 10, "warm-up"},
		{value("authsoak_errors_total", "step", "login", "phase", "hold", "class", "locked"), float64(login.Fail), "class"},
		{value("authsoak_cycles_total", "phase", "hold", "outcome", "ok"), float64(s.Cycles.OK), "cycles"},
		{value("authsoak_cycles_planned_total", "phase", "hold"), 150, "planned"},
		{value("authsoak_requests_total", "phase", "hold"), 450, "requests"},
		{value("authsoak_sessions", "state", "closed"), 160, "closed"},
		{value("authsoak_sessions_opened_total"), 160, "opened"},
		{value("authsoak_generator_cpu_seconds_total"), 0.3, "cpu"},
		{value("authsoak_generator_scheduler_wait_seconds", "stat", "p99"), 0.002, "scheduler"},
		{value("authsoak_generator_intervals_total", "phase", "hold"), 2, "intervals"},
		{value("authsoak_elapsed_seconds"), 3, "elapsed"},
		{value("authsoak_run_info", "label_build", "17", "label_the_env", "a\"b\\c\nd", "label_the_env_2", "e", "run_id", "run-1"), 1, "labels"},
	} {
		if math.Abs(test.got-test.want) > 1e-9 {
			t.Errorf("%s: %g, want %g", test.what, test.got, test.want)
		}
	}
}

// The names keep the conventions of Prometheus, the page is well-formed, and
// every metric that is there is one that [Families] lists.
func TestNames(t *testing.T) {
	r := newRig(t, func(i *results.RunInfo) { i.Labels = map[string]string{"bad": "\xff"} })
	r.play(results.Warmup, 10)
	r.play(results.Hold, 100)
	r.finish()
	all := gather(t, r.meter)
	var page bytes.Buffer
	for _, f := range all {
		if _, err := expfmt.MetricFamilyToText(&page, f); err != nil {
			t.Fatal(err)
		}
	}
	problems, err := promlint.New(bytes.NewReader(page.Bytes())).Lint()
	if err != nil {
		t.Fatal(err)
	}
	for _, p := range problems {
		t.Errorf("%s: %s", p.Metric, p.Text)
	}
	known, unseen := map[string]bool{}, []string{}
	for _, f := range Families() {
		name := f.Prometheus()
		if known[name] || !strings.HasPrefix(name, "authsoak_") || f.Help == "" {
			t.Errorf("%s: twice, without help or without the prefix", name)
		}
		known[name] = true
		if all[name] == nil {
			unseen = append(unseen, name)
		}
	}
	for name := range all {
		if !known[name] {
			t.Errorf("%s is in no list", name)
		}
	}
	if want := []string{"authsoak_tls_handshake_time_seconds"}; strings.Join(unseen, " ") != strings.Join(want, " ") {
		t.Errorf("not seen: %v, want %v", unseen, want)
	}
	if len(counted) != int(results.Counters) {
		t.Errorf("%d counters have a metric, want %d", len(counted), results.Counters)
	}
}

func TestMeterBeforeTheRun(t *testing.T) {
	all := gather(t, NewMeter("1", "go"))
	if len(all) != 1 || all["authsoak_build_info"] == nil {
		t.Errorf("before a run: %v", all)
	}
}

// BenchmarkObserve is what a tick costs: six series after 10,000 cycles.
func BenchmarkObserve(b *testing.B) {
	r := newRig(b, nil)
	r.export = func(i *results.Increase) {
		for b.Loop() {
			r.meter.Observe(i)
		}
	}
	r.play(results.Hold, 10_000)
}

// BenchmarkRead is what a scrape costs beside the writing of the page.
func BenchmarkRead(b *testing.B) {
	r := newRig(b, nil)
	r.play(results.Hold, 10_000)
	for b.Loop() {
		r.meter.read()
	}
}
