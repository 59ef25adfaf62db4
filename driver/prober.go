package driver

import (
	"bytes"
	"context"
	"errors"
	"slices"
	"sync/atomic"
	"time"

	"authsoak/accounts"
	"authsoak/driver/exchange"
	"authsoak/driver/sessions"
	"authsoak/profiles"
	"authsoak/results"
	"authsoak/rules"
	"authsoak/scenario"
)

// Prober sends single requests of a target's profile, as they are or varied, for
// those who judge sessions rather than drive load. It is safe for concurrent
// use; its clients are not.
type Prober struct {
	target  *target
	timeout time.Duration
	epoch   time.Time
	resends atomic.Int64
	place   place // where sessions are kept, if anywhere
	// Show makes replies able to tell request and answer as text, secrets blanked.
	Show bool
}

// NewProber makes a prober. Times of replies count from epoch.
func NewProber(t Target, agent string, timeout time.Duration, epoch time.Time) (*Prober, error) {
	if t.Policy != accounts.Lease {
		t.Policy = accounts.Lease
	}
	compiled, _, err := lineUp(&scenario.Plan{}, []Target{t}, agent)
	if err != nil {
		return nil, err
	}
	return &Prober{target: &compiled[0], timeout: timeout, epoch: epoch}, nil
}

// Flow is the profile that the prober speaks.
func (p *Prober) Flow() *profiles.Flow { return p.target.flow }

// Resends counts the requests that were sent a second time: of which nothing had
// been written, or that are idempotent and met a kept connection that the server
// had closed.
func (p *Prober) Resends() int64 { return p.resends.Load() }

// Accounts hands out the target's accounts, one for each live session.
func (p *Prober) Accounts() *accounts.Pool { return p.target.Pool }

// Client is one user agent: an account, its cookies and a connection.
type Client struct {
	prober   *Prober
	account  accounts.Scratch
	Account  int // index of its account
	Jar      sessions.Jar
	entry    *entry // its session in the ledger; nil: none is kept
	identity int
	conn     exchange.Conn
	wire     []byte
	scratch  []byte
	answer   exchange.Answer
	// Frozen keeps the jar as it is: renewed cookies are not adopted.
	Frozen bool
}

// Client makes a client that uses the given account.
func (p *Prober) Client(account int) *Client {
	c := &Client{prober: p, Account: account, identity: p.target.identityOf(account)}
	c.Jar.Reset(len(p.target.flow.Slots))
	return c
}

// Copy makes a client with the same account and cookies, and no connection.
func (c *Client) Copy() *Client {
	twin := c.prober.Client(c.Account)
	twin.entry = c.entry
	for i, s := range c.Jar.Slots {
		twin.Jar.Slots[i] = append(twin.Jar.Slots[i], s...)
	}
	twin.Jar.Others = append(twin.Jar.Others, c.Jar.Others...)
	return twin
}

// Become takes over account and cookies of another client. The connection stays
// where both show the same certificate.
func (c *Client) Become(other *Client) {
	if c.identity != other.identity {
		c.Close()
	}
	c.Account, c.identity = other.Account, other.identity
	c.Forget()
	c.entry = other.entry
	for i, s := range other.Jar.Slots {
		c.Jar.Slots[i] = append(c.Jar.Slots[i], s...)
	}
	c.Jar.Others = append(c.Jar.Others, other.Jar.Others...)
}

// Forget empties the jar.
func (c *Client) Forget() {
	c.Jar.Reset(len(c.prober.target.flow.Slots))
	c.entry = nil
}

// Close closes the connection.
func (c *Client) Close() error {
	if c.conn == nil {
		return nil
	}
	conn := c.conn
	c.conn = nil
	return conn.Close()
}

// Cookie returns the value of a slot by its name on the wire, "" for none.
func (c *Client) Cookie(name string) string {
	for i, s := range c.prober.target.flow.Slots {
		if s.Name == name {
			return string(c.Jar.Slots[i])
		}
	}
	return ""
}

// Login, Logout and Call send a group of requests and stop at the first that
// isn't accepted. The last reply decides.
func (c *Client) Login(ctx context.Context, v rules.Variation) []rules.Reply {
	return c.keepLogin(func() []rules.Reply { return c.group(ctx, &c.prober.target.login, rules.Login, v) })
}

// Logout ends the session.
func (c *Client) Logout(ctx context.Context, v rules.Variation) []rules.Reply {
	replies := c.group(ctx, &c.prober.target.logout, rules.Logout, v)
	c.keepLogout(replies)
	return replies
}

// Call makes the flow's call of that index.
func (c *Client) Call(ctx context.Context, call int, v rules.Variation) []rules.Reply {
	return c.group(ctx, &c.prober.target.calls[call], rules.Call, v)
}

// longestList is how much of a list of sessions is read: 100,000 of them, say.
const longestList = 32 << 20

// List asks which sessions the server counts. The flow must have a listing.
func (c *Client) List(ctx context.Context, v rules.Variation) []rules.Reply {
	t := c.prober.target
	c.answer.Keep = longestList
	defer func() { c.answer.Keep = 0 }()
	r := c.send(ctx, "listing", t.listing, rules.Facts{Part: rules.Call, Session: v.Session}, v)
	if r.Accepted() {
		r.Listed = listed(t.flow.Listing, &c.answer, &profiles.Values{Account: c.fields(v.Account), Slots: c.Jar.Slots})
	}
	return []rules.Reply{r.Reply}
}

