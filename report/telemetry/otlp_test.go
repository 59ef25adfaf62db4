package telemetry

import (
	"bytes"
	"compress/gzip"
	"context"
	"errors"
	"fmt"
	"io"
	"math"
	"net/http"
	"net/url"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"google.golang.org/protobuf/proto"

	collector_v1 "go.opentelemetry.io/proto/slim/otlp/collector/metrics/v1"
	otlp "go.opentelemetry.io/proto/slim/otlp/metrics/v1"

	"authsoak/results"
)

// receiver answers requests in turn; the last answer is given again and again.
type receiver struct {
	t       *testing.T
	answers []func(*http.Request) (*http.Response, error)
	at      []time.Duration // of each request
	began   time.Time
	got     []*collector_v1.ExportMetricsServiceRequest
	headers []http.Header
}

func (r *receiver) RoundTrip(req *http.Request) (*http.Response, error) {
	var body io.Reader = req.Body
	if req.Header.Get("Content-Encoding") == "gzip" {
		zip, err := gzip.NewReader(body)
		if err != nil {
			r.t.Fatal(err)
		}
		body = zip
	}
	b, err := io.ReadAll(body)
	if err != nil {
		r.t.Fatal(err)
	}
	m := &collector_v1.ExportMetricsServiceRequest{}
	if err := proto.Unmarshal(b, m); err != nil {
		r.t.Fatal(err)
	}
	n := min(len(r.at), len(r.answers)-1)
	r.at, r.got, r.headers = append(r.at, time.Since(r.began)), append(r.got, m), append(r.headers, req.Header)
	return r.answers[n](req)
}

func status(code int, fields ...string) func(*http.Request) (*http.Response, error) {
	return func(*http.Request) (*http.Response, error) {
		w := &http.Response{StatusCode: code, Header: http.Header{}, Body: http.NoBody}
		for i := 0; i < len(fields); i += 2 {
			w.Header.Set(fields[i], fields[i+1])
		}
		return w, nil
	}
}

func hang(req *http.Request) (*http.Response, error) {
	<-req.Context().Done()
	return nil, req.Context().Err()
}

func refused(*http.Request) (*http.Response, error) { return nil, errors.New("connection refused") }

func partial(*http.Request) (*http.Response, error) {
	b, _ := proto.Marshal(&collector_v1.ExportMetricsServiceResponse{
		PartialSuccess: &collector_v1.ExportMetricsPartialSuccess{RejectedDataPoints: 3, ErrorMessage: "\x1b[2J"}})
	return &http.Response{StatusCode: 200, Header: http.Header{"Content-Type": {"application/x-protobuf"}}, Body: io.NopCloser(bytes.NewReader(b))}, nil
}

// TestExport exports for 25 s of fake time, every 10 s and at the end.
func TestExport(t *testing.T) {
	type answers = []func(*http.Request) (*http.Response, error)
	ok := status(200)
	for _, test := range []struct {
		name    string
		answers answers
		at      []time.Duration // of the requests; nil: not looked at
		least   int             // requests, where at is nil
		says    string          // what is reported, once; empty: nothing
		end     time.Duration   // at the latest
	}{
		{"fine", answers{ok}, []time.Duration{10 * time.Second, 20 * time.Second, 25 * time.Second}, 0, "", 25 * time.Second},
		{"asked to wait", answers{status(429, "Retry-After", "3"), ok}, []time.Duration{10 * time.Second, 13 * time.Second, 20 * time.Second, 25 * time.Second}, 0, "", 25 * time.Second},
		{"asked to wait too long", answers{status(503, "Retry-After", "60"), ok}, []time.Duration{10 * time.Second, 20 * time.Second, 25 * time.Second}, 0, "answered 503 Service Unavailable", 25 * time.Second},
		{"a date in Retry-After", answers{status(503, "Retry-After", "Sat, 01 Jan 2000 00:00:14 GMT"), ok}, []time.Duration{10 * time.Second, 14 * time.Second, 20 * time.Second, 25 * time.Second}, 0, "", 25 * time.Second},
		{"busy for ever", answers{status(503)}, nil, 8, "answered 503", 26 * time.Second},
		{"refused once and for all", answers{status(401)}, []time.Duration{10 * time.Second, 20 * time.Second, 25 * time.Second}, 0, "answered 401 Unauthorized", 25 * time.Second},
		{"a redirect", answers{status(307, "Location", "http://elsewhere.test/")}, []time.Duration{10 * time.Second, 20 * time.Second, 25 * time.Second}, 0, "answered 307", 25 * time.Second},
		{"no receiver", answers{refused}, nil, 8, "connection refused", 25 * time.Second},
		{"none at the end", answers{ok, ok, refused}, []time.Duration{10 * time.Second, 20 * time.Second, 25 * time.Second}, 0, "connection refused", 25 * time.Second},
		{"it hangs", answers{hang}, nil, 3, "deadline exceeded", 26 * time.Second},
		{"it hangs at the end", answers{ok, ok, hang}, []time.Duration{10 * time.Second, 20 * time.Second, 25 * time.Second}, 0, "deadline exceeded", 30 * time.Second},
		{"it takes a part", answers{partial}, []time.Duration{10 * time.Second, 20 * time.Second, 25 * time.Second}, 0, "3 points were refused", 25 * time.Second},
	} {
		t.Run(test.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				r := newRig(t, nil)
				to := &receiver{t: t, answers: test.answers, began: time.Now()}
				u, _ := url.Parse("https://me:hunter2@collector.test:4318/v1/metrics?key=hunter3")
				var said []string
				o := OTLP{Endpoint: u, Transport: to, Headers: map[string]string{"Authorization": "hunter4"}, Gzip: true}
				e := o.Start(r.meter, func(line string) { said = append(said, line) })
				for range 25 {
					time.Sleep(time.Second)
					r.play(results.Hold, 10)
				}
				e.Finish(t.Context())
				took := time.Since(to.began)
				if test.at != nil && fmt.Sprint(to.at) != fmt.Sprint(test.at) || len(to.at) < test.least {
					t.Errorf("requests at %v, want %v, or at least %d", to.at, test.at, test.least)
				}
				if took > test.end {
					t.Errorf("it took %s, want at most %s", took, test.end)
				}
				text := strings.Join(said, "\n")
				if want := min(len(test.says), 1); len(said) != want || !strings.Contains(text, test.says) {
					t.Errorf("said %q, want %d lines with %q", said, want, test.says)
				}
				if strings.Contains(text, "hunter") || strings.Contains(o.String(), "hunter") || strings.Contains(text, "\n") {
					t.Errorf("said %q", text)
				}
				if h := to.headers[0]; h.Get("Authorization") != "hunter4" || h.Get("Content-Type") != "application/x-protobuf" || h.Get("User-Agent") != "authsoak/1.2.3" {
					t.Errorf("headers %v", h)
				}
				if n := loginsIn(t, to.got[len(to.got)-1]); n != 250 {
					t.Errorf("the last export counts %d logins, want all 250", n)
				}
			})
		})
	}
}

