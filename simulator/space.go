package simulator

import (
	"bytes"
	"math"
	"sync"
	"time"
)

// The names and paths of Junos Space.
const (
	spaceSSO  = "JSESSIONIDSSO"
	spaceNode = "JSESSIONID"
	spaceBase = "/api/space/user-management"
)

// userCounts counts live sessions by user, for a limit on them. Without a
// limit it counts nothing. Safe for concurrent use.
type userCounts struct {
	limit int
	mu    sync.Mutex
	live  map[accountID]int
}

func newUserCounts(limit int) *userCounts {
	return &userCounts{limit: limit, live: map[accountID]int{}}
}

// enter counts a session in; false when the user has all they may.
func (u *userCounts) enter(x *exchange, id accountID) bool {
	if u.limit == 0 {
		return true
	}
	u.mu.Lock()
	defer u.mu.Unlock()
	if !x.holds(limitKept, u.live[id] < u.limit) {
		return false
	}
	u.live[id]++
	return true
}

// ended counts a session out.
func (u *userCounts) ended(rec *record) {
	if u.limit == 0 || rec.family != space {
		return
	}
	u.leave(rec.account)
}

func (u *userCounts) leave(id accountID) {
	if u.limit == 0 {
		return
	}
	u.mu.Lock()
	defer u.mu.Unlock()
	if u.live[id]--; u.live[id] <= 0 {
		delete(u.live, id)
	}
}

// space answers Junos Space's paths.
func (s *Server) space(x *exchange) {
	switch string(x.path) {
	case spaceBase + "/login":
		if x.allow("POST") {
			s.spaceLogin(x)
		}
	case spaceBase + "/logout":
		if x.allow("POST") {
			s.spaceLogout(x)
		}
	case spaceBase + "/login-status":
		if x.allow("GET") {
			s.spaceStatus(x)
		}
	case spaceBase + "/active-user-sessions":
		s.spaceSessions(x)
	default:
		s.spaceData(x)
	}
}

// spaceLogin opens a session for Basic or a client certificate.
func (s *Server) spaceLogin(x *exchange) {
	o := &s.options.Space
	idle, ok := s.spaceMaxAge(x)
	if !ok {
		x.say(400, "text/plain", "maxage is not a number of minutes")
		return
	}
	if !x.checked() {
		return
	}
	account, found := s.spaceCredentials(x)
	if found != granted {
		x.refused(space)
		x.spaceDenied(found)
		return
	}
	if !s.spaceRoom(x, account) {
		x.refused(space)
		x.spaceSay(401, 5, "User is not logged in")
		return
	}
	id, ok := x.begin(record{account: account, family: space, idle: int64(idle), until: x.lifetime(o.AbsoluteTimeout)})
	if !ok {
		s.users.leave(account)
		return
	}
	s.spaceCookies(x, id)
	if o.RedirectLogin {
		x.header("Location", spaceBase+"/login-status")
		x.say(302, "", "")
		return
	}
	x.spaceUser(account, "User logged in")
}

// spaceRoom counts the session in, after looking for ended ones when there
// seems to be no room.
func (s *Server) spaceRoom(x *exchange, account accountID) bool {
	if s.users.enter(x, account) {
		return true
	}
	s.store.sweep(x.now)
	return s.users.enter(x, account)
}

// spaceMaxAge is the idle limit that a login asks for: maxage in minutes, in
// the query or in a form.
func (s *Server) spaceMaxAge(x *exchange) (time.Duration, bool) {
	limit := s.options.Space.IdleTimeout
	text := param(x.query, "maxage")
	if text == nil && x.contentType() == "application/x-www-form-urlencoded" {
		text = param(x.body, "maxage")
	}
	if text == nil {
		return limit, true
	}
	asked, ok := minutes(text)
	if ok && x.holds(maxAgeHeeded, true) {
		limit = asked
	}
	return limit, ok
}

