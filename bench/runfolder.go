package main

import (
	"bufio"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
)

// held is the hold phase of a run, without start and drain.
type held struct {
	cpu      float64 // s
	requests int64
}

// perRequest is in µs.
func (h held) perRequest() float64 { return h.cpu * 1e6 / float64(h.requests) }

// hold sums up the hold phase of a run folder from its intervals.
func hold(folder string) (held, error) {
	f, err := os.Open(filepath.Join(folder, "intervals.jsonl"))
	if err != nil {
		return held{}, err
	}
	defer f.Close()
	var sum held
	var before float64 // processor time at the end of the interval before
	lines := bufio.NewScanner(f)
	lines.Buffer(nil, 1<<20)
	for lines.Scan() {
		var l struct {
			Line    string
			Phase   string
			Targets []struct {
				Counts map[string]map[string]int64
			}
			Health struct {
				CPU float64 `json:"cpu_s"`
			}
		}
		if err := json.Unmarshal(lines.Bytes(), &l); err != nil {
			return held{}, fmt.Errorf("%s: %w", f.Name(), err)
		}
		if l.Line != "run" {
			continue
		}
		if l.Phase == "hold" && before > 0 {
			sum.cpu += l.Health.CPU - before
			for _, t := range l.Targets {
				for _, counts := range t.Counts {
					sum.requests += counts["requests"]
				}
			}
		}
		before = l.Health.CPU
	}
	if err := lines.Err(); err != nil {
		return held{}, err
	}
	if sum.requests == 0 {
		return held{}, fmt.Errorf("%s: no request in the hold phase", f.Name())
	}
	return sum, nil
}

// times are quantiles in µs.
type times struct{ p50, p99 float64 }

// said is what a run's summary says of its times.
type said struct {
	pacer                       times // lateness of starts for which a worker stood ready
	lateness, service, response times
	dropped                     float64 // cycles
}

// summed reads the summary of a run folder; service and response are the
// call's.
func summed(folder string) (said, error) {
	type quantiles struct{ P50, P99 float64 }
	var s struct {
		Generator struct {
			Pacer quantiles `json:"pacer_ms"`
		}
		Lateness quantiles `json:"lateness_ms"`
		Steps    []struct {
			Step     string
			Service  quantiles `json:"service_ms"`
			Response quantiles `json:"response_ms"`
		}
		Cycles struct{ Dropped, Fail int64 }
	}
	text, err := os.ReadFile(filepath.Join(folder, "summary.json"))
	if err == nil {
		err = json.Unmarshal(text, &s)
	}
	if err != nil {
		return said{}, err
	}
	if s.Cycles.Fail > 0 {
		return said{}, fmt.Errorf("%d cycles failed", s.Cycles.Fail)
	}
	us := func(q quantiles) times { return times{q.P50 * 1000, q.P99 * 1000} }
	for _, step := range s.Steps {
		if step.Step == "call" {
			return said{us(s.Generator.Pacer), us(s.Lateness), us(step.Service), us(step.Response), float64(s.Cycles.Dropped)}, nil
		}
	}
	return said{}, fmt.Errorf("%s: no call", folder)
}
