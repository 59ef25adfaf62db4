package report

import (
	"strings"

	"authsoak/results"
)

// sessions writes the ledger: what was opened, and where each session went.
func (p *page) sessions(s *results.Summary) {
	all := s.Sessions
	if all.Opened == 0 && all.PossiblyOpen == 0 && missing(all) == 0 {
		return
	}
	p.heading("Sessions")
	t := &table{columns: []column{
		{title: "", left: true}, {title: "opened"}, {title: "closed"}, {title: "abandoned", spare: 2},
		{title: "expired", spare: 3}, {title: "live"}, {title: "orphaned", spare: 1}, {title: "peak", spare: 4},
	}}
	for i := range s.Targets {
		t.add(p.ledgerCells(clean(s.Targets[i].Name), s.Targets[i].Sessions)...)
	}
	if len(s.Targets) != 1 {
		t.add(p.ledgerCells("all", all)...)
	}
	gone := t.print(p, "  ")
	p.balance(s)
	if len(gone) > 0 {
		p.prose("  ", noRoom(gone), p.dim)
	}
	if all.PossiblyOpen > 0 {
		p.prose("  ", plural(all.PossiblyOpen, "session is", "sessions are")+
			" possibly open: the answer to the login never came", p.yellow)
	}
	if all.PossiblyClosed > 0 {
		p.prose("  ", plural(all.PossiblyClosed, "session is", "sessions are")+
			" possibly closed: the answer to the logout never came", p.yellow)
	}
}

func (p *page) ledgerCells(name string, c results.SessionSummary) []cell {
	return []cell{
		{text: name}, {text: count(c.Opened)}, {text: count(c.Closed)}, {text: count(c.Abandoned)},
		{text: count(c.Expired)}, {text: count(c.LiveAtEnd)}, p.alarm(c.Orphaned, p.yellow),
		{text: count(c.PeakLive)},
	}
}

// balance says whether every session is accounted for, and where not.
func (p *page) balance(s *results.Summary) {
	var off []string
	for i := range s.Targets {
		if t := &s.Targets[i]; !t.Sessions.Balanced {
			off = append(off, clean(t.Name)+" by "+count(missing(t.Sessions)))
		}
	}
	switch {
	case s.Sessions.Balanced && len(off) == 0:
		p.prose("  ", "balanced: opened = closed + abandoned + expired + live", p.dim)
	case len(off) == 0:
		p.prose("  ", "THE LEDGER DOES NOT BALANCE: off by "+count(missing(s.Sessions)), p.red)
	default:
		p.prose("  ", "THE LEDGER DOES NOT BALANCE: "+strings.Join(off, ", "), p.red)
	}
}

func missing(c results.SessionSummary) int64 {
	return c.Opened - c.Closed - c.Abandoned - c.Expired - c.LiveAtEnd
}

// checks writes how the session rules did, and in full those that did not pass.
func (p *page) checks(all []results.CheckResult) {
	if len(all) == 0 {
		return
	}
	p.heading("Session rules")
	byVerdict := make(map[string]int64)
	for i := range all {
		byVerdict[all[i].Verdict]++
	}
	var parts []string
	for _, v := range []string{"pass", "fail", "unknown", "info", "not-tried", "not-applicable"} {
		if n := byVerdict[v]; n > 0 {
			parts = append(parts, count(n)+" "+v)
		}
	}
	p.prose("  ", strings.Join(parts, ", "), nil)
	for i := range all {
		c := &all[i]
		switch c.Verdict {
		case "fail":
			p.check(c, p.fail, p.red)
		case "unknown":
			p.check(c, p.warn, p.yellow)
		}
	}
}

func (p *page) check(c *results.CheckResult, sign string, paint func(string) string) {
	title := clean(c.ID)
	if c.Target != "" {
		title += " on " + clean(c.Target)
	}
	p.hanging("  "+paint(sign)+" ", columns(sign)+3, title, nil)
	for _, f := range [][2]string{{"expected", c.Expected}, {"observed", c.Observed}, {"source", c.Source}} {
		if f[1] != "" {
			p.prose("      "+left(f[0], 10), clean(f[1]), nil)
		}
	}
}

