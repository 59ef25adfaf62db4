package timetable

import (
	"math"
	"math/rand/v2"
	"slices"
	"testing"
	"time"

	"go.uber.org/goleak"
	"pgregory.net/rapid"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

func TestEmpty(t *testing.T) {
	tt := New()
	if _, ok := tt.Next(); ok {
		t.Error("Next of an empty timetable: ok")
	}
	if _, _, ok := tt.Pop(math.MaxInt64); ok {
		t.Error("Pop of an empty timetable: ok")
	}
	if tt.Len() != 0 {
		t.Errorf("Len = %d, want 0", tt.Len())
	}
}

func TestOrder(t *testing.T) {
	const ms, day = int64(time.Millisecond), 24 * int64(time.Hour)
	tests := map[string][]int64{
		"far and near":    {400 * day, 0, day, 1, 5 * ms, 4*ms + 1, 400*day - 1},
		"the past":        {-5, -400 * day, 3, -4, 0},
		"ties":            {7, 7, 7, 400 * day, 400 * day, 7},
		"edges of a slot": {1<<20 - 1, 1 << 20, 1<<20 + 1, 1<<26 - 1, 1 << 26, 1<<32 - 1, 1 << 32},
		"extremes":        {math.MaxInt64, math.MinInt64, 0, math.MaxInt64 - 1, math.MinInt64 + 1},
	}
	for name, dues := range tests {
		tt := New()
		for i, due := range dues {
			tt.Add(uint32(i), due)
		}
		want := make([]int, len(dues))
		for i := range want {
			want[i] = i
		}
		slices.SortStableFunc(want, func(a, b int) int { return compare(dues[a], dues[b]) })
		var got []int
		tt.Drain(func(id uint32, due int64) {
			if due != dues[id] {
				t.Errorf("%s: due of %d = %d, want %d", name, id, due, dues[id])
			}
			got = append(got, int(id))
		})
		if !slices.Equal(got, want) {
			t.Errorf("%s: Drain = %v, want %v", name, got, want)
		}
		if tt.Len() != 0 {
			t.Errorf("%s: Len after Drain = %d", name, tt.Len())
		}
	}
}

func compare(a, b int64) int {
	if a < b {
		return -1
	}
	if a > b {
		return 1
	}
	return 0
}

func TestPopKeepsWhoIsNotDue(t *testing.T) {
	tt := New()
	tt.Add(1, 100)
	tt.Add(2, int64(time.Hour))
	for _, now := range []int64{-1, 0, 99} {
		if id, _, ok := tt.Pop(now); ok {
			t.Errorf("Pop(%d) = %d, want nobody", now, id)
		}
	}
	if id, due, ok := tt.Pop(100); !ok || id != 1 || due != 100 {
		t.Errorf("Pop(100) = %d, %d, %v, want 1, 100, true", id, due, ok)
	}
	if due, ok := tt.Next(); !ok || due != int64(time.Hour) {
		t.Errorf("Next = %d, %v, want an hour", due, ok)
	}
}

// A far due must not make everything before it pass through the heap.
func TestNextDoesNotMoveTheWheels(t *testing.T) {
	tt := New()
	tt.Add(0, int64(24*time.Hour))
	tt.Next()
	tt.Pop(0)
	for i := range 10_000 {
		tt.Add(uint32(i), int64(i)*int64(time.Second))
	}
	if n := len(tt.near.items); n > 1 {
		t.Errorf("entries in the heap = %d, want at most 1", n)
	}
}

// model is a timetable as a sorted slice.
type model struct {
	tt    *Timetable
	items []entry
	now   int64
	id    uint32
}

// dues are near, far, past, and often equal.
var dues = rapid.OneOf(
	rapid.Int64Range(-100, 100),
	rapid.Int64Range(0, int64(time.Second)),
	rapid.Int64Range(0, 400*24*int64(time.Hour)),
	rapid.Map(rapid.Int64Range(0, 40), func(i int64) int64 { return i << tickBits }),
	rapid.Int64(),
)

func (m *model) add(t *rapid.T) { m.addAt(dues.Draw(t, "due")) }

// addMany fills more than a chunk, with equal dues or such as rise or fall a little.
func (m *model) addMany(t *rapid.T) {
	due := rapid.OneOf(dues, rapid.Just(m.now)).Draw(t, "due")
	step := rapid.SampledFrom([]int64{0, 0, 1, -1, 1 << (tickBits - 4)}).Draw(t, "step")
	for i := range rapid.Int64Range(2, 3*chunkLen).Draw(t, "n") {
		m.addAt(due + i%8*step)
	}
}

func (m *model) addAt(due int64) {
	if now := m.now; due > 0 && now < math.MaxInt64/2 && due < math.MaxInt64/2 {
		due += now
	}
	m.id++
	m.tt.Add(m.id, due)
	at, _ := slices.BinarySearchFunc(m.items, due, func(e entry, due int64) int {
		if e.due <= due { // behind those of the same due
			return -1
		}
		return 1
	})
	m.items = slices.Insert(m.items, at, entry{due: due, id: m.id})
}

func (m *model) pop(t *rapid.T) {
	if rapid.Bool().Draw(t, "move") {
		step := rapid.OneOf(rapid.Int64Range(0, int64(time.Second)), rapid.Int64Range(0, int64(time.Hour)*1000)).Draw(t, "step")
		m.now += step
	}
	m.popAt(t, m.now)
}

func (m *model) popNext(t *rapid.T) {
	if len(m.items) == 0 {
		t.Skip("empty")
	}
	m.now = max(m.now, m.items[0].due)
	m.popAt(t, m.now)
}

func (m *model) popMany(t *rapid.T) {
	for range rapid.IntRange(1, 3*chunkLen).Draw(t, "n") {
		m.popAt(t, m.now)
	}
}

func (m *model) popAt(t *rapid.T, now int64) {
	id, due, ok := m.tt.Pop(now)
	if len(m.items) == 0 || m.items[0].due > now {
		if ok {
			t.Fatalf("Pop(%d) = %d due %d, want nobody", now, id, due)
		}
		return
	}
	want := m.items[0]
	if !ok || id != want.id || due != want.due {
		t.Fatalf("Pop(%d) = %d, %d, %v, want %d, %d", now, id, due, ok, want.id, want.due)
	}
	m.items = m.items[1:]
}

func (m *model) drain(t *rapid.T) {
	m.tt.Drain(func(id uint32, due int64) {
		if len(m.items) == 0 || m.items[0].id != id || m.items[0].due != due {
			t.Fatalf("Drain: %d, %d, want the first of %v", id, due, m.items)
		}
		m.items = m.items[1:]
	})
	m.check(t)
}

func (m *model) check(t *rapid.T) {
	if m.tt.Len() != len(m.items) {
		t.Fatalf("Len = %d, want %d", m.tt.Len(), len(m.items))
	}
	due, ok := m.tt.Next()
	if ok != (len(m.items) > 0) || ok && due != m.items[0].due {
		t.Fatalf("Next = %d, %v, want the first of %v", due, ok, m.items)
	}
}

func TestAgainstModel(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		m := &model{tt: New()}
		m.tt.seq = rapid.SampledFrom([]uint32{0, math.MaxUint32 - 100, math.MaxInt32 - 100}).Draw(t, "seq")
		t.Repeat(map[string]func(*rapid.T){
			"add": m.add, "add more": m.add, "add many": m.addMany,
			"pop": m.pop, "pop next": m.popNext, "pop many": m.popMany, "drain": m.drain, "": m.check,
		})
	})
}

