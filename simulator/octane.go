package simulator

import (
	"bytes"
	"net/url"
	"time"
)

// The names that Octane's cookies and headers have.
const (
	octaneToken = "LWSSO_COOKIE_KEY"
	octaneUser  = "OCTANE_USER"
	octaneCSRF  = "HPSSO_COOKIE_CSRF"
)

// octane answers ALM Octane's paths.
func (s *Server) octane(x *exchange) {
	switch {
	case string(x.path) == "/authentication/sign_in":
		if x.allow("POST") {
			s.octaneSignIn(x)
		}
	case string(x.path) == "/authentication/sign_out":
		if x.allow("POST") {
			s.octaneSignOut(x)
		}
	case under(x.path, "/api/shared_spaces"):
		s.octaneData(x)
	case under(x.path, "/internal-api/shared_spaces"):
		s.octanePing(x)
	default:
		x.octaneError(404, "platform.resource_not_found", "There is no such resource.")
	}
	if s.options.Octane.EmptySetCookie {
		x.header("Set-Cookie", "")
	}
}

// octaneSignIn opens a session for user and password, an API key, or Basic.
func (s *Server) octaneSignIn(x *exchange) {
	o := &s.options.Octane
	if o.RefusePrivateClientType && len(x.get("hpeclienttype")) > 0 {
		x.octaneError(403, "platform.client_type_not_allowed", "HPECLIENTTYPE is not allowed on sign_in.")
		return
	}
	if s.octaneDuplicate(x) {
		x.refused(octane)
		x.octaneError(o.DuplicateStatus, "platform.already_signed_in", "There are still valid authentication cookies; sign out first.")
		return
	}
	user, secret, csrf, ok := s.octaneCredentials(x)
	if !ok {
		return
	}
	if !x.checked() {
		return
	}
	account, found := s.octaneCheck(user, secret, x.now)
	if found != granted {
		x.refused(octane)
		x.octaneDenied(found)
		return
	}
	rec := record{account: account, family: octane, idle: int64(o.IdleTimeout), until: x.lifetime(o.AbsoluteTimeout)}
	if csrf {
		rec.flags = flagCSRF
	}
	id, ok := x.begin(rec)
	if !ok {
		return
	}
	x.octaneCookies(id, account, csrf)
	x.say(200, "", "")
}

// octaneDuplicate tells whether the request presents a cookie that is still
// valid, which sign_in refuses. An expired one doesn't count: a client that
// signs in again after a 401 still sends it.
func (s *Server) octaneDuplicate(x *exchange) bool {
	t, ok := x.token(octaneToken, formLWSSO, kindOctane)
	if !ok || s.options.Octane.AllowDuplicate {
		return false
	}
	_, is := s.octaneLook(x, t)
	return x.holds(duplicateRefused, is == live)
}

// octaneCredentials reads what sign_in was given; false when the answer has
// been made.
func (s *Server) octaneCredentials(x *exchange) (user, secret []byte, csrf, ok bool) {
	switch ctype := x.contentType(); {
	case ctype == "application/json" || ctype == "" && len(x.body) > 0:
		doc, ok := readJSON(x.body, false)
		if !ok {
			x.octaneError(400, "platform.invalid_json", "The payload is not a JSON object.")
			return nil, nil, false, false
		}
		csrf = string(doc.value("enable_csrf")) == "true"
		if id := doc.value("client_id"); id != nil {
			return id, doc.value("client_secret"), csrf, true
		}
		return doc.value("user"), doc.value("password"), csrf, true
	case ctype == "text/plain" || ctype == "":
		user, secret, ok = x.basic()
		if !ok || x.holds(basicRefused, s.options.Octane.BasicOff) {
			x.refused(octane)
			x.octaneDenied(wrongSecret)
			return nil, nil, false, false
		}
		return user, secret, false, true
	default:
		x.octaneError(415, "platform.unsupported_media_type", "Content-Type must be application/json or text/plain.")
		return nil, nil, false, false
	}
}

// octaneCheck checks credentials; an API key may stand as user and password.
func (s *Server) octaneCheck(user, secret []byte, now int64) (accountID, verdict) {
	account, found := s.accounts.checkUser(user, secret, now)
	if found == granted && s.options.Octane.APIKeysOnly && !account.isKey() {
		return account, inactive
	}
	return account, found
}

// octaneCookies sets the cookies of a new session, in the order of the
// product.
func (x *exchange) octaneCookies(id ref, account accountID, csrf bool) {
	maxAge := int64((x.srv.options.Octane.AbsoluteTimeout + time.Second - 1) / time.Second)
	name := x.srv.accounts.appendName(x.small[:0], x.named(account))
	x.jersey(octaneUser, []byte(url.QueryEscape(string(name))), maxAge, true)
	x.octaneLWSSO(x.ticketFor(id, kindOctane), maxAge)
	if x.holds(csrfAsked, csrf) {
		t := x.ticketFor(id, kindOctaneCSRF)
		t.issued = 0 // one token for the life of the session
		x.jersey(octaneCSRF, x.srv.sealer.appendToken(x.small[:0], &x.scratch, formHex, t), maxAge, false)
	}
}

func (x *exchange) octaneLWSSO(t ticket, maxAge int64) {
	x.jersey(octaneToken, x.srv.sealer.appendToken(x.scratch.text[:0], &x.scratch, formLWSSO, t), maxAge, true)
}

// octaneFresh renews a cookie.
func (x *exchange) octaneFresh(old ticket, rec *record, maxAge int64) {
	t := x.ticketFor(old.ref, kindOctane)
	if !x.srv.policy.holds(rec, freshExtends, true) {
		t.issued = old.issued + 1
	}
	x.octaneLWSSO(t, maxAge)
}

