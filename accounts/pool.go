package accounts

import (
	"fmt"
	"sync"
	"sync/atomic"
)

// Policy says who may use an account at the same time.
type Policy uint8

// Policies.
const (
	// Lease gives an account to one session at a time; one that came back goes
	// to the end of the line.
	Lease Policy = iota
	// RoundRobin goes through the accounts in order, over and over, whether or
	// not a session still uses them.
	RoundRobin
	// Shared draws an account at random each time, whoever else uses it.
	Shared
)

var policyNames = [...]string{"lease", "round-robin", "shared"}

// String returns the policy's name in scenario files.
func (p Policy) String() string { return policyNames[p] }

// ParsePolicy returns the policy of that name.
func ParsePolicy(name string) (Policy, bool) {
	for i, n := range policyNames {
		if n == name {
			return Policy(i), true
		}
	}
	return Lease, false
}

// Policies lists the names of the policies.
func Policies() []string { return policyNames[:] }

// Pool hands out the indices of accounts. It is safe for concurrent use and
// holds no pointer an account: 4 bytes and a bit under Lease, nothing under the
// other policies.
type Pool struct {
	policy Policy
	first  uint32 // the pool's accounts are first, first+step, …
	step   uint32
	size   uint32
	seed   uint64
	turn   atomic.Uint64 // RoundRobin, Shared: leases so far

	mu    sync.Mutex
	ring  []uint32 // Lease: the free accounts, from head on
	head  int
	free  int
	taken []uint64 // Lease: one bit a position, set while leased
}

// NewPool makes a pool of the accounts i ≡ shard (mod shards) out of count, so
// that the pools of all shards together hold each account once. The seed
// decides what Shared draws.
func NewPool(policy Policy, count, shard, shards int, seed uint64) *Pool {
	size := 0
	if count > shard {
		size = (count - shard + shards - 1) / shards
	}
	p := &Pool{
		policy: policy, first: uint32(shard), step: uint32(shards), size: uint32(size),
		seed: mix(seed + uint64(shard)),
	}
	if policy == Lease {
		p.ring = make([]uint32, size)
		for i := range p.ring {
			p.ring[i] = uint32(i)
		}
		p.free = size
		p.taken = make([]uint64, (size+63)/64)
	}
	return p
}

// Size returns the number of accounts in the pool, leased or not.
func (p *Pool) Size() int { return int(p.size) }

// Policy returns the pool's policy.
func (p *Pool) Policy() Policy { return p.policy }

// Lease returns the index of an account to use, or false if none is free.
func (p *Pool) Lease() (i uint32, ok bool) {
	if p.policy != Lease {
		if p.size == 0 {
			return 0, false
		}
		turn := p.turn.Add(1) - 1
		if p.policy == Shared {
			turn = mix(p.seed+turn*0x9e3779b97f4a7c15) >> 1
		}
		return p.first + uint32(turn%uint64(p.size))*p.step, true
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.free == 0 {
		return 0, false
	}
	at := p.ring[p.head]
	if p.head++; p.head == len(p.ring) {
		p.head = 0
	}
	p.free--
	p.taken[at/64] |= 1 << (at % 64)
	return p.first + at*p.step, true
}

// Return gives a leased account back. Giving back what isn't leased does
// nothing, and neither does any return under the policies other than Lease.
func (p *Pool) Return(i uint32) {
	if p.policy != Lease || i < p.first || (i-p.first)%p.step != 0 {
		return
	}
	at := (i - p.first) / p.step
	if at >= p.size {
		return
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.taken[at/64]&(1<<(at%64)) == 0 {
		return
	}
	p.taken[at/64] &^= 1 << (at % 64)
	tail := p.head + p.free
	if tail >= len(p.ring) {
		tail -= len(p.ring)
	}
	p.ring[tail] = at
	p.free++
}

// Free returns how many accounts a Lease could get now; under the policies
// other than Lease that is all of them, always.
func (p *Pool) Free() int {
	if p.policy != Lease {
		return int(p.size)
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.free
}

// Format prints the pool's state.
func (p *Pool) Format(f fmt.State, _ rune) {
	fmt.Fprintf(f, "[%s pool, %d of %d accounts free]", p.policy, p.Free(), p.Size())
}

// mix is the finalizer of SplitMix64 (Steele, Lea and Flood, OOPSLA 2014).
func mix(z uint64) uint64 {
	z = (z ^ z>>30) * 0xbf58476d1ce4e5b9
	z = (z ^ z>>27) * 0x94d049bb133111eb
	return z ^ z>>31
}
