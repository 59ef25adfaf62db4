package results

import (
	"errors"
	"fmt"
	"math"
	"time"

	"authsoak/metric"
)

// splitSlack is how late an interval may end and still count as before a split:
// ticks are never to the nanosecond.
const splitSlack = 100 * time.Millisecond

// SplitHold reads the hold phase of a run again in two parts, before and after an
// instant of the load, and returns the value of each metric in both, in the unit
// of its expression; NaN where nothing was measured. What a step brings belongs
// to the part in which it ends.
func SplitHold(f *Folder, at time.Duration, metrics []metric.Expression) (parts [2][]float64, err error) {
	s, err := openShard(f)
	if err != nil {
		return parts, err
	}
	defer s.close()
	series, targets, err := s.names()
	if err != nil {
		return parts, err
	}
	s.bind(series, targets)
	probes := make([]probe, len(metrics))
	var problems []error
	for i, e := range metrics {
		p, err := resolve(series, targets, e)
		probes[i] = p
		problems = append(problems, err)
	}
	if err := errors.Join(problems...); err != nil {
		return parts, err
	}
	for i, to := range []time.Duration{at + splitSlack, math.MaxInt64} {
		t := newTotals(len(series), len(targets))
		if t.seconds, err = s.until(to, t); err != nil {
			return parts, err
		}
		for k := range probes {
			var a amount
			probes[k].gather(t, &a)
			v, ok := probes[k].value(&a)
			if !ok {
				v = math.NaN()
			}
			parts[i] = append(parts[i], v)
		}
	}
	return parts, nil
}

// names are the series and targets of the shard's own head.
func (s *shard) names() (series []Series, targets []string, err error) {
	for _, n := range s.head.Series {
		name, ok := n.Series()
		if !ok {
			return nil, nil, fmt.Errorf("read %s: no kind of series %q", s.folder.Path(IntervalsFile), n.Kind)
		}
		series = append(series, name)
	}
	for _, t := range s.head.Run.Targets {
		targets = append(targets, t.Name)
	}
	return series, targets, nil
}
