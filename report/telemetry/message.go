package telemetry

import (
	"maps"
	"slices"
	"strings"
	"time"

	collector_v1 "go.opentelemetry.io/proto/slim/otlp/collector/metrics/v1"
	common "go.opentelemetry.io/proto/slim/otlp/common/v1"
	otlp "go.opentelemetry.io/proto/slim/otlp/metrics/v1"
	resource "go.opentelemetry.io/proto/slim/otlp/resource/v1"
)

// message turns a reading into what an OTLP receiver is sent: sums since the
// start of load (cumulative), times as exponential histograms.
func message(r *reading, attributes map[string]string, version string) *collector_v1.ExportMetricsServiceRequest {
	scope := &otlp.ScopeMetrics{Scope: &common.InstrumentationScope{Name: "authsoak", Version: version}}
	start, at := nanos(r.start), nanos(r.at)
	for i := range r.families {
		scope.Metrics = append(scope.Metrics, metricMessage(&r.families[i], start, at))
	}
	all := map[string]string{"service.instance.id": r.run}
	maps.Copy(all, attributes)
	from := &resource.Resource{}
	for _, name := range slices.Sorted(maps.Keys(all)) {
		from.Attributes = append(from.Attributes, attribute(name, all[name]))
	}
	return &collector_v1.ExportMetricsServiceRequest{ResourceMetrics: []*otlp.ResourceMetrics{
		{Resource: from, ScopeMetrics: []*otlp.ScopeMetrics{scope}},
	}}
}

func nanos(t time.Time) uint64 {
	if t.IsZero() {
		return 0
	}
	return uint64(t.UnixNano())
}

func attribute(name, value string) *common.KeyValue {
	value = strings.ToValidUTF8(value, "\uFFFD")
	return &common.KeyValue{Key: strings.ToValidUTF8(name, "\uFFFD"),
		Value: &common.AnyValue{Value: &common.AnyValue_StringValue{StringValue: value}}}
}

func metricMessage(f *familyReading, start, at uint64) *otlp.Metric {
	m := &otlp.Metric{Name: f.Name, Description: f.Help, Unit: f.Unit}
	const cumulative = otlp.AggregationTemporality_AGGREGATION_TEMPORALITY_CUMULATIVE
	if f.Kind == Histogram {
		h := &otlp.ExponentialHistogram{AggregationTemporality: cumulative}
		for i := range f.points {
			h.DataPoints = append(h.DataPoints, histogramMessage(f, &f.points[i], start, at))
		}
		m.Data = &otlp.Metric_ExponentialHistogram{ExponentialHistogram: h}
		return m
	}
	var points []*otlp.NumberDataPoint
	for i := range f.points {
		p := &otlp.NumberDataPoint{Attributes: attributes(f, &f.points[i]), TimeUnixNano: at}
		if f.Kind == Counter {
			p.StartTimeUnixNano = start
		}
		if v := f.points[i].number; f.whole() {
			p.Value = &otlp.NumberDataPoint_AsInt{AsInt: int64(v)}
		} else {
			p.Value = &otlp.NumberDataPoint_AsDouble{AsDouble: v}
		}
		points = append(points, p)
	}
	if f.Kind == Counter {
		m.Data = &otlp.Metric_Sum{Sum: &otlp.Sum{DataPoints: points, AggregationTemporality: cumulative, IsMonotonic: true}}
	} else {
		m.Data = &otlp.Metric_Gauge{Gauge: &otlp.Gauge{DataPoints: points}}
	}
	return m
}

func histogramMessage(f *familyReading, p *point, start, at uint64) *otlp.ExponentialHistogramDataPoint {
	sum := p.times.sum
	out := &otlp.ExponentialHistogramDataPoint{
		Attributes: attributes(f, p), StartTimeUnixNano: start, TimeUnixNano: at,
		Count: p.times.count, Sum: &sum, Scale: schema,
		Positive: &otlp.ExponentialHistogramDataPoint_Buckets{},
	}
	if len(p.times.buckets) > 0 {
		out.Positive.Offset = int32(p.times.first - 1) // OTLP counts from the lower end
		for _, n := range p.times.buckets {
			out.Positive.BucketCounts = append(out.Positive.BucketCounts, uint64(n))
		}
	}
	return out
}

func attributes(f *familyReading, p *point) []*common.KeyValue {
	out := make([]*common.KeyValue, len(f.attributes))
	for i, name := range f.attributes {
		out[i] = attribute(name, p.values[i])
	}
	return out
}
