package scenario

import (
	"math"
	"testing"

	"pgregory.net/rapid"
)

// In any numbers in a row each share's count is near its part, for what a shard
// takes of them as well.
func TestPickIsEven(t *testing.T) {
	for _, weights := range [][]float64{
		{1}, {1, 1}, {2, 1}, {1, 1, 1}, {3, 1}, {0.7, 0.2, 0.1}, {1, 0, 2}, {99, 1}, {5, 4, 3, 2, 1},
		{1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1}, {0, 0, 4},
	} {
		for _, tt := range []struct {
			stride, window int64
			limit          float64
		}{{1, 100, 3}, {1, 1_000_000, 6}, {2, 1_000_000, 13}, {7, 1_000_000, 13}} {
			for share, off := range unevenness(weights, tt.stride, tt.window) {
				if off > tt.limit {
					t.Errorf("weights %v, every %d: share %d is off by up to %.2f in %d, want ≤ %v",
						weights, tt.stride, share, off, tt.window, tt.limit)
				}
			}
		}
	}
}

// unevenness returns by how much the count of each share in so many picks in a
// row, of every stride-th number, differs from its part at most. The worst
// window goes from the lowest to the highest point of the running difference.
func unevenness(weights []float64, stride, window int64) []float64 {
	var sum float64
	for _, x := range weights {
		sum += x
	}
	w := NewWeights(weights)
	worst := make([]float64, len(weights))
	for from := int64(0); from < 1_000_000; from += window {
		counts, low, high := make([]float64, len(weights)), make([]float64, len(weights)), make([]float64, len(weights))
		for n := range window {
			counts[w.Pick((from+n)*stride)]++
			for i := range weights {
				off := counts[i] - float64(n+1)*weights[i]/sum
				low[i], high[i] = min(low[i], off), max(high[i], off)
				worst[i] = max(worst[i], high[i]-low[i])
			}
		}
	}
	return worst
}

func TestPickIsPure(t *testing.T) {
	w := NewWeights([]float64{2, 1, 1})
	rapid.Check(t, func(t *rapid.T) {
		k := rapid.Int64Range(0, math.MaxInt64).Draw(t, "k")
		if a, b := w.Pick(k), w.Pick(k); a != b || a < 0 || a > 2 {
			t.Fatalf("Pick(%d) = %d, then %d", k, a, b)
		}
	})
}

func TestAtFollowsTheWeights(t *testing.T) {
	weights := []float64{5, 0, 3, 2}
	w := NewWeights(weights)
	counts := make([]float64, len(weights))
	const n = 100_000
	for i := range n {
		counts[w.At(Draw(1, StreamMix, uint64(i), 0, 0))]++
	}
	for i := range weights {
		near(t, "share", counts[i]/n, weights[i]/10, 0.006)
	}
	if counts[1] != 0 {
		t.Errorf("a weight of 0 was drawn %v times", counts[1])
	}
	if got := w.At(1 - 1e-16); got != 3 {
		t.Errorf("At(1) = %d, want the last share", got)
	}
}

func BenchmarkPick(b *testing.B) {
	w := NewWeights([]float64{2, 1, 1})
	n := 0
	for k := int64(0); b.Loop(); k++ {
		n += w.Pick(k)
	}
	_ = n
}
