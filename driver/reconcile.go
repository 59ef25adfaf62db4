package driver

import (
	"context"
	"fmt"
	"sync"
	"time"

	"authsoak/driver/sessions"
	"authsoak/results"
	"authsoak/rules"
)

// Where a profile says how a server lists its sessions, the ledger is held against
// that list before the load and after the drain: a session that the server keeps
// although it was logged out shows nowhere else. The accounts are the run's own, so
// what is listed for them more than before and more than the ledger holds was left
// behind, and fails the run. What is listed of all users is told and never judged:
// nobody knows what others did meanwhile.
const (
	listedAccounts = 10
	listedAgain    = 3
	listingLimit   = 20 * time.Second // of all accounts of a target
)

// listing is what a server listed of the sample, by target.
type listing struct {
	own     map[int]int // by account; -1: not known
	all     int
	problem string
	trial   string // what a trial of logins showed, where the total rose
	leaks   bool
}

// keepListings makes the ledger of the sessions that ask for lists, if any does.
func (r *run) keepListings() (err error) {
	for i := range r.targets {
		if r.targets[i].listing != nil && !r.targets[i].flow.Sessionless {
			r.listings, err = KeepLedger(r.Folder.Path(results.ListingLedgerFile), r.Folder.RunID)
			return err
		}
	}
	return nil
}

// asker makes a prober whose sessions stand in a ledger.
func (r *run) asker(t *target) *Prober {
	p := &Prober{target: t, timeout: r.plan.Timeout, epoch: r.epoch}
	p.Keep(r.listings, t.index, 0)
	return p
}

// listAll asks every target whose profile has a listing. It sends nothing to the
// others.
func (r *run) listAll(before []listing) []listing {
	out := make([]listing, len(r.targets))
	var group sync.WaitGroup
	for i := range r.targets {
		t := &r.targets[i]
		if t.listing == nil || t.flow.Sessionless || r.ctx.Err() != nil {
			continue
		}
		group.Go(func() {
			ctx, cancel := context.WithTimeout(r.ctx, listingLimit)
			defer cancel()
			out[i] = r.list(ctx, t)
			if before != nil {
				r.listAgain(ctx, t, &before[i], &out[i])
				out[i].tryTotal(ctx, r, t, &before[i])
			}
		})
	}
	group.Wait()
	return out
}

func (r *run) list(ctx context.Context, t *target) listing {
	l := listing{own: map[int]int{}, all: rules.NotCounted}
	p := r.asker(t)
	for account := range min(listedAccounts, t.Accounts.Count()) {
		listed, problem := p.listed(ctx, account)
		if problem != "" {
			l.problem = problem
			if len(l.own) == 0 && account == 0 {
				return l // where the first may not, the others need not be asked
			}
			continue
		}
		l.own[account] = listed.Own
		if listed.All != rules.NotCounted {
			l.all = listed.All
		}
	}
	return l
}

// listAgain asks again for accounts of which more is listed than before: a server
// may take its time, and somebody may just have used the account. What was left
// behind stays.
func (r *run) listAgain(ctx context.Context, t *target, before, after *listing) {
	p := r.asker(t)
	for range listedAgain {
		more := false
		for account, n := range after.own {
			was, both := before.own[account]
			if !both || n <= was {
				continue
			}
			if !more && !sleepUntil(ctx, time.Second) {
				return
			}
			more = true
			if l, problem := p.listed(ctx, account); problem == "" && l.Own != rules.NotCounted {
				after.own[account] = min(n, l.Own)
			}
		}
		if !more {
			return
		}
	}
}

// listed logs an account in, reads the list and logs it out.
func (p *Prober) listed(ctx context.Context, account int) (rules.Listed, string) {
	c := p.Client(account)
	defer func() { _ = c.Close() }()
	good := rules.Variation{Session: rules.Live}
	if r := last(c.Login(ctx, rules.Variation{})); !r.Accepted() {
		return rules.Listed{}, "login: " + why(r)
	}
	list := last(c.List(ctx, good))
	out := last(c.Logout(context.WithoutCancel(ctx), good))
	switch {
	case !list.Accepted():
		return rules.Listed{}, "list: " + why(list)
	case !out.Accepted():
		return rules.Listed{}, "logout: " + why(out)
	}
	return list.Listed, ""
}

