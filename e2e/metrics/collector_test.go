package metrics

import (
	"context"
	"math"
	"sync"
	"testing"

	"go.opentelemetry.io/collector/component"
	"go.opentelemetry.io/collector/component/componenttest"
	"go.opentelemetry.io/collector/consumer"
	"go.opentelemetry.io/collector/pdata/pmetric"
	otel "go.opentelemetry.io/collector/receiver"
	"go.opentelemetry.io/collector/receiver/otlpreceiver"
)

// receiver is the OTLP receiver of the OpenTelemetry collector, as the collector
// runs it. The rest of the collector would take minutes to compile and does
// nothing to what comes in.
type receiver struct {
	url string
	mu  sync.Mutex
	got []pmetric.Metrics
}

// startReceiver starts it for the length of the test.
func startReceiver(t *testing.T) *receiver {
	t.Helper()
	r := &receiver{}
	keep, err := consumer.NewMetrics(func(_ context.Context, m pmetric.Metrics) error {
		r.mu.Lock()
		defer r.mu.Unlock()
		copied := pmetric.NewMetrics()
		m.CopyTo(copied)
		r.got = append(r.got, copied)
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	factory := otlpreceiver.NewFactory()
	config := factory.CreateDefaultConfig().(*otlpreceiver.Config)
	config.GRPC = nil
	config.HTTP.ServerConfig.Endpoint = freeAddress(t)
	settings := otel.Settings{ID: component.NewID(factory.Type()), TelemetrySettings: componenttest.NewNopTelemetrySettings()}
	running, err := factory.CreateMetrics(t.Context(), settings, config, keep)
	if err == nil {
		err = running.Start(t.Context(), componenttest.NewNopHost())
	}
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := running.Shutdown(context.Background()); err != nil {
			t.Error(err)
		}
	})
	r.url = "http://" + config.HTTP.ServerConfig.Endpoint
	return r
}

// testOTLP holds what came through the receiver against the summary.
func testOTLP(t *testing.T, r *run) {
	e := r.collected
	e.mu.Lock()
	defer e.mu.Unlock()
	if len(e.got) < seconds/2-2 {
		t.Fatalf("%d exports came, want one every 2 s", len(e.got))
	}
	last := e.got[len(e.got)-1]
	resource := last.ResourceMetrics().At(0)
	for key, want := range map[string]string{"service.name": "authsoak", "service.instance.id": "e2e", "team": "sessions"} {
		if v, _ := resource.Resource().Attributes().Get(key); v.AsString() != want {
			t.Errorf("resource: %s is %q, want %q", key, v.AsString(), want)
		}
	}
	byName := map[string]pmetric.Metric{}
	metrics := resource.ScopeMetrics().At(0).Metrics()
	for i := range metrics.Len() {
		byName[metrics.At(i).Name()] = metrics.At(i)
	}
	opened := byName["authsoak.sessions_opened"].Sum()
	if opened.AggregationTemporality() != pmetric.AggregationTemporalityCumulative || !opened.IsMonotonic() ||
		opened.DataPoints().At(0).IntValue() != r.summary.Sessions.Opened {
		t.Errorf("sessions opened: %d, want %d", opened.DataPoints().At(0).IntValue(), r.summary.Sessions.Opened)
	}
	times := byName["authsoak.response_time"]
	if times.Unit() != "s" || times.Type() != pmetric.MetricTypeExponentialHistogram {
		t.Fatalf("response times: a %s in %q", times.Type(), times.Unit())
	}
	compared := 0
	for _, s := range r.summary.Steps {
		if s.Kind != "step" || s.Count == 0 {
			continue
		}
		p, ok := pointOf(times.ExponentialHistogram(), s.Target, s.Step)
		if !ok || int64(p.Count()) != s.Count {
			t.Errorf("%s: there is a point: %v, with %d, want %d", s.Step, ok, p.Count(), s.Count)
			continue
		}
		if mean := p.Sum() / float64(p.Count()) * 1e3; math.Abs(mean-s.Response["mean"]) > 0.001*mean {
			t.Errorf("%s: mean %g ms, want %g", s.Step, mean, s.Response["mean"])
		}
		if s.Count%2 == 0 {
			low, high := median(p)
			if want := s.Response["p50"] / 1e3; want < low*0.999 || want > high*1.001 {
				t.Errorf("%s: the median lies in %g to %g s, the summary says %g", s.Step, low, high, want)
			}
			compared++
		}
	}
	if compared == 0 {
		t.Error("no median was compared")
	}
}

func pointOf(h pmetric.ExponentialHistogram, target, step string) (pmetric.ExponentialHistogramDataPoint, bool) {
	for i := range h.DataPoints().Len() {
		p := h.DataPoints().At(i)
		a := p.Attributes().AsRaw()
		if a["target"] == target && a["step"] == step && a["phase"] == "hold" {
			return p, true
		}
	}
	return pmetric.NewExponentialHistogramDataPoint(), false
}

// median is the bucket that holds it, by OTLP's own formula.
func median(p pmetric.ExponentialHistogramDataPoint) (low, high float64) {
	base := math.Exp2(math.Exp2(-float64(p.Scale())))
	below := p.ZeroCount()
	counts := p.Positive().BucketCounts()
	for i := range counts.Len() {
		if below += counts.At(i); 2*below >= p.Count() {
			index := float64(int(p.Positive().Offset()) + i)
			return math.Pow(base, index), math.Pow(base, index+1)
		}
	}
	return math.NaN(), math.NaN()
}
