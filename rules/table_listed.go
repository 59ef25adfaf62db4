package rules

import "fmt"

// listed adds the rule that the server's own list of sessions tells the truth. A
// session that is left behind on the server can be seen nowhere else: its old
// cookies are refused all the same.
func (t *table) listed() {
	const id = "session.listed"
	l := t.flow.Listing
	switch {
	case t.flow.Sessionless:
		t.none(sessionless, id)
		return
	case l == nil:
		t.none("the profile knows no list of sessions", id)
		return
	case l.Each == nil:
		t.none("the list doesn't tell one user's sessions from another's", id)
		return
	}
	list := Action{Do: DoList, Vary: Variation{Bare: t.flow.ClientCertificate}}
	second := login(1)
	second.ShareAccount = 1
	script := []Action{login(0), list, second, list, logout(1), list}
	t.add(id, trial{script: script, owed: owedProfile, judge: judgeListed})
	if r := &t.rows[len(t.rows)-1]; r.Says == "" {
		r.Says = l.Says
		if l.Source != "" {
			r.Source = l.Source
		}
	}
}

// The actions of the trial.
const (
	listedFirst  = 1
	listedLogin  = 2
	listedBoth   = 3
	listedLogout = 4
	listedLast   = 5
)

func judgeListed(e Evidence) Finding {
	const expected = "one session more after a login, and one less after its logout"
	if f, missing := e.needs(expected, 0); missing {
		return f
	}
	if r := e.last(listedFirst); r != nil && r.Err == nil && r.Status == 403 {
		return inapplicable("this account may not read the list (status 403)")
	}
	if limited(e.last(listedLogin)) {
		return inapplicable("the account may have no second session")
	}
	if f, missing := e.needs(expected, listedFirst, listedLogin, listedBoth, listedLogout, listedLast); missing {
		return f
	}
	var n [3]int
	for i, action := range []int{listedFirst, listedBoth, listedLast} {
		if n[i] = e.last(action).Listed.Own; n[i] == NotCounted {
			return inapplicable("the answer holds only a part of the list")
		}
	}
	told := fmt.Sprintf("sessions of the user in the list: %d, %d after another login, %d after its logout", n[0], n[1], n[2])
	switch {
	case n[0] < 1:
		return fail(listedFirst, expected, told+": a live session is not listed")
	case n[1] != n[0]+1:
		return fail(listedBoth, expected, told)
	case n[2] != n[0]:
		return fail(listedLast, expected, told)
	}
	return pass(expected, "so it is").saw("listed", "each session once")
}