// octaneLook is the session of a cookie, by the cookie's own age and the
// session's life.
func (s *Server) octaneLook(x *exchange, t ticket) (record, state) {
	rec, is := s.store.use(t.ref, octane, x.now, false)
	over := is == live && s.policy.holds(&rec, idleOver, x.now >= s.store.idleEnd(&rec, t.issued*1000))
	if is == live && s.policy.holds(&rec, cookieOver, over) {
		return rec, idleExpired
	}
	return rec, is
}

// octaneSession authenticates a call, by cookie or else by Basic. It makes
// the answer and returns false when the call is refused.
func (s *Server) octaneSession(x *exchange) (accountID, bool) {
	t, ok := x.token(octaneToken, formLWSSO, kindOctane)
	is, rec := unknown, record{}
	if ok {
		rec, is = s.octaneLook(x, t)
	}
	if is == live {
		if rec.flags&flagCSRF != 0 && !s.octaneCSRFRight(x, t.ref) {
			x.octaneError(s.options.Octane.CSRFStatus, "platform.csrf_token_missing", "HPSSO-HEADER-CSRF is missing or wrong.")
			return 0, false
		}
		s.octaneRefresh(x, t, &rec)
		return rec.account, true
	}
	if user, secret, given := x.basic(); given && !x.holds(basicRefused, s.options.Octane.BasicOff) {
		account, found := s.octaneCheck(user, secret, x.now)
		if found == granted {
			return account, true
		}
		x.octaneDenied(found)
		return 0, false
	}
	x.octaneExpired(is)
	return 0, false
}

// octaneCSRFRight tells whether the anti-forgery header belongs to the
// session.
func (s *Server) octaneCSRFRight(x *exchange, id ref) bool {
	if x.read() && s.options.Octane.CSRFSparesReads {
		return true
	}
	given := x.get("hpsso-header-csrf")
	if len(given) == 0 {
		return x.holds(csrfGiven, false)
	}
	t, ok := x.readToken(formHex, kindOctaneCSRF, given)
	return x.holds(csrfRight, ok && t.ref == id)
}

// octaneRefresh answers with a fresh cookie once the presented one is old
// enough; the old one keeps its own life.
func (s *Server) octaneRefresh(x *exchange, t ticket, rec *record) {
	o := &s.options.Octane
	due := !o.NoRefresh && x.now-t.issued*1000 >= int64(o.RefreshAfter)
	if !due || !s.policy.holds(rec, cookieRefreshed, true) {
		return
	}
	s.store.use(t.ref, octane, x.now, true) // the record lives as long as its youngest cookie
	left := max(1, (rec.until-x.now)/int64(time.Second))
	x.octaneFresh(t, rec, left)
}

// octaneSignOut ends the session and resets the cookies, whatever they were.
func (s *Server) octaneSignOut(x *exchange) {
	t, ok := x.token(octaneToken, formLWSSO, kindOctane)
	if ok {
		rec, is := s.octaneLook(x, t)
		if is == live && rec.flags&flagCSRF != 0 && !s.octaneCSRFRight(x, t.ref) {
			x.octaneError(s.options.Octane.CSRFStatus, "platform.csrf_token_missing", "HPSSO-HEADER-CSRF is missing or wrong.")
			return
		}
		if is == live && !s.options.Octane.SelfContained {
			s.store.end(t.ref, octane, x.now)
		}
	}
	x.octaneReset()
	x.say(200, "", "")
}

// octaneReset empties the cookies.
func (x *exchange) octaneReset() {
	if !x.holds(cookieCleared, true) {
		return
	}
	x.jersey(octaneToken, nil, 0, true)
	x.jersey(octaneUser, nil, 0, true)
	x.jersey(octaneCSRF, nil, 0, false)
}

// octaneDenied refuses credentials.
func (x *exchange) octaneDenied(found verdict) {
	x.jersey(octaneToken, nil, 0, true)
	switch found {
	case locked:
		x.octaneError(401, "platform.account_locked", "The account is locked.")
	default:
		x.octaneError(401, "platform.not_authenticated", "Not authenticated.")
	}
}

// octaneExpired refuses a call without a live session, saying why.
func (x *exchange) octaneExpired(is state) {
	code := ""
	switch is {
	case idleExpired:
		code = "VALIDATION_TOKEN_EXPIRED_IDLE_TIME_OUT"
	case lifeExpired:
		code = "VALIDATION_TOKEN_EXPIRED_GLOBAL_TIME_OUT"
	}
	if code == "" {
		x.octaneError(401, "platform.not_authenticated", "Not authenticated.")
		return
	}
	x.status, x.ctype = 401, "application/json"
	x.out = append(x.out[:0], `{"errorCode":"`...)
	x.out = append(x.out, code...)
	x.out = append(x.out, `","accumulatedMessage":"The token has expired."}`...)
	x.octanePhrase()
}

// octaneError makes an error answer in the product's shape.
func (x *exchange) octaneError(status int, code, text string) {
	x.status, x.ctype = status, "application/json"
	x.out = append(x.out[:0], `{"error_code":"`...)
	x.out = append(x.out, code...)
	x.out = append(x.out, `","correlation_id":"0","description":"`...)
	x.out = append(x.out, text...)
	x.out = append(x.out, `","description_translated":"`...)
	x.out = append(x.out, text...)
	x.out = append(x.out, `","properties":null,"stack_trace":null,"business_error":false}`...)
	x.octanePhrase()
}

func (x *exchange) octanePhrase() {
	if x.srv.options.Octane.ErrorInPhrase && bytes.IndexByte(x.out, '\n') < 0 {
		x.phrase = string(x.out)
	}
}
