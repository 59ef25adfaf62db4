package results

import (
	"encoding/json"
	"io"
)

// exampleStore bounds the failures kept in full over all recorders, and keeps
// the first line of each kind for the summary.
type exampleStore struct {
	series []Series
	kept   []uint8  // by series and class
	first  []string // by series and class: the message of the first
	all    int
}

func (s *exampleStore) init(series []Series) {
	s.series = series
	s.kept = make([]uint8, len(series)*int(Classes))
	s.first = make([]string, len(series)*int(Classes))
}

func exampleIndex(series int, c Class) int { return series*int(Classes) + int(c) }

// write appends the examples that a tick brought to w as they come, as long as
// more of their kind are wanted, and tells the recorders when they aren't.
func (s *exampleStore) write(w io.Writer, found []keptExample, recorders []*Recorder) error {
	for _, e := range found {
		i := exampleIndex(e.series, e.class)
		if s.kept[i] >= maxExamples || s.all >= allExamples {
			continue
		}
		if s.kept[i] == 0 {
			s.first[i] = e.Message
		}
		s.kept[i]++
		s.all++
		// The names are those of the series, by which a reader finds the example.
		of := s.series[e.series]
		e.Target, e.Step, e.Request, e.Example.Class = of.Target, of.Step, of.Request, e.class.String()
		line, err := json.Marshal(e.Example)
		if err != nil {
			return err
		}
		if _, err := w.Write(append(line, '\n')); err != nil {
			return err
		}
		for _, r := range recorders {
			switch {
			case s.all >= allExamples:
				r.enoughOfAll()
			case s.kept[i] >= maxExamples:
				r.enough(e.series, e.class)
			}
		}
	}
	return nil
}

// firstOf returns the message of the first failure of that kind; empty: none was
// kept.
func (s *exampleStore) firstOf(series int, c Class) string { return s.first[exampleIndex(series, c)] }
