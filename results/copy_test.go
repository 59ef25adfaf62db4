package results

import (
	"bytes"
	"errors"
	"math/rand/v2"
	"os"
	"testing"

	hdr "github.com/HdrHistogram/hdrhistogram-go"
)

// The log of a run is read by the library's reader, and adds up to the summary.
func TestCopyHistograms(t *testing.T) {
	r := newRun(t, nil, nil)
	r.play(rand.New(rand.NewPCG(5, 6)), 4)
	s := r.finish(Ending{})
	var whole bytes.Buffer
	if err := CopyHistograms(&whole, r.f); err != nil {
		t.Fatal(err)
	}
	file, err := os.ReadFile(r.f.Path(HistogramsFile))
	if err != nil || !bytes.Equal(file, whole.Bytes()) {
		t.Fatalf("the copy of a whole log differs (%v)", err)
	}
	sum := hdr.New(lowestNS, highestNS, digits)
	for reader := hdr.NewHistogramLogReader(&whole); ; {
		h, err := reader.NextIntervalHistogram()
		if err != nil {
			t.Fatal(err)
		}
		if h == nil {
			break
		}
		if h.Tag() == "octane.login.response" {
			sum.Merge(h)
		}
	}
	login := s.Steps[0]
	if got := ms(float64(sum.ValueAtQuantile(99))); sum.TotalCount() != login.Count || got != login.Response.P99 {
		t.Errorf("the log holds %d logins, p99 %g ms; the summary %d, %g", sum.TotalCount(), got, login.Count, login.Response.P99)
	}
	// A kill cuts the last line: it is left out, the others stay.
	cut := file[:len(file)-20]
	if err := os.WriteFile(r.f.Path(HistogramsFile), cut, 0o600); err != nil {
		t.Fatal(err)
	}
	var part bytes.Buffer
	if err := CopyHistograms(&part, r.f); err != nil {
		t.Fatal(err)
	}
	if want := file[:bytes.LastIndexByte(cut, '\n')+1]; !bytes.Equal(part.Bytes(), want) {
		t.Errorf("%d bytes of a cut log, want %d", part.Len(), len(want))
	}
	if err := CopyHistograms(full{}, r.f); err == nil {
		t.Error("the error of the writer is lost")
	}
}

// full is a disk without room.
type full struct{}

func (full) Write([]byte) (int, error) { return 0, errors.New("no room") }
