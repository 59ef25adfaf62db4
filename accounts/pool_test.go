package accounts

import (
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"

	"pgregory.net/rapid"
)

// A lease belongs to one at a time, and those that come back go to the end of
// the line.
func TestLease(t *testing.T) {
	p := NewPool(Lease, 3, 0, 1, 1)
	for want := range uint32(3) {
		if i, ok := p.Lease(); i != want || !ok {
			t.Errorf("Lease() = %d, %v, want %d", i, ok, want)
		}
	}
	if i, ok := p.Lease(); ok {
		t.Errorf("a fourth lease of three gives %d", i)
	}
	p.Return(2)
	p.Return(0)
	p.Return(0) // twice
	p.Return(7) // of no pool
	if p.Free() != 2 {
		t.Errorf("Free() = %d, want 2", p.Free())
	}
	a, _ := p.Lease()
	b, _ := p.Lease()
	if _, ok := p.Lease(); a != 2 || b != 0 || ok {
		t.Errorf("leased again: %d, %d, and one more: %v; want 2, 0 and no more", a, b, ok)
	}
}

// A model of the pool: a queue and a set.
func TestLeaseFollowsItsModel(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		count := rapid.IntRange(0, 40).Draw(t, "count")
		shards := rapid.IntRange(1, 5).Draw(t, "shards")
		shard := rapid.IntRange(0, shards-1).Draw(t, "shard")
		p := NewPool(Lease, count, shard, shards, 1)
		var queue, out []uint32
		for i := shard; i < count; i += shards {
			queue = append(queue, uint32(i))
		}
		if p.Size() != len(queue) {
			t.Fatalf("Size() = %d, want %d", p.Size(), len(queue))
		}
		t.Repeat(map[string]func(*rapid.T){
			"lease": func(t *rapid.T) {
				got, ok := p.Lease()
				if ok != (len(queue) > 0) {
					t.Fatalf("Lease() = %v with %d free", ok, len(queue))
				}
				if !ok {
					return
				}
				if got != queue[0] {
					t.Fatalf("Lease() = %d, want %d", got, queue[0])
				}
				out, queue = append(out, got), queue[1:]
			},
			"return": func(t *rapid.T) {
				i := rapid.Uint32Range(0, 45).Draw(t, "account")
				p.Return(i)
				if at := slices.Index(out, i); at >= 0 {
					out, queue = slices.Delete(out, at, at+1), append(queue, i)
				}
			},
			"": func(t *rapid.T) {
				if p.Free() != len(queue) {
					t.Fatalf("Free() = %d, want %d", p.Free(), len(queue))
				}
			},
		})
	})
}

func TestRoundRobinAndShared(t *testing.T) {
	p := NewPool(RoundRobin, 3, 0, 1, 1)
	for k := range uint32(9) {
		if i, ok := p.Lease(); i != k%3 || !ok {
			t.Errorf("round robin %d gives %d, %v", k, i, ok)
		}
	}
	s, again := NewPool(Shared, 50, 0, 1, 7), NewPool(Shared, 50, 0, 1, 7)
	counts := make([]int, 50)
	for range 50_000 {
		i, ok := s.Lease()
		if j, _ := again.Lease(); !ok || j != i {
			t.Fatalf("one seed gives %d and %d", i, j)
		}
		counts[i]++
	}
	if slices.Min(counts) < 850 || slices.Max(counts) > 1150 {
		t.Errorf("shared draws are uneven: %v", counts)
	}
	s.Return(1)
	if s.Free() != 50 || s.Size() != 50 {
		t.Errorf("Free() = %d of %d", s.Free(), s.Size())
	}
	for _, policy := range []Policy{Lease, RoundRobin, Shared} {
		if i, ok := NewPool(policy, 0, 0, 1, 1).Lease(); ok {
			t.Errorf("%v of no accounts gives %d", policy, i)
		}
		if got, ok := ParsePolicy(policy.String()); got != policy || !ok {
			t.Errorf("ParsePolicy(%s) = %v, %v", policy, got, ok)
		}
	}
	if _, ok := ParsePolicy("least"); ok {
		t.Error("least is no policy")
	}
}

// The shards of a pool hold each account once.
func TestShardsShareTheAccounts(t *testing.T) {
	for _, policy := range []Policy{Lease, RoundRobin} {
		seen := make([]int, 103)
		for shard := range 10 {
			p := NewPool(policy, len(seen), shard, 10, 1)
			for range p.Size() {
				i, _ := p.Lease()
				seen[i]++
			}
		}
		if slices.Min(seen) != 1 || slices.Max(seen) != 1 {
			t.Errorf("%v: accounts are held %v times", policy, seen)
		}
	}
}

// No account is ever held twice, whoever asks.
func TestLeaseAtOnce(t *testing.T) {
	p := NewPool(Lease, 16, 0, 1, 1)
	held := make([]atomic.Int32, 16)
	var wait sync.WaitGroup
	for range 8 {
		wait.Go(func() {
			for range 5000 {
				i, ok := p.Lease()
				if !ok {
					continue
				}
				if held[i].Add(1) != 1 {
					t.Errorf("account %d is held twice", i)
				}
				held[i].Add(-1)
				p.Return(i)
			}
		})
	}
	wait.Wait()
	if p.Free() != 16 {
		t.Errorf("Free() = %d at the end", p.Free())
	}
}

func TestNothingAllocates(t *testing.T) {
	l, err := ReadCSV(strings.NewReader("user,password\nann,p1\nbob,p2\n"), "f", environment)
	if err != nil {
		t.Fatal(err)
	}
	g, err := Generate("user{n}:pw{n:09}:1000000")
	if err != nil {
		t.Fatal(err)
	}
	p := NewPool(Lease, 1000, 0, 1, 1)
	var scratch Scratch
	columns := []int{1, 0}
	for name, do := range map[string]func(){
		"list":      func() { l.Fields(1, columns, &scratch) },
		"generated": func() { g.Fields(999_999, columns, &scratch) },
		"pool":      func() { i, _ := p.Lease(); p.Return(i) },
	} {
		do()
		if n := testing.AllocsPerRun(100, do); n != 0 {
			t.Errorf("%s allocates %v times", name, n)
		}
	}
}

// A million accounts cost less than 100 bytes each beside what they hold.
func TestListIsSmall(t *testing.T) {
	var text strings.Builder
	text.WriteString("user,password,client_id,client_secret,tenant,client_cert,client_key\n")
	const row = "user123456,secret1234567,,,some-tenant,,\n"
	const n = 100_000
	for range n {
		text.WriteString(row)
	}
	l, err := ReadCSV(strings.NewReader(text.String()), "f", environment)
	if err != nil {
		t.Fatal(err)
	}
	held := len(l.data)
	cost := cap(l.data) + 4*cap(l.ends) - held
	if each := float64(cost) / n; each > 40 {
		t.Errorf("an account costs %.1f bytes beside what it holds", each)
	}
}

func BenchmarkFields(b *testing.B) {
	g, err := Generate("user{n}:pw{n:09}:1000000")
	if err != nil {
		b.Fatal(err)
	}
	var scratch Scratch
	columns := []int{0, 1}
	for i := 0; b.Loop(); i++ {
		g.Fields(i%1_000_000, columns, &scratch)
	}
}

func BenchmarkLeaseReturn(b *testing.B) {
	p := NewPool(Lease, 1_000_000, 0, 1, 1)
	b.RunParallel(func(pb *testing.PB) {
		for pb.Next() {
			if i, ok := p.Lease(); ok {
				p.Return(i)
			}
		}
	})
}
