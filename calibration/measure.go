package calibration

import (
	"context"
	_ "embed"
	"errors"
	"fmt"
	"net/url"
	"os"
	"runtime"
	"slices"
	"time"

	"authsoak/accounts"
	"authsoak/driver"
	"authsoak/profiles"
	"authsoak/results"
	"authsoak/scenario"
)

//go:embed null.yaml
var nullProfile []byte

// Server is where a null server listens, and what it costs.
type Server struct {
	Plain, Secure, HTTP2 string // host:port
	CA                   string // file
	// CPU asks for the processor time that it has taken.
	CPU func() (time.Duration, error)
}

// Options say what is measured, and how long.
type Options struct {
	Ways    []results.Way
	Trial   time.Duration // one trial; 0: 400 ms
	Repeats int           // of the best; 0: 3
	Version string        // authsoak's
	// Progress is told of each trial before it begins: which way of how many, and
	// how many users.
	Progress func(way results.Way, index, of, users int)
}

// A session of a trial makes so many calls.
const calls = 8

// Levels of users at once: each four times the one before, until more of them
// bring no more than a twentieth.
const (
	fewestUsers = 4
	mostUsers   = 1024
	worthwhile  = 1.05
)

// Ways are all ways that requests can travel; quick: of those with shared
// connections.
func Ways(quick bool) (ways []results.Way) {
	policies := []string{string(profiles.Shared), string(profiles.PerUser), string(profiles.PerRequest)}
	if quick {
		policies = policies[:1]
	}
	for _, w := range []results.Way{{Engine: "fast", Scheme: "http", HTTP: "1.1"}, {Engine: "fast", Scheme: "https", HTTP: "1.1"},
		{Engine: "standard", Scheme: "http", HTTP: "1.1"}, {Engine: "standard", Scheme: "https", HTTP: "1.1"}, {Engine: "standard", Scheme: "https", HTTP: "2"}} {
		for _, w.Connections = range policies {
			ways = append(ways, w)
		}
	}
	return ways
}

// Expected is about how long measuring takes.
func (o *Options) Expected() time.Duration {
	o.defaults()
	const levels = 3 // most often
	return time.Duration(len(o.Ways)*(levels+o.Repeats-1)) * (o.Trial + o.Trial/4 + 20*time.Millisecond)
}

func (o *Options) defaults() {
	if o.Trial == 0 {
		o.Trial = 400 * time.Millisecond
	}
	if o.Repeats == 0 {
		o.Repeats = 3
	}
}

// Here is the machine and the build that a calibration holds for.
func Here(version string) results.Machine {
	return results.Machine{Version: version, Build: build(), CPU: processor(), GoVersion: runtime.Version(), OS: runtime.GOOS + "/" + runtime.GOARCH, Cores: runtime.GOMAXPROCS(0)}
}

// Measure finds the ceiling of each way. An error means that a trial did not go
// well: a ceiling with failures in it would be none.
func Measure(ctx context.Context, s Server, o Options) (*results.Calibration, error) {
	o.defaults()
	c := &results.Calibration{Schema: results.CalibrationSchema, On: Here(o.Version)}
	endpoint, err := profiles.ParseEndpoint("null.yaml", nullProfile)
	if err != nil {
		return nil, err
	}
	flow, err := endpoint.Compile(profiles.Choice{})
	if err != nil {
		return nil, err
	}
	for i, w := range o.Ways {
		m := &measurement{ctx: ctx, server: &s, flow: flow, way: w, options: &o,
			tell: func(users int) {
				if o.Progress != nil {
					o.Progress(w, i, len(o.Ways), users)
				}
			}}
		k, err := m.ceiling()
		if err != nil {
			return nil, fmt.Errorf("%s, %s, HTTP/%s, %s: %w", w.Engine, w.Scheme, w.HTTP, w.Connections, err)
		}
		k.MeasuredAt = time.Now().UTC().Format(time.RFC3339)
		c.Cases = append(c.Cases, k)
	}
	return c, nil
}

type measurement struct {
	ctx     context.Context
	server  *Server
	flow    *profiles.Flow
	way     results.Way
	options *Options
	tell    func(users int)
}

// trial is what one number of users brought.
type trial struct {
	users                    int
	perS                     float64
	cpu, serverCPU           float64 // µs a request
	generatorShare, ofServer float64
}

// ceiling raises the users until that brings no more, and repeats the best.
func (m *measurement) ceiling() (results.CalibrationCase, error) {
	var best trial
	for users := fewestUsers; users <= mostUsers; users *= 4 {
		t, err := m.try(users)
		if errors.Is(err, errNothing) && best.users > 0 {
			break // so many get in each other's way
		}
		if err != nil {
			return results.CalibrationCase{}, err
		}
		more := t.perS > best.perS*worthwhile
		if t.perS > best.perS {
			best = t
		}
		if !more {
			break
		}
	}
	all := []trial{best}
	for len(all) < m.options.Repeats {
		t, err := m.try(best.users)
		if errors.Is(err, errNothing) {
			t, err = trial{users: best.users}, nil // none in its time is a result, too
		}
		if err != nil {
			return results.CalibrationCase{}, err
		}
		all = append(all, t)
	}
	return summed(m.way, all), nil
}

