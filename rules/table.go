package rules

import (
	"errors"
	"fmt"
	"slices"
	"strings"

	"authsoak/profiles"
	"authsoak/spelling"
)

// Conditions are what the table has to know besides the profile.
type Conditions struct {
	Secure bool // the server is reached over TLS
	// Accounts is how many accounts there are; 0: enough.
	Accounts int
	// Inactive are the columns of a key that is not active, to send in the place
	// of the account's; nil: none is known.
	Inactive map[string]string
	// Command is what a command line needs to reach the server, for the advice
	// on rules that are not tried: "--target NAME=URL --method NAME".
	Command string
}

// Sources of rules that no vendor's page has to state.
const (
	owed        = "owed by every server that holds sessions"
	owedProfile = "the endpoint's profile"
	owedFlags   = "RFC 6265 sections 4.1.2.5, 4.1.2.6 and 8.3"
	owedFixed   = "RFC 6265 section 8.4 (session fixation)"
	owedSecret  = "RFC 6265 section 8.4 (an id must not be guessed or shared)"
)

// Table lists the rules for one flow, one row each, in the order of [Catalogue].
// Rules that need what the flow doesn't have are there too, as not applicable.
// Those under load are judged by every run and are left out.
func Table(flow *profiles.Flow, facts Conditions) []Row {
	t := &table{flow: flow, facts: facts, credentials: credentialsAt(&flow.Login)}
	t.user, t.secret = accountFields(flow)
	t.login()
	t.refusedLogins()
	t.notALogin()
	t.laterLogins()
	t.ids()
	t.cookies()
	t.calls()
	t.guards()
	t.clientType()
	t.everyCall()
	t.logout()
	t.users()
	t.listed()
	t.lifetimes()
	t.races()
	return t.finish()
}

// table collects rows.
type table struct {
	flow         *profiles.Flow
	facts        Conditions
	rows         []Row
	credentials  int // the login's request, from 1, that carries credentials
	user, secret string
}

// trial is how a rule is tried. Trials of one name have the same script.
type trial struct {
	name   string
	script []Action
	judge  func(Evidence) Finding
	// owed is the source of a rule that is judged though no page states it.
	owed string
	// open rules are observed and settled ones judged, whatever is stated.
	open, settled bool
}

// add makes the row of a rule that is tried.
func (t *table) add(id string, how trial) {
	s, stated := t.flow.Declared(id)
	r := t.row(id)
	r.Judged = how.settled || !how.open && (stated && !s.Open || !stated && how.owed != "")
	if r.Source == "" {
		r.Source = how.owed
	}
	r.Trial, r.Script = how.name, how.script
	if r.Trial == "" {
		r.Trial = id
	}
	r.Cost = t.cost(how.script)
	judge := how.judge
	if !r.Judged {
		judge = observing(judge)
	}
	r.Judge = judge
	if n := t.facts.Accounts; n > 0 && r.Cost.Accounts > n {
		r.Settled, r.Why = NotTried, fmt.Sprintf("it takes %d accounts at once: give more with --accounts", r.Cost.Accounts)
	}
	t.rows = append(t.rows, r)
}

func (t *table) row(id string) Row {
	rule, known := Find(id)
	if !known {
		panic("rules: no rule " + id)
	}
	s, _ := t.flow.Declared(id)
	return Row{ID: id, Title: rule.About, Says: s.Says, Source: s.Source}
}

// settle makes the row of a rule that isn't tried.
func (t *table) settle(id string, as Ruling, why string) {
	r := t.row(id)
	_, r.Judged = t.flow.Declared(id)
	r.Settled, r.Why = as, why
	t.rows = append(t.rows, r)
}

// none settles several rules as not applicable.
func (t *table) none(why string, ids ...string) {
	for _, id := range ids {
		t.settle(id, NotApplicable, why)
	}
}

// stated is what the pages say about a rule.
func (t *table) stated(id string) profiles.Statement {
	s, _ := t.flow.Declared(id)
	return s
}

// finish puts the rows into the order of the catalogue. Where the server refuses
// the login method altogether, that is the only rule.
func (t *table) finish() []Row {
	if t.flow.Disabled != nil {
		for i := range t.rows {
			if r := &t.rows[i]; r.ID != "every-call.off" {
				*r = Row{ID: r.ID, Title: r.Title, Says: r.Says, Source: r.Source, Settled: NotApplicable,
					Why: "the profile declares that the server refuses this login method"}
			}
		}
	}
	slices.SortStableFunc(t.rows, func(a, b Row) int { return placeOf(a.ID) - placeOf(b.ID) })
	return t.rows
}

