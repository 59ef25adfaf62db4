package rules

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"

	"authsoak/profiles"
	"authsoak/results"
)

// Replies made by hand.
func good() Reply { return Reply{Status: 200} }

func denied(status int) Reply {
	return Reply{Status: status, Verdict: Verdict{Outcome: results.Fail, Class: results.SessionExpired, SessionOver: true}}
}

func badCredentials(status int) Reply {
	return Reply{Status: status, Verdict: Verdict{Outcome: results.Fail, Class: results.BadCredentials}}
}

func broken() Reply {
	return Reply{Status: 500, Verdict: Verdict{Outcome: results.Fail, Class: results.ServerError}}
}

func silent() Reply {
	return Reply{Err: errors.New("cut"), Verdict: Verdict{Outcome: results.Unknown, Class: results.Read}}
}

func misnamedReply() Reply {
	return Reply{Status: 200, Named: "bob", Verdict: Verdict{Outcome: results.Fail, Class: results.WrongUser, Reason: "bob"}}
}

func (r Reply) setting(cookies ...Cookie) Reply {
	r.Cookies = append(slices.Clone(r.Cookies), cookies...)
	return r
}

func (r Reply) saying(body string) Reply {
	r.Body = []byte(body)
	return r
}

// sid is a session cookie as a server should set it.
func sid(name, value string) Cookie {
	return Cookie{Name: name, Value: value, Attributes: " Path=/; HttpOnly; Secure"}
}

func evidence(replies ...Reply) Evidence {
	var e Evidence
	for _, r := range replies {
		e.Replies = append(e.Replies, []Reply{r})
	}
	return e
}

// copied stands in the place of an action without replies.
var noReply = Reply{Status: -1}

func scripted(replies ...Reply) Evidence {
	e := evidence(replies...)
	for i := range e.Replies {
		if e.Replies[i][0].Status == -1 {
			e.Replies[i] = nil
		}
	}
	return e
}

// listing is what a server's list told before a login, after it, and after its
// logout.
func listing(before, with, after int) Evidence {
	list := func(n int) Reply {
		r := good()
		r.Listed = Listed{Own: n, All: NotCounted}
		return r
	}
	return scripted(good(), list(before), good(), list(with), good(), list(after))
}

func tableOf(t *testing.T, endpoint string, c profiles.Choice) map[string]Row {
	t.Helper()
	e, err := profiles.FindEndpoint(endpoint)
	if err != nil {
		t.Fatal(err)
	}
	f, err := e.Compile(c)
	if err != nil {
		t.Fatal(err)
	}
	rows := map[string]Row{}
	for _, r := range Table(f, Conditions{Secure: true, Inactive: map[string]string{"client_id": "x"}}) {
		rows[r.ID] = r
	}
	return rows
}

