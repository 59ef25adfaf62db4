package command

import (
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"text/tabwriter"
	"time"

	"authsoak/simulator"
	"authsoak/spelling"
)

// setting is something a simulated server can be told with --set.
type setting struct {
	name, about string
	// field returns a pointer to where it is kept: a bool, int, time.Duration,
	// float64, text or list of texts.
	field func(o *simulator.Options) any
}

// settings are in the order in which they are listed: what the products'
// documents leave open, then what no flag of its own says.
var settings = []setting{
	{"octane.idle_timeout", "life of one LWSSO cookie (3h)", func(o *simulator.Options) any { return &o.Octane.IdleTimeout }},
	{"octane.absolute_timeout", "life of a session however often refreshed (24h)", func(o *simulator.Options) any { return &o.Octane.AbsoluteTimeout }},
	{"octane.refresh_after", "age from which a call renews the cookie (half of idle_timeout)", func(o *simulator.Options) any { return &o.Octane.RefreshAfter }},
	{"octane.no_refresh", "never renew the cookie", func(o *simulator.Options) any { return &o.Octane.NoRefresh }},
	{"octane.allow_duplicate", "allow sign_in while the cookie is valid", func(o *simulator.Options) any { return &o.Octane.AllowDuplicate }},
	{"octane.duplicate_status", "refusal of such a sign_in: 304, 401, 403 or 409 (409)", func(o *simulator.Options) any { return &o.Octane.DuplicateStatus }},
	{"octane.basic_off", "SUPPORTS_BASIC_AUTHENTICATION is off", func(o *simulator.Options) any { return &o.Octane.BasicOff }},
	{"octane.api_keys_only", "RESTRICT_REST_API_TO_API_KEYS_ONLY is on", func(o *simulator.Options) any { return &o.Octane.APIKeysOnly }},
	{"octane.csrf_spares_reads", "check the CSRF header on changing methods only", func(o *simulator.Options) any { return &o.Octane.CSRFSparesReads }},
	{"octane.csrf_status", "answer to a call without the CSRF header: 401 or 403 (403)", func(o *simulator.Options) any { return &o.Octane.CSRFStatus }},
	{"octane.refuse_private_client_type", "403 to a sign_in that sends HPECLIENTTYPE", func(o *simulator.Options) any { return &o.Octane.RefusePrivateClientType }},
	{"octane.domain", "Domain attribute of the cookies (none)", func(o *simulator.Options) any { return &o.Octane.Domain }},
	{"octane.empty_set_cookie", "add a Set-Cookie header without a value", func(o *simulator.Options) any { return &o.Octane.EmptySetCookie }},
	{"octane.error_in_phrase", "repeat the error body in the reason phrase", func(o *simulator.Options) any { return &o.Octane.ErrorInPhrase }},
	{"octane.self_contained", "a cookie lives on after sign_out", func(o *simulator.Options) any { return &o.Octane.SelfContained }},

	{"alm.token_idle", "idle life of the LWSSO token (1h)", func(o *simulator.Options) any { return &o.ALM.TokenIdle }},
	{"alm.token_lifetime", "absolute life of the token (none)", func(o *simulator.Options) any { return &o.ALM.TokenLifetime }},
	{"alm.session_idle", "REST_SESSION_MAX_IDLE_TIME (1h)", func(o *simulator.Options) any { return &o.ALM.SessionIdle }},
	{"alm.authenticate_status", "alm-authenticate answers 200 or 201 (200)", func(o *simulator.Options) any { return &o.ALM.AuthenticateStatus }},
	{"alm.site_session_status", "POST site-session answers 200 or 201 (201)", func(o *simulator.Options) any { return &o.ALM.SiteSessionStatus }},
	{"alm.replace_mismatch", "a QCSession of another client type is replaced, not refused", func(o *simulator.Options) any { return &o.ALM.ReplaceMismatch }},
	{"alm.suffix_from_body", "the client type of a site-session body makes a suffix too", func(o *simulator.Options) any { return &o.ALM.SuffixFromBody }},
	{"alm.auto_session", "the first data call opens the application session", func(o *simulator.Options) any { return &o.ALM.AutoSession }},
	{"alm.strict_xsrf", "take only the XSRF token given to this session", func(o *simulator.Options) any { return &o.ALM.StrictXSRF }},
	{"alm.no_xsrf", "check no XSRF token, as before 16.00", func(o *simulator.Options) any { return &o.ALM.NoXSRF }},
	{"alm.strict_json", "refuse unquoted JSON", func(o *simulator.Options) any { return &o.ALM.StrictJSON }},
	{"alm.no_get_logout", "logout by GET is off, as from 24.1", func(o *simulator.Options) any { return &o.ALM.NoGetLogout }},
	{"alm.logout_status", "a logout that worked answers 200 or 500 (200)", func(o *simulator.Options) any { return &o.ALM.LogoutStatus }},
	{"alm.logged_out_status", "a call after logout is answered 401 or 500 (500)", func(o *simulator.Options) any { return &o.ALM.LoggedOutStatus }},
	{"alm.clear_path", "Path under which logout clears cookies (/)", func(o *simulator.Options) any { return &o.ALM.ClearPath }},
	{"alm.redirect_v2", "v2 is-authenticated without a session redirects to the form", func(o *simulator.Options) any { return &o.ALM.RedirectV2 }},
	{"alm.api_keys_only", "RESTAPI_ACCESS_APIKEY_ONLY is on", func(o *simulator.Options) any { return &o.ALM.APIKeysOnly }},
	{"alm.free_client_types", "RESTAPI_WHITELIST_APIKEY, joined by ;", func(o *simulator.Options) any { return &o.ALM.FreeClientTypes }},
	{"alm.self_contained", "the token lives on after logout", func(o *simulator.Options) any { return &o.ALM.SelfContained }},

	{"space.idle_timeout", "idle life of a session without maxage (30m)", func(o *simulator.Options) any { return &o.Space.IdleTimeout }},
	{"space.absolute_timeout", "absolute life of a session (none)", func(o *simulator.Options) any { return &o.Space.AbsoluteTimeout }},
	{"space.cookies", "style of Set-Cookie: two, folded or strict-seed (two)", func(o *simulator.Options) any { return (*string)(&o.Space.Cookies) }},
	{"space.max_sessions", "sessions of one user at a time (no limit)", func(o *simulator.Options) any { return &o.Space.MaxSessions }},
	{"space.stale_logout_status", "logout with dead cookies answers 401 or 412 (412)", func(o *simulator.Options) any { return &o.Space.StaleLogoutStatus }},
	{"space.redirect_login", "a login is answered by 302 to login-status", func(o *simulator.Options) any { return &o.Space.RedirectLogin }},
	{"space.node", "the node named in JSESSIONID (space-node1)", func(o *simulator.Options) any { return &o.Space.Node }},

	{"lre.version", "version at the bare root (2023); each is below /lre-VERSION/ too", func(o *simulator.Options) any { return &o.LRE.Version }},
	{"lre.idle_timeout", "idle life of a session (1h before 2020, then 30m)", func(o *simulator.Options) any { return &o.LRE.IdleTimeout }},
	{"lre.absolute_timeout", "absolute life of a session (none)", func(o *simulator.Options) any { return &o.LRE.AbsoluteTimeout }},
	{"lre.tenants", "the known tenant ids, joined by ; (all)", func(o *simulator.Options) any { return &o.LRE.Tenants }},
	{"lre.refuse_namespace", "400 to AuthenticateClient XML with a namespace", func(o *simulator.Options) any { return &o.LRE.RefuseNamespace }},
	{"lre.need_declaration", "400 to AuthenticateClient XML without a declaration", func(o *simulator.Options) any { return &o.LRE.NeedDeclaration }},
	{"lre.need_security_id", "400 to requests without X-QC-HIDDEN-SECURITY-ID", func(o *simulator.Options) any { return &o.LRE.NeedSecurityID }},
	{"lre.bad_key_status", "a wrong key pair is answered 400, 401 or 403 (401)", func(o *simulator.Options) any { return &o.LRE.BadKeyStatus }},
	{"lre.empty_when_expired", "a dead cookie is answered by 200 and an empty page", func(o *simulator.Options) any { return &o.LRE.EmptyWhenExpired }},
	{"lre.balancer", "add the cookies of a balancer", func(o *simulator.Options) any { return &o.LRE.Balancer }},
	{"lre.self_contained", "the token lives on after logout", func(o *simulator.Options) any { return &o.LRE.SelfContained }},

	{"acme.idle_timeout", "idle life of a session of the invented product (30m)", func(o *simulator.Options) any { return &o.Acme.IdleTimeout }},
	{"acme.absolute_timeout", "absolute life of a session (none)", func(o *simulator.Options) any { return &o.Acme.AbsoluteTimeout }},

	{"login.distribution", "of --login-cost: constant or exponential (constant)", func(o *simulator.Options) any { return (*string)(&o.Login.Distribution) }},
	{"login.max_wait", "refuse a login that would wait longer (never)", func(o *simulator.Options) any { return &o.Login.MaxWait }},
	{"latency.distribution", "of --latency: constant, uniform, exponential or lognormal (constant)", func(o *simulator.Options) any { return (*string)(&o.Latency.Distribution) }},
	{"latency.spread", "half the width of uniform", func(o *simulator.Options) any { return &o.Latency.Spread }},
	{"latency.sigma", "shape of lognormal (0.5)", func(o *simulator.Options) any { return &o.Latency.Sigma }},
	{"error_status", "of --error-rate: 500 or 503 (500)", func(o *simulator.Options) any { return &o.ErrorStatus }},
	{"keepalive.idle_limit", "close a connection that is silent for so long (never)", func(o *simulator.Options) any { return &o.Keepalive.IdleLimit }},
	{"keepalive.max_requests", "close a connection after so many answers (never)", func(o *simulator.Options) any { return &o.Keepalive.MaxRequests }},
	{"keepalive.abrupt", "don't announce that close", func(o *simulator.Options) any { return &o.Keepalive.Abrupt }},
	{"tls.names", "more names of the server's certificate, joined by ;", func(o *simulator.Options) any { return &o.TLS.Names }},
	{"tls.http1_only", "don't offer HTTP/2", func(o *simulator.Options) any { return &o.TLS.HTTP1Only }},
	{"accounts.lock_after", "lock an account after so many wrong secrets (never)", func(o *simulator.Options) any { return &o.Accounts.LockAfter }},
	{"accounts.lock_for", "how long (until the end)", func(o *simulator.Options) any { return &o.Accounts.LockFor }},
	{"accounts.no_pattern", "only accounts of --accounts may log in", func(o *simulator.Options) any { return &o.Accounts.NoPattern }},
	{"mutant_window", "how long the races of --mutant stay open (1ms)", func(o *simulator.Options) any { return &o.MutantWindow }},
	{"max_sessions", "live sessions at a time (8000000)", func(o *simulator.Options) any { return &o.MaxSessions }},
	{"reaper_every", "expired sessions die only when a reaper passes (at once)", func(o *simulator.Options) any { return &o.ReaperEvery }},
}

