package watch

import (
	"context"
	"crypto/rand"
	"crypto/subtle"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"net/url"
	"os"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"authsoak/report/page"
	"authsoak/results"
)

// Options say where a run is shown.
type Options struct {
	// Listener is where browsers come in, see [Listen]. The server closes it.
	Listener net.Listener
	Folder   *results.Folder
	// Stop asks for a clean stop of the run. It is called at most once, and must
	// return at once.
	Stop func()
}

// Server shows one run. It must be finished or closed.
type Server struct {
	opt      Options
	listener net.Listener
	http     http.Server
	token    string // empty: none is asked for
	cookie   string

	updates  chan update // one slot: the last state that nobody has drawn
	quit     chan struct{}
	quitting sync.Once
	running  sync.WaitGroup

	stopping atomic.Bool
	viewers  atomic.Int32 // browsers that follow
	wanted   atomic.Int64 // until when a browser waits for its first page, unix ns

	mu    sync.Mutex
	shown *shown        // the last page made; nil: none yet
	news  chan struct{} // closed when there is another
}

// mostViewers bounds what browsers can cost.
const mostViewers = 32

// Listen opens the address of a page: HOST:PORT, or a port, which is one on
// 127.0.0.1.
func Listen(addr string) (net.Listener, error) {
	if _, err := strconv.ParseUint(addr, 10, 16); err == nil {
		addr = "127.0.0.1:" + addr
	}
	_, port, err := net.SplitHostPort(addr)
	if err != nil {
		return nil, fmt.Errorf("must be PORT or HOST:PORT, not %q", addr)
	}
	if _, err := strconv.ParseUint(port, 10, 16); err != nil {
		return nil, fmt.Errorf("%q is no port", port)
	}
	l, err := net.Listen("tcp", addr)
	if err != nil {
		return nil, fmt.Errorf("%w: choose another port, or 0 for any that is free", err)
	}
	return l, nil
}

// New serves.
func New(opt Options) *Server {
	l := opt.Listener
	s := &Server{
		opt: opt, listener: l, updates: make(chan update, 1), quit: make(chan struct{}), news: make(chan struct{}),
	}
	at := l.Addr().(*net.TCPAddr)
	s.cookie = fmt.Sprintf("authsoak_%d", at.Port) // ports share their cookies
	if !at.IP.IsLoopback() {
		s.token = rand.Text()
	}
	s.http = http.Server{
		Handler: s.handler(), ReadHeaderTimeout: 5 * time.Second, ReadTimeout: 10 * time.Second, IdleTimeout: time.Minute,
		MaxHeaderBytes: 16 << 10,
		// What a browser does wrong is no concern of the run's terminal.
		ErrorLog: slog.NewLogLogger(slog.DiscardHandler, slog.LevelError),
	}
	s.running.Go(func() { _ = s.http.Serve(l) })
	s.running.Go(s.draw)
	return s
}

// URL is where the page is, with the token where one is asked for. It is for the
// terminal only: no file and no log may hold it.
func (s *Server) URL() string {
	at := s.listener.Addr().(*net.TCPAddr)
	host := at.IP.String()
	if at.IP.IsUnspecified() {
		host = "localhost"
		if name, err := os.Hostname(); err == nil {
			host = name
		}
	}
	u := url.URL{Scheme: "http", Host: net.JoinHostPort(host, strconv.Itoa(at.Port)), Path: "/"}
	if s.token != "" {
		u.RawQuery = "token=" + s.token
	}
	return u.String()
}

func (s *Server) handler() http.Handler {
	mux := http.NewServeMux()
	mux.HandleFunc("GET /{$}", s.page)
	mux.HandleFunc("GET /events", s.events)
	mux.HandleFunc("POST /stop", s.stop)
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		head := w.Header()
		head.Set("Content-Security-Policy", page.Policy(true)+"; frame-ancestors 'none'")
		head.Set("X-Content-Type-Options", "nosniff")
		head.Set("Referrer-Policy", "no-referrer")
		head.Set("Cache-Control", "no-store")
		if s.admit(w, r) {
			http.NewCrossOriginProtection().Handler(mux).ServeHTTP(w, r)
		}
	})
}

// admit tells whether the request may be served, and answers it if not.
func (s *Server) admit(w http.ResponseWriter, r *http.Request) bool {
	if s.token == "" {
		// A name of somebody else's that leads here would make their page one of the
		// same origin.
		if !loopbackName(r.Host) {
			http.Error(w, "this page is served to this machine only: use 127.0.0.1 or localhost", http.StatusForbidden)
			return false
		}
		return true
	}
	if given := r.URL.Query().Get("token"); given != "" && r.Method == http.MethodGet && s.right(given) {
		// The token leaves the address at once, for the sake of history and screens.
		http.SetCookie(w, &http.Cookie{Name: s.cookie, Value: given, Path: "/", HttpOnly: true, SameSite: http.SameSiteStrictMode})
		http.Redirect(w, r, "/", http.StatusSeeOther)
		return false
	}
	if c, err := r.Cookie(s.cookie); err == nil && s.right(c.Value) {
		return true
	}
	if given, ok := strings.CutPrefix(r.Header.Get("Authorization"), "Bearer "); ok && s.right(given) {
		return true
	}
	w.Header().Set("WWW-Authenticate", "Bearer")
	http.Error(w, "this page needs the token that the run printed on its terminal", http.StatusUnauthorized)
	return false
}

func (s *Server) right(given string) bool {
	return subtle.ConstantTimeCompare([]byte(given), []byte(s.token)) == 1
}

func loopbackName(host string) bool {
	name, _, err := net.SplitHostPort(host)
	if err != nil {
		name = host
	}
	name = strings.Trim(name, "[]")
	ip := net.ParseIP(name)
	return strings.EqualFold(name, "localhost") || ip != nil && ip.IsLoopback()
}

// stop passes on the wish to stop.
func (s *Server) stop(w http.ResponseWriter, r *http.Request) {
	if s.stopping.CompareAndSwap(false, true) {
		s.opt.Stop()
	}
	if strings.Contains(r.Header.Get("Accept"), "text/html") {
		http.Redirect(w, r, "/", http.StatusSeeOther)
		return
	}
	w.WriteHeader(http.StatusNoContent)
}

// lastLook is how long the end waits for browsers to take the last page.
const lastLook = 2 * time.Second

// Finish shows the last page, which the run's report is, waits a moment until
// the browsers have it, and closes. The story is the server's from then on.
func (s *Server) Finish(story *page.Story) error {
	var err error
	if s.viewers.Load() > 0 {
		story.Live = &page.Live{Ended: true}
		var last *shown
		if last, err = newShown(story); err == nil {
			s.publish(last)
			s.awaitViewers()
		}
	}
	return errors.Join(err, s.Close())
}

func (s *Server) awaitViewers() {
	for begin := time.Now(); s.viewers.Load() > 0 && time.Since(begin) < lastLook; {
		time.Sleep(10 * time.Millisecond)
	}
}

// Close ends the server. A second call does nothing.
func (s *Server) Close() error {
	s.quitting.Do(func() { close(s.quit) })
	ctx, cancel := context.WithTimeout(context.Background(), 100*time.Millisecond)
	defer cancel()
	_ = s.http.Shutdown(ctx) // what hangs is cut off
	err := s.http.Close()
	s.running.Wait()
	return err
}
