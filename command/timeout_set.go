package command

import (
	"context"
	"errors"
	"fmt"
	"io"
	"strings"
	"sync"
	"time"

	"authsoak/accounts"
	"authsoak/check"
	"authsoak/document"
	"authsoak/driver"
	"authsoak/report"
	"authsoak/results"
	"authsoak/rules"
	"authsoak/scenario"
)

// ladderJob is the ladder of one target, or of one with a setting that asks for
// another idle time.
type ladderJob struct {
	target   int
	plan     scenario.TargetPlan
	setting  string // NAME=VALUE
	ladder   rules.LadderPlan
	pool     *accounts.Pool
	first    int  // the index of its first account among the target's
	foreign  bool // its accounts are not the target's
	stopping bool // has been told to whoever watches
	result   *results.LadderResult
	err      error
}

// known is where its accounts begin among the target's; negative: nowhere.
func (j *ladderJob) known() int {
	if j.foreign {
		return -1
	}
	return j.first
}

// ladderSet is the ladders of one run, which are climbed at the same time.
type ladderSet struct {
	jobs    []*ladderJob
	arms    []string
	timeout time.Duration // of a request
	load    time.Duration // beside which they are climbed, if any
	started time.Time
	group   sync.WaitGroup

	mu    sync.Mutex // guards what follows
	out   io.Writer  // nil: nobody watches
	shown map[*ladderJob]time.Duration
}

// newLadderSet plans the ladders of all targets.
func newLadderSet(s *scenario.Scenario, plan *scenario.Plan, asked rules.LadderOptions, arms ladderArms) (*ladderSet, error) {
	set := &ladderSet{arms: arms.names, timeout: plan.Timeout, shown: map[*ladderJob]time.Duration{}}
	var errs []error
	for i := range plan.Targets {
		jobs, err := jobsOf(s, i, &plan.Targets[i], asked, arms)
		errs = append(errs, err)
		for k, j := range jobs {
			j.pool = accounts.NewPool(j.plan.Policy, j.plan.Accounts.Count(), k, len(jobs), plan.Seed)
			errs = append(errs, enough(j.plan.Name, j.pool, &j.ladder))
		}
		set.jobs = append(set.jobs, jobs...)
	}
	return set, errors.Join(errs...)
}

func jobsOf(s *scenario.Scenario, i int, t *scenario.TargetPlan, asked rules.LadderOptions, arms ladderArms) ([]*ladderJob, error) {
	if t.Flow.Sessionless {
		return nil, fmt.Errorf("target %s: method %s sends credentials with every call: there is no session whose timeout could be measured", t.Name, t.Flow.Method)
	}
	asked.Documented = t.Flow.Session.Idle
	ladder, err := rules.PlanLadder(asked)
	if err != nil {
		return nil, err
	}
	jobs := []*ladderJob{{target: i, plan: *t, ladder: ladder}}
	if !arms.wanted {
		return jobs, nil
	}
	name := t.Flow.Session.IdleSetting
	if name == "" || arms.setting != "setting" && arms.setting != name {
		known := "its profile has none"
		if name != "" {
			known = "its profile has " + name
		}
		return nil, fmt.Errorf("--arms: %s is neither an arm nor a setting by which %s is asked for another idle time: %s", arms.setting, t.Name, known)
	}
	value := arms.value
	if value == "" {
		value = exampleOf(s.Targets[i].Endpoint, name)
	}
	other, err := withSetting(s, i, name, value)
	if err != nil {
		return nil, err
	}
	options := rules.LadderOptions{Expect: other.Flow.Session.Idle, Replicas: asked.Replicas}
	if options.Expect > 0 {
		options.Within = max(rules.DefaultWithin(options.Expect), asked.Within)
	}
	follows, err := rules.PlanLadder(options)
	if err != nil {
		return nil, err
	}
	return append(jobs, &ladderJob{target: i, plan: *other, setting: name + "=" + value, ladder: follows}), nil
}

// announce is the plan of every ladder.
func (set *ladderSet) announce() (plans []report.LadderPlan) {
	for _, j := range set.jobs {
		p := report.LadderPlan{Target: j.plan.Name, Setting: j.setting, LadderPlanned: check.LadderPlanned(&j.ladder), Irregular: j.ladder.Irregular, Arms: set.arms}
		if j.plan.Policy == accounts.Lease {
			p.Accounts = j.ladder.AtOnce
		}
		likely := j.ladder.Expect
		if likely == 0 {
			likely = j.ladder.Documented
		}
		if likely > 0 {
			p.ExpectedEndS = j.ladder.EndsBy(likely).Seconds()
		}
		if j.setting != "" {
			p.Arms = nil
		}
		plans = append(plans, p)
	}
	return plans
}

// watch prints progress as the ladders are climbed.
func (set *ladderSet) watch(w io.Writer) { set.out = w }

