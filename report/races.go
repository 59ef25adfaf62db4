package report

import (
	"io"
	"strconv"

	"authsoak/results"
)

// Races writes what racing clients found, as text: for each fault its shortest
// history, one line an operation. The error is w's.
func Races(w io.Writer, all []results.RaceReport, opt TextOptions) error {
	p := newPage(opt)
	for i := range all {
		p.races(&all[i])
	}
	_, err := io.WriteString(w, p.String())
	return err
}

func (p *page) races(r *results.RaceReport) {
	title := "Races"
	if r.Target != "" {
		title += ": " + clean(r.Target)
	}
	p.heading(title)
	rounds := count(int64(r.Rounds))
	if r.Rounds != r.Planned {
		rounds += " of " + count(int64(r.Planned))
	}
	p.field("rounds", rounds+" in "+span(r.DurationS)+", up to "+plural(int64(r.Clients), "client", "clients")+
		" on one session, seed "+strconv.FormatUint(r.Seed, 10))
	p.field("requests", p.raceRequests(r))
	if r.Start != "" {
		p.field("start", clean(r.Start))
	}
	s := r.Sessions
	p.field("sessions", count(s.Opened)+" opened, "+count(s.Closed)+" closed")
	if s.Left > 0 {
		p.prose("  "+p.warn+" ", plural(s.Left, "session", "sessions")+" could not be logged out", p.yellow)
	}
	if s.PossiblyOpen > 0 {
		p.prose("  "+p.warn+" ", plural(s.PossiblyOpen, "session is", "sessions are")+
			" possibly open: the answer to the login never came", p.yellow)
	}
	if r.Stopped != "" {
		p.prose("  "+p.warn+" ", "stopped: "+clean(r.Stopped), p.yellow)
	}
	if r.Unjudged > 0 {
		p.prose("  "+p.warn+" ", plural(int64(r.Unjudged), "round", "rounds")+" could not be judged in the time for it", p.yellow)
	}
	for i := range r.Findings {
		p.raceFinding(&r.Findings[i])
	}
	for _, n := range r.Notes {
		p.prose("  ", clean(n), p.dim)
	}
}

func (p *page) raceRequests(r *results.RaceReport) string {
	text := plural(r.Requests, "operation", "operations")
	if r.Unknown > 0 {
		text += ", " + count(r.Unknown) + " with an unknown outcome"
	}
	return text
}

// raceColumns are the columns of a history.
var raceColumns = []column{
	{title: "client", left: true}, {title: "from", spare: 1}, {title: "to", spare: 2},
	{title: "request", left: true}, {title: "answer", left: true},
}

// raceFinding writes one kind of fault and its shortest history.
func (p *page) raceFinding(f *results.RaceFinding) {
	sign, paint := p.fail, p.red
	if !f.Judged {
		sign, paint = p.warn, p.yellow
	}
	p.line("")
	p.hanging("  "+paint(sign)+" ", columns(sign)+3, clean(f.Rule)+": "+clean(f.Fault)+" ("+count(int64(f.Shown))+" of "+
		plural(int64(f.Tried), "round", "rounds")+", first in round "+count(int64(f.First))+")", nil)
	t := &table{columns: append([]column(nil), raceColumns...)}
	t.columns[1].title, t.columns[2].title = "from "+p.micro, "to "+p.micro
	for i := range f.History {
		o := &f.History[i]
		to := "never"
		if o.ToUS != nil {
			to = micros(*o.ToUS)
		}
		t.add(cell{text: count(int64(o.Client))}, cell{text: micros(o.FromUS)}, cell{text: to},
			cell{text: clean(o.Act + " " + o.Session)}, cell{text: clean(o.Outcome)})
	}
	if gone := t.print(p, "      "); len(gone) > 0 {
		p.prose("      ", noRoom(gone), p.dim)
	}
	if !f.Judged {
		p.prose("      ", "nothing is declared of it, so it is no failure", p.dim)
	}
	if f.Picture != "" {
		path := clean(f.Picture)
		if p.opt.Folder != "" {
			path = clean(p.opt.Folder) + "/" + path
		}
		p.prose("      ", "picture: "+path, p.dim)
	}
}

// micros prints a time in microseconds, whole and grouped.
func micros(us float64) string { return count(int64(us + 0.5)) }