// applySettings carries out --set NAME=VALUE. The error tells every problem.
func applySettings(o *simulator.Options, given []string) error {
	var errs []error
	for _, text := range given {
		name, value, hasValue := strings.Cut(text, "=")
		if err := applySetting(o, name, value, hasValue); err != nil {
			errs = append(errs, fmt.Errorf("--set %s: %w", name, err))
		}
	}
	return errors.Join(errs...)
}

func applySetting(o *simulator.Options, name, value string, hasValue bool) error {
	var names []string
	for _, s := range settings {
		if s.name == name {
			field := s.field(o)
			if _, isBool := field.(*bool); isBool && !hasValue {
				value = "true"
			}
			return assign(field, value)
		}
		names = append(names, s.name)
	}
	if near := spelling.Nearest(name, names); near != "" {
		return fmt.Errorf("unknown setting: did you mean %q?", near)
	}
	return errors.New("unknown setting: authsoak simulate --list-settings names them all")
}

// assign stores the text in what field points to.
func assign(field any, text string) (err error) {
	switch to := field.(type) {
	case *bool:
		if *to, err = strconv.ParseBool(text); err != nil {
			return fmt.Errorf("must be true or false, not %q", text)
		}
	case *int:
		*to, err = parseWhole(text)
	case *float64:
		*to, err = parseNumber(text)
	case *time.Duration:
		*to, err = parseTime(text)
	case *string:
		*to = text
	case *[]string:
		*to = strings.Split(text, ";")
	default:
		panic(fmt.Sprintf("a setting of type %T", field))
	}
	return err
}

