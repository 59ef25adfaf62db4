package capacity

import (
	"context"
	"errors"
	"fmt"
	"math"
	"path/filepath"
	"time"

	"authsoak/driver"
	"authsoak/results"
)

// recoveryPause is how long a server that did not come back is left alone.
const recoveryPause = 10 * time.Second

// StepsDir is the folder of the steps' run folders, in that of the search.
const StepsDir = "steps"

// runner is a search in progress.
type runner struct {
	Config
	search *Search
	result *results.CapacityResult
	began  time.Time
	over   time.Duration // when the last step ended that was not met
}

// Run searches the capacity until it is found, until stop is closed (a clean stop:
// every live session is logged out and what is known is reported), or until ctx
// ends (at once). What it found it leaves in the folder too. An error means that
// the harness could not work; the result is returned as far as there is one.
func Run(ctx context.Context, stop <-chan struct{}, c Config) (*results.CapacityResult, error) {
	if err := c.Validate(); err != nil {
		return nil, err
	}
	r := &runner{Config: c, search: NewSearch(c.Options), began: time.Now()}
	r.result = r.Announced()
	r.result.RunID, r.result.StartedAt = c.Driver.Folder.RunID, r.began.UTC().Format(time.RFC3339)
	end, err := r.climbOn(ctx, stop)
	r.conclude(end, err)
	return r.result, errors.Join(err, c.Driver.Folder.WriteJSON(results.CapacityFile, r.result))
}

// interrupted is the end of a search that was stopped from outside.
const interrupted End = "interrupted"

// climbOn takes step after step.
func (r *runner) climbOn(ctx context.Context, stop <-chan struct{}) (End, error) {
	for {
		step, end := r.search.Next()
		if end != Going {
			r.tell(end)
			return end, nil
		}
		if step.Pause && !wait(ctx, stop, recoveryPause) {
			return interrupted, nil
		}
		if n := len(r.result.Steps); n > 0 {
			r.next(step)
		}
		s, o, err := r.take(ctx, stop, step)
		if err != nil {
			return Halted, err
		}
		r.result.Steps = append(r.result.Steps, *s)
		if s.Verdict == verdictInterrupted {
			r.tell(interrupted)
			return interrupted, nil
		}
		r.search.Take(step, o)
		r.recovered(step, o)
	}
}

// next says of the last step what comes after it.
func (r *runner) next(step Step) {
	last := &r.result.Steps[len(r.result.Steps)-1]
	last.Next = LevelText(step.Level, r.sessions()) + ": " + step.Why
	r.show(Event{Ends: last})
}

// tell says of the last step that none comes after it.
func (r *runner) tell(end End) {
	if n := len(r.result.Steps); n > 0 {
		r.result.Steps[n-1].Next = map[End]string{
			Decided: "the end: the interval is narrow enough", AtGuard: "the end: the highest load that may be tried was met",
			NothingMet: "the end: no load met the objectives", Generator: "the end: the generator is the limit",
			NoRecovery: "the end: the server doesn't recover", Unreachable: "the end: nothing goes well on this server",
			Halted: "the end: as asked for", OutOfSteps: "the end: no further step is allowed", interrupted: "the end: interrupted",
		}[end]
		r.show(Event{Ends: &r.result.Steps[n-1]})
	}
}

func (r *runner) show(e Event) {
	if r.Watch != nil {
		r.Watch(e)
	}
}

// wait returns false where the search is stopped before.
func wait(ctx context.Context, stop <-chan struct{}, d time.Duration) bool {
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-t.C:
		return true
	case <-stop:
	case <-ctx.Done():
	}
	return false
}

