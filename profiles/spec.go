package profiles

import (
	"authsoak/document"
	"authsoak/results"
)

// EndpointFormat is the schema key of an endpoint profile.
const EndpointFormat = "authsoak/endpoint/v1"

// endpointSpec is an endpoint profile as written.
type endpointSpec struct {
	Schema           endpointFormat          `yaml:"schema" document:"required" about:"the format of this file"`
	Endpoint         string                  `yaml:"endpoint" document:"required" about:"the endpoint type's name, as --target uses it"`
	Title            string                  `yaml:"title" document:"required" about:"the product's name, for people"`
	About            string                  `yaml:"about" about:"what one should know before using it"`
	Documents        map[string]string       `yaml:"documents" about:"the pages that the profile rests on: a short key, and the address"`
	Versions         []string                `yaml:"versions" document:"required" about:"every version told apart, oldest first"`
	VersionNames     string                  `yaml:"version_names" about:"how versions are named here; shown to who names another one"`
	DefaultVersion   string                  `yaml:"default_version" about:"the version when none is named; left out: the last"`
	DefaultMethod    string                  `yaml:"default_method" about:"the login method when none is named; left out: the first"`
	Settings         []settingSpec           `yaml:"settings" about:"values that a scenario may set for its server"`
	Options          optionsSpec             `yaml:"options" about:"what may be added to a login, and where that is possible"`
	Cookies          []cookieSpec            `yaml:"cookies" about:"the cookies a session carries"`
	KeepOtherCookies bool                    `yaml:"keep_other_cookies" about:"keep cookies that this file doesn't name (a balancer's) and send them back too"`
	Captures         []captureSpec           `yaml:"captures" about:"other values that a session carries from one answer to later requests"`
	Echo             []echoSpec              `yaml:"echo" about:"headers sent with every call and logout"`
	Methods          []methodSpec            `yaml:"methods" document:"required" about:"the ways to log in"`
	Logout           []requestSpec           `yaml:"logout" about:"the requests that end a session"`
	Calls            []callSpec              `yaml:"calls" document:"required" about:"what a session does between login and logout"`
	Deciding         string                  `yaml:"deciding" document:"required" about:"the call whose answer tells whether a session lives"`
	Listing          oneOrMore[listingSpec]  `yaml:"listing" about:"the request that tells which sessions the server counts"`
	Classify         []classifySpec          `yaml:"classify" about:"what a refused answer means; tried after the request's own list"`
	Session          sessionSpec             `yaml:"session" about:"what the documents say about sessions"`
	Statements       []statementSpec         `yaml:"statements" about:"the sentences of the documents that rules try; of several about one rule all whose when holds count"`
	Untestable       []untestableSpec        `yaml:"untestable" about:"the sentences that no rule tries, and why"`
	Disabled         oneOrMore[disabledSpec] `yaml:"disabled" about:"where the server refuses a login method altogether"`
}

type endpointFormat string

func (endpointFormat) Known() []string { return []string{EndpointFormat} }

// settingSpec declares a value that a scenario may set.
type settingSpec struct {
	Name    string   `yaml:"name" document:"required" about:"used as {{setting.NAME}}"`
	About   string   `yaml:"about" document:"required" about:"what it is for"`
	Default string   `yaml:"default" about:"its value when a scenario doesn't set it; left out: empty"`
	Example string   `yaml:"example" about:"a value to show and to try the profile with; needed where there is no default"`
	Values  []string `yaml:"values" about:"the only values it may take"`
}

type optionsSpec struct {
	ClientType *optionSpec `yaml:"client_type" about:"a client type named at login"`
	Tenant     *optionSpec `yaml:"tenant" about:"a tenant named at login"`
	CSRF       *optionSpec `yaml:"csrf" about:"protection against cross-site requests, where it is asked for at login"`
}

// optionSpec says where an option may be used.
type optionSpec struct {
	About    string   `yaml:"about" about:"what it does"`
	Example  string   `yaml:"example" about:"a value to try the profile with"`
	Methods  []string `yaml:"methods" about:"the login methods that know it; left out: all"`
	Versions []string `yaml:"versions" about:"the versions that know it (2021, or >= 2021); left out: all"`
	WhyNot   string   `yaml:"why_not" about:"why it can't be used elsewhere; shown to who tries"`
}

