package results

// Outcome says how a step ended.
type Outcome uint8

// A step is Unknown when the server may or may not have acted: a timeout or a
// cut connection after the request was written.
const (
	OK Outcome = iota
	Fail
	Unknown
	outcomes
)

// String returns ok, fail or unknown.
func (o Outcome) String() string {
	return [...]string{"ok", "fail", "unknown"}[o]
}

// Class is the kind of trouble behind an outcome other than [OK]: first the
// layers a request passes through, then what an answer meant.
type Class uint8

// The classes. Their names stand in summary.json and in thresholds, so they
// are never renamed.
const (
	NoClass Class = iota

	DNS
	Connect
	TLS
	Write
	Read
	Timeout
	Protocol
	Exhausted // the generator ran out of descriptors or ports

	BadCredentials
	Locked
	Throttled
	SessionExpired
	CSRF
	RefusedDuplicate
	UnexpectedAccept // a dead session was accepted
	UnexpectedReject // a live session was refused
	WrongUser        // the answer named another user
	RepeatedID       // a login handed out a session id seen before
	Redirected
	UnexpectedAnswer // a success status with a body, cookie or type that is none
	ServerError

	Classes // the number of classes
)

var classNames = [Classes]string{
	"none",
	"dns", "connect", "tls", "write", "read", "timeout", "protocol", "exhausted",
	"bad-credentials", "locked", "throttled", "session-expired", "csrf",
	"refused-duplicate", "unexpected-accept", "unexpected-reject", "wrong-user",
	"repeated-id", "redirected", "unexpected-answer", "server-error",
}

// String returns the class's name as it stands in every output.
func (c Class) String() string { return classNames[c] }

// ParseClass returns the class of that name.
func ParseClass(name string) (Class, bool) {
	for i, n := range classNames {
		if n == name && Class(i) != NoClass {
			return Class(i), true
		}
	}
	return NoClass, false
}

// ClassNames lists the classes a threshold may name.
func ClassNames() []string { return classNames[1:] }
