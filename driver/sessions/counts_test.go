package sessions

import (
	"testing"

	"pgregory.net/rapid"
)

func TestTransitions(t *testing.T) {
	tests := map[string]struct {
		path []State
		want Counts
	}{
		"a cycle":                  {[]State{Opening, Live, Closing, Closed}, Counts{Opened: 1, Closed: 1, PeakLive: 1}},
		"on its way":               {[]State{Opening}, Counts{Opening: 1}},
		"live":                     {[]State{Opening, Live}, Counts{Opened: 1, Live: 1, PeakLive: 1}},
		"logout on its way":        {[]State{Opening, Live, Closing}, Counts{Opened: 1, Live: 1, PeakLive: 1}},
		"login refused":            {[]State{Opening, Idle}, Counts{}},
		"login unknown":            {[]State{Opening, PossiblyOpen}, Counts{PossiblyOpen: 1}},
		"found open":               {[]State{Opening, PossiblyOpen, Live}, Counts{Opened: 1, Live: 1, PeakLive: 1}},
		"found not open":           {[]State{Opening, PossiblyOpen, Idle}, Counts{}},
		"found dead":               {[]State{Opening, PossiblyOpen, Expired}, Counts{}},
		"closed, so it was open":   {[]State{Opening, PossiblyOpen, Closed}, Counts{Opened: 1, Closed: 1}},
		"logout refused":           {[]State{Opening, Live, Closing, Live}, Counts{Opened: 1, Live: 1, PeakLive: 1}},
		"logout unknown":           {[]State{Opening, Live, Closing, PossiblyClosed}, Counts{Opened: 1, PossiblyClosed: 1, PeakLive: 1}},
		"found closed":             {[]State{Live, Closing, PossiblyClosed, Closed}, Counts{Opened: 1, Closed: 1, PeakLive: 1}},
		"found alive":              {[]State{Live, Closing, PossiblyClosed, Live}, Counts{Opened: 1, Live: 1, PeakLive: 1}},
		"expired":                  {[]State{Opening, Live, Expired}, Counts{Opened: 1, Expired: 1, PeakLive: 1}},
		"dead at logout":           {[]State{Opening, Live, Closing, Expired}, Counts{Opened: 1, Expired: 1, PeakLive: 1}},
		"abandoned":                {[]State{Opening, Live, Abandoned}, Counts{Opened: 1, Abandoned: 1, EverAbandoned: 1, PeakLive: 1}},
		"abandoned, closed later":  {[]State{Live, Abandoned, Closing, Closed}, Counts{Opened: 1, Closed: 1, EverAbandoned: 1, PeakLive: 1}},
		"abandoned, then expired":  {[]State{Live, Abandoned, Expired}, Counts{Opened: 1, Expired: 1, EverAbandoned: 1, PeakLive: 1}},
		"a new login over a live":  {[]State{Live, Opening, Live}, Counts{Opened: 2, Expired: 1, Live: 1, PeakLive: 1}},
		"closed without a session": {[]State{Closed, Expired, Idle}, Counts{}},
	}
	for name, test := range tests {
		s, err := Create("", 2)
		if err != nil {
			t.Fatal(err)
		}
		h := s.Shard(1)
		id := take(t, h)
		h.At(id).Target = 200
		for _, to := range test.path {
			h.SetState(id, to)
			if err := s.Check(); err != nil {
				t.Errorf("%s: Check after %v: %v", name, to, err)
			}
		}
		if got := s.CountsOf(200); got != test.want {
			t.Errorf("%s: CountsOf = %+v, want %+v", name, got, test.want)
		}
		if got := s.Counts(); got != test.want {
			t.Errorf("%s: Counts = %+v, want %+v", name, got, test.want)
		}
		s.Close()
	}
}

func TestCheckFindsADifference(t *testing.T) {
	s, err := Create("", 1)
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	h := s.Shard(0)
	id := take(t, h)
	h.SetState(id, Live)
	h.At(id).Target = 9 // against the rule
	if s.Check() == nil {
		t.Error("Check after a session changed its target: no error")
	}
	h.At(id).Target = 0
	h.tally(0).opened.Add(1)
	if s.Check() == nil {
		t.Error("Check after a count went wrong: no error")
	}
}

