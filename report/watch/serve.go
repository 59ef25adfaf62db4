package watch

import (
	"bytes"
	"encoding/json"
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
	_, _ = w.Write(b.Bytes())
}

// patience is how long a browser may take to accept one update. The next is made
// of what is new then: a slow one sees fewer, never older ones.
const patience = 10 * time.Second

// news is one event: the sections that changed since the last one.
type news struct {
	State    string            `json:"state"`
	Verdict  string            `json:"verdict"`
	Title    string            `json:"title"`
	Sections map[string]string `json:"sections"`
}

// events streams what changes.
func (s *Server) events(w http.ResponseWriter, r *http.Request) {
	if s.viewers.Add(1) > mostViewers {
		s.viewers.Add(-1)
		http.Error(w, "too many browsers watch this run", http.StatusServiceUnavailable)
		return
	}
	defer s.viewers.Add(-1)
	w.Header().Set("Content-Type", "text/event-stream")
	out := http.NewResponseController(w)
	if out.Flush() != nil { // the browser knows that it is connected
		return
	}
	known := map[string]uint64{}
	for {
		sh, changed := s.current()
		if sh != nil {
			if send(w, out, sh, known) != nil || sh.state == "ended" {
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

// send writes one event and remembers what the browser then knows.
func send(w http.ResponseWriter, out *http.ResponseController, sh *shown, known map[string]uint64) error {
	n := news{State: sh.state, Verdict: sh.story.Verdict(), Title: page.Title(sh.story), Sections: map[string]string{}}
	for _, section := range sh.sections {
		if known[section.ID] != sh.sums[section.ID] {
			known[section.ID] = sh.sums[section.ID]
			n.Sections[section.ID] = string(section.HTML)
		}
	}
	data, err := json.Marshal(n) // without line breaks, as an event's data must be
	if err != nil {
		return err
	}
	if err := out.SetWriteDeadline(time.Now().Add(patience)); err != nil {
		return err
	}
	for _, part := range [][]byte{[]byte("event: page\ndata: "), data, []byte("\n\n")} {
		if _, err := w.Write(part); err != nil {
			return err
		}
	}
	return out.Flush()
}
