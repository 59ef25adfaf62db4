package comparison

import (
	"strings"
	"testing"

	"authsoak/metric"
	"authsoak/results"
	"authsoak/stats"
)

// A tolerance that can't be judged says what would help, also where the change
// seen is the very one that is tolerated and nothing would.
func TestUndecidedToleranceSaysWhatWouldHelp(t *testing.T) {
	for _, c := range []struct {
		base, new []float64
		want      string
	}{
		{[]float64{99, 101, 100, 102, 98, 100}, []float64{101, 103, 97, 101, 102, 99}, "rounds in all would tell"},
		{[]float64{99, 101, 100, 102, 98, 100}, []float64{101, 99, 102, 100, 100, 98}, "no number of rounds would tell"},
	} {
		e, err := metric.ParseTolerance("rate(login) > 0%")
		if err != nil {
			t.Fatal(err)
		}
		var got results.ToleranceResult
		tolerate(&got, e, stats.Runs(c.base, c.new, 0), scaleOf(results.Points), 0.05, 1)
		if got.Verdict != "" || !strings.Contains(got.Text, c.want) {
			t.Errorf("verdict %q, %q: want none and %q", got.Verdict, got.Text, c.want)
		}
	}
}
