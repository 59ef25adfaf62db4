package sessions

import (
	"encoding/binary"
	"errors"
	"io"
	"os"
	"path/filepath"
	"runtime"
	"testing"
)

// leave makes a ledger with a session in each state, closes it and returns its
// path.
func leave(t testing.TB, open func(string, int) (*Store, error)) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "ledger")
	s, err := open(path, 3)
	if err != nil {
		t.Fatal(err)
	}
	for i := range int(states) {
		h := s.Shard(i % 3)
		id := take(t, h)
		r := h.At(id)
		r.Account, r.Target, r.Identity = uint32(100+i), uint8(i), uint16(i)
		r.Opened, r.LastUsed = int64(i), int64(2*i)
		if err := h.SaveAs(id, jar("o=1", State(i).String(), string(make([]byte, 100*i))), State(i)); err != nil {
			t.Fatal(err)
		}
	}
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	return path
}

func open(t testing.TB, path string) *Ledger {
	t.Helper()
	l, err := Open(path)
	if err != nil {
		t.Fatal(err)
	}
	return l
}

func TestLedgerListsWhatMayBeOpen(t *testing.T) {
	for _, kind := range []string{"mapped", "through"} {
		t.Run(kind, func(t *testing.T) {
			l := open(t, leave(t, kinds[kind]))
			defer l.Close()
			seen := map[State]bool{}
			for e := range l.Entries() {
				i := int(e.State)
				seen[e.State] = true
				want := jar("o=1", e.State.String(), string(make([]byte, 100*i))).text()
				if e.Err != nil || e.Jar.text() != want {
					t.Errorf("%v: jar %.60s, %v, want %.60s", e.State, e.Jar.text(), e.Err, want)
				}
				r := &e.Record
				if r.Account != uint32(100+i) || int(r.Target) != i || int(r.Identity) != i || r.LastUsed != int64(2*i) ||
					e.Shard != i%3 {
					t.Errorf("%v: %+v", e.State, e)
				}
			}
			if len(seen) != 6 || seen[Idle] || seen[Free] {
				t.Errorf("states listed = %v", seen)
			}
		})
	}
}

func TestCleanupThatIsInterruptedGoesOn(t *testing.T) {
	path := leave(t, Create)
	for round, want := range []int{6, 4, 4, 0} {
		l := open(t, path)
		n := 0
		for e := range l.Entries() {
			n++
			var err error
			switch {
			case round == 0 && n <= 2, round == 2 && n%2 == 0:
				err = l.Mark(e, Closed)
			case round == 1:
				err = l.Mark(e, PossiblyClosed)
			case round == 2:
				err = l.Mark(e, Expired)
			}
			if err != nil {
				t.Fatal(err)
			}
			if round == 1 && e.State != PossiblyClosed {
				t.Errorf("state after Mark = %v", e.State)
			}
		}
		if n != want {
			t.Errorf("round %d: %d entries, want %d", round, n, want)
		}
		end := l.Close
		if round == 3 {
			end = l.Remove
		}
		if err := end(); err != nil {
			t.Fatal(err)
		}
	}
	if _, err := os.Stat(path); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("after Remove: %v", err)
	}
}

func TestEntriesStopsWhenAsked(t *testing.T) {
	l := open(t, leave(t, Create))
	defer l.Close()
	n := 0
	for range l.Entries() {
		n++
		break
	}
	if n != 1 {
		t.Errorf("entries = %d, want 1", n)
	}
}

func TestLiveLedgerIsRefused(t *testing.T) {
	path := filepath.Join(t.TempDir(), "ledger")
	s, err := Create(path, 1)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := Open(path); !errors.Is(err, ErrInUse) {
		t.Errorf("Open while the run lives: %v, want %v", err, ErrInUse)
	}
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	l := open(t, path)
	if _, err := Open(path); !errors.Is(err, ErrInUse) {
		t.Errorf("Open while a cleanup is at work: %v, want %v", err, ErrInUse)
	}
	if err := l.Close(); err != nil {
		t.Fatal(err)
	}
	open(t, path).Close()
}

