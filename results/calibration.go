package results

import (
	"math"
	"slices"
	"time"
)

// CalibrationSchema names the format of a stored calibration.
const CalibrationSchema = "authsoak/calibration/v1"

// Calibration is the most that the generator could do on a machine, against a
// server that does as little as a server can.
type Calibration struct {
	Schema string            `json:"schema"`
	On     Machine           `json:"on"`
	Cases  []CalibrationCase `json:"cases"`
}

// Machine is what a calibration holds for. It names no host and nobody.
type Machine struct {
	Version   string `json:"authsoak_version"`
	Build     string `json:"build"` // the revision, or the hash of the binary; empty: not known
	CPU       string `json:"cpu"`   // the model of the processors; empty: the system doesn't tell
	GoVersion string `json:"go_version"`
	OS        string `json:"os"`    // and architecture
	Cores     int    `json:"cores"` // that the generator may use
}

// Way is how requests travel: one calibration holds for one way.
type Way struct {
	Engine      string `json:"engine"` // fast, standard
	Scheme      string `json:"scheme"` // http, https
	HTTP        string `json:"http"`   // 1.1, 2
	Connections string `json:"connections"`
}

// Limits of a calibration.
const (
	CeilingOfGenerator = "generator" // its processor time, while nothing else was free
	CeilingOfServer    = "server"    // the null server took more of the processor than the generator
	CeilingOfNeither   = "neither"   // the processor was not used up
)

// CalibrationCase is the ceiling of one way.
type CalibrationCase struct {
	Way
	MeasuredAt   string  `json:"measured_at"`    // RFC 3339
	RequestsPerS float64 `json:"requests_per_s"` // the median of the repeats
	LowestPerS   float64 `json:"lowest_per_s"`
	HighestPerS  float64 `json:"highest_per_s"`
	Repeats      int     `json:"repeats"`
	Users        int     `json:"users"` // at once, where it was highest
	// Processor time a request, in µs, and the share of the machine's processors
	// that each took.
	CPUUsPerRequest       float64 `json:"cpu_us_per_request"`
	ServerCPUUsPerRequest float64 `json:"server_cpu_us_per_request"`
	GeneratorShare        float64 `json:"generator_share"`
	ServerShare           float64 `json:"server_share"`
	// Limit is what kept it from more; where that isn't the generator, LowerBound
	// says that it can do more than this.
	Limit      string `json:"limit"`
	LowerBound bool   `json:"lower_bound,omitempty"`
}

// Ceiling is a calibration's figure beside a run of the same way.
type Ceiling struct {
	Way
	RequestsPerS float64 `json:"requests_per_s"`
	LowerBound   bool    `json:"lower_bound,omitempty"`
	MeasuredAt   string  `json:"measured_at"`
}

// GeneratorCeiling says how near a run came to what the generator can do; of
// several shards, the one that came nearest.
type GeneratorCeiling struct {
	// Share is the mean rate of requests in the hold over the ceiling, summed over
	// the targets, and WorstShare that of the busiest interval of the hold; where
	// the ceiling is a lower bound, they are upper ones.
	Share      float64   `json:"share"`
	WorstShare float64   `json:"worst_share"`
	LowerBound bool      `json:"lower_bound,omitempty"`
	Of         []Ceiling `json:"of"` // one for each way
}

// Ceiling returns the figure for a way; false: it was not measured.
func (c *Calibration) Ceiling(w Way) (Ceiling, bool) {
	for _, k := range c.Cases {
		if k.Way == w && k.RequestsPerS > 0 {
			return Ceiling{Way: w, RequestsPerS: k.RequestsPerS, LowerBound: k.LowerBound, MeasuredAt: k.MeasuredAt}, true
		}
	}
	return Ceiling{}, false
}

// WayOf is how a target was driven.
func WayOf(t *TargetInfo) Way {
	scheme := "http"
	if len(t.URL) > 5 && t.URL[:5] == "https" {
		scheme = "https"
	}
	return Way{Engine: t.Engine, Scheme: scheme, HTTP: t.HTTP, Connections: t.Connections}
}

// nearness follows how near one process comes to what its generator can do.
type nearness struct {
	of      GeneratorCeiling
	perS    []float64 // the ceiling of each target; nil: not known for all
	done    float64   // seconds that the requests would have taken at the ceiling
	seconds float64   // of the hold
}

// leastWatched is the length of an interval that can be the busiest, and of a hold
// that has a share.
const leastWatched = 100 * time.Millisecond

func newNearness(run *RunInfo) (n nearness) {
	for i := range run.Targets {
		way := WayOf(&run.Targets[i])
		at := slices.IndexFunc(run.Ceilings, func(c Ceiling) bool { return c.Way == way })
		if at < 0 {
			return nearness{}
		}
		c := run.Ceilings[at]
		n.perS = append(n.perS, c.RequestsPerS)
		n.of.LowerBound = n.of.LowerBound || c.LowerBound
		if !slices.Contains(n.of.Of, c) {
			n.of.Of = append(n.of.Of, c)
		}
	}
	return n
}

// see takes an interval: its requests of the hold by target, and how much of the
// hold it was, in seconds; 0 of the drain, in which the last of them are counted.
func (n *nearness) see(requests func(target int) int64, seconds float64) {
	var done float64
	for i, perS := range n.perS {
		done += float64(requests(i)) / perS
	}
	n.done += done
	n.seconds += seconds
	if seconds >= leastWatched.Seconds() {
		n.of.WorstShare = math.Max(n.of.WorstShare, round6(done/seconds))
	}
}

// ceiling returns what was seen; nil where the ceiling isn't known for every
// target, or the hold was too short.
func (n *nearness) ceiling() *GeneratorCeiling {
	if len(n.perS) == 0 || n.seconds < leastWatched.Seconds() {
		return nil
	}
	g := n.of
	g.Share = round6(n.done / n.seconds)
	return &g
}

// nearest returns the one that came nearest to its ceiling; nil where one of them
// isn't known.
func nearest(shards []*shard) (most *GeneratorCeiling) {
	for _, s := range shards {
		g := s.near.ceiling()
		if g == nil {
			return nil
		}
		if most == nil || g.WorstShare > most.WorstShare {
			most = g
		}
	}
	return most
}
