package check

import (
	"strings"

	"authsoak/profiles"
	"authsoak/results"
	"authsoak/rules"
)

// outcome is what the replies of a group tell of the whole operation. A group
// stops at the first reply that is not accepted. Excused says that the answer
// was as clear as it could be, but proves nothing: a server error that the
// profile counts as a refusal may be an error all the same.
func outcome(act rules.Act, replies []rules.Reply, newCookie bool) (is rules.Answered, excused bool) {
	if len(replies) == 0 {
		return rules.AnswerUnknown, false
	}
	last := &replies[len(replies)-1]
	login := act == rules.ActLogin || act == rules.ActLoginAgain
	switch {
	case last.Accepted():
		return rules.AnswerAccepted, false
	case last.Err != nil || len(replies) > 1 && (act == rules.ActLogout || login && newCookie):
		// A group that stopped half-way may have done its work.
		return rules.AnswerUnknown, false
	case last.Verdict.Class == results.RefusedDuplicate:
		return rules.AnswerRefused, false
	case last.Verdict.Class == results.Throttled:
		// Nothing happened, which says nothing of a session, but that no login
		// opened one.
		if login {
			return rules.AnswerRefused, true
		}
		return rules.AnswerUnknown, false
	case last.Status >= 500 && last.Verdict.SessionOver && act == rules.ActLogout:
		return rules.AnswerUnknown, true // over, by this logout or another
	case last.Status >= 500 && last.Verdict.SessionOver && !login:
		return rules.AnswerRefused, true
	case last.Status >= 500:
		return rules.AnswerUnknown, false
	case last.Verdict.SessionOver || last.Status >= 300:
		return rules.AnswerRefused, false
	}
	return rules.AnswerUnknown, false
}

// newCookies are the authenticating cookies that the replies set to another
// value than the one sent, by the index of their slot.
func newCookies(flow *profiles.Flow, replies []rules.Reply, sent [][]byte) map[int]string {
	out := map[int]string{}
	for i := range replies {
		for k := range replies[i].Cookies {
			c := &replies[i].Cookies[k]
			for n := range flow.Slots {
				if !proves(&flow.Slots[n], c) {
					continue
				}
				delete(out, n)
				if !c.Removed && c.Value != string(sent[n]) {
					out[n] = c.Value
				}
			}
		}
	}
	return out
}

// given tells whether the replies set an authenticating cookie at all, be it to
// the value that was sent.
func given(flow *profiles.Flow, replies []rules.Reply) bool {
	for i := range replies {
		for k := range replies[i].Cookies {
			c := &replies[i].Cookies[k]
			for n := range flow.Slots {
				if !c.Removed && proves(&flow.Slots[n], c) {
					return true
				}
			}
		}
	}
	return false
}

// proves tells whether a cookie goes into a slot that authenticates.
func proves(s *profiles.Slot, c *rules.Cookie) bool {
	if !s.Cookie || !s.Authenticates || s.Name != c.Name {
		return false
	}
	path, _ := c.Attribute("Path")
	return s.Path == "" || strings.EqualFold(s.Path, path)
}

// bearing tells whether a jar holds any cookie that authenticates.
func bearing(flow *profiles.Flow, slots [][]byte) bool {
	for i := range flow.Slots {
		if flow.Slots[i].Authenticates && len(slots[i]) > 0 {
			return true
		}
	}
	return false
}
