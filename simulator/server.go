package simulator

import (
	"context"
	"crypto/rand"
	"crypto/tls"
	"encoding/binary"
	"errors"
	"fmt"
	mathrand "math/rand/v2"
	"net"
	"net/http"
	"sync"
	"sync/atomic"
	"time"
)

const (
	handshakeWithin = 10 * time.Second
	sweepEvery      = 10 * time.Second
)

// Server is a simulated server. Make one with [New]; its methods are safe for
// concurrent use.
type Server struct {
	options  Options
	start    time.Time
	seed     uint64
	policy   policy
	sealer   *sealer
	store    *store
	accounts *accounts
	logins   *queue
	types    *clientTypes
	users    *userCounts
	authority
	http2 *http2Server

	done       chan struct{}
	closing    sync.Once
	work       sync.WaitGroup
	mu         sync.Mutex
	closed     bool
	sweeping   bool
	listeners  map[net.Listener]struct{}
	conns      map[net.Conn]struct{}
	accepted   atomic.Int64
	unreadable atomic.Int64
}

// New makes a server of o, which has to be valid. Its clocks begin now.
func New(o Options) (*Server, error) {
	if err := o.Validate(); err != nil {
		return nil, err
	}
	s := &Server{
		options:   o.withDefaults(),
		start:     time.Now(),
		seed:      o.Seed,
		types:     newClientTypes(),
		done:      make(chan struct{}),
		listeners: map[net.Listener]struct{}{},
		conns:     map[net.Conn]struct{}{},
	}
	if s.seed == 0 {
		var b [8]byte
		rand.Read(b[:])
		s.seed = binary.LittleEndian.Uint64(b[:])
	}
	var err error
	if s.sealer, err = newSealer(s.seed); err != nil {
		return nil, fmt.Errorf("simulator: key for session ids: %w", err)
	}
	s.policy.defect = newDefect(s, o.Mutant)
	s.store = newStore(&s.policy, o.ReaperEvery, s.options.MaxSessions)
	s.accounts = newAccounts(o.Accounts, &s.policy)
	s.logins = newQueue(s.options.Login, s.seed)
	s.users = newUserCounts(s.options.Space.MaxSessions)
	s.store.ended = s.users.ended
	s.http2 = newHTTP2Server(s)
	if o.TLS.Enabled {
		if err := s.authority.create(s.start, o.TLS); err != nil {
			return nil, fmt.Errorf("simulator: certificates: %w", err)
		}
	}
	return s, nil
}

// Seed is the seed in use, for repeating what happened.
func (s *Server) Seed() uint64 { return s.seed }

// clock is the time since the server began, in nanoseconds.
func (s *Server) clock() int64 { return int64(time.Since(s.start)) }

// wall is the calendar time of a clock reading.
func (s *Server) wall(now int64) time.Time { return s.start.Add(time.Duration(now)) }

// Serve answers connections of l, over TLS if the options say so, and returns
// nil after Close, which also closes l. Several listeners may be served.
func (s *Server) Serve(l net.Listener) error {
	if !s.adopt(l) {
		l.Close()
		return nil
	}
	defer s.disown(l)
	config := s.tlsConfig(l)
	for pause := time.Duration(0); ; {
		conn, err := l.Accept()
		if err != nil {
			select {
			case <-s.done:
				return nil
			default:
			}
			if errors.Is(err, net.ErrClosed) {
				return fmt.Errorf("simulator: accept: %w", err)
			}
			// Out of files or the like: wait, so that others may end.
			pause = min(max(2*pause, 5*time.Millisecond), time.Second)
			if !s.pause(pause) {
				return nil
			}
			continue
		}
		pause = 0
		s.admit(conn, config)
	}
}

// pause waits for d; false when the server closed meanwhile.
func (s *Server) pause(d time.Duration) bool {
	select {
	case <-time.After(d):
		return true
	case <-s.done:
		return false
	}
}

// adopt takes a listener in, and starts the sweeper with the first.
func (s *Server) adopt(l net.Listener) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.closed {
		return false
	}
	s.listeners[l] = struct{}{}
	if !s.sweeping {
		s.sweeping = true
		s.work.Go(s.sweeper)
	}
	return true
}

func (s *Server) disown(l net.Listener) {
	s.mu.Lock()
	delete(s.listeners, l)
	s.mu.Unlock()
	l.Close()
}

// sweeper gives back sessions that nobody touches after their end.
func (s *Server) sweeper() {
	ticker := time.NewTicker(sweepEvery)
	defer ticker.Stop()
	for {
		select {
		case <-ticker.C:
			s.store.sweep(s.clock())
		case <-s.done:
			return
		}
	}
}

