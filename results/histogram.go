package results

import (
	"iter"
	"math/bits"

	hdr "github.com/HdrHistogram/hdrhistogram-go"
)

// The geometry of every histogram of a run: 100 ns to an hour in nanoseconds
// with three significant digits. The first buckets are 64 ns wide, so that a
// time of tens of microseconds is still good to a third of a percent.
const (
	lowestNS  = 100
	highestNS = 3_600_000_000_000
	digits    = 3

	unitMagnitude = 6  // log2 of lowestNS, rounded down
	halfMagnitude = 10 // log2 of half the buckets of one scale: 2 × 10^digits, rounded up, halved
	scales        = 26 // doublings from 2^17 ns to beyond highestNS
	buckets       = (scales + 1) << halfMagnitude

	pageBits = 6
	pages    = buckets >> pageBits
)

// Histogram is a distribution of times in nanoseconds in the buckets of an HDR
// histogram of 100 ns to an hour at three digits: [Histogram.HDR] returns it as
// one. Buckets lie in pages of 64 that are made when first used, since a
// typical step fills a tenth of the range: recording costs what it costs in the
// dense form, merging, reading and clearing a tenth, and so does memory. The
// sparse form of the library takes ten times as long to record into.
//
// The zero value is empty and ready. A Histogram is not safe for concurrent use.
type Histogram struct {
	count int64
	pages [pages]*page
}

type page struct {
	count  int64
	counts [1 << pageBits]int64
}

// bucketOf returns the index of the bucket that holds ns, as the format of HDR
// histograms orders them.
func bucketOf(ns int64) int {
	const mask = 1<<(halfMagnitude+1+unitMagnitude) - 1
	scale := 64 - bits.LeadingZeros64(uint64(ns)|mask) - unitMagnitude - halfMagnitude - 1
	return (scale+1)<<halfMagnitude + int(ns>>(scale+unitMagnitude)) - 1<<halfMagnitude
}

// bucketRange returns the lowest value of a bucket and its width.
func bucketRange(bucket int) (low, width int64) {
	scale := bucket>>halfMagnitude - 1
	sub := int64(bucket&(1<<halfMagnitude-1) + 1<<halfMagnitude)
	if scale < 0 {
		sub -= 1 << halfMagnitude
		scale = 0
	}
	shift := scale + unitMagnitude
	return sub << shift, 1 << shift
}

// Record adds one time. One outside 0…1 h is recorded as the nearest bound.
func (h *Histogram) Record(ns int64) { h.add(bucketOf(min(max(ns, 0), highestNS)), 1) }

func (h *Histogram) add(bucket int, n int64) {
	p := h.pages[bucket>>pageBits]
	if p == nil {
		p = new(page)
		h.pages[bucket>>pageBits] = p
	}
	p.counts[bucket&(1<<pageBits-1)] += n
	p.count += n
	h.count += n
}

// Count returns the number of times recorded. A nil histogram is empty.
func (h *Histogram) Count() int64 {
	if h == nil {
		return 0
	}
	return h.count
}

// Merge adds all of from, without loss; nil is empty.
func (h *Histogram) Merge(from *Histogram) {
	if from.Count() == 0 {
		return
	}
	h.count += from.count
	for i, p := range from.pages {
		if p == nil || p.count == 0 {
			continue
		}
		to := h.pages[i]
		if to == nil {
			to = new(page)
			h.pages[i] = to
		}
		to.count += p.count
		for j := range p.counts {
			to.counts[j] += p.counts[j]
		}
	}
}

// Reset empties the histogram and keeps its pages.
func (h *Histogram) Reset() {
	h.count = 0
	for _, p := range h.pages {
		if p != nil && p.count != 0 {
			*p = page{}
		}
	}
}

