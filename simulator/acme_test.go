package simulator

import (
	"regexp"
	"testing"
)

func TestAcmeCycle(t *testing.T) {
	w := newWorld(t, Options{})
	defer w.close()
	const form = "POST /acme/login\nContent-Type: application/x-www-form-urlencoded"
	page := w.ask("GET /acme/login", "").want(t, "form", 200, `name="csrf_token"`)
	token := regexp.MustCompile(`name="csrf_token" value="([^"]+)"`).FindStringSubmatch(page.body)[1]
	other := w.ask("GET /acme/login", "")
	good := "username=user7&password=pw7&csrf_token=" + token
	w.ask(form+other.send(), good).want(t, "another page's token", 403, "")
	w.ask(form+page.send(), "username=user7&password=pw7").want(t, "no token", 403, "")
	w.ask(form, good).want(t, "no cookie", 403, "")
	w.ask(form+page.send(), "username=user7&password=x&csrf_token="+token).want(t, "wrong password", 200, "Invalid username")
	in := w.ask(form+page.send(), good).want(t, "login", 302, "")
	if got := in.header.Get("Location"); got != "/acme/home" || in.cookies["ACMESID"] == "" {
		t.Errorf("login led to %q with %v", got, in.cookies)
	}
	w.ask("GET /acme/home"+in.send(), "").want(t, "home", 200, "Welcome, user7")
	w.ask("GET /acme/api/me"+in.send(), "").want(t, "me", 200, `{"user":"user7"}`)
	w.ask("GET /acme/home"+page.send(), "").want(t, "home of nobody", 302, "")
	w.ask("GET /acme/api/me", "").want(t, "me of nobody", 401, "")
	w.ask("GET /acme/logout"+in.send(), "").want(t, "GET logout", 405, "")
	w.ask("POST /acme/logout"+in.send(), "").want(t, "logout", 302, "")
	w.ask("GET /acme/api/me"+in.send(), "").want(t, "me after logout", 401, "")
}
