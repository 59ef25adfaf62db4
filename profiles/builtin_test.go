package profiles

import (
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"authsoak/results"
)

var update = flag.Bool("update", false, "write the golden files anew")

func endpoint(t testing.TB, name string) *Endpoint {
	t.Helper()
	e, err := FindEndpoint(name)
	if err != nil {
		t.Fatal(err)
	}
	return e
}

// values gives every account column and slot its own name, in capitals that
// need escaping.
func values(f *Flow) *Values {
	v := &Values{}
	for _, name := range f.AccountFields {
		v.Account = append(v.Account, []byte("<"+strings.ToUpper(name)+`"&>`))
	}
	for _, s := range f.Slots {
		v.Slots = append(v.Slots, []byte("["+s.Name+"]"))
	}
	return v
}

// wire writes a flow as a person can check it against the vendors' pages.
func wire(f *Flow) string {
	var b strings.Builder
	var slots []string
	for _, s := range f.Slots {
		name := s.Name
		if s.Authenticates {
			name += "!"
		}
		slots = append(slots, name)
	}
	fmt.Fprintf(&b, "account %v, slots %v, certificate %v, sessionless %v\n", f.AccountFields, slots, f.ClientCertificate, f.Sessionless)
	for _, g := range slices.Concat([]Group{f.Login}, f.Calls, listing(f), []Group{f.Logout}) {
		for i := range g.Requests {
			wireRequest(&b, f, g.Name, &g.Requests[i])
		}
	}
	s := f.Session
	fmt.Fprintf(&b, "session: duplicate login %s, logout revokes %s, idle %v, absolute %v, refused %v\n",
		s.DuplicateLogin, s.LogoutRevokes, s.Idle, s.Absolute, s.Refused)
	return b.String()
}

func wireRequest(b *strings.Builder, f *Flow, group string, r *Request) {
	v := values(f)
	fmt.Fprintf(b, "%s/%s: %s %s\n", group, r.Name, r.Method, r.Target.Append(nil, v))
	for _, h := range r.Headers {
		fmt.Fprintf(b, "    %s: %s\n", h.Name, h.Value.Append(nil, v))
	}
	if len(r.Cookies) > 0 {
		var names []string
		for _, i := range r.Cookies {
			names = append(names, f.Slots[i].Name)
		}
		fmt.Fprintf(b, "    Cookie: %s, others %v\n", strings.Join(names, " "), r.OtherCookies)
	}
	if body := r.Body.Append(nil, v); len(body) > 0 {
		fmt.Fprintf(b, "    %s\n", body)
	}
	a := r.Accept
	fmt.Fprintf(b, "    -> %v", a.Status)
	for _, part := range []string{string(a.Body), a.ContentType, a.Location} {
		if part != "" {
			fmt.Fprintf(b, " %q", part)
		}
	}
	for _, i := range a.Cookies {
		fmt.Fprintf(b, " +%s", f.Slots[i].Name)
	}
	if r.Identity != nil {
		fmt.Fprintf(b, " is %s", r.IdentityIs.Append(nil, v))
	}
	b.WriteByte('\n')
}

func describe(c Choice) string {
	return fmt.Sprintf("version %s, method %s, client type %q, tenant %q, csrf %v", c.Version, c.Method, c.ClientType, c.Tenant, c.CSRF)
}

// TestFlows pins what every combination of every built-in profile sends.
func TestFlows(t *testing.T) {
	for _, e := range Endpoints() {
		var b strings.Builder
		for _, c := range e.Matrix() {
			f, err := e.Compile(c)
			if err != nil {
				t.Errorf("%s, %s: %v", e.Name, describe(c), err)
				continue
			}
			fmt.Fprintf(&b, "== %s\n%s\n", describe(c), wire(f))
		}
		golden := filepath.Join("testdata", "flows", e.Name+".txt")
		if *update {
			if err := os.WriteFile(golden, []byte(b.String()), 0o644); err != nil {
				t.Fatal(err)
			}
		}
		want, err := os.ReadFile(golden)
		if err != nil {
			t.Fatal(err)
		}
		if b.String() != string(want) {
			t.Errorf("%s: flows differ from %s; look at the difference, then run go test ./profiles -update", e.Name, golden)
		}
	}
}

func TestMatrix(t *testing.T) {
	for name, want := range map[string]int{
		"octane": 6,  // json and api-key with csrf or not, basic, basic-every-call
		"alm":    4,  // api-key and password, with a client type or not
		"space":  3,  // basic, x509, basic-every-call
		"lre":    22, // basic 6 times, client-key twice 3 times, and with a tenant from 2020-sp2 on
		"acme":   1,
	} {
		if got := len(endpoint(t, name).Matrix()); got != want {
			t.Errorf("%s has %d combinations, want %d", name, got, want)
		}
	}
}

// TestSettled holds every flow to what the driver may rely on.
func TestSettled(t *testing.T) {
	for _, e := range Endpoints() {
		for _, c := range e.Matrix() {
			f, err := e.Compile(c)
			if err != nil {
				t.Fatal(err)
			}
			for _, problem := range unsettled(f) {
				t.Errorf("%s, %s: %s", e.Name, describe(c), problem)
			}
		}
	}
}

