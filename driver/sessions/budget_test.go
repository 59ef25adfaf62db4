//go:build !race

package sessions

import (
	"bytes"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"runtime"
	"strconv"
	"testing"
	"time"
)

// overhead is what a session may take beyond the bytes of its cookies.
const overhead = 200

func TestBytesPerSession(t *testing.T) {
	if testing.Short() {
		t.Skip("200,000 sessions")
	}
	const users, renewals, shards = 200_000, 10, 4
	path := filepath.Join(t.TempDir(), "ledger")
	heap := heapBytes()
	s, err := Create(path, shards)
	if err != nil {
		t.Fatal(err)
	}
	defer s.Remove()
	random := rand.New(rand.NewPCG(1, 2))
	text := bytes.Repeat([]byte("c"), 600)
	size := make([]uint16, users)
	j := Jar{Slots: make([][]byte, 3)}
	for range renewals + 1 {
		for u := range users {
			h := s.Shard(u % shards)
			id := ID(u / shards)
			if size[u] == 0 {
				id = take(t, h)
			}
			size[u] = uint16(200 + random.IntN(401))
			j.Slots[0], j.Slots[2] = text[:size[u]-66], text[:66]
			if err := h.SaveAs(id, &j, Live); err != nil {
				t.Fatal(err)
			}
		}
	}
	cookies := 0
	for _, n := range size {
		cookies += int(n)
	}
	limit := int64(cookies + overhead*users)
	disk := diskBytes(t, path)
	grown := heapBytes() - heap - 2*users // size is the test's own
	t.Logf("bytes a session: %d of cookies, %d on disk, %d of heap", cookies/users, disk/users, grown/users)
	if disk > limit {
		t.Errorf("file takes %d bytes, want at most %d", disk, limit)
	}
	if resident := resident(t, path); resident > limit {
		t.Errorf("mapping takes %d bytes, want at most %d", resident, limit)
	}
	if grown > 1<<20 {
		t.Errorf("heap grew by %d bytes, want none for the sessions", grown)
	}
	if err := s.Check(); err != nil {
		t.Error(err)
	}
}

func heapBytes() int64 {
	runtime.GC()
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	return int64(m.HeapAlloc)
}

// resident sums up what the mappings of the file have in memory, 0 where the
// system doesn't tell.
func resident(t *testing.T, path string) int64 {
	t.Helper()
	maps, err := os.ReadFile("/proc/self/smaps")
	if err != nil {
		return 0
	}
	var total int64
	in := false
	for line := range bytes.Lines(maps) {
		f := bytes.Fields(line)
		switch {
		case len(f) >= 5 && bytes.Contains(f[0], []byte("-")):
			in = len(f) == 6 && string(f[5]) == path
		case in && string(f[0]) == "Rss:":
			kb, _ := strconv.ParseInt(string(f[1]), 10, 64)
			total += kb << 10
		}
	}
	if total == 0 {
		t.Errorf("no mapping of %s", path)
	}
	return total
}

// benchUsers are the populations whose cost per session should be about equal.
var benchUsers = []int{100, 1_000_000}

func benchStore(b *testing.B, users int) (*Store, *Jar) {
	s, err := Create(filepath.Join(b.TempDir(), "ledger"), 1)
	if err != nil {
		b.Fatal(err)
	}
	b.Cleanup(func() { s.Remove() })
	j := &Jar{Slots: [][]byte{bytes.Repeat([]byte("a"), 300), []byte("csrf-token-of-36-characters-1234567")}}
	for range users {
		if err := s.Shard(0).SaveAs(take(b, s.Shard(0)), j, Live); err != nil {
			b.Fatal(err)
		}
	}
	return s, j
}

func each(b *testing.B, f func(b *testing.B, h *Shard, users int, j *Jar)) {
	for _, users := range benchUsers {
		b.Run(fmt.Sprintf("users=%d", users), func(b *testing.B) {
			s, j := benchStore(b, users)
			b.ReportAllocs()
			b.ResetTimer()
			f(b, s.Shard(0), users, j)
		})
	}
}

func BenchmarkTakeRelease(b *testing.B) {
	each(b, func(b *testing.B, h *Shard, _ int, _ *Jar) {
		for b.Loop() {
			id, err := h.Take()
			if err != nil {
				b.Fatal(err)
			}
			h.Release(id)
		}
	})
}

func BenchmarkSave(b *testing.B) {
	each(b, func(b *testing.B, h *Shard, users int, j *Jar) {
		random := rand.New(rand.NewPCG(1, 2))
		for n := 0; b.Loop(); n++ {
			j.Slots[0] = j.Slots[0][:200+n%100]
			if err := h.Save(ID(random.IntN(users)), j); err != nil {
				b.Fatal(err)
			}
		}
	})
}

func BenchmarkSaveUnchanged(b *testing.B) {
	each(b, func(b *testing.B, h *Shard, users int, j *Jar) {
		random := rand.New(rand.NewPCG(1, 2))
		for b.Loop() {
			if err := h.Save(ID(random.IntN(users)), j); err != nil {
				b.Fatal(err)
			}
		}
	})
}

func BenchmarkLoad(b *testing.B) {
	each(b, func(b *testing.B, h *Shard, users int, j *Jar) {
		random := rand.New(rand.NewPCG(1, 2))
		for b.Loop() {
			h.Load(ID(random.IntN(users)), j)
		}
	})
}

func BenchmarkCycle(b *testing.B) {
	each(b, func(b *testing.B, h *Shard, users int, j *Jar) {
		random := rand.New(rand.NewPCG(1, 2))
		var got Jar
		for b.Loop() {
			id := ID(random.IntN(users))
			h.SetState(id, Opening)
			if err := h.SaveAs(id, j, Live); err != nil {
				b.Fatal(err)
			}
			h.Load(id, &got)
			h.SetState(id, Closing)
			h.SetState(id, Closed)
		}
	})
}

// BenchmarkOpen reads a ledger of a million sessions.
func BenchmarkOpen(b *testing.B) {
	s, _ := benchStore(b, 1_000_000)
	if err := s.Close(); err != nil {
		b.Fatal(err)
	}
	for b.Loop() {
		start := time.Now()
		l := open(b, s.path)
		n := 0
		for range l.Entries() {
			n++
		}
		if n != 1_000_000 {
			b.Fatal(n)
		}
		l.Close()
		b.ReportMetric(time.Since(start).Seconds()/float64(n)*1e9, "ns/session")
	}
	os.Remove(s.path)
}
