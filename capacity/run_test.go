package capacity_test

import (
	"bytes"
	"flag"
	"fmt"
	"math"
	"os"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	validate "github.com/santhosh-tekuri/jsonschema/v6"
	"gonum.org/v1/gonum/stat/distuv"

	"authsoak/capacity"
	"authsoak/driver/pacer"
	"authsoak/metric"
	"authsoak/profiles"
	"authsoak/results"
	"authsoak/scenario"
	"authsoak/simulator"
)

// seeds is how many searches the test of the whole way makes; 20 are
// `go test ./capacity -run Queue -args -seeds 20`.
var seeds = flag.Int("seeds", 10, "searches in fake time")

// nothingLeft fails the test if a search left anything open, or its result is not
// in its folder.
func nothingLeft(t *testing.T, server *simulator.Server, c capacity.Config, r *results.CapacityResult) {
	t.Helper()
	if live := server.Stats().Live; live != 0 || len(r.Left) != 0 {
		t.Errorf("%d sessions are live after the search, %v left", live, r.Left)
	}
	for _, s := range r.Steps {
		worst := math.Inf(-1)
		for _, o := range s.Objectives {
			worst = max(worst, o.Margin)
		}
		if s.Verdict != "rejected" && s.Margin != worst && !(s.CutShort && s.Margin >= worst) {
			t.Errorf("step %d: margin %v, its objectives say %v", s.Number, s.Margin, worst)
		}
	}
	keepsSchema(t, c)
	var stored results.CapacityResult
	if err := c.Driver.Folder.ReadJSON(results.CapacityFile, &stored); err != nil || stored.Reason != r.Reason || len(stored.Steps) != len(r.Steps) {
		t.Errorf("%s: %v, %q with %d steps, want %q with %d", results.CapacityFile, err, stored.Reason, len(stored.Steps), r.Reason, len(r.Steps))
	}
}

// keepsSchema validates capacity.json as its readers would.
func keepsSchema(t *testing.T, c capacity.Config) {
	t.Helper()
	schema, err := validate.UnmarshalJSON(bytes.NewReader(results.CapacitySchemaJSON()))
	if err != nil {
		t.Fatal(err)
	}
	compiler := validate.NewCompiler()
	if err := compiler.AddResource("capacity.json", schema); err != nil {
		t.Fatal(err)
	}
	compiled, err := compiler.Compile("capacity.json")
	if err != nil {
		t.Fatal(err)
	}
	b, err := os.ReadFile(c.Driver.Folder.Path(results.CapacityFile))
	if err != nil {
		t.Fatal(err)
	}
	v, err := validate.UnmarshalJSON(bytes.NewReader(b))
	if err == nil {
		err = compiled.Validate(v)
	}
	if err != nil {
		t.Errorf("capacity.json against its schema: %v\n%s", err, b)
	}
}

// Logins that take 200 ms on four servers, always: M/D/4 with Poisson arrivals.
// Theory has p99 = 1 s at 17.39/s (Tijms, "A First Course in Stochastic Models",
// section 9.6.2, as in the test of the search alone). The steps are those of the
// command unless told otherwise, too short for this queue at first.
func TestCapacityOfAQueue(t *testing.T) {
	const truth = 17.39
	var mu sync.Mutex
	var near, claimed, holds int
	t.Run("seeds", func(t *testing.T) {
		for seed := range *seeds {
			t.Run(fmt.Sprint(seed+1), func(t *testing.T) {
				t.Parallel()
				synctest.Test(t, func(t *testing.T) {
					r := searchQueue(t, uint64(seed+1))
					mu.Lock()
					defer mu.Unlock()
					a := &r.Answer
					if a.Known && math.Abs(a.Capacity/truth-1) < 0.05 {
						near++
					}
					if a.Decided {
						claimed++
						if a.Low <= truth && truth <= *a.High {
							holds++
						}
					}
				})
			})
		}
	})
	if want := int(math.Ceil(0.9 * float64(*seeds))); near < want {
		t.Errorf("%d of %d answers within 5 %% of %.2f/s, want %d", near, *seeds, truth, want)
	}
	// Intervals of 95 % may miss, but for fewer than this in one of twenty tests only.
	want := 0
	for (distuv.Binomial{N: float64(claimed), P: 0.95}).CDF(float64(want)) <= 0.05 {
		want++
	}
	if claimed < (*seeds+1)/2 || holds < want {
		t.Errorf("%d of %d intervals claim confidence, %d of them hold %.2f/s: want half and %d", claimed, *seeds, holds, truth, want)
	}
}

