package simulator

import (
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"
)

const (
	lreAuth = "/rest/authentication-point/authenticate"
	lreOut  = "/rest/authentication-point/logout"
	lreUUID = "fa128c06-5436-413d-9cfa-9f04bb738df3"
	lreXML  = "<AuthenticationClient><ClientIdKey>I_KEY_7</ClientIdKey><ClientSecretKey>S_KEY_7</ClientSecretKey></AuthenticationClient>"
)

func names(a answer) []string {
	var out []string
	for _, line := range a.header["Set-Cookie"] {
		name, _, _ := strings.Cut(line, "=")
		out = append(out, name)
	}
	return out
}

func TestLREVersions(t *testing.T) {
	w := newWorld(t, Options{})
	defer w.close()
	tests := []struct {
		base, cookies  string
		tenant, client int
	}{
		{"/lre-pre-2020", "LWSSO_COOKIE_KEY QCSession", 400, 404},
		{"/lre-2020", "ADM_LWSSO", 400, 404},
		{"/lre-2020-sp2", "ADM_LWSSO", 200, 404},
		{"/lre-2021", "ADM_LWSSO ASP.NET_SessionId_Adm", 200, 200},
		{"/lre-2022", "ADM_LWSSO ASP.NET_SessionId_Adm LWSSO_COOKIE_KEY", 200, 200},
		{"/lre-2023", "ADM_LWSSO", 200, 200},
		{"", "ADM_LWSSO", 200, 200},
	}
	for _, tt := range tests {
		in := w.ask("GET "+tt.base+"/Admin"+lreAuth+basicAuth("user7", "pw7"), "").want(t, tt.base, 200, "")
		if got := strings.Join(names(in), " "); got != tt.cookies {
			t.Errorf("%s: cookies %s, want %s", tt.base, got, tt.cookies)
		}
		w.ask("GET "+tt.base+"/admin"+strings.ToUpper(lreAuth)+"?tenant="+lreUUID+basicAuth("user7", "pw7"), "").
			want(t, tt.base+" tenant", tt.tenant, "")
		w.ask("POST "+tt.base+"/Admin/rest/authentication-point/AuthenticateClient\nContent-Type: application/xml", lreXML).
			want(t, tt.base+" client", tt.client, "")
		call := "GET " + tt.base + "/Admin/rest/v1/users?include=user-roles"
		w.ask(call+in.send(), "").want(t, tt.base+" call", 200, `"user7"`)
		w.ask("GET /lre-2099/Admin/rest/v1/users"+in.send(), "").want(t, "unknown version", 404, "")
		w.ask("GET "+tt.base+"/Admin"+lreOut+in.send(), "").want(t, tt.base+" logout", 200, "")
		w.ask(call+in.send(), "").want(t, tt.base+" call after logout", 401, "<ErrorCode>1101</ErrorCode>")
	}
	other := w.ask("GET /lre-2020/Admin"+lreAuth+basicAuth("user7", "pw7"), "")
	w.ask("GET /lre-2023/Admin/rest/v1/users"+other.send(), "").want(t, "another version's session", 401, "")
}

