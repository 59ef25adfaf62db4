package rules

import (
	"strings"

	"authsoak/results"
)

// Variation changes a request from what the profile says. The zero value changes
// nothing.
type Variation struct {
	Method string // instead of the profile's
	// Drop names headers that are left out, Set headers that are replaced or
	// added ("Name: value").
	Drop, Set []string
	// Omit names cookies that are left out, and Swap gives others other values;
	// a name that isn't sent is added.
	Omit []string
	Swap map[string]string
	// NoCookies sends none at all, Keep those of the client even where the
	// profile starts afresh.
	NoCookies, Keep bool
	// Tamper names cookies whose value is changed in the middle.
	Tamper []string
	// Replace puts another text in the place of one in the request's target.
	Replace [2]string
	// Body replaces the body, if not nil.
	Body []byte
	// Account replaces fields of the account for this request, by column.
	Account map[string]string
	// Fresh uses a connection of its own; Bare one without client certificate.
	Fresh, Bare bool
	// Request counts from 1 which request of a group is varied; 0: each.
	Request int
	// Session is what the session model expects, as far as it is known.
	Session Expectation
}

// Field is one header field of an answer.
type Field struct{ Name, Value string }

// Cookie is one cookie that an answer set, as it stood on the wire.
type Cookie struct {
	Name, Value string
	Attributes  string // everything behind the first semicolon
	Removed     bool   // the answer takes it away
}

// Attribute returns the value of a cookie's attribute and whether it is there.
// Names are compared without regard to case.
func (c *Cookie) Attribute(name string) (value string, ok bool) {
	for part := range strings.SplitSeq(c.Attributes, ";") {
		k, v, _ := strings.Cut(strings.TrimSpace(part), "=")
		if strings.EqualFold(k, name) {
			return v, true
		}
	}
	return "", false
}

// Reply is one request with its answer, or with the error in its place.
type Reply struct {
	Step, Request string
	Sent          []byte
	// Show makes request and answer as text, secrets blanked; nil: not kept for
	// it. The answer is empty where none came.
	Show    func() (sent, answer string)
	Status  int // 0: no answer
	Fields  []Field
	Body    []byte
	Cookies []Cookie
	Verdict Verdict
	Named   string // the user that the answer names, if it does
	// Listed is what the answer to a listing tells.
	Listed Listed
	Err    error
	// Invoked and Returned are ns since the prober's epoch.
	Invoked, Returned int64
}

// NotCounted stands for a number that an answer doesn't tell.
const NotCounted = -1

// Listed is how many sessions a server says there are: the user's own, and all
// users'. Either may be [NotCounted].
type Listed struct{ Own, All int }

// StatusCode is part of [Answer].
func (r *Reply) StatusCode() int { return r.Status }

// Get is part of [Answer].
func (r *Reply) Get(name string) []byte {
	for _, f := range r.Fields {
		if strings.EqualFold(f.Name, name) {
			return []byte(f.Value)
		}
	}
	return nil
}

// Content is part of [Answer].
func (r *Reply) Content() []byte { return r.Body }

// Accepted tells whether the answer was the success that the profile describes.
func (r *Reply) Accepted() bool {
	return r.Err == nil && r.Verdict.Outcome == results.OK && !r.Verdict.SessionOver
}

// Cookie returns the last cookie of that name that the answer set.
func (r *Reply) Cookie(name string) (Cookie, bool) {
	for i := len(r.Cookies) - 1; i >= 0; i-- {
		if r.Cookies[i].Name == name {
			return r.Cookies[i], true
		}
	}
	return Cookie{}, false
}
