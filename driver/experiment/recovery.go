package experiment

import (
	"fmt"
	"time"

	"authsoak/results"
)

// leastLimit is the response time up to which a login counts as it was before,
// however fast it was: below, a scheduler's whim would be a finding.
const leastLimit = 10 * time.Millisecond

// steadily is how many seconds with logins in a row must be as before.
const steadily = 3

// recovery tells when logins answer again as they did before an event: from the
// first of three seconds in a row on in which more than half of them were
// answered, well, within factor times the median of before. A second belongs to
// the logins that were meant to start in it; seconds without any don't count.
type recovery struct {
	factor float64
	before results.Histogram // response times of good logins
	since  int64             // the event; 0: none yet
	limit  int64
	window []window
}

type window struct{ all, slow uint32 }

func newRecovery(factor float64) recovery { return recovery{factor: factor} }

// begin fixes what counts as before.
func (r *recovery) begin(at int64) {
	r.since = max(at, 1)
	r.limit = max(int64(r.factor*float64(r.before.Percentile(50))), int64(leastLimit))
}

// happened tells whether there was an event, and whether anything is known of
// before.
func (r *recovery) happened() bool { return r.since > 0 }

// login takes a login in; one of before counts if it ended before the event.
func (r *recovery) login(e *Event) {
	response := e.End - e.Intended
	if !r.happened() {
		if e.Outcome == results.OK {
			r.before.Record(response)
		}
		return
	}
	if e.Intended < r.since {
		return
	}
	i := int((e.Intended - r.since) / int64(time.Second))
	for len(r.window) <= i {
		r.window = append(r.window, window{})
	}
	r.window[i].all++
	if e.Outcome != results.OK || response > r.limit {
		r.window[i].slow++
	}
}

// after returns the time from the event to the second from which on logins were
// as before; false: they never were for long enough.
func (r *recovery) after() (time.Duration, bool) {
	row, first := 0, 0
	for i, w := range r.window {
		switch {
		case w.all == 0:
			continue
		case 2*w.slow >= w.all:
			row = 0
			continue
		case row == 0:
			first = i
		}
		if row++; row == steadily {
			return time.Duration(first) * time.Second, true
		}
	}
	return 0, false
}

// line is the verdict on the recovery.
func (r *recovery) line(within time.Duration) results.ExperimentLine {
	const name = "back to normal"
	was := time.Duration(r.before.Percentile(50))
	expectation := words{at("the median login is answered within ", time.Duration(r.limit), " again"), at(" (it was ", was, ")"), at(" after ", within, " at most")}
	switch {
	case r.before.Count() == 0:
		return line(name, false, words{text("logins are as fast again as before")},
			words{text("no login was answered before, so that there is nothing to hold it against: a longer hold before, or more logins")})
	case len(r.window) == 0:
		return line(name, false, expectation, words{text("nobody logged in afterwards")})
	}
	after, ok := r.after()
	if !ok {
		return line(name, false, expectation, words{text(fmt.Sprintf("not within the %d s that were seen", len(r.window)))})
	}
	return line(name, after <= within, expectation, words{latest("after ", after, "at once")})
}