func find(t *testing.T, m *collector_v1.ExportMetricsServiceRequest, name string) *otlp.Metric {
	t.Helper()
	for _, metric := range m.ResourceMetrics[0].ScopeMetrics[0].Metrics {
		if metric.Name == name {
			return metric
		}
	}
	t.Fatalf("no metric %s", name)
	return nil
}

func loginsIn(t *testing.T, m *collector_v1.ExportMetricsServiceRequest) uint64 {
	t.Helper()
	for _, p := range find(t, m, "authsoak.response_time").GetExponentialHistogram().DataPoints {
		if p.Attributes[1].Value.GetStringValue() == "login" && p.Attributes[2].Value.GetStringValue() == "hold" {
			return p.Count
		}
	}
	return 0
}

// TestMessage holds the message against the specification of OTLP's metrics.
func TestMessage(t *testing.T) {
	r := newRig(t, nil)
	for range 3 {
		r.play(results.Hold, 100)
	}
	s := r.finish()
	m := message(r.meter.read(), map[string]string{"service.name": "x", "team": "a"}, "1.2.3")
	attributes := map[string]string{}
	for _, a := range m.ResourceMetrics[0].Resource.Attributes {
		attributes[a.Key] = a.Value.GetStringValue()
	}
	if fmt.Sprint(attributes) != "map[service.instance.id:run-1 service.name:x team:a]" {
		t.Errorf("resource %v", attributes)
	}
	times := find(t, m, "authsoak.response_time")
	h := times.GetExponentialHistogram()
	p := h.DataPoints[0]
	var sum uint64
	for _, n := range p.Positive.BucketCounts {
		sum += n
	}
	if times.Unit != "s" || h.AggregationTemporality != otlp.AggregationTemporality_AGGREGATION_TEMPORALITY_CUMULATIVE ||
		p.Scale != 5 || p.Count != uint64(s.Steps[0].Count) || sum+p.ZeroCount != p.Count || p.StartTimeUnixNano != uint64(rigStart.UnixNano()) ||
		p.TimeUnixNano != uint64(rigStart.Add(3*time.Second).UnixNano()) {
		t.Errorf("histogram %v", times)
	}
	// The middle time lies in the bucket that OTLP's formula gives: (base^index, base^(index+1)].
	var below uint64
	for i, n := range p.Positive.BucketCounts {
		if below += n; 2*below >= p.Count {
			index := float64(int(p.Positive.Offset) + i)
			low, high := pow(index), pow(index+1)
			if want := s.Steps[0].Response.P50 / 1e3; want < low*0.999 || want > high*1.001 {
				t.Errorf("median %g s, want one in %g to %g", want, low, high)
			}
			break
		}
	}
	count := find(t, m, "authsoak.steps").GetSum()
	if !count.IsMonotonic || count.DataPoints[0].GetAsInt() == 0 || count.DataPoints[0].StartTimeUnixNano == 0 {
		t.Errorf("counter %v", count)
	}
	if g := find(t, m, "authsoak.generator_cpu_utilization"); g.Unit != "1" || g.GetGauge().DataPoints[0].GetAsDouble() != 0.1 {
		t.Errorf("gauge %v", g)
	}
}

func TestFinishEndsWithItsContext(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := newRig(t, nil)
		to := &receiver{t: t, answers: []func(*http.Request) (*http.Response, error){hang}, began: time.Now()}
		u, _ := url.Parse("http://127.0.0.1:1/v1/metrics")
		e := OTLP{Endpoint: u, Transport: to}.Start(r.meter, func(line string) { t.Error(line) })
		time.Sleep(11 * time.Second) // in the middle of an export
		ctx, cancel := context.WithCancel(t.Context())
		cancel()
		before := time.Now()
		e.Finish(ctx)
		if took := time.Since(before); took != 0 {
			t.Errorf("it took %s", took)
		}
	})
}

func pow(index float64) float64 { return math.Exp2(index / 32) }
