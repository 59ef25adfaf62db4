package simulator

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"
)

// Validate reports every value the server could not work with, joined, and
// changes nothing.
func (o *Options) Validate() error {
	p := &problems{}
	p.rate("ErrorRate", o.ErrorRate)
	p.oneOf("ErrorStatus", o.ErrorStatus, 500, 503)
	p.notNegative("MaxSessions", int64(o.MaxSessions))
	p.duration("ReaperEvery", o.ReaperEvery)
	p.duration("MutantWindow", o.MutantWindow)
	if _, _, err := findMutant(o.Mutant); err != nil {
		p.addf("Mutant %q: %w", o.Mutant, err)
	}
	o.Login.validate(p)
	o.Latency.validate(p)
	o.validateWorld(p)
	o.validateProducts(p)
	o.Accounts.validate(p)
	return errors.Join(p.found...)
}

func (c *CostOptions) validate(p *problems) {
	p.duration("Login.Mean", c.Mean)
	p.duration("Login.MaxWait", c.MaxWait)
	p.notNegative("Login.Servers", int64(c.Servers))
	p.named("Login.Distribution", string(c.Distribution), string(Constant), string(Exponential))
}

func (l *LatencyOptions) validate(p *problems) {
	p.duration("Latency.Mean", l.Mean)
	p.duration("Latency.Spread", l.Spread)
	if l.Spread > l.Mean {
		p.addf("Latency.Spread %v: must not exceed Mean %v", l.Spread, l.Mean)
	}
	if !(l.Sigma >= 0 && l.Sigma <= 10) {
		p.addf("Latency.Sigma %v: must be 0 to 10", l.Sigma)
	}
	p.named("Latency.Distribution", string(l.Distribution),
		string(Constant), string(Uniform), string(Exponential), string(LogNormal))
}

func (o *Options) validateWorld(p *problems) {
	p.duration("Stall.Every", o.Stall.Every)
	p.duration("Stall.For", o.Stall.For)
	if o.Stall.For > 0 && o.Stall.For >= o.Stall.Every {
		p.addf("Stall.For %v: must be shorter than Every %v", o.Stall.For, o.Stall.Every)
	}
	p.duration("Keepalive.IdleLimit", o.Keepalive.IdleLimit)
	p.notNegative("Keepalive.MaxRequests", int64(o.Keepalive.MaxRequests))
	p.named("TLS.ClientCertificates", string(o.TLS.ClientCertificates),
		string(NoCertificate), string(RequestCertificate), string(RequireCertificate))
	for _, name := range o.TLS.Names {
		if name == "" || strings.ContainsAny(name, " /\t\r\n") {
			p.addf("TLS.Names %q: not a host name or address", name)
		}
	}
}

func (o *Options) validateProducts(p *problems) {
	p.duration("Octane.IdleTimeout", o.Octane.IdleTimeout)
	p.duration("Octane.AbsoluteTimeout", o.Octane.AbsoluteTimeout)
	p.duration("Octane.RefreshAfter", o.Octane.RefreshAfter)
	p.oneOf("Octane.DuplicateStatus", o.Octane.DuplicateStatus, 304, 401, 403, 409)
	p.oneOf("Octane.CSRFStatus", o.Octane.CSRFStatus, 401, 403)
	p.attribute("Octane.Domain", o.Octane.Domain)
	p.duration("ALM.TokenIdle", o.ALM.TokenIdle)
	p.duration("ALM.TokenLifetime", o.ALM.TokenLifetime)
	p.duration("ALM.SessionIdle", o.ALM.SessionIdle)
	p.oneOf("ALM.AuthenticateStatus", o.ALM.AuthenticateStatus, 200, 201)
	p.oneOf("ALM.SiteSessionStatus", o.ALM.SiteSessionStatus, 200, 201)
	p.oneOf("ALM.LogoutStatus", o.ALM.LogoutStatus, 200, 500)
	p.oneOf("ALM.LoggedOutStatus", o.ALM.LoggedOutStatus, 401, 500)
	p.attribute("ALM.ClearPath", o.ALM.ClearPath)
	p.duration("Space.IdleTimeout", o.Space.IdleTimeout)
	p.duration("Space.AbsoluteTimeout", o.Space.AbsoluteTimeout)
	p.named("Space.Cookies", string(o.Space.Cookies), string(TwoHeaders), string(Folded), string(StrictSeed))
	p.notNegative("Space.MaxSessions", int64(o.Space.MaxSessions))
	p.oneOf("Space.StaleLogoutStatus", o.Space.StaleLogoutStatus, 401, 412)
	p.attribute("Space.Node", o.Space.Node)
	p.named("LRE.Version", o.LRE.Version, lreVersions[:]...)
	p.duration("LRE.IdleTimeout", o.LRE.IdleTimeout)
	p.duration("LRE.AbsoluteTimeout", o.LRE.AbsoluteTimeout)
	p.oneOf("LRE.BadKeyStatus", o.LRE.BadKeyStatus, 400, 401, 403)
	for _, tenant := range o.LRE.Tenants {
		if !isGUID([]byte(tenant)) {
			p.addf("LRE.Tenants %q: not a GUID", tenant)
		}
	}
	p.duration("Acme.IdleTimeout", o.Acme.IdleTimeout)
	p.duration("Acme.AbsoluteTimeout", o.Acme.AbsoluteTimeout)
}

