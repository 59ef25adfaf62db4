package telemetry

import (
	"fmt"
	"strings"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	dto "github.com/prometheus/client_model/go"
)

// collector hands the sums of a meter to Prometheus' library at each scrape.
type collector struct{ meter *Meter }

// Describe describes nothing: which metrics there are is known once the run has
// begun.
func (c collector) Describe(chan<- *prometheus.Desc) {}

// Collect sends every metric.
func (c collector) Collect(to chan<- prometheus.Metric) {
	r := c.meter.read()
	for i := range r.families {
		f := &r.families[i]
		desc := prometheus.NewDesc(f.Prometheus(), f.Help, f.attributes, nil)
		for n := range f.points {
			m, err := metricOf(desc, f, &f.points[n], r.start)
			if err != nil {
				m = prometheus.NewInvalidMetric(desc, fmt.Errorf("%s: %w", f.Prometheus(), err))
			}
			to <- m
		}
	}
}

func metricOf(desc *prometheus.Desc, f *familyReading, p *point, start time.Time) (prometheus.Metric, error) {
	values := valid(p.values)
	switch f.Kind {
	case Histogram:
		buckets := map[int]int64{}
		for i, n := range p.times.buckets {
			if n > 0 {
				buckets[p.times.first+i] = n
			}
		}
		native, err := prometheus.NewConstNativeHistogram(desc, p.times.count, p.times.sum, buckets, nil, 0,
			schema, prometheus.DefNativeHistogramZeroThreshold, start, values...)
		return bothHistograms{native, p.times}, err
	case Counter:
		return prometheus.NewConstMetricWithCreatedTimestamp(desc, prometheus.CounterValue, p.number, start, values...)
	}
	return prometheus.NewConstMetric(desc, prometheus.GaugeValue, p.number, values...)
}

func valid(values []string) []string {
	out := make([]string, len(values))
	for i, v := range values {
		out[i] = strings.ToValidUTF8(v, "\uFFFD")
	}
	return out
}

// bothHistograms is a native histogram with a few classic buckets beside it: the
// text formats have no native ones.
type bothHistograms struct {
	prometheus.Metric
	times *distributionRead
}

// Write fills in the classic buckets.
func (b bothHistograms) Write(out *dto.Metric) error {
	if err := b.Metric.Write(out); err != nil {
		return err
	}
	var below uint64
	for i, bound := range bounds {
		below += uint64(b.times.classic[i])
		upTo := below
		out.Histogram.Bucket = append(out.Histogram.Bucket, &dto.Bucket{UpperBound: &bound, CumulativeCount: &upTo})
	}
	return nil
}