func TestPeakLiveIsOfAllShardsTogether(t *testing.T) {
	s, err := Create("", 3)
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	var ids [3]ID
	for i := range ids {
		ids[i] = take(t, s.Shard(i))
		s.Shard(i).At(ids[i]).Target = uint8(i % 2)
		s.Shard(i).SetState(ids[i], Live)
	}
	for i := range ids {
		s.Shard(i).SetState(ids[i], Closed)
	}
	if all, zero := s.Counts().PeakLive, s.CountsOf(0).PeakLive; all != 3 || zero != 2 {
		t.Errorf("peaks = %d of all, %d of target 0, want 3, 2", all, zero)
	}
}

func TestStateNames(t *testing.T) {
	for s, want := range map[State]string{Free: "free", PossiblyClosed: "possibly-closed", Closed: "closed", Expired: "expired", 99: "unknown"} {
		if s.String() != want {
			t.Errorf("State(%d) = %q, want %q", s, s, want)
		}
	}
}

// modelUser is what the store should know of one user.
type modelUser struct {
	state State
	jar   string
}

func TestStoreAgainstModel(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		s, err := Create("", 1)
		if err != nil {
			t.Fatal(err)
		}
		defer s.Close()
		m := &model{h: s.Shard(0), users: map[ID]*modelUser{}}
		t.Repeat(map[string]func(*rapid.T){
			"take":    m.take,
			"release": m.release,
			"save":    m.save,
			"state":   m.state,
			"leave":   m.leave,
			"":        m.check,
		})
	})
}

type model struct {
	h     *Shard
	users map[ID]*modelUser
}

func (m *model) any(t *rapid.T) ID {
	if len(m.users) == 0 {
		t.Skip("no user")
	}
	var ids []ID
	m.h.Each(func(id ID, _ *Record) bool { ids = append(ids, id); return true })
	return rapid.SampledFrom(ids).Draw(t, "id")
}

var anyState = rapid.SampledFrom([]State{
	Idle, Opening, Live, Closing, Abandoned, PossiblyOpen, PossiblyClosed, Closed, Expired,
})

func (m *model) take(t *rapid.T) {
	id, err := m.h.Take()
	if err != nil || m.users[id] != nil {
		t.Fatalf("Take = %d, %v", id, err)
	}
	m.users[id] = &modelUser{Idle, jar("").text()}
}

func (m *model) release(t *rapid.T) {
	id := m.any(t)
	m.h.Release(id)
	delete(m.users, id)
}

func (m *model) save(t *rapid.T) {
	id := m.any(t)
	j := &Jar{
		Slots:  rapid.SliceOfN(rapid.SliceOfN(rapid.Byte(), 0, 300), 0, 4).Draw(t, "slots"),
		Others: rapid.SliceOfN(rapid.Byte(), 0, 200).Draw(t, "others"),
	}
	to := anyState.Draw(t, "state")
	if err := m.h.SaveAs(id, j, to); err != nil {
		t.Fatal(err)
	}
	text := j.text()
	if j.empty() {
		text = jar("").text()
	}
	*m.users[id] = modelUser{settle(to), text}
}

func (m *model) state(t *rapid.T) {
	id, to := m.any(t), anyState.Draw(t, "state")
	m.h.SetState(id, to)
	u := m.users[id]
	if u.state = settle(to); u.state == Idle {
		u.jar = jar("").text()
	}
}

func (m *model) leave(t *rapid.T) {
	id := m.any(t)
	left, err := m.h.Leave(id, Abandoned)
	if err != nil || m.users[left] != nil {
		t.Fatalf("Leave = %d, %v", left, err)
	}
	m.users[left] = &modelUser{Abandoned, m.users[id].jar}
	m.users[id] = &modelUser{Idle, jar("").text()}
}

// check compares users, counts and the number of blocks in use.
func (m *model) check(t *rapid.T) {
	seen, blocks := 0, 0
	var got Jar
	m.h.Each(func(id ID, r *Record) bool {
		seen++
		u := m.users[id]
		m.h.Load(id, &got)
		if u == nil || r.State() != u.state || got.text() != u.jar {
			t.Fatalf("record %d: %v, %s, want %+v", id, r.State(), got.text(), u)
		}
		blocks += blocksFor(r.JarBytes())
		return true
	})
	if seen != len(m.users) {
		t.Fatalf("%d records, want %d", seen, len(m.users))
	}
	for b := m.h.freeBlock; b != 0; b = m.h.block(b).next {
		blocks++
	}
	if used := int(m.h.blocks.used.Load()) - 1; blocks != used {
		t.Fatalf("%d blocks in use or free, want %d", blocks, used)
	}
	if err := m.h.store.Check(); err != nil {
		t.Fatal(err)
	}
}
