package telemetry

import (
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"os"
	"strconv"
	"strings"
	"time"
)

// metricsPath is where a receiver takes metrics (OTLP specification).
const metricsPath = "/v1/metrics"

// Environment reads the variables that OpenTelemetry defines for exporters
// (OpenTelemetry Environment Variable Specification; OTLP Exporter
// Configuration). endpoint is what the command line says, "" for nothing: then
// OTEL_EXPORTER_OTLP_METRICS_ENDPOINT or OTEL_EXPORTER_OTLP_ENDPOINT decide
// whether anything is exported. nil: nothing is.
//
// A doubt is a reason why variables that are meant for every program here don't
// lead to an export. The error holds every problem; it shows no value of a
// variable that may hold a secret.
func Environment(endpoint string, getenv func(string) string) (o *OTLP, doubt string, err error) {
	e := environment{get: getenv}
	o = &OTLP{Resource: map[string]string{"service.name": "authsoak"}}
	asked := endpoint != ""
	switch {
	case asked:
		o.Endpoint = e.url("--otlp", endpoint, true)
	case strings.EqualFold(strings.TrimSpace(getenv("OTEL_SDK_DISABLED")), "true"), strings.TrimSpace(getenv("OTEL_METRICS_EXPORTER")) == "none":
		return nil, "", nil
	default:
		o.Endpoint = e.endpoint()
	}
	if o.Endpoint == nil && len(e.problems) == 0 {
		return nil, "", nil
	}
	if protocol := e.either("PROTOCOL"); !asked && protocol != "" && protocol != "http/protobuf" {
		return nil, fmt.Sprintf("metrics are not exported: OTEL_EXPORTER_OTLP_PROTOCOL is %q, and authsoak speaks http/protobuf only; with --otlp URL it does", protocol), nil
	}
	e.rest(o)
	if err := errors.Join(e.problems...); err != nil {
		return nil, "", err
	}
	return o, "", nil
}

type environment struct {
	get      func(string) string
	problems []error
}

func (e *environment) bad(format string, args ...any) {
	e.problems = append(e.problems, fmt.Errorf(format, args...))
}

// either returns a variable for metrics, or the one for every signal.
func (e *environment) either(name string) string { return e.get(e.name(name)) }

func (e *environment) name(name string) string {
	if own := "OTEL_EXPORTER_OTLP_METRICS_" + name; e.get(own) != "" {
		return own
	}
	return "OTEL_EXPORTER_OTLP_" + name
}

// endpoint reads where to send. That for every signal is a base to which the
// path is added; that for metrics stands as it is.
func (e *environment) endpoint() *url.URL {
	const own, all = "OTEL_EXPORTER_OTLP_METRICS_ENDPOINT", "OTEL_EXPORTER_OTLP_ENDPOINT"
	if text := e.get(own); text != "" {
		return e.url(own, text, false)
	}
	text := e.get(all)
	if text == "" {
		return nil
	}
	u := e.url(all, text, false)
	if u != nil {
		u.Path = strings.TrimSuffix(u.Path, "/") + metricsPath
	}
	return u
}

// url reads an endpoint; without a path, the usual one is added if wanted.
func (e *environment) url(name, text string, addPath bool) *url.URL {
	u, err := url.Parse(strings.TrimSpace(text))
	if err != nil || u.Scheme != "http" && u.Scheme != "https" || u.Host == "" {
		e.bad("%s: must be a URL, http://127.0.0.1:4318 for example", name)
		return nil
	}
	if addPath && strings.Trim(u.Path, "/") == "" {
		u.Path = metricsPath
	}
	return u
}

func (e *environment) rest(o *OTLP) {
	o.Timeout = e.millis(e.name("TIMEOUT"))
	o.Interval = e.millis("OTEL_METRIC_EXPORT_INTERVAL")
	switch name := e.name("COMPRESSION"); e.get(name) {
	case "", "none":
	case "gzip":
		o.Gzip = true
	default:
		e.bad("%s: must be gzip or none, not %q", name, e.get(name))
	}
	o.Headers = e.pairs(e.name("HEADERS"))
	for name := range o.Headers {
		if !isToken(name) {
			e.bad("%s: %q is no name of a header", e.name("HEADERS"), name)
		}
	}
	for key, value := range e.pairs("OTEL_RESOURCE_ATTRIBUTES") {
		o.Resource[key] = value
	}
	if service := e.get("OTEL_SERVICE_NAME"); service != "" {
		o.Resource["service.name"] = service
	}
	o.Transport = e.transport()
}

func (e *environment) millis(name string) time.Duration {
	text := strings.TrimSpace(e.get(name))
	if text == "" {
		return 0
	}
	n, err := strconv.Atoi(text)
	if err != nil || n <= 0 || n > 24*3600*1000 {
		e.bad("%s: must be a number of milliseconds, not %q", name, text)
		return 0
	}
	return time.Duration(n) * time.Millisecond
}

// pairs reads KEY=VALUE,KEY=VALUE with values in percent-encoding (W3C Baggage).
func (e *environment) pairs(name string) map[string]string {
	out := map[string]string{}
	for i, item := range strings.Split(e.get(name), ",") {
		if item = strings.TrimSpace(item); item == "" {
			continue
		}
		key, value, ok := strings.Cut(item, "=")
		key = strings.TrimSpace(key)
		value, err := url.PathUnescape(strings.TrimSpace(value))
		if !ok || key == "" || err != nil || strings.ContainsAny(value, "\r\n\x00") {
			e.bad("%s: item %d must be KEY=VALUE, the value in percent-encoding", name, i+1)
			continue
		}
		out[key] = value
	}
	return out
}

func isToken(s string) bool {
	for _, r := range s {
		if r <= ' ' || r >= 0x7f || strings.ContainsRune(`()<>@,;:\"/[]?={}`, r) {
			return false
		}
	}
	return s != ""
}

// transport believes the authority, and shows the certificate, that the
// variables name.
func (e *environment) transport() http.RoundTripper {
	t := http.DefaultTransport.(*http.Transport).Clone()
	t.TLSClientConfig = &tls.Config{MinVersion: tls.VersionTLS12}
	if name := e.name("CERTIFICATE"); e.get(name) != "" {
		pem, err := os.ReadFile(e.get(name))
		pool := x509.NewCertPool()
		if err != nil {
			e.bad("%s: %w", name, err)
		} else if !pool.AppendCertsFromPEM(pem) {
			e.bad("%s: %s holds no certificate in PEM", name, e.get(name))
		}
		t.TLSClientConfig.RootCAs = pool
	}
	cert, key := e.name("CLIENT_CERTIFICATE"), e.name("CLIENT_KEY")
	if e.get(cert) != "" || e.get(key) != "" {
		pair, err := tls.LoadX509KeyPair(e.get(cert), e.get(key))
		if err != nil {
			e.bad("%s, %s: %w", cert, key, err)
		}
		t.TLSClientConfig.Certificates = []tls.Certificate{pair}
	}
	return t
}
