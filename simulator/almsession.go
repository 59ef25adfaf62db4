package simulator

import (
	"bytes"
	"encoding/base64"
	"strconv"
	"sync"
	"time"
)

// clientTypes gives numbers to the names of client types, so that records
// need not hold text. Safe for concurrent use.
type clientTypes struct {
	mu    sync.RWMutex
	names []string
	ids   map[string]uint32
}

// The table is bounded: further names share one entry, long ones are cut.
const (
	maxClientTypes    = 4096
	maxClientTypeName = 200
)

func newClientTypes() *clientTypes {
	c := &clientTypes{ids: map[string]uint32{}}
	c.id([]byte(plainClientType))
	return c
}

// id is the number of a name; the empty name is the plain client type, 0.
func (c *clientTypes) id(name []byte) uint32 {
	if len(name) == 0 {
		return 0
	}
	name = name[:min(len(name), maxClientTypeName)]
	c.mu.RLock()
	id, ok := c.ids[string(name)]
	c.mu.RUnlock()
	if ok {
		return id
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	if id, ok := c.ids[string(name)]; ok {
		return id
	}
	if len(c.names) == maxClientTypes {
		return maxClientTypes - 1
	}
	c.names = append(c.names, string(name))
	c.ids[string(name)] = uint32(len(c.names) - 1)
	return uint32(len(c.names) - 1)
}

func (c *clientTypes) name(id uint32) string {
	c.mu.RLock()
	defer c.mu.RUnlock()
	return c.names[id]
}

// almClientType is the client type the request names, nil for none.
func (x *exchange) almClientType() []byte { return x.get("alm-client-type") }

// appendSessionName writes the cookie name of a client type: QCSession, or
// with a suffix in URL-safe Base64 whose padding is written "X", since "="
// cannot stand in a cookie's name.
func appendSessionName(dst, clientType []byte) []byte {
	dst = append(dst, almSession...)
	if len(clientType) == 0 {
		return dst
	}
	dst = base64.URLEncoding.AppendEncode(append(dst, '-'), clientType)
	for i := len(dst) - 1; dst[i] == '='; i-- {
		dst[i] = 'X'
	}
	return dst
}

// almSessionName is the cookie name of the request's client type.
func (x *exchange) almSessionName() []byte {
	return appendSessionName(x.scratch.text[:0], x.almClientType())
}

// almSight is what a request's cookies amount to.
type almSight struct {
	record        // of the token
	id      ref   // the token
	token   state // what has become of it
	app     ref   // the application session presented, if it is the token's
	session state // what has become of that
	kind    uint32
	other   bool // a QCSession was presented, but not one for this request
}

// almLook reads the token and, where it lives, restarts its idle clock.
func (s *Server) almLook(x *exchange, touch bool) almSight {
	t, ok := x.token(almToken, formLWSSO, kindALM)
	if !ok {
		return almSight{}
	}
	rec, is := s.store.use(t.ref, alm, x.now, touch)
	if is == unknown {
		// The record is another session's by now. Within the token's idle
		// limit it cannot have expired, so it was logged out.
		is = idleExpired
		if x.now < t.issued*1000+int64(s.options.ALM.TokenIdle) {
			is = loggedOut
		}
	}
	look := almSight{record: rec, id: t.ref, token: is}
	if is == live {
		s.almLookApp(x, &look)
	}
	return look
}

// almLookApp finds the application session among the cookies.
func (s *Server) almLookApp(x *exchange, look *almSight) {
	name := x.almSessionName()
	var wanted []byte
	for _, c := range x.jar() {
		if bytes.Equal(c.name, name) {
			wanted = c.value
			if s.almReadApp(x, look, wanted) {
				return
			}
		} else if bytes.HasPrefix(c.name, []byte(almSession)) {
			look.other = look.other || len(c.name) == len(almSession) || c.name[len(almSession)] == '-'
			if s.almSameType(x, look, c.value) {
				return
			}
		}
		name = x.almSessionName() // the scratch memory was used since
	}
}

// almSameType takes a session under another cookie name after all, when it
// was opened for the very client type the request names.
func (s *Server) almSameType(x *exchange, look *almSight, value []byte) bool {
	found := *look
	same := s.almReadApp(x, &found, value)
	if same {
		want := x.almClientType()
		same = len(want) > 0 && s.types.name(found.kind) == string(want)
	}
	if !x.holds(clientTypeRight, same) {
		return false
	}
	found.other = false
	*look = found
	return true
}

// almReadApp reads a QCSession's value; false when it is none of this token.
func (s *Server) almReadApp(x *exchange, look *almSight, value []byte) bool {
	t, ok := s.readSession(x, value)
	if !ok {
		return false
	}
	rec, is := s.store.use(t.ref, alm, x.now, false)
	if is == unknown || rec.parent != look.id.index || rec.born != look.id.serial {
		return false
	}
	look.app, look.session, look.kind = t.ref, is, rec.kind
	return true
}

// readSession finds the ticket inside a QCSession's value: the second of its
// fields.
func (s *Server) readSession(x *exchange, value []byte) (ticket, bool) {
	w := &x.scratch
	if len(value) > 1024 {
		return ticket{}, false
	}
	plain, err := dotBase64.AppendDecode(w.text[:0], value)
	if err != nil {
		return ticket{}, false
	}
	_, rest, _ := bytes.Cut(plain, []byte{';'})
	inner, _, _ := bytes.Cut(rest, []byte{';'})
	if len(inner) != 24 {
		return ticket{}, false
	}
	if n, err := starBase64.Decode(w.raw[:], inner); err != nil || n != 16 {
		return ticket{}, false
	}
	copy(w.sealed[:], w.raw[:16])
	t, ok := s.sealer.unseal(w)
	if !ok || t.kind != kindALMApp {
		return ticket{}, false
	}
	whole := bytes.Equal(s.appendSession(w.text[:0], x, t), value)
	return t, x.holds(tokenGenuine, whole)
}

// appendSession writes a QCSession's value: number, ticket, client type, two
// blank fields and the user.
func (s *Server) appendSession(dst []byte, x *exchange, t ticket) []byte {
	rec, _ := s.store.use(t.ref, alm, x.now, false)
	plain := strconv.AppendUint(x.small[:0], uint64(t.index)+1, 10)
	plain = append(plain, ';')
	s.sealer.seal(&x.scratch, t)
	plain = starBase64.AppendEncode(plain, x.scratch.sealed[:])
	plain = append(plain, ';')
	plain = append(plain, s.types.name(rec.kind)...)
	plain = append(plain, "; ; ;"...)
	plain = s.accounts.appendName(plain, rec.account)
	return dotBase64.AppendEncode(dst, plain)
}

// almOpen opens an application session under a token and sets its cookies.
// Idle zero means the site's parameter. The cookie's suffix goes by the
// request's header, or by the session's own type where the site says so.
func (s *Server) almOpen(x *exchange, id ref, idle time.Duration, kind uint32) bool {
	idle = or(idle, s.options.ALM.SessionIdle)
	app, account, ok := s.almPlace(id, x.now, idle, kind)
	if !ok {
		x.almRefused(unknown)
		return false
	}
	clientType := x.almClientType()
	if len(clientType) == 0 && kind != 0 && s.options.ALM.SuffixFromBody {
		clientType = []byte(s.types.name(kind))
	}
	if !x.holds(suffixNamed, true) {
		clientType = nil
	}
	x.head = append(x.head, "Set-Cookie: "...)
	x.head = appendSessionName(x.head, clientType)
	x.head = append(x.head, '=')
	x.head = s.appendSession(x.head, x, x.ticketFor(app, kindALMApp))
	x.attributes("; Path=/qcbin", true)
	x.almRest(id, account)
	return true
}

// almPlace keeps an application session beside its token, in the same shard.
func (s *Server) almPlace(id ref, now int64, idle time.Duration, kind uint32) (ref, accountID, bool) {
	st := s.store
	sh := st.shardOf(id.index)
	sh.mu.Lock()
	defer sh.mu.Unlock()
	rec, is := st.find(sh, id, alm, now)
	if is != live {
		return ref{}, 0, false
	}
	rec.flags = rec.flags&^flagDeleted | flagHadApp
	account := rec.account
	app := st.place(sh, id.index&(shards-1), record{
		account: account, opened: now, touched: now, idle: int64(idle), until: rec.until,
		parent: id.index, born: id.serial, kind: kind, family: alm, flags: rec.flags & flagStruck,
	})
	return app, account, true
}

// almEnd logs out: the token and the application session presented.
func (s *Server) almEnd(x *exchange, look *almSight) {
	if look.session == live {
		s.store.end(look.app, alm, x.now)
	}
	if !s.options.ALM.SelfContained {
		s.store.end(look.id, alm, x.now)
	}
}
