package command

import (
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
	"sync"

	"github.com/urfave/cli/v2"

	"authsoak/driver"
	"authsoak/report"
	"authsoak/results"
	"authsoak/scenario"
)

// agent is the User-Agent of requests whose profile names none.
func agent() string { return "authsoak/" + Version() }

// drive runs the load under a live view, holds it against a baseline where one
// was given, and prints the summary.
func (p *program) drive(c *cli.Context, config driver.Config, out *outlets, against *baseline) error {
	folder, quiet := config.Folder, c.Bool("quiet")
	if !quiet {
		writePlan(p.Err, config.Plan, folder)
	}
	out.describe(quiet)
	if !quiet {
		fmt.Fprintln(p.Err)
	}
	summary, browser, err := p.load(c, config, out)
	defer browser.close()
	if summary != nil {
		if err == nil {
			err = against.judge(folder, summary)
		}
		browser.finish(p.pageOf(summary, folder.Dir))
		printed := errors.Join(report.Leave(folder, summary), p.printSummary(c, summary, folder.Dir))
		if err == nil {
			err = errors.Join(printed, against.print(p, c))
		}
	}
	out.end(c.Context, quiet)
	if err != nil {
		return &exit{exitInvalid, fmt.Errorf("run %s: %w", folder.Dir, distinct(err))}
	}
	return code(codeOf(summary.Verdict))
}

// load runs the load under a live view, on the terminal and, where it was asked
// for, in a browser, which is left to its caller.
func (p *program) load(c *cli.Context, config driver.Config, out *outlets) (*results.Summary, *browser, error) {
	quiet := c.Bool("quiet")
	screen := screenOf(p.Err)
	screen.Quiet = quiet
	for i := range config.Plan.Targets {
		screen.Targets = append(screen.Targets, config.Plan.Targets[i].Name)
	}
	live := report.NewLive(p.Err, screen)
	browser := p.watch(out.ui, config.Folder, live)
	quietly := p.announceStop(live)
	config.Version, config.Agent = Version(), agent()
	config.Observe, config.Export = browser.observe(live.Update), out.export()
	out.begin(quiet, live.Message)
	summary, err := driver.Run(c.Context, browser.stopOr(p.stop), config)
	quietly()
	live.Finish()
	return summary, browser, err
}

// announceStop tells the watcher what the first interrupt does. The function
// returned ends it.
func (p *program) announceStop(live interface{ Message(string) }) func() {
	over := make(chan struct{})
	var waiting sync.WaitGroup
	waiting.Go(func() {
		select {
		case <-p.stop:
			live.Message("stopping: logging out every live session (interrupt again to stop at once)")
		case <-over:
		}
	})
	return func() {
		close(over)
		waiting.Wait()
	}
}

// screenOf finds out what a stream can show; one that is no file shows plain
// lines.
func screenOf(w io.Writer) report.LiveOptions {
	if f, ok := w.(*os.File); ok {
		return report.ScreenOptions(f, os.Getenv)
	}
	return report.LiveOptions{}
}

// printSummary prints a summary the way the flags ask for.
func (p *program) printSummary(c *cli.Context, s *results.Summary, dir string) error {
	if c.Bool("json") {
		return report.JSON(p.Out, s, results.Findings{})
	}
	screen := screenOf(p.Out)
	screen.Quiet, screen.RunFolder = c.Bool("quiet"), dir
	err := report.Summary(p.Out, s, report.TextFor(screen))
	if err == nil && !screen.Quiet && pageExists(dir) {
		_, err = fmt.Fprintf(p.Out, "Report      %s\n", filepath.Join(dir, results.ReportFile))
	}
	return err
}

// mostTargets is how many targets the resolved plan names one by one.
const mostTargets = 12

// writePlan tells in a few lines what is about to be driven.
func writePlan(w io.Writer, plan *scenario.Plan, folder *results.Folder) {
	var b strings.Builder
	rows := make([][4]string, 0, len(plan.Targets))
	for i := range plan.Targets {
		t := &plan.Targets[i]
		rows = append(rows, [4]string{t.Name, t.Flow.Version, t.Flow.Method, t.URL.String() + aside(t)})
	}
	more := len(rows) - mostTargets
	if more > 0 {
		rows = rows[:mostTargets]
	}
	var wide [3]int
	for _, r := range rows {
		for i := range wide {
			wide[i] = max(wide[i], len([]rune(r[i])))
		}
	}
	for _, r := range rows {
		fmt.Fprintf(&b, "target      %-*s  %-*s  %-*s  %s\n", wide[0], r[0], wide[1], r[1], wide[2], r[2], r[3])
	}
	if more > 0 {
		fmt.Fprintf(&b, "            and %d more\n", more)
	}
	fmt.Fprintf(&b, "load        %s, seed %d\n", plan.DescribeLoad(), plan.Seed)
	if e := plan.Experiment; e != nil {
		fmt.Fprintf(&b, "experiment  %s: %s\n", e.Kind, e.Describe())
	}
	for i, t := range plan.Thresholds {
		label := ""
		if i == 0 {
			label = "thresholds"
		}
		fmt.Fprintf(&b, "%-10s  %s\n", label, t)
	}
	if plan.Authorized != "" {
		fmt.Fprintf(&b, "authorized  by %s\n", plan.Authorized)
	}
	fmt.Fprintf(&b, "results     %s\n", folder.Dir)
	fmt.Fprint(w, b.String())
}

// aside says what is out of the ordinary about how a target is driven.
func aside(t *scenario.TargetPlan) string {
	var notes []string
	if t.HTTP2 {
		notes = append(notes, "HTTP/2")
	}
	if t.Engine == scenario.Standard {
		notes = append(notes, "standard engine")
	}
	if t.Proxy != nil {
		notes = append(notes, "through a proxy")
	}
	if t.TLS.Insecure {
		notes = append(notes, "certificate NOT verified")
	}
	if len(notes) == 0 {
		return ""
	}
	return " (" + strings.Join(notes, ", ") + ")"
}
