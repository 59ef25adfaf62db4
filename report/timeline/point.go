package timeline

import "authsoak/results"

// Run is the run as a whole in one point.
type Run struct {
	Seconds float64 // measured in it; 0: nothing was
	// Lateness and Pacer: the median is the mean of the seconds', the rest the
	// worst second's. Milliseconds.
	Lateness, Pacer results.Quantiles
	PlannedUsers    float64 // at the end
	PlannedPerSec   float64 // mean
	Workers, Busy   int     // at most
	CPUShare        float64 // mean
	SchedP99        float64 // milliseconds, the worst second's; so are the next two
	GCPause         float64
	RSS             int64
	OpenFiles       int
	Tainted         float64 // seconds in which the generator was the limit
}

func (p *Run) add(q Run) {
	all := p.Seconds + q.Seconds
	if all > 0 {
		mean := func(a, b float64) float64 { return (a*p.Seconds + b*q.Seconds) / all }
		p.PlannedPerSec = mean(p.PlannedPerSec, q.PlannedPerSec)
		p.CPUShare = mean(p.CPUShare, q.CPUShare)
		p.Lateness.P50 = mean(p.Lateness.P50, q.Lateness.P50)
		p.Pacer.P50 = mean(p.Pacer.P50, q.Pacer.P50)
	}
	worst(&p.Lateness, q.Lateness)
	worst(&p.Pacer, q.Pacer)
	if q.Seconds > 0 {
		p.PlannedUsers = q.PlannedUsers
	}
	p.Seconds = all
	p.Workers, p.Busy = max(p.Workers, q.Workers), max(p.Busy, q.Busy)
	p.SchedP99, p.GCPause = max(p.SchedP99, q.SchedP99), max(p.GCPause, q.GCPause)
	p.RSS, p.OpenFiles = max(p.RSS, q.RSS), max(p.OpenFiles, q.OpenFiles)
	p.Tainted += q.Tainted
}

func worst(p *results.Quantiles, q results.Quantiles) {
	p.P99, p.Max = max(p.P99, q.P99), max(p.Max, q.Max)
}

// Target is one target in one point.
type Target struct {
	Planned, Completed, Dropped int64 // cycles
	Opened                      int64 // sessions
	// Live is the number of sessions at the end, MaxLive the most.
	Live, MaxLive int64
	seen          bool
}

func (p *Target) add(q Target) {
	p.Planned += q.Planned
	p.Completed += q.Completed
	p.Dropped += q.Dropped
	p.Opened += q.Opened
	if q.seen {
		p.Live, p.seen = q.Live, true
	}
	p.MaxLive = max(p.MaxLive, q.MaxLive)
}

// Step is one series in one point.
type Step struct {
	Count, OK, Fail, Unknown int64
	// Service and Response: the median is the mean of the seconds' by count, the
	// rest the worst second's. Milliseconds.
	Service, Response results.Quantiles
}

func (p *Step) add(q Step) {
	if all := p.Count + q.Count; all > 0 {
		mean := func(a, b float64) float64 {
			return (a*float64(p.Count) + b*float64(q.Count)) / float64(all)
		}
		p.Service.P50 = mean(p.Service.P50, q.Service.P50)
		p.Response.P50 = mean(p.Response.P50, q.Response.P50)
	}
	worst(&p.Service, q.Service)
	worst(&p.Response, q.Response)
	p.Count += q.Count
	p.OK += q.OK
	p.Fail += q.Fail
	p.Unknown += q.Unknown
}

// fold halves a list of points.
func fold[T any](points []T, add func(*T, T)) []T {
	half := points[:0]
	for i := 0; i < len(points); i += 2 {
		p := points[i]
		if i+1 < len(points) {
			add(&p, points[i+1])
		}
		half = append(half, p)
	}
	return half
}

// at returns the point of that index, made if need be.
func at[T any](points *[]T, i int) *T {
	for len(*points) <= i {
		var zero T
		*points = append(*points, zero)
	}
	return &(*points)[i]
}
