package experiment

import (
	"time"

	"authsoak/results"
	"authsoak/scenario"
)

// storm judges many logins at one instant.
type storm struct {
	plan  *scenario.ExperimentPlan
	back  recovery
	in    int64 // logged in
	last  int64 // when the last of them was
	wrong tally
	times results.Histogram // response times, of failed ones too
}

func (s *storm) at() (int64, bool)       { return int64(s.plan.At), true }
func (s *storm) excuses(int, int64) bool { return false }

func (s *storm) see(e *Event) {
	if e.Part != Login || !e.Judged {
		return
	}
	if e.Intended >= int64(s.plan.At) && !s.back.happened() {
		s.back.begin(int64(s.plan.At))
	}
	if e.Intended != int64(s.plan.At) || s.in+s.wrong.sum() == int64(s.plan.Users) { // or the calm arrival of that instant
		s.back.login(e)
		return
	}
	s.times.Record(e.End - e.Intended)
	if e.Outcome != results.OK {
		s.wrong[e.Class]++
		return
	}
	s.in++
	s.last = max(s.last, e.End)
}

func (s *storm) lines() []results.ExperimentLine {
	all := int64(s.plan.Users)
	missing := all - s.in - s.wrong.sum()
	took := time.Duration(s.last) - s.plan.At
	enough := float64(all-s.in) <= s.plan.Failures*float64(all)
	in := words{sum(s.in, " of "), sum(all, ""), latest(", the last after ", max(took, 0), "")}
	return []results.ExperimentLine{
		line("everybody in", s.in > 0 && enough && took <= s.plan.Within, words{at("all logged in after ", s.plan.Within, " at most")}, in),
		failures(all, &s.wrong, missing, s.plan.Failures),
		line("worst login", s.times.Count() > 0 && time.Duration(s.times.Max()) <= s.plan.Slowest, within(s.plan.Slowest), words{spread(&s.times)}),
		s.back.line(s.plan.Within),
	}
}