// cookieSpec is one cookie of a session.
type cookieSpec struct {
	Name          string     `yaml:"name" document:"required" about:"its name on the wire; may hold {{…}} of values known beforehand"`
	As            string     `yaml:"as" about:"what this file calls it, where that differs from its name"`
	When          when       `yaml:"when"`
	Authenticates bool       `yaml:"authenticates" about:"it proves the session to the server"`
	Path          string     `yaml:"path" about:"the Path attribute that counts, where a server sets one name with several"`
	Optional      bool       `yaml:"optional" about:"a login may leave it out: no page counts it among the cookies of a login"`
	Observe       []flagName `yaml:"observe" about:"flags that the vendor's own page shows it without: httponly, secure; reported, not judged"`
	About         string     `yaml:"about" about:"what it is"`
}

// captureSpec declares a captured value.
type captureSpec struct {
	Name  string `yaml:"name" document:"required" about:"used as {{capture.NAME}}"`
	When  when   `yaml:"when"`
	About string `yaml:"about" about:"what it is"`
}

// echoSpec is a header sent on all calls and the logout.
type echoSpec struct {
	Header        string   `yaml:"header" document:"required" about:"the header's name"`
	Value         string   `yaml:"value" document:"required" about:"its value, a template"`
	When          when     `yaml:"when"`
	Methods       []string `yaml:"methods" about:"only on requests with these HTTP methods"`
	ExceptMethods []string `yaml:"except_methods" about:"not on requests with these HTTP methods"`
	Unchecked     []string `yaml:"unchecked" about:"HTTP methods on which it is sent but the server need not look at it"`
}

// methodSpec is one way to log in.
type methodSpec struct {
	Name              string        `yaml:"name" document:"required" about:"as --method uses it"`
	About             string        `yaml:"about" about:"what it is"`
	Needs             []string      `yaml:"needs" about:"the account columns it needs"`
	Versions          []string      `yaml:"versions" about:"the versions that know it (2021, or >= 2021); left out: all"`
	WhyNot            string        `yaml:"why_not" about:"why the others don't; shown to who tries"`
	ClientCertificate bool          `yaml:"client_certificate" about:"the account's TLS certificate is presented at login"`
	EveryCall         bool          `yaml:"credentials_on_every_call" about:"there is no session: each call carries credentials"`
	Credentials       []headerSpec  `yaml:"credentials" about:"the headers that carry them"`
	Login             []requestSpec `yaml:"login" about:"the requests that open a session"`
	Logout            []requestSpec `yaml:"logout" about:"the requests that end it, where they differ from the profile's"`
}

// callSpec is one call.
type callSpec struct {
	Name     string        `yaml:"name" document:"required" about:"as scenarios and reports use it"`
	About    string        `yaml:"about" about:"what it does"`
	When     when          `yaml:"when"`
	Weight   *float64      `yaml:"weight" about:"its part of the default mix; 0: only when a scenario names it; left out: 1"`
	Requests []requestSpec `yaml:"requests" document:"required" about:"its requests, in order"`
}

// requestSpec is one HTTP exchange.
type requestSpec struct {
	Name            string         `yaml:"name" about:"for reports; left out: the group's name, numbered where there are several"`
	When            when           `yaml:"when"`
	Method          string         `yaml:"method" document:"required" about:"the HTTP method"`
	Path            string         `yaml:"path" document:"required" about:"the path below the target's address, a template"`
	Query           []querySpec    `yaml:"query" about:"the query, in order"`
	Headers         []headerSpec   `yaml:"headers" about:"headers, in order; Host, Cookie and lengths are added by themselves"`
	Body            bodySpec       `yaml:"body" about:"the body: a template, or a list of parts that are joined"`
	Cookies         *cookieChoice  `yaml:"cookies" about:"which cookies go along: all, none, or names; left out: all, but none with the first request of a login"`
	OtherCookies    *bool          `yaml:"other_cookies" about:"cookies that this file doesn't name go along; left out: wherever keep_other_cookies is set and cookies are sent"`
	Idempotent      *bool          `yaml:"idempotent" about:"it may be sent twice; left out: GET, HEAD, OPTIONS, PUT and DELETE, never in a login"`
	FollowRedirects int            `yaml:"follow_redirects" about:"how many redirects on the same host are followed"`
	Accept          acceptSpec     `yaml:"accept" about:"the answer that is a success; every stated part must hold"`
	Classify        []classifySpec `yaml:"classify" about:"what a refused answer means; the first that fits"`
	Capture         []takeSpec     `yaml:"capture" about:"values taken from the answer"`
	Identity        *identitySpec  `yaml:"identity" about:"where the answer names its user"`
}

