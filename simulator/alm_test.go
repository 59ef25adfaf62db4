package simulator

import (
	"regexp"
	"strings"
	"testing"
	"testing/synctest"
	"time"
)

const (
	almRead  = "GET /qcbin/rest/domains/D/projects/P/defects?page-size=1\nAccept: application/json"
	almWrite = "POST /qcbin/rest/domains/D/projects/P/defects\nAccept: application/json"
	almIs    = "GET /qcbin/rest/is-authenticated"
	almOut   = "/qcbin/authentication-point/logout"
)

func almKey(w *world, body, extra string) answer {
	return w.ask("POST /qcbin/rest/oauth2/login\nContent-Type: application/json"+extra, body)
}

func almUserLogin(w *world) answer {
	return w.ask("POST /qcbin/authentication-point/alm-authenticate\nContent-Type: application/xml",
		"<?xml version='1.0' encoding='utf-8'?>\r\n<alm-authentication>\r\n<user>user4</user>\r\n<password>pw4</password>\r\n</alm-authentication>")
}

func TestALMOAuthLogin(t *testing.T) {
	w := newWorld(t, Options{})
	defer w.close()
	for body, status := range map[string]int{
		`{"clientId":"key2", "secret":"secret2"}`:           200,
		`{clientId:key2, secret:secret2}`:                   200,
		`{"clientId":"key2", "secret":"secret3"}`:           401,
		`{"clientId":"inactive2", "secret":"secret2"}`:      403,
		`{"clientId":"nobody@MyCompany.com", "secret":"x"}`: 403,
		`{"clientId":"user2", "secret":"pw2"}`:              403,
		`nonsense`:                                          400,
	} {
		almKey(w, body, "").want(t, body, status, "")
	}
	w.ask("POST /qcbin/rest/oauth2/login\nContent-Type: text/xml", "<a/>").want(t, "media type", 415, "")
	w.ask("GET /qcbin/rest/oauth2/login", "").want(t, "GET", 405, "")
	w.ask("OPTIONS /qcbin/rest/oauth2/login", "").want(t, "preflight", 501, "")
}

func TestALMCookies(t *testing.T) {
	w := newWorld(t, Options{})
	defer w.close()
	a := almKey(w, `{"clientId":"key2", "secret":"secret2"}`, "")
	b := almKey(w, `{"clientId":"key2", "secret":"secret2"}`, "")
	if a.header.Get("Content-Length") != "0" || a.header.Get("X-XSS-protection") == "" {
		t.Errorf("header = %v", a.header)
	}
	patterns := []string{
		`^JSESSIONID=node0[a-z0-9]{25}\.node0; Path=/qcbin; HttpOnly$`,
		`^LWSSO_COOKIE_KEY=[A-Za-z0-9_-]{278}\.\.; Path=/qcbin; HttpOnly$`,
		`^QCSession=[A-Za-z0-9_.-]+; Path=/qcbin; HttpOnly$`,
		`^ALM_USER=[0-9a-f]{64}; Path=/qcbin$`,
		`^XSRF-TOKEN=[0-9a-f]{64}; Path=/qcbin$`,
	}
	lines := a.header["Set-Cookie"]
	if len(lines) != len(patterns) {
		t.Fatalf("Set-Cookie = %q", lines)
	}
	for i, pattern := range patterns {
		if !regexp.MustCompile(pattern).MatchString(lines[i]) {
			t.Errorf("Set-Cookie %d = %q, want %s", i, lines[i], pattern)
		}
	}
	for name := range a.cookies {
		if same := a.cookies[name] == b.cookies[name]; same != (name == "ALM_USER") {
			t.Errorf("%s of two sessions equal: %v", name, same)
		}
	}
	inner, err := dotBase64.DecodeString(a.cookies["QCSession"])
	if want := regexp.MustCompile(`^\d+;[A-Za-z0-9+/]{22}\*\*;REST client; ; ;key2$`); err != nil || !want.Match(inner) {
		t.Errorf("QCSession holds %q (%v), want %v", inner, err, want)
	}
}

