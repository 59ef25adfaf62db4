package driver

import (
	"errors"
	"math"
	"slices"
	"sync"
	"time"

	"authsoak/driver/sessions"
	"authsoak/results"
	"authsoak/rules"
)

// Kept is the ledger of those who probe rather than drive: every session that
// their clients open stands in a file until it is known to be over, so that
// [Cleanup] can log out what a killed process left. It is safe for concurrent use.
type Kept struct {
	store *sessions.Store
	users *sessions.Shard
	epoch time.Time

	mu      sync.Mutex
	trouble error // the first session that could not be kept
}

// KeepLedger makes the ledger of a run at path.
func KeepLedger(path, runID string) (*Kept, error) {
	store, err := sessions.Create(path, 1)
	if err != nil {
		return nil, err
	}
	k := &Kept{store: store, users: store.Shard(0), epoch: time.Now()}
	if err := store.Describe(runID, k.epoch); err != nil {
		return nil, errors.Join(err, store.Remove())
	}
	return k, nil
}

// Sessions is the ledger of a target in numbers, and how many sessions could
// still be logged out.
func (k *Kept) Sessions(target int) results.SessionSummary {
	c := k.store.CountsOf(uint8(target))
	return results.SessionSummary{
		Opened: c.Opened, Closed: c.Closed, Abandoned: c.Abandoned, Expired: c.Expired, LiveAtEnd: c.Live + c.PossiblyClosed,
		PossiblyOpen: c.PossiblyOpen + c.Opening, PossiblyClosed: c.PossiblyClosed, Orphaned: orphans(c), PeakLive: c.PeakLive,
		Balanced: c.Balanced(),
	}
}

// orphans counts the sessions of a target that could still be logged out; of no
// ledger, none.
func (k *Kept) orphans(target int) int64 {
	if k == nil {
		return 0
	}
	return orphans(k.store.CountsOf(uint8(target)))
}

// Close ends the ledger. The file stays if a session may still be open. The error
// also tells of sessions that could not be kept.
func (k *Kept) Close() error {
	k.mu.Lock()
	defer k.mu.Unlock()
	if orphans(k.store.Counts()) > 0 {
		return errors.Join(k.trouble, k.store.Close())
	}
	return errors.Join(k.trouble, k.store.Remove())
}

func (k *Kept) fail(err error) {
	if err == nil {
		return
	}
	k.mu.Lock()
	defer k.mu.Unlock()
	if k.trouble == nil {
		k.trouble = err
	}
}

// place says where a prober's sessions stand in a ledger.
type place struct {
	ledger *Kept
	target uint8
	first  int // what is added to an account's index; negative: it means nothing
}

// Keep makes every session that the prober's clients open from now on stand in a
// ledger, as one of the target with that index in the run's scenario. The first
// of the prober's accounts has the index firstAccount there; negative: the
// scenario doesn't know its accounts.
func (p *Prober) Keep(ledger *Kept, target, firstAccount int) {
	p.place = place{ledger, uint8(target), firstAccount}
}

// entry is one session in a ledger. The clients that hold the session share it.
type entry struct {
	mu   sync.Mutex
	in   *Kept
	id   sessions.ID
	over bool // the record is given back
}

// opening enters a login that is about to be sent; nil where nothing is kept.
func (c *Client) opening() *entry {
	at := c.prober.place
	if at.ledger == nil {
		return nil
	}
	id, err := at.ledger.users.Take()
	if err != nil {
		at.ledger.fail(err)
		return nil
	}
	r := at.ledger.users.At(id)
	r.Target, r.Account = at.target, math.MaxUint32
	if at.first >= 0 {
		r.Account = uint32(at.first + c.Account)
	}
	at.ledger.users.SetState(id, sessions.Opening)
	return &entry{in: at.ledger, id: id}
}

// become enters what is known of the session now. What is over stays over.
func (e *entry) become(state sessions.State, jar *sessions.Jar) {
	if e == nil {
		return
	}
	e.mu.Lock()
	defer e.mu.Unlock()
	if e.over {
		return
	}
	users := e.in.users
	if jar != nil {
		if r := users.At(e.id); r.Opened == 0 {
			r.Opened = int64(time.Since(e.in.epoch))
		}
		e.in.fail(users.SaveAs(e.id, jar, state))
	} else {
		users.SetState(e.id, state)
	}
	if !state.MayBeOpen() {
		e.over = true
		users.Release(e.id)
	}
}

// Gone enters in the ledger that the client's session has ended without a logout
// of ours.
func (c *Client) Gone() { c.entry.become(sessions.Expired, nil) }

// authenticated are the values of the slots that show who the client is.
func (c *Client) authenticated() (values []string, some bool) {
	for i, s := range c.prober.target.flow.Slots {
		if s.Authenticates {
			values = append(values, string(c.Jar.Slots[i]))
			some = some || len(c.Jar.Slots[i]) > 0
		}
	}
	return values, some
}

// Holds tells whether the client has cookies that may stand for a session.
func (c *Client) Holds() bool {
	_, some := c.authenticated()
	return some
}

// keepLogin sends a login between two entries: that it is on its way, and what
// came of it. A login that leaves the client the cookies that it had opened
// nothing.
func (c *Client) keepLogin(send func() []rules.Reply) []rules.Reply {
	before, had := c.authenticated()
	former := c.entry
	mine := c.opening()
	c.entry = mine // so that cookies of a login of several requests are kept as they come
	replies := send()
	if mine == nil {
		c.entry = former
		return replies
	}
	after, some := c.authenticated()
	last := &replies[len(replies)-1]
	// Cookies that come with a refusal of the credentials are nobody's session.
	acted := last.Accepted() || last.Verdict.BodyOnly || len(replies) > 1 || last.Verdict.Outcome == results.Unknown
	switch {
	case some && acted && !(had && slices.Equal(before, after)):
		mine.become(sessions.Live, &c.Jar)
		return replies
	case last.Verdict.Outcome == results.Unknown:
		mine.become(sessions.PossiblyOpen, nil)
	default:
		mine.become(sessions.Idle, nil)
	}
	c.entry = former
	return replies
}

// keepLogout enters what came of a logout.
func (c *Client) keepLogout(replies []rules.Reply) {
	switch last := &replies[len(replies)-1]; {
	case last.Accepted() || last.Verdict.BodyOnly:
		c.entry.become(sessions.Closed, nil)
	case last.Verdict.Outcome == results.Unknown:
		c.entry.become(sessions.PossiblyClosed, nil)
	}
}

// keepCookies enters cookies that an answer has brought, if it was to a request
// with the session's own.
func (c *Client) keepCookies(set uint64, v *rules.Variation) {
	if c.entry == nil || c.Frozen || v.NoCookies || len(v.Omit)+len(v.Swap)+len(v.Tamper) > 0 {
		return
	}
	for i, s := range c.prober.target.flow.Slots {
		if s.Authenticates && set>>i&1 != 0 && len(c.Jar.Slots[i]) > 0 {
			c.entry.become(sessions.Live, &c.Jar)
			return
		}
	}
}
