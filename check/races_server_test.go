package check

import (
	"bufio"
	"bytes"
	"context"
	"fmt"
	"math/rand/v2"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"sync"
	"testing"
	"time"

	"authsoak/accounts"
	"authsoak/driver"
	"authsoak/driver/exchange"
	"authsoak/profiles"
	"authsoak/results"
	"authsoak/scenario"
)

// defects of a session server. The zero value is honest.
type defects struct {
	// revive: a call writes the session back as it was when the call came, so
	// long after.
	revive time.Duration
	// late: a logout acts so long after its answer.
	late time.Duration
	// share: logins within so long of one another are given one id.
	share time.Duration
	// duplicate: two logins over one session within so long of one another are
	// both taken for the only one.
	duplicate time.Duration
	// renewed: a cookie renewed by a call in flight outlives the logout; the call
	// takes so long.
	renewed time.Duration
	// flap: a session under logout is refused first, then accepted once more.
	flap time.Duration
	// silent is the share of requests that are carried out and not answered, and
	// broken that of those answered by 503 and not carried out.
	silent, broken float64
	// once makes revive happen at one call in so many only; 0: at each.
	once int
}

// sessionServer is a server of sessions, honest or with defects.
type sessionServer struct {
	defects
	renews    bool // each call gives a new cookie; the old ones live on
	refuses   bool // a login over a live session is refused
	lenient   bool // a logout doesn't end a session
	idle      time.Duration
	latency   time.Duration
	mu        sync.Mutex
	random    *rand.Rand
	next      int
	live      map[string]bool // by session
	used      map[string]time.Time
	outlived  map[string]bool // by cookie
	ending    map[string]bool
	lastLogin time.Time
	lastOver  map[string]time.Time
	calls     int
}

func newSessionServer(seed uint64) *sessionServer {
	return &sessionServer{random: rand.New(rand.NewPCG(seed, 7)), live: map[string]bool{}, used: map[string]time.Time{},
		outlived: map[string]bool{}, ending: map[string]bool{}, lastOver: map[string]time.Time{}}
}

func (s *sessionServer) wait() {
	if s.latency == 0 {
		return
	}
	s.mu.Lock()
	d := s.latency/2 + time.Duration(s.random.Int64N(int64(s.latency)))
	s.mu.Unlock()
	time.Sleep(d)
}

func (s *sessionServer) drawn(share float64) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.random.Float64() < share
}

func (s *sessionServer) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	s.wait()
	defer s.wait()
	if s.drawn(s.broken) {
		w.WriteHeader(503)
		return
	}
	cookie, id := "", ""
	if c, err := r.Cookie("SID"); err == nil {
		cookie = c.Value
		id, _, _ = strings.Cut(cookie, ".")
	}
	switch r.URL.Path {
	case "/login":
		s.login(w, id)
	case "/me":
		s.call(w, id, cookie)
	case "/logout":
		s.logout(w, id)
	}
	if s.drawn(s.silent) {
		panic(http.ErrAbortHandler)
	}
}

// over tells whether the session's idle time has run out; the lock is held.
func (s *sessionServer) over(id string) bool {
	if s.idle > 0 && s.live[id] && time.Since(s.used[id]) >= s.idle {
		s.live[id] = false
	}
	return !s.live[id]
}

func (s *sessionServer) login(w http.ResponseWriter, id string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.refuses && !s.over(id) {
		racing := time.Since(s.lastOver[id]) < s.duplicate
		s.lastOver[id] = time.Now()
		if !racing {
			w.WriteHeader(409)
			return
		}
	}
	if time.Since(s.lastLogin) >= s.share {
		s.next++
	}
	s.lastLogin = time.Now()
	fresh := fmt.Sprintf("s%d", s.next)
	s.live[fresh], s.used[fresh] = true, time.Now()
	http.SetCookie(w, &http.Cookie{Name: "SID", Value: fresh})
}

func (s *sessionServer) call(w http.ResponseWriter, id, cookie string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	ok := !s.over(id) || s.outlived[cookie]
	if s.ending[id] {
		s.calls++
		ok = s.calls%2 == 0
	}
	if !ok {
		w.WriteHeader(401)
		return
	}
	s.used[id] = time.Now()
	if d := s.revive + s.renewed; d > 0 {
		s.mu.Unlock()
		time.Sleep(d)
		s.mu.Lock()
		if s.revive > 0 && (s.once == 0 || s.random.IntN(s.once) == 0) {
			s.live[id] = true
		}
	}
	if s.renews {
		s.next++
		fresh := fmt.Sprintf("%s.%d", id, s.next)
		s.outlived[fresh] = s.renewed > 0 && !s.live[id]
		http.SetCookie(w, &http.Cookie{Name: "SID", Value: fresh})
	}
}