func TestALMSuffix(t *testing.T) {
	for clientType, want := range map[string]string{
		"webadmin": "d2ViYWRtaW4X", "abc": "YWJj", "load": "bG9hZAXX", "a": "YQXX",
		"ALI_IDEA_plugin": "QUxJX0lERUFfcGx1Z2lu", "ALM Web Client UI": "QUxNIFdlYiBDbGllbnQgVUkX", "REST client": "UkVTVCBjbGllbnQX",
	} {
		if got := string(appendSessionName(nil, []byte(clientType))); got != "QCSession-"+want {
			t.Errorf("name of %q = %s, want suffix %s", clientType, got, want)
		}
	}
}

func TestALMClientType(t *testing.T) {
	const typed = "\nALM-CLIENT-TYPE: webadmin"
	w := newWorld(t, Options{})
	defer w.close()
	in := almKey(w, `{"clientId":"key2", "secret":"secret2"}`, typed).want(t, "login", 200, "")
	if in.cookies["QCSession-d2ViYWRtaW4X"] == "" || in.cookies["QCSession"] != "" {
		t.Fatalf("cookies = %v", in.cookies)
	}
	w.ask(almRead+in.send()+typed, "").want(t, "with the type", 200, `"key2"`)
	w.ask(almRead+in.send(), "").want(t, "without the type", 401, "")
	w.ask(almRead+in.send()+"\nALM-CLIENT-TYPE: other", "").want(t, "other type", 401, "")
	plain := almKey(w, `{"clientId":"key2", "secret":"secret2"}`, "")
	w.ask(almRead+plain.send()+typed, "").want(t, "plain session with a type", 401, "")

	lenient := newWorld(t, Options{ALM: ALMOptions{ReplaceMismatch: true}})
	defer lenient.close()
	in = almKey(lenient, `{"clientId":"key2", "secret":"secret2"}`, typed)
	a := lenient.ask(almRead+in.send(), "").want(t, "replaced", 200, "")
	if a.cookies["QCSession"] == "" {
		t.Error("no fresh plain session")
	}
}

func TestALMPasswordLogin(t *testing.T) {
	w := newWorld(t, Options{})
	defer w.close()
	in := almUserLogin(w).want(t, "alm-authenticate", 200, "")
	if len(in.cookies) != 1 {
		t.Errorf("cookies = %v", in.cookies)
	}
	w.ask(almRead+in.send(), "").want(t, "call before site-session", 401, "")
	w.ask(almIs+in.send(), "").want(t, "is-authenticated", 200, "<Username>user4</Username>")
	site := w.ask("POST /qcbin/rest/site-session\nContent-Type: application/xml"+in.send(),
		"<session-parameters><client-type>Load</client-type><time-out>5</time-out></session-parameters>").want(t, "site-session", 201, "")
	for name, value := range in.cookies {
		site.cookies[name] = value
	}
	w.ask(almRead+site.send(), "").want(t, "call", 200, `"user4"`)
	w.ask(almRead+site.send()+"\nALM-CLIENT-TYPE: Load", "").want(t, "call with the session's own type", 200, "")
	w.ask("GET /qcbin/rest/site-session"+site.send(), "").want(t, "read", 200, "<client-type>Load</client-type>")

	for body, status := range map[string]int{
		`{"alm-authentication":{"user":"user4","password":"pw4"}}`:     200,
		`{"alm-authentication":{"user":"key4","password":"secret4"}}`:  200,
		`{"alm-authentication":{"user":"user4","password":"secret4"}}`: 401,
	} {
		a := w.ask("POST /qcbin/authentication-point/alm-authenticate\nContent-Type: application/json", body).want(t, body, status, "")
		if status == 401 && a.header.Get("WWW-Authenticate") != "ALMAUTH" {
			t.Errorf("WWW-Authenticate = %q", a.header.Get("WWW-Authenticate"))
		}
	}
	a := w.ask(almIs, "").want(t, "not logged in", 401, "")
	if got := a.header.Get("WWW-Authenticate"); got != `LWSSO realm="http://sim.test/qcbin/authentication-point"` {
		t.Errorf("WWW-Authenticate = %q", got)
	}
	w.ask(almIs+"\nAccept: application/json"+in.send(), "").want(t, "v1 JSON", 406, "")
	w.ask("GET /qcbin/v2/rest/is-authenticated"+in.send(), "").want(t, "v2", 200, `{"AuthenticationInfo":{"Username":"user4"}}`)
}

