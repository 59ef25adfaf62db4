package simulator

import (
	"bytes"
	"time"
)

// The names that ALM's cookies and headers have.
const (
	almNode    = "JSESSIONID"
	almToken   = "LWSSO_COOKIE_KEY"
	almSession = "QCSession"
	almUser    = "ALM_USER"
	almXSRF    = "XSRF-TOKEN"

	plainClientType = "REST client" // of a session that names none
)

// almForm is the page that every protected page leads a browser to.
const almForm = `<!DOCTYPE html><html><body><form method="post" action="/qcbin/authentication-point/j_spring_security_check">` +
	`<input name="j_username"><input name="j_password" type="password"><input type="submit"></form></body></html>` + "\n"

// alm answers ALM / Quality Center's paths.
func (s *Server) alm(x *exchange) {
	if x.method == "OPTIONS" {
		x.almError(501, "qccore.general-error", "Not implemented.")
		return
	}
	if bytes.Contains(x.query, []byte("login-form-required=y")) {
		x.say(200, "text/html", almForm)
		return
	}
	path := x.path[len("/qcbin"):]
	switch string(path) {
	case "/rest/oauth2/login":
		if x.allow("POST") {
			s.almOAuth(x)
		}
	case "/authentication-point/alm-authenticate":
		if x.allow("POST") {
			s.almAuthenticate(x)
		}
	case "/authentication-point/authenticate":
		if x.allow("GET") {
			s.almBasic(x, false)
		}
	case "/api/authentication/sign-in":
		if x.allow("GET", "POST") {
			s.almBasic(x, true)
		}
	case "/authentication-point/j_spring_security_check":
		if x.allow("POST") {
			s.almBrowser(x)
		}
	case "/rest/site-session":
		s.almSiteSession(x)
	case "/authentication-point/logout":
		s.almLogoutPoint(x)
	case "/api/authentication/sign-out":
		if x.allow("GET") {
			s.almLogout(x)
		}
	case "/rest/is-authenticated":
		s.almIsAuthenticated(x, false)
	case "/v2/rest/is-authenticated":
		s.almIsAuthenticated(x, true)
	case "/v2/sa/api/site-connections":
		s.almConnections(x)
	default:
		if under(path, "/rest/domains") {
			s.almData(x, path[len("/rest/domains"):])
			return
		}
		x.almError(404, "qccore.general-error", "There is no such resource.")
	}
}

// almLogoutPoint minds the verbs a version takes and the XSRF gate.
func (s *Server) almLogoutPoint(x *exchange) {
	methods := []string{"GET", "PUT", "DELETE", "POST"}
	if s.options.ALM.NoGetLogout {
		methods = methods[1:]
	}
	if x.allow(methods...) {
		s.almLogout(x)
	}
}

// almLogout ends the token and the application session presented.
func (s *Server) almLogout(x *exchange) {
	look := s.almLook(x, false)
	if look.token != live {
		x.almRefused(look.token)
		return
	}
	deleted := look.flags&flagDeleted != 0 // after DELETE site-session the gate is gone
	if !deleted && !s.almXSRFRight(x, look.id) {
		x.almNoXSRF()
		return
	}
	s.almEnd(x, &look)
	path := s.options.ALM.ClearPath
	x.clearCookie(almToken, path)
	x.clearCookie(string(x.almSessionName()), path)
	if path != "/" {
		x.clearCookie(almUser, path)
		x.clearCookie(almXSRF, path)
	}
	x.status = s.options.ALM.LogoutStatus
	if x.status != 200 {
		x.almError(x.status, "qccore.general-error", "Logout failed.")
	}
}

