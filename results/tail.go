package results

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"iter"
	"os"
)

// Tail follows intervals.jsonl of a run that goes on. It belongs to one
// goroutine, and is to be closed.
type Tail struct {
	file   *os.File
	parser intervalParser
	rest   []byte // of a line that isn't complete
}

// OpenTail begins at the first line.
func OpenTail(f *Folder) (*Tail, error) {
	file, err := os.Open(f.Path(IntervalsFile))
	if err != nil {
		return nil, err
	}
	return &Tail{file: file}, nil
}

// Lines yields the lines that were completed since the last call, in order.
// After an error nothing follows.
func (t *Tail) Lines() iter.Seq2[Interval, error] {
	return func(yield func(Interval, error) bool) {
		chunk := make([]byte, 64<<10)
		for {
			n, err := t.file.Read(chunk)
			if t.rest = append(t.rest, chunk[:n]...); len(t.rest) > maxLine {
				err = errLongLine
			}
			if err != nil && !errors.Is(err, io.EOF) {
				yield(Interval{}, fmt.Errorf("read %s: %w", t.file.Name(), err))
				return
			}
			if !t.complete(yield) || err != nil {
				return
			}
		}
	}
}

// complete yields the lines that are whole; false: nobody wants more.
func (t *Tail) complete(yield func(Interval, error) bool) bool {
	for {
		line, rest, whole := bytes.Cut(t.rest, []byte("\n"))
		if !whole {
			t.rest = append(t.rest[:0:0], line...)
			return true
		}
		t.rest = rest
		v, ok, err := t.parser.parse(line)
		if err != nil {
			yield(v, fmt.Errorf("read %s: %w", t.file.Name(), err))
			return false
		}
		if ok && !yield(v, nil) {
			return false
		}
	}
}

// Close closes the file.
func (t *Tail) Close() error { return t.file.Close() }
