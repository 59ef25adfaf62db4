package capacity

import (
	"context"
	"errors"
	"fmt"
	"path/filepath"
	"time"

	"authsoak/driver"
	"authsoak/metric"
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
	driven time.Duration // load and pauses so far, without logouts
	// refills is how often in a row sessions were opened more slowly than before.
	refills int
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
		if end == Going && !r.inTime(step) {
			end = OutOfSteps
		}
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
		if s != nil {
			r.result.Steps = append(r.result.Steps, *s)
		}
		if err != nil {
			return Halted, err
		}
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
	b := newBrake(stop, &r.Config)
	d.Export = b.see
	d.Observe = func(now results.Snapshot) {
		seen.add(now)
		r.show(Event{Now: &now})
	}
	summary, err := driver.Run(ctx, b.pulled, d)
	s.CutShort = b.release()
	s.Orphaned = r.leftOpen(ctx, d, summary)
	if s.Orphaned > 0 {
		r.result.Left = append(r.result.Left, results.CapacityLeft{Step: number, Sessions: s.Orphaned, Folder: s.Folder})
	}
	if summary == nil {
		return nil, Outcome{}, fmt.Errorf("step %d: %w", number, err)
	}
	split := func(at time.Duration, objectives []metric.Expression) ([2][]float64, error) {
		return results.SplitHold(folder, at, objectives)
	}
	o := r.judge(s, step, &witness{sum: summary, seen: &seen, folder: folder, split: split, pacerMS: b.pacerMS(), halt: b.halt})
	if r.refills++; o.Refill == 0 {
		r.refills = 0
	} else {
		r.Fill = o.Refill
	}
	return s, o, err
}

// inTime tells whether a step ends before the time that was announced, and counts
// it in.
func (r *runner) inTime(step Step) bool {
	takes := r.settle(step) + r.hold(step)
	if step.Pause {
		takes += recoveryPause
	}
	if r.driven+takes > r.Longest() {
		return false
	}
	r.driven += takes
	return true
}

// leftOpen tries once more to log out what the drain of a step left, and returns
// how many sessions may still be open. Where a run broke down without a summary,
// its ledger tells.
func (r *runner) leftOpen(ctx context.Context, d driver.Config, summary *results.Summary) int64 {
	ledger := d.Folder.Path(results.LedgerFile)
	var left int64
	if summary != nil {
		left = summary.Sessions.Orphaned
	} else if n, err := driver.Orphans(ledger); err == nil {
		left = n
	}
	if left == 0 || ctx.Err() != nil {
		return left
	}
	done, err := driver.Cleanup(ctx, driver.CleanupConfig{Plan: d.Plan, Targets: d.Targets, Ledger: ledger, Agent: d.Agent})
	if err == nil {
		left = int64(done.Failed)
	}
	return left
}

// recovered keeps account of how the server comes back.
func (r *runner) recovered(step Step, o Outcome) {
	n := len(r.result.Steps)
	last := &r.result.Steps[n-1]
	switch {
	case o.Rejected != "":
	case step.Kind != Recovery:
		r.over = time.Since(r.began)
	default:
		list := r.result.Recovery
		if k := len(list); k == 0 || list[k-1].Recovered || list[k-1].After+list[k-1].Tries != n-1 {
			list = append(list, results.CapacityRecovery{After: n - 1, Overload: r.result.Steps[n-2].Level, Level: step.Level})
		}
		e := &list[len(list)-1]
		e.Tries++
		if e.Recovered = o.met(); e.Recovered {
			e.WithinS = max(last.StartS+last.SettleS-r.over.Seconds(), 0)
		}
		r.result.Recovery = list
	}
}
