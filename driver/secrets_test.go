package driver_test

import (
	"bufio"
	"context"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"html"
	"io"
	"net"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"authsoak/accounts"
	"authsoak/driver"
	"authsoak/driver/exchange"
	"authsoak/profiles"
	"authsoak/results"
	"authsoak/scenario"
)

// What stands for a secret in these tests; no part of it may reach a file.
const (
	password = `hunter"2é/&secret!`
	token    = "SECRETTOKEN"
)

// A server that repeats what it was sent, or shows what it issues, spoils no
// file of the run folder, however it spells it.
func TestNoSecretInTheResults(t *testing.T) {
	std := base64.StdEncoding.EncodeToString
	body := func(text string) func(*http.Request, string) string {
		return func(*http.Request, string) string { return answer("400 Bad Request", "", text) }
	}
	quoted, err := json.Marshal(password)
	if err != nil {
		t.Fatal(err)
	}
	tests := []struct {
		name, method string
		answer       func(req *http.Request, body string) string
	}{
		{"the body", "json", func(_ *http.Request, body string) string { return answer("400 Bad Request", "", "cannot parse: "+body) }},
		{"the Authorization header", "basic", func(req *http.Request, _ string) string {
			return answer("400 Bad Request", "", "You sent "+req.Header.Get("Authorization"))
		}},
		{"plain", "json", body("no user with " + password)},
		{"JSON", "json", body("no user with " + strings.Trim(string(quoted), `"`))},
		{"HTML", "json", body("no user with " + html.EscapeString(password))},
		{"a query", "json", body("no user with " + url.QueryEscape(password))},
		{"a path", "json", body("no user with " + url.PathEscape(password))},
		{"Base64", "json", body("no user with " + std([]byte(password)))},
		{"Base64 for addresses", "json", body("no user with " + base64.URLEncoding.EncodeToString([]byte(password)))},
		{"user and password in Base64", "basic", body("no user with " + std([]byte("user1:"+password)))},
		{"a reason", "json", func(*http.Request, string) string { return answer("400 "+password, "", "") }},
		{"a malformed cookie", "json", func(*http.Request, string) string {
			return answer("200 OK", "Set-Cookie: LWSSO_COOKIE_KEY="+token+"\x01; Path=/\r\n", "")
		}},
		{"a malformed header", "json", func(*http.Request, string) string {
			return answer("200 OK", "X-Auth-Token "+token+"\r\n", "")
		}},
		{"a cookie", "json", func(*http.Request, string) string {
			return answer("500 Oops", "Set-Cookie: other="+token+"; Path=/\r\n", "")
		}},
		{"folded cookies", "json", func(*http.Request, string) string {
			return answer("500 Oops", "Set-Cookie: a=b; Path=/, other="+token+"\r\n", "")
		}},
		{"other headers", "json", func(*http.Request, string) string {
			return answer("500 Oops", "X-Auth-Token: "+token+"\r\nLocation: /app;jsessionid="+token+"?t="+token+"\r\n", "")
		}},
		{"elements", "json", body("<session>" + token + "</session>")},
		{"attributes", "json", body("<a accessToken='" + token + "'>")},
		{"hidden fields", "json", body(`<input type="hidden" name="csrf_token" value="` + token + `">`)},
		{"HTML, other entities", "json", body("no user with " + strings.ReplaceAll(html.EscapeString(password), "&#34;", "&quot;"))},
		{"HTML, hexadecimal", "json", body("no user with " + strings.ReplaceAll(html.EscapeString(password), "&#34;", "&#x22;"))},
		{"JSON in ASCII", "json", body("no user with " + strings.ReplaceAll(strings.ReplaceAll(password, `"`, `\"`), "é", "\\u00e9"))},
		{"JSON with slashes escaped", "json", body("no user with " + strings.ReplaceAll(strings.ReplaceAll(password, `"`, `\"`), "/", `\/`))},
		{"a query, lower case", "json", body("no user with " + strings.NewReplacer("%2F", "%2f", "%C3%A9", "%c3%a9").Replace(url.QueryEscape(password)))},
		{"Base64 without padding", "json", body("no user with " + base64.RawStdEncoding.EncodeToString([]byte(password)))},
		{"pairs", "json", body("access_token=" + token + "&x=1")},
		{"members", "json", body(`{"sid": "` + token + `", "csrf-token":"` + token + `\"x"}`)},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) { noSecret(t, test.method, test.answer) })
		})
	}
}

