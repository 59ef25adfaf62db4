package rules

import (
	"fmt"
	"slices"
	"strings"

	"authsoak/profiles"
	"authsoak/results"
)

// meaning is what an answer amounts to, whatever was expected.
type meaning uint8

const (
	noAnswer meaning = iota
	accepting
	refused
	// unclear is neither: a server error, a request turned away for want of
	// capacity, or a success that doesn't look like one.
	unclear
)

// meaningOf tells what the last reply of a group amounts to. A server error that
// the profile gives a meaning is what it means; 501 refuses a method.
func meaningOf(r *Reply) meaning {
	if r == nil || r.Err != nil || r.Status == 0 {
		return noAnswer
	}
	switch r.Verdict.Class {
	case results.NoClass:
		if r.Verdict.SessionOver {
			return refused
		}
		return accepting
	case results.UnexpectedAccept, results.WrongUser:
		return accepting
	case results.SessionExpired, results.BadCredentials, results.CSRF, results.RefusedDuplicate, results.UnexpectedReject:
		return refused
	case results.Throttled, results.Locked, results.UnexpectedAnswer:
		return unclear
	}
	if r.Status >= 500 && r.Status != 501 || r.Status < 300 {
		return unclear
	}
	return refused
}

// last returns the last reply of an action, nil where it wasn't reached.
func (e *Evidence) last(action int) *Reply {
	if action >= len(e.Replies) || len(e.Replies[action]) == 0 {
		return nil
	}
	return &e.Replies[action][len(e.Replies[action])-1]
}

func (e *Evidence) meaning(action int) meaning { return meaningOf(e.last(action)) }

// cookie returns the cookie of that name that an action's answers set and did
// not take away again.
func (e *Evidence) cookie(action int, name string) (Cookie, bool) {
	var found Cookie
	ok := false
	if action >= len(e.Replies) {
		return found, false
	}
	for i := range e.Replies[action] {
		if k, set := e.Replies[action][i].Cookie(name); set {
			found, ok = k, !k.Removed && k.Value != ""
		}
	}
	return found, ok
}

// cookies returns every cookie that an action's answers set, by name and in
// order; of one set several times the last.
func (e *Evidence) cookies(action int) []Cookie {
	var out []Cookie
	if action >= len(e.Replies) {
		return nil
	}
	for i := range e.Replies[action] {
		for _, k := range e.Replies[action][i].Cookies {
			at := slices.IndexFunc(out, func(o Cookie) bool { return o.Name == k.Name })
			if at < 0 {
				out = append(out, k)
			} else {
				out[at] = k
			}
		}
	}
	return out
}

// describe says in a few words what came.
func describe(r *Reply) string {
	switch {
	case r == nil:
		return "it was not reached"
	case r.Err != nil:
		return "no answer: " + r.Err.Error()
	}
	text := fmt.Sprintf("status %d", r.Status)
	if c := r.Verdict.Class; c != results.NoClass {
		text += " (" + c.String() + ")"
	}
	return text
}

// names joins names for a sentence.
func names(list []string) string {
	if len(list) == 0 {
		return "none"
	}
	return strings.Join(list, ", ")
}

// pass, fail and unsure make findings.
func pass(expected, observed string) Finding {
	return Finding{Ruling: Passed, Expected: expected, Observed: observed, Failed: -1}
}

func fail(action int, expected, observed string) Finding {
	return Finding{Ruling: FailedRule, Expected: expected, Observed: observed, Failed: action}
}

func unsure(action int, expected, observed string) Finding {
	return Finding{Ruling: Unsure, Expected: expected, Observed: observed, Failed: action}
}

func inapplicable(why string) Finding {
	return Finding{Ruling: NotApplicable, Observed: why, Failed: -1}
}

// saw adds what was seen to a finding, in normal form.
func (f Finding) saw(name, value string) Finding {
	seen := map[string]string{name: value}
	for k, v := range f.Seen {
		seen[k] = v
	}
	f.Seen = seen
	return f
}

// needs returns a finding where one of the actions that a trial rests on was not
// accepted. What its body says is for the rules about bodies.
func (e *Evidence) needs(expected string, actions ...int) (Finding, bool) {
	for _, a := range actions {
		if r := e.last(a); meaningOf(r) != accepting && !(r != nil && r.Verdict.BodyOnly) {
			return unsure(a, expected, "the trial rests on an answer that did not come: "+describe(e.last(a))), true
		}
	}
	return Finding{}, false
}

// mustRefuse judges an action that must be refused, with one of the statuses if
// some are stated.
func (e *Evidence) mustRefuse(action int, expected string, statuses []int) Finding {
	r := e.last(action)
	switch meaningOf(r) {
	case accepting:
		return fail(action, expected, "accepted: "+describe(r))
	case refused:
		if len(statuses) > 0 && !slices.Contains(statuses, r.Status) {
			return fail(action, expected, "refused, but with "+describe(r))
		}
		return pass(expected, "refused: "+describe(r))
	case unclear:
		if r.Verdict.Class == results.UnexpectedAnswer && len(statuses) > 0 && !slices.Contains(statuses, r.Status) {
			return fail(action, expected, "no refusal: "+r.Verdict.Reason)
		}
	}
	return unsure(action, expected, describe(r))
}

// mustAccept judges an action that must be accepted. Whom its answer names is
// for the rules about users.
func (e *Evidence) mustAccept(action int, expected string, statuses []int) Finding {
	r := e.last(action)
	switch meaningOf(r) {
	case accepting:
		if len(statuses) > 0 && !slices.Contains(statuses, r.Status) {
			return fail(action, expected, "accepted, but with "+describe(r))
		}
		return pass(expected, "accepted: "+describe(r))
	case refused:
		return fail(action, expected, "refused: "+describe(r))
	case unclear:
		if r.Verdict.Class == results.UnexpectedAnswer {
			return fail(action, expected, r.Verdict.Reason)
		}
	}
	return unsure(action, expected, describe(r))
}

// mustEnd is mustAccept for a login or logout, whose body has a rule of its own.
func (e *Evidence) mustEnd(action int, expected string, statuses []int) Finding {
	if r := e.last(action); r != nil && r.Verdict.BodyOnly && (len(statuses) == 0 || slices.Contains(statuses, r.Status)) {
		return pass(expected, fmt.Sprintf("accepted: status %d", r.Status))
	}
	return e.mustAccept(action, expected, statuses)
}

// authenticating lists the cookies that prove a session, by name.
func authenticating(f *profiles.Flow) []string {
	var out []string
	for _, s := range f.Slots {
		if s.Cookie && s.Authenticates {
			out = append(out, s.Name)
		}
	}
	return out
}

// opened returns the first authenticating cookie that an action set.
func (e *Evidence) opened(f *profiles.Flow, action int) (string, bool) {
	for _, name := range authenticating(f) {
		if _, set := e.cookie(action, name); set {
			return name, true
		}
	}
	for _, s := range f.Strays {
		if _, set := e.cookie(action, s.Name); set && s.Authenticates {
			return s.Name, true
		}
	}
	return "", false
}
