package profiles

import "authsoak/document"

// statementSpec is one sentence of a document that can be tried.
type statementSpec struct {
	When   when     `yaml:"when"`
	Rules  []string `yaml:"rules" document:"required" about:"the rules that try it; authsoak check --list names them"`
	Open   bool     `yaml:"open" about:"it leaves the behaviour open: what is seen is reported, never judged"`
	source `yaml:",inline"`
	Status []int    `yaml:"status" about:"the statuses it names for the answer; left out: none is named"`
	Body   string   `yaml:"body" about:"the text that it says the answer's body holds"`
	Empty  bool     `yaml:"empty" about:"it says that the answer has no body"`
	Send   sendSpec `yaml:"send" about:"what is sent to try it, where that depends on the server"`
}

// sendSpec is what a trial of a statement sends.
type sendSpec struct {
	ContentType string `yaml:"content_type" about:"login.content-type: a media type that is not supported"`
	Setting     string `yaml:"setting" about:"lifetime.maxage: the setting that asks for another idle time, with a value: maxage=2"`
}

// listingSpec is a request, sent in a session, whose answer lists sessions.
type listingSpec struct {
	When    when        `yaml:"when"`
	Request requestSpec `yaml:"request" document:"required" about:"the request; a live session sends it"`
	Each    string      `yaml:"each" about:"a regular expression that matches once for each session in the body"`
	Owner   string      `yaml:"owner" about:"what the first group of each is where the session is the user's own, a template; left out: the list holds the user's own sessions alone"`
	Total   *placeSpec  `yaml:"total" about:"where the answer says how many sessions there are, of all users"`
	source  `yaml:",inline"`
}

// untestableSpec is one sentence that no rule tries.
type untestableSpec struct {
	source `yaml:",inline"`
	Why    string `yaml:"why" document:"required" about:"why it can't be tried"`
}

// disabledSpec says where a server refuses a login method.
type disabledSpec struct {
	When   when `yaml:"when"`
	source `yaml:",inline"`
}

// flagName is an attribute of a cookie that a page may leave open.
type flagName string

// Flags that a cookie's observe names.
const (
	flagHTTPOnly flagName = "httponly"
	flagSecure   flagName = "secure"
)

func (flagName) Known() []string { return []string{string(flagHTTPOnly), string(flagSecure)} }

var _ document.Enum = flagName("")