// searchQueue searches once, and holds the result against itself.
func searchQueue(t *testing.T, seed uint64) *results.CapacityResult {
	server, network := simulated(t, simulator.Options{Seed: seed,
		Login: simulator.CostOptions{Mean: 200 * time.Millisecond, Servers: 4}})
	c := search(t, network, "p99(login.response) < 1s", "rate(fail) < 0.5%")
	c.From, c.Most, c.Driver.Plan.Seed = 4, 100, seed
	c.Precision, c.Driver.Plan.Think = 0.08, scenario.ConstantTime(time.Second) // before the logout
	r, err := capacity.Run(t.Context(), nil, c)
	if err != nil {
		t.Fatal(err)
	}
	nothingLeft(t, server, c, r)
	t.Logf("seed %d: %s, %d steps in %.0f s, the last of %.0f s, memory %.2g s, %s", seed, r.Reason, len(r.Steps), r.DurationS,
		r.Steps[len(r.Steps)-1].HoldS, r.Answer.RelaxationS, r.Limit.Kind)
	if !r.Answer.Decided { // and so there is no answer: whoever calls counts those
		if r.Verdict != results.Invalid {
			t.Errorf("undecided, and yet the verdict is %s", r.Verdict)
		}
		return r
	}
	if r.Verdict != results.Pass || r.Limit.Kind != results.LimitResponse {
		t.Errorf("verdict %s, limit %+v, want pass and response-time", r.Verdict, r.Limit)
	}
	if len(r.Recovery) != 1 || !r.Recovery[0].Recovered {
		t.Errorf("recovery %+v, want one that succeeds", r.Recovery)
	}
	if l := r.Little; l == nil || !l.Consistent {
		t.Errorf("Little's law: %+v, want it to hold", l)
	}
	return r
}

// A cap on sessions is found to the session, and named.
func TestSessionCap(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		server, network := simulated(t, simulator.Options{Seed: 1, MaxSessions: 500, Latency: simulator.LatencyOptions{Mean: 2 * time.Millisecond}})
		c := search(t, network, "rate(fail) < 0.5%")
		c.Whole, c.From, c.Most, c.Fill = true, 10, 10_000, 500
		p := c.Driver.Plan
		p.Think, p.Turnover, p.Model = scenario.ConstantTime(10*time.Second), scenario.ConstantTime(24*time.Hour), profiles.Population
		r, err := capacity.Run(t.Context(), nil, c)
		if err != nil {
			t.Fatal(err)
		}
		nothingLeft(t, server, c, r)
		if a := r.Answer; !a.Exact || !a.Decided || a.Low != 500 || a.Capacity != 500 || r.Limit.Kind != results.LimitSessionCap || r.Verdict != results.Pass {
			t.Errorf("%s: answer %+v, limit %+v, want 500 exactly, a session cap", r.Reason, a, r.Limit)
		}
	})
}

// A generator that is late on purpose makes the search invalid, however late it
// is: no ceiling.
func TestSlowGenerator(t *testing.T) {
	for late, why := range map[time.Duration]string{
		150 * time.Millisecond:  "the generator was the limit in ",
		1500 * time.Millisecond: "the generator was the limit in ",
		10 * time.Second:        "dropped while workers stood idle",
	} {
		t.Run(late.String(), func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				server, network := simulated(t, simulator.Options{Seed: 1, Latency: simulator.LatencyOptions{Mean: 2 * time.Millisecond}})
				c := search(t, network, "p99(login.response) < 100ms")
				c.Driver.NewPacer = func(epoch time.Time) pacer.Pacer { return latePacer{pacer.NewTimer(epoch), late} }
				r, err := capacity.Run(t.Context(), nil, c)
				if err != nil {
					t.Fatal(err)
				}
				nothingLeft(t, server, c, r)
				if r.Verdict != results.Invalid || r.Answer.Known || r.Limit.Kind != results.LimitGenerator {
					t.Errorf("%s %s: answer %+v, limit %+v, want invalid and nothing known", r.Verdict, r.Reason, r.Answer, r.Limit)
				}
				if len(r.Steps) != 2 || r.Steps[0].HoldS == 0 || !strings.Contains(r.Steps[0].Rejected, why) {
					t.Errorf("%d steps, want 2: one that is rejected since %q, and once more; %+v", len(r.Steps), why, r.Steps[0])
				}
			})
		})
	}
}

