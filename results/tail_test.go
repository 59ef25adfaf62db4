package results

import (
	"os"
	"testing"
)

func TestTailYieldsWholeLines(t *testing.T) {
	dir := &Folder{Dir: t.TempDir()}
	file, err := os.Create(dir.Path(IntervalsFile))
	if err != nil {
		t.Fatal(err)
	}
	defer file.Close()
	tail, err := OpenTail(dir)
	if err != nil {
		t.Fatal(err)
	}
	defer tail.Close()
	for _, step := range []struct {
		written string
		want    []float64
	}{
		{"", nil}, {`{"line":"run","at_s":1}` + "\n" + `{"line":"run","at`, []float64{1}}, {`_s":2}`, nil},
		{"\n", []float64{2}}, {`{"line":"run","at_s":3}` + "\n" + `{"line":"run","at_s":4}` + "\n", []float64{3, 4}},
		{`{"line":"later"}` + "\n", nil},
	} {
		_, _ = file.WriteString(step.written)
		var got []float64
		for l, err := range tail.Lines() {
			if err != nil {
				t.Fatal(err)
			}
			got = append(got, l.Run.At)
		}
		if len(got) != len(step.want) || len(got) > 0 && got[0] != step.want[0] {
			t.Errorf("after %q: %v, want %v", step.written, got, step.want)
		}
	}
	_, _ = file.WriteString("nonsense\n")
	for _, err := range tail.Lines() {
		if err == nil {
			t.Error("nonsense was read")
		}
	}
}