type querySpec struct {
	Name  string `yaml:"name" document:"required" about:"the parameter's name"`
	Value string `yaml:"value" about:"a template; values go through url"`
	When  when   `yaml:"when"`
}

type headerSpec struct {
	Name  string `yaml:"name" document:"required" about:"the header's name"`
	Value string `yaml:"value" document:"required" about:"a template"`
	When  when   `yaml:"when"`
}

// acceptSpec says which answer is a success.
type acceptSpec struct {
	Status      []statusSpec `yaml:"status" about:"any of these; left out: 200"`
	Body        string       `yaml:"body" about:"the body holds this"`
	NotBody     string       `yaml:"not_body" about:"the body doesn't hold this"`
	ContentType string       `yaml:"content_type" about:"the media type begins with this"`
	Location    string       `yaml:"location" about:"the Location header holds this"`
	Cookies     []string     `yaml:"cookies" about:"the answer sets these cookies, not empty; those whose own when doesn't hold are left out"`
}

// classifySpec gives a meaning to a refused answer.
type classifySpec struct {
	When   when        `yaml:"when"`
	Status statusRange `yaml:"status" about:"a status, or a hundred of them: 5xx; left out: any"`
	Body   string      `yaml:"body" about:"the body holds this"`
	Header string      `yaml:"header" about:"this header is present"`
	Class  className   `yaml:"class" document:"required" about:"what it means"`
}

type className string

func (className) Known() []string { return results.ClassNames() }

// takeSpec takes a value from an answer.
type takeSpec struct {
	When      when   `yaml:"when"`
	Into      string `yaml:"into" document:"required" about:"the captured value's name"`
	Optional  bool   `yaml:"optional" about:"an answer without it is in order"`
	placeSpec `yaml:",inline"`
}

// placeSpec is a place in an answer: one of three.
type placeSpec struct {
	Header  string   `yaml:"header" about:"the value of this header"`
	JSON    jsonPath `yaml:"json" about:"the member of a JSON answer: user.name, or a list of names where one holds a dot"`
	Pattern string   `yaml:"pattern" about:"the first group of this regular expression on the body"`
}

type identitySpec struct {
	When      when `yaml:"when"`
	placeSpec `yaml:",inline"`
	Is        string `yaml:"is" document:"required" about:"the name it must be, a template"`
	Optional  bool   `yaml:"optional" about:"an answer that names nobody is in order"`
}

// sessionSpec is what the documents say about sessions. Each rule may be a list
// of which the first whose when holds counts.
type sessionSpec struct {
	DuplicateLogin oneOrMore[ruleSpec]    `yaml:"duplicate_login" about:"a login while the session's cookies are valid and sent along"`
	LogoutRevokes  oneOrMore[ruleSpec]    `yaml:"logout_revokes" about:"after a logout the old cookies are refused"`
	ExtendedBy     oneOrMore[ruleSpec]    `yaml:"extended_by" about:"what starts the idle time anew: any use, or only the renewal of a cookie"`
	Idle           oneOrMore[ruleSpec]    `yaml:"idle" about:"how long a session lives unused"`
	Absolute       oneOrMore[ruleSpec]    `yaml:"absolute" about:"how long a session lives at the most"`
	Refused        oneOrMore[refusedSpec] `yaml:"refused" about:"how a dead session is refused"`
}

type ruleSpec struct {
	When   when   `yaml:"when"`
	Expect string `yaml:"expect" document:"required" about:"duplicate_login: refuse, allow, observe; logout_revokes: yes, no, observe; extended_by: use, renewal; idle, absolute: a time; may hold {{…}} of settings"`
	source `yaml:",inline"`
}

type refusedSpec struct {
	When   when  `yaml:"when"`
	Status []int `yaml:"status" document:"required" about:"the statuses of the refusal"`
	source `yaml:",inline"`
}

// source is the authority of a rule.
type source struct {
	Document string `yaml:"document" about:"the key of the page that states it"`
	Says     string `yaml:"says" about:"what the page says, in one's own words"`
}

var (
	_ document.Enum    = endpointFormat("")
	_ document.Decoder = (*when)(nil)
)
