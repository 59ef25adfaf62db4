package check_test

import (
	"strings"
	"testing"

	"authsoak/profiles"
	"authsoak/simulator"
)

// setting is something that a document leaves open, settled by the server, and
// how a profile declares it: text of the built-in one, by pairs old and new.
type setting struct {
	name     string
	endpoint string
	options  simulator.Options
	declare  []string
	settings map[string]string // of the profile
}

func honestSettings() []setting {
	octane := func(o simulator.OctaneOptions) simulator.Options { return simulator.Options{Octane: o} }
	alm := func(o simulator.ALMOptions) simulator.Options { return simulator.Options{ALM: o} }
	space := func(o simulator.SpaceOptions) simulator.Options { return simulator.Options{Space: o} }
	lre := func(o simulator.LREOptions) simulator.Options { return simulator.Options{LRE: o} }
	open := []string{`says: a logout ends the session, rules: [logout.accepted, logout.revokes]`, `says: a logout is possible, rules: [logout.accepted]`,
		"logout_revokes:\n    expect: \"yes\"", "logout_revokes:\n    expect: observe"}
	all := []setting{
		{name: "no refresh", endpoint: "octane", options: octane(simulator.OctaneOptions{NoRefresh: true})},
		{name: "allow duplicate", endpoint: "octane", options: octane(simulator.OctaneOptions{AllowDuplicate: true}),
			declare: []string{"expect: refuse", "expect: allow"}},
		{name: "basic off", endpoint: "octane", options: octane(simulator.OctaneOptions{BasicOff: true}),
			settings: map[string]string{"basic_authentication": "off"}},
		{name: "api keys only", endpoint: "octane", options: octane(simulator.OctaneOptions{APIKeysOnly: true}),
			declare: []string{"  when: [method = basic|basic-every-call, setting.basic_authentication = off]", "  when: method = json|basic|basic-every-call",
				"  - name: basic_authentication\n    about: SUPPORTS_BASIC_AUTHENTICATION of the space\n    values: [\"on\", \"off\"]\n    default: \"on\"\n", ""}},
		{name: "csrf spares reads", endpoint: "octane", options: octane(simulator.OctaneOptions{CSRFSparesReads: true}),
			declare: []string{`{{cookie.HPSSO_COOKIE_CSRF}}", when: csrf}`, `{{cookie.HPSSO_COOKIE_CSRF}}", when: csrf, unchecked: [GET]}`}},
		{name: "csrf 401", endpoint: "octane", options: octane(simulator.OctaneOptions{CSRFStatus: 401})},
		{name: "no private client type", endpoint: "octane", options: octane(simulator.OctaneOptions{RefusePrivateClientType: true})},
		{name: "domain", endpoint: "octane", options: octane(simulator.OctaneOptions{Domain: "octane.test"})},
		{name: "empty set-cookie", endpoint: "octane", options: octane(simulator.OctaneOptions{EmptySetCookie: true})},
		{name: "phrase", endpoint: "octane", options: octane(simulator.OctaneOptions{ErrorInPhrase: true})},
		{name: "self-contained", endpoint: "octane", options: octane(simulator.OctaneOptions{SelfContained: true})},

		{name: "alm 201 and 200", endpoint: "alm", options: alm(simulator.ALMOptions{AuthenticateStatus: 201, SiteSessionStatus: 200})},
		{name: "replace mismatch", endpoint: "alm", options: alm(simulator.ALMOptions{ReplaceMismatch: true}),
			declare: []string{"{when: client_type, document: login, says: a QCSession with", "{when: client_type, open: true, document: login, says: a QCSession with"}},
		{name: "suffix from body", endpoint: "alm", options: alm(simulator.ALMOptions{SuffixFromBody: true})},
		{name: "auto session", endpoint: "alm", options: alm(simulator.ALMOptions{AutoSession: true})},
		{name: "strict xsrf", endpoint: "alm", options: alm(simulator.ALMOptions{StrictXSRF: true})},
		{name: "no xsrf", endpoint: "alm", options: alm(simulator.ALMOptions{NoXSRF: true}),
			declare: []string{"except_methods: [GET]}", "except_methods: [GET], unchecked: [POST, PUT, DELETE]}"}},
		{name: "strict json", endpoint: "alm", options: alm(simulator.ALMOptions{StrictJSON: true})},
		{name: "no get logout", endpoint: "alm", options: alm(simulator.ALMOptions{NoGetLogout: true})},
		{name: "logout 500", endpoint: "alm", options: alm(simulator.ALMOptions{LogoutStatus: 500}), settings: map[string]string{"logout_500": "accept"}},
		{name: "logged out 401", endpoint: "alm", options: alm(simulator.ALMOptions{LoggedOutStatus: 401})},
		{name: "clear path", endpoint: "alm", options: alm(simulator.ALMOptions{ClearPath: "/qcbin"})},
		{name: "redirect v2", endpoint: "alm", options: alm(simulator.ALMOptions{RedirectV2: true})},
		{name: "alm self-contained", endpoint: "alm", options: alm(simulator.ALMOptions{SelfContained: true}), declare: open},

		{name: "folded", endpoint: "space", options: space(simulator.SpaceOptions{Cookies: simulator.Folded})},
		{name: "strict seed", endpoint: "space", options: space(simulator.SpaceOptions{Cookies: simulator.StrictSeed})},
		{name: "one session", endpoint: "space", options: space(simulator.SpaceOptions{MaxSessions: 1})},
		{name: "two sessions", endpoint: "space", options: space(simulator.SpaceOptions{MaxSessions: 2})},
		{name: "stale logout", endpoint: "space", options: space(simulator.SpaceOptions{StaleLogoutStatus: 401})},
		{name: "redirect login", endpoint: "space", options: space(simulator.SpaceOptions{RedirectLogin: true}),
			declare: []string{"          status: [200]\n          body: User logged in\n", "          status: [302]\n",
				"{document: login, says: the body of a login that worked is User logged in, rules: [login.body], body: User logged in}", "{document: login, says: nothing, rules: [login.body], empty: true}",
				"says: a login that worked is answered with 200, rules: [login.accepted], status: [200]", "says: a login that worked leads on, rules: [login.accepted], status: [302]"}},
		{name: "node", endpoint: "space", options: space(simulator.SpaceOptions{Node: "other"})},

		{name: "no namespace", endpoint: "lre", options: lre(simulator.LREOptions{RefuseNamespace: true})},
		{name: "declaration", endpoint: "lre", options: lre(simulator.LREOptions{NeedDeclaration: true}),
			declare: []string{"text: <AuthenticationClient>", `text: <?xml version="1.0"?><AuthenticationClient>`}},
		{name: "bad key 400", endpoint: "lre", options: lre(simulator.LREOptions{BadKeyStatus: 400})},
		{name: "bad key 403", endpoint: "lre", options: lre(simulator.LREOptions{BadKeyStatus: 403})},
		{name: "empty when expired", endpoint: "lre", options: lre(simulator.LREOptions{EmptyWhenExpired: true})},
		{name: "balancer", endpoint: "lre", options: lre(simulator.LREOptions{Balancer: true})},
		{name: "tenants", endpoint: "lre", options: lre(simulator.LREOptions{Tenants: []string{"fa128c06-5436-413d-9cfa-9f04bb738df3"}})},
		{name: "lre self-contained", endpoint: "lre", options: lre(simulator.LREOptions{SelfContained: true}),
			declare: []string{"    - expect: \"yes\"\n", "    - expect: observe\n"}},
	}
	for _, status := range []int{304, 401, 403, 409} {
		all = append(all, setting{name: "duplicate", endpoint: "octane", options: octane(simulator.OctaneOptions{DuplicateStatus: status})})
	}
	general := []simulator.Options{
		{Accounts: simulator.AccountRule{LockAfter: 3}}, {Accounts: simulator.AccountRule{LockAfter: 1}},
		{Keepalive: simulator.KeepaliveOptions{MaxRequests: 2}}, {Keepalive: simulator.KeepaliveOptions{MaxRequests: 1}},
	}
	for _, o := range general {
		for _, e := range profiles.Endpoints() {
			all = append(all, setting{name: "general", endpoint: e.Name, options: o})
		}
	}
	return all
}