func TestALMOtherLogins(t *testing.T) {
	w := newWorld(t, Options{})
	defer w.close()
	if a := w.ask("GET /qcbin/authentication-point/authenticate"+basicAuth("user1", "pw1"), "").want(t, "authenticate", 200, ""); len(a.cookies) != 1 {
		t.Errorf("cookies = %v", a.cookies)
	}
	a := w.ask("GET /qcbin/api/authentication/sign-in"+basicAuth("user1", "pw1"), "").want(t, "sign-in", 200, "")
	if len(a.cookies) != 5 {
		t.Errorf("cookies = %v", a.cookies)
	}
	w.ask("GET /qcbin/api/authentication/sign-out"+a.send(), "").want(t, "sign-out", 200, "")
	form := "POST /qcbin/authentication-point/j_spring_security_check\nContent-Type: application/x-www-form-urlencoded"
	if a := w.ask(form, "j_username=user1&j_password=pw1").want(t, "form", 302, ""); len(a.cookies) != 1 {
		t.Errorf("cookies = %v", a.cookies)
	}
	w.ask(form, "j_username=user1&j_password=x").want(t, "wrong form", 302, "")
	w.ask("GET /qcbin/rest/domains?login-form-required=y", "").want(t, "form page", 200, "<form")
}

func TestALMXSRFAndLogout(t *testing.T) {
	w := newWorld(t, Options{})
	defer w.close()
	in := almKey(w, `{"clientId":"key2", "secret":"secret2"}`, "")
	header := "\nX-XSRF-TOKEN: " + in.cookies["XSRF-TOKEN"]
	w.ask(almWrite+in.send(), "{}").want(t, "write without token", 401, "qccore.general-error")
	w.ask(almWrite+in.send()+header, "{}").want(t, "write", 201, "")
	own := in.send("LWSSO_COOKIE_KEY", "QCSession") + "; XSRF-TOKEN=mine\nX-XSRF-TOKEN: mine"
	w.ask(almWrite+own, "{}").want(t, "write with made-up token", 201, "")
	w.ask("POST "+almOut+in.send(), "").want(t, "logout without token", 401, "")
	w.ask(almRead+in.send(), "").want(t, "still there", 200, "")
	out := w.ask("POST "+almOut+in.send()+header, "").want(t, "logout", 200, "")
	if got := out.header["Set-Cookie"]; len(got) != 2 || got[0] != `LWSSO_COOKIE_KEY=""; Expires=Thu, 01-Jan-1970 00:00:10 GMT; Path=/` {
		t.Errorf("Set-Cookie = %q", got)
	}
	w.ask(almRead+in.send(), "").want(t, "replay", 500, "TokenId is invalid because it has logged out")
	w.ask("GET "+almOut+almKey(w, `{"clientId":"key2", "secret":"secret2"}`, "").send(), "").want(t, "GET logout", 200, "")
	if s := w.srv.Stats().ALM; s.Live != 0 || s.Logouts != 2 {
		t.Errorf("Stats = %+v", s)
	}

	strict := newWorld(t, Options{ALM: ALMOptions{StrictXSRF: true, NoGetLogout: true, ClearPath: "/qcbin", LoggedOutStatus: 401}})
	defer strict.close()
	in = almKey(strict, `{"clientId":"key2", "secret":"secret2"}`, "")
	own = in.send("LWSSO_COOKIE_KEY", "QCSession") + "; XSRF-TOKEN=mine\nX-XSRF-TOKEN: mine"
	strict.ask(almWrite+own, "{}").want(t, "strict: made-up token", 401, "")
	strict.ask("GET "+almOut+in.send(), "").want(t, "strict: GET logout", 405, "")
	out = strict.ask("DELETE "+almOut+in.send()+"\nX-XSRF-TOKEN: "+in.cookies["XSRF-TOKEN"], "").want(t, "strict: logout", 200, "")
	if got := out.header["Set-Cookie"]; len(got) != 4 || !strings.HasSuffix(got[3], "Path=/qcbin") {
		t.Errorf("Set-Cookie = %q", got)
	}
	strict.ask(almRead+in.send(), "").want(t, "strict: replay", 401, "")
}

