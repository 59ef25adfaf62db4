package check

import (
	"context"
	"fmt"
	"path"
	"time"

	"authsoak/driver"
	"authsoak/results"
	"authsoak/rules"
)

// ContractConfig says which rules are tried on which server. Target and Rows are
// needed; every other field has a default.
type ContractConfig struct {
	Target driver.Target
	Rows   []rules.Row // see [Rows]
	// WrongSecrets is how many wrong passwords are sent for one account at the
	// most; 0: 3. A trial that would need more is not made.
	WrongSecrets int
	// Repeat is how many times each trial is made; 0: once. A rule fails where
	// any of them does.
	Repeat  int
	Agent   string        // User-Agent of requests whose profile names none
	Timeout time.Duration // of a request; 0: 10 s
	// Ledger keeps the sessions that are open, as those of the target with the
	// index Number in the scenario; nil: nothing is kept.
	Ledger *driver.Kept
	Number int
	// Progress hears of each rule once it is settled; nil: nobody does.
	Progress func(done, planned int, r results.CheckResult)
}

// usualWrongSecrets is how many wrong passwords most servers bear without
// locking an account.
const usualWrongSecrets = 3

func (c *ContractConfig) complete() {
	fill(&c.WrongSecrets, usualWrongSecrets)
	fill(&c.Repeat, 1)
	fill(&c.Timeout, 10*time.Second)
}

// Rows is the table for a target, those rules whose name fits the pattern (a
// glob such as login.*; empty: all).
func Rows(t *driver.Target, pattern string) ([]rules.Row, error) {
	return RowsFor(t, pattern, fmt.Sprintf("--target %s@%s=%s --method %s", t.Flow.Endpoint, t.Flow.Version, t.URL.Redacted(), t.Flow.Method))
}

// RowsFor is [Rows] with what a command line needs to reach the target, for the
// advice on rules that are not tried.
func RowsFor(t *driver.Target, pattern, command string) ([]rules.Row, error) {
	if _, err := path.Match(pattern, ""); err != nil {
		return nil, fmt.Errorf("rules %q: %w", pattern, err)
	}
	var out []rules.Row
	for _, r := range rules.Table(t.Flow, conditionsOf(t, command)) {
		if ok, _ := path.Match(pattern, r.ID); ok || pattern == "" {
			out = append(out, r)
		}
	}
	return out, nil
}

// Contract tries rules one after the other and judges them. Whatever it opened
// is logged out, also when ctx ends early; rules that were not reached are
// not-tried then. The error means that nothing could be tried at all.
func Contract(ctx context.Context, c ContractConfig) (Outcome, error) {
	c.complete()
	prober, err := driver.NewProber(c.Target, c.Agent, c.Timeout, time.Now())
	if err != nil {
		return Outcome{}, fmt.Errorf("check %s: %w", c.Target.Name, err)
	}
	prober.Show = true
	if c.Ledger != nil {
		prober.Keep(c.Ledger, c.Number, 0)
	}
	k := &contract{ContractConfig: c, prober: prober, wrong: map[int]int{}, trials: map[string]*tried{}}
	for i := range c.Rows {
		r := k.row(ctx, &c.Rows[i])
		k.out.Results = append(k.out.Results, r)
		if c.Progress != nil {
			c.Progress(i+1, len(c.Rows), r)
		}
	}
	k.out.Resends = int(prober.Resends())
	k.out.Requests += k.out.Resends
	return k.out, nil
}

// Outcome is what trying the contract of a target brought.
type Outcome struct {
	Results []results.CheckResult
	// Requests, Logins and WrongSecrets count what was sent, and Resends the
	// requests among them that went out a second time on another connection.
	Requests, Logins, WrongSecrets, Resends int
	// Left counts sessions that could not be logged out.
	Left int
}

// contract is one call of Contract.
type contract struct {
	ContractConfig
	prober *driver.Prober
	wrong  map[int]int // wrong secrets sent, by account
	trials map[string]*tried
	out    Outcome
}

// tried is the evidence of one trial, of each time it was made, or why it was
// not made.
type tried struct {
	evidence []rules.Evidence
	not      string
}

// row settles one rule.
func (k *contract) row(ctx context.Context, r *rules.Row) results.CheckResult {
	out := results.CheckResult{ID: r.ID, Target: k.Target.Name, Title: r.Title, Source: sourceOf(r), Judged: r.Judged}
	if r.Settled != "" {
		out.Verdict, out.Observed = string(r.Settled), r.Why
		return out
	}
	t := k.trials[r.Trial]
	if t == nil {
		t = k.try(ctx, r)
		k.trials[r.Trial] = t
	}
	if t.not != "" {
		out.Verdict, out.Observed = string(rules.NotTried), t.not
		return out
	}
	worst, evidence := rules.Finding{}, rules.Evidence{}
	for i, e := range t.evidence {
		if f := r.Judge(e); i == 0 || weight(f.Ruling) > weight(worst.Ruling) {
			worst, evidence = f, e
		}
	}
	out.Verdict, out.Expected, out.Observed, out.Seen = string(worst.Ruling), worst.Expected, worst.Observed, worst.Seen
	if worst.Failed >= 0 && worst.Failed < len(evidence.Replies) {
		for _, reply := range evidence.Replies[worst.Failed] {
			sent, answer := reply.Show()
			if reply.Err != nil {
				answer = "no answer: " + reply.Err.Error()
			}
			out.Exchanges = append(out.Exchanges, results.Exchange{Step: reply.Step, Request: reply.Request, Sent: sent, Received: answer})
		}
	}
	return out
}

// weight orders rulings by what a reader has to know first.
func weight(r rules.Ruling) int {
	switch r {
	case rules.FailedRule:
		return 4
	case rules.Unsure:
		return 3
	case rules.Passed, rules.Info:
		return 2
	}
	return 1
}

// sourceOf joins what a page says with its address.
func sourceOf(r *rules.Row) string {
	switch {
	case r.Says == "":
		return r.Source
	case r.Source == "":
		return r.Says
	}
	return r.Says + " (" + r.Source + ")"
}

// try makes a trial as often as asked.
func (k *contract) try(ctx context.Context, r *rules.Row) *tried {
	t := &tried{}
	for range k.Repeat {
		if ctx.Err() != nil {
			t.not = "interrupted"
			break
		}
		e, why := k.once(ctx, r)
		if why != "" {
			t.not = why
			break
		}
		t.evidence = append(t.evidence, e)
	}
	if len(t.evidence) > 0 {
		t.not = ""
	}
	if ctx.Err() != nil {
		// What was cut short proves nothing.
		t.evidence, t.not = nil, "interrupted"
	}
	return t
}

// Put takes in a result that was found otherwise, in the place of the one of the
// same rule, whose title it takes over. It returns what stands there now.
func (o *Outcome) Put(r results.CheckResult) results.CheckResult {
	for i := range o.Results {
		if o.Results[i].ID == r.ID {
			if r.Title == "" {
				r.Title = o.Results[i].Title
			}
			o.Results[i] = r
			return r
		}
	}
	o.Results = append(o.Results, r)
	return r
}
