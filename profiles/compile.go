package profiles

import (
	"fmt"
	"slices"
	"strings"

	"authsoak/document"
	"authsoak/spelling"
)

// compiler turns a profile into the flow of one choice. It goes on after a
// problem, so that all of them are found.
type compiler struct {
	spec   *endpointSpec
	file   *document.File
	is     resolved
	method *methodSpec

	flow     *Flow
	slots    map[string]int // cookie.NAME, capture.NAME
	problems document.Problems
	here     document.Problems // those that this choice has, and others may not

	whens map[string]bool // nil, or: each when met, and whether it ever held
	used  map[string]bool // nil, or: "METHOD COLUMN" of each column sent
}

func (r resolved) String() string {
	s := "version " + r.version + ", method " + r.method
	if r.clientType != "" {
		s += ", client type"
	}
	if r.tenant != "" || r.tenantPerAccount {
		s += ", tenant"
	}
	if r.csrf {
		s += ", csrf"
	}
	return s
}

func (c *compiler) bad(path, message, hint string) {
	c.problems = append(c.problems, c.file.Problem(path, message, hint))
}

// badHere is for what is wrong in this choice, though perhaps not in others.
func (c *compiler) badHere(path, message, hint string) {
	c.here = append(c.here, c.file.Problem(path, message, hint))
}

// all returns the problems of this choice.
func (c *compiler) all() document.Problems {
	out := slices.Clone(c.problems)
	for _, p := range c.here {
		p.Message += fmt.Sprintf(" (%s)", c.is)
		out = append(out, p)
	}
	return out.Sort()
}

// compile makes the flow; it is of use only where no problem was found.
func (c *compiler) compile() *Flow {
	c.method = c.spec.method(c.is.method)
	c.flow = &Flow{
		Endpoint: c.spec.Endpoint, Version: c.is.version, Method: c.is.method,
		Sessionless:       c.method.EveryCall,
		ClientCertificate: c.method.ClientCertificate,
		AccountFields:     slices.Clone(c.method.Needs),
	}
	c.slots = map[string]int{}
	at := fmt.Sprintf("methods[%d]", slices.Index(c.spec.methodNames(), c.is.method))
	if !c.flow.Sessionless {
		c.flow.KeepOtherCookies = c.spec.KeepOtherCookies
		c.makeSlots()
		c.flow.Login = c.group(at+".login", "login", c.method.Login, login)
		path, requests := "logout", c.spec.Logout
		if len(c.method.Logout) > 0 {
			path, requests = at+".logout", c.method.Logout
		}
		c.flow.Logout = c.group(path, "logout", requests, logout)
	}
	c.calls()
	c.session()
	c.contract()
	return c.flow
}

func (k *cookieSpec) as() string {
	if k.As != "" {
		return k.As
	}
	return k.Name
}

func (c *compiler) makeSlots() {
	for i, k := range c.spec.Cookies {
		path := fmt.Sprintf("cookies[%d]", i)
		if !c.holds(path, k.When) {
			continue
		}
		name := c.constant(path+".name", k.Name)
		if !token(name) {
			c.bad(path+".name", fmt.Sprintf("gives %q, which is no cookie name", name), "")
		}
		c.slot(path, "cookie."+k.as(), Slot{
			Name: name, Cookie: true, Authenticates: k.Authenticates, Path: k.Path, Optional: k.Optional,
			OfClientType:    strings.Contains(k.Name, "client_type"),
			ObserveHTTPOnly: slices.Contains(k.Observe, flagHTTPOnly), ObserveSecure: slices.Contains(k.Observe, flagSecure)})
	}
	for i, k := range c.spec.Captures {
		path := fmt.Sprintf("captures[%d]", i)
		if c.holds(path, k.When) {
			c.slot(path, "capture."+k.Name, Slot{Name: k.Name})
		}
	}
}

// maxSlots is the number of slots that fit the bits of one machine word.
const maxSlots = 64

func (c *compiler) slot(path, name string, s Slot) {
	if _, twice := c.slots[name]; twice {
		c.badHere(path, fmt.Sprintf("%s is there twice", name), "")
		return
	}
	if len(c.flow.Slots) == maxSlots {
		c.bad(path, fmt.Sprintf("is one too many: a session carries at most %d cookies and captured values", maxSlots), "")
		return
	}
	c.slots[name] = len(c.flow.Slots)
	c.flow.Slots = append(c.flow.Slots, s)
}

// token tells whether a name can stand in a header (RFC 9110 section 5.6.2).
func token(name string) bool {
	return name != "" && !strings.ContainsFunc(name, func(r rune) bool {
		return r <= ' ' || r > '~' || strings.ContainsRune(`"(),/:;<=>?@[\]{}`, r)
	})
}

// column returns the index of an account column.
func (c *compiler) column(name string) int {
	i := slices.Index(c.flow.AccountFields, name)
	if i < 0 {
		i = len(c.flow.AccountFields)
		c.flow.AccountFields = append(c.flow.AccountFields, name)
	}
	return i
}

func (c *compiler) limit(column int, n need) {
	if l := (columnLimit{column, n}); !slices.Contains(c.flow.limits, l) {
		c.flow.limits = append(c.flow.limits, l)
	}
}

// calls compiles the calls, the default mix and the deciding call.
func (c *compiler) calls() {
	c.flow.Deciding = -1
	for i, call := range c.spec.Calls {
		path := fmt.Sprintf("calls[%d]", i)
		if !c.holds(path, call.When) {
			continue
		}
		if slices.ContainsFunc(c.flow.Calls, func(g Group) bool { return g.Name == call.Name }) {
			c.badHere(path+".name", fmt.Sprintf("there are two calls %s", call.Name), "")
		}
		weight := 1.0
		if call.Weight != nil {
			weight = *call.Weight
		}
		if weight > 0 {
			c.flow.DefaultCalls = append(c.flow.DefaultCalls, WeightedCall{len(c.flow.Calls), weight})
		}
		if call.Name == c.spec.Deciding {
			c.flow.Deciding = len(c.flow.Calls)
		}
		c.flow.Calls = append(c.flow.Calls, c.group(path+".requests", call.Name, call.Requests, anyCall))
	}
	if c.flow.Deciding < 0 {
		var names []string
		for _, g := range c.flow.Calls {
			names = append(names, g.Name)
		}
		c.badHere("deciding", fmt.Sprintf("there is no call %q", c.spec.Deciding), spelling.Nearest(c.spec.Deciding, names))
	}
	if len(c.flow.DefaultCalls) == 0 {
		c.badHere("calls", "no call has a weight", "")
	}
}

// role is what a group is for.
type role uint8

const (
	login role = iota
	anyCall
	logout
)

func (c *compiler) group(path, name string, requests []requestSpec, part role) Group {
	g := Group{Name: name}
	for i := range requests {
		r, at := &requests[i], fmt.Sprintf("%s[%d]", path, i)
		if c.holds(at, r.When) {
			g.Requests = append(g.Requests, c.request(at, r, part, len(g.Requests)))
		}
	}
	if len(g.Requests) == 0 && len(requests) > 0 {
		c.badHere(path, fmt.Sprintf("%s has no request", name), "")
	}
	for i := range g.Requests {
		switch r := &g.Requests[i]; {
		case r.Name != "":
		case len(g.Requests) == 1:
			r.Name = name
		default:
			r.Name = fmt.Sprintf("%s-%d", name, i+1)
		}
	}
	return g
}
