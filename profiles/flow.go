package profiles

import (
	"regexp"
	"time"

	"authsoak/results"
)

// Flow is an endpoint profile compiled for one choice of version, login method
// and options: nothing conditional is left in it. It is immutable and safe for
// concurrent use.
type Flow struct {
	Endpoint, Version, Method string

	// Login and Logout are empty where every call carries credentials
	// (Sessionless).
	Login, Logout Group
	Calls         []Group
	DefaultCalls  []WeightedCall // the profile's own mix
	Deciding      int            // index in Calls of the call that tells whether a session lives

	Sessionless bool

	// AccountFields names the account columns that templates use, in the order
	// of [Values.Account].
	AccountFields []string
	// Slots are the cookies and captured values that a session carries, in the
	// order of [Values.Slots].
	Slots []Slot
	// KeepOtherCookies says that cookies the profile doesn't name are kept and
	// echoed as well (a balancer's, say).
	KeepOtherCookies bool
	// ClientCertificate says that the account's certificate must be presented.
	ClientCertificate bool

	Session SessionRules

	// ClientType and Tenant are the options chosen; empty: not used.
	ClientType, Tenant     string
	TenantPerAccount, CSRF bool
	// ClientTypeHeader is the header that names a client type, used or not;
	// empty where the profile knows none.
	ClientTypeHeader string
	// Settings are the values chosen, by name.
	Settings map[string]string
	Guards   []Guard
	// Strays are cookies that only other choices of this profile have.
	Strays     []Stray
	Statements []Statement
	// Listing asks which sessions the server counts; nil: nothing says how.
	Listing *Listing
	// Disabled says that the server refuses this login method; nil: it doesn't.
	Disabled *Statement

	limits []columnLimit // see CheckAccount
}

// WeightedCall is one call of a mix.
type WeightedCall struct {
	Call   int // index in Flow.Calls
	Weight float64
}

// Slot is one value a session carries from an answer to later requests.
type Slot struct {
	Name string // the cookie's name on the wire, or the captured value's
	// Cookie says that the value comes from Set-Cookie and goes back in Cookie.
	Cookie bool
	// Authenticates marks the cookies that prove the session to the server.
	Authenticates bool
	// OfClientType says that the name depends on the client type.
	OfClientType bool
	// Optional cookies may be missing from a login's answer.
	Optional bool
	// ObserveHTTPOnly and ObserveSecure: a page shows the cookie without the flag.
	ObserveHTTPOnly, ObserveSecure bool
	// Path chooses between cookies of one name set with several paths; empty:
	// the last one set wins.
	Path string
}

// Group is a login, a call or a logout: one or more requests timed as a whole
// and each by itself.
type Group struct {
	Name     string
	Requests []Request
}

// Request is one HTTP exchange of a group.
type Request struct {
	Name   string
	Method string
	// Target is the path and query, without the target's base path.
	Target  Template
	Headers []Header
	// Body is nil where the request has none.
	Body Template
	// Cookies are the slots sent in the Cookie header, in order; one that is
	// still empty is left out.
	Cookies []int
	// OtherCookies says that cookies not named by the profile go along.
	OtherCookies bool
	// Idempotent requests may be sent again under the driver's rule.
	Idempotent bool
	// FollowRedirects is the number of redirects followed, on the same host only.
	FollowRedirects int

	Accept   Accept
	Classify []Classification
	Capture  []Capture
	// Identity finds the user's name in the answer; nil where it names none.
	Identity *Capture
	// IdentityIs renders the name the answer must hold.
	IdentityIs Template
}

// Header is one header field of a request.
type Header struct {
	Name  string
	Value Template
}

// Accept says which answers are a success. Every stated part must hold.
type Accept struct {
	Status      []int  // any of these
	Body        []byte // the body holds these bytes
	NotBody     []byte // the body doesn't hold these bytes
	ContentType string // the media type begins with this
	Location    string // the Location header holds this
	Cookies     []int  // slots that the answer must set, not empty
}

// Classification gives a meaning to a refused answer; the first match wins.
type Classification struct {
	Status int    // 0: any
	Body   []byte // nil: any
	Header string // name that must be present; empty: any
	Class  results.Class
}

// CaptureSource says where in an answer a value is found.
type CaptureSource uint8

// Sources of captured values.
const (
	FromHeader CaptureSource = iota
	FromJSON
	FromPattern // first group of a regular expression on the body
)

// Capture takes a value from an answer into a slot (or, as Identity, names the
// user).
type Capture struct {
	Slot     int
	From     CaptureSource
	Header   string
	JSON     []string // member names from the root
	Pattern  *regexp.Regexp
	Required bool
}

// Declaration is what a profile promises about a behaviour.
type Declaration string

// Values of [SessionRules.DuplicateLogin], [SessionRules.LogoutRevokes] and
// [SessionRules.ExtendedBy].
const (
	Refuse  Declaration = "refuse"
	Allow   Declaration = "allow"
	Yes     Declaration = "yes"
	No      Declaration = "no"
	Observe Declaration = "observe"
	Use     Declaration = "use"     // any accepted call starts the idle time anew
	Renewal Declaration = "renewal" // only a renewed cookie does, for itself
)

// SessionRules is what the server's documents say about its sessions.
type SessionRules struct {
	DuplicateLogin Declaration   // refuse, allow, observe
	LogoutRevokes  Declaration   // yes, no, observe
	ExtendedBy     Declaration   // use or renewal: what starts Idle anew
	Idle           time.Duration // 0: not stated
	Absolute       time.Duration // 0: not stated
	// IdleSetting is the setting that asks the server for another Idle; empty:
	// there is none.
	IdleSetting string
	// Refused lists the statuses with which a dead session is refused.
	Refused []int
	// Sources maps a declaration (idle, absolute, duplicate_login,
	// logout_revokes) to the page that states it.
	Sources map[string]string
}

// Allowance is how far from its declared end a session may be either alive or
// dead without a finding: a tenth of the lifetime, at least a second. Servers
// round lifetimes up to the rhythm of their reaper.
func Allowance(lifetime time.Duration) time.Duration { return max(lifetime/10, time.Second) }