// admit serves one connection in a goroutine of its own.
func (s *Server) admit(conn net.Conn, config *tls.Config) {
	conn = direct(conn)
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.closed {
		conn.Close()
		return
	}
	s.conns[conn] = struct{}{}
	number := uint64(s.accepted.Add(1))
	s.work.Go(func() {
		if !s.converse(conn, config, number) {
			conn.Close()
			s.forget(conn)
		}
	})
}

// forget drops a connection that has closed.
func (s *Server) forget(conn net.Conn) {
	s.mu.Lock()
	delete(s.conns, conn)
	s.mu.Unlock()
}

// converse serves a connection to its end; true when HTTP/2 has taken it over.
func (s *Server) converse(conn net.Conn, config *tls.Config, number uint64) bool {
	c := &connection{srv: s, conn: conn, buf: make([]byte, firstBuffer)}
	if config != nil {
		secured := tls.Server(conn, config)
		ctx, cancel := context.WithTimeout(context.Background(), handshakeWithin)
		err := secured.HandshakeContext(ctx)
		cancel()
		if err != nil {
			s.unreadable.Add(1)
			return false
		}
		state := secured.ConnectionState()
		if state.NegotiatedProtocol == "h2" {
			return s.http2.serve(secured)
		}
		defer secured.Close()
		c.conn, c.x.secure, c.x.certificate = secured, true, commonName(&state)
	}
	c.x.srv = s
	c.x.rng = mathrand.New(mathrand.NewPCG(s.seed, number))
	c.serve()
	return false
}

// Close ends every listener and connection and waits until no goroutine of
// the server is left. Sessions are forgotten.
func (s *Server) Close() error {
	s.closing.Do(func() {
		s.mu.Lock()
		s.closed = true
		close(s.done)
		for l := range s.listeners {
			l.Close()
		}
		for conn := range s.conns {
			conn.Close()
		}
		s.mu.Unlock()
		s.http2.close()
	})
	s.work.Wait()
	return nil
}

// handle answers one request: faults, the product's handler, delays. It
// returns false when the server closed before the answer was due.
func (s *Server) handle(x *exchange) bool {
	x.now = s.clock()
	f, prefix := s.family(x)
	if f < families {
		s.store.counts[f].requests.Add(1)
	}
	if rate := s.options.ErrorRate; rate > 0 && x.rng.Float64() < rate {
		x.say(s.options.ErrorStatus, "text/plain", http.StatusText(s.options.ErrorStatus)+"\n")
	} else {
		s.answer(x, f, prefix)
	}
	return s.hold(x)
}

// answer lets the product answer, with the defect of a mutant around it.
func (s *Server) answer(x *exchange, f family, prefix int) {
	if s.policy.defect == nil {
		s.dispatch(x, f, prefix)
		return
	}
	s.policy.defect.answer(x, f, prefix)
}

// hold delays an answer by the latency and to the end of a stall.
func (s *Server) hold(x *exchange) bool {
	o := &s.options
	if o.Latency.Mean > 0 || o.Stall.Every > 0 {
		now := s.clock()
		due := now
		if o.Latency.Mean > 0 {
			due += int64(o.Latency.draw(x.rng))
		}
		due = o.Stall.over(due)
		if !x.wait(time.Duration(due - now)) {
			return false
		}
	}
	select {
	case <-s.done:
		return false
	default:
		return true
	}
}

// checked passes a login through the queue of its cost. It returns false when
// the handler has to stop: the queue was too long, or the server closed.
func (x *exchange) checked() bool {
	s := x.srv
	if s.options.Login.Mean <= 0 {
		return true
	}
	end, ok := s.logins.admit(x.now)
	if !ok {
		x.overloaded()
		return false
	}
	return x.wait(time.Duration(end - s.clock()))
}

// overloaded refuses a login for lack of room.
func (x *exchange) overloaded() {
	x.header("Retry-After", "1")
	x.say(503, "text/plain", "Service Unavailable\n")
}

// begin opens a session and takes the clock of its login; false when the
// server is full, with the answer made.
func (x *exchange) begin(rec record) (ref, bool) {
	s := x.srv
	rec.opened, rec.touched = x.now, x.now
	id, ok := s.store.open(rec)
	if !ok {
		s.store.sweepFull(x.now)
		id, ok = s.store.open(rec)
	}
	if !ok {
		x.overloaded()
	}
	return id, ok
}

// lifetime is the absolute deadline of a session opened now; zero: none.
func (x *exchange) lifetime(d time.Duration) int64 {
	if d == 0 {
		return never
	}
	return x.now + int64(d)
}
