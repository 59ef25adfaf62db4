package scenario

import (
	"fmt"
	"slices"
	"strings"

	"authsoak/accounts"
	"authsoak/document"
	"authsoak/profiles"
)

// who finds a target's accounts. Without any, there is a nameless one, shared:
// enough for a method that asks for none.
func (c *compiler) who(at string, t *Target, p *TargetPlan, files bool) {
	a := &t.Accounts
	at += ".accounts"
	c.known(at+".policy", string(a.Policy), a.Policy.Known())
	c.known(at+".exhausted", string(a.Exhausted), a.Exhausted.Known())
	p.Policy, _ = accounts.ParsePolicy(string(a.Policy))
	if p.Exhausted = a.Exhausted; a.Exhausted == "" {
		p.Exhausted = WaitForAccount
	}
	switch {
	case a.File != "" && a.Generate != "":
		c.bad(at, "has both file and generate: give one", "")
	case a.Generate != "":
		g, err := accounts.Generate(a.Generate)
		if err != nil {
			for _, line := range strings.Split(err.Error(), "\n") {
				c.bad(at+".generate", line, "")
			}
			return
		}
		p.Accounts = g
	case a.File == "":
		p.Accounts, p.Policy = accounts.Anonymous(), accounts.Shared
	case files:
		c.readAccounts(at+".file", a.File, p)
	}
}

func (c *compiler) readAccounts(at, name string, p *TargetPlan) {
	for i, other := range c.plan.Targets {
		if c.Targets[i].Accounts.File == name && other.Accounts != nil {
			p.Accounts = other.Accounts // read already
			return
		}
	}
	r, err := c.World.Open(name)
	if err != nil {
		c.bad(at, err.Error(), "")
		return
	}
	defer r.Close()
	list, err := accounts.ReadCSV(r, name, c.World.Env)
	if err != nil {
		if !slices.ContainsFunc(c.errs, func(e error) bool { return e.Error() == err.Error() }) {
			c.errs = append(c.errs, err)
		}
		return
	}
	p.Accounts = list
}

// columns finds the columns that the flow asks for, and holds every account
// against what the flow can send.
func (c *compiler) columns(at string, t *Target, p *TargetPlan) {
	if p.Accounts == nil {
		return
	}
	target := at
	at += ".accounts"
	columns, missing := accounts.Resolve(p.Accounts, p.Flow.AccountFields)
	p.Columns = columns
	if len(missing) > 0 {
		if t.Accounts.File == "" && t.Accounts.Generate == "" {
			c.bad(at, fmt.Sprintf("there are no accounts: method %s of %s needs %s, from a CSV file or a pattern such as 'user{n}:pw{n}:1000': name it in %s",
				p.Flow.Method, p.Flow.Endpoint, strings.Join(missing, ", "), c.setBy(target, "accounts")), "")
			return
		}
		key := at + ".file"
		if t.Accounts.File == "" {
			key = at + ".generate"
		}
		c.bad(key, fmt.Sprintf("there is no column %s, which method %s of %s needs: there are %s", strings.Join(missing, ", "),
			p.Flow.Method, p.Flow.Endpoint, strings.Join(p.Accounts.Columns(), ", ")), "")
		return
	}
	c.sendable(at, t, p)
}

// sendable checks each account; of generated ones, which differ in digits only,
// the first will do.
func (c *compiler) sendable(at string, t *Target, p *TargetPlan) {
	count, key := p.Accounts.Count(), at+".file"
	if t.Accounts.File == "" {
		count, key = min(count, 1), at+".generate"
	}
	const shown = 5
	faults := 0
	var scratch accounts.Scratch
	for i := range count {
		fields := p.Accounts.Fields(i, p.Columns, &scratch)
		why := ""
		if err := p.Flow.CheckAccount(fields); err != nil {
			why = err.Error()
		}
		if n := slices.IndexFunc(fields, func(f []byte) bool { return len(f) == 0 }); n >= 0 && why == "" {
			why = fmt.Sprintf("column %q is empty", p.Flow.AccountFields[n])
		}
		if why == "" {
			continue
		}
		if faults++; faults <= shown {
			c.bad(key, fmt.Sprintf("account %d: %s", i+1, why), "")
		}
	}
	if faults > shown {
		c.bad(key, fmt.Sprintf("and %d more accounts like these", faults-shown), "")
	}
}

// checkAccounts refuses users who could never log in because there are fewer
// accounts than users at once, unless the scenario says what then.
func (c *compiler) checkAccounts() {
	if c.plan.Curve == nil || c.plan.Mix == nil {
		return
	}
	users := make([]int, len(c.plan.Targets))
	for k := range c.plan.Curve.Peak() {
		users[c.plan.Mix.Pick(int64(k))]++
	}
	for i, t := range c.plan.Targets {
		stated := c.Targets[i].Accounts.Exhausted != ""
		if t.Accounts == nil || t.Policy != accounts.Lease || stated || t.Accounts.Count() >= users[i] {
			continue
		}
		what := "users"
		if c.plan.Model == profiles.Population {
			what = "sessions"
		}
		at, file := fmt.Sprintf("targets[%d]", i), ""
		if c.file.Empty() {
			file = " in a scenario file"
		}
		c.bad(at+".accounts", fmt.Sprintf(
			"there are %d accounts for %d %s at once: give more in %s, ask for fewer %s in %s, or say%s how they are shared (accounts.policy) or what is done when none is free (accounts.exhausted)",
			t.Accounts.Count(), users[i], what, c.setBy(at, "accounts"), what, c.setBy("load", "stages"), file), "")
	}
}

var _ document.Enum = policy("")
