package sessions

import (
	"errors"
	"path/filepath"
	"strings"
	"sync"
	"testing"
)

var errDisk = errors.New("no space left")

// full is a backing whose disk has room for some steps, and whose writes can be
// made to fail.
type full struct {
	backing
	steps int
	fail  error
}

func (f *full) reserve(at, size int64) error {
	if f.steps == 0 {
		return errDisk
	}
	f.steps--
	return f.backing.reserve(at, size)
}

func (f *full) write(at int64, b []byte) error {
	if f.fail != nil {
		return f.fail
	}
	return f.backing.write(at, b)
}

func TestFullDiskIsAnErrorAndChangesNothing(t *testing.T) {
	var back *full
	s, err := create("", 1, func(path string) (backing, error) {
		b, err := openBacking(path)
		back = &full{backing: b, steps: 3} // header, records, blocks
		return back, err
	})
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	h := s.Shard(0)
	first := take(t, h)
	if err := h.SaveAs(first, jar("", "kept"), Live); err != nil {
		t.Fatal(err)
	}
	for n := 1; ; n++ {
		if n > reserveBytes {
			t.Fatal("the disk never got full")
		}
		if _, err := h.Take(); err != nil {
			if !errors.Is(err, errDisk) {
				t.Errorf("Take on a full disk: %v", err)
			}
			break
		}
	}
	if _, err := h.Leave(first, Abandoned); !errors.Is(err, errDisk) {
		t.Errorf("Leave on a full disk: %v", err)
	}
	for range 2 { // what was taken before the error is given back
		if err := h.Save(first, jar("", strings.Repeat("x", reserveBytes))); !errors.Is(err, errDisk) {
			t.Errorf("Save on a full disk: %v", err)
		}
	}
	if err := h.Save(first, jar("", strings.Repeat("y", reserveBytes/2))); err != nil {
		t.Errorf("Save of what still fits: %v", err)
	}
	if err := s.Check(); err != nil {
		t.Error(err)
	}
}

func TestCreateOnAFullDisk(t *testing.T) {
	_, err := create("", 1, func(path string) (backing, error) {
		b, err := openBacking(path)
		return &full{backing: b}, err
	})
	if !errors.Is(err, errDisk) {
		t.Errorf("Create: %v, want %v", err, errDisk)
	}
}

func TestFailedWriteIsNotForgotten(t *testing.T) {
	path := filepath.Join(t.TempDir(), "ledger")
	var back *full
	s, err := create(path, 1, func(path string) (backing, error) {
		b, err := openThrough(path)
		back = &full{backing: b, steps: 100}
		return back, err
	})
	if err != nil {
		t.Fatal(err)
	}
	h := s.Shard(0)
	id := take(t, h)
	if err := s.Err(); err != nil {
		t.Fatal(err)
	}
	back.fail = errDisk
	h.SetState(id, Opening)
	back.fail = nil
	if err := h.SaveAs(id, jar("", "x"), Live); !errors.Is(err, errDisk) {
		t.Errorf("Save after a lost change: %v, want %v", err, errDisk)
	}
	if err := s.Close(); !errors.Is(err, errDisk) || s.Close() == nil {
		t.Errorf("Close after a lost change: %v, want %v", err, errDisk)
	}
}

// Workers of one shard share its free lists and counts, never a record.
func TestWorkersOfOneShard(t *testing.T) {
	s, err := Create("", 1)
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	h := s.Shard(0)
	var workers, reader sync.WaitGroup
	done := make(chan struct{})
	reader.Go(func() {
		for {
			select {
			case <-done:
				return
			default:
				s.Counts()
				h.Each(func(_ ID, r *Record) bool { _ = r.State(); return true })
			}
		}
	})
	for w := range 4 {
		workers.Go(func() {
			var j, got Jar
			for n := range 300 {
				id, err := h.Take()
				if err != nil {
					t.Error(err)
					return
				}
				h.At(id).Target = uint8(w % 2)
				fill(&j, uint64(n*7+w))
				if err := h.SaveAs(id, &j, Live); err != nil {
					t.Error(err)
				}
				if h.Load(id, &got); !whole(&got) {
					t.Errorf("jar of %d isn't whole", id)
				}
				h.SetState(id, Closed)
				h.Release(id)
			}
		})
	}
	workers.Wait()
	close(done)
	reader.Wait()
	c := s.Counts()
	if err := s.Check(); err != nil || c.Opened != 1200 || c.Closed != 1200 || c.PeakLive < 1 || c.PeakLive > 4 {
		t.Errorf("counts = %+v, %v", c, err)
	}
}
