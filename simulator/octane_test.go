package simulator

import (
	"strings"
	"testing"
	"testing/synctest"
	"time"
)

const octaneCall = "GET /api/shared_spaces/1001/workspaces/1002/defects?limit=1"

func octaneJSON(w *world, body, extra string) answer {
	return w.ask("POST /authentication/sign_in\nContent-Type: application/json"+extra, body)
}

func TestOctaneLogins(t *testing.T) {
	w := newWorld(t, Options{Accounts: AccountRule{List: []Account{{User: "zoë", Password: `a:"b"<&>\`}, {ClientID: "cid", ClientSecret: "c"}}}})
	defer w.close()
	text := "\nContent-Type: text/plain"
	tests := []struct {
		name, head, body string
		status           int
	}{
		{"password", "\nContent-Type: application/json", `{"user":"user7","password":"pw7"}`, 200},
		{"charset", "\nContent-Type: application/json; charset=utf-8", `{"user":"user7","password":"pw7"}`, 200},
		{"key", "\nContent-Type: application/json", `{"client_id":"key3","client_secret":"secret3"}`, 200},
		{"key as user", "\nContent-Type: application/json", `{"user":"key3","password":"secret3"}`, 200},
		{"listed", "\nContent-Type: application/json", `{"user":"zoë","password":"a:\"b\"<&>\\"}`, 200},
		{"listed key", "\nContent-Type: application/json", `{"client_id":"cid","client_secret":"c"}`, 200},
		{"basic", text + basicAuth("user7", "pw7"), "", 200},
		{"basic with colon", text + basicAuth("zoë", `a:"b"<&>\`), "", 200},
		{"wrong", "\nContent-Type: application/json", `{"user":"user7","password":"pw8"}`, 401},
		{"nobody", "\nContent-Type: application/json", `{"user":"nobody","password":"pw8"}`, 401},
		{"leading zero", "\nContent-Type: application/json", `{"user":"user07","password":"pw07"}`, 401},
		{"inactive", "\nContent-Type: application/json", `{"client_id":"inactive3","client_secret":"secret3"}`, 401},
		{"no credentials", text, "", 401},
		{"broken", "\nContent-Type: application/json", `{"user":`, 400},
		{"media type", "\nContent-Type: application/xml", `<a/>`, 415},
	}
	for _, tt := range tests {
		a := w.ask("POST /authentication/sign_in"+tt.head, tt.body).want(t, tt.name, tt.status, "")
		if got := len(a.cookies["LWSSO_COOKIE_KEY"]); (tt.status == 200) != (got == lwssoChars) {
			t.Errorf("%s: token of %d characters", tt.name, got)
		}
	}
	w.ask("GET /authentication/sign_in", "").want(t, "GET sign_in", 405, "")
	w.ask("GET /authentication/elsewhere", "").want(t, "elsewhere", 404, "")
}

func TestOctaneCycle(t *testing.T) {
	w := newWorld(t, Options{})
	defer w.close()
	w.ask(octaneCall, "").want(t, "call without cookie", 401, "")
	in := octaneJSON(w, `{"user":"user7","password":"pw7"}`, "").want(t, "sign_in", 200, "")
	lines := in.header["Set-Cookie"]
	if len(lines) != 2 || lines[0] != "OCTANE_USER=user7;Version=1;Path=/;Max-Age=86400;HttpOnly" ||
		!strings.HasSuffix(lines[1], ";Version=1;Path=/;Max-Age=86400;HttpOnly") {
		t.Errorf("Set-Cookie = %q", lines)
	}
	w.ask(octaneCall+in.send(), "").want(t, "call", 200, `"name":"user7"`)
	w.ask(octaneCall+"\nCookie: LWSSO_COOKIE_KEY="+in.cookies["LWSSO_COOKIE_KEY"][:279]+"A", "").want(t, "changed cookie", 401, "")
	octaneJSON(w, `{"user":"user7","password":"pw7"}`, in.send()).want(t, "duplicate sign_in", 409, "")
	w.ask(octaneCall+in.send(), "").want(t, "call after duplicate", 200, "")
	w.ask("POST /authentication/sign_out"+in.send(), "").want(t, "sign_out", 200, "")
	w.ask(octaneCall+in.send(), "").want(t, "call after sign_out", 401, "")
	again := octaneJSON(w, `{"user":"user7","password":"pw7"}`, in.send()).want(t, "sign_in with dead cookie", 200, "")
	if again.cookies["LWSSO_COOKIE_KEY"] == in.cookies["LWSSO_COOKIE_KEY"] {
		t.Error("sign_in repeated an id")
	}
}

func TestOctaneSwitches(t *testing.T) {
	for _, status := range []int{304, 401, 403, 409} {
		w := newWorld(t, Options{Octane: OctaneOptions{DuplicateStatus: status}})
		in := octaneJSON(w, `{"user":"user7","password":"pw7"}`, "")
		octaneJSON(w, `{"user":"user7","password":"pw7"}`, in.send()).want(t, "duplicate", status, "")
		w.close()
	}
	w := newWorld(t, Options{Octane: OctaneOptions{
		AllowDuplicate: true, BasicOff: true, APIKeysOnly: true, EmptySetCookie: true, ErrorInPhrase: true, SelfContained: true,
	}})
	defer w.close()
	octaneJSON(w, `{"user":"user7","password":"pw7"}`, "").want(t, "user where only keys may", 401, "")
	w.ask(octaneCall+basicAuth("key7", "secret7"), "").want(t, "basic off", 401, "")
	in := octaneJSON(w, `{"client_id":"key7","client_secret":"secret7"}`, "").want(t, "key", 200, "")
	octaneJSON(w, `{"client_id":"key7","client_secret":"secret7"}`, in.send()).want(t, "duplicate allowed", 200, "")
	if got := in.header["Set-Cookie"]; got[len(got)-1] != "" {
		t.Errorf("Set-Cookie = %q, want an empty one at the end", got)
	}
	w.ask("POST /authentication/sign_out"+in.send(), "").want(t, "sign_out", 200, "")
	w.ask(octaneCall+in.send(), "").want(t, "self-contained token", 200, "")
	if a := w.ask(octaneCall, ""); !strings.Contains(a.phrase, `"error_code"`) {
		t.Errorf("phrase = %q, want the error", a.phrase)
	}
}

func TestOctaneBasicEveryCall(t *testing.T) {
	w := newWorld(t, Options{})
	defer w.close()
	a := w.ask(octaneCall+basicAuth("user5", "pw5"), "").want(t, "call", 200, `"name":"user5"`)
	if len(a.cookies) != 0 || w.srv.Stats().Live != 0 {
		t.Errorf("a call with Basic opened a session: %v, %+v", a.cookies, w.srv.Stats())
	}
	w.ask(octaneCall+basicAuth("user5", "pw6"), "").want(t, "wrong", 401, "")
}

func TestOctaneCSRF(t *testing.T) {
	w := newWorld(t, Options{})
	defer w.close()
	in := octaneJSON(w, `{"user":"user7","password":"pw7","enable_csrf":true}`, "")
	token := in.cookies["HPSSO_COOKIE_CSRF"]
	other := octaneJSON(w, `{"user":"user8","password":"pw8","enable_csrf":true}`, "").cookies["HPSSO_COOKIE_CSRF"]
	for header, status := range map[string]int{"": 403, "\nHPSSO-HEADER-CSRF: " + token: 200, "\nHPSSO-HEADER-CSRF: " + other: 403} {
		w.ask(octaneCall+in.send()+header, "").want(t, "call with "+header, status, "")
	}
	w.ask("POST /authentication/sign_out"+in.send(), "").want(t, "sign_out without header", 403, "")
	w.ask("POST /authentication/sign_out"+in.send()+"\nHPSSO-HEADER-CSRF: "+token, "").want(t, "sign_out", 200, "")
	w.ask(octaneCall+in.send()+"\nHPSSO-HEADER-CSRF: "+token, "").want(t, "after sign_out", 401, "")
	if plain := octaneJSON(w, `{"user":"user7","password":"pw7"}`, ""); plain.cookies["HPSSO_COOKIE_CSRF"] != "" {
		t.Error("CSRF cookie unasked")
	}
}

func TestOctaneLifetimes(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t, Options{})
		defer w.close()
		sign := func() answer { return octaneJSON(w, `{"user":"user7","password":"pw7"}`, "") }
		call := func(c answer) answer { return w.ask(octaneCall+c.send("LWSSO_COOKIE_KEY"), "") }

		in := sign()
		time.Sleep(80 * time.Minute)
		if a := call(in).want(t, "young cookie", 200, ""); len(a.cookies) != 0 {
			t.Error("a young cookie was refreshed")
		}
		time.Sleep(20 * time.Minute)
		fresh := call(in).want(t, "old cookie", 200, "")
		if len(fresh.cookies) != 1 {
			t.Fatal("an old cookie was not refreshed")
		}
		time.Sleep(80*time.Minute - time.Second)
		call(in).want(t, "old cookie before its end", 200, "")
		time.Sleep(time.Second)
		call(in).want(t, "old cookie at its end", 401, "VALIDATION_TOKEN_EXPIRED_IDLE_TIME_OUT")
		octaneJSON(w, `{"user":"user7","password":"pw7"}`, in.send()).want(t, "sign_in with expired cookie", 200, "")
		call(fresh).want(t, "fresh cookie", 200, "")
		for began := time.Now(); time.Since(began) < 21*time.Hour; time.Sleep(time.Hour) {
			if next := call(fresh).want(t, "refreshed chain", 200, ""); len(next.cookies) > 0 {
				fresh = next
			}
		}
		time.Sleep(time.Hour)
		call(fresh).want(t, "after 24 h", 401, "VALIDATION_TOKEN_EXPIRED_GLOBAL_TIME_OUT")
		if s := w.srv.Stats(); s.Live != 0 || s.Expired != 2 || s.Logins != 2 {
			t.Errorf("Stats = %+v", s)
		}
	})
}