func (c *Client) group(ctx context.Context, g *group, part rules.Part, v rules.Variation) []rules.Reply {
	var replies []rules.Reply
	facts := rules.Facts{Part: part, Session: v.Session}
	for i := range g.requests {
		mine := v
		if v.Request != 0 && v.Request != i+1 {
			mine = rules.Variation{Session: v.Session}
		}
		r := c.send(ctx, g.name, &g.requests[i], facts, mine)
		facts.Set |= r.set
		replies = append(replies, r.Reply)
		if !r.Accepted() {
			break
		}
		if part != rules.Logout {
			c.keepCookies(r.set, &mine)
		}
	}
	return replies
}

// taken is a reply with the slots it set.
type taken struct {
	rules.Reply
	set uint64
}

func (c *Client) send(ctx context.Context, step string, r *wireRequest, facts rules.Facts, v rules.Variation) taken {
	t := c.prober.target
	values := profiles.Values{Account: c.fields(v.Account), Slots: c.Jar.Slots}
	c.wire = r.append(c.wire[:0], &c.scratch, &values, t.flow.Slots, c.Jar.Others)
	if v.Keep {
		c.wire = keep(c.wire, t.flow.Slots, &c.Jar)
	}
	out := taken{Reply: rules.Reply{Step: step, Request: r.spec.Name, Sent: vary(c.wire, &v)}}
	req := exchange.Request{Wire: out.Sent, Head: v.Method == "HEAD" || v.Method == "" && r.isHead,
		Idempotent: r.spec.Idempotent && v.Method == ""}
	var text *exhibit
	if c.prober.Show {
		text = c.exhibit(r, &v, &out)
		out.Show = text.show
	}
	out.Invoked = c.now()
	err := c.exchange(ctx, &req, &v)
	out.Returned = c.now()
	if err != nil {
		out.Err = err
		out.Verdict.Outcome, out.Verdict.Class = outcomeOf(err, false)
		out.Verdict.Reason = err.Error()
		return out
	}
	c.take(&out, r.spec, facts, &values)
	if text != nil {
		text.answered(c, &out)
	}
	return out
}

// take copies the answer, adopts its cookies and judges it.
func (c *Client) take(out *taken, spec *profiles.Request, facts rules.Facts, values *profiles.Values) {
	flow := c.prober.target.flow
	out.Status, out.Body = c.answer.Status, bytes.Clone(c.answer.Body)
	for _, f := range c.answer.Fields {
		out.Fields = append(out.Fields, rules.Field{Name: string(f.Name), Value: string(f.Value)})
	}
	out.Cookies = cookiesOf(flow, c.answer.Fields)
	if spec.Identity != nil {
		facts.Named = extract(spec.Identity, &c.answer)
		facts.User = spec.IdentityIs.Append(nil, values)
		out.Named = string(facts.Named)
	}
	if !c.Frozen {
		out.set = adopt(flow, &c.Jar, &c.answer).set
	} else {
		twin := c.Copy()
		out.set = adopt(flow, &twin.Jar, &c.answer).set
	}
	facts.Set |= out.set
	out.Verdict = rules.Judge(spec, flow.Session.Refused, facts, &out.Reply)
	if out.Verdict.Outcome == results.OK && !c.Frozen {
		for i := range spec.Capture {
			if value := extract(&spec.Capture[i], &c.answer); value != nil {
				slot := spec.Capture[i].Slot
				c.Jar.Slots[slot] = append(c.Jar.Slots[slot][:0], value...)
			}
		}
	}
}

// exchange sends on the client's connection or a fresh one, a second time under
// the same rule as a request of a load.
func (c *Client) exchange(ctx context.Context, req *exchange.Request, v *rules.Variation) error {
	for try := 0; ; try++ {
		err := c.attempt(ctx, req, v)
		if _, again := afterFailure(err, try, req.Idempotent); !again {
			return err
		}
		c.prober.resends.Add(1)
	}
}

// attempt sends once. What fails leaves the client without a connection.
func (c *Client) attempt(ctx context.Context, req *exchange.Request, v *rules.Variation) error {
	identity := c.identity
	if v.Bare {
		identity = 0
	}
	alone := v.Bare || v.Fresh
	conn := c.conn
	if conn != nil && (alone || conn.Stale()) {
		if !alone {
			c.Close()
		}
		conn = nil
	}
	if conn == nil {
		limit, cancel := context.WithTimeout(ctx, c.prober.timeout)
		defer cancel()
		var err error
		if conn, _, err = c.prober.target.Dialer.Dial(limit, identity); err != nil {
			return err
		}
	}
	late := time.AfterFunc(c.prober.timeout, conn.Abort)
	gone := context.AfterFunc(ctx, conn.Abort)
	err := conn.Do(req, &c.answer)
	inTime := late.Stop()
	unhurt := gone()
	if err != nil || c.answer.Close || alone || !inTime || !unhurt {
		if !alone {
			c.conn = nil
		}
		return errors.Join(err, ignore(conn.Close()))
	}
	c.conn = conn
	return nil
}

// ignore drops the error of closing a connection that has served its purpose.
func ignore(error) error { return nil }

func (c *Client) now() int64 { return int64(time.Since(c.prober.epoch)) }

// fields are the account's values with some replaced.
func (c *Client) fields(replace map[string]string) [][]byte {
	t := c.prober.target
	fields := t.Accounts.Fields(c.Account, t.Columns, &c.account)
	if len(replace) == 0 {
		return fields
	}
	fields = slices.Clone(fields)
	for i, name := range t.flow.AccountFields {
		if value, ok := replace[name]; ok {
			fields[i] = []byte(value)
		}
	}
	return fields
}
