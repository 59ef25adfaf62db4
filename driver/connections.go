package driver

import (
	"context"

	"authsoak/driver/exchange"
	"authsoak/driver/sessions"
	"authsoak/results"
)

// staleAfter is how long a connection may have been idle before a request that
// can't be sent twice asks whether the server has closed it meanwhile. Shorter
// pauses are not worth the system call.
const staleAfter = int64(10_000_000)

// connection is one open connection with what the driver remembers of it.
type connection struct {
	exchange.Conn
	key      connectionKey
	lastUsed int64 // ns since the epoch
	served   int64 // exchanges done
}

// connectionKey tells connections apart that must never be exchanged for one
// another: one TLS connection speaks for one certificate only.
type connectionKey struct {
	target   int
	identity int // 0: no client certificate
}

// connections are a shard's idle connections. The shard's lock guards it.
type connections struct {
	shared map[connectionKey][]*connection
	byUser map[sessions.ID]*connection
}

func newConnections() connections {
	return connections{map[connectionKey][]*connection{}, map[sessions.ID]*connection{}}
}

func (c *connections) take(key connectionKey) *connection {
	idle := c.shared[key]
	if len(idle) == 0 {
		return nil
	}
	conn := idle[len(idle)-1]
	idle[len(idle)-1] = nil
	c.shared[key] = idle[:len(idle)-1]
	return conn
}

func (c *connections) put(conn *connection) {
	c.shared[conn.key] = append(c.shared[conn.key], conn)
}

// idleLimit is how long a shared connection is kept unused: longer than the
// pauses of a steady load, shorter than it takes connections that a peak left
// behind, or that the server has given up, to matter.
// Of many, as with a connection for each of thousands of certificates, only the
// recently used are kept.
const (
	idleLimit = int64(90_000_000_000)
	idleShort = int64(5_000_000_000)
	manyIdle  = 256 // a shard
)

// trim closes the shared connections that have been idle for too long. The
// longest unused lie at the bottom.
func (s *shard) trim(now int64) {
	var old []*connection
	s.mu.Lock()
	limit, all := idleLimit, 0
	for _, idle := range s.conns.shared {
		all += len(idle)
	}
	if all > manyIdle {
		limit = idleShort
	}
	for key, idle := range s.conns.shared {
		n := 0
		for n < len(idle) && now-idle[n].lastUsed > limit {
			n++
		}
		if n > 0 {
			old = append(old, idle[:n]...)
			s.conns.shared[key] = append(idle[:0], idle[n:]...)
		}
		if len(s.conns.shared[key]) == 0 {
			delete(s.conns.shared, key)
		}
	}
	s.mu.Unlock()
	for _, conn := range old {
		conn.Close()
	}
}

// shed closes every idle connection of the shard: descriptors have run out.
func (s *shard) shed() {
	s.mu.Lock()
	shared := s.conns.shared
	s.conns.shared = map[connectionKey][]*connection{}
	s.mu.Unlock()
	for _, idle := range shared {
		for _, conn := range idle {
			conn.Close()
		}
	}
}

func (c *connections) closeAll() {
	for key, idle := range c.shared {
		for _, conn := range idle {
			conn.Close()
		}
		delete(c.shared, key)
	}
	for id, conn := range c.byUser {
		conn.Close()
		delete(c.byUser, id)
	}
}

// obtain returns a connection for the step: an idle one, or a fresh one.
// fresh asks for one that no request has used.
func (w *worker) obtain(key connectionKey, idempotent, fresh bool) (*connection, error) {
	for !fresh {
		conn := w.idleConnection(key)
		if conn == nil {
			break
		}
		if !idempotent && w.now()-conn.lastUsed > staleAfter && conn.Stale() {
			conn.Close()
			w.count(key.target, results.ConnectionsStale)
			continue
		}
		return conn, nil
	}
	return w.open(key)
}

func (w *worker) idleConnection(key connectionKey) *connection {
	if conn := w.held; conn != nil {
		w.held = nil
		if conn.key == key {
			return conn
		}
		w.giveBack(conn)
	}
	switch w.shard.run.policy {
	case perRequest:
		return nil
	case perUser:
		w.shard.mu.Lock()
		defer w.shard.mu.Unlock()
		conn := w.shard.conns.byUser[w.user]
		if conn == nil {
			return nil
		}
		delete(w.shard.conns.byUser, w.user)
		if conn.key == key {
			return conn
		}
		conn.Close()
		return nil
	}
	w.shard.mu.Lock()
	defer w.shard.mu.Unlock()
	return w.shard.conns.take(key)
}

// giveBack makes a connection idle after a step.
func (w *worker) giveBack(conn *connection) {
	switch w.shard.run.policy {
	case perRequest:
		conn.Close()
		return
	case perUser:
		w.shard.mu.Lock()
		old := w.shard.conns.byUser[w.user]
		w.shard.conns.byUser[w.user] = conn
		w.shard.mu.Unlock()
		if old != nil {
			old.Close()
		}
		return
	}
	w.shard.mu.Lock()
	w.shard.conns.put(conn)
	w.shard.mu.Unlock()
}

// dropUserConnection closes what a user of its own held, at the end of a cycle.
func (w *worker) dropUserConnection() {
	if w.shard.run.policy != perUser {
		return
	}
	if w.held != nil {
		w.held.Close()
		w.held = nil
	}
	w.shard.mu.Lock()
	conn := w.shard.conns.byUser[w.user]
	delete(w.shard.conns.byUser, w.user)
	w.shard.mu.Unlock()
	if conn != nil {
		conn.Close()
	}
}

// dialing counts a connection being opened, or opened. In its place another
// worker may be called for who is due.
func (s *shard) dialing(n int) {
	s.mu.Lock()
	if s.dials += n; n < 0 {
		s.callLeader(s.pacer.Now())
	}
	s.mu.Unlock()
}

// open dials and records how long the parts took.
func (w *worker) open(key connectionKey) (*connection, error) {
	run := w.shard.run
	ctx, cancel := context.WithTimeout(run.dialing, run.plan.Timeout)
	defer cancel()
	t := &run.targets[key.target]
	w.shard.dialing(1)
	conn, took, err := t.Dialer.Dial(ctx, key.identity)
	w.shard.dialing(-1)
	sample := results.Sample{Phase: w.phase}
	if err != nil {
		if classOf(err) == results.Exhausted {
			w.shard.shed() // for the next one; this one has failed
		}
		sample.Outcome, sample.Class = results.Fail, classOf(err)
		sample.Series, sample.Service = t.connectSeries, int64(took.DNS+took.Connect)
		if sample.Class == results.TLS {
			sample.Series, sample.Service = t.tlsSeries, int64(took.TLS)
		}
		w.recorder.Record(sample)
		return nil, err
	}
	sample.Series, sample.Service = t.connectSeries, int64(took.DNS+took.Connect)
	w.recorder.Record(sample)
	if took.TLS > 0 {
		sample.Series, sample.Service = t.tlsSeries, int64(took.TLS)
		w.recorder.Record(sample)
	}
	w.count(key.target, results.Connections)
	if took.Resumed {
		w.count(key.target, results.TLSResumed)
	}
	return &connection{Conn: conn, key: key}, nil
}