func (s *sessionServer) logout(w http.ResponseWriter, id string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	http.SetCookie(w, &http.Cookie{Name: "SID", MaxAge: -1})
	switch {
	case s.lenient:
	case s.late > 0:
		time.AfterFunc(s.late, func() {
			s.mu.Lock()
			defer s.mu.Unlock()
			s.live[id] = false
		})
	case s.flap > 0 && s.live[id]:
		s.ending[id] = true
		s.mu.Unlock()
		time.Sleep(s.flap)
		s.mu.Lock()
		s.live[id], s.ending[id] = false, false
	default:
		s.live[id] = false
	}
}

// profile is the endpoint profile of the server.
const profile = `
schema: authsoak/endpoint/v1
endpoint: tiny
title: Tiny
about: a server of sessions
documents: {book: https://tiny.example/sessions}
versions: ["1"]
cookies: [{name: SID, authenticates: true, about: the session}]
methods:
  - name: plain
    about: user and password
    needs: [user, password]
    login:
      - {name: login, method: POST, path: /login, body: "{{form user}}:{{form password}}", accept: {status: [200], cookies: [SID]},
         classify: [{status: 409, class: refused-duplicate}]}
logout: [{method: POST, path: /logout, accept: {status: [200]}}]
calls:
  - {name: me, about: who, weight: 1, requests: [{method: GET, path: /me, accept: {status: [200]}}]}
deciding: me
session:
  duplicate_login: {expect: %s, document: book, says: so}
  logout_revokes: {expect: "%s", document: book, says: logging out ends the session}
  idle: {expect: %s, document: book, says: so}
  refused: {status: [401], document: book, says: so}
`

func tinyFlow(t testing.TB, duplicate, revokes, idle string) *profiles.Flow {
	t.Helper()
	e, err := profiles.ParseEndpoint("tiny.yaml", fmt.Appendf(nil, profile, duplicate, revokes, idle))
	if err != nil {
		t.Fatal(err)
	}
	f, err := e.Compile(profiles.Choice{})
	if err != nil {
		t.Fatal(err)
	}
	return f
}

// proberOf makes a prober of a flow with generated accounts.
func proberOf(t testing.TB, flow *profiles.Flow, at *url.URL, dialer exchange.Dialer, generated string) *driver.Prober {
	t.Helper()
	source, err := accounts.Generate(generated)
	if err != nil {
		t.Fatal(err)
	}
	columns, _ := accounts.Resolve(source, flow.AccountFields)
	target := driver.Target{Dialer: dialer, TargetPlan: scenario.TargetPlan{Name: flow.Endpoint, Flow: flow, Accounts: source,
		Columns: columns, URL: at, Engine: scenario.Fast}}
	p, err := driver.NewProber(target, "authsoak/test", 5*time.Second, time.Now())
	if err != nil {
		t.Fatal(err)
	}
	return p
}

// inMemory is a dialer whose connections call a handler.
type inMemory struct{ http.Handler }

func (m inMemory) Dial(context.Context, int) (exchange.Conn, exchange.Opening, error) {
	return direct(m), exchange.Opening{}, nil
}

type direct struct{ http.Handler }

func (c direct) Do(req *exchange.Request, ans *exchange.Answer) (err error) {
	r, err := http.ReadRequest(bufio.NewReader(bytes.NewReader(req.Wire)))
	if err != nil {
		return &exchange.Error{Class: results.Protocol, Err: err}
	}
	defer func() {
		if recover() != nil {
			err = &exchange.Error{Class: results.Read, Progress: exchange.Written, Err: http.ErrAbortHandler}
		}
	}()
	w := httptest.NewRecorder()
	c.ServeHTTP(w, r)
	ans.Reset()
	ans.Status, ans.Body = w.Code, w.Body.Bytes()
	for _, name := range []string{"Set-Cookie"} {
		for _, value := range w.Header()[name] {
			ans.Fields = append(ans.Fields, exchange.Field{Name: []byte(name), Value: []byte(value)})
		}
	}
	return nil
}

func (direct) Stale() bool  { return false }
func (direct) Abort()       {}
func (direct) Close() error { return nil }