func last(replies []rules.Reply) rules.Reply {
	if len(replies) == 0 {
		return rules.Reply{}
	}
	return replies[len(replies)-1]
}

func why(r rules.Reply) string {
	if r.Err != nil {
		return outcomeClass(r.Err)
	}
	return fmt.Sprintf("status %d", r.Status)
}

func outcomeClass(err error) string {
	_, class := outcomeOf(err, false)
	return class.String()
}

// heldFor counts the sessions that the ledger holds for the accounts of a sample,
// and those that may be open besides.
func (r *run) heldFor(target int, own map[int]int) (held, perhaps int) {
	for _, s := range r.shards {
		s.users.Each(func(_ sessions.ID, u *sessions.Record) bool {
			if _, sampled := own[int(u.Account)]; int(u.Target) != target || !sampled {
				return true
			}
			switch u.State() {
			case sessions.Live, sessions.Closing, sessions.Abandoned:
				held++
			case sessions.Opening, sessions.PossiblyOpen, sessions.PossiblyClosed:
				perhaps++
			}
			return true
		})
	}
	return held, perhaps
}

// reconcile holds the lists before and after against the ledger.
func (r *run) reconcile(before, after []listing) (found []results.Listed, checks []results.CheckResult) {
	for i := range r.targets {
		t := &r.targets[i]
		if t.listing == nil || t.flow.Sessionless || len(before) <= i || len(after) <= i {
			continue
		}
		f := results.Listed{Target: t.Name, Problem: before[i].problem}
		if f.Problem == "" {
			f.Problem = after[i].problem
		}
		common := map[int]int{}
		for account, n := range before[i].own {
			m, both := after[i].own[account]
			if !both || n == rules.NotCounted || m == rules.NotCounted {
				continue
			}
			common[account] = m
			f.Accounts++
			f.OwnBefore += int64(n)
			f.OwnAfter += int64(m)
			f.Surplus += int64(max(0, m-n))
		}
		f.Trial, f.Leaks = after[i].trial, after[i].leaks
		held, perhaps := r.heldFor(i, common)
		f.Held, f.Perhaps = int64(held), int64(perhaps)+r.perhapsEarlier(i)
		f.Surplus = max(0, f.Surplus-f.Held)
		if a, b := before[i].all, after[i].all; a != rules.NotCounted && b != rules.NotCounted {
			f.AllKnown, f.AllBefore, f.AllAfter = true, int64(a), int64(b)
		}
		found = append(found, f)
		checks = append(checks, listedCheck(t, &f))
	}
	return found, checks
}

// listedCheck judges what was found.
func listedCheck(t *target, f *results.Listed) results.CheckResult {
	c := results.CheckResult{ID: "session.listed", Target: t.Name, Verdict: string(rules.Passed), Judged: true,
		Expected: "the server lists no session more of the run's accounts than before the load, but those that the ledger holds",
		Source:   t.flow.Listing.Source}
	if c.Source == "" {
		c.Source = "owed by every server that lists its sessions"
	}
	c.Observed = fmt.Sprintf("of %d accounts %d sessions before and %d after, the ledger holds %d", f.Accounts, f.OwnBefore, f.OwnAfter, f.Held)
	if f.AllKnown {
		c.Observed += fmt.Sprintf("; of all users, others' too, %d before and %d after", f.AllBefore, f.AllAfter)
	}
	switch {
	case f.Leaks:
		c.Verdict = string(rules.FailedRule)
		c.Observed = fmt.Sprintf("of all users %d before and %d after; %s", f.AllBefore, f.AllAfter, f.Trial)
	case f.Accounts == 0:
		c.Verdict, c.Judged = string(rules.Info), false
		c.Observed = "the list could not be read"
		if f.Problem != "" {
			c.Observed += " (" + f.Problem + ")"
		} else if f.AllKnown {
			c.Observed = fmt.Sprintf("it doesn't tell one user's sessions from another's; of all %d before and %d after", f.AllBefore, f.AllAfter)
		}
	case f.Surplus > f.Perhaps:
		c.Verdict = string(rules.FailedRule)
		c.Observed += fmt.Sprintf(": %d were left behind on the server", f.Surplus-f.Perhaps)
	}
	return c
}
