package simulator

import "time"

// Options says what a [Server] is like. The zero value serves every product,
// honest, with the lifetimes its documents name, no delays, no TLS, and the
// generated accounts of [AccountRule].
type Options struct {
	// Seed makes ids, delays and errors repeatable for the same order of
	// requests. Zero draws a seed, so that two servers never share ids.
	Seed uint64
	// Octane, ALM, Space, LRE and Acme settle what each product's documents
	// leave open.
	Octane OctaneOptions
	ALM    ALMOptions
	Space  SpaceOptions
	LRE    LREOptions
	Acme   AcmeOptions
	// Login is the work of checking credentials. Its capacity is
	// Servers / Mean logins a second.
	Login CostOptions
	// Latency is added to every answer.
	Latency LatencyOptions
	// Stall holds every answer back from time to time.
	Stall StallOptions
	// ErrorRate is the share of requests, 0 to 1, answered with ErrorStatus
	// instead of being handled; such a request has no effect.
	ErrorRate float64
	// ErrorStatus is 500 or 503; zero means 500.
	ErrorStatus int
	// Keepalive says when the server closes connections.
	Keepalive KeepaliveOptions
	// TLS turns encryption on.
	TLS TLSOptions
	// Accounts says who may log in.
	Accounts AccountRule
	// MaxSessions bounds the live sessions of all products together; a login
	// beyond it is answered 503. Zero means 8,000,000.
	MaxSessions int
	// ReaperEvery, when not zero, makes expired sessions die only when a
	// reaper passes, at multiples of ReaperEvery after the server began; a
	// session used between its deadline and the next pass lives on.
	ReaperEvery time.Duration
	// Mutant names a defect that the server is to have, see [Mutants]; "": none.
	// NAME@N makes it show only once in N answers, or in one session of N
	// where the defect is a session's, by a draw from the seed.
	Mutant string
	// MutantWindow is how long the races of mutants stay open; zero: 1 ms.
	MutantWindow time.Duration
}

// Distribution names how random durations spread.
type Distribution string

// The distributions; the empty name means [Constant].
const (
	Constant    Distribution = "constant"
	Uniform     Distribution = "uniform"
	Exponential Distribution = "exponential"
	LogNormal   Distribution = "lognormal"
)

// CostOptions is a queue with a limited number of servers, first come first
// served: an M/D/c or M/M/c system once arrivals are Poisson.
type CostOptions struct {
	// Mean is the service time; zero switches the queue off.
	Mean time.Duration
	// Servers is how many work at once; zero means 1.
	Servers int
	// Distribution is [Constant] or [Exponential].
	Distribution Distribution
	// MaxWait refuses a login with 503 when it would wait longer than this
	// for a server. Zero: it waits as long as it takes.
	MaxWait time.Duration
}

// LatencyOptions is a random delay.
type LatencyOptions struct {
	// Mean is the mean of every distribution; zero means no delay.
	Mean time.Duration
	// Distribution is any of the four.
	Distribution Distribution
	// Spread is the half-width of [Uniform]: Mean-Spread to Mean+Spread.
	Spread time.Duration
	// Sigma is the shape of [LogNormal]; zero means 0.5.
	Sigma float64
}

// StallOptions is a pause of the whole server: from k×Every to k×Every+For
// after its start, k ≥ 1, no answer leaves.
type StallOptions struct {
	Every time.Duration // zero: never
	For   time.Duration
}

// KeepaliveOptions says how long a connection is kept.
type KeepaliveOptions struct {
	// IdleLimit closes a connection that sends nothing for so long; zero: none.
	IdleLimit time.Duration
	// MaxRequests ends a connection after so many answers; zero: never.
	MaxRequests int
	// Abrupt leaves out the Connection: close that announces the end by
	// MaxRequests. HTTP/2 connections always announce it.
	Abrupt bool
}

// ClientCertificates is what a TLS server asks of its clients.
type ClientCertificates string

// The policies; the empty name means [NoCertificate].
const (
	NoCertificate      ClientCertificates = "none"
	RequestCertificate ClientCertificates = "request"
	RequireCertificate ClientCertificates = "require"
)

