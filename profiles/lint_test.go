package profiles

import (
	"bytes"
	"fmt"
	"strings"
	"testing"

	"github.com/santhosh-tekuri/jsonschema/v6"

	"authsoak/document"
)

// mistake is a change to the small profile, and what must be said of it. In the
// schema says that an editor shows it too.
type mistake struct {
	name, old, new, want string
	inSchema             bool
}

var mistakes = []mistake{
	{"unknown key", "deciding: look", "decidign: look", "deciding: is missing\ndecidign: is not a known key (did you mean \"deciding\"?)", true},
	{"wrong format", "endpoint/v1", "endpoint/v2", `schema: must be authsoak/endpoint/v1, not "authsoak/endpoint/v2" (did you mean "authsoak/endpoint/v1"?)`, true},
	{"bad name", "endpoint: small", "endpoint: Small One", `endpoint: "Small One" is no name: small letters, digits and dashes`, false},
	{"version twice", "versions: [1, 2, 3]", "versions: [1, 2, 3, 2]", `versions[3]: "2" is there twice`, false},
	{"no version", "versions: [1, 2, 3]", "versions: []", "versions: must name at least one", false},
	{"bad version", "versions: [1, 2, 3]", "versions: [1, 2, 3, a b]", `versions[3]: "a b" is no name: small letters, digits and dashes`, false},
	{"default not known", "deciding: look", "default_version: 4\ndefault_method: fort\ndeciding: look", "default_version: \"4\" is not known here\ndefault_method: \"fort\" is not known here (did you mean \"form\"?)", false},
	{"address", "https://small.example/book", "small.example/book", "documents.book: must be an address that begins with https://", false},
	{"setting without value", `, example: "5"}`, "}", "settings[1]: needs a default or an example", false},
	{"setting's default", "default: plain", "default: plian", `settings[2].default: must be one of plain, fancy (did you mean "plain"?)`, false},
	{"option's method", "methods: [form], why_not", "methods: [from], why_not", `options.client_type.methods[0]: "from" is not known here (did you mean "form"?)`, false},
	{"option's version", `versions: [">= 2"]`, `versions: [">= 4"]`, `options.tenant.versions[0]: "4" is not known here`, false},
	{"method's version, no reason", "    why_not: 3 wants a session\n", "", "methods[1]: needs why_not: the reason shown to who uses another version", false},
	{"unknown function", "{{form user}}", "{{fomr user}}", `methods[0].login[0].body[0].text: "fomr" is not a function (did you mean "form"?)`, false},
	{"function without value", "{{form user}}", "{{form}}", "methods[0].login[0].body[0].text: function form needs a value: {{form NAME}}", false},
	{"too many values", "{{form user}}", "{{form user password}}", "methods[0].login[0].body[0].text: function form takes 1 values, not 2", false},
	{"unknown value", "{{form user}}", "{{form usr}}", `methods[0].login[0].body[0].text: "usr" is not a value (did you mean "user"?)`, false},
	{"bare in a body", "{{form user}}", "{{user}}", "methods[0].login[0].body[0].text: user would go in as it is: say json, xml, form, base64, or raw where that is meant", false},
	{"never closed", "{{form user}}", "{{form user", "methods[0].login[0].body[0].text: function form takes 1 values, not 2", false},
	{"never closed at the end", "{{capture.token}}", "{{capture.token", "echo[0].value: has a {{ that is never closed with }}", false},
	{"nothing in it", "{{form user}}", "{{ }}", "methods[0].login[0].body[0].text: has {{}} with nothing in it", false},
	{"column not needed", "{{form user}}", "{{form account.pin}}", "methods[0].login[0].body[0].text: the account column \"pin\" is not among the needs of method form", false},
	{"column never sent", "    needs: [user, password]\n    login", "    needs: [user, password, pin]\n    login", `methods[0].needs[2]: "pin" is never sent`, false},
	{"column twice", "    needs: [user, password]\n    login", "    needs: [user, password, user]\n    login", `methods[0].needs[2]: "user" is there twice`, false},
	{"bare in a path", "{{url setting.room}}", "{{setting.room}}", `calls[0].requests[0].path: setting.room would go in as it is, and could change the address (did you mean "{{url setting.room}}"?)`, false},
	{"wrong function in a path", "{{url setting.room}}", "{{json setting.room}}", `calls[0].requests[0].path: json doesn't make a value fit for an address (did you mean "url"?)`, false},
	{"unknown setting", "{{url setting.room}}", "{{url setting.rom}}", `calls[0].requests[0].path: setting "rom" is not declared (did you mean "room"?)`, false},
	{"path with a blank", "path: /logout", `path: "/log out"`, `logout[0].path: holds ' ', which a path or query can't: write it as %20, or use {{url …}}`, false},
	{"path with a query", "path: /logout", `path: "/logout?a=b"`, `logout[0].path: holds '?', which a path or query can't: write it as %3F, or use {{url …}}`, false},
	{"path without a slash", "path: /logout", `path: logout`, `logout[0].path: must begin with /`, false},
	{"HTTP method", "method: POST, path: /logout", "method: post, path: /logout", `logout[0].method: must be one of GET, HEAD, OPTIONS, POST, PUT, PATCH, DELETE, not "post" (did you mean "POST"?)`, false},
	{"unknown capture", "{{capture.token}}", "{{capture.tokn}}", `echo[0].value: capture.tokn is not declared (did you mean "capture.token"?)`, false},
	{"cookie not there", "{{raw cookie.SID}}", "{{raw cookie.CT}}", "calls[1].requests[0].body: cookie.CT is used where its own when doesn't hold (version 1, method form; and 27 more)", false},
	{"unknown cookie in accept", "cookies: [SID, CT]", "cookies: [SID, CD]", `methods[0].login[0].accept.cookies[1]: there is no cookie "CD" (did you mean "CT"?)`, false},
	{"cookie's name", `"CT-{{suffix client_type}}"`, `"CT-{{lower client_type}} x"`, `cookies[1].name: gives "CT-example x", which is no cookie name`, false},
	{"listing without a count", "deciding: look", "listing: {request: {method: GET, path: /mine}}\ndeciding: look", "listing: needs each, total, or both: nothing says how to count", false},
	{"listing's pattern", "deciding: look", "listing: {request: {method: GET, path: /mine}, each: '(a'}\ndeciding: look", "listing.each: is no regular expression: missing closing ): `(a`", false},
	{"listing's group", "deciding: look", "listing: {request: {method: GET, path: /mine}, each: 'a', owner: '{{user}}'}\ndeciding: look", "listing.each: needs a group that names the owner: between ( and )", false},
	{"listing's owner", "deciding: look", "listing: {request: {method: GET, path: /mine}, total: {header: X-Sessions}, owner: '{{user}}'}\ndeciding: look", "listing.owner: needs each, whose first group it is compared with", false},
	{"listing's page", "deciding: look", "listing: {document: bok, request: {method: GET, path: /mine}, each: a}\ndeciding: look", "listing.document: \"bok\" is not among the documents (did you mean \"book\"?)", false},
	{"name of an account", `"CT-{{suffix client_type}}"`, `"CT-{{suffix user}}"`, "cookies[1].name: must be known beforehand: only client_type, tenant and settings may stand here", false},
	{"header's name", "X-Token, value", "X Token, value", `echo[0].header: "X Token" is no header name`, false},
	{"driver's header", "header: X-Token", "header: Content-Length", "echo[0].header: Content-Length is written by the driver", false},
	{"header with a line break", `value: "{{capture.token}}"`, `value: "a\r\nb{{capture.token}}"`, `echo[0].value: holds '\r', which would end the header`, false},
	{"lower of an answer", `value: "{{capture.token}}"`, `value: "{{lower capture.token}}"`, "echo[0].value: lower doesn't keep an answer's line break out of a header", false},
	{"excepted method", "except_methods: [GET]", "except_methods: [GTE]", `echo[0].except_methods[0]: "GTE" is not known here (did you mean "GET"?)`, false},
	{"unknown term", "when: csrf,", "when: crsf,", `methods[0].login[0].body[1].when: "crsf" is no term: csrf, client_type, tenant, setting.NAME, or a comparison of version, method or setting.NAME (did you mean "csrf"?)`, false},
	{"term about a setting", `"setting.style = fancy"`, `"setting.style = fnacy"`, `methods[0].login[0].body[2].when: setting.style has no value "fnacy" (did you mean "fancy"?)`, false},
	{"term about nothing", `"setting.style = fancy"`, `"settings.style = fancy"`, `methods[0].login[0].body[2].when: "settings.style" can't be compared: version, method and setting.NAME can (did you mean "setting.style"?)`, false},
	{"order of methods", "when: method = form", "when: method > form", "calls[1].when: > compares one version: version > VERSION", false},
	{"never reached", "when: method = form", "when: [method = every, version >= 3]", "calls[1].when: never holds, in no combination of versions, methods, options and settings", false},
	{"when, a mapping", "when: method = form", "when: {method: form}", "calls[1].when: must be a list, but is a mapping (key: value)", true},
	{"status", "status: [200, {", "status: [2000, {", "methods[0].login[0].accept.status[0]: 2000 is no status", false},
	{"conditional status", "status: 201, when", "status: 201, wehn", `methods[0].login[0].accept.status[1].wehn: is not a known key (did you mean "when"?)`, true},
	{"range of statuses", "status: 4xx", "status: 6xx", `classify[0].status: must be a status like 401, or 5xx, not "6xx"`, true},
	{"class", "class: session-expired", "class: sesion-expired", `not "sesion-expired" (did you mean "session-expired"?)`, true},
	{"meaning of everything", "status: 4xx, header: X-Gone, ", "", "classify[0]: fits every answer: say status, body or header", false},
	{"two places", "json: a.token", "json: a.token, header: X", "methods[0].login[0].capture[0]: needs one of header, json and pattern", false},
	{"bad pattern", "json: a.token", `pattern: "(a"`, "methods[0].login[0].capture[0].pattern: is no regular expression: missing closing ): `(a`", false},
	{"pattern without group", "json: a.token", `pattern: "a"`, "methods[0].login[0].capture[0].pattern: needs a group: the value stands between ( and )", false},
	{"empty member", "json: a.token", `json: a..token`, "methods[0].login[0].capture[0].json: has an empty name", false},
	{"capture into nothing", "into: token", "into: tkoen", `methods[0].login[0].capture[0].into: capture.tkoen is not declared (did you mean "capture.token"?)`, false},
	{"login sent twice", "        path: /login\n", "        path: /login\n        idempotent: true\n", "methods[0].login[0].idempotent: a login is never sent twice: the server may have opened a session", false},
	{"redirects", "        path: /login\n", "        path: /login\n        follow_redirects: 11\n", "methods[0].login[0].follow_redirects: must lie between 0 and 10", false},
	{"other cookies", "        path: /login\n", "        path: /login\n        other_cookies: true\n", "methods[0].login[0].other_cookies: none are kept: set keep_other_cookies", false},
	{"cookies word", "        path: /login\n", "        path: /login\n        cookies: al\n", `methods[0].login[0].cookies: must be all, none, or a list of cookies, not "al" (did you mean "all"?)`, true},
	{"body of a GET", "method: GET, path: \"/rooms/{{url setting.room}}\"", "method: GET, path: /, body: x", "calls[0].requests[0].body: GET has no body", false},
	{"deciding call", "deciding: look", "deciding: lok", `deciding: there is no call "lok" (version 1, method form; and 75 more) (did you mean "look"?)`, false},
	{"call named login", "name: look", "name: login", "calls[0].name: login is the name of a step of its own\ndeciding: there is no call \"look\"", false},
	{"call twice", "name: change", "name: look", "calls[1].name: there are two calls look (version 1, method form; and 55 more)", false},
	{"weight", "weight: 0", "weight: -1", "calls[1].weight: must lie between 0 and 1000000", false},
	{"no weight", "  - name: look\n", "  - name: look\n    weight: 0\n", "calls: no call has a weight (version 1, method form; and 75 more)", false},
	{"no login", "credentials_on_every_call: true", "credentials_on_every_call: false", "methods[1].credentials: belong to credentials_on_every_call; a login has them in its requests", false},
	{"no logout", "logout:\n  - {method: POST, path: /logout}\n", "", "methods[0]: has no logout: neither its own nor the profile's", false},
	{"rule's word", "expect: allow", "expect: alow", "session.duplicate_login.expect: must be one of refuse, allow, observe, not \"alow\" (did you mean \"allow\"?)", false},
	{"rule's time", "expect: 1h,", "expect: 1,", "session.idle[1].expect: must be a time like 30m, not \"1\"", false},
	{"rule without source", "expect: 2d, says: we were told", "expect: 2d", "session.absolute: needs its authority: document, says, or both", false},
	{"unknown document", "expect: allow, document: book", "expect: allow, document: bok", `session.duplicate_login.document: "bok" is not among the documents (did you mean "book"?)`, false},
	{"idle longer than absolute", "expect: 2d", "expect: 1m", "session.idle: is longer than absolute (version 1, method form; and 55 more)", false},
	{"refused status", "refused: {status: [401]", "refused: {status: [40]", "session.refused.status[0]: 40 is no status", false},
}

