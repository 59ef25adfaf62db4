package check

import (
	"context"
	"fmt"
	"slices"
	"time"

	"authsoak/accounts"
	"authsoak/driver"
	"authsoak/results"
	"authsoak/rules"
)

// conditionsOf is what the table has to know of a target.
func conditionsOf(t *driver.Target, command string) rules.Conditions {
	c := rules.Conditions{Secure: t.URL.Scheme == "https", Accounts: t.Accounts.Count(), Command: command}
	columns, missing := accounts.Resolve(t.Accounts, []string{"inactive_client_id", "inactive_client_secret"})
	if len(missing) > 0 {
		return c
	}
	var scratch accounts.Scratch
	for i := range t.Accounts.Count() {
		if f := t.Accounts.Fields(i, columns, &scratch); len(f[0]) > 0 {
			c.Inactive = map[string]string{accounts.ClientID: string(f[0]), accounts.ClientSecret: string(f[1])}
			break
		}
	}
	return c
}

// trial is a script being tried: its clients, and the sessions they opened.
type trial struct {
	*contract
	clients map[int]*driver.Client
	leased  []uint32
	opened  []*driver.Client // a copy of each session that may be open
	e       rules.Evidence
}

// once makes a trial, or says why it can't.
func (k *contract) once(ctx context.Context, r *rules.Row) (rules.Evidence, string) {
	t := &trial{contract: k, clients: map[int]*driver.Client{}}
	defer t.end()
	t.e.Flow = rules.FlowFacts{Secure: k.Target.URL.Scheme == "https"}
	t.e.Replies = make([][]rules.Reply, len(r.Script))
	first := true
	for i := range r.Script {
		a := &r.Script[i]
		if a.Do != rules.DoCopy && t.clients[a.Client] == nil {
			if why := t.join(a, r.Cost.WrongSecrets, first); why != "" {
				return t.e, why
			}
			first = false
		}
		if !t.act(ctx, i, a) {
			break
		}
	}
	return t.e, ""
}

// join gives a client an account of its own, or another client's.
func (t *trial) join(a *rules.Action, wrong int, first bool) (why string) {
	if a.ShareAccount > 0 {
		t.clients[a.Client] = t.prober.Client(t.clients[a.ShareAccount-1].Account)
		return ""
	}
	if !first {
		wrong = 0
	}
	account, why := t.lease(wrong)
	if why == "" {
		t.clients[a.Client] = t.prober.Client(int(account))
		t.wrong[int(account)] += wrong
		t.e.Words = append(t.e.Words, t.words(t.clients[a.Client])...)
	}
	return why
}

// lease finds an account for which some more wrong secrets may be sent. Those
// for which none was sent yet come first: a server may have locked the others.
func (t *trial) lease(wrong int) (uint32, string) {
	pool := t.prober.Accounts()
	var passed []uint32
	for {
		account, ok := pool.Lease()
		if !ok {
			break
		}
		if t.wrong[int(account)] == 0 {
			t.leased = append(t.leased, account)
			giveBack(pool, passed)
			return account, ""
		}
		passed = append(passed, account)
	}
	defer func() { giveBack(pool, passed) }()
	for i, account := range passed {
		if t.wrong[int(account)]+wrong <= t.WrongSecrets {
			t.leased = append(t.leased, account)
			passed = slices.Delete(passed, i, i+1)
			return account, ""
		}
	}
	if len(passed) == 0 {
		return 0, "there is no account left: give more with --accounts"
	}
	return 0, fmt.Sprintf("%d wrong passwords were sent for each account already: give more accounts, or raise --wrong-secrets", t.WrongSecrets)
}

func giveBack(pool *accounts.Pool, list []uint32) {
	for _, account := range list {
		pool.Return(account)
	}
}

