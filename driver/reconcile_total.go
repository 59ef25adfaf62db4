package driver

import (
	"context"
	"fmt"
	"time"

	"authsoak/rules"
)

// trialRounds is how many logins settle whether the total rises with them.
const trialRounds = 5

// tryTotal settles the doubt that a total of all users leaves: if it rose, others
// may have come. Where nothing else is known, one session watches the total while
// another logs in and out, and as often while nothing is done. Others would show
// in both.
func (l *listing) tryTotal(ctx context.Context, r *run, t *target, before *listing) {
	if l.all == rules.NotCounted || before.all == rules.NotCounted || l.all <= before.all || l.ownKnown(before) {
		return
	}
	p := r.asker(t)
	watcher := p.Client(0)
	defer func() { _ = watcher.Close() }()
	if in := last(watcher.Login(ctx, rules.Variation{})); !in.Accepted() {
		return
	}
	good := rules.Variation{Session: rules.Live}
	defer watcher.Logout(context.WithoutCancel(ctx), good)
	total := func() int { return last(watcher.List(ctx, good)).Listed.All }
	waited, worked := 0, 0
	for range trialRounds {
		began := time.Now()
		a := total()
		other := p.Client(min(1, t.Accounts.Count()-1))
		in, out := last(other.Login(ctx, rules.Variation{})), last(other.Logout(ctx, good))
		_ = other.Close()
		b := total()
		if !in.Accepted() || !out.Accepted() || !sleepUntil(ctx, time.Since(began)) {
			return
		}
		worked += b - a
		waited += total() - b
	}
	l.trial = fmt.Sprintf("%d logins and logouts, one by one, raised the total by %d, waiting as long by %d", trialRounds, worked, waited)
	l.leaks = worked >= trialRounds && waited <= 0
}

// ownKnown tells whether one account was counted both times.
func (l *listing) ownKnown(before *listing) bool {
	for account, n := range l.own {
		if m, both := before.own[account]; both && n != rules.NotCounted && m != rules.NotCounted {
			return true
		}
	}
	return false
}
