package profiles

import (
	"maps"
	"reflect"
	"strings"

	"authsoak/document"
)

// drainLimit is the one key below a key of the load section that is told apart.
const drainLimit = "drain.limit"

// State notes that somebody gave the keys, once their values are set: so 0 can be
// told from nothing, and goes before what another load says. Of think, calls,
// turnover and arrivals, which are made of several numbers, none at all becomes
// the constant 0.
func (l *Load) State(keys ...string) {
	l.stated = maps.Clone(l.stated) // a copy of l keeps its own
	if l.stated == nil {
		l.stated = map[string]bool{}
	}
	for _, key := range keys {
		l.stated[key] = true
		switch key {
		case "think":
			fill(&l.Think, Distribution{Distribution: ConstantShape})
		case "turnover":
			fill(&l.Turnover, Distribution{Distribution: ConstantShape})
		case "calls":
			fill(&l.Calls, Count{Distribution: ConstantShape})
		case "arrivals":
			fill(&l.Arrivals, Arrivals{Process: l.process()})
		}
	}
}

// StateIn notes the keys that a file has in the load section at that path.
func (l *Load) StateIn(f *document.File, path string) {
	var keys []string
	of := reflect.TypeFor[Load]()
	for i := range of.NumField() {
		key, _, _ := strings.Cut(of.Field(i).Tag.Get("yaml"), ",")
		if key != "" && f.Has(path+"."+key) {
			keys = append(keys, key)
		}
	}
	if f.Has(path + "." + drainLimit) {
		keys = append(keys, drainLimit)
	}
	l.State(keys...)
}

// States tells whether somebody gave the key.
func (l *Load) States(key string) bool { return l.stated[key] }

// Forget takes away what was said of the keys that belong to one model: arrivals,
// pacing and turnover. Calls keep their number, for logins without a session.
func (l *Load) Forget(keys ...string) {
	l.stated = maps.Clone(l.stated)
	for _, key := range keys {
		delete(l.stated, key)
		switch key {
		case "arrivals":
			l.Arrivals = Arrivals{}
		case "pacing":
			l.Pacing = 0
		case "turnover":
			l.Turnover = Distribution{}
		}
	}
}

// inherit takes the value of a key that nobody gave.
func inherit[T comparable](l *Load, key string, field *T, value T) {
	if !l.stated[key] {
		fill(field, value)
	}
}
