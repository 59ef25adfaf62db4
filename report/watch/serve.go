package watch

import (
	"bytes"
	"net/http"
	"time"

	"authsoak/report/page"
)

// firstPage is how long a browser waits for its first page: a tick and a half.
const firstPage = 3 * time.Second

// page serves the page as it is now: the next one to be made.
func (s *Server) page(w http.ResponseWriter, r *http.Request) {
	s.wanted.Store(time.Now().Add(firstPage).UnixNano())
	sh, news := s.current()
	if sh == nil || s.viewers.Load() == 0 { // what there is may be old
		select {
		case <-news:
			sh, _ = s.current()
		case <-time.After(firstPage):
		case <-r.Context().Done():
			return
		case <-s.quit:
		}
	}
	if sh == nil {
		w.Header().Set("Refresh", "1")
		http.Error(w, "the run has not begun", http.StatusServiceUnavailable)
		return
	}
	var b bytes.Buffer
	if err := page.Write(&b, sh.story, sh.sections); err != nil {
		http.Error(w, "the page could not be made", http.StatusInternalServerError)
		return
	}
	w.Header().Set("Content-Type", "text/html; charset=utf-8")
	out := newStream(w, r)
	_ = out.write(newPart(b.Bytes()))
	out.end()
}

// patience is how long a browser may take to accept one update. The next is made
// of what is new then: a slow one sees fewer, never older ones.
const patience = 10 * time.Second

// events streams what changes.
func (s *Server) events(w http.ResponseWriter, r *http.Request) {
	if s.viewers.Add(1) > mostViewers {
		s.viewers.Add(-1)
		http.Error(w, "too many browsers watch this run", http.StatusServiceUnavailable)
		return
	}
	defer s.viewers.Add(-1)
	w.Header().Set("Content-Type", "text/event-stream")
	out := newStream(w, r)
	if out.flush() != nil { // the browser knows that it is connected
		return
	}
	defer out.end()
	known := map[string]uint64{}
	for {
		sh, changed := s.current()
		if sh != nil {
			if send(out, sh, known) != nil || sh.state == "ended" {
				return
			}
		}
		select {
		case <-changed:
		case <-r.Context().Done():
			return
		case <-s.quit:
			return
		}
	}
}

// send writes the sections that changed, an event each, then the state of the
// page, and remembers what the browser then knows.
func send(out *stream, sh *shown, known map[string]uint64) error {
	for _, section := range sh.sections {
		if known[section.ID] == sh.sums[section.ID] {
			continue
		}
		known[section.ID] = sh.sums[section.ID]
		if err := out.write(sh.events[section.ID]); err != nil {
			return err
		}
	}
	if err := out.write(sh.end); err != nil {
		return err
	}
	return out.flush()
}
