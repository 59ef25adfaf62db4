package check

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"time"

	"authsoak/driver"
	"authsoak/driver/pacer"
	"authsoak/profiles"
	"authsoak/results"
	"authsoak/rules"
)

// RacesConfig says what races a server is put through. Prober is needed; every
// other field has a default.
type RacesConfig struct {
	// Where [Gate] is on the connections of its target, racing requests are held
	// back at the server's door; otherwise they are only let off together.
	Prober *driver.Prober
	Target string        // its name in results
	Rounds int           // 0: 200
	Budget time.Duration // for all rounds; 0: 2 min
	// Clients is how many race at most, 2 to 6; 0: 6.
	Clients int
	// Jitter is how far apart starts may lie; 0: 5 ms. Where answers take
	// longer, it is as long as an answer takes.
	Jitter time.Duration
	// Settle is how long after a race the server is looked at; 0: 20 ms. It is
	// never less than two of its answers take.
	Settle time.Duration
	// Judging bounds the time for judging one history; 0: 2 s.
	Judging time.Duration
	Seed    uint64
	// Folder gets the pictures of histories; nil: there are none.
	Folder *results.Folder
	// NewPacer waits for the instants of a race; nil: [pacer.New].
	NewPacer func(epoch time.Time) pacer.Pacer
	// Progress hears of each round; nil: nobody does.
	Progress func(done, planned, faults int)
}

func (c *RacesConfig) fill() error {
	if c.Prober == nil {
		return errors.New("races: a prober is needed")
	}
	if c.Rounds < 0 || c.Budget < 0 || c.Jitter < 0 || c.Settle < 0 || c.Judging < 0 ||
		c.Clients < 0 || c.Clients == 1 || c.Clients > mostClients {
		return fmt.Errorf("races: rounds %d, budget %v, jitter %v, settle %v, judging %v: must not be negative; clients %d: must be %d to %d",
			c.Rounds, c.Budget, c.Jitter, c.Settle, c.Judging, c.Clients, leastClients, mostClients)
	}
	fill(&c.Rounds, 200)
	fill(&c.Budget, 2*time.Minute)
	fill(&c.Clients, mostClients)
	fill(&c.Jitter, 5*time.Millisecond)
	fill(&c.Settle, 20*time.Millisecond)
	fill(&c.Judging, 2*time.Second)
	if c.NewPacer == nil {
		c.NewPacer = pacer.New
	}
	return nil
}

func fill[T ~int | ~int64](v *T, value T) {
	if *v == 0 {
		*v = value
	}
}

// The longest that jitter and settling stretch for a slow server.
const (
	mostJitter = 250 * time.Millisecond
	mostSettle = time.Second
)

// races is one call of Races.
type races struct {
	RacesConfig
	flow   *profiles.Flow
	clock  *clock
	pacers []pacer.Pacer
	ids    map[string]rules.Operation // the login that each id came with
	proven map[int]bool               // accounts whose credentials were taken
	slow   time.Duration              // what the longest answer of the last round took
	tally  tally

	report       results.RaceReport
	possiblyOpen int64
}

// Races lets several clients use one session at once, many times over, and
// judges what they saw. It returns a result for each race rule, and the report
// that they rest on. Everything it opened is logged out, also when ctx ends
// early; the rules that had not yet failed are then unknown. An error means that
// there was nothing to race with.
func Races(ctx context.Context, c RacesConfig) ([]results.CheckResult, results.RaceReport, error) {
	if err := c.fill(); err != nil {
		return nil, results.RaceReport{}, err
	}
	epoch := time.Now()
	r := &races{RacesConfig: c, flow: c.Prober.Flow(), clock: &clock{epoch: epoch}, tally: newTally(),
		ids: map[string]rules.Operation{}, proven: map[int]bool{}}
	r.report = results.RaceReport{Target: c.Target, Seed: c.Seed, Planned: c.Rounds, Clients: c.Clients,
		Findings: []results.RaceFinding{}, Notes: []string{}}
	if r.flow.Sessionless {
		return r.inapplicable(), r.report, nil
	}
	for range c.Clients {
		p := c.NewPacer(epoch)
		defer func() { _ = p.Close() }() // nothing is left to wait for
		r.pacers = append(r.pacers, p)
	}
	err := r.rounds(ctx)
	r.report.DurationS = time.Since(epoch).Seconds()
	r.report.Sessions.PossiblyOpen = r.possiblyOpen
	if err != nil {
		return nil, r.report, fmt.Errorf("races: %w", err)
	}
	if err := r.conclude(); err != nil {
		return nil, r.report, fmt.Errorf("races: %w", err)
	}
	return r.verdicts(), r.report, nil
}

// mostFailures is how many rounds in a row may fail to begin.
const mostFailures = 3

// rounds runs rounds until there were enough, the time is up, or no session can
// be opened any more.
func (r *races) rounds(ctx context.Context) error {
	failures := 0
	for n := range r.Rounds {
		switch {
		case ctx.Err() != nil:
			r.report.Stopped = "interrupted"
		case time.Since(r.clock.epoch) >= r.Budget:
			r.report.Stopped = fmt.Sprintf("the time of %v was up", r.Budget)
		}
		if r.report.Stopped != "" {
			return nil
		}
		random := rand.New(rand.NewPCG(r.Seed, uint64(n)))
		one, err := r.runRound(ctx, n, draw(random, n, r.Clients, min(max(r.Jitter, r.slow), mostJitter)))
		switch {
		case errors.Is(err, errNoAccount):
			return err
		case errors.Is(err, errDenied):
			r.report.Stopped = err.Error()
			return nil
		case errors.Is(err, errSetUp):
			if failures++; failures == mostFailures {
				r.report.Stopped = fmt.Sprintf("%d times in a row %v", failures, err)
				return nil
			}
			continue
		case err != nil:
			continue // interrupted
		}
		failures = 0
		r.slow = one.longest()
		r.judge(one)
		r.report.Rounds++
		r.report.Start = r.startedBy(one)
		if r.Progress != nil {
			r.Progress(n+1, r.Rounds, r.tally.faults())
		}
	}
	return nil
}

// settle is how long a server gets to come to rest.
func (r *races) settle() time.Duration { return min(max(r.Settle, 2*r.slow), mostSettle) }

// startedBy says how sharp the starts of a round were.
func (r *races) startedBy(one *round) string {
	for _, c := range one.racers {
		if !c.gate.seen.Load() {
			return "connections open, requests let off together"
		}
	}
	return "connections open, the last byte of each request held back and let off together"
}