// start climbs all ladders at once. Each ends by itself, or when stop is closed
// or the context ends.
func (set *ladderSet) start(ctx context.Context, stop <-chan struct{}, targets []driver.Target, ledger *driver.Kept) error {
	set.started = time.Now()
	for _, j := range set.jobs {
		t := targets[j.target]
		t.TargetPlan = j.plan
		if t.Identities != nil && j.first > 0 {
			t.Identities = t.Identities[j.first:]
		}
		prober, err := driver.NewProber(t, agent(), set.timeout, set.started)
		if err != nil {
			return err
		}
		prober.Keep(ledger, j.target, j.known())
		config := check.LadderConfig{Prober: prober, Epoch: set.started, Plan: j.ladder, Accounts: j.pool}
		if set.out != nil {
			config.Observe = func(p check.LadderProgress) { set.progress(j, p) }
		}
		set.group.Go(func() { j.result, j.err = check.Ladder(ctx, stop, config) })
	}
	return nil
}

// wait waits for the end of all ladders, and sums them up. The error tells of
// those that could not be climbed.
func (set *ladderSet) wait(runID string) (*results.TimeoutResult, error) {
	set.group.Wait()
	t := &results.TimeoutResult{Schema: results.TimeoutSchema, RunID: runID, Version: Version(),
		StartedAt: set.started.UTC().Format(time.RFC3339), DurationS: time.Since(set.started).Seconds(),
		Verdict: results.TimeoutMeasured, Ladders: []results.LadderResult{}}
	var errs []error
	for _, j := range set.jobs {
		if j.err != nil {
			errs = append(errs, fmt.Errorf("target %s: %w", j.plan.Name, j.err))
		}
		if j.result == nil {
			t.Verdict = worse(t.Verdict, results.TimeoutUnknown)
			continue
		}
		f := j.plan.Flow
		l := j.result
		l.Target, l.Setting, l.URL = j.plan.Name, j.setting, j.plan.URL.Redacted()
		l.Endpoint, l.Version, l.Method = f.Endpoint, f.Version, f.Method
		t.Ladders = append(t.Ladders, *l)
		t.Verdict = worse(t.Verdict, l.Verdict)
		if l.Interrupted {
			t.Verdict = worse(t.Verdict, string(results.Interrupted))
		}
	}
	return t, errors.Join(errs...)
}

// checks are the session rules that the ladders have judged. The ladder of a
// setting judges whether the server heeds it.
func (set *ladderSet) checks() (out []results.CheckResult) {
	for _, j := range set.jobs {
		if j.result == nil {
			continue
		}
		for _, c := range j.result.Checks {
			c.Target = j.plan.Name
			if j.setting != "" && c.ID == rules.IdleRule {
				c.ID = rules.MaxAgeRule
			}
			out = append(out, c)
		}
	}
	return out
}

// worse is the verdict that counts for both.
func worse(a, b string) string {
	order := []string{results.TimeoutMeasured, string(results.Pass), results.TimeoutUnknown, string(results.Failed), string(results.Interrupted)}
	for _, v := range order {
		switch v {
		case a:
			return b
		case b:
			return a
		}
	}
	return a
}

// progress prints a line now and then: each second at first, ever more seldom
// later.
func (set *ladderSet) progress(j *ladderJob, p check.LadderProgress) {
	set.mu.Lock()
	defer set.mu.Unlock()
	stopping := p.Stopping && !j.stopping && p.Live > 0 // told at once, not when it is due
	if p.Elapsed < set.shown[j] && !stopping {
		return
	}
	j.stopping = p.Stopping
	set.shown[j] = p.Elapsed + max(time.Second, p.Elapsed/10).Truncate(time.Second)
	var b strings.Builder
	name := j.plan.Name
	if j.setting != "" {
		name += " " + j.setting
	}
	fmt.Fprintf(&b, "%8s  %s: %d live, %d touched", whole(p.Elapsed), name, p.Live, p.Touched)
	if p.Touched > 0 {
		fmt.Fprintf(&b, " (%d alive, %d dead", p.Alive, p.Dead)
		if p.Replaced > 0 {
			fmt.Fprintf(&b, ", %d replaced", p.Replaced)
		}
		b.WriteString(")")
	}
	switch {
	case p.Timeout.Found():
		fmt.Fprintf(&b, ", %s to %s", finely(p.Timeout.Least), finely(p.Timeout.Most))
	case p.Timeout.Least > 0:
		fmt.Fprintf(&b, ", over %s", finely(p.Timeout.Least))
	}
	switch {
	case stopping:
		b.WriteString("\n          stopping: logging out what lives (interrupt again to stop at once)")
	case !p.Stopping:
		fmt.Fprintf(&b, ", %s left", whole(p.Left))
	}
	fmt.Fprintln(set.out, b.String())
}

func whole(d time.Duration) string {
	return document.Duration(d.Round(time.Second)).String()
}

// finely writes a lifetime while it is being narrowed.
func finely(d time.Duration) string {
	step := 100 * time.Millisecond
	if d < 10*time.Second {
		step = time.Millisecond
	}
	return document.Duration(d.Round(step)).String()
}