// act does one action; false where the rest of the script has no meaning.
func (t *trial) act(ctx context.Context, i int, a *rules.Action) bool {
	if a.Do == rules.DoCopy {
		if t.clients[a.Client] == nil {
			t.clients[a.Client] = t.clients[a.From].Copy()
		} else {
			t.clients[a.Client].Become(t.clients[a.From])
		}
		return true
	}
	c := t.clients[a.Client]
	var replies []rules.Reply
	switch a.Do {
	case rules.DoForget:
		c.Forget()
		return true
	case rules.DoLogin:
		t.out.Logins++
		replies = c.Login(ctx, a.Vary)
		t.note(c, replies)
	case rules.DoCall:
		replies = c.Call(ctx, a.Call, a.Vary)
	case rules.DoList:
		replies = c.List(ctx, a.Vary)
	case rules.DoLogout:
		before := c.Copy()
		replies = c.Logout(ctx, a.Vary)
		t.left(before, replies)
	}
	t.e.Replies[i] = replies
	t.out.Requests += len(replies)
	if a.WrongSecret {
		t.out.WrongSecrets++
	}
	last := &replies[len(replies)-1]
	// A login that failed ends the script, unless that was the question.
	return last.Err == nil && (a.Do != rules.DoLogin || a.Refused > 0 || done(last))
}

// done tells whether a login or logout has acted, whatever its body says.
func done(r *rules.Reply) bool { return r.Accepted() || r.Verdict.BodyOnly }

// note remembers a session that a login opened, or may have.
func (t *trial) note(c *driver.Client, replies []rules.Reply) {
	flow := t.prober.Flow()
	for i, s := range flow.Slots {
		if s.Authenticates && len(c.Jar.Slots[i]) > 0 && setAny(replies, s.Name) {
			t.opened = append(t.opened, c.Copy())
			return
		}
	}
}

func setAny(replies []rules.Reply, name string) bool {
	return slices.ContainsFunc(replies, func(r rules.Reply) bool {
		k, set := r.Cookie(name)
		return set && !k.Removed && k.Value != ""
	})
}

// left forgets the session that a logout ended.
func (t *trial) left(before *driver.Client, replies []rules.Reply) {
	last := &replies[len(replies)-1]
	if !done(last) {
		return
	}
	t.opened = slices.DeleteFunc(t.opened, func(o *driver.Client) bool { return t.same(o, before) })
}

// same tells whether two clients hold one session: they agree in an
// authenticating cookie.
func (t *trial) same(a, b *driver.Client) bool {
	for i, s := range t.prober.Flow().Slots {
		if s.Authenticates && len(a.Jar.Slots[i]) > 0 && string(a.Jar.Slots[i]) == string(b.Jar.Slots[i]) {
			return true
		}
	}
	return false
}

// cleanUp bounds what logging out may take, an interrupt notwithstanding.
const cleanUp = 10 * time.Second

// end logs out what is left, closes the connections and gives the accounts back.
func (t *trial) end() {
	ctx, cancel := context.WithTimeout(context.Background(), cleanUp)
	defer cancel()
	for _, o := range t.opened {
		replies := o.Logout(ctx, rules.Variation{})
		t.out.Requests += len(replies)
		last := &replies[len(replies)-1]
		if last.Err != nil || last.Verdict.Outcome == results.Unknown ||
			!last.Accepted() && !last.Verdict.SessionOver && last.Status >= 500 {
			t.out.Left++
		} else {
			o.Gone()
		}
		_ = o.Close()
	}
	for _, c := range t.clients {
		_ = c.Close()
	}
	for _, a := range t.leased {
		t.prober.Accounts().Return(a)
	}
}

// words are the values of a client's account.
func (t *trial) words(c *driver.Client) []string {
	var scratch accounts.Scratch
	var out []string
	for _, f := range t.Target.Accounts.Fields(c.Account, t.Target.Columns, &scratch) {
		if len(f) > 0 {
			out = append(out, string(f))
		}
	}
	return out
}
