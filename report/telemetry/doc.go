// Package telemetry gives the numbers of a run to monitoring systems while it
// lasts: a page that Prometheus scrapes, and an export by OTLP.
//
// The driver's tick hands what an interval added to a [Meter], which keeps the
// sums. Whoever reads them takes a copy and turns it into a format in its own
// goroutine, so neither a scrape nor a collector that hangs makes a run wait.
// Names, units and attributes are said once, in [Families], for both formats.
//
// The package measures nothing, and what could fail here never fails a run.
//
// Two dependencies come with it: github.com/prometheus/client_golang, since
// native histograms exist in Prometheus' own protocol only, which it speaks; and
// go.opentelemetry.io/proto/slim/otlp, the messages of OTLP without gRPC and
// without the SDK's 22 modules.
package telemetry