// TLSOptions switches TLS on, with a certificate authority made for this
// server alone; see [Server.CA].
type TLSOptions struct {
	Enabled bool
	// Names are the host names and addresses of the server's certificate
	// besides localhost, 127.0.0.1 and ::1.
	Names []string
	// ClientCertificates says whether clients show one. Only certificates of
	// [Server.IssueClientCertificate] are taken.
	ClientCertificates ClientCertificates
	// HTTP1Only keeps HTTP/2 out of the negotiation.
	HTTP1Only bool
}

// AccountRule says who may log in. Without a list, userN logs in with pwN, API
// key keyN with secretN and LoadRunner Enterprise key I_KEY_N with S_KEY_N,
// for every number N without leading zeros; the keys inactiveN are known but
// switched off.
type AccountRule struct {
	// NoPattern refuses the generated accounts, so that only List counts.
	NoPattern bool
	// Limit lets only the generated accounts with N < Limit in; zero: all.
	Limit uint64
	// List adds accounts by name. It goes before the generated ones.
	List []Account
	// LockAfter locks an account after so many wrong secrets in a row; zero:
	// never.
	LockAfter int
	// LockFor is how long the lock holds; zero: until the server closes.
	LockFor time.Duration
}

// Account is one who may log in by user and password, by API key, or both.
// Any UTF-8 text is allowed in the secrets.
type Account struct {
	User, Password         string
	ClientID, ClientSecret string
	// Inactive refuses the account although it exists.
	Inactive bool
}

// OctaneOptions settles ALM Octane.
type OctaneOptions struct {
	// IdleTimeout is the life of one LWSSO cookie from its issue; zero: 3 h.
	IdleTimeout time.Duration
	// AbsoluteTimeout is the life of a session from sign_in, however often its
	// cookie is refreshed; zero: 24 h.
	AbsoluteTimeout time.Duration
	// RefreshAfter is the age from which a call with the cookie is answered
	// with a fresh one; the old one keeps its own life. Zero: half of
	// IdleTimeout.
	RefreshAfter time.Duration
	// NoRefresh never sends a fresh cookie.
	NoRefresh bool
	// AllowDuplicate lets sign_in succeed although the presented cookie is
	// valid, opening one more session.
	AllowDuplicate bool
	// DuplicateStatus refuses such a sign_in: 304, 401, 403 or 409; zero: 409.
	DuplicateStatus int
	// BasicOff is a space with SUPPORTS_BASIC_AUTHENTICATION off.
	BasicOff bool
	// APIKeysOnly is RESTRICT_REST_API_TO_API_KEYS_ONLY.
	APIKeysOnly bool
	// CSRFSparesReads checks HPSSO-HEADER-CSRF on changing methods only;
	// otherwise on every call of a session that asked for it.
	CSRFSparesReads bool
	// CSRFStatus answers a call without the header: 401 or 403; zero: 403.
	CSRFStatus int
	// RefusePrivateClientType answers 403 to a sign_in that sends HPECLIENTTYPE.
	RefusePrivateClientType bool
	// Domain is written into the cookies' Domain attribute when not empty.
	Domain string
	// EmptySetCookie adds a Set-Cookie header without a value to answers.
	EmptySetCookie bool
	// ErrorInPhrase repeats the error body in the reason phrase (HTTP/1.1).
	ErrorInPhrase bool
	// SelfContained lets a cookie live on after sign_out, to its own end.
	SelfContained bool
}