// generator writes what driving cost and whether it was ever the limit.
func (p *page) generator(s *results.Summary) {
	g := &s.Generator
	p.heading("Generator")
	cost := span(g.CPUS) + " of processor time"
	if g.CPUUsPerRequest > 0 {
		cost += ", " + significant(g.CPUUsPerRequest) + " " + p.micro + " a request"
	}
	if g.Cores > 0 {
		cost += ", on " + plural(int64(g.Cores), "core", "cores")
	}
	p.field("cost", cost)
	use := size(g.MaxRSSBytes) + " of memory at most"
	if g.PeakWorkers > 0 {
		use += ", " + plural(int64(g.PeakWorkers), "worker", "workers") + " at most"
	}
	p.field("use", use)
	p.field("traffic", traffic(s.Targets))
	if l := s.Lateness; len(s.Steps) > 0 {
		p.field("lateness", "p50 "+millis(l.P50)+", p99 "+millis(l.P99)+", max "+millis(l.Max)+
			" behind the schedule")
	}
	if g.Pacer.Max > 0 {
		p.field("pacer", "p99 "+millis(g.Pacer.P99)+", max "+millis(g.Pacer.Max)+
			" behind the schedule where a worker stood ready")
	}
	p.taint(g)
	if g.Lost > 0 {
		p.prose("  ", plural(g.Lost, "sample", "samples")+" could not be kept: the counts above are too low by as many", p.yellow)
	}
	if g.Clamped > 0 {
		p.prose("  ", plural(g.Clamped, "time", "times")+" beyond an hour, or below zero, counted as the nearest bound", p.yellow)
	}
}

func (p *page) taint(g *results.GeneratorSummary) {
	if g.TaintedIntervals == 0 {
		if g.Intervals > 0 {
			p.field("limit", "never: none of "+plural(int64(g.Intervals), "interval", "intervals")+" was tainted")
		}
		return
	}
	text := "the generator was the limit in " + count(int64(g.TaintedIntervals)) + " of " +
		plural(int64(g.Intervals), "interval", "intervals")
	if g.Intervals > 0 {
		text += " (" + percent(float64(g.TaintedIntervals)/float64(g.Intervals)) + ")"
	}
	p.prose("  "+left("limit", labelWidth), text, p.yellow)
	for _, r := range g.TaintReasons {
		p.prose(blanks(labelWidth+2)+"- ", clean(r), p.yellow)
	}
}

func traffic(targets []results.TargetInfo) string {
	var sum results.Traffic
	for i := range targets {
		t := &targets[i].Traffic
		sum.Requests += t.Requests
		sum.Resends += t.Resends
		sum.Connections += t.Connections
		sum.ConnectionsStale += t.ConnectionsStale
	}
	text := plural(sum.Requests, "request", "requests") + " over " +
		plural(sum.Connections, "connection", "connections")
	if sum.ConnectionsStale > 0 {
		text += ", " + count(sum.ConnectionsStale) + " found closed by the server"
	}
	if sum.Resends > 0 {
		text += ", " + plural(sum.Resends, "request", "requests") + " sent again"
	}
	return text
}

// after writes where the run is kept and what to do next.
func (p *page) after(s *results.Summary) {
	todo := p.next(s)
	if p.opt.Folder == "" && len(todo) == 0 {
		return
	}
	if !p.opt.Brief {
		p.line("")
	}
	if p.opt.Folder != "" {
		p.line(p.bold("Run folder") + "  " + clean(p.opt.Folder))
	}
	for i, t := range todo {
		label := blanks(12)
		if i == 0 {
			label = p.bold("Next") + blanks(8)
		}
		p.line(label + t.command)
		p.prose(blanks(14), t.why, p.dim)
	}
}

// advice is a command and what it is good for.
type advice struct{ command, why string }

func (p *page) next(s *results.Summary) []advice {
	run := "RUN"
	if p.opt.Folder != "" {
		run = quoted(clean(p.opt.Folder))
	}
	if n := s.Sessions.Orphaned; n > 0 {
		return []advice{{"authsoak cleanup " + run,
			"logs out the " + plural(n, "session", "sessions") + " that this run left on the servers"}}
	}
	return nil
}

// quoted makes a path safe to paste into a shell.
func quoted(path string) string {
	plain := func(r rune) bool {
		return r >= 'a' && r <= 'z' || r >= 'A' && r <= 'Z' || r >= '0' && r <= '9' ||
			strings.ContainsRune("/._-+:@=,", r) || r > 127
	}
	if path != "" && strings.IndexFunc(path, func(r rune) bool { return !plain(r) }) < 0 {
		return path
	}
	return "'" + strings.ReplaceAll(path, "'", `'\''`) + "'"
}
