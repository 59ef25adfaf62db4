package rules

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
	"time"

	"authsoak/profiles"
)

// search is the definition itself: it tries every order of the operations that
// keeps one that returned before another was invoked in front of it.
func search(m SessionModel, h History) Legality {
	if searchFrom(m, 0, h.Operations, make([]bool, len(h.Operations))) {
		return Legal
	}
	return Illegal
}

func searchFrom(m SessionModel, s States, ops []Operation, done []bool) bool {
	all := true
	for i := range ops {
		if done[i] {
			continue
		}
		all = false
		first := true
		for k := range ops {
			first = first && (done[k] || k == i || ops[k].Returned >= ops[i].Invoked)
		}
		if !first {
			continue
		}
		if next, ok := m.Step(s, &ops[i]); ok {
			done[i] = true
			if searchFrom(m, next, ops, done) {
				return true
			}
			done[i] = false
		}
	}
	return all
}

// written reads a history: one operation a line, "FROM-TO ACT SESSION OUTCOME",
// where FROM and TO are times (TO may be ∞), SESSION is a letter with a mark for
// each renewal, "-" for none, and OUTCOME is ok, no or ?, with the session that
// it opens (>B) or the renewal that it sets (+1). A line "settled T" ends it.
func written(t *testing.T, text string) History {
	t.Helper()
	var h History
	for line := range strings.Lines(strings.TrimSpace(text)) {
		f := strings.Fields(line)
		if f[0] == "settled" {
			fmt.Sscan(f[1], &h.Settled)
			continue
		}
		op := Operation{Session: None, Opens: None}
		from, to, _ := strings.Cut(f[0], "-")
		fmt.Sscan(from, &op.Invoked)
		if _, err := fmt.Sscan(to, &op.Returned); err != nil {
			op.Returned = Forever
		}
		op.Act = Act(slices.Index([]string{"login", "call", "refresh", "logout", "again"}, f[1]))
		if f[2] != "-" {
			op.Session, op.Cookie = int(f[2][0]-'A'), strings.Count(f[2], "'")
		}
		op.Outcome = Answered(slices.Index([]string{"?", "ok", "no"}, f[3]))
		if len(f) > 4 && f[4][0] == '>' {
			op.Opens = int(f[4][1] - 'A')
		} else if len(f) > 4 {
			fmt.Sscan(f[4], &op.Reissue)
		}
		h.Operations = append(h.Operations, op)
	}
	return h
}

var (
	revokes  = SessionModel{Revokes: true, Duplicate: profiles.Allow}
	refuses  = SessionModel{Revokes: true, Duplicate: profiles.Refuse}
	evicts   = SessionModel{Revokes: true, Duplicate: Evict}
	observes = SessionModel{Revokes: true, Duplicate: profiles.Observe}
	lenient  = SessionModel{Duplicate: profiles.Allow}
)

