package results

import (
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

// GeneratorCeiling says how near a run came to what the generator can do.
type GeneratorCeiling struct {
	// Share is the rate of requests in the hold over the ceiling, summed over the
	// targets; where the ceiling is a lower bound, it is an upper one.
	Share      float64   `json:"share"`
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

// ceiling sets the run's rate of requests against what the generator can do; nil
// where that isn't known for every target.
func (o *outcome) ceiling() *GeneratorCeiling {
	if len(o.run.Ceilings) == 0 || o.held < time.Second/10 {
		return nil
	}
	g := &GeneratorCeiling{}
	for i := range o.targets {
		if i >= len(o.run.Targets) {
			return nil
		}
		way := WayOf(&o.run.Targets[i])
		at := slices.IndexFunc(o.run.Ceilings, func(c Ceiling) bool { return c.Way == way })
		if at < 0 {
			return nil
		}
		c := o.run.Ceilings[at]
		g.Share += float64(o.hold.counts[i][Requests]) / o.held.Seconds() / c.RequestsPerS
		g.LowerBound = g.LowerBound || c.LowerBound
		if !slices.Contains(g.Of, c) {
			g.Of = append(g.Of, c)
		}
	}
	g.Share = round6(g.Share)
	return g
}
