package telemetry

import (
	"fmt"
	"strings"
	"testing"
	"time"
)

func TestEnvironment(t *testing.T) {
	const all, own = "OTEL_EXPORTER_OTLP_", "OTEL_EXPORTER_OTLP_METRICS_"
	for _, test := range []struct {
		name     string
		flag     string
		env      map[string]string
		endpoint string // empty: nothing is exported
		doubt    string
		err      string
	}{
		{"nothing is said", "", nil, "", "", ""},
		{"a flag", "http://127.0.0.1:4318", nil, "http://127.0.0.1:4318/v1/metrics", "", ""},
		{"a flag with a path", "https://c.test/in/metrics", nil, "https://c.test/in/metrics", "", ""},
		{"a flag wins", "http://a.test", map[string]string{all + "ENDPOINT": "http://b.test", all + "PROTOCOL": "grpc", "OTEL_SDK_DISABLED": "true"}, "http://a.test/v1/metrics", "", ""},
		{"for every signal", "", map[string]string{all + "ENDPOINT": "http://c.test:4318/otlp/"}, "http://c.test:4318/otlp/v1/metrics", "", ""},
		{"for metrics, as it stands", "", map[string]string{all + "ENDPOINT": "http://a.test", own + "ENDPOINT": "http://c.test/"}, "http://c.test/", "", ""},
		{"disabled", "", map[string]string{all + "ENDPOINT": "http://a.test", "OTEL_SDK_DISABLED": "True"}, "", "", ""},
		{"no exporter", "", map[string]string{all + "ENDPOINT": "http://a.test", "OTEL_METRICS_EXPORTER": "none"}, "", "", ""},
		{"meant for others", "", map[string]string{all + "ENDPOINT": "http://a.test:4317", all + "PROTOCOL": "grpc"}, "", "--otlp URL", ""},
		{"the metrics' own protocol", "", map[string]string{all + "ENDPOINT": "http://a.test", all + "PROTOCOL": "grpc", own + "PROTOCOL": "http/protobuf"}, "http://a.test/v1/metrics", "", ""},
		{"no URL", "a.test:4318", nil, "", "", "--otlp: must be a URL"},
		{"a secret in no URL", "", map[string]string{all + "ENDPOINT": "http://me:hunter2@%zz"}, "", "", "OTEL_EXPORTER_OTLP_ENDPOINT: must be a URL"},
		{"everything wrong", "ftp://x", map[string]string{all + "TIMEOUT": "10s", all + "COMPRESSION": "zstd", all + "HEADERS": "a=1,hunter2,b c=2", own + "CERTIFICATE": "nowhere.pem"}, "", "",
			"--otlp: must be a URL, http://127.0.0.1:4318 for example\nOTEL_EXPORTER_OTLP_TIMEOUT: must be a number of milliseconds, not \"10s\"\n" +
				"OTEL_EXPORTER_OTLP_COMPRESSION: must be gzip or none, not \"zstd\"\nOTEL_EXPORTER_OTLP_HEADERS: item 2 must be KEY=VALUE, the value in percent-encoding\n" +
				"OTEL_EXPORTER_OTLP_HEADERS: \"b c\" is no name of a header\nOTEL_EXPORTER_OTLP_METRICS_CERTIFICATE: open nowhere.pem"},
	} {
		o, doubt, err := Environment(test.flag, func(name string) string { return test.env[name] })
		endpoint := ""
		if o != nil {
			endpoint = o.Endpoint.String()
		}
		if endpoint != test.endpoint || !strings.Contains(doubt, test.doubt) || (doubt == "") != (test.doubt == "") {
			t.Errorf("%s: endpoint %q, doubt %q; want %q, %q", test.name, endpoint, doubt, test.endpoint, test.doubt)
		}
		if (err == nil) != (test.err == "") || err != nil && !strings.Contains(err.Error(), test.err) {
			t.Errorf("%s: error %v\nwant %s", test.name, err, test.err)
		}
		if err != nil && strings.Contains(err.Error(), "hunter") {
			t.Errorf("%s: the error shows a secret: %v", test.name, err)
		}
	}
}

func TestEnvironmentInFull(t *testing.T) {
	env := map[string]string{
		"OTEL_EXPORTER_OTLP_ENDPOINT": "http://a.test", "OTEL_EXPORTER_OTLP_TIMEOUT": "2500", "OTEL_EXPORTER_OTLP_METRICS_COMPRESSION": "gzip",
		"OTEL_EXPORTER_OTLP_HEADERS": "api-key = a%20b%3D, x-team=t ,", "OTEL_RESOURCE_ATTRIBUTES": "service.name=other,deployment.environment.name=te%2Cst",
		"OTEL_SERVICE_NAME": "soak", "OTEL_METRIC_EXPORT_INTERVAL": "3000",
	}
	o, _, err := Environment("", func(name string) string { return env[name] })
	if err != nil {
		t.Fatal(err)
	}
	if o.Timeout != 2500*time.Millisecond || !o.Gzip || o.Interval != 3*time.Second ||
		fmt.Sprint(o.Headers) != "map[api-key:a b= x-team:t]" || fmt.Sprint(o.Resource) != "map[deployment.environment.name:te,st service.name:soak]" {
		t.Errorf("got %+v", o)
	}
}

// No value of a variable, however odd, reaches a header with a line end in it.
func FuzzPairs(f *testing.F) {
	for _, s := range []string{"a=b", "a=%0d%0aX: y", ",,=,", "a=%", "\x00=\x00", "é=1"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, text string) {
		e := environment{get: func(string) string { return text }}
		for key, value := range e.pairs("X") {
			if key == "" || strings.ContainsAny(value, "\r\n\x00") {
				t.Errorf("%q: %q=%q", text, key, value)
			}
		}
	})
}
