package scenario

import (
	"fmt"
	"maps"
	"net/url"
	"path/filepath"
	"regexp"
	"slices"
	"strings"

	"authsoak/accounts"
	"authsoak/profiles"
	"authsoak/spelling"
)

// maxTargets bounds the targets of one scenario.
const maxTargets = 100

var targetName = regexp.MustCompile(`^[A-Za-z0-9][A-Za-z0-9_-]{0,63}$`)

// completeTargets gives every target a name of its own, and defaults.
func (c *compiler) completeTargets() {
	if len(c.Targets) == 0 {
		c.bad("targets", "no server is named: give at least one in targets, or with --target ENDPOINT=URL", "")
	}
	if len(c.Targets) > maxTargets {
		c.bad("targets", fmt.Sprintf("there are %d targets: at most %d are possible", len(c.Targets), maxTargets), "")
	}
	taken := map[string]int{}
	for i := range c.Targets {
		if name := c.Targets[i].Name; name != "" {
			c.nameTaken(i, name, taken)
		}
	}
	for i := range c.Targets {
		t := &c.Targets[i]
		if t.Name == "" {
			t.Name = freeName(profileName(t.Endpoint), taken)
			taken[t.Name] = i
		}
		if t.Weight == nil {
			one := 1.0
			t.Weight = &one
		}
		if t.Accounts.Policy == "" {
			t.Accounts.Policy = policy(accounts.Lease.String())
		}
		if t.TLS.ClientKey == "" {
			t.TLS.ClientKey = t.TLS.ClientCert
		}
	}
}

func (c *compiler) nameTaken(i int, name string, taken map[string]int) {
	at := fmt.Sprintf("targets[%d].name", i)
	if first, dup := taken[name]; dup {
		c.bad(at, fmt.Sprintf("%q is the name of targets[%d] too", name, first), "")
	}
	if !targetName.MatchString(name) {
		c.bad(at, fmt.Sprintf("%q is no name: letters, digits, _ and -, at most 64", clip(name)), "")
	}
	taken[name] = i
}

