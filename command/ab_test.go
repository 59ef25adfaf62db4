package command

import (
	"encoding/json"
	"path/filepath"
	"slices"
	"testing"
	"time"

	"authsoak/results"
	"authsoak/simulator"
)

// TestABFindsSlowerLogin drives two servers in turn, of which one takes 10 %
// longer to log in, and looks for just that. The machine may be busy, so it is
// tried again as a user would; what it must not do is to blame anything else in
// every try.
func TestABFindsSlowerLogin(t *testing.T) {
	if testing.Short() {
		t.Skip("drives twelve runs")
	}
	cost := func(d time.Duration) string {
		var o simulator.Options
		o.Login = simulator.CostOptions{Mean: d, Servers: 64}
		_, address := serveSimulator(t, o)
		return "octane=http://" + address
	}
	old, slower := cost(200*time.Millisecond), cost(220*time.Millisecond)
	const tries = 3
	for try := 1; ; try++ {
		dir := t.TempDir()
		code, stdout, stderr := call(t, "ab", "--base", old, "--new", slower, "--accounts", "user{n}:pw{n}:1000",
			"--rate", "40", "--calls", "0", "--warmup", "300ms", "--duration", "1s", "--rounds", "6",
			"--out", dir, "--run-id", "pair", "--tolerance", "p50(login) < 3%", "--json")
		var c results.Comparison
		if err := json.Unmarshal([]byte(stdout), &c); err != nil {
			t.Fatalf("code %d, %v, stderr %s", code, err, stderr)
		}
		found := slices.Contains(c.Found(results.Worse), "octane.login p50")
		if code == exitFailed && found && c.Method == results.ByRounds && c.Limits[0].Verdict == "fail" {
			checkSlower(t, &c)
			checkRounds(t, filepath.Join(dir, "pair"))
			return
		}
		t.Logf("try %d: code %d, %d rounds, worse %q, %+v", try, code, c.Rounds, c.Found(results.Worse), c.Limits)
		if try == tries {
			t.Fatalf("a login that takes 10 %% longer was not found in %d tries", tries)
		}
	}
}

func checkSlower(t *testing.T, c *results.Comparison) {
	t.Helper()
	for _, m := range c.Metrics {
		if m.Step == "login" && m.Metric == "p50" && (*m.Low > 10 || *m.High < 10) && (*m.Change < 7 || *m.Change > 13) {
			t.Errorf("p50 of the login: %v %% (%v to %v), want 10", *m.Change, *m.Low, *m.High)
		}
	}
}

// checkRounds compares the folder again: it says the same.
func checkRounds(t *testing.T, dir string) {
	t.Helper()
	code, stdout, stderr := call(t, "compare", dir, "--json", "--tolerance", "p50(login) < 3%")
	var again results.Comparison
	if err := json.Unmarshal([]byte(stdout), &again); err != nil || code != exitFailed {
		t.Fatalf("compare %s: code %d, %v, stderr %s", dir, code, err, stderr)
	}
	if !slices.Contains(again.Found(results.Worse), "octane.login p50") {
		t.Errorf("compared again: worse %q", again.Found(results.Worse))
	}
}

func TestSideOf(t *testing.T) {
	var got string
	for n := range 12 {
		got += string("AB"[sideOf(n)])
	}
	if want := "ABBAABBAABBA"; got != want {
		t.Errorf("the runs are %s, want %s", got, want)
	}
}

func TestSidesOf(t *testing.T) {
	for _, c := range []struct {
		words      []string
		base, next int
	}{
		{[]string{"a", "b"}, 1, 1}, {[]string{"a", "--", "b", "c"}, 1, 2}, {[]string{"a", "b", "--", "c"}, 2, 1},
		{[]string{"a", "b", "c"}, 0, 0}, {[]string{"--", "b"}, 0, 0}, {[]string{"a", "--"}, 0, 0}, {[]string{"a", "--", "b", "--", "c"}, 0, 0},
	} {
		base, next, err := sidesOf(c.words)
		if len(base) != c.base || len(next) != c.next || (err == nil) != (c.base > 0) {
			t.Errorf("sidesOf(%q) = %q, %q, %v", c.words, base, next, err)
		}
	}
}