// parseMutant refuses a name that no mutant has; what follows an @ is the
// simulator's to judge.
func parseMutant(text string) (string, error) {
	name, _, _ := strings.Cut(text, "@")
	var names []string
	for _, m := range simulator.Mutants() {
		names = append(names, m.Name)
	}
	if name == "" || slices.Contains(names, name) {
		return text, nil
	}
	hint := "--list-mutants prints them"
	if near := spelling.Nearest(name, names); near != "" {
		hint = fmt.Sprintf("did you mean %q?", near)
	}
	return "", fmt.Errorf("%q is not a mutant: %s", name, hint)
}

// listMutants prints what --mutant may name.
func (p *program) listMutants(asJSON bool) error {
	if asJSON {
		lines := json.NewEncoder(p.Out)
		lines.SetEscapeHTML(false)
		for _, m := range simulator.Mutants() {
			if err := lines.Encode(m); err != nil {
				return err
			}
		}
		return nil
	}
	for _, m := range simulator.Mutants() {
		if _, err := fmt.Fprintln(p.Out, m.Name); err != nil {
			return err
		}
	}
	return nil
}

// listSettings prints what --set may name.
func (p *program) listSettings() error {
	w := tabwriter.NewWriter(p.Out, 0, 0, 2, ' ', 0)
	for _, s := range settings {
		fmt.Fprintf(w, "%s\t%s\n", s.name, s.about)
	}
	return w.Flush()
}