func TestRemoveLeavesNothing(t *testing.T) {
	for _, kind := range []string{"mapped", "through"} {
		path := filepath.Join(t.TempDir(), "ledger")
		s, err := kinds[kind](path, 2)
		if err != nil {
			t.Fatal(err)
		}
		take(t, s.Shard(0))
		if err := s.Remove(); err != nil {
			t.Fatal(err)
		}
		if _, err := os.Stat(path); !errors.Is(err, os.ErrNotExist) {
			t.Errorf("%s: after Remove: %v", kind, err)
		}
	}
}

func TestOpenRefusesOtherFiles(t *testing.T) {
	good, err := os.ReadFile(leave(t, Create))
	if err != nil {
		t.Fatal(err)
	}
	with := func(off int, v uint32) []byte {
		b := append([]byte(nil), good[:headerBytes]...)
		binary.NativeEndian.PutUint32(b[off:], v)
		return b
	}
	tests := map[string][]byte{
		"empty":            {},
		"short":            good[:100],
		"another magic":    with(0, 7),
		"another version":  with(offVersion, version+1),
		"other byte order": with(offByteOrder, 0x04030201),
		"no shard":         with(offShards, 0),
		"too many shards":  with(offShards, 1<<31),
	}
	for name, content := range tests {
		path := filepath.Join(t.TempDir(), "ledger")
		if err := os.WriteFile(path, content, 0o600); err != nil {
			t.Fatal(err)
		}
		if _, err := Open(path); !errors.Is(err, ErrNotLedger) {
			t.Errorf("%s: Open: %v, want %v", name, err, ErrNotLedger)
		}
	}
	if _, err := Open(filepath.Join(t.TempDir(), "none")); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("no file: Open: %v", err)
	}
}

func TestDamageShowsInTheEntry(t *testing.T) {
	path := leave(t, Create)
	f, err := os.OpenFile(path, os.O_RDWR, 0)
	if err != nil {
		t.Fatal(err)
	}
	// Shard 0 took its segment of records first, then that of blocks; block 1 is
	// in the first jar.
	if _, err := f.WriteAt([]byte("damage"), segmentAt(1)+2*blockBytes+50); err != nil {
		t.Fatal(err)
	}
	f.Close()
	l := open(t, path)
	defer l.Close()
	bad := 0
	for e := range l.Entries() {
		if e.Err != nil {
			bad++
			if e.Jar.Slots != nil || !errors.Is(e.Err, errJar) {
				t.Errorf("damaged entry: %+v", e)
			}
		}
	}
	if bad != 1 {
		t.Errorf("damaged entries = %d, want 1", bad)
	}
}

func TestTruncatedLedger(t *testing.T) {
	path := leave(t, Create)
	for _, size := range []int64{segmentAt(6) - 1, segmentAt(3) + 100, segmentAt(1) + 10, segmentAt(0) + 64, segmentAt(0), headerBytes / 2, offDirectory} {
		if err := os.Truncate(path, size); err != nil {
			t.Fatal(err)
		}
		l := open(t, path)
		for range l.Entries() {
		}
		l.Close()
	}
}

// image is a ledger of one shard without the empty middles: the header, and the
// beginnings of a segment of blocks and one of records.
type image struct{ header, directory, blocks, records []byte }

// parts lists what is not empty, by offset.
func (m *image) parts() [4]struct {
	at int64
	b  []byte
} {
	return [4]struct {
		at int64
		b  []byte
	}{{0, m.header}, {offDirectory, m.directory}, {segmentAt(0), m.blocks}, {segmentAt(1), m.records}}
}

func (m *image) size() int64 { return segmentAt(1) + int64(len(m.records)) }

func (m *image) ReadAt(b []byte, at int64) (int, error) {
	clear(b)
	for _, p := range m.parts() {
		switch {
		case p.at <= at && at < p.at+int64(len(p.b)):
			copy(b, p.b[at-p.at:])
		case at <= p.at && p.at < at+int64(len(b)):
			copy(b[p.at-at:], p.b)
		}
	}
	if n := max(0, m.size()-at); n < int64(len(b)) {
		return int(n), io.EOF
	}
	return len(b), nil
}