// spaceCredentials is who the request says it is: by Basic, else by client
// certificate.
func (s *Server) spaceCredentials(x *exchange) (accountID, verdict) {
	if user, secret, ok := x.basic(); ok {
		return s.accounts.checkUser(user, secret, x.now)
	}
	if x.certificate != "" {
		account, found := s.accounts.find([]byte(x.certificate))
		if x.holds(certificateRight, found == granted) {
			return account, granted
		}
		return account, found
	}
	return 0, noAccount
}

// spaceCookies sets the two cookies in the style of the options.
func (s *Server) spaceCookies(x *exchange, id ref) {
	x.setCookie(spaceSSO)
	x.id(formBase64, x.ticketFor(id, kindSpaceSSO))
	switch s.options.Space.Cookies {
	case Folded:
		x.partial(";Version=1", true)
		x.head = append(x.head, ", "+spaceNode+"="...)
	case StrictSeed:
		x.attributes(";Version=1", true)
		x.setCookie(spaceNode)
	default:
		x.attributes(";Version=1; Path=/", true)
		x.setCookie(spaceNode)
	}
	x.head = s.sealer.appendLetters(x.head, &x.scratch,
		"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/", 24, x.ticketFor(id, kindSpaceNode))
	x.head = append(x.head, '.')
	x.head = append(x.head, s.options.Space.Node...)
	x.head = append(x.head, ":space"...)
	x.attributes(";Version=1; Path="+spaceBase, true)
}

// spaceSession is the live session of the request's cookies; touching it.
func (s *Server) spaceSession(x *exchange) (ref, record, state) {
	t, ok := x.token(spaceSSO, formBase64, kindSpaceSSO)
	if !ok {
		return ref{}, record{}, unknown
	}
	rec, is := s.store.use(t.ref, space, x.now, true)
	return t.ref, rec, is
}

// spaceLogout ends the session presented. Without cookies there is none to
// end, and the credentials decide.
func (s *Server) spaceLogout(x *exchange) {
	id, _, is := s.spaceSession(x)
	switch {
	case is == live:
		s.store.end(id, space, x.now)
		if x.holds(cookieCleared, true) {
			x.header("Set-Cookie", spaceSSO+`="";Version=1; Path=/; Max-Age=0`)
			x.header("Set-Cookie", spaceNode+`="";Version=1; Path=`+spaceBase+`; Max-Age=0`)
		}
		x.say(200, "text/plain", "User logged out")
	case s.spacePresented(x):
		x.say(s.options.Space.StaleLogoutStatus, "text/plain", "User logout failed")
	default:
		if _, found := s.spaceCredentials(x); found != granted {
			x.spaceDenied(found)
			return
		}
		x.say(200, "text/plain", "User logged out")
	}
}

// spacePresented tells whether the request brought a session cookie at all.
func (s *Server) spacePresented(x *exchange) bool {
	for _, c := range x.jar() {
		if string(c.name) == spaceSSO || string(c.name) == spaceNode {
			return true
		}
	}
	return false
}

// spaceStatus tells whether the request's session lives, and whose it is.
func (s *Server) spaceStatus(x *exchange) {
	account, ok := s.spaceCaller(x)
	if ok {
		x.spaceUser(account, "User is logged in")
	}
}

// spaceCaller is who a call comes from: by session, else by credentials of
// its own. It makes the answer when the call is refused.
func (s *Server) spaceCaller(x *exchange) (accountID, bool) {
	if _, rec, is := s.spaceSession(x); is == live {
		return rec.account, true
	}
	account, found := s.spaceCredentials(x)
	if found != granted {
		x.spaceDenied(found)
		return 0, false
	}
	return account, true
}

// spaceDenied refuses credentials; the code is the one clients read.
func (x *exchange) spaceDenied(found verdict) {
	code := 1
	switch found {
	case inactive:
		code = 2
	case locked:
		code = 4
	}
	x.spaceSay(401, code, "User is not logged in")
}

