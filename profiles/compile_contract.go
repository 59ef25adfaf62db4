package profiles

import (
	"fmt"
	"regexp"
	"slices"
	"strings"

	"authsoak/spelling"
)

// rulePattern is the form of a rule's name; which names there are is known to
// package rules, above this one.
var rulePattern = regexp.MustCompile(`^[a-z]+(-[a-z]+)*(\.[a-z]+(-[a-z]+)*)+$`)

// contract compiles what rules have to know beside the requests.
func (c *compiler) contract() {
	f := c.flow
	f.ClientType, f.Tenant, f.TenantPerAccount = c.is.clientType, c.is.tenant, c.is.tenantPerAccount
	f.CSRF, f.Settings = c.is.csrf, c.is.settings
	c.strays()
	c.guards()
	for i := range c.spec.Statements {
		s, path := &c.spec.Statements[i], fmt.Sprintf("statements[%d]", i)
		if !c.holds(path, s.When) {
			continue
		}
		f.Statements = append(f.Statements, c.statement(path, s))
	}
	c.listing()
	for i := range c.spec.Disabled.items {
		d, path := &c.spec.Disabled.items[i], c.spec.Disabled.path("disabled", i)
		if c.holds(path, d.When) && f.Disabled == nil {
			f.Disabled = &Statement{Says: d.Says, Source: c.address(path+".document", &d.source)}
		}
	}
}

func (c *compiler) statement(path string, s *statementSpec) Statement {
	if path != "" {
		c.checkStatement(path, s)
	}
	out := Statement{Rules: s.Rules, Says: s.Says, Source: c.address(path+".document", &s.source), Open: s.Open,
		Status: s.Status, Empty: s.Empty, ContentType: s.Send.ContentType, Setting: s.Send.Setting, When: strings.Join(s.When, ", ")}
	if s.Body != "" {
		out.Body = []byte(s.Body)
	}
	return out
}

func (c *compiler) checkStatement(path string, s *statementSpec) {
	for i, rule := range s.Rules {
		if !rulePattern.MatchString(rule) {
			c.bad(fmt.Sprintf("%s.rules[%d]", path, i), fmt.Sprintf("%q is no name of a rule", rule), "")
		}
	}
	for i, status := range s.Status {
		if !validStatus(status) {
			c.bad(fmt.Sprintf("%s.status[%d]", path, i), fmt.Sprintf("%d is no status", status), "")
		}
	}
	if name, _, ok := strings.Cut(s.Send.Setting, "="); s.Send.Setting != "" && (!ok || c.spec.setting(name) == nil) {
		c.bad(path+".send.setting", fmt.Sprintf("must be NAME=VALUE of a setting, not %q", s.Send.Setting), spelling.Nearest(name, c.spec.settingNames()))
	}
	if s.Says == "" && s.Document == "" {
		c.bad(path, "needs its authority: document, says, or both", "")
	}
}

// address is the page of a source.
func (c *compiler) address(path string, s *source) string {
	address, known := c.spec.Documents[s.Document]
	if s.Document != "" && !known {
		var keys []string
		for k := range c.spec.Documents {
			keys = append(keys, k)
		}
		slices.Sort(keys)
		c.bad(path, fmt.Sprintf("%q is not among the documents", s.Document), spelling.Nearest(s.Document, keys))
	}
	return address
}

// strays finds the cookies that only other choices have, whose names are known
// beforehand. A cookie that this choice has under another name is none.
func (c *compiler) strays() {
	for i := range c.spec.Cookies {
		k := &c.spec.Cookies[i]
		_, mine := c.slots["cookie."+k.as()]
		if mine || strings.Contains(k.Name, "{{") {
			continue
		}
		if slices.ContainsFunc(c.flow.Strays, func(s Stray) bool { return s.Name == k.Name }) {
			continue
		}
		c.flow.Strays = append(c.flow.Strays, Stray{Name: k.Name, Authenticates: k.Authenticates,
			CSRF: slices.Contains(k.When, "csrf")})
	}
}

// guards finds the headers that are sent back against forged requests, and the
// one that names the client type, used or not.
func (c *compiler) guards() {
	for i := range c.spec.Echo {
		e, path := &c.spec.Echo[i], fmt.Sprintf("echo[%d]", i)
		if strings.Contains(e.Value, "client_type") {
			c.flow.ClientTypeHeader = e.Header
		}
		if c.flow.Sessionless || !c.holds(path, e.When) {
			continue
		}
		for _, s := range c.template(path+".value", e.Value, inHeader) {
			if len(s.Args) == 1 && s.Args[0].Kind == SlotValue {
				c.flow.Guards = append(c.flow.Guards, Guard{Header: e.Header, Slot: s.Args[0].Index, Unchecked: e.Unchecked})
			}
		}
	}
}

// listing compiles the first listing whose when holds.
func (c *compiler) listing() {
	for i := range c.spec.Listing.items {
		l, path := &c.spec.Listing.items[i], c.spec.Listing.path("listing", i)
		if !c.holds(path, l.When) || !c.holds(path+".request", l.Request.When) || c.flow.Listing != nil || c.flow.Sessionless {
			continue
		}
		out := &Listing{Request: c.request(path+".request", &l.Request, anyCall, 0), Says: l.Says, Source: c.address(path+".document", &l.source)}
		if out.Request.Name == "" {
			out.Request.Name = "listing"
		}
		if l.Each != "" {
			re, err := regexp.Compile(l.Each)
			switch {
			case err != nil:
				c.bad(path+".each", "is no regular expression: "+strings.TrimPrefix(err.Error(), "error parsing regexp: "), "")
			case l.Owner != "" && re.NumSubexp() < 1:
				c.bad(path+".each", "needs a group that names the owner: between ( and )", "")
			}
			out.Each = re
		}
		if l.Owner != "" {
			out.Owner = c.template(path+".owner", l.Owner, inIdentity)
		}
		if l.Total != nil {
			total := c.place(path+".total", l.Total)
			out.Total = &total
		}
		switch {
		case l.Each == "" && l.Total == nil:
			c.bad(path, "needs each, total, or both: nothing says how to count", "")
		case l.Each == "" && l.Owner != "":
			c.bad(path+".owner", "needs each, whose first group it is compared with", "")
		}
		c.flow.Listing = out
	}
}