func (m mistake) apply(t *testing.T) []byte {
	t.Helper()
	if strings.Count(small, m.old) != 1 {
		t.Fatalf("%q is in the small profile %d times", m.old, strings.Count(small, m.old))
	}
	return []byte(strings.Replace(small, m.old, m.new, 1))
}

// without returns the problems' texts, positions cut off.
func without(err error) string {
	ps, ok := err.(document.Problems)
	if !ok {
		return fmt.Sprint(err)
	}
	var lines []string
	for _, p := range ps {
		p.Position = document.Position{}
		lines = append(lines, strings.TrimPrefix(p.Error(), ": "))
	}
	return strings.Join(lines, "\n")
}

func TestLint(t *testing.T) {
	schema := compileSchema(t, EndpointSchema())
	for _, m := range mistakes {
		t.Run(m.name, func(t *testing.T) {
			data := m.apply(t)
			_, err := ParseEndpoint("small.yaml", data)
			if err == nil {
				t.Fatal("nothing is said")
			}
			if got := without(err); m.want == "" || !strings.Contains(got, m.want) {
				t.Errorf("got\n%s\nwant\n%s", got, m.want)
			}
			if !strings.HasPrefix(err.Error(), "small.yaml:") {
				t.Errorf("no position: %v", err)
			}
			if invalid := schema.Validate(plain(t, data)); (invalid != nil) != m.inSchema {
				t.Errorf("schema says %v", invalid)
			}
		})
	}
}

