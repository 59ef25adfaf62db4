package report

import (
	"io"

	"authsoak/results"
)

// Terminal writes the report of a run folder as text, whichever command left it.
// What a load's summary doesn't hold follows it: timeouts that were measured
// beside it, and races. The error is w's.
func Terminal(w io.Writer, in Input) error {
	s := in.Summary
	switch {
	case s.Command == results.CheckCommand:
		return contract(w, in)
	case s.Command == results.TimeoutCommand && in.Timeout != nil:
		p := newPage(in.Text)
		p.timeouts(in.Timeout)
		p.probed(s)
		p.after(s)
		_, err := io.WriteString(w, p.String())
		return err
	}
	if err := Summary(w, s, in.Text); err != nil {
		return err
	}
	p := newPage(in.Text)
	if in.Timeout != nil {
		p.heading("Timeouts beside the load")
		p.timeouts(in.Timeout)
	}
	for i := range in.Races {
		p.races(&in.Races[i])
	}
	_, err := io.WriteString(w, p.String())
	return err
}

// contract is the report of a check: a line for each rule, or for each target where
// there are many, then what did not pass in full.
func contract(w io.Writer, in Input) error {
	s := in.Summary
	if !in.Text.Brief {
		p := newPage(in.Text)
		p.ruleLines(s)
		p.probed(s)
		if _, err := io.WriteString(w, p.String()); err != nil {
			return err
		}
	}
	err := Checks(w, CheckInput{Verdict: s.Verdict, Checks: s.Checks, Compared: s.Compared, Races: in.Races,
		Left: int(s.Sessions.Orphaned), Text: in.Text})
	if err != nil || s.Sessions.Orphaned == 0 {
		return err
	}
	text := in.Text
	text.Brief = true
	p := newPage(text)
	p.advise(s)
	_, err = io.WriteString(w, p.String())
	return err
}

// mostListed is how many targets have a line for each of their rules.
const mostListed = 3

func (p *page) ruleLines(s *results.Summary) {
	byTarget := map[string][]results.CheckResult{}
	names := 0
	for i := range s.Checks {
		c := &s.Checks[i]
		byTarget[c.Target] = append(byTarget[c.Target], *c)
	}
	for i := range s.Targets {
		names = max(names, columns(clean(s.Targets[i].Name)))
	}
	for i := range s.Targets {
		name := s.Targets[i].Name
		if len(s.Targets) > mostListed {
			p.WriteString(CheckTarget(name, byTarget[name], names, p.opt))
			continue
		}
		for k := range byTarget[name] {
			if c := &byTarget[name][k]; c.Verdict != "not-applicable" {
				p.rule(c, names*min(len(s.Targets)-1, 1))
			}
		}
	}
}

// probed writes what was probed, when, and who allowed it.
func (p *page) probed(s *results.Summary) {
	p.heading("Tested")
	p.targets(s.Targets)
	if insecure := insecureTargets(s); len(insecure) > 0 {
		p.insecure(insecure)
	}
	p.field("time", span(s.DurationS))
	p.begun(s)
	t := s.Sessions
	text := count(t.Opened) + " opened, " + count(t.Closed) + " logged out, " + count(t.Expired) + " ended by the server"
	if t.Orphaned > 0 {
		text += ", " + count(t.Orphaned) + " may still be open"
	}
	if t.PossiblyOpen > 0 {
		text += ", " + count(t.PossiblyOpen) + " possibly open: the answer to the login never came"
	}
	p.field("sessions", text)
}
