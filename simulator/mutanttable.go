package simulator

// The endpoints, as mutants name them.
var (
	onOctane    = []string{"octane"}
	onALM       = []string{"alm"}
	onSpace     = []string{"space"}
	onLRE       = []string{"lre"}
	slidingOnes = []string{"alm", "space", "lre", "acme"}
)

var mutants = []Mutant{
	{Name: "login.accepted", About: "a login that opened a session is answered 202", Plain: true, defect: loginStatus},
	{Name: "login.body", About: "a login answers with a body where none is stated", Endpoints: []string{"octane", "alm", "lre"}, defect: loginBody},
	{Name: "login.body/text", About: "a login answers with another text than the stated one", Endpoints: onSpace, Plain: true, defect: loginText},
	{Name: "login.cookies", About: "a login leaves its last cookie out", Plain: true, defect: loginLess, not: oneCookie},
	{Name: "login.cookies/version", About: "a login sets the cookies of another version too", Endpoints: onLRE, Versions: []string{"2020", "2020-sp2", "2021", "2023"}, defect: lreOther},
	{Name: "login.wrong-secret", About: "any secret is right", defect: twists(secretRight, true), not: isX509},
	{Name: "login.wrong-secret/status", About: "a wrong secret is answered 422", Endpoints: []string{"octane", "alm", "space"}, defect: refusedLogin(422), not: isX509},
	{Name: "login.wrong-secret-body", About: "a refused login answers with another text than the stated one", Endpoints: onSpace, defect: refusedText},
	{Name: "login.wrong-secret-cookie", About: "a refused login sets an authenticating cookie", defect: refusedCookie, not: isX509},
	{Name: "login.unknown-user", About: "a user or key that does not exist may log in", defect: twists(accountKnown, true), not: isX509},
	{Name: "login.unknown-user/status", About: "a user or key that does not exist is answered 422", Endpoints: []string{"octane", "alm", "space"}, defect: refusedLogin(422), not: isX509},
	{Name: "login.inactive-key", About: "a key that is switched off may log in", Methods: keyMethods, defect: twists(accountOff, false)},
	{Name: "login.inactive-key/status", About: "a key that is switched off is answered 422", Endpoints: onALM, Methods: []string{"api-key"}, defect: refusedLogin(422)},
	{Name: "login.no-credentials", About: "a login without credentials is let in", defect: loginAnonymous},
	{Name: "login.method-get", About: "GET logs in too", defect: loginMethod("GET"), not: getsLogin},
	{Name: "login.method-put", About: "PUT logs in too", defect: loginMethod("PUT")},
	{Name: "login.method-delete", About: "DELETE logs in too", defect: loginMethod("DELETE")},
	{Name: "login.content-type", About: "a login with any media type is read", Endpoints: []string{"octane", "alm", "lre", "acme"}, defect: loginType, not: bodiless},
	{Name: "login.duplicate", About: "a second login over valid cookies is let in", Endpoints: onOctane, defect: twists(duplicateRefused, false)},
	{Name: "login.again", About: "a login that sends cookies of an ended session is refused", defect: loginStale},
	{Name: "login.tenant", About: "a login that names its tenant is refused", Endpoints: onLRE, Needs: NeedTenant, Plain: true, defect: loginTenant},
	{Name: "id.fixation", About: "a login adopts the session id that the client brought", defect: func(d *defect) { d.renames, d.after = true, d.adoptBrought }},
	{Name: "id.unique", About: "an account is given the id of its first login at each later one", defect: repeats},
	{Name: "cookie.httponly", About: "no cookie is HttpOnly", defect: twists(cookieHidden, false)},
	{Name: "cookie.secure", About: "no cookie is Secure", Needs: NeedTLS, defect: twists(cookieSecured, false)},
	{Name: "cookie.needed", About: "a call without the authenticating cookies gets the latest session", defect: lendBare},
	{Name: "cookie.tampered", About: "a cookie is read although a character of it changed", defect: readsNear},
	{Name: "call.accepted", About: "one of the calls is answered 404", Plain: true, defect: callBroken},
	{Name: "call.bare", About: "calls need the certificate too", Endpoints: onSpace, Methods: []string{"x509"}, defect: callCertificate},
	{Name: "call.no-cookies", About: "a call without any cookie is let in", defect: letsStrangersIn},
	{Name: "call.refused-status", About: "a call without a live session is answered 422", defect: refusedCall(422)},
	{Name: "call.other-connection", About: "a session works on the connection of its login only", defect: callHome, not: isX509},
	{Name: "csrf.cookie", About: "the cookie against forged requests comes unasked", Endpoints: onOctane, Needs: NeedNoCSRF, defect: twists(csrfAsked, true), not: isBasic},
	{Name: "csrf.missing", About: "a call without the header against forged requests is accepted", Endpoints: onOctane, Needs: NeedCSRF, defect: forged(csrfGiven, partCall)},
	{Name: "csrf.missing/xsrf", About: "a changing call without X-XSRF-TOKEN is accepted", Endpoints: onALM, defect: forged(csrfGiven, partCall)},
	{Name: "csrf.wrong", About: "any value of the header against forged requests is right", Endpoints: onOctane, Needs: NeedCSRF, defect: forged(csrfRight, partCall)},
	{Name: "csrf.wrong/xsrf", About: "any value of X-XSRF-TOKEN is right", Endpoints: onALM, defect: forged(csrfRight, partCall)},
	{Name: "csrf.not-needed", About: "GET needs X-XSRF-TOKEN too", Endpoints: onALM, Plain: true, defect: csrfAlways},
	{Name: "csrf.not-needed/octane", About: "a session that asked for no token needs the header", Endpoints: onOctane, Needs: NeedNoCSRF, Plain: true, defect: csrfAlways},
	{Name: "csrf.logout", About: "a logout without the header against forged requests is accepted", Endpoints: onOctane, Needs: NeedCSRF, defect: forged(csrfGiven, partLogout)},
	{Name: "csrf.logout/xsrf", About: "a logout without X-XSRF-TOKEN is accepted", Endpoints: onALM, defect: forged(csrfGiven, partLogout)},
	{Name: "csrf.logout/acts", About: "a logout without X-XSRF-TOKEN is refused and ends the session all the same", Endpoints: onALM, defect: csrfLogoutActs},
	{Name: "client-type.suffix", About: "the session cookie lacks the suffix of the client type", Endpoints: onALM, Needs: NeedClientType, Plain: true, defect: twists(suffixNamed, false)},
	{Name: "client-type.missing", About: "a session of a client type serves calls without the header", Endpoints: onALM, Needs: NeedClientType, defect: typeIgnored(false)},
	{Name: "client-type.wrong", About: "a session of a client type serves calls whose header names another", Endpoints: onALM, Needs: NeedClientType, defect: typeIgnored(true)},
	{Name: "every-call.accepted", About: "the right credentials on a call are refused", Needs: NeedSessionless, Plain: true, defect: everyRefused},
	{Name: "every-call.wrong-secret", About: "any secret on a call is right", Needs: NeedSessionless, defect: twists(secretRight, true)},
	{Name: "every-call.no-credentials", About: "a call without credentials is accepted", Needs: NeedSessionless, defect: everyAnonymous},
	{Name: "every-call.no-session", About: "credentials on a call open a session", Needs: NeedSessionless, defect: everyOpens},
	{Name: "every-call.off", About: "Basic credentials count although they are switched off", Endpoints: onOctane, Needs: NeedBasicOff, defect: twists(basicRefused, false)},
	{Name: "logout.accepted", About: "a logout that worked is answered 202", Plain: true, defect: logoutStatus},
	{Name: "logout.body", About: "a logout answers with another text than the stated one", Endpoints: onSpace, Plain: true, defect: logoutText},
	{Name: "logout.revokes", About: "a logout ends nothing", defect: twists(logoutEnds, false)},
	{Name: "logout.cookies", About: "a logout takes no cookie away", defect: twists(cookieCleared, false)},
	{Name: "logout.no-cookies", About: "a logout without cookies ends the latest session", defect: logoutStranger},
	{Name: "logout.same-user", About: "a logout ends the user's other sessions too", defect: logoutOthers(true)},
	{Name: "logout.other-user", About: "a logout ends a session of another user too", defect: logoutOthers(false)},
	{Name: "user.named", About: "answers name another user", Endpoints: naming, Plain: true, defect: func(d *defect) { d.swap = d.neighbour }, not: nameless},
	{Name: "user.isolated", About: "a connection serves the user who used it first", Endpoints: naming, defect: firstServed, not: nameless},
	{Name: "session.listed", About: "a session that logged out is refused, but the server goes on counting it", Endpoints: listing, defect: leaksLogout, not: isX509},
	{Name: "session.listed/login", About: "a login opens a second session that nobody is told of", Endpoints: listing, defect: leaks, not: isX509},
	{Name: "session.listed/missing", About: "a live session is not listed", Endpoints: listing, defect: unlisted, not: isX509},

	{Name: "lifetime.idle/never", About: "an unused session never ends", defect: twists(idleOver, false)},
	{Name: "lifetime.idle/early", About: "an unused session ends after half its idle time", defect: stretches(idleOver, 1, 2)},
	{Name: "lifetime.idle/late", About: "an unused session ends after twice its idle time", defect: stretches(idleOver, 2, 1)},
	{Name: "lifetime.idle/lazy", About: "sessions die only when a reaper passes, once a second", defect: reaps},
	{Name: "lifetime.idle/nodes", About: "one of two nodes refuses sessions that are idle for half their time", every: 2, defect: nodesDisagree},
	{Name: "lifetime.idle/replaced", About: "a session that ran out is replaced by a new one", Endpoints: slidingOnes, defect: replaces},
	{Name: "lifetime.idle/fixed", About: "a use does not start the idle time anew", Endpoints: slidingOnes, defect: twists(useRenews, false)},
	{Name: "lifetime.absolute/ignored", About: "the absolute lifetime is ignored", Needs: NeedAbsolute, defect: twists(lifeOver, false)},
	{Name: "lifetime.absolute/early", About: "a session ends after half its absolute lifetime", Needs: NeedAbsolute, defect: stretches(lifeOver, 1, 2)},
	{Name: "lifetime.absolute/late", About: "a session ends after twice its absolute lifetime", Needs: NeedAbsolute, defect: stretches(lifeOver, 2, 1)},
	{Name: "lifetime.renewal/never", About: "no cookie is ever renewed", Endpoints: onOctane, defect: twists(cookieRefreshed, false)},
	{Name: "lifetime.renewal/vain", About: "a renewed cookie ends with the old one", Endpoints: onOctane, defect: twists(freshExtends, false)},
	{Name: "lifetime.renewal/kills", About: "the old cookie dies when it is renewed", Endpoints: onOctane, defect: renewalKills},
	{Name: "lifetime.renewal/outlives", About: "the old cookie lives on with the renewed one", Endpoints: onOctane, defect: twists(cookieOver, false)},
	{Name: "lifetime.maxage", About: "the idle time asked for at login is ignored", Endpoints: onSpace, Needs: NeedMaxAge, defect: twists(maxAgeHeeded, false)},

	{Name: "race.revival", About: "a call in flight revives a session that was logged out", defect: revives},
	{Name: "race.logout", About: "a logout is answered before it acts", defect: logoutLater},
	{Name: "race.shared-id", About: "logins at once get one id together", defect: crowds},
	{Name: "race.history", About: "of two calls at once one is refused", defect: refusesTwins},

	{Name: "load.dead-accepted", About: "sessions that ended are accepted", defect: twists(deadRefused, false)},
	{Name: "load.live-refused", About: "one call in ten is refused", every: 10, Plain: true, defect: forgets},
	{Name: "load.wrong-user", About: "one answer in ten names another user", Endpoints: naming, every: 10, Plain: true, defect: func(d *defect) { d.swap = d.neighbour }, not: nameless},
	{Name: "load.id-repeated", About: "an account is given the id of its first login at each later one", defect: repeats},
	{Name: "load.csrf-stale", About: "one value against forged requests in ten is refused though it is right", Endpoints: onALM, every: 10, Plain: true, defect: staleCSRF},
	{Name: "load.csrf-stale/octane", About: "one value against forged requests in ten is refused though it is right", Endpoints: onOctane, Needs: NeedCSRF, every: 10, Plain: true, defect: staleCSRF},
}

var (
	keyMethods = []string{"api-key", "client-key", "client-key-json"}
	listing    = []string{"space", "acme"}
	naming     = []string{"alm", "space", "acme"}
)

// Uses where a mutant cannot show.

func isX509(u Use) bool  { return u.Method == "x509" }
func isBasic(u Use) bool { return u.Method == "basic" }

// getsLogin: GET is the way to log in, or shows the form.
func getsLogin(u Use) bool {
	return u.Endpoint == "lre" && u.Method == "basic" || u.Endpoint == "acme"
}

// oneCookie: the login sets no cookie beside the one that proves the session.
func oneCookie(u Use) bool {
	return u.Endpoint == "octane" || u.Endpoint == "acme" || u.Endpoint == "lre" && (u.Version == "2020" || u.Version == "2020-sp2" || u.Version == "2023")
}

// bodiless: the login has no body whose type could be wrong.
func bodiless(u Use) bool { return u.Method == "basic" }

// nameless: no answer names the user in a way that is documented.
func nameless(u Use) bool { return u.Method == "x509" || u.Endpoint == "alm" && u.Method != "password" }