// latePacer wakes up late.
type latePacer struct {
	pacer.Pacer
	by time.Duration
}

func (p latePacer) WaitUntil(at int64) { p.Pacer.WaitUntil(at + int64(p.by)) }

// A run that is stopped tells what it knows, and leaves nothing behind.
func TestInterrupted(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		server, network := simulated(t, simulator.Options{Seed: 1, Login: simulator.CostOptions{Mean: 20 * time.Millisecond, Servers: 4}})
		c := search(t, network, "p99(login.response) < 500ms")
		stop := make(chan struct{})
		time.AfterFunc(75*time.Second, func() { close(stop) })
		r, err := capacity.Run(t.Context(), stop, c)
		if err != nil {
			t.Fatal(err)
		}
		nothingLeft(t, server, c, r)
		if r.Verdict != results.Interrupted || len(r.Steps) < 4 || r.Answer.Low == 0 {
			t.Errorf("%s %s after %d steps: answer %+v, want interrupted with what is known", r.Verdict, r.Reason, len(r.Steps), r.Answer)
		}
	})
}

// A server that goes away in the middle is no capacity, and no failure of
// recovery either.
func TestServerGoesAway(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		server, network := simulated(t, simulator.Options{Seed: 1, Latency: simulator.LatencyOptions{Mean: 2 * time.Millisecond}})
		c := search(t, network, "p99(login.response) < 500ms")
		time.AfterFunc(33*time.Second, func() { server.Close() })
		r, err := capacity.Run(t.Context(), nil, c)
		if err != nil {
			t.Fatal(err)
		}
		if r.Verdict != results.Invalid || r.Answer.Known || !strings.Contains(r.Reason, "stopped answering") {
			t.Errorf("%s %q, answer %+v, want invalid: it stopped answering", r.Verdict, r.Reason, r.Answer)
		}
	})
}

// A server that refuses everything quickly meets no objective, whatever the
// objective says of times.
func TestQuickRefusals(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		server, network := simulated(t, simulator.Options{Seed: 1, Login: simulator.CostOptions{Mean: 20 * time.Millisecond, Servers: 4, MaxWait: 50 * time.Millisecond}})
		c := search(t, network, "p99(login.response) < 500ms")
		r, err := capacity.Run(t.Context(), nil, c)
		if err != nil {
			t.Fatal(err)
		}
		nothingLeft(t, server, c, r)
		if r.Answer.High == nil || *r.Answer.High > 230 || r.Limit.Kind != results.LimitErrors || r.Limit.Class != "throttled" {
			t.Errorf("%s, answer %+v, limit %+v: want at most 230/s, the limit errors (throttled)", r.Reason, r.Answer, r.Limit)
		}
	})
}

// What can't be searched is refused, all of it at once.
func TestValidate(t *testing.T) {
	c := capacity.Config{Options: capacity.Options{From: 10, Most: 5, Whole: true}, HeadRoom: 1, Fill: -1}
	for _, o := range []string{"p99(login) < 1s over 5s", "rate(fail) < 1% stop", "rate(fail) < 2% after 3s"} {
		e, err := metric.Parse(o)
		if err != nil {
			t.Fatal(err)
		}
		c.Objectives = append(c.Objectives, e)
	}
	c.Driver.Plan = &scenario.Plan{Experiment: &scenario.ExperimentPlan{Kind: profiles.Leak}}
	err := c.Validate()
	if err == nil {
		t.Fatal("no error")
	}
	for _, want := range []string{"no window of 5s", "rate(fail) < 1% stop: stop and after", "after 3s: stop and after", "-1 sessions opened", "an experiment (leak)", "search from 10 to 5", "precision", "confidence", "0 steps", "a step of 0s", "head-room"} {
		if !strings.Contains(err.Error(), want) {
			t.Errorf("%q lacks %q", err, want)
		}
	}
}
