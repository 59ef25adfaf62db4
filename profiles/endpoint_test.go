package profiles

import (
	"errors"
	"slices"
	"strings"
	"testing"
	"time"

	"authsoak/document"
	"authsoak/results"
)

// small is a profile with a bit of everything.
const small = `schema: authsoak/endpoint/v1
endpoint: small
title: A small server
documents: {book: "https://small.example/book"}
versions: [1, 2, 3]
settings:
  - {name: room, about: which room, default: blue}
  - {name: age, about: how long, example: "5"}
  - {name: style, about: how, values: [plain, fancy], default: plain}
options:
  client_type: {methods: [form], why_not: only the form asks for it}
  tenant: {versions: [">= 2"], why_not: tenants came with 2}
  csrf: {versions: [2], why_not: 2 alone asks for it}
cookies:
  - {name: SID, authenticates: true}
  - {name: "CT-{{suffix client_type}}", as: CT, when: client_type}
captures:
  - {name: token}
echo:
  - {header: X-Token, value: "{{capture.token}}", except_methods: [GET]}
  - {header: X-Client, value: "{{client_type}}", when: client_type}
methods:
  - name: form
    needs: [user, password]
    login:
      - method: POST
        path: /login
        query: [{name: tenant, value: "{{url tenant}}", when: tenant}]
        headers: [{name: Content-Type, value: application/x-www-form-urlencoded}]
        body:
          - text: "u={{form user}}&p={{form password}}"
          - {when: csrf, text: "&csrf=1"}
          - {when: "setting.style = fancy", text: "&style=fancy"}
        accept: {status: [200, {status: 201, when: version >= 3}], cookies: [SID, CT]}
        capture: [{into: token, json: a.token}]
  - name: every
    needs: [user, password]
    versions: ["< 3"]
    why_not: 3 wants a session
    credentials_on_every_call: true
    credentials: [{name: Authorization, value: "{{basic user password}}"}]
logout:
  - {method: POST, path: /logout}
calls:
  - name: look
    requests: [{method: GET, path: "/rooms/{{url setting.room}}"}]
  - name: change
    weight: 0
    when: method = form
    requests: [{method: POST, path: /rooms, body: "n={{raw cookie.SID}}"}]
deciding: look
classify:
  - {status: 4xx, header: X-Gone, class: session-expired}
session:
  duplicate_login: {expect: allow, document: book, says: log in as often as you like}
  logout_revokes: {expect: "yes", document: book}
  idle:
    - {when: setting.age, expect: "{{setting.age}}m", document: book}
    - {expect: 1h, document: book}
  absolute: {expect: 2d, says: we were told}
  refused: {status: [401], document: book}
`

func parse(t *testing.T, text string) (*Endpoint, error) {
	t.Helper()
	return ParseEndpoint("small.yaml", []byte(text))
}

func TestCompile(t *testing.T) {
	e, err := parse(t, small)
	if err != nil {
		t.Fatal(err)
	}
	f, err := e.Compile(Choice{Version: "2", ClientType: "a", TenantPerAccount: true, CSRF: true, Settings: map[string]string{"room": "a/b ö", "age": "7", "style": "fancy"}})
	if err != nil {
		t.Fatal(err)
	}
	if want := []string{"user", "password", "tenant"}; !slices.Equal(f.AccountFields, want) {
		t.Errorf("account fields %v, want %v", f.AccountFields, want)
	}
	want := `account [user password tenant], slots [SID! CT-YQXX token], certificate false, sessionless false
login/login: POST /login?tenant=%3CTENANT%22%26%3E
    Content-Type: application/x-www-form-urlencoded
    u=%3CUSER%22%26%3E&p=%3CPASSWORD%22%26%3E&csrf=1&style=fancy
    -> [200] +SID +CT-YQXX
look/look: GET /rooms/a%2Fb%20%C3%B6
    X-Client: a
    Cookie: SID CT-YQXX, others false
    -> [200]
change/change: POST /rooms
    X-Token: [token]
    X-Client: a
    Cookie: SID CT-YQXX, others false
    n=[SID]
    -> [200]
logout/logout: POST /logout
    X-Token: [token]
    X-Client: a
    Cookie: SID CT-YQXX, others false
    -> [200]
session: duplicate login allow, logout revokes yes, idle 7m0s, absolute 48h0m0s, refused [401]
`
	if got := wire(f); got != want {
		t.Errorf("got  %s\nwant %s", got, want)
	}
	if len(f.DefaultCalls) != 1 || f.DefaultCalls[0].Call != 0 || f.Calls[f.Deciding].Name != "look" {
		t.Errorf("default mix %v, deciding %d", f.DefaultCalls, f.Deciding)
	}
	k := f.Calls[0].Requests[0].Classify
	if len(k) != 302 || k[0].Status != 400 || k[99].Status != 499 || k[99].Header != "X-Gone" || k[99].Class != results.SessionExpired {
		t.Errorf("%d meanings, the first %+v", len(k), k[0])
	}
	if got := f.Session.Sources["duplicate_login"]; got != "log in as often as you like (https://small.example/book)" {
		t.Errorf("source %q", got)
	}
	if f.Session.Sources["absolute"] != "we were told" || f.Session.Sources["idle"] != "https://small.example/book" {
		t.Errorf("sources %v", f.Session.Sources)
	}
	if c := f.Login.Requests[0].Capture; len(c) != 1 || !c[0].Required || f.Slots[c[0].Slot].Name != "token" {
		t.Errorf("captures %+v", c)
	}
}

