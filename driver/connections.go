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

// open dials and records how long the parts took.
func (w *worker) open(key connectionKey) (*connection, error) {
	run := w.shard.run
	ctx, cancel := context.WithTimeout(run.ctx, run.plan.Timeout)
	defer cancel()
	t := &run.targets[key.target]
	conn, took, err := t.Dialer.Dial(ctx, key.identity)
	sample := results.Sample{Phase: w.phase}
	if err != nil {
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
