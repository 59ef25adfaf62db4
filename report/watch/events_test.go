package watch

import (
	"bufio"
	"bytes"
	"compress/gzip"
	"context"
	"encoding/json"
	"io"
	"net/http"
	"regexp"
	"strings"
	"testing"
	"time"

	"authsoak/report/page"
	"authsoak/results"
)

// get asks without the transport's own compression, which would hide ours.
func (r *rig) get(path, accept string) *http.Response {
	r.t.Helper()
	ctx, cancel := context.WithTimeout(r.t.Context(), 20*time.Second)
	r.t.Cleanup(cancel)
	request, _ := http.NewRequestWithContext(ctx, "GET", r.address()+path, nil)
	request.Header.Set("Accept-Encoding", accept)
	answer, err := (&http.Client{Transport: r.client.Transport}).Do(request)
	if err != nil {
		r.t.Fatal(err)
	}
	r.t.Cleanup(func() { _ = answer.Body.Close() })
	return answer
}

// end finishes the run, with its last page.
func (r *rig) end() {
	s, _ := r.c.Finish(results.Ending{Elapsed: r.now, Hold: r.now, Sessions: make([]results.SessionCounts, 1)})
	story, err := page.Read(s, r.opt.Folder.Dir)
	if err == nil {
		err = r.Finish(story)
	}
	if err != nil {
		r.t.Error(err)
	}
}

// state is an event of the page with the sections before it.
type state struct {
	pageNews
	sections map[string]string
}

// states reads events until the reader ends, and hands each state out as it
// comes.
func states(t *testing.T, body io.Reader, each func(state)) {
	t.Helper()
	lines := bufio.NewScanner(body)
	lines.Buffer(nil, 4<<20)
	name, next := "", state{sections: map[string]string{}}
	for lines.Scan() {
		if text, ok := strings.CutPrefix(lines.Text(), "event: "); ok {
			name = text
		}
		text, ok := strings.CutPrefix(lines.Text(), "data: ")
		if !ok {
			continue
		}
		var section sectionNews
		var err error
		switch name {
		case "section":
			err = json.Unmarshal([]byte(text), &section)
			next.sections[section.ID] = section.HTML
		case "page":
			err = json.Unmarshal([]byte(text), &next.pageNews)
			each(next)
			next = state{sections: map[string]string{}}
		}
		if err != nil {
			t.Fatalf("event %q: %v", name, err)
		}
	}
	if err := lines.Err(); err != nil {
		t.Errorf("the stream breaks off: %v", err)
	}
}

// TestEvents reads updates until the end of the run, plain and compressed. That
// the fourth comes at all tells that the compressor holds none back: nothing
// follows that would push it out.
func TestEvents(t *testing.T) {
	for _, c := range []struct{ accept, encoding string }{{"identity", ""}, {"gzip, deflate, br", "gzip"}} {
		t.Run(c.accept, func(t *testing.T) {
			r := serve(t, "0")
			stop := r.ticking()
			answer := r.get("events", c.accept)
			if got := answer.Header.Get("Content-Encoding"); got != c.encoding {
				t.Fatalf("Content-Encoding %q, want %q", got, c.encoding)
			}
			body := io.Reader(answer.Body)
			if c.encoding != "" {
				var err error
				if body, err = gzip.NewReader(answer.Body); err != nil {
					t.Fatal(err)
				}
			}
			seen, whole, last := 0, 0, ""
			states(t, body, func(s state) {
				seen++
				if s.sections["meaning"] != "" {
					whole++
				}
				if last = s.Verdict; seen == 3 {
					stop()
					go r.end()
				}
			})
			if seen < 4 || whole != 1 {
				t.Errorf("%d updates, %d of them with what never changes; want 4 and 1", seen, whole)
			}
			if last != string(results.Pass) {
				t.Errorf("the run ends with verdict %s", last)
			}
		})
	}
}