// Each judge passes, fails and doubts by evidence made by hand.
func TestJudges(t *testing.T) {
	json := profiles.Choice{Method: "json"}
	key := profiles.Choice{Method: "api-key"}
	typed := profiles.Choice{Method: "api-key", ClientType: "webadmin"}
	almLogin := good().setting(sid("LWSSO_COOKIE_KEY", "a"), sid("QCSession", "b"), sid("ALM_USER", "c"), sid("XSRF-TOKEN", "d"))
	signIn := good().setting(sid("LWSSO_COOKIE_KEY", "a"))
	another := good().setting(sid("LWSSO_COOKIE_KEY", "b"))
	plain := Cookie{Name: "LWSSO_COOKIE_KEY", Value: "a", Attributes: " Path=/"}
	gone := Cookie{Name: "LWSSO_COOKIE_KEY", Removed: true}
	n := noReply
	for _, c := range []struct {
		endpoint string
		choice   profiles.Choice
		rule     string
		pass     Evidence
		fail     []Evidence
		unknown  []Evidence
	}{
		{"octane", json, "login.accepted", scripted(signIn), []Evidence{scripted(badCredentials(401)), scripted(Reply{Status: 201})}, []Evidence{scripted(broken()), scripted(silent()), {}}},
		{"octane", json, "login.cookies", scripted(signIn), []Evidence{scripted(good())}, []Evidence{scripted(silent())}},
		{"lre", profiles.Choice{Version: "2020"}, "login.cookies", scripted(good().setting(sid("ADM_LWSSO", "a"))),
			[]Evidence{scripted(good().setting(sid("ADM_LWSSO", "a"), sid("QCSession", "b"))), scripted(good())}, []Evidence{scripted(silent())}},
		{"space", profiles.Choice{}, "login.body", scripted(good().saying("User logged in")), []Evidence{scripted(good().saying("hello"))}, []Evidence{scripted(silent())}},
		{"lre", profiles.Choice{}, "login.body", scripted(good()), []Evidence{scripted(good().saying("x"))}, []Evidence{scripted(badCredentials(401))}},
		{"octane", json, "login.wrong-secret", scripted(badCredentials(401)), []Evidence{scripted(signIn), scripted(badCredentials(403))}, []Evidence{scripted(broken()), scripted(silent())}},
		{"space", profiles.Choice{}, "login.wrong-secret-body", scripted(badCredentials(401).saying("User is not logged in")),
			[]Evidence{scripted(badCredentials(401).saying("no"))}, []Evidence{scripted(silent())}},
		{"octane", json, "login.wrong-secret-cookie", scripted(badCredentials(401).setting(gone)),
			[]Evidence{scripted(badCredentials(401).setting(sid("LWSSO_COOKIE_KEY", "a")))}, []Evidence{scripted(silent()), scripted(broken())}},
		{"alm", key, "login.unknown-user", scripted(badCredentials(403)), []Evidence{scripted(badCredentials(401)), scripted(good())}, []Evidence{scripted(broken())}},
		{"alm", key, "login.inactive-key", scripted(badCredentials(403)), []Evidence{scripted(badCredentials(401)), scripted(good())}, []Evidence{scripted(broken())}},
		{"octane", json, "login.no-credentials", scripted(badCredentials(400)), []Evidence{scripted(signIn)}, []Evidence{scripted(broken())}},
		{"octane", json, "login.method-get", scripted(Reply{Status: 405, Verdict: Verdict{Outcome: results.Fail, Class: results.UnexpectedReject}}),
			[]Evidence{scripted(signIn)}, []Evidence{scripted(broken()), scripted(silent())}},
		{"alm", key, "login.content-type", scripted(Reply{Status: 415, Verdict: Verdict{Outcome: results.Fail, Class: results.UnexpectedReject}}),
			[]Evidence{scripted(almLogin)}, []Evidence{scripted(broken())}},
		{"octane", json, "login.duplicate", scripted(signIn, n, badCredentials(403), good()), []Evidence{scripted(signIn, n, good(), good())},
			[]Evidence{scripted(signIn, n, silent()), scripted(silent()), scripted(signIn, n, Reply{Status: 503})}},
		{"octane", json, "login.again", scripted(signIn, n, good(), another, good(), denied(401), signIn),
			[]Evidence{scripted(signIn, n, good(), badCredentials(401)), scripted(signIn, n, good(), another, good(), denied(401), badCredentials(409))},
			[]Evidence{scripted(signIn, n, silent()), scripted(signIn, n, good(), another, good(), silent())}},
		// While the old cookies are valid, a login over them may be refused.
		{"octane", json, "login.again", scripted(signIn, n, good(), another, good(), good(), badCredentials(409)), nil, nil},
		{"alm", key, "login.again", scripted(almLogin, n, good(), almLogin), []Evidence{scripted(almLogin, n, good(), badCredentials(409))}, nil},
		{"acme", profiles.Choice{}, "session.listed", listing(1, 2, 1), []Evidence{listing(0, 1, 0), listing(1, 3, 2), listing(1, 2, 2), listing(2, 2, 2)},
			[]Evidence{scripted(silent()), scripted(good(), good(), silent())}},
		{"octane", json, "id.fixation", scripted(signIn, good(), n, n, denied(401)),
			[]Evidence{scripted(good().setting(sid("LWSSO_COOKIE_KEY", chosen))), scripted(good(), good(), n, n, good())}, []Evidence{scripted(silent()), scripted(signIn, good(), n, n, silent())}},
		{"octane", json, "id.unique", scripted(signIn, good(), another, good(), good().setting(sid("LWSSO_COOKIE_KEY", "c")), good(),
			good().setting(sid("LWSSO_COOKIE_KEY", "d")), good(), good().setting(sid("LWSSO_COOKIE_KEY", "e"))),
			[]Evidence{scripted(signIn, good(), another, good(), signIn)}, []Evidence{scripted(signIn, good(), silent())}},
		{"octane", json, "cookie.httponly", scripted(signIn), []Evidence{scripted(good().setting(plain))}, []Evidence{scripted(silent())}},
		{"octane", json, "cookie.secure", scripted(signIn), []Evidence{scripted(good().setting(plain))}, []Evidence{scripted(silent())}},
		{"octane", json, "csrf.cookie", scripted(signIn), []Evidence{scripted(signIn.setting(sid("HPSSO_COOKIE_CSRF", "x")))}, []Evidence{scripted(silent())}},
		{"octane", profiles.Choice{Method: "json", CSRF: true}, "csrf.cookie", scripted(signIn.setting(sid("HPSSO_COOKIE_CSRF", "x"))), []Evidence{scripted(signIn)}, []Evidence{scripted(silent())}},
		{"alm", typed, "client-type.suffix", scripted(good().setting(sid("QCSession-d2ViYWRtaW4X", "a"))), []Evidence{scripted(good().setting(sid("QCSession", "a")))}, []Evidence{scripted(silent())}},
		{"alm", typed, "client-type.missing", scripted(almLogin, n, denied(401)), []Evidence{scripted(almLogin, n, good())}, []Evidence{scripted(almLogin, n, broken()), scripted(silent())}},
		{"alm", typed, "client-type.wrong", scripted(almLogin, n, denied(401)), []Evidence{scripted(almLogin, n, good())}, []Evidence{scripted(almLogin, n, silent())}},
		{"alm", key, "csrf.missing", scripted(almLogin, denied(401)), []Evidence{scripted(almLogin, good())}, []Evidence{scripted(almLogin, silent())}},
		{"alm", key, "csrf.wrong", scripted(almLogin, denied(401)), []Evidence{scripted(almLogin, good())}, []Evidence{scripted(almLogin, broken())}},
		{"alm", key, "csrf.not-needed", scripted(almLogin, good()), []Evidence{scripted(almLogin, denied(401))}, []Evidence{scripted(almLogin, silent())}},
		{"alm", key, "csrf.logout", scripted(almLogin, n, denied(401), good()), []Evidence{scripted(almLogin, n, good(), denied(401)), scripted(almLogin, n, denied(401), denied(401))},
			[]Evidence{scripted(almLogin, n, silent()), scripted(almLogin, n, denied(401), silent())}},
		{"octane", json, "cookie.needed", scripted(signIn, n, good(), n, denied(401)), []Evidence{scripted(signIn, n, good(), n, good())}, []Evidence{scripted(signIn, n, good(), n, silent())}},
		{"octane", json, "cookie.tampered", scripted(signIn, n, denied(401)), []Evidence{scripted(signIn, n, good())}, []Evidence{scripted(signIn, n, broken())}},
		{"octane", json, "call.accepted", scripted(signIn, good(), good(), good()), []Evidence{scripted(signIn, good(), denied(401))}, []Evidence{scripted(signIn, silent()), scripted(silent())}},
		{"octane", json, "call.bare", scripted(signIn, good()), []Evidence{scripted(signIn, denied(401))}, []Evidence{scripted(signIn, broken())}},
		{"octane", json, "call.other-connection", scripted(signIn, good()), []Evidence{scripted(signIn, denied(401))}, []Evidence{scripted(signIn, silent())}},
		{"octane", json, "call.no-cookies", scripted(denied(403)), []Evidence{scripted(good())}, []Evidence{scripted(broken())}},
		{"octane", json, "call.refused-status", scripted(denied(401)), []Evidence{scripted(denied(403)), scripted(good())}, []Evidence{scripted(silent())}},
		{"space", profiles.Choice{}, "logout.revokes", scripted(good(), n, good(), denied(401), denied(401), denied(401)),
			[]Evidence{scripted(good(), n, good(), good(), denied(401), denied(401))}, []Evidence{scripted(good(), n, good(), broken()), scripted(good(), n, silent())}},
		{"space", profiles.Choice{}, "logout.accepted", scripted(good(), n, good()), []Evidence{scripted(good(), n, Reply{Status: 204}), scripted(good(), n, denied(401))}, []Evidence{scripted(good(), n, broken())}},
		{"space", profiles.Choice{}, "logout.body", scripted(good(), n, good().saying("User logged out")), []Evidence{scripted(good(), n, good().saying("bye"))}, []Evidence{scripted(good(), n, silent())}},
		{"octane", json, "logout.cookies", scripted(signIn, n, good().setting(gone)), []Evidence{scripted(signIn, n, good())}, []Evidence{scripted(signIn, n, silent())}},
		{"octane", json, "logout.no-cookies", scripted(signIn, n, n, denied(401), good()), []Evidence{scripted(signIn, n, n, good(), denied(401))}, []Evidence{scripted(signIn, n, n, good(), silent())}},
		{"octane", json, "logout.same-user", scripted(signIn, another, good(), good()), []Evidence{scripted(signIn, another, good(), denied(401))}, []Evidence{scripted(signIn, another, silent()), scripted(signIn, silent())}},
		{"octane", json, "logout.other-user", scripted(signIn, another, good(), good()), []Evidence{scripted(signIn, another, good(), denied(401))}, []Evidence{scripted(signIn, badCredentials(401))}},
		{"alm", profiles.Choice{Method: "password"}, "user.named", scripted(good(), Reply{Status: 200, Named: "ann"}), []Evidence{scripted(good(), misnamedReply())}, []Evidence{scripted(good(), silent())}},
		{"octane", json, "user.isolated", scripted(signIn, another, n, good(), n, good(), n, good()),
			[]Evidence{scripted(signIn, signIn, n, good(), n, good(), n, good()), scripted(signIn, another, n, good(), n, misnamedReply()), scripted(signIn, another, n, denied(401))},
			[]Evidence{scripted(signIn, another, n, good(), n, silent()), scripted(signIn, silent())}},
		{"octane", profiles.Choice{Method: "basic-every-call"}, "every-call.accepted", scripted(good(), good(), good()), []Evidence{scripted(good(), badCredentials(401))}, []Evidence{scripted(silent())}},
		{"octane", profiles.Choice{Method: "basic-every-call"}, "every-call.wrong-secret", scripted(badCredentials(401)), []Evidence{scripted(good())}, []Evidence{scripted(broken())}},
		{"octane", profiles.Choice{Method: "basic-every-call"}, "every-call.no-credentials", scripted(badCredentials(401)), []Evidence{scripted(good())}, []Evidence{scripted(broken())}},
		{"octane", profiles.Choice{Method: "basic-every-call"}, "every-call.no-session", scripted(good(), good(), good()), []Evidence{scripted(good(), signIn, good())}, []Evidence{scripted(good(), silent())}},
		{"octane", profiles.Choice{Method: "basic-every-call", Settings: map[string]string{"basic_authentication": "off"}}, "every-call.off",
			scripted(badCredentials(401)), []Evidence{scripted(good())}, []Evidence{scripted(silent())}},
		{"lre", profiles.Choice{Version: "2023", Tenant: "t"}, "login.tenant", scripted(good()), []Evidence{scripted(badCredentials(401))}, []Evidence{scripted(silent())}},
	} {
		t.Run(c.endpoint+"/"+c.rule, func(t *testing.T) {
			r := tableOf(t, c.endpoint, c.choice)[c.rule]
			if r.Settled != "" || !r.Judged {
				t.Fatalf("judged %v, settled %q: %s", r.Judged, r.Settled, r.Why)
			}
			hold := func(name string, e Evidence, want Ruling) {
				f := r.Judge(e)
				if f.Ruling != want {
					t.Errorf("%s: %s: expected %s; observed %s; want %s", name, f.Ruling, f.Expected, f.Observed, want)
				}
				if f.Expected == "" || f.Observed == "" {
					t.Errorf("%s: expected %q, observed %q", name, f.Expected, f.Observed)
				}
				if (want == FailedRule) != (f.Failed >= 0) && want != Unsure {
					t.Errorf("%s: %s shown by action %d", name, want, f.Failed)
				}
			}
			hold("pass", c.pass, Passed)
			for i, e := range c.fail {
				hold(fmt.Sprintf("fail %d", i), e, FailedRule)
			}
			for i, e := range c.unknown {
				hold(fmt.Sprintf("unknown %d", i), e, Unsure)
			}
			hold("nothing", Evidence{}, Unsure)
		})
	}
}

