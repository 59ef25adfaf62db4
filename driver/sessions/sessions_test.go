package sessions

import (
	"bytes"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"go.uber.org/goleak"
)

func TestMain(m *testing.M) {
	if path := os.Getenv(childEnv); path != "" {
		child(path)
		return
	}
	goleak.VerifyTestMain(m)
}

// kinds are the ways to hold a store; the write-through one must behave the same
// though it is needed on other systems only.
var kinds = map[string]func(path string, shards int) (*Store, error){
	"mapped":  Create,
	"through": func(path string, shards int) (*Store, error) { return create(path, shards, openThrough) },
	"memory":  func(_ string, shards int) (*Store, error) { return Create("", shards) },
	"plain":   func(_ string, shards int) (*Store, error) { return create("", shards, openThrough) },
}

func eachKind(t *testing.T, shards int, f func(t *testing.T, s *Store, path string)) {
	for name, open := range kinds {
		t.Run(name, func(t *testing.T) {
			path := filepath.Join(t.TempDir(), "ledger")
			s, err := open(path, shards)
			if err != nil {
				t.Fatal(err)
			}
			defer func() {
				if err := s.Close(); err != nil {
					t.Errorf("Close: %v", err)
				}
			}()
			f(t, s, path)
		})
	}
}

func jar(others string, slots ...string) *Jar {
	j := &Jar{Others: []byte(others)}
	for _, s := range slots {
		j.Slots = append(j.Slots, []byte(s))
	}
	return j
}

func (j *Jar) text() string {
	return fmt.Sprintf("%q %q", j.Slots, j.Others)
}

func take(t testing.TB, h *Shard) ID {
	t.Helper()
	id, err := h.Take()
	if err != nil {
		t.Fatal(err)
	}
	return id
}

func TestRecordIsOneCacheLine(t *testing.T) {
	if recordBytes != 64 || blockBytes != 128 {
		t.Errorf("record, block = %d, %d bytes, want 64, 128", recordBytes, blockBytes)
	}
}

func TestSaveAndLoad(t *testing.T) {
	long := strings.Repeat("0123456789", 300)
	jars := map[string]*Jar{
		"nothing":         jar(""),
		"only empty":      jar("", "", ""),
		"one":             jar("", "cookie"),
		"others":          jar("route=1; lb=2"),
		"some absent":     jar("", "", "b", ""),
		"exactly a block": jar("", long[:payload-7]),
		"a block and one": jar("", long[:payload-6]),
		"long":            jar("x="+long, long, "short", long[:200]),
		"binary":          jar("", "\x00\xff;", "\n"),
	}
	eachKind(t, 2, func(t *testing.T, s *Store, _ string) {
		h := s.Shard(1)
		id := take(t, h)
		var got Jar
		for name, want := range jars {
			if err := h.Save(id, want); err != nil {
				t.Fatalf("%s: Save: %v", name, err)
			}
			h.Load(id, &got)
			w := want.text()
			if want.empty() {
				w = jar("").text()
			}
			if got.text() != w {
				t.Errorf("%s: Load = %.80s, want %.80s", name, got.text(), w)
			}
		}
	})
}

func TestSaveSkipsAnUnchangedJar(t *testing.T) {
	s, err := Create("", 1)
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	h := s.Shard(0)
	id := take(t, h)
	for _, v := range []string{"first", "first", "second", "second"} {
		if err := h.Save(id, jar("", strings.Repeat(v, 50))); err != nil {
			t.Fatal(err)
		}
	}
	// The first value took 3 blocks, the second 3 more before giving back.
	if used := h.blocks.used.Load() - 1; used != 6 {
		t.Errorf("blocks ever used = %d, want 6", used)
	}
}

func TestJarTooLarge(t *testing.T) {
	s, err := Create("", 1)
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	h := s.Shard(0)
	id := take(t, h)
	if err := h.Save(id, jar("", "small")); err != nil {
		t.Fatal(err)
	}
	if err := h.Save(id, jar("", strings.Repeat("x", MaxJar))); err == nil {
		t.Error("Save of a jar over MaxJar: no error")
	}
	var got Jar
	h.Load(id, &got)
	if string(got.Slots[0]) != "small" {
		t.Errorf("after a refused Save: Load = %s, want the old jar", got.text())
	}
}

func TestTakeGivesReleasedRecordsAgainZeroed(t *testing.T) {
	eachKind(t, 1, func(t *testing.T, s *Store, _ string) {
		h := s.Shard(0)
		a, b := take(t, h), take(t, h)
		r := h.At(a)
		r.Due, r.Account, r.Target, r.Flags, r.Aux16, r.Aux32 = 1, 2, 3, 4, 5, 6
		if err := h.SaveAs(a, jar("", "x"), Live); err != nil {
			t.Fatal(err)
		}
		h.Release(a)
		h.Release(a) // a second time does nothing
		if c := take(t, h); c != a {
			t.Errorf("Take after Release = %d, want %d", c, a)
		}
		if w := (Record{word: word{state: Idle}.pack()}); *r != w {
			t.Errorf("record taken again = %+v, want %+v", *r, w)
		}
		if d := take(t, h); d == a || d == b {
			t.Errorf("Take = %d, which is taken", d)
		}
		if c := s.CountsOf(3); c.Opened != 1 || c.Expired != 1 || c.Live != 0 {
			t.Errorf("counts after releasing a live session = %+v", c)
		}
	})
}