// Histories written by hand: what each is worth, and what is left of it.
func TestHistories(t *testing.T) {
	for _, c := range []struct {
		name, history string
		model         SessionModel
		want          Breach
		left          int // operations of the shortest history; 0: not looked at
	}{
		{"in order", "0-1 login - ok >A\n2-3 call A ok\n4-5 logout A ok\n6-7 call A no", revokes, Sound, 0},
		{"a call in flight may come first", "0-1 login - ok >A\n2-9 logout A ok\n3-8 call A ok\n4-7 call A no", revokes, Sound, 0},
		{"closed at the same instant", "0-1 login - ok >A\n2-3 logout A ok\n3-4 call A ok", revokes, Sound, 0},
		{"dead accepted", "0-1 login - ok >A\n1-2 call A ok\n2-3 logout A ok\n4-5 call A ok\n6-7 call A ok\nsettled 5", revokes, Revived, 3},
		{"late", "0-1 login - ok >A\n2-3 logout A ok\n4-5 call A ok\n7-8 call A no\nsettled 6", revokes, LateLogout, 3},
		{"never revoked", "0-1 login - ok >A\n2-3 logout A ok\n7-8 call A ok\nsettled 6", revokes, Revived, 3},
		{"not stated", "0-1 login - ok >A\n2-3 logout A ok\n7-8 call A ok\n9-10 call A no\nsettled 6", lenient, Sound, 0},
		{"refused, then accepted", "0-1 login - ok >A\n2-9 logout A ok\n3-4 call A no\n5-6 call A ok", revokes, Unordered, 0},
		{"live refused", "0-1 login - ok >A\n2-3 call A ok\n4-5 call A no\n6-7 call A ok", revokes, Unordered, 2},
		{"the logout may not have come", "0-1 login - ok >A\n2-3 logout A ?\n4-5 call A ok\n6-7 call A ok", revokes, Sound, 0},
		{"or it came later", "0-1 login - ok >A\n2-3 logout A ?\n4-5 call A ok\n6-7 call A no", revokes, Sound, 0},
		{"but not in between", "0-1 login - ok >A\n2-3 logout A ?\n4-5 call A no\n6-7 call A ok", revokes, Unordered, 0},
		{"logged out twice", "0-1 login - ok >A\n2-3 logout A ok\n4-5 logout A ok\n6-7 logout A no", revokes, Sound, 0},
		{"renewed and used", "0-1 login - ok >A\n2-3 refresh A ok +1\n4-5 call A' ok\n4-6 call A no", revokes, Sound, 0},
		{"renewed outlives", "0-1 login - ok >A\n2-9 refresh A ok +1\n3-4 logout A ok\n12-13 call A no\n14-15 call A' ok\nsettled 11", revokes, Renewed, 3},
		{"one id, two logins", "0-5 login - ok >A\n1-6 login - ok >A", revokes, Revived, 2},
		{"two logins", "0-5 login - ok >A\n1-6 login - ok >B\n7-8 logout A ok\n9-10 call B ok\n9-10 call A no", revokes, Sound, 0},
		{"a logout hits another", "0-5 login - ok >A\n1-6 login - ok >B\n7-8 logout A ok\n9-10 call B no", revokes, Unordered, 2},
		{"duplicate refused", "0-1 login - ok >A\n2-3 again A no\n4-5 logout A ok\n6-7 again A ok >B\n8-9 call B ok", refuses, Sound, 0},
		{"duplicate accepted", "0-1 login - ok >A\n2-3 again A ok >B\n4-5 call A ok\n6-7 call B ok", refuses, Duplicated, 2},
		{"duplicate in a logout", "0-1 login - ok >A\n2-9 logout A ok\n3-8 again A ok >B\n4-7 again A no", refuses, Sound, 0},
		{"duplicate after it", "0-1 login - ok >A\n2-3 logout A ok\n4-5 again A no", refuses, Duplicated, 0},
		{"allowed", "0-1 login - ok >A\n2-3 again A ok >B\n4-5 call A ok\n6-7 call B ok", revokes, Sound, 0},
		{"allowed, refused", "0-1 login - ok >A\n2-3 again A no", revokes, Duplicated, 2},
		{"allowed, ended", "0-1 login - ok >A\n2-3 again A ok >B\n4-5 call A no", revokes, Unordered, 0},
		{"open, ended", "0-1 login - ok >A\n2-3 again A ok >B\n4-5 call A no", observes, Sound, 0},
		{"evicted", "0-1 login - ok >A\n2-3 again A ok >B\n4-5 call A no\n6-7 call B ok", evicts, Sound, 0},
		{"not evicted", "0-1 login - ok >A\n2-3 login - ok >B\n4-5 call A ok\n6-7 call B ok", evicts, Revived, 0},
		{"evicted crosswise", "0-5 login - ok >A\n1-6 login - ok >B\n7-8 call A no\n7-8 call B no", evicts, Unordered, 0},
		{"kept", "0-1 login - ok >A\n2-3 again A ok >A\n4-5 call A ok", observes, Sound, 0},
		{"kept through a logout", "0-1 login - ok >A\n2-3 logout A ok\n4-5 again A ok >A\n6-7 call A ok", observes, SharedID, 3},
	} {
		t.Run(c.name, func(t *testing.T) {
			h := written(t, c.history)
			marked := h.Marked(&profiles.SessionRules{}, c.model)
			f := FindFault(marked, c.model, search)
			if f.Breach != c.want {
				t.Fatalf("FindFault = %d, want %d", f.Breach, c.want)
			}
			if c.left == 0 {
				return
			}
			short := f.History.Shrink(f.Model, func(h History) bool { return f.Shown(h, search) })
			if len(short.Operations) != c.left || search(f.Model, short) != Illegal {
				t.Errorf("shortest history %+v, want %d operations, illegal", short.Operations, c.left)
			}
		})
	}
}