// almIsAuthenticated tells who the token belongs to; it opens no session.
func (s *Server) almIsAuthenticated(x *exchange, v2 bool) {
	if !x.allow("GET") {
		return
	}
	if !v2 && x.accepts("application/json") && !x.accepts("xml") && !x.accepts("*/*") {
		x.almError(406, "qccore.general-error", "Not acceptable.")
		return
	}
	look := s.almLook(x, true)
	if look.token != live {
		if v2 && s.options.ALM.RedirectV2 {
			x.header("Location", "/qcbin/authentication-point/login.jsp?login-form-required=y")
			x.say(302, "", "")
			return
		}
		x.almRealm()
		x.almRefused(look.token)
		return
	}
	name := s.accounts.appendName(x.small[:0], x.named(look.account))
	if v2 {
		x.say(200, "application/json", `{"AuthenticationInfo":{"Username":`)
		x.out = append(appendJSON(x.out, name), "}}"...)
		return
	}
	x.say(200, "application/xml", `<?xml version="1.0" encoding="UTF-8" standalone="yes"?><AuthenticationInfo><Username>`)
	x.out = append(appendXML(x.out, name), "</Username></AuthenticationInfo>"...)
}

// almRealm adds the header by which clients find the login.
func (x *exchange) almRealm() {
	scheme := "http"
	if x.secure {
		scheme = "https"
	}
	x.header("WWW-Authenticate", `LWSSO realm="`+scheme+"://"+string(x.host)+`/qcbin/authentication-point"`)
}

// almXSRFRight tells whether a changing request carries its anti-forgery
// token. One official client makes up cookie and header itself and is let in,
// so the two only have to be equal unless the server is strict.
func (s *Server) almXSRFRight(x *exchange, id ref) bool {
	if x.read() || s.options.ALM.NoXSRF {
		return true
	}
	got := x.get("x-xsrf-token")
	if len(got) == 0 {
		return x.holds(csrfGiven, false)
	}
	right := false
	for _, c := range x.jar() {
		if string(c.name) == almXSRF && bytes.Equal(c.value, got) {
			right = true
		}
	}
	if right && s.options.ALM.StrictXSRF {
		t, ok := x.readToken(formHex, kindALMXSRF, got)
		right = ok && t.ref == id
	}
	return x.holds(csrfRight, right)
}

func (x *exchange) almNoXSRF() {
	x.almError(401, "qccore.general-error", "Unauthorized request. See the XSRF section of the REST API reference.")
}

// almRefused answers a request whose token doesn't live.
func (x *exchange) almRefused(is state) {
	switch is {
	case loggedOut:
		x.almError(x.srv.options.ALM.LoggedOutStatus, "qccore.general-error", "TokenId is invalid because it has logged out")
	case idleExpired, lifeExpired:
		x.almError(401, "qccore.session-has-expired", "Session has expired")
	default:
		x.phrase = "Authentication failed. Browser based integrations - to login append '?login-form-required=y' to the url you tried to access."
		x.almError(401, "qccore.general-error", "Authentication failed.")
	}
}

// almError makes an error answer in the form the client accepts: HTML unless
// it names another. Titles hold no characters that need escaping.
func (x *exchange) almError(status int, id, title string) {
	switch {
	case x.accepts("json"):
		x.say(status, "application/json", `{"Id":"`+id+`","Title":"`+title+`","ExceptionProperties":null,"StackTrace":null}`)
	case x.accepts("xml") && !x.accepts("text/html"):
		x.say(status, "application/xml", `<?xml version="1.0" encoding="UTF-8" standalone="yes"?><QCRestException><Id>`+
			id+`</Id><Title>`+title+`</Title></QCRestException>`)
	default:
		x.say(status, "text/html", "<html><body><h1>"+title+"</h1><p>"+id+"</p></body></html>\n")
	}
}

// almLife is how a token's record is opened.
func (s *Server) almLife(x *exchange, account accountID) record {
	o := &s.options.ALM
	return record{account: account, family: alm, idle: int64(o.TokenIdle), until: x.lifetime(o.TokenLifetime)}
}

// minutes is a documented count of minutes; false when it is none.
func minutes(text []byte) (time.Duration, bool) {
	n, ok := decimal(bytes.TrimSpace(text))
	if !ok || n < 1 || n > 60*24*366 {
		return 0, false
	}
	return time.Duration(n) * time.Minute, true
}