func TestCompileSessionless(t *testing.T) {
	e, err := parse(t, small)
	if err != nil {
		t.Fatal(err)
	}
	f, err := e.Compile(Choice{Version: "1", Method: "every"})
	if err != nil {
		t.Fatal(err)
	}
	want := `account [user password], slots [], certificate false, sessionless true
look/look: GET /rooms/blue
    Authorization: Basic PFVTRVIiJj46PFBBU1NXT1JEIiY+
    -> [200]
session: duplicate login observe, logout revokes observe, idle 0s, absolute 0s, refused []
`
	if got := wire(f); got != want {
		t.Errorf("got  %s\nwant %s", got, want)
	}
}

func TestCompileDefaults(t *testing.T) {
	e, err := parse(t, small)
	if err != nil {
		t.Fatal(err)
	}
	f, err := e.Compile(Choice{})
	if err != nil || f.Version != "3" || f.Method != "form" {
		t.Fatalf("Compile of nothing: %+v, %v", f, err)
	}
	if got := f.Login.Requests[0].Accept.Status; !slices.Equal(got, []int{200, 201}) {
		t.Errorf("accepted statuses %v", got)
	}
	if f.Session.Idle != time.Hour {
		t.Errorf("idle %v", f.Session.Idle)
	}
	if e, err = parse(t, small+"default_method: every\n"); err != nil {
		t.Fatal(err)
	}
	for version, want := range map[string]string{"1": "every", "3": "form"} {
		if f, err := e.Compile(Choice{Version: version}); err != nil || f.Method != want {
			t.Errorf("default method of version %s: %v, %v, want %s", version, f, err, want)
		}
	}
}

func TestCompileRefuses(t *testing.T) {
	for _, test := range []struct {
		endpoint string
		choice   Choice
		want     string
	}{
		{"lre", Choice{Version: "2020", Method: "client-key"}, "endpoint lre: method client-key can't be used with version 2020: AuthenticateClient is available since 2021 R1"},
		{"lre", Choice{Version: "2020", Tenant: "x"}, "endpoint lre: tenant can't be used with version 2020 and method basic: there are tenants since 2020 SP2"},
		{"lre", Choice{Version: "pre-2020", TenantPerAccount: true}, "endpoint lre: tenant can't be used with version pre-2020 and method basic: there are tenants since 2020 SP2"},
		{"lre", Choice{Version: "2019"}, `endpoint lre: version "2019" is not known: there are pre-2020, 2020, 2020-sp2, 2021, 2022, 2023: versions before 2023 are named by their year (2020 SP2 apart), and 2023 stands for all later ones too`},
		{"lre", Choice{Version: "2022.1"}, `endpoint lre: version "2022.1" is not known (did you mean "2022"?): versions before 2023 are named by their year (2020 SP2 apart), and 2023 stands for all later ones too`},
		{"octane", Choice{Version: "23"}, `endpoint octane: version "23" is not known: there are current`},
		{"lre", Choice{Version: "2020sp2"}, `endpoint lre: version "2020sp2" is not known (did you mean "2020-sp2"?): versions before 2023 are named by their year (2020 SP2 apart), and 2023 stands for all later ones too`},
		{"lre", Choice{CSRF: true}, "endpoint lre: csrf can't be used with version 2023 and method basic"},
		{"octane", Choice{Method: "basic", CSRF: true}, "endpoint octane: csrf can't be used with version current and method basic: enable_csrf is a property of the JSON payload, and basic authentication has no payload"},
		{"octane", Choice{Method: "jsno"}, `endpoint octane: method "jsno" is not known (did you mean "json"?)`},
		{"octane", Choice{Settings: map[string]string{"workspce": "1"}}, `endpoint octane: setting "workspce" is not known (did you mean "workspace"?)`},
		{"octane", Choice{Settings: map[string]string{"workspace": ""}}, "endpoint octane: setting workspace: must not be empty"},
		{"octane", Choice{Settings: map[string]string{"workspace": "1\n"}}, "endpoint octane: setting workspace: must not hold control characters"},
		{"alm", Choice{ClientType: "a\r\nX: y"}, `endpoint alm: client type "a\r\nX: y": must not hold control characters`},
		{"alm", Choice{Settings: map[string]string{"logout_500": "acept"}}, `endpoint alm: setting logout_500: value "acept" is not known (did you mean "accept"?)`},
		{"space", Choice{ClientType: "a"}, "endpoint space: client_type can't be used with version current and method basic"},
		{"space", Choice{Settings: map[string]string{"maxage": "soon"}}, `must be a time like 30m, not "soonm"`},
	} {
		_, err := endpoint(t, test.endpoint).Compile(test.choice)
		if err == nil || !strings.HasSuffix(err.Error(), test.want) {
			t.Errorf("%s: Compile(%+v)\n got %v\nwant %s", test.endpoint, test.choice, err, test.want)
		}
	}
}