// A session may have expired where its declared lifetime, less the allowance, has
// passed since its last use.
func TestHistoriesExpire(t *testing.T) {
	const text = "0-1 login - ok >A\n%d-%d call A ok\n%d-%d call A no\n%d-%d call A %s"
	at := func(seconds float64) int { return int(seconds * 1e9) }
	for _, c := range []struct {
		idle, absolute time.Duration
		by             profiles.Declaration
		used, refused  float64
		again          string
		want           Breach
	}{
		{20 * time.Second, 0, profiles.Use, 10, 29, "no", Sound},
		{20 * time.Second, 0, profiles.Use, 10, 27, "no", Unordered},
		{20 * time.Second, 0, profiles.Use, 10, 29, "ok", Unordered},
		{20 * time.Second, 0, profiles.Renewal, 10, 19, "no", Sound},
		{0, 20 * time.Second, profiles.Use, 10, 19, "no", Sound},
		{0, 20 * time.Second, profiles.Use, 10, 17, "no", Unordered},
		{0, 0, profiles.Use, 10, 1e6, "no", Unordered},
	} {
		h := written(t, fmt.Sprintf(text, at(c.used), at(c.used)+1, at(c.refused), at(c.refused)+1, at(c.refused)+2, at(c.refused)+3, c.again))
		r := &profiles.SessionRules{Idle: c.idle, Absolute: c.absolute, ExtendedBy: c.by}
		if f := FindFault(h.Marked(r, revokes), revokes, search); f.Breach != c.want {
			t.Errorf("%+v: FindFault = %d, want %d", c, f.Breach, c.want)
		}
	}
}

// What an honest server of each model answers is never a fault, and stays none
// when answers get lost.
func TestHistoriesOfHonestServers(t *testing.T) {
	for _, m := range []SessionModel{revokes, refuses, evicts, lenient, observes} {
		for seed := range uint64(400) {
			h := honest(rand.New(rand.NewPCG(seed, 1)), m)
			if f := FindFault(h.Marked(&profiles.SessionRules{}, m), m, search); f.Breach != Sound {
				t.Fatalf("model %+v, seed %d: FindFault = %d\n%+v", m, seed, f.Breach, h.Operations)
			}
		}
	}
}

// honest makes a history by carrying operations out one after the other, each at
// a moment within its interval.
func honest(r *rand.Rand, m SessionModel) History {
	var s States
	sessions := 1
	h := History{Settled: 1000, Operations: []Operation{{Session: None, Outcome: AnswerAccepted, Invoked: 0, Returned: 1}}}
	s, _ = m.Step(s, &h.Operations[0])
	for i := range 7 {
		now := int64(10 * (i + 1))
		op := Operation{Act: Act(1 + r.IntN(4)), Session: r.IntN(sessions), Opens: None, Outcome: AnswerAccepted,
			Invoked: now - r.Int64N(25), Returned: now + r.Int64N(25)}
		op.Invoked = max(op.Invoked, 2+int64(op.Session)) // a cookie is known when it has come
		if op.Act == ActLoginAgain {
			op.Opens = sessions
		}
		next, ok := m.Step(s, &op)
		if !ok {
			op.Outcome, op.Opens = AnswerRefused, None
			if next, ok = m.Step(s, &op); !ok {
				continue
			}
		}
		if op.Opens != None {
			sessions++
		}
		s = next
		if r.IntN(8) == 0 && op.Opens == None {
			op.Outcome = AnswerUnknown
		}
		h.Operations = append(h.Operations, op)
	}
	return h
}

func TestStates(t *testing.T) {
	var s States
	for i := range MostSessions {
		s = s.With(i, Expectation(i%3))
	}
	for i := range MostSessions {
		if got := s.Of(i); got != Expectation(i%3) {
			t.Errorf("state of %d = %d, want %d", i, got, i%3)
		}
	}
}

func TestFamilies(t *testing.T) {
	h := written(t, "0-1 login - ok >A\n0-1 login - ok >B\n2-3 again A ok >C\n4-5 call B ok\n6-7 call C ok\n8-9 login - no")
	for _, c := range []struct {
		m    SessionModel
		want string
	}{{revokes, "[3 2]"}, {evicts, "[5]"}} {
		var sizes []int
		for _, f := range h.Families(c.m) {
			sizes = append(sizes, len(f.Operations))
		}
		if got := fmt.Sprint(sizes); got != c.want {
			t.Errorf("families of %+v: sizes %s, want %s", c.m, got, c.want)
		}
	}
}
