package report

import (
	"fmt"
	"io"
	"strings"
	"time"

	"authsoak/results"
)

// Timeout writes what timeout ladders have found as text: the verdict of each,
// then what it rests on. The error is w's.
func Timeout(w io.Writer, t *results.TimeoutResult, opt TextOptions) error {
	p := newPage(opt)
	p.timeouts(t)
	if opt.Folder != "" {
		if !opt.Brief {
			p.line("")
		}
		p.line(p.bold("Run folder") + "  " + clean(opt.Folder))
	}
	_, err := io.WriteString(w, p.String())
	return err
}

func (p *page) timeouts(t *results.TimeoutResult) {
	if len(t.Ladders) == 0 {
		p.line(p.bold(p.yellow("UNKNOWN")) + "  nothing was measured")
	}
	for i := range t.Ladders {
		if i > 0 && !p.opt.Brief {
			p.line("")
		}
		p.ladder(&t.Ladders[i])
	}
}

func (p *page) ladder(l *results.LadderResult) {
	word, paint := strings.ToUpper(clean(l.Verdict)), p.yellow
	switch l.Verdict {
	case string(results.Pass), results.TimeoutMeasured:
		paint = p.green
	case string(results.Failed):
		paint = p.red
	}
	p.hanging(p.bold(paint(word))+"  ", columns(word)+2, clean(l.Name())+": "+clean(l.Reason), nil)
	if p.opt.Brief {
		return
	}
	p.line("")
	if len(l.Touches) == 0 {
		p.field("sessions", sessionText(&l.Sessions))
		return
	}
	p.field("timeout", lifeText(l))
	p.field("expected", expectText(l))
	if l.DocumentedS != nil {
		text := lifeSpan(*l.DocumentedS)
		if l.Documented != "" {
			text += ": " + clean(l.Documented)
		}
		p.field("documented", text)
	}
	if l.Replaced != nil {
		p.field("replaced", "after "+bracketText(*l.Replaced)+" of idleness the session is a new one; access ends after "+bracketText(l.Timeout))
	}
	if r := l.Reaper; r != nil {
		p.field("reaper", fmt.Sprintf("every %s to %s; the timeout itself is %s", lifeSpan(r.LeastPauseS), lifeSpan(r.MostPauseS), bracketText(r.Timeout)))
	}
	for _, f := range l.Findings {
		p.prose("  "+p.warn+" ", clean(f), p.yellow)
	}
	for i := range l.Arms {
		p.arm(&l.Arms[i])
	}
	p.lifetimeRules(l.Checks)
	p.field("evidence", touchText(l))
	p.field("sessions", sessionText(&l.Sessions))
}

// arm writes what sessions in constant use have shown.
func (p *page) arm(a *results.LadderArm) {
	name, took := clean(a.Name), "renewed"
	if a.Name == "refused-renewal" {
		name, took = "renewal", "refused"
	}
	text := clean(a.Finding) + "; " + plural(int64(a.Touches), "touch", "touches")
	if a.Renewals > 0 {
		text += ", " + plural(int64(a.Renewals), "cookie", "cookies") + " " + took
	}
	p.field(name, text)
}

// lifetimeRules writes the verdicts on what was measured besides the timeout.
func (p *page) lifetimeRules(checks []results.CheckResult) {
	for i := range checks {
		c := &checks[i]
		if c.ID == "lifetime.idle" || !c.Judged {
			continue
		}
		sign, paint := p.verdictMark(c)
		text := c.ID + " " + c.Verdict + ": expected " + c.Expected
		if c.Verdict != "pass" {
			text += "; observed " + c.Observed
		}
		p.hanging("  "+paint(sign)+" ", columns(sign)+3, clean(text), paint)
	}
}

// lifeText is the answer in a line.
func lifeText(l *results.LadderResult) string {
	text := bracketText(l.Timeout)
	switch l.Kind {
	case "idle":
		text += " of idleness"
	case "absolute":
		text += " after the login, used or not"
	}
	if l.Timeout.MostS != nil && l.Regular {
		wide := *l.Timeout.MostS - l.Timeout.LeastS
		text += fmt.Sprintf(" (%s wide, %.2g %%)", lifeSpan(wide), 100*wide/max(*l.Timeout.MostS, 1e-9))
	}
	if l.MeasuredS > 0 {
		text += fmt.Sprintf(", known after %s", lifeSpan(l.MeasuredS))
	}
	return text
}

func bracketText(b results.LifeBracket) string {
	if b.MostS == nil {
		return "more than " + lifeSpan(b.LeastS)
	}
	return lifeSpan(b.LeastS) + " to " + lifeSpan(*b.MostS)
}

func expectText(l *results.LadderResult) string {
	if l.ExpectS == nil {
		return "nothing"
	}
	return lifeSpan(*l.ExpectS) + " ± " + lifeSpan(*l.WithinS)
}

// touchText counts the touches by what they found.
func touchText(l *results.LadderResult) string {
	counts := map[string]int64{}
	var all int64
	for _, t := range l.Touches {
		if t.Count == 0 { // of the ladder itself
			counts[t.Fate]++
			all++
		}
	}
	text := plural(all, "session", "sessions") + " touched once"
	for _, fate := range []string{"alive", "replaced", "dead", "unknown"} {
		if n := counts[fate]; n > 0 {
			text += fmt.Sprintf(", %s %s", count(n), fate)
		}
	}
	return text
}

func sessionText(s *results.LadderSessions) string {
	text := fmt.Sprintf("%s opened, %s ended by the server, %s logged out, at most %s at once",
		count(int64(s.Opened)), count(int64(s.Ended)), count(int64(s.LoggedOut)), count(int64(s.PeakLive)))
	for _, extra := range []struct {
		n    int
		what string
	}{{s.Refused, "failed to open"}, {s.Left, "may still be open"}, {s.PossiblyOpen, "possibly open"}} {
		if extra.n > 0 {
			text += fmt.Sprintf(", %s %s", count(int64(extra.n)), extra.what)
		}
	}
	return text
}

// lifeSpan writes a lifetime as finely as it is worth.
func lifeSpan(seconds float64) string {
	d := time.Duration(seconds * float64(time.Second))
	step := time.Millisecond
	switch {
	case d >= 10*time.Minute:
		step = time.Second
	case d >= 10*time.Second:
		step = 10 * time.Millisecond
	}
	text := d.Round(step).String()
	if strings.HasSuffix(text, "m0s") {
		text = text[:len(text)-2]
	}
	if strings.HasSuffix(text, "h0m") {
		text = text[:len(text)-2]
	}
	return text
}
