package report

import (
	"fmt"
	"io"
	"time"

	"authsoak/results"
)

// LadderPlan is what is told of a ladder before it starts.
type LadderPlan struct {
	Target, Setting string
	results.LadderPlanned
	// ExpectedEndS is the end if the timeout is what is expected or documented; 0
	// where neither is known.
	ExpectedEndS float64
	Irregular    int // more sessions where answers contradict each other
	Accounts     int // 0: sessions share accounts
	Arms         []string
}

// TimeoutPlan writes the plan of ladders that start at a time.
func TimeoutPlan(w io.Writer, plans []LadderPlan, start time.Time, opt TextOptions) error {
	p := newPage(opt)
	at := func(seconds float64) string {
		end := start.Add(time.Duration(seconds * float64(time.Second)))
		format := "15:04:05"
		if end.Sub(start) > 20*time.Hour {
			format = "Mon 2 Jan 15:04"
		}
		return end.Format(format)
	}
	for _, l := range plans {
		name := clean(l.Target)
		if l.Setting != "" {
			name += " with " + clean(l.Setting)
		}
		p.field("target", name)
		p.field("range", fmt.Sprintf("%s to %s (%s), and beyond it up to %s", lifeSpan(l.FromS), lifeSpan(l.ToS), l.Basis, lifeSpan(l.LongestS)))
		p.field("ladder", fmt.Sprintf("%d ages, %d sessions each inside the range; a second ladder inside the bracket that they give", l.Rungs, l.Replicas))
		p.field("takes", takes(&l))
		end := fmt.Sprintf("by %s if the timeout lies in the range, by %s at the latest", at(l.EndsByS), at(l.LatestS))
		if l.ExpectedEndS > 0 {
			end = fmt.Sprintf("by %s if the timeout is as expected, ", at(l.ExpectedEndS)) + end
		}
		p.field("ends", end)
		if len(l.Arms) > 0 {
			p.field("arms", join(l.Arms))
		}
		p.line("")
	}
	_, err := io.WriteString(w, p.String())
	return err
}

func takes(l *LadderPlan) string {
	text := fmt.Sprintf("%d accounts; ", l.Accounts)
	if l.Accounts == 0 {
		text = "shared accounts; "
	}
	return text + fmt.Sprintf("%d sessions, at most %d at once, and up to %d more if the answers contradict each other", l.Sessions, l.AtOnce, 3*l.Irregular)
}

func join(words []string) string {
	text := ""
	for i, w := range words {
		if i > 0 {
			text += ", "
		}
		text += clean(w)
	}
	return text
}
