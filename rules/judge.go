package rules

import (
	"bytes"
	"fmt"
	"mime"
	"slices"
	"strings"

	"authsoak/profiles"
	"authsoak/results"
)

// Answer is what the judge looks at. It need not outlive the call.
type Answer interface {
	StatusCode() int
	Get(header string) []byte
	Content() []byte
}

// Part of a cycle that a request belongs to.
type Part uint8

// The parts. A Replay sends the cookies of a session that was logged out.
const (
	Login Part = iota
	Call
	Logout
	Replay
)

// Expectation is what the session model says about the session a request used.
type Expectation uint8

// Expectations. A session is Uncertain once one of its declared lifetimes may
// have passed, and when a logout's answer never came: either answer is right.
const (
	Absent Expectation = iota
	Live
	Dead
	Uncertain
)

// Facts is what the driver knew when it sent the request.
type Facts struct {
	Part    Part
	Session Expectation
	// Set has bit i where the answer set slot i, not empty.
	Set uint64
	// User is the name the answer must hold if the request says where it names
	// one; nil where it is not known.
	User []byte
	// Named is the name found in the answer; nil: none.
	Named []byte
}

// Verdict is what an answer meant.
type Verdict struct {
	Outcome results.Outcome
	Class   results.Class
	// SessionOver says that the server holds the session for ended.
	SessionOver bool
	// BodyOnly says that nothing but the text of the body is not the expected one.
	BodyOnly bool
	// Reason tells in one line what was expected and what came. Empty when OK.
	Reason string
}

// Judge gives the meaning of an answer to a request. It allocates nothing when
// the answer is the expected one.
func Judge(req *profiles.Request, refused []int, f Facts, a Answer) Verdict {
	miss := mismatch(&req.Accept, f.Set, a)
	if miss == matched {
		return accepted(req, f)
	}
	return refusedAs(req, refused, f, a, miss)
}

func accepted(req *profiles.Request, f Facts) Verdict {
	switch {
	case f.Part == Replay && f.Session == Uncertain:
		return Verdict{}
	case f.Session == Dead:
		return Verdict{Outcome: results.Fail, Class: results.UnexpectedAccept,
			Reason: "a session that must be dead was accepted"}
	case req.Identity != nil && req.Identity.Required && f.User != nil && f.Named == nil:
		return Verdict{Outcome: results.Fail, Class: results.UnexpectedAnswer,
			Reason: req.Name + ": the answer names nobody, and the profile says it does"}
	case misnamed(req, f):
		return Verdict{Outcome: results.Fail, Class: results.WrongUser,
			Reason: "the answer names another user than the one who logged in"}
	}
	return Verdict{}
}

// misnamed tells whether the answer names another user than the one who logged
// in.
func misnamed(req *profiles.Request, f Facts) bool {
	return req.Identity != nil && f.User != nil && f.Named != nil && !bytes.Equal(f.User, f.Named)
}

// refusedAs finds the class of an answer that is not the expected one.
func refusedAs(req *profiles.Request, refused []int, f Facts, a Answer, miss part) Verdict {
	v := Verdict{Outcome: results.Fail, Class: classOf(req, a)}
	over := f.Part != Login && (v.Class == results.SessionExpired ||
		v.Class == results.NoClass && slices.Contains(refused, a.StatusCode()))
	switch {
	case over && (f.Session == Dead || f.Part == Replay):
		return Verdict{SessionOver: true}
	case over && f.Session == Live:
		v.Class, v.SessionOver = results.UnexpectedReject, true
	case over:
		v.Class, v.SessionOver = results.SessionExpired, true
	case f.Part == Replay && v.Class == results.NoClass && a.StatusCode()/100 == 4 && a.StatusCode() != 429:
		// Refused with another status than the declared one: dead all the same.
		return Verdict{SessionOver: true}
	case v.Class == results.NoClass:
		v.Class = defaultClass(f.Part, a.StatusCode())
	}
	v.BodyOnly = v.Class == results.UnexpectedAnswer && miss == missBody
	v.Reason = reason(req, a, miss)
	return v
}

func classOf(req *profiles.Request, a Answer) results.Class {
	for i := range req.Classify {
		c := &req.Classify[i]
		if c.Status != 0 && c.Status != a.StatusCode() ||
			c.Body != nil && !bytes.Contains(a.Content(), c.Body) ||
			c.Header != "" && a.Get(c.Header) == nil {
			continue
		}
		return c.Class
	}
	return results.NoClass
}

// defaultClass is the meaning of a status no profile has spoken about
// (RFC 9110 section 15; 429 is RFC 6585).
func defaultClass(p Part, status int) results.Class {
	switch {
	case status == 429 || status == 503:
		return results.Throttled
	case status >= 500:
		return results.ServerError
	case status == 423:
		return results.Locked
	case status == 401 && p == Login:
		return results.BadCredentials
	case status >= 400:
		return results.UnexpectedReject
	case status >= 300:
		return results.Redirected
	}
	return results.UnexpectedAnswer
}

// part of an expectation that an answer misses.
type part uint8

const (
	matched part = iota
	missStatus
	missType
	missBody
	missNotBody
	missLocation
	missCookie
)

func mismatch(want *profiles.Accept, set uint64, a Answer) part {
	switch {
	case len(want.Status) > 0 && !slices.Contains(want.Status, a.StatusCode()):
		return missStatus
	case want.ContentType != "" && !hasType(a.Get("Content-Type"), want.ContentType):
		return missType
	case want.Body != nil && !bytes.Contains(a.Content(), want.Body):
		return missBody
	case want.NotBody != nil && bytes.Contains(a.Content(), want.NotBody):
		return missNotBody
	case want.Location != "" && !bytes.Contains(a.Get("Location"), []byte(want.Location)):
		return missLocation
	}
	for _, i := range want.Cookies {
		if set&(1<<i) == 0 {
			return missCookie
		}
	}
	return matched
}

func hasType(field []byte, want string) bool {
	if len(field) < len(want) {
		return false
	}
	return bytes.EqualFold(field[:len(want)], []byte(want))
}

func reason(req *profiles.Request, a Answer, miss part) string {
	want := &req.Accept
	switch miss {
	case missStatus:
		return fmt.Sprintf("%s: status %d, expected %s", req.Name, a.StatusCode(), statuses(want.Status))
	case missType:
		got, _, err := mime.ParseMediaType(string(a.Get("Content-Type")))
		if err != nil {
			got = "no valid content type"
		}
		return fmt.Sprintf("%s: status %d with %s, expected %s", req.Name, a.StatusCode(), got, want.ContentType)
	case missBody:
		return fmt.Sprintf("%s: status %d, but the body lacks %q", req.Name, a.StatusCode(), want.Body)
	case missNotBody:
		return fmt.Sprintf("%s: status %d, but the body says %q", req.Name, a.StatusCode(), want.NotBody)
	case missLocation:
		return fmt.Sprintf("%s: status %d, but it does not lead to %q", req.Name, a.StatusCode(), want.Location)
	}
	return fmt.Sprintf("%s: status %d, but a cookie that should have been set is missing", req.Name, a.StatusCode())
}

func statuses(list []int) string {
	text := make([]string, len(list))
	for i, s := range list {
		text[i] = fmt.Sprint(s)
	}
	return strings.Join(text, " or ")
}
