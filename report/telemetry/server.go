package telemetry

import (
	"context"
	"errors"
	"fmt"
	"maps"
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

	mu       sync.Mutex
	scrapers map[string]*scraper // by connection, and by address for those that keep none
	scraped  chan struct{}       // closed and made anew at the end of each scrape
}

// scraper is somebody who scrapes.
type scraper struct {
	kept  bool          // told apart by its connection
	begun time.Time     // the beginning of its last whole scrape
	gap   time.Duration // between the last two; 0: there was one
}

// mostScrapers bounds how many are remembered.
const mostScrapers = 64

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
	s := &Server{listener: listener, served: make(chan error, 1), scraped: make(chan struct{}), scrapers: map[string]*scraper{}}
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
		host, _, _ := net.SplitHostPort(r.RemoteAddr)
		s.note(r.RemoteAddr, true, begun)
		s.note(host+" "+r.UserAgent(), false, begun)
		close(s.scraped)
		s.scraped = make(chan struct{})
	})
}

// longestWait bounds the wait for a last scrape.
const longestWait = time.Minute

func (s *Server) note(key string, kept bool, begun time.Time) {
	who := s.scrapers[key]
	if who == nil {
		if len(s.scrapers) >= mostScrapers {
			maps.DeleteFunc(s.scrapers, func(_ string, old *scraper) bool { return begun.Sub(old.begun) > longestWait })
		}
		if len(s.scrapers) >= mostScrapers {
			return
		}
		who = &scraper{kept: kept}
		s.scrapers[key] = who
	} else {
		who.gap = begun.Sub(who.begun)
	}
	who.begun = begun
}

// regular are those who are expected to come again: who kept a connection over
// two scrapes, or if nobody did, who came twice from one address.
func (s *Server) regular(now time.Time) []*scraper {
	var all []*scraper
	for _, kept := range []bool{true, false} {
		for _, who := range s.scrapers {
			if who.kept == kept && who.gap > 0 && now.Sub(who.begun) < 3*who.gap+time.Second {
				all = append(all, who)
			}
		}
		if len(all) > 0 {
			break
		}
	}
	return all
}

// Expected is how long it may take until everybody who scrapes regularly has
// come again, judged by their last two scrapes; 0: nobody does.
func (s *Server) Expected() (within time.Duration) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, who := range s.regular(time.Now()) {
		within = max(within, who.gap+who.gap/2+100*time.Millisecond)
	}
	return min(within, longestWait)
}

// AwaitScrape waits until everybody who scrapes regularly has begun a scrape
// after the call and been answered, or ctx ends; it tells whether they have.
func (s *Server) AwaitScrape(ctx context.Context) bool {
	since := time.Now()
	s.mu.Lock()
	awaited := s.regular(since)
	s.mu.Unlock()
	for {
		s.mu.Lock()
		scraped, left := s.scraped, 0
		for _, who := range awaited {
			if !who.begun.After(since) {
				left++
			}
		}
		s.mu.Unlock()
		if left == 0 {
			return len(awaited) > 0
		}
		select {
		case <-scraped:
		case <-ctx.Done():
			return false
		}
	}
}

// lastAnswers is how long answers that are on their way may take.
const lastAnswers = 2 * time.Second

// Close ends the page, once scrapes in progress have been answered.
func (s *Server) Close() error {
	ctx, cancel := context.WithTimeout(context.Background(), lastAnswers)
	defer cancel()
	err := s.http.Shutdown(ctx)
	if errors.Is(err, context.DeadlineExceeded) {
		err = s.http.Close()
	}
	if served := <-s.served; !errors.Is(served, http.ErrServerClosed) {
		err = errors.Join(err, served)
	}
	return err
}
