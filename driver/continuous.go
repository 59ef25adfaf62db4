package driver

import (
	"fmt"
	"hash/maphash"
	"sync"

	"authsoak/results"
	"authsoak/rules"
)

// continuous are the session rules that every run applies to each answer.
type continuous struct {
	seeds  [2]maphash.Seed
	idents *fingerprints

	mu       sync.Mutex
	breaches map[breachKey]*breach
}

type breachKey struct {
	target int
	class  results.Class
}

// breach counts what broke one rule on one target.
type breach struct {
	count, told int64 // told: entered in the intervals, for a run that goes on after a kill
	first       string
}

// continuousRules are the rules of a run: each answer of the class breaks it.
var continuousRules = []struct {
	id       string
	class    results.Class
	expected string
	source   string
}{
	{"load.dead-accepted", results.UnexpectedAccept, "no session that must be dead is accepted", "the endpoint's profile: session"},
	{"load.live-refused", results.UnexpectedReject, "no session that must be live is refused", "the endpoint's profile: session"},
	{"load.wrong-user", results.WrongUser, "no answer names another user than the one who logged in", "owed by every server that holds sessions"},
	{"load.id-repeated", results.RepeatedID, "no two logins are given one session id", "owed by every server that holds sessions"},
	{"load.csrf-stale", results.CSRF, "the newest value against forged requests is never refused", "the endpoint's profile: echo"},
}

func newContinuous() *continuous {
	return &continuous{seeds: [2]maphash.Seed{maphash.MakeSeed(), maphash.MakeSeed()},
		idents: newFingerprints(), breaches: map[breachKey]*breach{}}
}

// note counts an answer that breaks a rule. Nearly none does.
func (c *continuous) note(target int, class results.Class, reason string) {
	c.mu.Lock()
	defer c.mu.Unlock()
	k := breachKey{target, class}
	b := c.breaches[k]
	if b == nil {
		b = &breach{first: reason}
		c.breaches[k] = b
	}
	b.count++
}

// fresh tells what broke the rules of each target since the last time, by the
// rule's name; nil where nothing did.
func (c *continuous) fresh(targets int) []map[string]int64 {
	c.mu.Lock()
	defer c.mu.Unlock()
	var out []map[string]int64
	for k, b := range c.breaches {
		if b.count == b.told {
			continue
		}
		if out == nil {
			out = make([]map[string]int64, targets)
		}
		if out[k.target] == nil {
			out[k.target] = map[string]int64{}
		}
		out[k.target][ruleOf(k.class)] += b.count - b.told
		b.told = b.count
	}
	return out
}

// ruleOf names the rule that an answer of the class breaks.
func ruleOf(class results.Class) string {
	for _, rule := range continuousRules {
		if rule.class == class {
			return rule.id
		}
	}
	panic("no rule is broken by " + class.String())
}

// observe looks at how a step ended.
func (w *worker) observe(t *target, g *group, p purpose, end *ending) {
	c := w.shard.run.continuous
	if c == nil {
		return
	}
	if p.part == rules.Login && end.outcome == results.OK {
		w.unique(c, t, end)
	}
	switch end.class {
	case results.UnexpectedAccept, results.WrongUser, results.RepeatedID:
	case results.UnexpectedReject:
		if !end.over { // refused for another reason than the session
			return
		}
	case results.CSRF:
		if p.part == rules.Login || p.session != rules.Live {
			return
		}
	default:
		return
	}
	c.note(t.index, end.class, g.name+": "+w.clean(w.reason))
}

// unique fails a login that was given an id which another login had been given.
func (w *worker) unique(c *continuous, t *target, end *ending) {
	for i := range t.flow.Slots {
		s := &t.flow.Slots[i]
		if !s.Authenticates || !s.Cookie || end.set&(1<<i) == 0 {
			continue
		}
		value := w.jar.Slots[i]
		print := fingerprint{maphash.Bytes(c.seeds[0], value) + uint64(t.index), maphash.Bytes(c.seeds[1], value) ^ uint64(i)}
		if c.idents.seen(print) {
			end.outcome, end.class = results.Fail, results.RepeatedID
			w.reason = "login: " + s.Name + " has a value that another login was given"
			return
		}
	}
}

// checks are the verdicts on the rules of a run.
func (r *run) checks() []results.CheckResult {
	var out []results.CheckResult
	for i := range r.targets {
		t := &r.targets[i]
		for _, rule := range continuousRules {
			if t.flow.Sessionless && rule.class != results.WrongUser {
				continue
			}
			c := results.CheckResult{ID: rule.id, Target: t.Name, Verdict: string(rules.Passed), Judged: true,
				Expected: rule.expected, Observed: "none", Source: rule.source}
			if b := r.continuous.breaches[breachKey{i, rule.class}]; b != nil {
				c.Verdict = string(rules.FailedRule)
				c.Observed = fmt.Sprintf("%d; the first: %s", b.count, b.first)
			}
			out = append(out, c)
		}
	}
	return append(out, r.ledgerCheck())
}

// fingerprint is 127 bits of a session id, under seeds of this run. Among n ids
// two different ones have the same with a chance of about n²/2^128: among a
// billion, less than one in 10^20.
type fingerprint [2]uint64

// Size of the memory for ids: 4 MiB, whatever the length of a run.
const (
	idSets    = 1 << 16
	idWays    = 4
	idStripes = 64
)

// fingerprints remembers ids in bounded memory: the last four of each set. An id
// that is given out again is found as long as fewer than some 100,000 others
// came in between; one that comes later may be missed, never the other way
// round. It is safe for concurrent use.
type fingerprints struct {
	locks [idStripes]sync.Mutex
	sets  [][idWays]fingerprint
}

func newFingerprints() *fingerprints {
	return &fingerprints{sets: make([][idWays]fingerprint, idSets)}
}

// seen tells whether the id was there, and remembers it.
func (f *fingerprints) seen(p fingerprint) bool {
	p[1] |= 1 // no id is what an empty place holds
	at := p[0] % idSets
	lock := &f.locks[at%idStripes]
	lock.Lock()
	defer lock.Unlock()
	set := &f.sets[at]
	for _, known := range set {
		if known == p {
			return true
		}
	}
	copy(set[1:], set[:idWays-1])
	set[0] = p
	return false
}