// TestNothingIsHeldBack waits for one event of a run that then stands still.
func TestNothingIsHeldBack(t *testing.T) {
	r := serve(t, "0")
	answer := r.get("events", "gzip")
	for sh, _ := r.current(); sh == nil; sh, _ = r.current() {
		r.tick()
		time.Sleep(time.Millisecond) // it is drawn beside this
	}
	body, err := gzip.NewReader(answer.Body)
	if err != nil {
		t.Fatal(err)
	}
	lines := bufio.NewScanner(body)
	lines.Buffer(nil, 4<<20)
	for name := ""; name != "event: page"; {
		if !lines.Scan() {
			t.Fatalf("no state of the page: %v", lines.Err())
		}
		if strings.HasPrefix(lines.Text(), "event: ") {
			name = lines.Text()
		}
	}
	if !lines.Scan() || !strings.HasPrefix(lines.Text(), "data: {") || !lines.Scan() || lines.Text() != "" {
		t.Errorf("the event is not whole: %q, %v", lines.Text(), lines.Err())
	}
}

// TestPageIsCompressed compares both ways of asking for the page.
func TestPageIsCompressed(t *testing.T) {
	r := serve(t, "0")
	defer r.ticking()()
	plain, packed := r.get("", "identity"), r.get("", "gzip;q=1, *;q=0")
	for _, a := range []*http.Response{plain, packed} {
		if got := a.Header.Get("Vary"); got != "Accept-Encoding" {
			t.Errorf("Vary %q", got)
		}
	}
	if plain.Header.Get("Content-Encoding") != "" || packed.Header.Get("Content-Encoding") != "gzip" {
		t.Fatalf("Content-Encoding %q and %q", plain.Header.Get("Content-Encoding"), packed.Header.Get("Content-Encoding"))
	}
	sent, err := io.ReadAll(packed.Body)
	if err != nil {
		t.Fatal(err)
	}
	unpack, err := gzip.NewReader(bytes.NewReader(sent))
	if err != nil {
		t.Fatal(err)
	}
	text, err := io.ReadAll(unpack)
	if err != nil || !bytes.HasSuffix(text, []byte("</html>\n")) {
		t.Errorf("%d bytes of a page: %v", len(text), err)
	}
	if 3*len(sent) > len(text) {
		t.Errorf("a page of %d bytes is sent as %d", len(text), len(sent))
	}
}

func TestAcceptsGzip(t *testing.T) {
	for _, c := range []struct {
		header []string
		want   bool
	}{
		{nil, false},
		{[]string{""}, false},
		{[]string{"gzip"}, true},
		{[]string{"deflate, GZip;q=0.5"}, true},
		{[]string{"br", "gzip"}, true},
		{[]string{"br;q=1.0, *;q=0.1"}, true},
		{[]string{"*;q=0"}, false},
		{[]string{"gzip;q=0, *"}, false},
		{[]string{"*, gzip; q=0.000"}, false},
		{[]string{"gzip;q=none"}, false},
		{[]string{"identity, gzippy"}, false},
	} {
		if got := acceptsGzip(http.Header{"Accept-Encoding": c.header}); got != c.want {
			t.Errorf("%q: %v, want %v", c.header, got, c.want)
		}
	}
}

// TestContents makes sure that a page leads to no part that the run doesn't have.
func TestContents(t *testing.T) {
	r := serve(t, "0")
	defer r.ticking()()
	_, body := r.ask("GET", r.URL(), nil)
	links := map[string]bool{}
	for _, m := range regexp.MustCompile(`<a href="#(\w+)">`).FindAllStringSubmatch(body, -1) {
		links[m[1]] = true
	}
	for _, m := range regexp.MustCompile(`<section id="(\w+)" data-title="[^"]+">(</section>)?`).FindAllStringSubmatch(body, -1) {
		if id, filled := m[1], m[2] == ""; links[id] != filled {
			t.Errorf("section %s: there is a link: %v, there is a part: %v", id, links[id], filled)
		}
	}
	for _, id := range []string{"experiment", "drift", "network", "scenario"} {
		if links[id] {
			t.Errorf("the contents lead to %s, which this run doesn't have", id)
		}
	}
	if !links["steps"] || !links["meaning"] {
		t.Errorf("the contents are %v", links)
	}
}