func (m *image) WriteAt(b []byte, at int64) (int, error) {
	for _, p := range m.parts() {
		if p.at <= at && at < p.at+int64(len(p.b)) {
			copy(p.b[at-p.at:], b)
		}
	}
	return len(b), nil
}

func (m *image) Close() error { return nil }

// seed is a true ledger, its two segments exchanged: the reader stops at the end
// of the file, so that records at the end make for short runs.
func seed(f *testing.F) *image {
	path := filepath.Join(f.TempDir(), "ledger")
	s, err := Create(path, 1)
	if err != nil {
		f.Fatal(err)
	}
	for i := range 5 {
		id := take(f, s.Shard(0))
		if err := s.Shard(0).SaveAs(id, jar("o=1", string(make([]byte, 50*i))), Live); err != nil {
			f.Fatal(err)
		}
	}
	if err := s.Close(); err != nil {
		f.Fatal(err)
	}
	b, err := os.ReadFile(path)
	if err != nil {
		f.Fatal(err)
	}
	directory := append([]byte(nil), b[offDirectory+8:][:8]...)
	directory = append(directory, b[offDirectory:][:8]...)
	return &image{b[:200], directory, b[segmentAt(1):][:2048], b[segmentAt(0):][:512]}
}

func FuzzLedger(f *testing.F) {
	m := seed(f)
	if l, err := newLedger(m, m.size()); err != nil {
		f.Fatal(err)
	} else if n := count(f, l); n != 5 {
		f.Fatalf("sessions in the seed = %d, want 5", n)
	}
	f.Add(m.header, m.directory, m.blocks, m.records)
	f.Fuzz(func(t *testing.T, header, directory, blocks, records []byte) {
		if len(header) > offDirectory || len(directory) > 4096 || len(records) > 1<<14 || len(blocks) > 1<<14 {
			t.Skip()
		}
		m := &image{header, directory, append([]byte(nil), blocks...), append([]byte(nil), records...)}
		l, err := newLedger(m, m.size())
		if err != nil {
			return
		}
		_, _ = l.RunID(), l.Epoch()
		n := 0
		for e := range l.Entries() {
			if e.Err == nil && !e.State.MayBeOpen() {
				t.Errorf("entry in state %v", e.State)
			}
			if err := l.Mark(e, Closed); err != nil {
				t.Error(err)
			}
			if n++; n > 1000 {
				break
			}
		}
	})
}

// count lists the ledger, and takes every session for whole.
func count(t testing.TB, l *Ledger) (n int) {
	for e := range l.Entries() {
		n++
		if e.Err != nil {
			t.Errorf("session %d: %v", e.ID, e.Err)
		}
	}
	return n
}

func FuzzJar(f *testing.F) {
	j := jar("o=1", "a", "", "ccc")
	j.encode()
	f.Add(j.raw)
	f.Fuzz(func(t *testing.T, raw []byte) {
		got := Jar{raw: append([]byte(nil), raw...)}
		if got.decode() != nil {
			return
		}
		text := got.text()
		again := Jar{}
		got.encode()
		again.raw = got.raw
		if err := again.decode(); err != nil || !again.verify() || !got.empty() && again.text() != text {
			t.Errorf("decoded %s, encoded and decoded %s, %v", text, again.text(), err)
		}
	})
}

func TestModeIsOwnerOnly(t *testing.T) {
	if runtime.GOOS == "windows" {
		t.Skip("no such modes")
	}
	for _, mask := range []int{0, 0o777} {
		path := filepath.Join(t.TempDir(), "ledger")
		old := umask(mask)
		s, err := Create(path, 1)
		umask(old)
		if err != nil {
			t.Fatal(err)
		}
		info, err := os.Stat(path)
		if err != nil || info.Mode() != 0o600 {
			t.Errorf("umask %o: mode %v, %v, want 0600", mask, info.Mode(), err)
		}
		s.Remove()
	}
}
