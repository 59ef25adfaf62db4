package simulator

import (
	"bytes"
	"context"
	"crypto/tls"
	"io"
	mathrand "math/rand/v2"
	"net"
	"net/http"
	"strconv"
	"sync"
	"sync/atomic"
)

// http2Server lets net/http speak HTTP/2 and takes its requests to the same
// handlers.
type http2Server struct {
	srv    *Server
	server *http.Server
	queue  *PipeListener // only its queue: connections that shook hands
	start  sync.Once
	pool   sync.Pool
	number atomic.Uint64
}

// perConnection is the context key of a connection's count of requests.
type perConnection struct{}

func newHTTP2Server(s *Server) *http2Server {
	h := &http2Server{srv: s, queue: NewPipeListener()}
	protocols := new(http.Protocols)
	protocols.SetHTTP1(true)
	protocols.SetHTTP2(true)
	h.server = &http.Server{
		Handler:     h,
		Protocols:   protocols,
		IdleTimeout: s.options.Keepalive.IdleLimit,
		ConnContext: func(ctx context.Context, _ net.Conn) context.Context {
			return context.WithValue(ctx, perConnection{}, new(atomic.Int64))
		},
		ConnState: func(conn net.Conn, is http.ConnState) {
			if is == http.StateClosed {
				s.forget(conn.(*tls.Conn).NetConn())
				s.work.Done()
			}
		},
	}
	h.pool.New = func() any {
		return &exchange{srv: s, rng: mathrand.New(mathrand.NewPCG(^s.seed, h.number.Add(1)))}
	}
	return h
}

// serve hands a connection over that has agreed on h2. The server goes on
// knowing it until it closes.
func (h *http2Server) serve(conn *tls.Conn) bool {
	h.start.Do(func() { h.srv.work.Go(func() { h.server.Serve(h.queue) }) })
	h.srv.work.Add(1)
	select {
	case h.queue.queue <- conn:
		return true
	case <-h.srv.done:
		h.srv.work.Done()
		return false
	}
}

func (h *http2Server) close() {
	h.server.Close()
	h.queue.Close()
}

// ServeHTTP turns a request into an exchange and the answer back.
func (h *http2Server) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	x := h.pool.Get().(*exchange)
	defer h.pool.Put(x)
	x.reset()
	if f := x.load(w, r); f != faultNone {
		h.srv.unreadable.Add(1)
		http.Error(w, http.StatusText(int(f)), int(f))
		return
	}
	if !h.srv.handle(x) {
		panic(http.ErrAbortHandler)
	}
	served, _ := r.Context().Value(perConnection{}).(*atomic.Int64)
	if limit := h.srv.options.Keepalive.MaxRequests; limit > 0 && served.Add(1) >= int64(limit) {
		w.Header().Set("Connection", "close")
	}
	x.unload(w)
}

// load fills the exchange from a request of net/http.
func (x *exchange) load(w http.ResponseWriter, r *http.Request) fault {
	x.method = r.Method
	if f := parseTarget([]byte(r.RequestURI), x); f != faultNone {
		return f
	}
	x.host = []byte(r.Host)
	x.secure, x.certificate = r.TLS != nil, ""
	if r.TLS != nil {
		x.certificate = commonName(r.TLS)
	}
	for name, values := range r.Header {
		for _, value := range values {
			x.fields = append(x.fields, field{[]byte(name), []byte(value)})
		}
	}
	body, err := io.ReadAll(http.MaxBytesReader(w, r.Body, maxBody))
	if err != nil {
		return faultTooLarge
	}
	x.body = body
	return faultNone
}

// unload writes the answer through net/http.
func (x *exchange) unload(w http.ResponseWriter) {
	header := w.Header()
	for line := range bytes.SplitSeq(x.head, []byte("\r\n")) {
		if name, value, ok := bytes.Cut(line, []byte(": ")); ok {
			header[http.CanonicalHeaderKey(string(name))] = append(header[http.CanonicalHeaderKey(string(name))], string(value))
		}
	}
	if x.ctype != "" {
		header.Set("Content-Type", x.ctype)
	} else {
		header["Content-Type"] = nil
	}
	if x.status != 204 && x.status != 304 {
		header.Set("Content-Length", strconv.Itoa(len(x.out)))
	}
	w.WriteHeader(x.status)
	if x.method != "HEAD" && x.status != 204 && x.status != 304 {
		w.Write(x.out)
	}
}
