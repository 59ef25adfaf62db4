// Package metrics holds what leaves a run for other programs against real ones:
// Prometheus, the receiver of the OpenTelemetry collector, and the Java tools of HdrHistogram.
package metrics

import (
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strconv"
	"testing"
)

// TestRealReceivers needs the Debian packages prometheus, libhdrhistogram-java
// and default-jre-headless.
func TestRealReceivers(t *testing.T) {
	r := drive(t)
	t.Logf("%s: %d cycles, %d fail", r.summary.Verdict, r.summary.Cycles.Completed, r.summary.Cycles.Fail)
	for _, test := range []struct {
		name string
		test func(*testing.T, *run)
	}{
		{"quantiles", testQuantiles}, {"counts", testCounts}, {"dashboard", testDashboard}, {"docs", testDocs}, {"otlp", testOTLP}, {"hdr log", testLog},
	} {
		t.Run(test.name, func(t *testing.T) { test.test(t, r) })
	}
}

const jar = "/usr/share/java/hdrhistogram.jar"

// row matches the rows of a percentile distribution: value, percentile,
// total count.
var row = regexp.MustCompile(`(?m)^ *([0-9.]+) +([0-9.]+) +([0-9]+)`)

// testLog has the reference implementation read the histogram log.
func testLog(t *testing.T, r *run) {
	log := filepath.Join(t.TempDir(), "copy.hlog")
	text, err := exec.Command(r.binary, "report", "--format", "hlog", r.folder).Output()
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(log, text, 0o600); err != nil {
		t.Fatal(err)
	}
	for _, s := range r.summary.Steps {
		if s.Kind != "step" || s.Step != "login" && s.Step != "logout" {
			continue
		}
		for _, file := range []string{log, filepath.Join(r.folder, "latency.hlog")} {
			out, err := exec.Command("java", "-cp", jar, "org.HdrHistogram.HistogramLogProcessor", "-i", file,
				"-tag", s.Target+"."+s.Step+".response", "-outputValueUnitRatio", "1000000").Output()
			if err != nil {
				t.Fatalf("HistogramLogProcessor: %v\n%s", err, out)
			}
			var most int64
			var max float64
			for _, m := range row.FindAllStringSubmatch(string(out), -1) {
				n, _ := strconv.ParseInt(m[3], 10, 64)
				v, _ := strconv.ParseFloat(m[1], 64)
				if n >= most {
					most, max = n, v
				}
			}
			if want := s.Response["max"]; most != s.Count || max < want*0.999 || max > want*1.001 {
				t.Errorf("%s of %s: Java counts %d up to %g ms, the summary %d up to %g", s.Step, filepath.Base(file), most, max, s.Count, want)
			}
		}
	}
}
