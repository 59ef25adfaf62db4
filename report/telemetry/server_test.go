package telemetry

import (
	"context"
	"io"
	"net/http"
	"strings"
	"testing"
	"time"

	"authsoak/results"
)

func TestAddress(t *testing.T) {
	for text, want := range map[string]string{
		"9464": "127.0.0.1:9464", ":9464": "127.0.0.1:9464", "localhost:1": "localhost:1", "127.0.0.2:1": "127.0.0.2:1", "[::1]:1": "[::1]:1",
		"0.0.0.0:9464": "0.0.0.0:9464 wide", "[::]:1": "[::]:1 wide", "10.0.0.1:1": "10.0.0.1:1 wide", "box.test:1": "box.test:1 wide",
		"": "is no port", "x": "is no port", "127.0.0.1:70000": "is no port", "1:2:3": "must be PORT or HOST:PORT", ":-1": "is no port",
	} {
		got, wide, err := Address(text)
		if wide {
			got += " wide"
		}
		if err != nil {
			got = err.Error()
		}
		if got != want && (err == nil || !strings.Contains(got, want)) {
			t.Errorf("Address(%q): %q, want %q", text, got, want)
		}
	}
}

func TestServer(t *testing.T) {
	r := newRig(t, nil)
	r.play(results.Hold, 10)
	s, err := Serve("127.0.0.1:0", r.meter)
	if err != nil {
		t.Fatal(err)
	}
	client := &http.Client{Transport: &http.Transport{DisableKeepAlives: true}}
	get := func(url string) (int, string) {
		t.Helper()
		w, err := client.Get(url)
		if err != nil {
			t.Fatal(err)
		}
		defer w.Body.Close()
		b, err := io.ReadAll(w.Body)
		if err != nil {
			t.Fatal(err)
		}
		return w.StatusCode, string(b)
	}
	if s.Expected() != 0 {
		t.Errorf("a scrape is expected within %s though none has come", s.Expected())
	}
	done, cancel := context.WithCancel(t.Context())
	cancel()
	if s.AwaitScrape(done) { // nobody is expected
		t.Error("a scrape was seen though none has come")
	}
	for range 2 {
		code, page := get(s.URL())
		if code != 200 || !strings.Contains(page, `authsoak_steps_total{outcome="ok",phase="hold",step="logout",target="octane"} 10`) {
			t.Errorf("%d\n%s", code, page)
		}
		time.Sleep(time.Millisecond) // so that the two are some time apart
	}
	if s.Expected() <= 0 || s.Expected() > longestWait {
		t.Errorf("a scrape is expected within %s", s.Expected())
	}
	base := strings.TrimSuffix(s.URL(), "/metrics")
	if code, page := get(base + "/"); code != 200 || !strings.Contains(page, "/metrics") {
		t.Errorf("the root: %d %s", code, page)
	}
	if code, _ := get(base + "/other"); code != 404 {
		t.Errorf("another page: %d", code)
	}
	if _, err := Serve(strings.TrimPrefix(base, "http://"), r.meter); err == nil || !strings.Contains(err.Error(), "in use") {
		t.Errorf("the same address again: %v", err)
	}
	// Two who keep their connections: both are waited for.
	kept := [2]*http.Client{{Transport: &http.Transport{}}, {Transport: &http.Transport{}}}
	scrape := func(i int) {
		w, err := kept[i].Get(s.URL())
		if err != nil {
			t.Error(err)
			return
		}
		_, _ = io.Copy(io.Discard, w.Body)
		_ = w.Body.Close()
	}
	for range 2 {
		scrape(0)
		scrape(1)
	}
	seen := make(chan bool)
	go func() { seen <- s.AwaitScrape(t.Context()) }()
	for range 20 {
		scrape(0)
	}
	select {
	case <-seen:
		t.Error("the second one was not waited for")
	default:
	}
	for waiting := true; waiting; {
		scrape(0)
		scrape(1)
		select {
		case ok := <-seen:
			waiting = false
			if !ok {
				t.Error("the scrapes were not seen")
			}
		default:
		}
	}
	for _, c := range kept {
		c.CloseIdleConnections()
	}
	if err := s.Close(); err != nil {
		t.Error(err)
	}
}
