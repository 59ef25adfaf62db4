package simulator

import (
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"
)

// Mutant is a defect that a server can be given by name, [Options.Mutant]. It
// bears the name of the rule that has to catch it; where a rule can be broken in
// several ways, a variant follows behind a slash.
type Mutant struct {
	Name  string `json:"name"`
	About string `json:"about"`
	// Endpoints, Versions and Methods are where it can show; empty: everywhere.
	Endpoints []string `json:"endpoints,omitempty"`
	Versions  []string `json:"versions,omitempty"`
	Methods   []string `json:"methods,omitempty"`
	// Needs is what else it takes to show.
	Needs Need `json:"needs,omitempty"`
	// Plain mutants show in any cycle of login, calls and logout: there is no
	// server that breaks their rule and lets a cycle pass.
	Plain bool `json:"plain,omitempty"`

	// every is the share of occasions, one in so many, at which the defect
	// shows by itself; zero: all.
	every  uint64
	defect func(*defect)
	// not tells further uses where it cannot show; nil: none.
	not func(Use) bool
}

// Need is what a mutant takes to show besides its endpoint and method.
type Need string

// The needs. A mutant that does not name NeedSessionless or NeedBasicOff needs
// a login that opens a session.
const (
	NeedCSRF        Need = "csrf"        // the token against forged requests asked for
	NeedNoCSRF      Need = "no-csrf"     // the same not asked for
	NeedClientType  Need = "client-type" // a client type named
	NeedTenant      Need = "tenant"      // a tenant named
	NeedTLS         Need = "tls"         // a connection over TLS
	NeedSessionless Need = "sessionless" // credentials on every call
	NeedBasicOff    Need = "basic-off"   // such credentials switched off: octane.basic_off
	NeedMaxAge      Need = "maxage"      // an idle time asked for at login
	NeedAbsolute    Need = "absolute"    // an absolute lifetime
)

// Use is one way to use a server: what decides whether a mutant can show there.
type Use struct {
	Endpoint, Version, Method           string
	ClientType, Tenant, CSRF, TLS       bool
	Sessionless, BasicOff, MaxAge, Ends bool
}

// Rule is the name of the rule that has to catch the mutant.
func (m Mutant) Rule() string {
	rule, _, _ := strings.Cut(m.Name, "/")
	return rule
}

// Shows tells whether the defect can show where a server is used like that.
func (m Mutant) Shows(u Use) bool {
	among := func(list []string, name string) bool { return len(list) == 0 || slices.Contains(list, name) }
	if m.not != nil && m.not(u) || !among(m.Endpoints, u.Endpoint) || !among(m.Versions, u.Version) || !among(m.Methods, u.Method) {
		return false
	}
	if u.BasicOff || m.Needs == NeedBasicOff {
		return u.BasicOff && m.Needs == NeedBasicOff
	}
	if u.Sessionless != (m.Needs == NeedSessionless) {
		return false
	}
	switch m.Needs {
	case NeedCSRF:
		return u.CSRF
	case NeedNoCSRF:
		return !u.CSRF
	case NeedClientType:
		return u.ClientType
	case NeedTenant:
		return u.Tenant
	case NeedTLS:
		return u.TLS
	case NeedMaxAge:
		return u.MaxAge
	case NeedAbsolute:
		return u.Ends
	}
	return true
}

// Mutants lists every defect that a server can be given.
func Mutants() []Mutant { return slices.Clone(mutants) }

const maxEvery = 1_000_000

// findMutant reads NAME or NAME@N; nil for the empty name.
func findMutant(text string) (*Mutant, uint64, error) {
	if text == "" {
		return nil, 0, nil
	}
	name, share, intermittent := strings.Cut(text, "@")
	every := uint64(0)
	if intermittent {
		n, err := strconv.ParseUint(share, 10, 64)
		if err != nil || n < 2 || n > maxEvery {
			return nil, 0, fmt.Errorf("what follows @ must be a whole number from 2 to %d, as in %s@50", maxEvery, name)
		}
		every = n
	}
	for i := range mutants {
		if mutants[i].Name == name {
			return &mutants[i], max(every, mutants[i].every, 1), nil
		}
	}
	return nil, 0, errors.New("is not a mutant")
}