func TestALMDeleteIsRemembered(t *testing.T) {
	w := newWorld(t, Options{})
	defer w.close()
	in := almKey(w, `{"clientId":"key2", "secret":"secret2"}`, "")
	header := "\nX-XSRF-TOKEN: " + in.cookies["XSRF-TOKEN"]
	w.ask("DELETE /qcbin/rest/site-session"+in.send(), "").want(t, "delete without token", 401, "")
	w.ask("DELETE /qcbin/rest/site-session"+in.send()+header, "").want(t, "delete", 200, "")
	w.ask(almRead+in.send(), "").want(t, "read", 401, "")
	w.ask(almIs+in.send(), "").want(t, "is-authenticated", 200, "")
	w.ask("POST "+almOut+in.send(), "").want(t, "logout, the gate being gone", 200, "")
	w.ask(almIs+in.send(), "").want(t, "is-authenticated after logout", 500, "")
}

func TestALMTwoClocks(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t, Options{ALM: ALMOptions{SessionIdle: 10 * time.Minute}})
		defer w.close()
		in := almKey(w, `{"clientId":"key2", "secret":"secret2"}`, "")
		time.Sleep(10*time.Minute - time.Second)
		if a := w.ask(almRead+in.send(), "").want(t, "within", 200, ""); len(a.cookies) != 0 {
			t.Error("a live session was replaced")
		}
		time.Sleep(10 * time.Minute)
		a := w.ask(almRead+in.send(), "").want(t, "session over, token not", 200, "")
		if a.cookies["QCSession"] == "" || a.cookies["QCSession"] == in.cookies["QCSession"] {
			t.Error("a session that ran out was not replaced")
		}
		time.Sleep(time.Hour)
		w.ask(almRead+in.send()+"\nAccept: application/xml", "").want(t, "token over", 401, "qccore.session-has-expired")
		if s := w.srv.Stats().ALM; s.Live != 0 || s.Expired != 1 || s.Logins != 1 {
			t.Errorf("Stats = %+v", s)
		}
	})
}

func TestALMSeveralSessions(t *testing.T) {
	w := newWorld(t, Options{})
	defer w.close()
	in := almKey(w, `{"clientId":"key2", "secret":"secret2"}`, "")
	first := w.ask(almRead+in.send("LWSSO_COOKIE_KEY"), "").want(t, "call without session", 200, "")
	second := w.ask(almRead+in.send("LWSSO_COOKIE_KEY"), "").want(t, "call without session", 200, "")
	if a, b := first.cookies["QCSession"], second.cookies["QCSession"]; a == "" || a == b {
		t.Errorf("sessions %q and %q, want two", a, b)
	}
	rfc2965 := "\nCookie: $Version=0; LWSSO_COOKIE_KEY=" + in.cookies["LWSSO_COOKIE_KEY"] + "; $Path=/qcbin" +
		"\nCookie: $Version=0; QCSession=\"" + in.cookies["QCSession"] + "\"; $Path=/qcbin\nCookie: TENANT_ID_COOKIE=0"
	if a := w.ask(almRead+rfc2965, "").want(t, "one line a cookie", 200, ""); len(a.cookies) != 0 {
		t.Error("the session of a second Cookie header was not seen")
	}
	plain, _ := dotBase64.DecodeString(in.cookies["QCSession"])
	forged := dotBase64.EncodeToString([]byte(strings.Replace(string(plain), "key2", "key3", 1)))
	a := w.ask(almRead+in.send("LWSSO_COOKIE_KEY")+"; QCSession="+forged, "").want(t, "forged session, live token", 200, `"key2"`)
	if a.cookies["QCSession"] == "" {
		t.Error("a forged session was taken for a real one")
	}
	w.ask("GET /qcbin/v2/sa/api/site-connections"+in.send(), "").want(t, "connections", 200, `"user-name":"key2"`)
}
