package simulator

// point is one decision at which a server can be right or wrong about a
// session. Handlers work out the honest verdict and let [policy.holds] pass it
// on, so that every decision of the simulator has one named place.
type point uint8

const (
	secretRight      point = iota // the credentials belong to the account
	duplicateRefused              // a sign_in over a valid cookie is turned away
	idleOver                      // the idle clock has run out
	lifeOver                      // the absolute clock has run out
	useRenews                     // a use restarts the idle clock
	cookieRefreshed               // a call is answered with a fresh cookie
	logoutEnds                    // a logout ends the session
	deadRefused                   // a session that ended stays dead
	tokenGenuine                  // a cookie's text is one the server made
	csrfRight                     // the anti-forgery token is there and right
	suffixNamed                   // a session with a client type has the suffixed cookie name
	clientTypeRight               // the session serves the client type of the request
	deletedStays                  // an application session deleted on purpose is not replaced
	cookieHidden                  // an authenticating cookie is HttpOnly
	cookieSecured                 // an authenticating cookie is Secure over TLS
	cookieCleared                 // a logout clears the cookies
	maxAgeHeeded                  // maxage on login sets the idle limit
	certificateRight              // the client certificate names an account
	limitKept                     // a user's sessions stay within the limit
)

// policy is asked at every decision. The zero value is honest.
type policy struct {
	// twist may overturn a verdict; nil keeps all of them.
	twist func(at point, honest bool) bool
	// swap may take one account for another when an answer names its user;
	// nil keeps it.
	swap func(accountID) accountID
}

// holds passes on the verdict of one decision.
func (p *policy) holds(at point, honest bool) bool {
	if p.twist == nil {
		return honest
	}
	return p.twist(at, honest)
}

// named is the account an answer speaks of.
func (p *policy) named(id accountID) accountID {
	if p.swap == nil {
		return id
	}
	return p.swap(id)
}
