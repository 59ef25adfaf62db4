package simulator

import (
	"bytes"
	"time"
)

// The places of versions in lreVersions.
const (
	lrePre2020 = iota
	lre2020
	lre2020SP2
	lre2021
	lre2022
	lre2023
)

// The names of LoadRunner Enterprise's cookies.
const (
	lreAdmin   = "ADM_LWSSO"
	lreToken   = "LWSSO_COOKIE_KEY"
	lreSession = "QCSession"
	lreASP     = "ASP.NET_SessionId_Adm"
)

// Error codes of the Exception document.
const (
	lreGeneral  = 1001
	lreNotFound = 1003
	lreNoAuth   = 1101
)

// lreCall is a request to one of the product's two roots, in one version.
type lreCall struct {
	version int
	admin   bool   // the administration API; otherwise the test API
	path    []byte // below the root, in lower case
}

// lre answers LoadRunner Enterprise's paths, which know no case.
func (s *Server) lre(x *exchange, prefix int) {
	call := lreCall{version: lreVersion([]byte(s.options.LRE.Version))}
	if prefix > 0 {
		call.version = lreVersion(x.path[len("/lre-"):prefix])
	}
	path := x.path[prefix:]
	switch {
	case foldUnder(path, "/admin"):
		call.admin = true
		path = path[len("/admin"):]
	case foldUnder(path, "/loadtest"):
		path = path[len("/loadtest"):]
	default:
		x.lreError(404, lreNotFound, "There is no such resource.")
		return
	}
	if s.options.LRE.NeedSecurityID && len(x.get("x-qc-hidden-security-id")) == 0 {
		x.lreError(400, lreNoAuth, "X-QC-HIDDEN-SECURITY-ID is missing.")
		return
	}
	call.path = bytes.TrimSuffix(appendLower(nil, path), []byte("/"))
	s.lreRoute(x, &call)
}

func (s *Server) lreRoute(x *exchange, call *lreCall) {
	switch string(call.path) {
	case "/rest/authentication-point/authenticate":
		if x.allow("GET") {
			s.lreBasic(x, call)
		}
	case "/rest/authentication-point/authenticateclient":
		if call.version < lre2021 {
			x.lreError(404, lreNotFound, "There is no such resource.")
			return
		}
		if x.allow("POST") {
			s.lreClient(x, call)
		}
	case "/rest/authentication-point/logout":
		if x.allow("GET") {
			s.lreLogout(x, call)
		}
	default:
		s.lreData(x, call)
	}
}

// lreTenant checks the tenant parameter; false when the answer is made.
func (s *Server) lreTenant(x *exchange, call *lreCall) bool {
	tenant := param(x.query, "tenant")
	if tenant == nil {
		return true
	}
	if call.version < lre2020SP2 || !isGUID(tenant) {
		x.lreError(400, lreGeneral, "The tenant parameter is not valid.")
		return false
	}
	known := s.options.LRE.Tenants
	for _, t := range known {
		if bytes.EqualFold([]byte(t), tenant) {
			return true
		}
	}
	if len(known) > 0 {
		x.refused(lre)
		x.lreError(401, lreNoAuth, "The tenant is not known.")
		return false
	}
	return true
}

// isGUID tells 8-4-4-4-12 hex digits.
func isGUID(text []byte) bool {
	if len(text) != 36 {
		return false
	}
	for i, c := range text {
		if i == 8 || i == 13 || i == 18 || i == 23 {
			if c != '-' {
				return false
			}
		} else if (c < '0' || c > '9') && (c|0x20 < 'a' || c|0x20 > 'f') {
			return false
		}
	}
	return true
}

// lreBasic is GET authenticate.
func (s *Server) lreBasic(x *exchange, call *lreCall) {
	if !s.lreTenant(x, call) {
		return
	}
	user, secret, ok := x.basic()
	if !ok {
		x.refused(lre)
		x.lreError(401, lreNoAuth, "Authentication data is missing.")
		return
	}
	if !x.checked() {
		return
	}
	account, found := s.accounts.checkUser(user, secret, x.now)
	s.lreSettle(x, call, account, found, 401)
}