// noSecret drives one login against a server that answers so, and looks for
// secrets in all that is left.
func noSecret(t *testing.T, method string, respond func(*http.Request, string) string) {
	t.Helper()
	source, err := accounts.ReadCSV(strings.NewReader("user,password\nuser1,"+
		`"`+strings.ReplaceAll(password, `"`, `""`)+"\"\n"), "a.csv", nil)
	if err != nil {
		t.Fatal(err)
	}
	p := single()
	p.Targets = []scenario.TargetPlan{target(flow(t, "octane", profiles.Choice{Method: method}), source)}
	targets, err := driver.Open(p, raw(t, respond))
	if err != nil {
		t.Fatal(err)
	}
	s, folder := drive(t, p, targets, nil)
	if s.Cycles.Fail+s.Cycles.Unknown != 1 {
		t.Fatalf("cycles %+v, want one that went wrong", s.Cycles)
	}
	if text, err := os.ReadFile(folder.Path(results.SamplesFile)); err != nil || len(text) == 0 {
		t.Fatalf("no example was kept: %v", err)
	}
	std := base64.StdEncoding.EncodeToString
	files, err := filepath.Glob(folder.Path("*"))
	if err != nil || len(files) < 3 {
		t.Fatalf("files %v, %v", files, err)
	}
	for _, file := range files {
		text, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		for _, secret := range []string{token, "hunter", "secret", std([]byte(password))[:12], std([]byte("user1:" + password))[:16]} {
			for line := range strings.Lines(string(text)) {
				if strings.Contains(line, secret) && !strings.Contains(line, "client_secret") {
					t.Errorf("%s holds %q: %s", filepath.Base(file), secret, line)
				}
			}
		}
	}
}

// raw is a network to a server that answers with any bytes.
func raw(t *testing.T, respond func(*http.Request, string) string) driver.Network {
	return func(context.Context, string, string) (net.Conn, error) {
		client, server := net.Pipe()
		go func() {
			defer server.Close()
			for r := bufio.NewReader(server); ; {
				req, err := http.ReadRequest(r)
				if err != nil {
					return
				}
				body, err := io.ReadAll(req.Body)
				if err != nil {
					return
				}
				if _, err := io.WriteString(server, respond(req, string(body))); err != nil {
					return
				}
			}
		}()
		t.Cleanup(func() { server.Close() })
		return client, nil
	}
}

func answer(status, fields, body string) string {
	return fmt.Sprintf("HTTP/1.1 %s\r\n%sContent-Length: %d\r\n\r\n%s", status, fields, len(body), body)
}

// A server that sets ever new cookies makes neither requests nor the ledger grow
// without end, and the run goes on.
func TestCookieFlood(t *testing.T) {
	tests := []struct {
		name    string
		size    int
		profile bool // the profile's own cookie
		failing bool
	}{
		{"large cookies", 30_000, false, true},
		{"many small cookies", 300, false, true},
		{"a few", 10, false, false},
		{"a value too large", 30_000, true, true},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				p := single()
				p.Targets[0].Flow.KeepOtherCookies = true
				p.Targets[0].Flow.Calls[0].Requests[0].OtherCookies = true
				p.Calls, p.Think, p.Duration = scenario.ConstantCalls(100), scenario.ConstantTime(time.Second), time.Hour
				longest := 0
				server := &stubServer{answer: func(n int, req *exchange.Request, ans *exchange.Answer) error {
					longest = max(longest, len(req.Wire))
					name := fmt.Sprintf("c%d", n)
					if test.profile && is(req, "GET /") {
						name = "SID"
					}
					if is(req, "GET /") {
						ans.Fields = append(ans.Fields, exchange.Field{Name: []byte("Set-Cookie"),
							Value: []byte(name + "=" + strings.Repeat("x", test.size))})
					}
					return loggedIn(n, req, ans)
				}}
				s, _ := drive(t, p, only(p, server), nil)
				get := stepOf(t, s, "get")
				if get.Count != 100 || (get.Fail > 0) != test.failing || longest > 20_000 {
					t.Errorf("%d of %d calls failed, the longest request has %d bytes; want failures %v, at most 20000", get.Fail, get.Count, longest, test.failing)
				}
				if s.Sessions.Closed != 1 {
					t.Errorf("ledger %+v, want one closed", s.Sessions)
				}
			})
		})
	}
}
