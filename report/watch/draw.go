package watch

import (
	"hash/maphash"
	"os"
	"time"

	"authsoak/report/page"
	"authsoak/report/timeline"
	"authsoak/results"
)

// update is what a tick leaves for the page.
type update struct {
	snapshot results.Snapshot
	story    *page.Story // nil: nobody watches
}

// livePoints bounds the lines of a live page: it is drawn every second.
const livePoints = 240

// Update takes the state of the run. It may be called from one goroutine, and
// doesn't wait: where the last state has not been drawn yet, it is replaced.
func (s *Server) Update(snapshot results.Snapshot) {
	u := update{snapshot: snapshot}
	if s.watched() {
		u.story = storyOf(snapshot.Result())
	}
	u.snapshot.Result = nil // it is not for later
	select {
	case <-s.updates:
	default:
	}
	s.updates <- u
}

func (s *Server) watched() bool {
	return s.viewers.Load() > 0 || time.Now().UnixNano() < s.wanted.Load()
}

// storyOf copies what a result holds only until the next tick.
func storyOf(r results.Result) *page.Story {
	story := &page.Story{Summary: r.Summary, Hold: map[string]*results.Histogram{}}
	for i := range r.Times {
		t := &r.Times[i]
		for response, h := range map[bool]*results.Histogram{false: t.Service, true: t.Response} {
			if h.Count() > 0 {
				twin := new(results.Histogram)
				twin.Merge(h)
				story.Hold[t.Tag(results.Hold, response)] = twin
			}
		}
	}
	return story
}

// draw follows the run's own record and makes pages of it.
func (s *Server) draw() {
	over := timeline.New(livePoints)
	var tail *results.Tail
	defer func() {
		if tail != nil {
			_ = tail.Close()
		}
	}()
	for {
		var u update
		select {
		case <-s.quit:
			return
		case u = <-s.updates:
		}
		if tail == nil {
			var err error
			if tail, err = results.OpenTail(s.opt.Folder); err != nil {
				continue
			}
		}
		for line, err := range tail.Lines() {
			if err == nil {
				over.Add(line)
			}
		}
		if u.story == nil || len(over.Runs) == 0 {
			continue
		}
		u.story.Timeline = over
		u.story.Folder = s.opt.Folder.Dir
		u.story.Scenario = s.scenario()
		u.story.Examples = s.examples()
		u.story.Live = &page.Live{
			Elapsed: u.snapshot.Elapsed.Seconds(), Planned: u.snapshot.Planned.Seconds(), Phase: u.snapshot.Phase.String(),
			Stopping: s.stopping.Load(),
		}
		if made, err := newShown(u.story); err == nil {
			s.publish(made)
		}
	}
}

func (s *Server) scenario() string {
	text, _ := os.ReadFile(s.opt.Folder.Path(results.ScenarioFile)) // a page without it is a page
	return string(text)
}

// liveExamples bounds how many failures a live page shows.
const liveExamples = 20

func (s *Server) examples() (list []results.Example) {
	for e, err := range results.ReadSamples(s.opt.Folder) {
		if err != nil {
			break
		}
		list = append(list, e)
	}
	return page.Pick(list, liveExamples)
}

// shown is one state of the page.
type shown struct {
	story    *page.Story
	sections []page.Section
	sums     map[string]uint64 // of the sections, by id
	events   map[string]*part  // that replace the sections, by id
	end      *part             // the event after those: what holds for the whole page
	state    string            // live, stopping, ended
}

var seed = maphash.MakeSeed()

// sectionNews replaces a section.
type sectionNews struct {
	ID   string `json:"id"`
	HTML string `json:"html"`
}

// pageNews is what the sections before it belong to.
type pageNews struct {
	State   string `json:"state"`
	Verdict string `json:"verdict"`
	Title   string `json:"title"`
}

func newShown(story *page.Story) (*shown, error) {
	sections, err := story.Sections()
	if err != nil {
		return nil, err
	}
	sh := &shown{story: story, sections: sections, sums: map[string]uint64{}, events: map[string]*part{}, state: "live"}
	for _, section := range sections {
		sh.sums[section.ID] = maphash.String(seed, string(section.HTML))
		sh.events[section.ID] = event("section", sectionNews{section.ID, string(section.HTML)})
	}
	switch {
	case story.Live.Ended:
		sh.state = "ended"
	case story.Live.Stopping:
		sh.state = "stopping"
	}
	sh.end = event("page", pageNews{sh.state, story.Verdict(), page.Title(story)})
	return sh, nil
}

// publish makes a state the current one and wakes who waits for it.
func (s *Server) publish(sh *shown) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.shown != nil && s.shown.state == "ended" {
		return // nothing comes after the end
	}
	s.shown = sh
	close(s.news)
	s.news = make(chan struct{})
}

// current returns the last state, and what is closed when there is another.
func (s *Server) current() (*shown, <-chan struct{}) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.shown, s.news
}
