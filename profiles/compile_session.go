package profiles

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"authsoak/document"
	"authsoak/spelling"
)

// session compiles what the documents say about sessions; where there are none,
// they say nothing.
func (c *compiler) session() {
	s, spec := &c.flow.Session, &c.spec.Session
	*s = SessionRules{DuplicateLogin: Observe, LogoutRevokes: Observe, Sources: map[string]string{}}
	if c.flow.Sessionless {
		return
	}
	s.DuplicateLogin = c.declaration("duplicate_login", &spec.DuplicateLogin, Refuse, Allow, Observe)
	s.LogoutRevokes = c.declaration("logout_revokes", &spec.LogoutRevokes, Yes, No, Observe)
	if s.ExtendedBy = c.declaration("extended_by", &spec.ExtendedBy, Use, Renewal); s.ExtendedBy == Observe {
		s.ExtendedBy = Use
	}
	s.Idle = c.lifetime("idle", &spec.Idle)
	s.Absolute = c.lifetime("absolute", &spec.Absolute)
	s.IdleSetting = settingOf(&spec.Idle)
	if s.Idle > 0 && s.Absolute > 0 && s.Idle > s.Absolute {
		c.badHere("session.idle", "is longer than absolute", "")
	}
	for i := range spec.Refused.items {
		r, path := &spec.Refused.items[i], spec.Refused.path("session.refused", i)
		if !c.holds(path, r.When) || len(s.Refused) > 0 {
			continue
		}
		s.Refused = r.Status
		for j, status := range r.Status {
			if !validStatus(status) {
				c.bad(fmt.Sprintf("%s.status[%d]", path, j), fmt.Sprintf("%d is no status", status), "")
			}
		}
		s.Sources["refused"] = c.source(path, &r.source, true)
	}
}

// rule returns the first rule that holds, compiled, and where it stands. All
// are tried, so that each when is known to be of use.
func (c *compiler) rule(name string, rules *oneOrMore[ruleSpec]) (path, expect string, from *source) {
	for i := range rules.items {
		r, at := &rules.items[i], rules.path("session."+name, i)
		if c.holds(at, r.When) && from == nil {
			path, expect, from = at, c.constant(at+".expect", r.Expect), &r.source
		}
	}
	return path, expect, from
}

func (c *compiler) declaration(name string, rules *oneOrMore[ruleSpec], known ...Declaration) Declaration {
	path, expect, from := c.rule(name, rules)
	if from == nil {
		return Observe
	}
	d := Declaration(expect)
	if !slices.Contains(known, d) {
		var words []string
		for _, k := range known {
			words = append(words, string(k))
		}
		c.bad(path+".expect", fmt.Sprintf("must be one of %s, not %q", strings.Join(words, ", "), expect), spelling.Nearest(expect, words))
	}
	if text := c.source(path, from, d != Observe); text != "" {
		c.flow.Session.Sources[name] = text
	}
	return d
}

// settingOf finds the setting that a lifetime is said to follow.
func settingOf(rules *oneOrMore[ruleSpec]) string {
	for _, r := range rules.items {
		if _, rest, found := strings.Cut(r.Expect, "{{setting."); found {
			name, _, _ := strings.Cut(rest, "}}")
			return strings.TrimSpace(name)
		}
	}
	return ""
}

func (c *compiler) lifetime(name string, rules *oneOrMore[ruleSpec]) time.Duration {
	path, expect, from := c.rule(name, rules)
	if from == nil {
		return 0
	}
	d, err := document.ParseDuration(expect)
	if err != nil || d <= 0 {
		c.bad(path+".expect", fmt.Sprintf("must be a time like 30m, not %q", expect), "")
	}
	c.flow.Session.Sources[name] = c.source(path, from, true)
	return time.Duration(d)
}

// source joins what a page says with its address.
func (c *compiler) source(path string, s *source, needed bool) string {
	address, known := c.spec.Documents[s.Document]
	if s.Document != "" && !known {
		var keys []string
		for k := range c.spec.Documents {
			keys = append(keys, k)
		}
		slices.Sort(keys)
		c.bad(path+".document", fmt.Sprintf("%q is not among the documents", s.Document), spelling.Nearest(s.Document, keys))
	}
	switch {
	case s.Says == "" && address == "" && needed && s.Document == "":
		c.bad(path, "needs its authority: document, says, or both", "")
	case s.Says == "":
		return address
	case address != "":
		return s.Says + " (" + address + ")"
	}
	return s.Says
}
