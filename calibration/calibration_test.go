package calibration

import (
	"errors"
	"io/fs"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"authsoak/results"
)

// nullServer starts one in this process; its processor time is a number.
func nullServer(t *testing.T) Server {
	t.Helper()
	n, err := NewNull(func() time.Duration { return 42 * time.Microsecond })
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := n.Close(); err != nil {
			t.Error(err)
		}
	})
	ca := filepath.Join(t.TempDir(), "ca.pem")
	if err := os.WriteFile(ca, n.CA, 0o600); err != nil {
		t.Fatal(err)
	}
	return Server{Plain: n.Plain, Secure: n.Secure, HTTP2: n.HTTP2, CA: ca, CPU: func() (time.Duration, error) { return 0, nil }}
}

// Every way reaches the null server, and not one request fails.
func TestEveryWay(t *testing.T) {
	var told []results.Way
	c, err := Measure(t.Context(), nullServer(t), Options{Ways: Ways(false), Trial: 60 * time.Millisecond, Repeats: 2, Version: "test",
		Progress: func(w results.Way, i, of, users int) {
			if of != 15 || users < fewestUsers {
				t.Errorf("told of %d of %d, %d users", i, of, users)
			}
			told = append(told, w)
		}})
	if err != nil {
		t.Fatal(err)
	}
	for _, w := range Ways(false) {
		k, ok := c.Ceiling(w)
		if !ok || k.RequestsPerS <= 0 {
			t.Errorf("%+v: %+v", w, k)
		}
	}
	if len(c.Cases) != 15 || c.On != Here("test") || len(told) < 15*2 {
		t.Errorf("%d cases on %+v, told of %d trials", len(c.Cases), c.On, len(told))
	}
}

// A server that refuses is no ceiling.
func TestFailuresAreNoCeiling(t *testing.T) {
	s := nullServer(t)
	s.Plain = strings.Replace(s.Plain, "127.0.0.1:", "127.0.0.2:", 1) // nobody listens there
	if _, err := Measure(t.Context(), s, Options{Ways: Ways(true)[:1], Trial: 60 * time.Millisecond}); err == nil || !strings.Contains(err.Error(), "fast, http, HTTP/1.1, shared: 4 users: login") {
		t.Errorf("Measure() = %v", err)
	}
}

func TestNullServer(t *testing.T) {
	s := nullServer(t)
	for _, test := range []struct {
		method, path, cookie string
		status               int
		sets                 bool
	}{
		{"POST", "/login", "", 200, true}, {"GET", "/call", "", 401, false}, {"GET", "/call", "SID=1", 200, false},
		{"POST", "/logout", "SID=1", 200, false}, {"GET", "/cpu", "", 200, false},
	} {
		req, _ := http.NewRequest(test.method, "http://"+s.Plain+test.path, nil)
		if test.cookie != "" {
			req.Header.Set("Cookie", test.cookie)
		}
		res, err := new(http.Transport).RoundTrip(req)
		if err != nil {
			t.Fatal(err)
		}
		res.Body.Close()
		if res.StatusCode != test.status || (len(res.Cookies()) == 1) != test.sets {
			t.Errorf("%s %s: %d, %v", test.method, test.path, res.StatusCode, res.Cookies())
		}
	}
}

func TestLimits(t *testing.T) {
	for _, test := range []struct {
		generator, server float64
		limit             string
		bound             bool
	}{
		{0.6, 0.35, results.CeilingOfGenerator, false}, {0.4, 0.55, results.CeilingOfServer, true}, {0.3, 0.3, results.CeilingOfNeither, true}, {0.95, 0, results.CeilingOfGenerator, false},
	} {
		if limit, bound := limitOf(test.generator, test.server); limit != test.limit || bound != test.bound {
			t.Errorf("limitOf(%v, %v) = %s %v", test.generator, test.server, limit, bound)
		}
	}
}

// The figure is the median of the repeats, with what belongs to it.
func TestSummed(t *testing.T) {
	c := summed(results.Way{Engine: "fast"}, []trial{{users: 4, perS: 300, cpu: 3}, {users: 4, perS: 100, cpu: 1}, {users: 4, perS: 200, cpu: 2, generatorShare: 0.5, ofServer: 0.45}})
	if c.RequestsPerS != 200 || c.LowestPerS != 100 || c.HighestPerS != 300 || c.CPUUsPerRequest != 2 || c.Limit != results.CeilingOfGenerator || c.LowerBound || c.Repeats != 3 {
		t.Errorf("%+v", c)
	}
}

func TestStore(t *testing.T) {
	here, file := Here("1.0"), filepath.Join(t.TempDir(), "authsoak", "calibration.json")
	fast, slow := results.CalibrationCase{Way: Ways(true)[0], RequestsPerS: 100}, results.CalibrationCase{Way: Ways(true)[1], RequestsPerS: 50}
	if _, err := Load(file, here); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("of none: %v", err)
	}
	first := &results.Calibration{Schema: results.CalibrationSchema, On: here, Cases: []results.CalibrationCase{fast, slow}}
	if err := Save(file, first); err != nil {
		t.Fatal(err)
	}
	if c, err := Load(file, here); err != nil || len(c.Cases) != 2 {
		t.Fatalf("%+v, %v", c, err)
	}
	more := here
	more.Cores++
	for _, other := range []results.Machine{Here("1.1"), more} {
		if _, err := Load(file, other); !errors.Is(err, ErrStale) {
			t.Errorf("%+v: %v, want stale", other, err)
		}
	}
	again := fast
	again.RequestsPerS = 120
	merged := Merge(first, &results.Calibration{On: here, Cases: []results.CalibrationCase{again}})
	if c, _ := merged.Ceiling(fast.Way); c.RequestsPerS != 120 || len(merged.Cases) != 2 {
		t.Errorf("merged: %+v", merged)
	}
	if m := Merge(first, &results.Calibration{On: Here("2.0"), Cases: []results.CalibrationCase{again}}); len(m.Cases) != 1 {
		t.Errorf("merged over builds: %+v", m)
	}
	for name, text := range map[string]string{"damaged": "{", "of another kind": "{}"} {
		os.WriteFile(file, []byte(text), 0o600)
		if _, err := Load(file, here); err == nil {
			t.Errorf("%s: no error", name)
		}
	}
	if left, _ := filepath.Glob(filepath.Join(filepath.Dir(file), "*")); len(left) != 1 {
		t.Errorf("left behind: %v", left)
	}
}