func (a *AccountRule) validate(p *problems) {
	p.notNegative("Accounts.LockAfter", int64(a.LockAfter))
	p.duration("Accounts.LockFor", a.LockFor)
	if a.Limit > maxPatternNumber {
		p.addf("Accounts.Limit %d: must be at most %d", a.Limit, uint64(maxPatternNumber))
	}
	seen := map[string]bool{}
	for i, account := range a.List {
		if account.User == "" && account.ClientID == "" {
			p.addf("Accounts.List[%d]: has neither User nor ClientID", i)
		}
		for _, name := range []string{account.User, account.ClientID} {
			if name != "" && seen[name] {
				p.addf("Accounts.List[%d] %q: named twice", i, name)
			}
			seen[name] = true
		}
	}
}

// problems collects what is wrong with an Options.
type problems struct{ found []error }

func (p *problems) addf(format string, args ...any) {
	p.found = append(p.found, fmt.Errorf("simulator: "+format, args...))
}

func (p *problems) duration(name string, d time.Duration) {
	if d < 0 {
		p.addf("%s %v: must not be negative", name, d)
	}
}

func (p *problems) notNegative(name string, n int64) {
	if n < 0 {
		p.addf("%s %d: must not be negative", name, n)
	}
}

func (p *problems) rate(name string, rate float64) {
	if !(rate >= 0 && rate <= 1) {
		p.addf("%s %v: must be 0 to 1", name, rate)
	}
}

func (p *problems) oneOf(name string, got int, allowed ...int) {
	if got != 0 && !slices.Contains(allowed, got) {
		p.addf("%s %d: must be one of %v", name, got, allowed)
	}
}

func (p *problems) named(name, got string, allowed ...string) {
	if got != "" && !slices.Contains(allowed, got) {
		p.addf("%s %q: must be one of %s", name, got, strings.Join(allowed, ", "))
	}
}

func (p *problems) attribute(name, value string) {
	for _, c := range []byte(value) {
		if c <= ' ' || c >= 0x7f || c == ';' || c == ',' || c == '"' {
			p.addf("%s %q: cannot stand in a cookie", name, value)
			return
		}
	}
}

// or gives value, or fallback where value is the zero value.
func or[T comparable](value, fallback T) T {
	var zero T
	if value == zero {
		return fallback
	}
	return value
}

// withDefaults fills what was left zero with the documented values.
func (o Options) withDefaults() Options {
	o.ErrorStatus = or(o.ErrorStatus, 500)
	o.MutantWindow = or(o.MutantWindow, time.Millisecond)
	o.MaxSessions = or(o.MaxSessions, 8_000_000)
	o.Login.Servers = or(o.Login.Servers, 1)
	o.Latency.Sigma = or(o.Latency.Sigma, 0.5)
	o.Octane.IdleTimeout = or(o.Octane.IdleTimeout, 3*time.Hour)
	o.Octane.AbsoluteTimeout = or(o.Octane.AbsoluteTimeout, 24*time.Hour)
	o.Octane.RefreshAfter = or(o.Octane.RefreshAfter, o.Octane.IdleTimeout/2)
	o.Octane.DuplicateStatus = or(o.Octane.DuplicateStatus, 409)
	o.Octane.CSRFStatus = or(o.Octane.CSRFStatus, 403)
	o.ALM.TokenIdle = or(o.ALM.TokenIdle, time.Hour)
	o.ALM.SessionIdle = or(o.ALM.SessionIdle, time.Hour)
	o.ALM.AuthenticateStatus = or(o.ALM.AuthenticateStatus, 200)
	o.ALM.SiteSessionStatus = or(o.ALM.SiteSessionStatus, 201)
	o.ALM.LogoutStatus = or(o.ALM.LogoutStatus, 200)
	o.ALM.LoggedOutStatus = or(o.ALM.LoggedOutStatus, 500)
	o.ALM.ClearPath = or(o.ALM.ClearPath, "/")
	o.Space.IdleTimeout = or(o.Space.IdleTimeout, 30*time.Minute)
	o.Space.Cookies = or(o.Space.Cookies, TwoHeaders)
	o.Space.StaleLogoutStatus = or(o.Space.StaleLogoutStatus, 412)
	o.Space.Node = or(o.Space.Node, "space-node1")
	o.LRE.Version = or(o.LRE.Version, "2023")
	o.LRE.BadKeyStatus = or(o.LRE.BadKeyStatus, 401)
	o.Acme.IdleTimeout = or(o.Acme.IdleTimeout, 30*time.Minute)
	return o
}
