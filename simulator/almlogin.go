package simulator

import (
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"
	"slices"
)

// almOAuth logs an API key in and opens its session.
func (s *Server) almOAuth(x *exchange) {
	if x.contentType() != "application/json" {
		x.almError(415, "qccore.general-error", "Content-Type must be application/json.")
		return
	}
	doc, ok := readJSON(x.body, !s.options.ALM.StrictJSON)
	if !ok {
		x.almError(400, "qccore.general-error", "The payload cannot be read.")
		return
	}
	if !x.checked() {
		return
	}
	account, found := s.accounts.checkKey(doc.value("clientId"), doc.value("secret"), x.now)
	if found != granted {
		x.almWrongKey(found)
		return
	}
	id, ok := x.begin(s.almLife(x, account))
	if !ok {
		return
	}
	x.header("X-Content-Type-Options", "nosniff")
	x.header("Expires", "Thu, 01 Jan 1970 00:00:00 GMT")
	x.header("X-XSS-protection", "1; mode=block")
	x.almNode(id)
	x.almLWSSO(id)
	if s.almOpen(x, id, 0, s.types.id(x.almClientType())) {
		x.say(200, "", "")
	}
}

// almWrongKey refuses an API key: 403 for one that is not active.
func (x *exchange) almWrongKey(found verdict) {
	x.refused(alm)
	switch found {
	case noAccount, inactive:
		x.almError(403, "qccore.general-error", "Client ID is not listed as active API key in ALM.")
	case locked:
		x.almError(401, "qccore.general-error", "The account is locked.")
	default:
		x.almError(401, "qccore.general-error", "Incorrect secret.")
	}
}

// almAuthenticate logs a user in by XML or JSON: a token, no session yet.
func (s *Server) almAuthenticate(x *exchange) {
	var doc document
	var ok bool
	switch x.contentType() {
	case "application/json":
		doc, ok = readJSON(x.body, false)
	case "application/xml", "text/xml", "":
		doc, ok = readXML(x.body)
		ok = ok && string(doc.root) == "alm-authentication"
	default:
		x.almError(415, "qccore.general-error", "Content-Type must be application/xml or application/json.")
		return
	}
	if !ok {
		x.almError(400, "qccore.general-error", "The payload cannot be read.")
		return
	}
	account, ok := s.almCheck(x, doc.value("user"), doc.value("password"), "ALMAUTH")
	if !ok {
		return
	}
	if id, ok := x.begin(s.almLife(x, account)); ok {
		x.almLWSSO(id)
		x.say(s.options.ALM.AuthenticateStatus, "", "")
	}
}

// almBasic logs in by Basic: the oldest way gives a token only, api/sign-in
// the whole set of cookies.
func (s *Server) almBasic(x *exchange, whole bool) {
	user, secret, ok := x.basic()
	if !ok {
		x.header("WWW-Authenticate", `Basic realm="ALM"`)
		x.almRefused(unknown)
		return
	}
	account, ok := s.almCheck(x, user, secret, `Basic realm="ALM"`)
	if !ok {
		return
	}
	id, ok := x.begin(s.almLife(x, account))
	if !ok {
		return
	}
	if whole {
		x.almNode(id)
	}
	x.almLWSSO(id)
	if !whole || s.almOpen(x, id, 0, s.types.id(x.almClientType())) {
		x.say(200, "", "")
	}
}

// almBrowser is the login form's target.
func (s *Server) almBrowser(x *exchange) {
	if x.contentType() != "application/x-www-form-urlencoded" {
		x.almError(415, "qccore.general-error", "Content-Type must be application/x-www-form-urlencoded.")
		return
	}
	if !x.checked() {
		return
	}
	account, found := s.accounts.checkUser(param(x.body, "j_username"), param(x.body, "j_password"), x.now)
	if found != granted {
		x.refused(alm)
		x.header("Location", "/qcbin/authentication-point/login.jsp?login-form-required=y&error=true")
		x.say(302, "", "")
		return
	}
	if id, ok := x.begin(s.almLife(x, account)); ok {
		x.almLWSSO(id)
		x.header("Location", "/qcbin/")
		x.say(302, "", "")
	}
}

// almCheck checks a user and password, or an API key in their place. It makes
// the answer when they are refused.
func (s *Server) almCheck(x *exchange, user, secret []byte, challenge string) (accountID, bool) {
	if !x.checked() {
		return 0, false
	}
	account, found := s.accounts.checkUser(user, secret, x.now)
	if found == granted && s.options.ALM.APIKeysOnly && !account.isKey() && !s.almFree(x) {
		x.refused(alm)
		x.almError(403, "qccore.general-error", "Only API keys may use the REST API.")
		return 0, false
	}
	if found == granted {
		return account, true
	}
	x.refused(alm)
	x.header("WWW-Authenticate", challenge)
	if found == locked {
		x.almError(401, "qccore.general-error", "The account is locked.")
	} else {
		x.almError(401, "qccore.general-error", "Authentication failed.")
	}
	return 0, false
}

// almFree tells whether the request's client type may use passwords although
// users are held to API keys.
func (s *Server) almFree(x *exchange) bool {
	return slices.Contains(s.options.ALM.FreeClientTypes, string(x.almClientType()))
}

// almNode sets the servlet container's cookie, which authenticates nobody.
func (x *exchange) almNode(id ref) {
	x.setCookie(almNode)
	x.head = append(x.head, "node0"...)
	x.head = x.srv.sealer.appendLetters(x.head, &x.scratch, "abcdefghijklmnopqrstuvwxyz0123456789", 25, x.ticketFor(id, kindALMApp))
	x.head = append(x.head, ".node0"...)
	x.attributes("; Path=/qcbin", true)
}

// almLWSSO sets the token.
func (x *exchange) almLWSSO(id ref) {
	x.setCookie(almToken)
	x.id(formLWSSO, x.ticketFor(id, kindALM))
	x.attributes("; Path=/qcbin", true)
}

// almRest sets the cookies that come after QCSession: the user's mark, equal
// in all of the user's sessions, and the XSRF token, unique to this one.
func (x *exchange) almRest(id ref, account accountID) {
	s := x.srv
	x.setCookie(almUser)
	var salted [8]byte
	binary.LittleEndian.PutUint64(salted[:], s.sealer.salt)
	sum := sha256.Sum256(s.accounts.appendName(append(x.small[:0], salted[:]...), account))
	x.head = hex.AppendEncode(x.head, sum[:])
	x.attributes("; Path=/qcbin", false)
	x.setCookie(almXSRF)
	x.id(formHex, x.ticketFor(id, kindALMXSRF))
	x.attributes("; Path=/qcbin", false)
}