// spaceSay answers with text, or with a status code in JSON where asked for.
func (x *exchange) spaceSay(status, code int, text string) {
	if !x.accepts("json") {
		x.say(status, "text/plain", text)
		return
	}
	x.say(status, "application/json", `{"status_code":`)
	x.out = appendInt(x.out, int64(code))
	x.out = append(x.out, `,"message":"`+text+`"}`...)
}

// spaceUser answers with text, or with a reference to the user where asked
// for.
func (x *exchange) spaceUser(account accountID, text string) {
	if !x.accepts("user-ref+json") {
		x.say(200, "text/plain", text)
		return
	}
	account = x.named(account)
	x.say(200, "application/vnd.net.juniper.space.user-management.user-ref+json;version=1", `{"user":`)
	x.out = x.appendSpaceUser(x.out, account)
	x.out = append(x.out, '}')
}

func (x *exchange) appendSpaceUser(out []byte, account accountID) []byte {
	number := int64(account &^ kindMask)
	out = append(out, `{"@href":"`+spaceBase+`/users/`...)
	out = appendInt(out, number)
	out = append(out, `","id":`...)
	out = appendInt(out, number)
	out = append(out, `,"name":`...)
	return append(appendJSON(out, x.srv.accounts.appendName(x.small[:0], account)), '}')
}

// spaceData answers the calls of other services: the users a caller may see
// (themselves), devices, and what lies below.
func (s *Server) spaceData(x *exchange) {
	path := bytes.TrimSuffix(x.path, []byte("/"))
	devices := under(path, "/api/space/device-management/devices") || under(path, "/api/juniper/sd")
	users := under(path, spaceBase+"/users")
	if !devices && !users {
		x.notFound()
		return
	}
	if !x.allow("GET") {
		return
	}
	account, ok := s.spaceCaller(x)
	if !ok {
		return
	}
	json := x.accepts("json")
	switch {
	case users && json:
		x.say(200, "application/vnd.net.juniper.space.user-management.users+json;version=3", `{"users":{"@total":"1","user":[`)
		x.out = append(x.appendSpaceUser(x.out, x.named(account)), "]}}"...)
	case users:
		x.say(200, "application/vnd.net.juniper.space.user-management.users+xml;version=3", `<users total="1"><user><name>`)
		x.out = appendXML(x.out, s.accounts.appendName(x.small[:0], x.named(account)))
		x.out = append(x.out, "</name></user></users>"...)
	case json:
		x.say(200, "application/vnd.net.juniper.space.device-management.devices+json;version=2",
			`{"devices":{"@total":"1","device":[{"@key":"1001","name":"soak-1","connectionStatus":"up"}]}}`)
	default:
		x.say(200, "application/vnd.net.juniper.space.device-management.devices+xml;version=2",
			`<devices total="1"><device key="1001"><name>soak-1</name><connectionStatus>up</connectionStatus></device></devices>`)
	}
}

// spaceSessions lists live sessions of all users, the first of them where there
// are many; @size is how many there are.
func (s *Server) spaceSessions(x *exchange) {
	if !x.allow("GET") {
		return
	}
	if _, ok := s.spaceCaller(x); !ok {
		return
	}
	live := 0
	s.store.each(space, math.MaxInt, x.now, func(ref, *record) { live++ })
	x.say(200, "application/vnd.net.juniper.space.user-management.active-user-sessions+json;version=1",
		`{"active-user-sessions":{"@size":"`)
	x.out = appendInt(x.out, int64(live))
	x.out = append(x.out, `","active-user-session":[`...)
	first := true
	s.store.each(space, maxListed, x.now, func(_ ref, rec *record) {
		if !first {
			x.out = append(x.out, ',')
		}
		first = false
		x.out = append(x.out, `{"user-name":`...)
		x.out = appendJSON(x.out, s.accounts.appendName(x.small[:0], rec.account))
		x.out = append(x.out, `,"session-start-time":"`...)
		x.out = s.wall(rec.opened).UTC().AppendFormat(x.out, "Jan 2, 2006 3:04:05 PM")
		x.out = append(x.out, `"}`...)
	})
	x.out = append(x.out, "]}}"...)
}