// What no page states is reported, never judged, and a server that grants no
// second session fails nothing.
func TestObserved(t *testing.T) {
	rows := tableOf(t, "octane", profiles.Choice{Method: "json"})
	for _, id := range []string{"logout.revokes", "session.concurrent", "login.content-type", "cookie.attributes", "logout.twice"} {
		if r := rows[id]; r.Judged || r.Settled != "" {
			t.Errorf("%s: judged %v, settled %q", id, r.Judged, r.Settled)
		}
	}
	revokes := rows["logout.revokes"]
	f := revokes.Judge(scripted(good(), noReply, good(), good()))
	if f.Ruling != Info || !strings.HasPrefix(f.Seen["old cookies"], "status 200") {
		t.Errorf("%+v", f)
	}
	limit := badCredentials(401)
	if f := rows["logout.same-user"].Judge(scripted(good(), limit)); f.Ruling != NotApplicable {
		t.Errorf("%+v", f)
	}
	if f := rows["session.concurrent"].Judge(scripted(good(), limit)); f.Ruling != Info || f.Seen["sessions of one account"] != "login 2 is refused" {
		t.Errorf("%+v", f)
	}
	secure := tableOf(t, "alm", profiles.Choice{Method: "api-key"})["cookie.secure"]
	if secure.Judged {
		t.Error("the page's own example is not Secure, so that flag is not judged")
	}
}

