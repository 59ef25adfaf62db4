package simulator

import (
	"strings"
	"testing"
)

// row is a request with the cookies of a login, and what it is answered.
type row struct {
	head, body string
	status     int
	part       string
}

func (w *world) rows(login answer, rows []row) {
	w.t.Helper()
	for _, r := range rows {
		w.ask(r.head+login.send(), r.body).want(w.t, r.head, r.status, r.part)
	}
}

func TestOctaneData(t *testing.T) {
	w := newWorld(t, Options{Octane: OctaneOptions{CSRFSparesReads: true, CSRFStatus: 401, RefusePrivateClientType: true, Domain: "sim.test"}})
	defer w.close()
	const space = "/api/shared_spaces/1/workspaces/2/defects"
	in := octaneJSON(w, `{"user":"user7","password":"pw7","enable_csrf":true}`, "")
	if line := in.header["Set-Cookie"][0]; !strings.Contains(line, ";Version=1;Domain=sim.test;Path=/;") {
		t.Errorf("Set-Cookie = %q", line)
	}
	octaneJSON(w, `{"user":"user7","password":"pw7"}`, "\nHPECLIENTTYPE: HPE_CI_CLIENT").want(t, "private client type", 403, "")
	header := "\nHPSSO-HEADER-CSRF: " + in.cookies["HPSSO_COOKIE_CSRF"]
	w.rows(in, []row{
		{"GET /api/shared_spaces", "", 200, `"type":"shared_space"`},
		{"GET /api/shared_spaces/1", "", 200, `{"type":"shared_space"`},
		{"GET /api/shared_spaces/1/workspaces", "", 200, `"data":[{"type":"workspace"`},
		{"GET /api/shared_spaces/1/workspaces/2/", "", 200, `{"type":"workspace"`},
		{"GET " + space + "/3", "", 200, `{"type":"defect"`},
		{"HEAD " + space, "", 200, ""},
		{"POST " + space + "\nContent-Type: application/json", "{}", 401, "csrf"},
		{"POST " + space + "\nContent-Type: application/json" + header, "{}", 201, `"total_count":1`},
		{"PUT " + space + "/3\nContent-Type: text/xml" + header, "{}", 415, ""},
		{"DELETE " + space + "/3" + header, "", 200, ""},
		{"POST " + space + "/3" + header, "", 405, ""},
		{"POST /api/shared_spaces" + header, "", 405, ""},
		{"GET /api/shared_spaces/1/elsewhere", "", 404, ""},
		{"GET /api/shared_spaces/1/workspaces/2/defects/3/4", "", 404, ""},
		{"GET /internal-api/shared_spaces/1/analytics/ci/servers/connectivity/status", "", 200, "octaneVersion"},
		{"GET /internal-api/shared_spaces/1/elsewhere", "", 404, ""},
		{"GET /api/%73hared_spaces/1", "", 200, ""},
	})
	w.ask("GET /internal-api/shared_spaces/1/analytics/ci/servers/connectivity/status", "").want(t, "ping of nobody", 401, "")
}

func TestALMData(t *testing.T) {
	w := newWorld(t, Options{ALM: ALMOptions{NoXSRF: true, SiteSessionStatus: 200, LogoutStatus: 500}})
	defer w.close()
	in := almKey(w, `{"clientId":"key2", "secret":"secret2"}`, "")
	const defects = "/qcbin/rest/domains/D/projects/P/defects"
	const xml = "\nAccept: application/xml"
	w.rows(in, []row{
		{"GET /qcbin/rest/domains" + xml, "", 200, `<Domain Name="DEFAULT"/>`},
		{"GET /qcbin/rest/domains\nAccept: application/json", "", 200, `{"Domains":`},
		{"GET /qcbin/rest/domains/D/projects" + xml, "", 200, `<Project Name="Soak"/>`},
		{"GET " + defects + xml, "", 200, `<Entities TotalResults="1"><Entity Type="defect">`},
		{"GET " + defects + "/1" + xml, "", 200, `<Value>key2</Value>`},
		{"POST " + defects, "<x/>", 201, ""},
		{"PUT " + defects + "/1", "<x/>", 200, ""},
		{"DELETE " + defects, "", 405, ""},
		{"GET /qcbin/rest/domains/D/elsewhere" + xml, "", 404, "<QCRestException>"},
		{"GET /qcbin/elsewhere", "", 404, "<html>"},
		{"PUT /qcbin/rest/site-session", "", 200, ""},
		{"POST /qcbin/rest/site-session", "", 200, ""},
		{"POST /qcbin/rest/site-session", "<other/>", 400, ""},
		{"POST /qcbin/rest/site-session", "<session-parameters><time-out>x</time-out></session-parameters>", 400, ""},
		{"POST " + almOut, "", 500, ""},
		{"POST /qcbin/rest/site-session", "", 500, "logged out"},
	})
	w.ask("POST /qcbin/rest/site-session", "").want(t, "site-session of nobody", 401, "")
}