// A slot's order is that of its sort, and the heap's that of before.
func TestOrderIsBefore(t *testing.T) {
	entries := rapid.Custom(func(t *rapid.T) entry {
		return entry{due: dues.Draw(t, "due"), seq: rapid.Uint32().Draw(t, "seq")}
	})
	rapid.Check(t, func(t *rapid.T) {
		e, o := entries.Draw(t, "one"), entries.Draw(t, "other")
		if rapid.Bool().Draw(t, "equal dues") {
			o.due = e.due
		}
		if got, want := order(e, o) < 0, e.before(o); got != want {
			t.Errorf("order(%v, %v) < 0 = %v, before = %v", e, o, got, want)
		}
	})
}

// A start of all users at once must not be paid for all through the run, in the
// slot that is the current one and in a later one.
func TestEmptiedSlotGivesItsMemoryBack(t *testing.T) {
	for _, due := range []int64{0, 5 << tickBits} {
		tt := New()
		for i := range uint32(largeSlot + 1) {
			tt.Add(i, due)
		}
		for range largeSlot + 1 {
			if _, _, ok := tt.Pop(due); !ok {
				t.Fatalf("Pop(%d): nobody", due)
			}
		}
		if n := cap(tt.opened) + cap(tt.near.items); n != 0 {
			t.Errorf("due at %d: room for %d entries is kept", due, n)
		}
	}
}

// The model test has few entries; this one has chunks and wheels full of them.
func TestManyInOrder(t *testing.T) {
	const n = 200_000
	random := rand.New(rand.NewPCG(3, 4))
	tt := New()
	now := int64(0)
	pending := map[uint32]int64{}
	for i := range uint32(n) {
		pending[i] = int64(random.ExpFloat64() * float64(10*time.Minute))
		tt.Add(i, pending[i])
	}
	for popped := 0; popped < 2*n; now += int64(100 * time.Microsecond) {
		next, _ := tt.Next()
		now = max(now, next)
		last := int64(math.MinInt64)
		for {
			id, due, ok := tt.Pop(now)
			if !ok {
				break
			}
			if due < last || due > now || pending[id] != due {
				t.Fatalf("Pop(%d) = %d due %d after %d, want due %d", now, id, due, last, pending[id])
			}
			popped++
			last = due
			pending[id] = now + int64(random.ExpFloat64()*float64(10*time.Minute))
			tt.Add(id, pending[id])
		}
	}
	if tt.Len() != n {
		t.Errorf("Len = %d, want %d", tt.Len(), n)
	}
}

func TestSteadyStateAllocatesNothing(t *testing.T) {
	tt := New()
	for i := range uint32(10_000) {
		tt.Add(i, int64(i)*int64(time.Millisecond))
	}
	turn := func() {
		now, _ := tt.Next()
		id, due, _ := tt.Pop(now)
		tt.Add(id, due+int64(10*time.Second))
	}
	for range 50_000 {
		turn()
	}
	if n := testing.AllocsPerRun(50_000, turn); n != 0 {
		t.Errorf("allocations per turn = %v, want 0", n)
	}
}