func placeOf(id string) int {
	return slices.IndexFunc(catalogue, func(r Rule) bool { return r.ID == id })
}

// observing makes a judge report what it sees without a verdict.
func observing(judge func(Evidence) Finding) func(Evidence) Finding {
	return func(e Evidence) Finding {
		f := judge(e)
		if f.Ruling == Passed || f.Ruling == FailedRule {
			f.Ruling, f.Expected, f.Failed = Info, "", -1
		}
		return f
	}
}

// credentialsAt finds the first request, from 1, that is rendered from the
// user's account; 1 where none is (a certificate logs in).
func credentialsAt(g *profiles.Group) int {
	for i := range g.Requests {
		if g.Requests[i].UsesAccount() {
			return i + 1
		}
	}
	return 1
}

// accountFields finds the columns that hold the user's name and the secret;
// empty where there is none.
func accountFields(f *profiles.Flow) (user, secret string) {
	fields := slices.DeleteFunc(slices.Clone(f.AccountFields), func(n string) bool { return n == "tenant" })
	if len(fields) == 0 {
		return "", ""
	}
	user = fields[0]
	for _, n := range fields[1:] {
		secret = n
		if strings.Contains(n, "secret") || strings.Contains(n, "password") {
			break
		}
	}
	return user, secret
}

// Actions that scripts are made of.
func login(client int) Action { return Action{Client: client, Do: DoLogin} }

func logout(client int) Action { return Action{Client: client, Do: DoLogout} }

// call is the call that decides whether a session lives.
func (t *table) call(client int) Action { return t.callOf(client, t.flow.Deciding) }

// callOf is any call. Where a certificate logs in, it is sent without: otherwise
// the certificate could be what is accepted.
func (t *table) callOf(client, call int) Action {
	return Action{Client: client, Do: DoCall, Call: call, Vary: Variation{Bare: t.flow.ClientCertificate}}
}

// copied gives a client the account and cookies of another.
func copied(client, from int) Action { return Action{Client: client, Do: DoCopy, From: from} }

// with varies an action.
func (a Action) with(v Variation) Action {
	v.Bare = v.Bare || a.Vary.Bare
	a.Vary = v
	return a
}

// refusedAt says at which request a refusal is expected.
func (a Action) refusedAt(request int) Action {
	a.Refused = request
	return a
}

// cost counts what a script takes where the server does as expected, logging out
// what it leaves open included.
func (t *table) cost(script []Action) Cost {
	var c Cost
	session := map[int]int{} // client to number of its session
	open := map[int]bool{}
	accounts := map[int]bool{}
	for i, a := range script {
		if a.Do != DoCopy && a.Do != DoForget && a.ShareAccount == 0 {
			if _, copy := session[a.Client]; !copy {
				accounts[a.Client] = true
			}
		}
		if a.WrongSecret {
			c.WrongSecrets++
		}
		c.Requests += t.requests(&a)
		switch {
		case a.Do == DoCopy:
			session[a.Client] = session[a.From]
		case a.Do == DoForget:
			session[a.Client] = -1
		case a.Refused > 0:
		case a.Do == DoLogin:
			session[a.Client] = i + 1
			open[i+1] = true
			c.Sessions = max(c.Sessions, len(open))
		case a.Do == DoLogout:
			delete(open, session[a.Client])
		}
	}
	c.Requests += len(open) * len(t.flow.Logout.Requests)
	c.Accounts = len(accounts)
	return c
}

func (t *table) requests(a *Action) int {
	if a.Do == DoCopy || a.Do == DoForget {
		return 0
	}
	if a.Refused > 0 {
		return a.Refused
	}
	switch a.Do {
	case DoLogin:
		return len(t.flow.Login.Requests)
	case DoLogout:
		return len(t.flow.Logout.Requests)
	case DoList:
		return 1
	}
	return len(t.flow.Calls[a.Call].Requests)
}

// CheckStatements tells which statements of a profile name rules that don't
// exist.
func CheckStatements(statements []profiles.Statement) error {
	var errs []error
	for _, s := range statements {
		for _, id := range s.Rules {
			if _, known := Find(id); !known {
				text := fmt.Sprintf("statement %q: there is no rule %q", s.Says, id)
				if near := spelling.Nearest(id, IDs()); near != "" {
					text += fmt.Sprintf(" (did you mean %q?)", near)
				}
				errs = append(errs, errors.New(text))
			}
		}
	}
	return errors.Join(errs...)
}