// take drives one step.
func (r *runner) take(ctx context.Context, stop <-chan struct{}, step Step) (*results.CapacityStep, Outcome, error) {
	number := len(r.result.Steps) + 1
	s := &results.CapacityStep{Number: number, Kind: string(step.Kind), Level: step.Level, Why: step.Why,
		StartS: time.Since(r.began).Seconds(), SettleS: r.settle(step).Seconds(), HoldS: r.hold(step).Seconds()}
	r.show(Event{Begins: s})
	name := fmt.Sprintf("%03d-%s-%.4g", number, step.Kind, step.Level)
	folder, err := results.CreateFolder(r.Driver.Folder.Path(StepsDir), name)
	if err != nil {
		return nil, Outcome{}, err
	}
	s.Folder = filepath.Join(StepsDir, name)
	if err := folder.WriteScenario(r.Scenario); err != nil {
		return nil, Outcome{}, err
	}
	d := r.Driver
	d.Plan, d.Folder = r.plan(number, step), folder
	var seen sightings
	b := newBrake(stop, r.unbearable())
	d.Observe = func(now results.Snapshot) {
		seen.add(now)
		b.look(now)
		r.show(Event{Now: &now})
	}
	summary, err := driver.Run(ctx, b.pulled, d)
	s.CutShort = b.release()
	if summary == nil {
		return nil, Outcome{}, fmt.Errorf("step %d: %w", number, err)
	}
	o := r.judge(s, step, summary, &seen)
	if split := d.Plan.Warmup + r.hold(step)/2; s.Verdict != verdictInterrupted && !s.CutShort && step.Long() {
		o.Unbiased = r.unbiased(folder, split, summary, o.Margin)
	}
	r.leftOpen(ctx, s, d, summary)
	return s, o, err
}

// unbiased corrects the margin of a step by those of its halves.
func (r *runner) unbiased(f *results.Folder, split time.Duration, summary *results.Summary, whole float64) float64 {
	parts, err := results.SplitHold(f, split, r.Objectives)
	if err != nil {
		return whole
	}
	worst := [2]float64{math.Inf(-1), math.Inf(-1)}
	for i, e := range r.Objectives {
		if e.Window > 0 {
			return whole
		}
		for k := range parts {
			v := parts[k][i]
			if math.IsNaN(v) {
				return whole
			}
			worst[k] = max(worst[k], margin(e, v, e.Holds(v), summary.Cycles.Planned/2))
		}
	}
	return Unbiased(whole, worst[0], worst[1])
}

// leftOpen tries once more to log out what the drain of a step left.
func (r *runner) leftOpen(ctx context.Context, s *results.CapacityStep, d driver.Config, summary *results.Summary) {
	s.Orphaned = summary.Sessions.Orphaned
	if s.Orphaned == 0 || ctx.Err() != nil {
		return
	}
	done, err := driver.Cleanup(ctx, driver.CleanupConfig{Plan: d.Plan, Targets: d.Targets, Ledger: d.Folder.Path(results.LedgerFile), Agent: d.Agent})
	if err == nil {
		s.Orphaned = int64(done.Failed)
	}
}

// recovered keeps account of how the server comes back.
func (r *runner) recovered(step Step, o Outcome) {
	n := len(r.result.Steps)
	last := &r.result.Steps[n-1]
	ended := time.Since(r.began)
	switch {
	case o.Rejected != "":
	case step.Kind != Recovery:
		r.over = ended
	default:
		list := r.result.Recovery
		if k := len(list); k == 0 || list[k-1].Recovered || list[k-1].After+list[k-1].Tries != n-1 {
			list = append(list, results.CapacityRecovery{After: n - 1, Overload: r.result.Steps[n-2].Level, Level: step.Level})
		}
		e := &list[len(list)-1]
		e.Tries++
		if e.Recovered = o.met(); e.Recovered {
			e.WithinS = (ended - r.over).Seconds()
		}
		r.result.Recovery = list
	}
	if last.Orphaned > 0 {
		r.result.Left = append(r.result.Left, results.CapacityLeft{Step: n, Sessions: last.Orphaned, Folder: last.Folder})
	}
}