// lreClient is POST AuthenticateClient, with the pair of keys in XML or JSON.
func (s *Server) lreClient(x *exchange, call *lreCall) {
	if !s.lreTenant(x, call) {
		return
	}
	var doc document
	var ok bool
	switch x.contentType() {
	case "application/json":
		doc, ok = readJSON(x.body, false)
	case "application/xml", "text/xml":
		doc, ok = readXML(x.body)
		o := &s.options.LRE
		ok = ok && string(doc.root) == "AuthenticationClient" &&
			(doc.namespace == nil || !o.RefuseNamespace) && (doc.declared || !o.NeedDeclaration)
	default:
		x.lreError(415, lreGeneral, "Content-Type must be application/xml or application/json.")
		return
	}
	key, secret := doc.value("ClientIdKey"), doc.value("ClientSecretKey")
	if !ok || key == nil || secret == nil {
		x.lreError(400, lreNoAuth, "Authentication data is missing.")
		return
	}
	if !x.checked() {
		return
	}
	account, found := s.accounts.checkKey(key, secret, x.now)
	s.lreSettle(x, call, account, found, s.options.LRE.BadKeyStatus)
}

// lreSettle opens a session or refuses the login.
func (s *Server) lreSettle(x *exchange, call *lreCall, account accountID, found verdict, status int) {
	if found != granted {
		x.refused(lre)
		text := "Authentication failed."
		if found == locked {
			text = "The account is locked."
		}
		x.lreError(status, lreGeneral, text)
		return
	}
	o := &s.options.LRE
	idle := o.IdleTimeout
	if idle == 0 {
		idle = 30 * time.Minute
		if call.version == lrePre2020 {
			idle = time.Hour
		}
	}
	id, ok := x.begin(record{
		account: account, family: lre, kind: uint32(call.version), idle: int64(idle), until: x.lifetime(o.AbsoluteTimeout),
	})
	if ok {
		s.lreCookies(x, call, id, account)
		x.say(200, "", "")
	}
}

// lreSessionOf is the session of the cookie that authenticates at a root: of
// the same version, since each version is a server of its own.
func (s *Server) lreSessionOf(x *exchange, call *lreCall) (ref, record, state) {
	name, kind := lreToken, kindLRE
	if call.admin && call.version >= lre2020 {
		name, kind = lreAdmin, kindLREAdmin
	}
	t, ok := x.token(name, formLWSSO, kind)
	if !ok {
		return ref{}, record{}, unknown
	}
	rec, is := s.store.use(t.ref, lre, x.now, true)
	if is != unknown && rec.kind != uint32(call.version) {
		return ref{}, record{}, unknown
	}
	return t.ref, rec, is
}

// lreLogout releases the session.
func (s *Server) lreLogout(x *exchange, call *lreCall) {
	id, _, is := s.lreSessionOf(x, call)
	if is != live {
		s.lreRefused(x)
		return
	}
	if !s.options.LRE.SelfContained {
		s.store.end(id, lre, x.now)
	}
	x.clearCookie(lreToken, "/")
	if call.version == lrePre2020 {
		x.clearCookie(lreSession, "/")
	} else if call.admin {
		x.clearCookie(lreAdmin, "/")
	}
	x.say(200, "", "")
}

// lreRefused answers a call without a live session.
func (s *Server) lreRefused(x *exchange) {
	if s.options.LRE.EmptyWhenExpired && len(x.jar()) > 0 {
		x.say(200, "text/html", "")
		return
	}
	x.lreError(401, lreNoAuth, "Authentication data is missing or out of date.")
}

// lreError makes an error answer: the Exception document.
func (x *exchange) lreError(status, code int, text string) {
	x.say(status, "application/xml", `<Exception xmlns="http://www.hp.com/PC/REST/API"><ExceptionMessage>`+text+`</ExceptionMessage><ErrorCode>`)
	x.out = appendInt(x.out, int64(code))
	x.out = append(x.out, "</ErrorCode></Exception>"...)
}
