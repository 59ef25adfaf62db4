package health

import (
	"net"
	"os"
	"testing"
)

const sockstat = `sockets: used 290
TCP: inuse 27 orphan 1 tw 412 alloc 28 mem 3
UDP: inuse 1 mem 0
`

func TestProcText(t *testing.T) {
	for word, want := range map[string]int{"inuse": 27, "tw": 412, "mem": 3, "none": 0} {
		if got := after([]byte(sockstat), "TCP:", word); got != want {
			t.Errorf("after(TCP:, %s) = %d, want %d", word, got, want)
		}
	}
	if got := after([]byte("TCP: inuse"), "TCP:", "inuse"); got != 0 {
		t.Errorf("after a word that ends the text = %d, want 0", got)
	}
	if a, b, c := field([]byte("32768\t60999\n"), 0), field([]byte("32768\t60999\n"), 1), field(nil, 1); a != 32768 || b != 60999 || c != 0 {
		t.Errorf("fields = %d, %d, %d, want 32768, 60999, 0", a, b, c)
	}
}

func FuzzProcText(f *testing.F) {
	f.Add([]byte(sockstat), "tw")
	f.Fuzz(func(_ *testing.T, text []byte, word string) {
		after(text, "TCP:", word)
		field(text, len(word))
	})
}

func TestOpenFilesFollow(t *testing.T) {
	s := sampler(t)
	before := s.Sample(0).OpenFiles
	for range 10 {
		f, err := os.Open(os.DevNull)
		if err != nil {
			t.Fatal(err)
		}
		defer f.Close()
	}
	if now := s.Sample(0).OpenFiles; now != before+10 {
		t.Errorf("open files = %d, want %d", now, before+10)
	}
	if listed, size := s.proc.list(), s.Sample(0).OpenFiles; listed != size {
		t.Errorf("descriptors listed = %d, by the directory's size %d", listed, size)
	}
}

func TestSocketsFollow(t *testing.T) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	if h := sampler(t).Sample(0); h.TCPInUse < 1 {
		t.Errorf("TCP sockets = %d while one listens", h.TCPInUse)
	}
}