func TestALMSwitches(t *testing.T) {
	w := newWorld(t, Options{
		Accounts: AccountRule{LockAfter: 1, List: []Account{{User: "off", Password: "x", Inactive: true}}},
		ALM: ALMOptions{APIKeysOnly: true, FreeClientTypes: []string{"free"}, RedirectV2: true, StrictJSON: true,
			SuffixFromBody: true, AutoSession: true, AuthenticateStatus: 201, SelfContained: true},
	})
	defer w.close()
	almUserLogin(w).want(t, "user where only keys may", 403, "")
	in := w.ask("POST /qcbin/authentication-point/alm-authenticate\nALM-CLIENT-TYPE: free\nContent-Type: text/xml",
		"<alm-authentication><user>user4</user><password>pw4</password></alm-authentication>").want(t, "free client type", 201, "")
	almKey(w, `{clientId:key2, secret:secret2}`, "").want(t, "unquoted", 400, "")
	w.ask("GET /qcbin/v2/rest/is-authenticated", "").want(t, "v2 of nobody", 302, "")
	a := w.ask(almRead+in.send(), "").want(t, "session of its own accord", 200, "")
	if a.cookies["QCSession"] == "" {
		t.Error("no session was opened")
	}
	site := w.ask("POST /qcbin/rest/site-session"+in.send(),
		"<session-parameters><client-type>webadmin</client-type></session-parameters>").want(t, "site-session", 201, "")
	if site.cookies["QCSession-d2ViYWRtaW4X"] == "" {
		t.Errorf("cookies = %v", site.cookies)
	}
	w.ask("GET "+almOut+in.send(), "").want(t, "logout", 200, "")
	w.ask(almIs+in.send(), "").want(t, "self-contained token", 200, "user4")
	almKey(w, `{"clientId":"key5", "secret":"x"}`, "").want(t, "wrong", 401, "")
	almKey(w, `{"clientId":"key5", "secret":"secret5"}`, "").want(t, "locked", 401, "locked")
	w.ask("GET /qcbin/authentication-point/authenticate"+basicAuth("off", "x"), "").want(t, "inactive", 401, "")
	w.ask("GET /qcbin/authentication-point/authenticate", "").want(t, "no credentials", 401, "")
}

func TestLREData(t *testing.T) {
	w := newWorld(t, Options{LRE: LREOptions{Version: "2022", Balancer: true, SelfContained: true}, Accounts: AccountRule{Limit: 10}})
	defer w.close()
	in := w.ask("GET /Admin"+lreAuth+basicAuth("user7", "pw7"), "").want(t, "login", 200, "")
	if got := len(in.cookies); got != 5 {
		t.Errorf("cookies = %v", in.cookies)
	}
	w.rows(in, []row{
		{"GET /loadtest/rest/domains\nAccept: application/json", "", 200, `"CreatedBy":"user7"`},
		{"POST /LoadTest/rest/domains/D/projects/P/Scripts", "x", 201, ""},
		{"PUT /LoadTest/rest/domains/D/projects/P/Scripts", "x", 405, ""},
		{"GET /Admin/rest/v1/hosts", "", 200, "soak-1"},
		{"GET /lre-2021/elsewhere", "", 404, ""},
		{"POST /Admin" + lreAuth, "", 405, ""},
		{"GET /Admin" + lreOut, "", 200, ""},
		{"GET /Admin/rest/v1/hosts", "", 200, "soak-1"},
	})
	w.ask("GET /Admin"+lreAuth, "").want(t, "no credentials", 401, "1101")
	w.ask("GET /Admin"+lreAuth+basicAuth("user10", "pw10"), "").want(t, "beyond the limit", 401, "1001")
	w.ask("GET /Admin"+lreOut, "").want(t, "logout of nobody", 401, "")
}

func TestUnescape(t *testing.T) {
	for text, want := range map[string]string{"a=b%2Bc+d": "b+c d", "a=%zz%4": "%zz%4", "b=1&a=%C3%A9": "é", "a": "", "%61=x": "x"} {
		if got := string(param([]byte(text), "a")); got != want {
			t.Errorf("param(%q) = %q, want %q", text, got, want)
		}
	}
	if got := param([]byte("b=1"), "a"); got != nil {
		t.Errorf("absent parameter = %q, want nil", got)
	}
}

func TestPipeListener(t *testing.T) {
	w := newWorld(t, Options{})
	if w.srv.Seed() != 7 || w.srv.CA() != nil || w.pipe.Addr().String() != w.pipe.Addr().Network() {
		t.Error("Seed, CA or Addr")
	}
	if _, _, err := w.srv.IssueClientCertificate("user1"); err == nil {
		t.Error("a certificate without TLS")
	}
	w.close()
	if _, err := w.pipe.Dial(t.Context()); err == nil {
		t.Error("Dial after Close")
	}
	if err := w.srv.Serve(NewPipeListener()); err != nil {
		t.Errorf("Serve after Close = %v, want nil", err)
	}
}