func TestCheckAccount(t *testing.T) {
	headers := strings.Replace(small, "headers: [{name: Content-Type, value: application/x-www-form-urlencoded}]",
		`headers: [{name: X-User, value: "{{user}}"}]`, 1)
	e, err := parse(t, headers)
	if err != nil {
		t.Fatal(err)
	}
	inHeader, err := e.Compile(Choice{})
	if err != nil {
		t.Fatal(err)
	}
	compile := func(name string, c Choice) *Flow {
		f, err := endpoint(t, name).Compile(c)
		if err != nil {
			t.Fatal(err)
		}
		return f
	}
	inBasic := compile("octane", Choice{Method: "basic"})
	inJSON := compile("octane", Choice{Method: "json"})
	inXML := compile("alm", Choice{Method: "password"})
	for _, test := range []struct {
		name           string
		flow           *Flow
		user, password string
		want           string
	}{
		{"plain", inHeader, "a", "b\nc", ""},
		{"line break in a header", inHeader, "a\r\nX: y", "b", `method form of small: column "user" holds a line break or NUL, which can't go into a header as it is`},
		{"NUL in a header", inHeader, "a\x00", "b", `method form of small: column "user" holds a line break or NUL, which can't go into a header as it is`},
		{"colons in a password", inBasic, "a", "b:c\n\x00:", ""},
		{"colon in a Basic user", inBasic, "a:b", "c", `method basic of octane: column "user" holds a colon, which would end the user name of Basic credentials`},
		{"colon in JSON", inJSON, "a:b", "c\n", ""},
		{"no UTF-8 in JSON", inJSON, "a", "\xff", `method json of octane: column "password" is no UTF-8, which JSON needs`},
		{"line break in XML", inXML, "a", "<b>\r\n&\"'", ""},
		{"control character in XML", inXML, "a\x01", "b\xff", `method password of alm: column "user" holds a character that XML can't carry; column "password" holds a character that XML can't carry`},
	} {
		t.Run(test.name, func(t *testing.T) {
			err := test.flow.CheckAccount([][]byte{[]byte(test.user), []byte(test.password)})
			if got := errText(err); got != test.want {
				t.Errorf("got  %s\nwant %s", got, test.want)
			}
		})
	}
	if err := inXML.CheckAccount(nil); err != nil {
		t.Errorf("no fields: %v", err)
	}
}

func errText(err error) string {
	if err == nil {
		return ""
	}
	return err.Error()
}

func TestLogoutSetting(t *testing.T) {
	f, err := endpoint(t, "alm").Compile(Choice{Settings: map[string]string{"logout_500": "accept"}})
	if err != nil || !slices.Equal(f.Logout.Requests[0].Accept.Status, []int{200, 500}) {
		t.Errorf("logout accepts %v, %v", f.Logout.Requests[0].Accept.Status, err)
	}
}

func FuzzParseEndpoint(f *testing.F) {
	f.Add([]byte(small))
	f.Add([]byte(`{schema: authsoak/endpoint/v1, endpoint: a, title: A, versions: [1], methods: [{name: m, needs: [user],
login: [{method: GET, path: "/{{url user}}"}]}], logout: [{method: GET, path: /}], calls: [{name: c, requests: [{method: GET, path: /}]}], deciding: c}`))
	for _, e := range Endpoints() {
		data, err := Source("endpoint", e.Name)
		if err != nil {
			f.Fatal(err)
		}
		f.Add(data)
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		e, err := ParseEndpoint("x.yaml", data)
		if err != nil {
			var ps document.Problems
			if !errors.As(err, &ps) || err.Error() == "" {
				t.Errorf("error %#v is no list of problems", err)
			}
			return
		}
		for _, c := range e.Matrix() {
			flow, err := e.Compile(c)
			if err != nil {
				t.Fatalf("a valid profile, %s: %v", describe(c), err)
			}
			for _, problem := range unsettled(flow) {
				if !strings.Contains(problem, "source") && !strings.Contains(problem, "authenticates") && !strings.Contains(problem, "status") {
					t.Errorf("a valid profile, %s: %s", describe(c), problem)
				}
			}
			wire(flow)
		}
	})
}
