package telemetry

import (
	"math"
	"slices"

	"authsoak/results"
)

// The buckets of a histogram grow by the factor 2^(2^-schema): schema 5 is
// 2.2 %, so that a quantile computed from them is right to that much. Bucket i
// holds what is above base^(i-1) and at most base^i seconds (Prometheus, native
// histograms; OTLP calls the same one i-1 and the schema scale).
const (
	schema    = 5
	perDouble = 1 << schema
	lowestNS  = 1                     // below any bucket of a results.Histogram
	highestNS = 2 * 3_600_000_000_000 // above any
)

// bounds are the upper ends in seconds of the classic buckets, for scrapers that
// know no native histogram.
var bounds = [...]float64{
	0.0001, 0.00025, 0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60,
}

var firstBucket = bucketOf(lowestNS)

// upperEnds are those of the buckets from firstBucket on, in nanoseconds, and
// boundsNS those of the classic ones.
var upperEnds, boundsNS = func() (native []int64, classic [len(bounds)]int64) {
	for i := firstBucket; i <= bucketOf(highestNS); i++ {
		native = append(native, int64(math.Exp2(float64(i)/perDouble)*1e9))
	}
	for i, b := range bounds {
		classic[i] = int64(math.Round(b * 1e9))
	}
	return native, classic
}()

// bucketOf returns the bucket of a time in nanoseconds.
func bucketOf(ns int64) int {
	return int(math.Ceil(math.Log2(float64(max(ns, 1))/1e9) * perDouble))
}

// distribution is a histogram of times that only grows. Its zero value is empty.
type distribution struct {
	count   uint64
	sum     float64 // in seconds
	buckets []int64 // from firstBucket on
	classic [len(bounds)]int64
}

// add adds the times of an interval, each at the upper end of its bucket, which
// is at most 0.1 % above it; in the sum at the middle.
func (d *distribution) add(h *results.Histogram) {
	if h.Count() == 0 {
		return
	}
	if d.buckets == nil {
		d.buckets = make([]int64, len(upperEnds))
	}
	// The buckets come in ascending order: so do those they belong to.
	native, classic := 0, 0
	for b, n := range h.Buckets() {
		top := b.Low + b.Width - 1
		d.count += uint64(n)
		d.sum += float64(n) * float64(b.Low+b.Width/2) / 1e9
		if native == 0 {
			native = max(bucketOf(top)-firstBucket-1, 0) // rounding may be off by one
		}
		for native < len(upperEnds)-1 && upperEnds[native] < top {
			native++
		}
		d.buckets[native] += n
		for classic < len(bounds) && boundsNS[classic] < top {
			classic++
		}
		if classic < len(bounds) {
			d.classic[classic] += n
		}
	}
}

// clone returns a copy of d without the empty buckets at both ends.
func (d *distribution) clone() distributionRead {
	r := distributionRead{count: d.count, sum: d.sum, classic: d.classic, first: firstBucket}
	low, high := 0, len(d.buckets)
	for low < high && d.buckets[low] == 0 {
		low++
	}
	for high > low && d.buckets[high-1] == 0 {
		high--
	}
	r.first += low
	r.buckets = slices.Clone(d.buckets[low:high])
	return r
}

// distributionRead is a copy of a [distribution].
type distributionRead struct {
	count   uint64
	sum     float64
	first   int     // number of the first bucket
	buckets []int64 // without empty ones at both ends
	classic [len(bounds)]int64
}
