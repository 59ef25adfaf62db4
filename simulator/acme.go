package simulator

import (
	"math"
	"time"
)

// The names of the invented product's cookies.
const (
	acmeSession = "ACMESID"
	acmePre     = "ACMEPRE"
)

// acme answers the product that no built-in profile knows: a web application
// with a login form.
func (s *Server) acme(x *exchange) {
	switch string(x.path) {
	case "/acme/login":
		if !x.allow("GET", "POST") {
			return
		}
		if x.read() {
			s.acmeForm(x, "")
		} else {
			s.acmeLogin(x)
		}
	case "/acme/home":
		s.acmeHome(x)
	case "/acme/api/me":
		s.acmeMe(x)
	case "/acme/api/sessions":
		s.acmeSessions(x)
	case "/acme/logout":
		if x.allow("POST") {
			s.acmeLogout(x)
		}
	default:
		x.say(404, "text/html", "<html><body>Not found</body></html>\n")
	}
}

// acmeForm shows the login page. Its token is bound to a cookie that the page
// sets, so that the server remembers nothing before a login.
func (s *Server) acmeForm(x *exchange, complaint string) {
	number := ref{index: uint32(x.rng.Uint64()), serial: uint32(x.rng.Uint64())}
	x.setCookie(acmePre)
	x.id(formPlain, x.ticketFor(number, kindAcmePre))
	x.attributes("; Path=/acme; SameSite=Lax", true)
	x.say(200, "text/html; charset=utf-8", "<!DOCTYPE html><html><head><title>Acme login</title></head><body>")
	if complaint != "" {
		x.out = append(x.out, `<p class="error">`+complaint+`</p>`...)
	}
	x.out = append(x.out, `<form method="post" action="/acme/login"><input name="username"><input name="password" type="password">`+
		`<input type="hidden" name="csrf_token" value="`...)
	x.out = s.sealer.appendToken(x.out, &x.scratch, formHex, x.ticketFor(number, kindAcmeForm))
	x.out = append(x.out, `"><button>Log in</button></form></body></html>`+"\n"...)
}

// acmeFormRight tells whether the token posted belongs to the page's cookie.
func (s *Server) acmeFormRight(x *exchange) bool {
	pre, ok := x.token(acmePre, formPlain, kindAcmePre)
	if !ok {
		return x.holds(csrfRight, false)
	}
	form, ok := x.readToken(formHex, kindAcmeForm, param(x.body, "csrf_token"))
	return x.holds(csrfRight, ok && form.ref == pre.ref)
}

func (s *Server) acmeLogin(x *exchange) {
	if x.contentType() != "application/x-www-form-urlencoded" {
		x.say(415, "text/html", "<html><body>Unsupported media type</body></html>\n")
		return
	}
	if !s.acmeFormRight(x) {
		x.refused(acme)
		x.say(403, "text/html", "<html><body>Forbidden: the form's token is missing or wrong</body></html>\n")
		return
	}
	if !x.checked() {
		return
	}
	account, found := s.accounts.checkUser(param(x.body, "username"), param(x.body, "password"), x.now)
	if found != granted {
		x.refused(acme)
		complaint := "Invalid username or password"
		if found == locked {
			complaint = "The account is locked"
		}
		s.acmeForm(x, complaint)
		return
	}
	o := &s.options.Acme
	id, ok := x.begin(record{account: account, family: acme, idle: int64(o.IdleTimeout), until: x.lifetime(o.AbsoluteTimeout)})
	if !ok {
		return
	}
	x.setCookie(acmeSession)
	x.id(formPlain, x.ticketFor(id, kindAcme))
	x.attributes("; Path=/acme; SameSite=Lax", true)
	x.acmeTo("/acme/home")
}

func (x *exchange) acmeTo(path string) {
	x.header("Location", path)
	x.say(302, "", "")
}

// acmeLook is the session of the request's cookie.
func (s *Server) acmeLook(x *exchange) (ref, record, state) {
	t, ok := x.token(acmeSession, formPlain, kindAcme)
	if !ok {
		return ref{}, record{}, unknown
	}
	rec, is := s.store.use(t.ref, acme, x.now, true)
	return t.ref, rec, is
}

func (s *Server) acmeHome(x *exchange) {
	if !x.allow("GET") {
		return
	}
	_, rec, is := s.acmeLook(x)
	if is != live {
		x.acmeTo("/acme/login")
		return
	}
	x.say(200, "text/html; charset=utf-8", "<!DOCTYPE html><html><body><h1>Welcome, ")
	x.out = appendXML(x.out, s.accounts.appendName(x.small[:0], x.named(rec.account)))
	x.out = append(x.out, "</h1></body></html>\n"...)
}

func (s *Server) acmeMe(x *exchange) {
	if !x.allow("GET") {
		return
	}
	_, rec, is := s.acmeLook(x)
	if is != live {
		x.say(401, "application/json", `{"error":"not logged in"}`)
		return
	}
	x.say(200, "application/json", `{"user":`)
	x.out = append(appendJSON(x.out, s.accounts.appendName(x.small[:0], x.named(rec.account))), '}')
}

// acmeSessions lists the user's own sessions, as pages do on which people end
// those they have forgotten.
func (s *Server) acmeSessions(x *exchange) {
	if !x.allow("GET") {
		return
	}
	_, mine, is := s.acmeLook(x)
	if is != live {
		x.say(401, "application/json", `{"error":"not logged in"}`)
		return
	}
	x.say(200, "application/json", `{"sessions":[`)
	first := true
	s.store.each(acme, math.MaxInt, x.now, func(_ ref, rec *record) {
		if rec.account != mine.account {
			return
		}
		if !first {
			x.out = append(x.out, ',')
		}
		first = false
		x.out = append(x.out, `{"since":"`...)
		x.out = s.wall(rec.opened).UTC().AppendFormat(x.out, time.RFC3339)
		x.out = append(x.out, `"}`...)
	})
	x.out = append(x.out, "]}"...)
}

func (s *Server) acmeLogout(x *exchange) {
	if id, _, is := s.acmeLook(x); is == live {
		s.store.end(id, acme, x.now)
	}
	if x.holds(cookieCleared, true) {
		x.header("Set-Cookie", acmeSession+"=; Path=/acme; Max-Age=0")
	}
	x.acmeTo("/acme/login")
}