func unsettled(f *Flow) (problems []string) {
	say := func(format string, args ...any) { problems = append(problems, fmt.Sprintf(format, args...)) }
	if f.Deciding < 0 || f.Deciding >= len(f.Calls) || len(f.DefaultCalls) == 0 {
		say("deciding call %d of %d, %d in the default mix", f.Deciding, len(f.Calls), len(f.DefaultCalls))
	}
	if f.Sessionless != (len(f.Login.Requests) == 0) || f.Sessionless != (len(f.Logout.Requests) == 0) {
		say("sessionless is %v", f.Sessionless)
	}
	if !f.Sessionless && !slices.ContainsFunc(f.Slots, func(s Slot) bool { return s.Authenticates && s.Cookie }) {
		say("no cookie authenticates")
	}
	for _, g := range slices.Concat([]Group{f.Login, f.Logout}, f.Calls) {
		for _, r := range g.Requests {
			if r.Name == "" || len(r.Accept.Status) == 0 || len(r.Target) == 0 || r.Target[0].Literal[0] != '/' {
				say("request %s of %s is not complete", r.Name, g.Name)
			}
			if g.Name == "login" && r.Idempotent {
				say("login request %s may be sent twice", r.Name)
			}
			for _, status := range []struct {
				status int
				class  results.Class
			}{{599, results.ServerError}, {307, results.Redirected}, {429, results.Throttled}, {503, results.Throttled}} {
				i := slices.IndexFunc(r.Classify, func(k Classification) bool { return k.Status == status.status })
				if i < 0 || r.Classify[i].Class != status.class {
					say("%s: status %d is not %s", r.Name, status.status, status.class)
				}
			}
		}
	}
	for _, name := range []string{"refused", "logout_revokes"} {
		if f.Session.Sources[name] == "" && !f.Sessionless {
			say("%s has no source", name)
		}
	}
	return problems
}

func TestFind(t *testing.T) {
	for _, test := range []struct{ name, want string }{
		{"octan", `endpoint "octan" is not known (did you mean "octane"?)`},
		{"zzz", `endpoint "zzz" is not known: there are acme, alm, lre, octane, space`},
		{"./no.yaml", "endpoint: open ./no.yaml: no such file or directory"},
	} {
		if _, err := FindEndpoint(test.name); err == nil || err.Error() != test.want {
			t.Errorf("FindEndpoint(%q): %v, want %s", test.name, err, test.want)
		}
	}
	if e, err := FindEndpoint("endpoints/example.yaml"); err != nil || e.Name != "acme" {
		t.Errorf("FindEndpoint of a file: %v, %v", e, err)
	}
	if l, err := FindLoad("loads/soak.yaml"); err != nil || l.Name != "soak" {
		t.Errorf("FindLoad of a file: %v, %v", l, err)
	}
	if _, err := FindLoad("soka"); err == nil || !strings.Contains(err.Error(), `did you mean "soak"?`) {
		t.Errorf("FindLoad(soka): %v", err)
	}
	if _, err := FindEndpoint("loads/soak.yaml"); err == nil || !strings.Contains(err.Error(), "loads/soak.yaml:1:9: schema: must be authsoak/endpoint/v1") {
		t.Errorf("FindEndpoint of a load profile: %v", err)
	}
}

func TestSource(t *testing.T) {
	for _, e := range Endpoints() {
		data, err := Source("endpoint", e.Name)
		if err != nil {
			t.Fatal(err)
		}
		if again, err := ParseEndpoint("x.yaml", data); err != nil || again.Name != e.Name {
			t.Errorf("Source of %s: %v", e.Name, err)
		}
	}
	for _, test := range []struct{ kind, name, want string }{
		{"load", "spik", `load profile "spik" is not known (did you mean "spike"?)`},
		{"loads", "spike", `kind of profile "loads" is not known (did you mean "load"?)`},
	} {
		if _, err := Source(test.kind, test.name); err == nil || err.Error() != test.want {
			t.Errorf("Source(%s, %s): %v, want %s", test.kind, test.name, err, test.want)
		}
	}
}

// TestNoProductInCode: what a server speaks is data. Go code that knew a
// product's name would treat it otherwise than a user's own profile.
func TestNoProductInCode(t *testing.T) {
	products := []string{"octane", "junos", "juniper", "loadrunner", "lwsso", "qcsession", "jsessionid", "acme", "qcbin", "microfocus"}
	code, err := filepath.Glob("*.go")
	if err != nil {
		t.Fatal(err)
	}
	for _, file := range code {
		if strings.HasSuffix(file, "_test.go") {
			continue
		}
		data, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		for _, p := range products {
			if strings.Contains(strings.ToLower(string(data)), p) {
				t.Errorf("%s mentions %s", file, p)
			}
		}
	}
}

func listing(f *Flow) []Group {
	if f.Listing == nil {
		return nil
	}
	return []Group{{Name: "listing", Requests: []Request{f.Listing.Request}}}
}