// summed takes the median trial, of two in the middle the better one, since what
// else runs on the machine only ever takes away; and the spread of all.
func summed(way results.Way, all []trial) results.CalibrationCase {
	slices.SortFunc(all, func(a, b trial) int { return int(a.perS - b.perS) })
	mid := all[len(all)/2]
	c := results.CalibrationCase{Way: way, RequestsPerS: mid.perS, LowestPerS: all[0].perS, HighestPerS: all[len(all)-1].perS,
		Repeats: len(all), Users: mid.users, CPUUsPerRequest: mid.cpu, ServerCPUUsPerRequest: mid.serverCPU,
		GeneratorShare: mid.generatorShare, ServerShare: mid.ofServer}
	c.Limit, c.LowerBound = limitOf(mid.generatorShare, mid.ofServer)
	return c
}

// used up is a machine whose processors were busy for so much of the time.
const usedUp = 0.85

// limitOf says what kept a trial from more, given the share of all processors that
// generator and server took. A server that took the larger part, or a processor
// that was not used up, makes the figure a lower bound.
func limitOf(generator, server float64) (limit string, lowerBound bool) {
	switch {
	case generator+server < usedUp:
		return results.CeilingOfNeither, true
	case server > generator:
		return results.CeilingOfServer, true
	}
	return results.CeilingOfGenerator, false
}

// errNothing is the error of a trial in which no step ended.
var errNothing = errors.New("nothing was measured: the machine is too busy, or the trial too short")

// longest is how long a trial may become where nothing ends in a shorter one.
const longest = 5 * time.Second

// try drives one trial, a longer one where the fewest users bring nothing.
func (m *measurement) try(users int) (t trial, err error) {
	for length := m.options.Trial; ; length *= 2 {
		if t, err = m.tryFor(users, length); !errors.Is(err, errNothing) || users > fewestUsers || length > longest {
			return t, err
		}
	}
}

func (m *measurement) tryFor(users int, length time.Duration) (t trial, err error) {
	if err := m.ctx.Err(); err != nil {
		return t, err
	}
	m.tell(users)
	dir, err := os.MkdirTemp("", "authsoak-calibrate-")
	if err != nil {
		return t, err
	}
	defer os.RemoveAll(dir)
	folder, err := results.CreateFolder(dir, "trial")
	if err != nil {
		return t, err
	}
	plan := m.plan(users, length)
	targets, err := driver.Open(plan, nil)
	if err != nil {
		return t, err
	}
	before, err := m.server.CPU()
	if err != nil {
		return t, err
	}
	s, err := driver.Run(m.ctx, nil, driver.Config{Plan: plan, Targets: targets, Folder: folder, Version: m.options.Version,
		Agent: "authsoak", Limits: results.HealthLimits{MaxTainted: 1}})
	if err != nil {
		return t, err
	}
	after, err := m.server.CPU()
	if err != nil {
		return t, err
	}
	return of(s, users, (after - before).Seconds())
}

// of computes what a trial brought. The rate is of the hold, the cost of the whole.
func of(s *results.Summary, users int, serverCPU float64) (t trial, err error) {
	var count, bad int64
	for i := range s.Steps {
		if st := &s.Steps[i]; st.Kind == "step" {
			count += st.Count
			if bad += st.Fail + st.Unknown; st.Fail+st.Unknown > 0 && err == nil && len(st.Errors) > 0 {
				err = fmt.Errorf("%d users: %s: %s", users, st.Step, st.Errors[0].Example)
			}
		}
	}
	switch {
	case s.Verdict == results.Interrupted:
		return t, errors.New("interrupted")
	case bad > 0:
		return t, err
	case count == 0 || s.DurationS <= 0:
		return t, fmt.Errorf("%d users: %w", users, errNothing)
	}
	requests := float64(s.Targets[0].Traffic.Requests)
	processors := (s.WarmupS + s.DurationS + s.DrainS) * float64(s.Generator.Cores)
	return trial{users: users, perS: float64(count) / s.DurationS, cpu: s.Generator.CPUUsPerRequest, serverCPU: serverCPU * 1e6 / requests,
		generatorShare: s.Generator.CPUS / processors, ofServer: serverCPU / processors}, nil
}

// plan is the closed load of a trial: so many users, no pause.
func (m *measurement) plan(users int, trial time.Duration) *scenario.Plan {
	host := m.server.Plain
	switch {
	case m.way.HTTP == "2":
		host = m.server.HTTP2
	case m.way.Scheme == "https":
		host = m.server.Secure
	}
	warmup := trial / 4
	length := warmup + trial
	return &scenario.Plan{
		Name: "calibration", Seed: 1, Model: profiles.Closed, Mix: scenario.NewWeights([]float64{1}),
		Curve: scenario.NewCurve([]scenario.Stage{{From: float64(users), To: float64(users), Length: length}}),
		Calls: scenario.ConstantCalls(calls), Warmup: warmup, Duration: length, Workers: users,
		Timeout: 10 * time.Second, StartLimit: 10 * time.Second, DrainLimit: 10 * time.Second, DrainRate: 1e6,
		Connections: scenario.Connections(m.way.Connections),
		Targets: []scenario.TargetPlan{{Name: "null", Flow: m.flow, URL: &url.URL{Scheme: m.way.Scheme, Host: host}, Weight: 1,
			Mix: scenario.NewWeights([]float64{1}), Calls: []int{0}, Accounts: accounts.Anonymous(), Policy: accounts.Shared, Exhausted: scenario.WaitForAccount,
			Engine: scenario.Engine(m.way.Engine), HTTP2: m.way.HTTP == "2", TLS: scenario.TLSPlan{CA: m.server.CA}}},
	}
}
