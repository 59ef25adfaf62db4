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
	p.listed(s.Listed)
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

// mostNames is how many rules of one verdict are named rather than counted.
const mostNames = 6

// checks writes how the session rules did: those that did not pass in full, the
// others by name where they are few.
func (p *page) checks(all []results.CheckResult) {
	if len(all) == 0 {
		return
	}
	p.heading("Session rules")
	for _, v := range []string{"pass", "fail", "unknown", "info", "not-tried", "not-applicable"} {
		n, names := rulesOf(all, v)
		if n == 0 {
			continue
		}
		text := count(n) + " " + v
		if v != "fail" && v != "unknown" && len(names) <= mostNames {
			text += ": " + strings.Join(names, ", ")
		}
		p.prose("  ", text, nil)
	}
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

// rulesOf counts the results of one verdict and names their rules, each once; with
// the targets where others have another verdict.
func rulesOf(all []results.CheckResult, verdict string) (n int64, names []string) {
	targets, tried := make(map[string][]string), make(map[string]int)
	var ids []string
	for i := range all {
		c := &all[i]
		tried[c.ID]++
		if c.Verdict != verdict {
			continue
		}
		if n++; targets[c.ID] == nil {
			ids = append(ids, c.ID)
		}
		targets[c.ID] = append(targets[c.ID], clean(c.Target))
	}
	for _, id := range ids {
		name := clean(id)
		if len(targets[id]) < tried[id] {
			name += " on " + strings.Join(targets[id], " and ")
		}
		names = append(names, name)
	}
	return n, names
}

// ruleName is a rule and the target it was held to, unless that was all of them.
func ruleName(c *results.CheckResult) string {
	if c.Target == "" || c.Target == "all" {
		return clean(c.ID)
	}
	return clean(c.ID) + " on " + clean(c.Target)
}

func (p *page) check(c *results.CheckResult, sign string, paint func(string) string) {
	p.hanging("  "+paint(sign)+" ", columns(sign)+3, ruleName(c), nil)
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
	if text := ceilingText(g); text != "" {
		p.field("ceiling", text)
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
	if p.opt.Folder == "" && len(p.next(s)) == 0 {
		return
	}
	if !p.opt.Brief {
		p.line("")
	}
	if p.opt.Folder != "" {
		p.line(p.bold("Run folder") + "  " + clean(p.opt.Folder))
	}
	p.advise(s)
}

// advise writes what to do next.
func (p *page) advise(s *results.Summary) {
	for i, t := range p.next(s) {
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
	var list []advice
	n := s.Sessions.Orphaned
	for _, g := range s.Gaps {
		n -= g.GivenUp // no ledger knows them any more
	}
	if n > 0 {
		list = append(list, advice{"authsoak cleanup " + run,
			"logs out the " + plural(n, "session", "sessions") + " that this run left on the servers"})
	}
	if s.Verdict == results.Invalid && s.Generator.TaintedIntervals > 0 {
		list = append(list, advice{"authsoak calibrate",
			"measures what this machine can drive; ask for less, or drive from one that is larger or does nothing else"})
	}
	return list
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
