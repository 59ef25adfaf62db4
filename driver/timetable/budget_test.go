//go:build !race

package timetable

import (
	"fmt"
	"math"
	"math/rand/v2"
	"runtime"
	"testing"
	"time"
)

func TestBytesPerEntry(t *testing.T) {
	const n = 1_000_000
	before := heapBytes()
	tt, now := New(), int64(0)
	random := rand.New(rand.NewPCG(5, 6))
	think := func() int64 { return int64(random.ExpFloat64() * float64(time.Minute)) }
	for i := range uint32(n) {
		tt.Add(i, think())
	}
	for range 3 * n { // a while later, slots have been emptied and filled again
		now, _ = tt.Next()
		id, _, _ := tt.Pop(now)
		tt.Add(id, now+think())
	}
	grown := heapBytes() - before
	t.Logf("bytes an entry: %.1f", float64(grown)/n)
	if limit := int64(n * 16 * 5 / 4); grown > limit {
		t.Errorf("%d entries take %d bytes, want at most %d", n, grown, limit)
	}
	runtime.KeepAlive(tt)
}

func heapBytes() int64 {
	runtime.GC()
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	return int64(m.HeapAlloc)
}

// BenchmarkTurn is one user's turn: taken out when due, added with a new due,
// at about a user each 100 µs.
func BenchmarkTurn(b *testing.B) {
	for _, n := range []int{100, 10_000, 1_000_000} {
		b.Run(fmt.Sprintf("users=%d", n), func(b *testing.B) {
			tt, now := New(), int64(0)
			random := rand.New(rand.NewPCG(7, 8))
			span := float64(n) * float64(100*time.Microsecond)
			for i := range uint32(n) {
				tt.Add(i, int64(random.Float64()*2*span))
			}
			b.ReportAllocs()
			for b.Loop() {
				now, _ = tt.Next()
				id, _, _ := tt.Pop(now)
				tt.Add(id, now+int64(random.Float64()*2*span))
			}
		})
	}
}

// BenchmarkAllAtOnce is the worst start: everybody is due at one instant, of the
// current slot or of a later one, or, which no server could bear, within a
// millisecond in any order. held-ms is what the first to come waits for.
func BenchmarkAllAtOnce(b *testing.B) {
	const n, later = 1_000_000, 5 << tickBits
	for _, c := range []struct {
		name string
		due  func() int64
	}{
		{"now", func() int64 { return 0 }},
		{"later", func() int64 { return later }},
		{"shuffled", func() int64 { return later + rand.Int64N(1<<tickBits) }},
	} {
		b.Run(c.name, func(b *testing.B) {
			var held time.Duration
			for b.Loop() {
				tt := New()
				for i := range uint32(n) {
					tt.Add(i, c.due())
				}
				began := time.Now()
				tt.Pop(math.MaxInt64)
				held += time.Since(began)
				tt.Drain(func(uint32, int64) {})
			}
			b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N)/n, "ns/entry")
			b.ReportMetric(held.Seconds()*1e3/float64(b.N), "held-ms")
		})
	}
}