// profileName is the name of an endpoint, or of the file it is in.
func profileName(endpoint string) string {
	if !isPath(endpoint) {
		return endpoint
	}
	base := filepath.Base(strings.ReplaceAll(endpoint, `\`, "/"))
	base = strings.TrimSuffix(base, filepath.Ext(base))
	name := strings.Map(func(r rune) rune {
		if labelRune(r) && r != '.' {
			return r
		}
		return '-'
	}, base)
	if !targetName.MatchString(name) {
		return "target"
	}
	return name
}

func freeName(name string, taken map[string]int) string {
	for n, free := 2, name; ; n++ {
		if _, used := taken[free]; !used {
			return free
		}
		free = fmt.Sprintf("%s-%d", name, n)
	}
}

// target compiles one target into the plan.
func (c *compiler) target(i int, files bool) {
	t, at := &c.Targets[i], fmt.Sprintf("targets[%d]", i)
	p := TargetPlan{Name: t.Name, Weight: *t.Weight, ClientType: t.ClientType, CSRF: t.CSRF}
	if p.Weight < 0 || p.Weight > 1e6 {
		c.bad(at+".weight", "must lie between 0 and 1000000", "")
	}
	p.TLS = TLSPlan{CA: t.TLS.CA, ClientCert: t.TLS.ClientCert, ClientKey: t.TLS.ClientKey, ServerName: t.TLS.ServerName, Insecure: t.TLS.Insecure}
	c.connect(at, t, &p)
	c.who(at, t, &p, files)
	c.flow(at, t, &p)
	if p.URL != nil && p.URL.Scheme == "http" {
		c.plain(at, t, p.Flow != nil && p.Flow.ClientCertificate)
	}
	if p.Flow != nil {
		c.calls(at, t, &p)
		c.columns(at, t, &p)
	}
	c.plan.Targets = append(c.plan.Targets, p)
}

// flow compiles the endpoint's profile for the target's choice.
func (c *compiler) flow(at string, t *Target, p *TargetPlan) {
	if t.Endpoint == "" {
		c.bad(at+".endpoint", "is missing", "")
		return
	}
	endpoint, err := profiles.FindEndpoint(t.Endpoint)
	if err != nil {
		c.failed(at+".endpoint", err)
		return
	}
	choice := profiles.Choice{
		Version: t.Version, Method: t.Method, ClientType: t.ClientType,
		Tenant: t.Tenant, CSRF: t.CSRF, Settings: t.Settings,
	}
	choice.TenantPerAccount = t.Tenant == "" && p.Accounts != nil &&
		accounts.Column(p.Accounts, accounts.Tenant) >= 0 && hasTenant(endpoint, t)
	if p.Flow, err = endpoint.Compile(choice); err != nil {
		p.Flow = nil
		c.failed(at+blamed(err), err)
		return
	}
	t.Version, t.Method = p.Flow.Version, p.Flow.Method
	if p.Flow.ClientCertificate {
		c.certificate(at, t, p)
	}
}

// blamed guesses which key of a target an error of its profile is about.
func blamed(err error) string {
	_, text, _ := strings.Cut(err.Error(), ": ")
	for _, key := range []string{"version", "method", "client_type", "tenant", "csrf", "settings"} {
		if strings.HasPrefix(text, strings.TrimSuffix(key, "s")+" ") {
			return "." + key
		}
	}
	return ""
}

// hasTenant tells whether a login of this version and method can name a tenant.
func hasTenant(e *profiles.Endpoint, t *Target) bool {
	flow, err := e.Compile(profiles.Choice{Version: t.Version, Method: t.Method, Settings: t.Settings})
	if err != nil {
		return false
	}
	for _, o := range e.Options {
		if o.Name == "tenant" {
			return slices.Contains(o.Methods, flow.Method) && slices.Contains(o.Versions, flow.Version)
		}
	}
	return false
}

// certificate checks that a login by certificate has one, and TLS to show it in.
func (c *compiler) certificate(at string, t *Target, p *TargetPlan) {
	if p.URL != nil && p.URL.Scheme != "https" {
		c.bad(at+".url", fmt.Sprintf("method %s presents a client certificate: it needs https, so the URL must begin with https://", p.Flow.Method), "")
	}
	if t.TLS.ClientCert != "" {
		return
	}
	if p.Accounts == nil || accounts.Column(p.Accounts, accounts.ClientCert) < 0 {
		if t.Accounts.File != "" && p.Accounts == nil {
			return // not read: it may hold the column
		}
		c.bad(at+".tls.client_cert", fmt.Sprintf("method %s needs a client certificate: give one with %s, or each account its own in a column %s of %s",
			p.Flow.Method, c.setBy(at, "tls.client_cert"), accounts.ClientCert, c.setBy(at, "accounts")), "")
	}
}

// calls compiles the mix of calls: the target's own, or the profile's.
func (c *compiler) calls(at string, t *Target, p *TargetPlan) {
	var names []string
	for _, g := range p.Flow.Calls {
		names = append(names, g.Name)
	}
	var weights []float64
	add := func(call int, weight float64) {
		if weight > 0 {
			p.Calls, weights = append(p.Calls, call), append(weights, weight)
		}
	}
	if t.Calls == nil {
		t.Calls = map[string]float64{}
		for _, w := range p.Flow.DefaultCalls {
			add(w.Call, w.Weight)
			t.Calls[names[w.Call]] = w.Weight
		}
		p.Mix = NewWeights(weights)
		return
	}
	for _, name := range slices.Sorted(maps.Keys(t.Calls)) {
		weight := t.Calls[name]
		if !slices.Contains(names, name) {
			c.bad(join(at+".calls", name), fmt.Sprintf("is no call of %s: there are %s", p.Flow.Endpoint, strings.Join(names, ", ")), spelling.Nearest(name, names))
		} else if weight < 0 || weight > 1e6 {
			c.bad(join(at+".calls", name), "must lie between 0 and 1000000", "")
		}
	}
	for i, name := range names {
		add(i, t.Calls[name])
	}
	if len(weights) == 0 {
		c.bad(at+".calls", "must give at least one call a weight above 0", "")
		return
	}
	p.Mix = NewWeights(weights)
}

// planTargets shares the load out.
func (c *compiler) planTargets() {
	weights := make([]float64, len(c.plan.Targets))
	var sum float64
	for i, t := range c.plan.Targets {
		weights[i] = t.Weight
		sum += t.Weight
	}
	if sum == 0 {
		c.bad("targets", "no target has a part in the load: at least one needs a weight above 0", "")
		return
	}
	c.plan.Mix = NewWeights(weights)
}

// connect compiles how a target is reached.
func (c *compiler) connect(at string, t *Target, p *TargetPlan) {
	c.known(at+".http", string(t.HTTP), t.HTTP.Known())
	c.known(at+".engine", string(t.Engine), t.Engine.Known())
	p.URL = c.targetURL(at+".url", t.URL)
	c.proxy(at+".proxy", t.Proxy, p)
	for i, text := range t.Resolve {
		r, err := ParseResolve(text)
		if err != nil {
			c.bad(fmt.Sprintf("%s.resolve[%d]", at, i), err.Error(), "")
			continue
		}
		p.Resolve = append(p.Resolve, r)
	}
	if t.Source != "" {
		addr, err := parseSource(t.Source)
		if err != nil {
			c.bad(at+".source", err.Error(), "")
		}
		p.Source = addr
	}
	c.engine(at, t, p)
	if t.TLS.ClientKey != "" && t.TLS.ClientCert == "" {
		c.bad(at+".tls.client_key", fmt.Sprintf("a key needs its certificate: give %s too", c.setBy(at, "tls.client_cert")), "")
	}
}

// plain refuses what is said of TLS where there is none. Of a login by
// certificate the flow says that it needs TLS.
func (c *compiler) plain(at string, t *Target, byCertificate bool) {
	cert, key := t.TLS.ClientCert, t.TLS.ClientKey
	if key == cert {
		key = "" // it was filled in
	}
	for _, k := range []struct {
		name  string
		given bool
	}{
		{"ca", t.TLS.CA != ""}, {"client_cert", cert != "" && !byCertificate}, {"client_key", key != "" && !byCertificate},
		{"insecure", t.TLS.Insecure}, {"server_name", t.TLS.ServerName != ""},
	} {
		if k.given {
			by := c.setBy(at, "tls."+k.name)
			c.bad(at+".tls."+k.name, fmt.Sprintf("target %s has an http URL, to which %s means nothing: begin the URL with https://, or leave %s out", t.Name, by, by), "")
		}
	}
}

// engine chooses the HTTP client and refuses what it can't do.
func (c *compiler) engine(at string, t *Target, p *TargetPlan) {
	p.HTTP2 = t.HTTP == HTTP2
	if p.HTTP2 && p.URL != nil && p.URL.Scheme != "https" {
		c.bad(at+".http", "HTTP/2 needs https, since TLS agrees on it: the URL must begin with https://", "")
	}
	needs := ""
	switch {
	case p.HTTP2:
		needs = "HTTP/2"
	case t.Proxy != "":
		needs = "a proxy"
	}
	switch {
	case needs != "" && t.Engine == Fast:
		c.bad(at+".engine", fmt.Sprintf("the fast engine can't do %s: use the standard one, or leave the engine out", needs), "")
	case t.Engine == "" && needs != "":
		t.Engine = Standard
	case t.Engine == "":
		t.Engine = Fast
	}
	if t.HTTP == "" {
		t.HTTP = HTTP1
	}
	p.Engine = t.Engine
}

var beginsAsURL = regexp.MustCompile(`^(?i:https?)://`)

// urlFault says what is wrong with a target's URL, without repeating it.
func urlFault(text string) string {
	u, err := url.Parse(text)
	switch {
	case text == "":
		return "has no URL"
	case !beginsAsURL.MatchString(text):
		return "the URL must begin with http:// or https://"
	case err != nil:
		return "holds no valid URL"
	case u.Hostname() == "":
		return "the URL names no host"
	case u.User != nil:
		return "the URL holds credentials: they belong into accounts"
	case u.RawQuery != "" || u.ForceQuery || u.Fragment != "":
		return "the URL must end with its path: a query or fragment belongs into the profile"
	}
	return ""
}

func (c *compiler) targetURL(at, text string) *url.URL {
	if accounts.HasReference(text) {
		return nil // reported already
	}
	if text == "" {
		c.bad(at, "is missing", "")
		return nil
	}
	if fault := urlFault(text); fault != "" {
		c.bad(at, fault, "")
		return nil
	}
	u, _ := url.Parse(strings.TrimRight(text, "/"))
	return u
}

func (c *compiler) proxy(at, text string, p *TargetPlan) {
	if text == "" {
		return
	}
	u, err := url.Parse(text)
	if err != nil || u.Hostname() == "" || u.Scheme != "http" && u.Scheme != "https" {
		c.bad(at, "must be a URL that begins with http:// or https:// and names a host", "")
		return
	}
	p.Proxy = u
}