// TestLintAll: everything at once, each at its own place.
func TestLintAll(t *testing.T) {
	text := small
	for _, name := range []string{"unknown value", "unknown term", "status", "bad pattern", "rule's word", "address", "HTTP method"} {
		for _, m := range mistakes {
			if m.name == name {
				text = strings.Replace(text, m.old, m.new, 1)
			}
		}
	}
	_, err := ParseEndpoint("small.yaml", []byte(text))
	ps, _ := err.(document.Problems)
	var places []string
	for _, p := range ps {
		places = append(places, fmt.Sprintf("%d:%d", p.Line, p.Column))
	}
	if got, want := strings.Join(places, " "), "4:19 31:19 32:20 34:27 35:42 43:14 55:29"; got != want {
		t.Errorf("problems at %s, want %s:\n%v", got, want, err)
	}
}

func TestTooManyCombinations(t *testing.T) {
	var settings strings.Builder
	for i := range 20 {
		fmt.Fprintf(&settings, "  - {name: s%d, about: x, example: y}\n", i)
	}
	_, err := parse(t, strings.Replace(small, "settings:\n", "settings:\n"+settings.String(), 1))
	if err == nil || !strings.Contains(err.Error(), "combinations with methods, options and settings: too many for a file of") {
		t.Errorf("got %v", err)
	}
}

