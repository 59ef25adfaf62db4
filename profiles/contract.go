package profiles

import (
	"regexp"
	"slices"
)

// Statement is one sentence of a document, as far as it goes for one flow.
type Statement struct {
	Rules []string // names of the rules that try it
	// Says is its sense, and Source where it stands; either may be empty.
	Says, Source string
	// Open statements are observed, not judged.
	Open bool
	// Status and Body are what it says of the answer; nil: nothing. Empty says
	// that there is no body.
	Status []int
	Body   []byte
	Empty  bool
	// ContentType is a media type to send that is not supported.
	ContentType string
	// Setting is one that asks for another idle time: NAME=VALUE.
	Setting string
	// When is the condition under which it holds, for people.
	When string
}

// Untestable is one sentence that no rule tries.
type Untestable struct{ Says, Source, Why string }

// Stray is a cookie of the profile that this flow's sessions don't have.
type Stray struct {
	Name          string
	Authenticates bool
	CSRF          bool // it comes where protection is asked for at login
}

// Guard is a header that proves that a request was not forged: it repeats a
// value that only the session's own client knows.
type Guard struct {
	Header string
	Slot   int // index in Flow.Slots of the value
	// Unchecked are the HTTP methods on which the server need not look at it.
	Unchecked []string
}

// Listing is how a live session asks which sessions the server counts. It knows
// the number of the user's own sessions, of all users', or both.
type Listing struct {
	Request Request
	// Each matches once for each session in the body; nil: only Total is known.
	Each *regexp.Regexp
	// Owner is what the first group of Each is for a session of the user's own;
	// nil: the list holds no others.
	Owner Template
	// Total is where the number of all users' sessions stands; nil: nowhere.
	Total *Capture
	// Says and Source are what states it; either may be empty.
	Says, Source string
}

// Declared joins the statements about a rule: what each says, and the first
// that names a status, a body or a media type. It is open where all of them are.
func (f *Flow) Declared(rule string) (Statement, bool) {
	var out Statement
	found := false
	for i := range f.Statements {
		s := &f.Statements[i]
		if !slices.Contains(s.Rules, rule) {
			continue
		}
		if !found {
			out, found = *s, true
			continue
		}
		out.join(s)
	}
	return out, found
}

func (s *Statement) join(next *Statement) {
	s.Says += "; " + next.Says
	if s.Source != next.Source {
		s.Source += ", " + next.Source
	}
	s.Open = s.Open && next.Open
	if s.Status == nil {
		s.Status = next.Status
	}
	if s.Body == nil && !s.Empty {
		s.Body, s.Empty = next.Body, next.Empty
	}
	if s.ContentType == "" {
		s.ContentType = next.ContentType
	}
	if s.Setting == "" {
		s.Setting = next.Setting
	}
}

// HasHeader tells whether the request carries that header.
func (r *Request) HasHeader(name string) bool { return hasHeader(r.Headers, name) }

// UsesAccount tells whether the request is rendered from the user's account.
func (r *Request) UsesAccount() bool {
	return r.Target.UsesAccount() || r.Body.UsesAccount() ||
		slices.ContainsFunc(r.Headers, func(h Header) bool { return h.Value.UsesAccount() })
}

// UsesAccount tells whether a value of the account goes into the template.
func (t Template) UsesAccount() bool {
	return slices.ContainsFunc(t, func(s Segment) bool {
		return slices.ContainsFunc(s.Args, func(a Value) bool { return a.Kind == AccountValue })
	})
}

// Statements lists every sentence of the profile's documents that rules try,
// whatever the choice.
func (e *Endpoint) Statements() []Statement {
	c := compiler{spec: e.spec, file: e.file}
	var out []Statement
	for i := range e.spec.Statements {
		out = append(out, c.statement("", &e.spec.Statements[i]))
	}
	return out
}

// Untestable lists the sentences that no rule tries.
func (e *Endpoint) Untestable() []Untestable {
	c := compiler{spec: e.spec, file: e.file}
	var out []Untestable
	for i := range e.spec.Untestable {
		u := &e.spec.Untestable[i]
		out = append(out, Untestable{Says: u.Says, Source: c.address("", &u.source), Why: u.Why})
	}
	return out
}
