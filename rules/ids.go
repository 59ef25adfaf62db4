package rules

// Rule is the name of a rule and what it holds a server to.
type Rule struct {
	ID    string
	About string
	// Group is what the rule's row in a list stands under.
	Group string
}

// Groups of rules, in the order of a report.
const (
	groupLogin    = "login"
	groupID       = "session ids"
	groupCookie   = "cookies"
	groupCall     = "calls"
	groupCSRF     = "forged requests"
	groupClient   = "client type"
	groupEvery    = "credentials on every call"
	groupLogout   = "logout"
	groupUser     = "users and sessions"
	groupLifetime = "lifetimes"
	groupRace     = "races"
	groupLoad     = "under load"
)

// Catalogue lists every rule, in the order in which they are reported.
func Catalogue() []Rule { return catalogue }

// IDs lists the names of all rules.
func IDs() []string {
	ids := make([]string, len(catalogue))
	for i := range catalogue {
		ids[i] = catalogue[i].ID
	}
	return ids
}

// Find returns the rule of that name.
func Find(id string) (Rule, bool) {
	for _, r := range catalogue {
		if r.ID == id {
			return r, true
		}
	}
	return Rule{}, false
}

var catalogue = []Rule{
	{"login.accepted", "the right credentials open a session, with the stated status", groupLogin},
	{"login.body", "the body of a login that worked is the stated one", groupLogin},
	{"login.cookies", "a login sets exactly the cookies stated for this version and these options", groupLogin},
	{"login.wrong-secret", "a wrong password or secret is refused, with the stated status", groupLogin},
	{"login.wrong-secret-body", "the body of a refused login is the stated one", groupLogin},
	{"login.wrong-secret-cookie", "a refused login sets no cookie that authenticates", groupLogin},
	{"login.unknown-user", "a user or key that does not exist is refused, with the stated status", groupLogin},
	{"login.inactive-key", "a key that is not active is refused, with the stated status", groupLogin},
	{"login.no-credentials", "a login without credentials or certificate is refused", groupLogin},
	{"login.method-get", "GET does not log in where it is not supported", groupLogin},
	{"login.method-post", "POST does not log in where it is not supported", groupLogin},
	{"login.method-put", "PUT does not log in where it is not supported", groupLogin},
	{"login.method-delete", "DELETE does not log in where it is not supported", groupLogin},
	{"login.content-type", "a login with a media type that is not supported is refused", groupLogin},
	{"login.duplicate", "a second login while the cookies are valid and sent along: refused where stated", groupLogin},
	{"login.again", "after a logout a login works again, with the old cookies sent along", groupLogin},
	{"login.tenant", "a login that names its tenant opens a session", groupLogin},
	{"login.tenant-unknown", "a login that names an unknown tenant", groupLogin},
	{"id.fixation", "a login gives a new session id and never adopts one that the client brought", groupID},
	{"id.unique", "each login gives an id that no other login was given", groupID},
	{"cookie.httponly", "the cookies that authenticate are HttpOnly", groupCookie},
	{"cookie.secure", "over TLS the cookies that authenticate are Secure", groupCookie},
	{"cookie.attributes", "the attributes of the cookies that a login sets", groupCookie},
	{"cookie.needed", "without its authenticating cookies a call is refused; without one of several it is observed", groupCookie},
	{"cookie.tampered", "a call whose authenticating cookies were changed is refused", groupCookie},
	{"call.accepted", "each call of a live session is accepted", groupCall},
	{"call.bare", "after the login the cookies suffice: no credentials and no certificate", groupCall},
	{"call.no-cookies", "a call without any cookie is refused", groupCall},
	{"call.refused-status", "a call without a live session is refused with the stated status", groupCall},
	{"call.other-connection", "a session works on another connection than that of its login", groupCall},
	{"csrf.cookie", "the cookie against forged requests comes where it was asked for, and only there", groupCSRF},
	{"csrf.missing", "a request without the header against forged requests is refused where it is needed", groupCSRF},
	{"csrf.wrong", "a request with a wrong value in that header is refused where it is needed", groupCSRF},
	{"csrf.not-needed", "a request without that header is accepted where it is not needed", groupCSRF},
	{"csrf.logout", "a logout without that header is refused and leaves the session alive", groupCSRF},
	{"csrf.double-submit", "a value of the client's own in both cookie and header", groupCSRF},
	{"client-type.suffix", "the session cookie carries the suffix of the client type", groupClient},
	{"client-type.missing", "a session of a client type is refused where the header is missing", groupClient},
	{"client-type.wrong", "a session of a client type is refused where the header names another", groupClient},
	{"client-type.plain", "a session without a client type, called with the header of one", groupClient},
	{"every-call.accepted", "a call that carries the right credentials is accepted", groupEvery},
	{"every-call.wrong-secret", "a call that carries a wrong secret is refused", groupEvery},
	{"every-call.no-credentials", "a call without credentials is refused", groupEvery},
	{"every-call.no-session", "credentials on a call open no session: the cookies of its answer are worth nothing", groupEvery},
	{"every-call.off", "where it is switched off, credentials on a call are refused", groupEvery},
	{"logout.accepted", "a logout succeeds, with the stated status", groupLogout},
	{"logout.body", "the body of a logout is the stated one", groupLogout},
	{"logout.revokes", "after a logout the old cookies are refused", groupLogout},
	{"logout.cookies", "the cookies that a logout takes away", groupLogout},
	{"logout.twice", "a second logout with the old cookies", groupLogout},
	{"logout.no-cookies", "a logout without cookies leaves every session alive", groupLogout},
	{"logout.same-user", "a logout leaves another session of the same user alive", groupLogout},
	{"logout.other-user", "a logout leaves the sessions of other users alive", groupLogout},
	{"user.named", "answers name the user who logged in", groupUser},
	{"user.isolated", "another user's session stays another user's, on the same connection too", groupUser},
	{"session.concurrent", "several sessions of one account at a time", groupUser},
	{"session.listed", "the server lists a session while it lives, and no longer after its logout", groupUser},
	{"lifetime.idle", "an unused session ends after its idle time", groupLifetime},
	{"lifetime.absolute", "a session ends after its absolute lifetime, however much it is used", groupLifetime},
	{"lifetime.renewal", "a renewed cookie extends the session; the old one keeps its own end", groupLifetime},
	{"lifetime.maxage", "the idle time asked for at login is the one that counts", groupLifetime},
	{"race.revival", "a call in flight does not revive a session that was logged out", groupRace},
	{"race.logout", "a logout that was answered has acted", groupRace},
	{"race.shared-id", "two logins at once never share an id", groupRace},
	{"race.history", "what several clients of one session see at once fits some order of their requests", groupRace},
	{"load.dead-accepted", "no session that must be dead was accepted under load", groupLoad},
	{"load.live-refused", "no session that must be live was refused under load", groupLoad},
	{"load.wrong-user", "no answer named another user under load", groupLoad},
	{"load.id-repeated", "no session id was given out twice under load", groupLoad},
	{"load.csrf-stale", "no current value against forged requests was refused under load", groupLoad},
	{"ledger.balance", "every session that was opened is accounted for", groupLoad},
}