func plain(t *testing.T, data []byte) any {
	t.Helper()
	f, err := document.Parse("x.yaml", data)
	if err != nil {
		t.Fatal(err)
	}
	return f.Plain()
}

func compileSchema(t *testing.T, text []byte) *jsonschema.Schema {
	t.Helper()
	doc, err := jsonschema.UnmarshalJSON(bytes.NewReader(text))
	if err != nil {
		t.Fatal(err)
	}
	c := jsonschema.NewCompiler()
	if err := c.AddResource("urn:schema", doc); err != nil {
		t.Fatal(err)
	}
	s, err := c.Compile("urn:schema")
	if err != nil {
		t.Fatal(err)
	}
	return s
}

func TestBuiltinsFitTheSchema(t *testing.T) {
	endpoints, loads := compileSchema(t, EndpointSchema()), compileSchema(t, LoadSchema())
	if err := endpoints.Validate(plain(t, []byte(small))); err != nil {
		t.Error(err)
	}
	for _, e := range Endpoints() {
		data, err := Source("endpoint", e.Name)
		if err != nil {
			t.Fatal(err)
		}
		if err := endpoints.Validate(plain(t, data)); err != nil {
			t.Errorf("%s: %v", e.Name, err)
		}
	}
	for _, l := range Loads() {
		data, err := Source("load", l.Name)
		if err != nil {
			t.Fatal(err)
		}
		if err := loads.Validate(plain(t, data)); err != nil {
			t.Errorf("%s: %v", l.Name, err)
		}
	}
}

// TestSchemaDescribes: an editor has something to say about every key.
func TestSchemaDescribes(t *testing.T) {
	for name, text := range map[string][]byte{"endpoint": EndpointSchema(), "load": LoadSchema()} {
		doc, err := jsonschema.UnmarshalJSON(bytes.NewReader(text))
		if err != nil {
			t.Fatal(err)
		}
		root := doc.(map[string]any)
		objects := map[string]any{"": root}
		for def, o := range root["$defs"].(map[string]any) {
			objects[def] = o
		}
		for def, o := range objects {
			properties, _ := o.(map[string]any)["properties"].(map[string]any)
			for key, p := range properties {
				if p.(map[string]any)["description"] == nil {
					t.Errorf("%s schema: %s.%s has no description", name, def, key)
				}
			}
		}
	}
}