// profile is the built-in profile with the declarations of a setting.
func (s *setting) profile(t *testing.T) *profiles.Endpoint {
	t.Helper()
	name := s.endpoint
	data, err := profiles.Source("endpoint", name)
	if err != nil {
		t.Fatal(err)
	}
	text := string(data)
	for i := 0; i < len(s.declare); i += 2 {
		if !strings.Contains(text, s.declare[i]) {
			t.Fatalf("setting %s: the profile holds no %q", s.name, s.declare[i])
		}
		text = strings.ReplaceAll(text, s.declare[i], s.declare[i+1])
	}
	e, err := profiles.ParseEndpoint(name+".yaml", []byte(text))
	if err != nil {
		t.Fatalf("setting %s: %v", s.name, err)
	}
	return e
}

// On the honest simulator no rule fails, whatever its settings, given the
// profile that declares them.
func TestHonestSettings(t *testing.T) {
	for _, s := range honestSettings() {
		o := s.options
		o.Seed = 7
		at := newSite(t, o, false)
		e := s.profile(t)
		for _, c := range e.Matrix() {
			if c.Method == "x509" {
				continue
			}
			c.Settings = s.settings
			for _, bad := range unsound(try(t, at.target(t, e, c), "")) {
				t.Errorf("%s %s %s: %s", s.name, e.Name, options(c), bad)
			}
		}
	}
}