func TestLREClientKeys(t *testing.T) {
	w := newWorld(t, Options{})
	defer w.close()
	declared := `<?xml version="1.0" encoding="utf-8"?>` + "\n" + lreXML
	spaced := strings.Replace(lreXML, "<AuthenticationClient>", `<AuthenticationClient xmlns="http://www.hp.com/PC/REST/API">`, 1)
	tests := []struct {
		name, ctype, body string
		status            int
	}{
		{"xml", "application/xml", lreXML, 200},
		{"declared", "application/xml", declared, 200},
		{"namespace", "application/xml; charset=utf-8", spaced, 200},
		{"json", "application/json", `{"ClientIdKey":"key7","ClientSecretKey":"secret7"}`, 200},
		{"wrong", "application/json", `{"ClientIdKey":"I_KEY_7","ClientSecretKey":"S_KEY_8"}`, 401},
		{"missing", "application/json", `{"ClientIdKey":"I_KEY_7"}`, 400},
		{"root", "application/xml", strings.ReplaceAll(lreXML, "AuthenticationClient", "AuthenticateClient"), 400},
		{"broken", "application/xml", "<AuthenticationClient>", 400},
		{"media type", "text/plain", lreXML, 415},
	}
	for _, tt := range tests {
		a := w.ask("POST /Admin/rest/authentication-point/authenticateclient/?tenant="+lreUUID+"\nContent-Type: "+tt.ctype, tt.body).
			want(t, tt.name, tt.status, "")
		if len(a.cookies) > 0 != (tt.status == 200) {
			t.Errorf("%s: cookies %v", tt.name, a.cookies)
		}
		if tt.status != 200 && !strings.Contains(a.body, "<ExceptionMessage>") {
			t.Errorf("%s: body %q", tt.name, a.body)
		}
	}
	w.ask("GET /Admin/rest/authentication-point/AuthenticateClient", "").want(t, "GET", 405, "")

	strict := newWorld(t, Options{LRE: LREOptions{RefuseNamespace: true, NeedDeclaration: true, NeedSecurityID: true,
		Tenants: []string{lreUUID}, BadKeyStatus: 403}})
	defer strict.close()
	head := "POST /Admin/rest/authentication-point/AuthenticateClient?tenant=" + lreUUID + "\nContent-Type: application/xml"
	strict.ask(head, declared).want(t, "no security id", 400, "1101")
	head += "\nX-QC-HIDDEN-SECURITY-ID: 12"
	strict.ask(head, declared).want(t, "strict", 200, "")
	strict.ask(head, lreXML).want(t, "undeclared", 400, "")
	strict.ask(head, spaced).want(t, "namespace", 400, "")
	strict.ask(strings.Replace(head, "fa12", "fb12", 1), declared).want(t, "unknown tenant", 401, "")
	strict.ask(strings.Replace(head, lreUUID, "x", 1), declared).want(t, "malformed tenant", 400, "")
	strict.ask(head, strings.Replace(declared, "S_KEY_7", "x", 1)).want(t, "wrong pair", 403, "")
}

func TestLRELoadTest(t *testing.T) {
	w := newWorld(t, Options{})
	defer w.close()
	in := w.ask("GET /lre-2021/LoadTest"+lreAuth+basicAuth("user7", "pw7"), "").want(t, "login", 200, "")
	lines := in.header["Set-Cookie"]
	if len(lines) != 5 || !strings.HasSuffix(lines[2], "; Path=/lre-2021/LoadTest; SameSite=Strict; HttpOnly") {
		t.Errorf("Set-Cookie = %q", lines)
	}
	w.ask("GET /lre-2021/loadtest/rest/domains/D/projects/P/tests"+in.send(), "").want(t, "tests", 200, "<CreatedBy>user7</CreatedBy>")
	w.ask("GET /lre-2021/LoadTest/rest/domains/D/projects/P/Runs/1"+in.send(), "").want(t, "runs", 200, "<Runs")
	w.ask("GET /lre-2021/LoadTest/rest/domains/D/projects"+in.send(), "").want(t, "projects", 200, "<Projects")
	w.ask("GET /lre-2021/LoadTest/rest/elsewhere"+in.send(), "").want(t, "elsewhere", 404, "<ErrorCode>1003</ErrorCode>")
	w.ask("GET /lre-2021/Admin/rest/v1/hosts"+in.send(), "").want(t, "other root", 401, "")
	out := w.ask("GET /lre-2021/LoadTest"+lreOut+in.send(), "").want(t, "logout", 200, "")
	if !slices.Equal(names(out), []string{"LWSSO_COOKIE_KEY"}) {
		t.Errorf("logout clears %v", names(out))
	}
}

func TestLREIdle(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t, Options{LRE: LREOptions{EmptyWhenExpired: true}})
		defer w.close()
		for base, idle := range map[string]time.Duration{"/lre-pre-2020": time.Hour, "/lre-2023": 30 * time.Minute} {
			in := w.ask("GET "+base+"/Admin"+lreAuth+basicAuth("user7", "pw7"), "")
			call := "GET " + base + "/Admin/rest/v1/runs" + in.send()
			time.Sleep(idle - time.Second)
			w.ask(call, "").want(t, base+" within", 200, "Finished")
			time.Sleep(idle)
			if a := w.ask(call, "").want(t, base+" after", 200, ""); a.body != "" {
				t.Errorf("%s: a dead session answered %q", base, a.body)
			}
		}
	})
}