func TestNormal(t *testing.T) {
	for _, c := range []struct{ text, want string }{
		{"User is not logged in", "User is not logged in"},
		{"ann: session 1842 of 2026-11-21T10:00:00Z", "<account>: session <number> of <date>"},
		{`{"token":"s8EFty2R4BhawGRbaJD9Dg-J9Q_oeRx7","code":5}`, `{"token":"<id>","code":5}`},
		{"Thu, 01-Jan-1970 00:00:10 GMT", "<date>"},
		{"<h1>no</h1>\n\n", "<h1>no</h1>"},
		{"user4711 and node12", "user<number> and node<number>"},
		{"VALIDATION_TOKEN_EXPIRED_IDLE_TIME_OUT", "VALIDATION_TOKEN_EXPIRED_IDLE_TIME_OUT"},
	} {
		if got := Normal(c.text, "ann"); got != c.want {
			t.Errorf("Normal(%q) = %q, want %q", c.text, got, c.want)
		}
	}
}

func TestTotal(t *testing.T) {
	rows := []Row{{Trial: "a", Cost: Cost{Requests: 2, Sessions: 1, WrongSecrets: 1}}, {Trial: "a", Cost: Cost{Requests: 2, Sessions: 1, WrongSecrets: 1}},
		{Trial: "b", Cost: Cost{Requests: 3, Sessions: 2, Accounts: 2}}, {Settled: NotTried, Cost: Cost{Requests: 9}}}
	if got, want := Total(rows), (Cost{Requests: 5, Sessions: 2, Accounts: 2, WrongSecrets: 1}); got != want {
		t.Errorf("got %+v, want %+v", got, want)
	}
}