// ALMOptions settles ALM / Quality Center.
type ALMOptions struct {
	// TokenIdle is the idle life of the LWSSO token; zero: 60 min.
	TokenIdle time.Duration
	// TokenLifetime is the absolute life of the token; zero: none.
	TokenLifetime time.Duration
	// SessionIdle is REST_SESSION_MAX_IDLE_TIME, the idle life of the
	// application session; zero: 60 min. A site-session may name its own.
	SessionIdle time.Duration
	// AuthenticateStatus of alm-authenticate: 200 or 201; zero: 200.
	AuthenticateStatus int
	// SiteSessionStatus of POST site-session: 200 or 201; zero: 201.
	SiteSessionStatus int
	// ReplaceMismatch opens a fresh session when the QCSession presented is
	// not the one of the request's client type; otherwise such a call is
	// refused with 401.
	ReplaceMismatch bool
	// SuffixFromBody derives the QCSession suffix also from the client-type
	// in a site-session body; otherwise only the header ALM-CLIENT-TYPE does.
	SuffixFromBody bool
	// AutoSession opens the application session at the first data call after
	// alm-authenticate; otherwise POST site-session has to come first.
	AutoSession bool
	// StrictXSRF takes only the XSRF token the server gave this session;
	// otherwise cookie and header only have to be equal.
	StrictXSRF bool
	// NoXSRF is a server before 16.00, which checks nothing.
	NoXSRF bool
	// StrictJSON refuses the unquoted JSON of one official client.
	StrictJSON bool
	// NoGetLogout is 24.1 and later with ENABLE_GET_LOGOUT_METHOD unset.
	NoGetLogout bool
	// LogoutStatus is what a logout that worked answers: 200 or 500; zero: 200.
	LogoutStatus int
	// LoggedOutStatus answers a call with cookies that were logged out: 401
	// or 500; zero: 500.
	LoggedOutStatus int
	// ClearPath is the Path under which logout clears cookies; zero: "/", as
	// documented. "/qcbin" also clears ALM_USER and XSRF-TOKEN, and empties
	// cookie jars.
	ClearPath string
	// RedirectV2 answers v2/rest/is-authenticated without a session by 302 to
	// the login form instead of 401.
	RedirectV2 bool
	// APIKeysOnly is RESTAPI_ACCESS_APIKEY_ONLY; ClientTypes named in
	// FreeClientTypes (RESTAPI_WHITELIST_APIKEY) may still use passwords.
	APIKeysOnly     bool
	FreeClientTypes []string
	// SelfContained lets the token live on after logout.
	SelfContained bool
}

// SpaceCookies is how Junos Space writes its two cookies.
type SpaceCookies string

// The styles; the empty name means [TwoHeaders].
const (
	// TwoHeaders sends JSESSIONIDSSO with Path=/ and JSESSIONID with the path
	// of user management, each in its header.
	TwoHeaders SpaceCookies = "two"
	// Folded sends both in one header, joined by a comma.
	Folded SpaceCookies = "folded"
	// StrictSeed sends two headers, JSESSIONIDSSO without a Path.
	StrictSeed SpaceCookies = "strict-seed"
)

// SpaceOptions settles Junos Space.
type SpaceOptions struct {
	// IdleTimeout of a session that named no maxage; zero: 30 min.
	IdleTimeout time.Duration
	// AbsoluteTimeout of a session; zero: none.
	AbsoluteTimeout time.Duration
	// Cookies is the style of Set-Cookie.
	Cookies SpaceCookies
	// MaxSessions of one user at a time; zero: no limit.
	MaxSessions int
	// StaleLogoutStatus answers a logout with dead cookies: 401 or 412; zero: 412.
	StaleLogoutStatus int
	// RedirectLogin answers a login by 302 to login-status.
	RedirectLogin bool
	// Node names the node at the end of JSESSIONID; zero: "space-node1".
	Node string
}

// LREOptions settles LoadRunner Enterprise.
type LREOptions struct {
	// Version served at the bare root; zero: "2023". Every version is also
	// served below /lre-VERSION/.
	Version string
	// IdleTimeout of a session; zero: 60 min before 2020, else 30 min.
	IdleTimeout time.Duration
	// AbsoluteTimeout of a session; zero: none.
	AbsoluteTimeout time.Duration
	// Tenants are the known tenant ids; a login naming another is refused
	// with 401. Empty: every well-formed id is known.
	Tenants []string
	// RefuseNamespace answers 400 to AuthenticateClient XML with a namespace.
	RefuseNamespace bool
	// NeedDeclaration answers 400 to AuthenticateClient XML without an XML
	// declaration.
	NeedDeclaration bool
	// NeedSecurityID answers 400 to requests without
	// X-QC-HIDDEN-SECURITY-ID.
	NeedSecurityID bool
	// BadKeyStatus answers a wrong key pair: 400, 401 or 403; zero: 401.
	BadKeyStatus int
	// EmptyWhenExpired answers calls with a dead cookie by 200 and an empty
	// HTML page instead of 401.
	EmptyWhenExpired bool
	// Balancer adds the AWSALB and AWSALBCORS cookies.
	Balancer bool
	// SelfContained lets the token live on after logout.
	SelfContained bool
}

// AcmeOptions settles the invented product.
type AcmeOptions struct {
	// IdleTimeout of a session; zero: 30 min.
	IdleTimeout time.Duration
	// AbsoluteTimeout of a session; zero: none.
	AbsoluteTimeout time.Duration
}