func TestEachSkipsFreeRecordsAndStops(t *testing.T) {
	s, err := Create("", 1)
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	h := s.Shard(0)
	for range 5 {
		take(t, h)
	}
	h.Release(2)
	var ids []ID
	h.Each(func(id ID, _ *Record) bool {
		ids = append(ids, id)
		return len(ids) < 3
	})
	if fmt.Sprint(ids) != "[0 1 3]" {
		t.Errorf("Each = %v, want [0 1 3]", ids)
	}
}

func TestPointersStayValidAsTheStoreGrows(t *testing.T) {
	s, err := Create(filepath.Join(t.TempDir(), "ledger"), 1)
	if err != nil {
		t.Fatal(err)
	}
	defer s.Remove()
	h := s.Shard(0)
	first := h.At(take(t, h))
	first.Cycle = 42
	perSegment := segmentBytes / int(recordBytes)
	for range 2 * perSegment {
		take(t, h)
	}
	if h.At(0) != first || first.Cycle != 42 {
		t.Error("the first record has moved")
	}
	if n := len(*h.records.parts.Load()); n != 3 {
		t.Errorf("segments = %d, want 3", n)
	}
}

func TestLeave(t *testing.T) {
	eachKind(t, 1, func(t *testing.T, s *Store, _ string) {
		h := s.Shard(0)
		id := take(t, h)
		h.At(id).Account, h.At(id).Target = 7, 1
		if err := h.SaveAs(id, jar("", "cookie"), Live); err != nil {
			t.Fatal(err)
		}
		if _, err := h.Leave(id, Idle); err == nil {
			t.Error("Leave as idle: no error")
		}
		left, err := h.Leave(id, Abandoned)
		if err != nil {
			t.Fatal(err)
		}
		var a, b Jar
		h.Load(id, &a)
		h.Load(left, &b)
		if h.At(id).State() != Idle || h.At(left).State() != Abandoned || h.At(left).Account != 7 {
			t.Errorf("states = %v, %v", h.At(id).State(), h.At(left).State())
		}
		if a.text() != jar("").text() || b.text() != jar("", "cookie").text() {
			t.Errorf("jars = %s, %s", a.text(), b.text())
		}
		if c := s.CountsOf(1); c.Opened != 1 || c.Abandoned != 1 || c.EverAbandoned != 1 || c.Live != 0 {
			t.Errorf("counts = %+v", c)
		}
		if err := s.Check(); err != nil {
			t.Error(err)
		}
	})
}

func TestCreateRefuses(t *testing.T) {
	dir := t.TempDir()
	taken := filepath.Join(dir, "taken")
	if err := os.WriteFile(taken, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	tests := map[string]struct {
		path   string
		shards int
	}{
		"existing file":   {taken, 1},
		"no folder":       {filepath.Join(dir, "no", "ledger"), 1},
		"no shard":        {filepath.Join(dir, "a"), 0},
		"too many shards": {filepath.Join(dir, "b"), maxShards + 1},
	}
	for name, test := range tests {
		if _, err := Create(test.path, test.shards); err == nil {
			t.Errorf("%s: Create: no error", name)
		}
	}
	if _, err := os.Stat(taken); err != nil {
		t.Errorf("the existing file: %v", err)
	}
}

func TestDescribe(t *testing.T) {
	eachKind(t, 1, func(t *testing.T, s *Store, path string) {
		epoch := time.Unix(1234, 5678)
		if err := s.Describe(strings.Repeat("x", maxRun+1), epoch); err == nil {
			t.Error("run id over the limit: no error")
		}
		if err := s.Describe("2026-11-21-a", epoch); err != nil {
			t.Fatal(err)
		}
		if err := s.Close(); err != nil {
			t.Fatal(err)
		}
		l, err := Open(path)
		if errors.Is(err, os.ErrNotExist) && (strings.Contains(t.Name(), "memory") || strings.Contains(t.Name(), "plain")) {
			return
		}
		if err != nil {
			t.Fatal(err)
		}
		defer l.Close()
		if l.RunID() != "2026-11-21-a" || !l.Epoch().Equal(epoch) {
			t.Errorf("run, epoch = %q, %v", l.RunID(), l.Epoch())
		}
	})
}

// A store is brought to the disk while it grows.
func TestSyncWhileGrowing(t *testing.T) {
	eachKind(t, 1, func(t *testing.T, s *Store, path string) {
		done := make(chan error)
		go func() {
			for range 20 {
				if err := s.Sync(); err != nil {
					done <- err
					return
				}
			}
			done <- nil
		}()
		h := s.Shard(0)
		for range 3 * segmentBytes / recordBytes {
			id, err := h.Take()
			if err != nil {
				t.Fatal(err)
			}
			if err := h.SaveAs(id, jar("", "value"), Live); err != nil {
				t.Fatal(err)
			}
		}
		if err := <-done; err != nil {
			t.Error(err)
		}
	})
}

func TestLoadAllocatesNothing(t *testing.T) {
	s, err := Create("", 1)
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	h := s.Shard(0)
	id := take(t, h)
	a, b := jar("o=1", strings.Repeat("a", 300), "csrf"), jar("o=1", strings.Repeat("b", 180), "csrf")
	var got Jar
	n := testing.AllocsPerRun(100, func() {
		for _, j := range []*Jar{a, b} {
			if err := h.SaveAs(id, j, Live); err != nil {
				t.Fatal(err)
			}
			h.Load(id, &got)
			h.SetState(id, Closing)
			h.SetState(id, Closed)
		}
		h.Release(id)
		id = take(t, h)
	})
	if n != 0 {
		t.Errorf("allocations per cycle = %v, want 0", n)
	}
	if !bytes.Equal(got.Slots[0], b.Slots[0]) {
		t.Error("wrong jar")
	}
}
