package simulator

// point is one decision at which a server can be right or wrong about a
// session. Handlers work out the honest verdict and let it pass through
// [exchange.holds], the store through [policy.holds], so that every decision of
// the simulator has one named place.
type point uint8

const (
	secretRight      point = iota // the credentials belong to the account
	accountKnown                  // the account exists
	accountOff                    // the account is switched off
	basicRefused                  // credentials on a call are refused, being switched off
	duplicateRefused              // a sign_in over a valid cookie is turned away
	idleOver                      // the idle clock has run out
	lifeOver                      // the absolute clock has run out
	cookieOver                    // a cookie has outlived its own time
	useRenews                     // a use restarts the idle clock
	cookieRefreshed               // a call is answered with a fresh cookie
	freshExtends                  // a fresh cookie lives from now on
	logoutEnds                    // a logout ends the session
	deadRefused                   // a session that ended stays dead
	tokenGenuine                  // a cookie's text is one the server made
	csrfAsked                     // the login asked for an anti-forgery token
	csrfGiven                     // the anti-forgery token is there
	csrfRight                     // the anti-forgery token is right
	suffixNamed                   // a session with a client type has the suffixed cookie name
	clientTypeRight               // the session serves the client type of the request
	deletedStays                  // an application session deleted on purpose is not replaced
	cookieHidden                  // an authenticating cookie is HttpOnly
	cookieSecured                 // an authenticating cookie is Secure over TLS
	cookieCleared                 // a logout clears the cookies
	maxAgeHeeded                  // maxage on login sets the idle limit
	certificateRight              // the client certificate names an account
	limitKept                     // a user's sessions stay within the limit
	sessionListed                 // a live session is listed
)

// policy is asked at every decision. The zero value is honest.
type policy struct {
	// defect is what is broken on purpose; nil: nothing.
	defect *defect
}

// holds passes on the verdict of a decision about one session.
func (p *policy) holds(rec *record, at point, honest bool) bool {
	if d := p.defect; d != nil && d.twist != nil && rec.flags&flagStruck != 0 {
		return d.twist(nil, at, honest)
	}
	return honest
}

// once passes on the verdict of a decision that belongs to no session and is
// made once in an exchange.
func (p *policy) once(at point, honest bool) bool {
	if d := p.defect; d != nil && d.twist != nil && d.strikes() {
		return d.twist(nil, at, honest)
	}
	return honest
}

// holds passes on the verdict of a decision about the request.
func (x *exchange) holds(at point, honest bool) bool {
	if d := x.srv.policy.defect; d != nil && d.twist != nil && x.struck {
		return d.twist(x, at, honest)
	}
	return honest
}

// named is the account an answer speaks of.
func (x *exchange) named(id accountID) accountID {
	if d := x.srv.policy.defect; d != nil && d.swap != nil && x.struck {
		return d.swap(x, id)
	}
	return id
}
