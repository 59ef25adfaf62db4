package stats

import (
	"math"
	"slices"
)

// TheilSen returns the median of the slopes between all pairs of points (Theil,
// "A rank-invariant method of linear and polynomial regression analysis", 1950;
// Sen, "Estimates of the regression coefficient based on Kendall's tau", JASA 63,
// 1968). Up to 29 % of the points may be anything. Of many points each is paired
// with every so manieth other, so that the cost stays bounded.
func TheilSen(t, v []float64) float64 {
	n := len(v)
	stride := max(1, n/512)
	slopes := make([]float64, 0, n*(n-1)/2/stride+1)
	for i := range v {
		for j := i + 1; j < n; j += stride {
			if t[j] > t[i] {
				slopes = append(slopes, (v[j]-v[i])/(t[j]-t[i]))
			}
		}
	}
	return median(slopes)
}

// median leaves its argument alone; that of nothing is 0.
func median(v []float64) float64 {
	if len(v) == 0 {
		return 0
	}
	s := slices.Clone(v)
	n := len(s)
	high := Select(s, n/2)
	if n%2 == 1 {
		return high
	}
	return (slices.Max(s[:n/2]) + high) / 2
}

// Select returns the value that would stand at k if v were sorted, and leaves v
// so that none before k is larger. It takes linear time on the average (Hoare, "Algorithm 65: find", CACM 4, 1961).
func Select(v []float64, k int) float64 {
	for low, high := 0, len(v)-1; low < high; {
		pivot, i, j := v[low+(high-low)/2], low, high
		for i <= j {
			for v[i] < pivot {
				i++
			}
			for v[j] > pivot {
				j--
			}
			if i <= j {
				v[i], v[j] = v[j], v[i]
				i++
				j--
			}
		}
		switch {
		case k <= j:
			high = j
		case k >= i:
			low = i
		default:
			return v[k]
		}
	}
	return v[k]
}

// spread is the standard deviation of normal values, estimated by their median
// absolute deviation.
func spread(v []float64) float64 {
	m := median(v)
	dev := make([]float64, len(v))
	for i, x := range v {
		dev[i] = math.Abs(x - m)
	}
	return 1.4826 * median(dev)
}

// quiet is the noise of a series between its falls: the spread of the differences
// of neighbours.
func quiet(v []float64) float64 {
	diff := make([]float64, len(v)-1)
	for i := range diff {
		diff[i] = v[i+1] - v[i]
	}
	return spread(diff) / math.Sqrt2
}

// despike replaces what lies far from its neighbours by their median (Hampel,
// "The influence curve and its role in robust estimation", JASA 69, 1974): a
// single outlier is no jump.
func despike(v []float64) []float64 {
	const reach = 3
	out := slices.Clone(v)
	var around [2*reach + 1]float64
	noise := quiet(v)
	for i := range v {
		near := around[:copy(around[:], v[max(0, i-reach):min(len(v), i+reach+1)])]
		if m := median(near); math.Abs(v[i]-m) > 3*noise {
			out[i] = m
		}
	}
	return out
}
