package matrix_test

// Reasons that several mutants share.
const (
	restsOnIt   = "its trial needs the answer that the mutant spoils"
	sameRefusal = "the mutant answers every refused login alike"
	profileSays = "the profile describes that answer too, so the step is not accepted"
)

// consequences are the rules that notice a mutant besides its own, and why.
var consequences = map[string]map[string]string{
	"login.accepted":            {"login.cookies": restsOnIt, "login.tenant": restsOnIt, "client-type.suffix": restsOnIt},
	"login.cookies":             {"login.accepted": profileSays, "login.tenant": profileSays},
	"login.wrong-secret":        {"login.wrong-secret-cookie": "the session that is opened brings its cookies"},
	"login.wrong-secret/status": {"login.inactive-key": sameRefusal, "login.unknown-user": sameRefusal, "login.no-credentials": sameRefusal},
	"login.unknown-user/status": {"login.inactive-key": sameRefusal, "login.wrong-secret": sameRefusal, "login.no-credentials": sameRefusal},
	"login.inactive-key/status": {"login.unknown-user": sameRefusal, "login.wrong-secret": sameRefusal},
	"login.tenant":              {"login.accepted": restsOnIt},
	"id.unique":                 {"logout.same-user": "two sessions with one id end together"},
	"logout.revokes":            {"session.listed": "the session goes on, and is listed"},
	"load.live-refused":         {"session.listed": "a session that is refused and isn't over stays on the server"},
	"call.accepted":             {"user.isolated": restsOnIt},
	"call.no-cookies":           {"call.refused-status": "both are tried by the same request", "cookie.needed": "the only cookie is the authenticating one"},
	"call.bare": {"call.other-connection": restsOnIt, "logout.no-cookies": restsOnIt,
		"logout.same-user": restsOnIt, "logout.other-user": restsOnIt, "user.isolated": restsOnIt},
	"call.other-connection": {"call.bare": "a bare connection is another one", "user.isolated": "it takes a session to another connection"},
	"csrf.not-needed": {"call.accepted": restsOnIt, "call.bare": restsOnIt, "call.other-connection": restsOnIt, "csrf.logout": restsOnIt,
		"logout.no-cookies": restsOnIt, "logout.other-user": restsOnIt, "logout.same-user": restsOnIt, "user.isolated": restsOnIt},
	"csrf.not-needed/octane": {"call.accepted": restsOnIt, "call.bare": restsOnIt, "call.other-connection": restsOnIt,
		"logout.no-cookies": restsOnIt, "logout.other-user": restsOnIt, "logout.same-user": restsOnIt, "user.isolated": restsOnIt},
	"client-type.suffix": {"login.accepted": profileSays, "login.cookies": "the cookie of the other name is missing"},
	"user.named":         {"user.isolated": "it looks at the names too"},
}
