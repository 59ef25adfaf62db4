package scenario

import (
	"fmt"
	"net/netip"
	"net/url"
	"time"

	"authsoak/accounts"
	"authsoak/metric"
	"authsoak/profiles"
)

// Plan is a scenario compiled: everything a driver needs to know, defaults
// filled in, references resolved, nothing left to look up. It is immutable and
// safe for concurrent use.
type Plan struct {
	Name       string
	Authorized string
	Labels     map[string]string
	Seed       uint64

	Targets []TargetPlan
	// Mix assigns arrivals (open) or users (closed, population) to targets: the
	// target of arrival or user k is Targets[Mix.Pick(k)].
	Mix *Weights

	Model Model
	// Arrivals plans the open model and is nil in the others, Curve those and is
	// nil in the open one. The curve of a population is already filled: its steps
	// are drawn out to a rate at which sessions can be opened.
	Arrivals *Arrivals
	Curve    *Curve

	Think    Distribution  // before each step of a cycle but the first
	Turnover Distribution  // population: how long a session is held; a year where nothing is stated
	Pacing   time.Duration // closed: the least time between a user's cycle starts
	Calls    Calls         // in a session
	Abandon  float64       // share of cycles that leave without logout
	Replay   float64       // share of closed sessions that are tried again

	// Duration is the planned time of the load, [Forever] if it lasts until
	// stopped; a recorded trace takes no longer and ends with its last cycle. Warmup is its first part: what is meant to start before Warmup
	// isn't judged. The hold phase is the rest.
	Warmup, Duration time.Duration

	Timeout    time.Duration // of one request
	StartLimit time.Duration // an arrival later than this is dropped
	// Slack is how late a start may be, so that those due within it share one
	// waking of a thread.
	Slack       time.Duration
	Connections Connections
	Workers     int // 0: the driver chooses
	// A session still open DrainLimit after the end is given up. DrainRate is in
	// logouts per second; 0: so that all are out in half the limit, and never
	// slower than 100.
	DrainLimit time.Duration
	DrainRate  float64

	Thresholds []metric.Expression
	Scrapes    []ScrapePlan

	Experiment *ExperimentPlan // nil: an ordinary load
}

// TargetPlan is one server and how it is driven.
type TargetPlan struct {
	Name       string
	Flow       *profiles.Flow
	URL        *url.URL // http or https; no user info, query or fragment; no slash at its end
	Weight     float64
	ClientType string
	CSRF       bool

	// Mix assigns the calls of a session: Calls[Mix.At(draw)] is an index in
	// Flow.Calls. With no calls at all Calls is empty.
	Mix   *Weights
	Calls []int

	Accounts accounts.Source
	// Columns are the indices in Accounts of Flow.AccountFields, in their order.
	Columns   []int
	Policy    accounts.Policy
	Exhausted Exhausted

	Engine  Engine
	HTTP2   bool
	TLS     TLSPlan
	Proxy   *url.URL   // with its credentials; nil: none
	Resolve []Resolve  // addresses that stand in for a name
	Source  netip.Addr // local address to connect from; invalid: any
}

// Format prints which target it is; the proxy may hold a password.
func (t TargetPlan) Format(f fmt.State, _ rune) { fmt.Fprintf(f, "{target %s, %s}", t.Name, t.URL) }

// TLSPlan says how the server is believed, and with what it is convinced. The
// files hold PEM. Where Flow.ClientCertificate is set and an account has a
// client_cert of its own, that one is used.
type TLSPlan struct {
	CA         string
	ClientCert string
	ClientKey  string
	ServerName string
	Insecure   bool // the server's certificate is not verified
}

// Model is how load follows the server; its values are those of a load section.
type Model = profiles.Model

// Connections is who shares a connection; its values are those of a load
// section.
type Connections = profiles.Connections

// Exhausted says what becomes of a cycle for which no account is free.
type Exhausted string

// What to do when no account is free.
const (
	WaitForAccount Exhausted = "wait" // until one comes back, at most the start limit
	DropCycle      Exhausted = "drop" // count it as dropped, at once
	StopRun        Exhausted = "stop" // end the run, as invalid
)

// Known lists what can be done.
func (Exhausted) Known() []string {
	return []string{string(WaitForAccount), string(DropCycle), string(StopRun)}
}

// Engine is the HTTP client that drives a target.
type Engine string

// Engines.
const (
	Fast     Engine = "fast"
	Standard Engine = "standard"
)

// Known lists the engines.
func (Engine) Known() []string { return []string{string(Fast), string(Standard)} }