// filled yields each bucket that holds something, in ascending order.
func (h *Histogram) filled(yield func(bucket int, n int64) bool) {
	for i, p := range h.pages {
		if p == nil || p.count == 0 {
			continue
		}
		for j, n := range p.counts {
			if n != 0 && !yield(i<<pageBits+j, n) {
				return
			}
		}
	}
}

// Bucket is one range of times, [Low, Low+Width) in nanoseconds.
type Bucket struct{ Low, Width int64 }

// Buckets yields each range that holds something and how many times it does, in
// ascending order.
func (h *Histogram) Buckets() iter.Seq2[Bucket, int64] {
	return func(yield func(Bucket, int64) bool) {
		if h.Count() == 0 {
			return
		}
		for bucket, n := range h.filled {
			low, width := bucketRange(bucket)
			if !yield(Bucket{low, width}, n) {
				return
			}
		}
	}
}

// Percentile returns the time in nanoseconds that p percent (0…100) of those
// recorded do not exceed: the upper end of its bucket, as HDR histograms report
// it. An empty histogram has 0.
func (h *Histogram) Percentile(p float64) int64 {
	if h.Count() == 0 {
		return 0
	}
	rank := h.rank(p)
	for i, page := range h.pages {
		if page == nil || page.count < rank {
			if page != nil {
				rank -= page.count
			}
			continue
		}
		for j, n := range page.counts {
			if rank -= n; rank <= 0 {
				low, width := bucketRange(i<<pageBits + j)
				return low + width - 1
			}
		}
	}
	return highestNS
}

func (h *Histogram) rank(p float64) int64 {
	rank := p/100*float64(h.count) + 0.5
	if !(rank >= 1) {
		return 1
	}
	return min(int64(min(rank, 1e18)), h.count)
}

// Max returns the upper end of the highest bucket in use, in nanoseconds; 0
// when empty.
func (h *Histogram) Max() int64 { return h.Percentile(100) }

// Mean returns the arithmetic mean in nanoseconds, each time taken as the middle
// of its bucket: right to 0.05 %. An empty histogram has 0.
func (h *Histogram) Mean() float64 {
	if h.Count() == 0 {
		return 0
	}
	var sum float64
	for bucket, n := range h.filled {
		low, width := bucketRange(bucket)
		sum += float64(n) * float64(low+width/2)
	}
	return sum / float64(h.count)
}

// HDR returns a copy as a dense histogram of the library, 221 KB.
func (h *Histogram) HDR() *hdr.Histogram {
	counts := make([]int64, buckets)
	if h.Count() > 0 {
		for bucket, n := range h.filled {
			counts[bucket] = n
		}
	}
	return hdr.Import(&hdr.Snapshot{
		LowestTrackableValue: lowestNS, HighestTrackableValue: highestNS,
		SignificantFigures: digits, Counts: counts,
	})
}

// mergeInto adds from to *to, which is made on first use; nil is empty.
func mergeInto(to **Histogram, from *Histogram) {
	if from.Count() == 0 {
		return
	}
	if *to == nil {
		*to = new(Histogram)
	}
	(*to).Merge(from)
}

// record adds one time to *to, which is made on first use.
func record(to **Histogram, ns int64) {
	if *to == nil {
		*to = new(Histogram)
	}
	(*to).Record(ns)
}

func reset(h *Histogram) {
	if h != nil {
		h.Reset()
	}
}

// TimesOf returns the quantiles of a histogram in milliseconds, rounded to
// 0.1 µs, the resolution that recording has. A nil histogram has none.
func TimesOf(h *Histogram) Times {
	return Times{
		Mean: ms(h.Mean()), P50: ms(float64(h.Percentile(50))), P90: ms(float64(h.Percentile(90))),
		P99: ms(float64(h.Percentile(99))), P999: ms(float64(h.Percentile(99.9))), Max: ms(float64(h.Max())),
	}
}

// ms turns nanoseconds into milliseconds with four decimals.
func ms(ns float64) float64 { return float64(int64(ns/100+0.5)) / 1e4 }
