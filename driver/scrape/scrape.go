package scrape

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"sync"
	"time"
)

// Source is one exposition to read.
type Source struct {
	URL     *url.URL // user info is sent as basic authentication
	Name    string   // the URL without user info and query
	Metrics []string
	Every   time.Duration
}

// limit is how long an answer may take.
const limit = 5 * time.Second

// mostWaiting bounds what waits to be fetched.
const mostWaiting = 1000

// Reading is what a source said at one moment, or why it said nothing.
type Reading struct {
	At     time.Time
	Source string
	Values map[string]float64
	Err    error
}

// Scraper reads sources until it is closed. Its methods are safe for concurrent
// use.
type Scraper struct {
	client *http.Client
	cancel context.CancelFunc
	group  sync.WaitGroup

	mu       sync.Mutex
	readings []Reading
}

// Client makes the HTTP client of a scraper: connections of its own, no proxy but
// the environment's, redirects followed.
func Client() *http.Client {
	return &http.Client{Timeout: limit, Transport: &http.Transport{Proxy: http.ProxyFromEnvironment, MaxIdleConnsPerHost: 1, DisableCompression: false}}
}

// Start begins to read, at once and then every so often.
func Start(ctx context.Context, client *http.Client, sources []Source) *Scraper {
	s := &Scraper{client: client}
	ctx, s.cancel = context.WithCancel(ctx)
	for i := range sources {
		s.group.Go(func() { s.follow(ctx, &sources[i]) })
	}
	return s
}

func (s *Scraper) follow(ctx context.Context, source *Source) {
	tick := time.NewTicker(source.Every)
	defer tick.Stop()
	for {
		r := Reading{Source: source.Name}
		r.Values, r.Err = Read(ctx, s.client, source)
		r.At = time.Now()
		if ctx.Err() != nil {
			return
		}
		s.mu.Lock()
		if len(s.readings) < mostWaiting {
			s.readings = append(s.readings, r)
		}
		s.mu.Unlock()
		select {
		case <-tick.C:
		case <-ctx.Done():
			return
		}
	}
}

// Take hands over what has been read since the last time.
func (s *Scraper) Take() []Reading {
	s.mu.Lock()
	defer s.mu.Unlock()
	readings := s.readings
	s.readings = nil
	return readings
}

// Close stops reading and waits until every goroutine has ended.
func (s *Scraper) Close() {
	s.cancel()
	s.group.Wait()
	s.client.CloseIdleConnections()
}

// Read asks a source once. The error never holds the user info or the query of
// its URL.
func Read(ctx context.Context, client *http.Client, source *Source) (map[string]float64, error) {
	bare := *source.URL
	bare.User = nil
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, bare.String(), nil)
	if err != nil {
		return nil, errors.New("not a URL that can be asked")
	}
	if user := source.URL.User; user != nil {
		password, _ := user.Password()
		req.SetBasicAuth(user.Username(), password)
	}
	req.Header.Set("Accept", "text/plain;version=0.0.4")
	answer, err := client.Do(req)
	if err != nil {
		var wrapped *url.Error
		if errors.As(err, &wrapped) { // its text holds the URL
			err = wrapped.Err
		}
		return nil, err
	}
	defer answer.Body.Close()
	if answer.StatusCode != http.StatusOK {
		return nil, fmt.Errorf("status %d", answer.StatusCode)
	}
	wanted := make(map[string]bool, len(source.Metrics))
	for _, m := range source.Metrics {
		wanted[m] = true
	}
	values, err := Parse(answer.Body, func(name []byte) bool { return wanted[string(name)] })
	if err != nil {
		return nil, fmt.Errorf("not the text format of Prometheus: %w", err)
	}
	if len(values) == 0 {
		return nil, errors.New("it has none of the metrics asked for")
	}
	return values, nil
}
