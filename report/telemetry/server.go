package telemetry

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/promhttp"
)

// Address completes what a user wrote as the address of the metrics page: a port
// alone, or one without a host, is on this machine's loopback. wide says that
// other machines reach it.
func Address(text string) (address string, wide bool, err error) {
	if !strings.Contains(text, ":") {
		text = ":" + text
	}
	host, port, err := net.SplitHostPort(text)
	if err != nil {
		return "", false, fmt.Errorf("must be PORT or HOST:PORT, not %q", text)
	}
	if n, err := strconv.Atoi(port); err != nil || n < 0 || n > 65535 {
		return "", false, fmt.Errorf("%q is no port", port)
	}
	if host == "" {
		host = "127.0.0.1"
	}
	ip := net.ParseIP(host)
	wide = host != "localhost" && (ip == nil || !ip.IsLoopback())
	return net.JoinHostPort(host, port), wide, nil
}

// Server serves the metrics page.
type Server struct {
	listener net.Listener
	http     *http.Server
	served   chan error

	mu      sync.Mutex
	begun   time.Time     // the beginning of the last whole scrape
	gap     time.Duration // between the last two
	scraped chan struct{} // closed and made anew at the end of each
}

// mostScrapes is how many scrapes are answered at a time.
const mostScrapes = 4

// Serve begins to serve the metrics of m under /metrics at an address that
// [Address] has completed.
func Serve(address string, m *Meter) (*Server, error) {
	listener, err := net.Listen("tcp", address)
	if err != nil {
		return nil, fmt.Errorf("metrics page: %w", err)
	}
	registry := prometheus.NewRegistry()
	if err := registry.Register(collector{m}); err != nil {
		return nil, errors.Join(fmt.Errorf("metrics page: %w", err), listener.Close())
	}
	s := &Server{listener: listener, served: make(chan error, 1), scraped: make(chan struct{})}
	page := promhttp.HandlerFor(registry, promhttp.HandlerOpts{
		MaxRequestsInFlight: mostScrapes, ErrorHandling: promhttp.ContinueOnError,
	})
	mux := http.NewServeMux()
	mux.Handle("GET /metrics", s.noted(page))
	mux.HandleFunc("GET /{$}", func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "text/html; charset=utf-8")
		_, _ = w.Write([]byte("<!doctype html><title>authsoak</title><a href=\"/metrics\">metrics</a>\n"))
	})
	s.http = &http.Server{
		Handler: mux, ReadHeaderTimeout: 5 * time.Second, ReadTimeout: 10 * time.Second,
		WriteTimeout: 30 * time.Second, IdleTimeout: 2 * time.Minute, MaxHeaderBytes: 16 << 10,
	}
	go func() { s.served <- s.http.Serve(listener) }()
	return s, nil
}

// URL is where the metrics are.
func (s *Server) URL() string { return "http://" + s.listener.Addr().String() + "/metrics" }

// noted notes when scrapes come.
func (s *Server) noted(page http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		begun := time.Now()
		page.ServeHTTP(w, r)
		s.mu.Lock()
		defer s.mu.Unlock()
		if !s.begun.IsZero() {
			s.gap = begun.Sub(s.begun)
		}
		s.begun = begun
		close(s.scraped)
		s.scraped = make(chan struct{})
	})
}

// longestWait bounds the wait for a last scrape.
const longestWait = time.Minute

// Expected is how long the next scrape may take to come, judged by the last two;
// 0: nobody scrapes regularly.
func (s *Server) Expected() time.Duration {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.gap == 0 || time.Since(s.begun) > 3*s.gap {
		return 0
	}
	return min(s.gap+s.gap/2+100*time.Millisecond, longestWait)
}

// AwaitScrape waits until a scrape that began after the call is answered, or ctx
// ends; it tells whether there was one.
func (s *Server) AwaitScrape(ctx context.Context) bool {
	since := time.Now()
	for {
		s.mu.Lock()
		done, scraped := s.begun.After(since), s.scraped
		s.mu.Unlock()
		if done {
			return true
		}
		select {
		case <-scraped:
		case <-ctx.Done():
			return false
		}
	}
}

// Close ends the page and every scrape in progress.
func (s *Server) Close() error {
	err := s.http.Close()
	if served := <-s.served; !errors.Is(served, http.ErrServerClosed) {
		err = errors.Join(err, served)
	}
	return err
}
