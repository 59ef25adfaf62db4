package profiles

import (
	"fmt"
	"regexp"
	"slices"
	"strings"

	"authsoak/results"
	"authsoak/spelling"
)

// httpMethods are the methods that a request may have.
var httpMethods = []string{"GET", "HEAD", "OPTIONS", "POST", "PUT", "PATCH", "DELETE"}

// idempotentMethods may be sent twice unless the profile says otherwise
// (RFC 9110 section 9.2.2).
var idempotentMethods = []string{"GET", "HEAD", "OPTIONS", "PUT", "DELETE"}

// ownHeaders are written by the driver alone.
var ownHeaders = []string{"host", "cookie", "content-length", "transfer-encoding", "connection", "upgrade", "te", "trailer", "expect"}

// maxRedirects bounds how many redirects one request may follow.
const maxRedirects = 10

// request compiles one request, the nth of its group.
func (c *compiler) request(path string, r *requestSpec, part role, nth int) Request {
	out := Request{Name: r.Name, Method: r.Method, FollowRedirects: r.FollowRedirects}
	if !slices.Contains(httpMethods, r.Method) {
		c.bad(path+".method", fmt.Sprintf("must be one of %s, not %q", strings.Join(httpMethods, ", "), r.Method),
			spelling.Nearest(r.Method, httpMethods))
	}
	if r.FollowRedirects < 0 || r.FollowRedirects > maxRedirects {
		c.bad(path+".follow_redirects", fmt.Sprintf("must lie between 0 and %d", maxRedirects), "")
	}
	out.Idempotent = part != login && slices.Contains(idempotentMethods, r.Method)
	if r.Idempotent != nil {
		if out.Idempotent = *r.Idempotent; out.Idempotent && part == login {
			c.bad(path+".idempotent", "a login is never sent twice: the server may have opened a session", "")
		}
	}
	out.Target = c.target(path, r)
	out.Headers = c.headers(path, r, part)
	for i, part := range r.Body.parts {
		at, text := path+".body", path+".body"
		if r.Body.list {
			at = fmt.Sprintf("%s.body[%d]", path, i)
			text = at + ".text"
		}
		if c.holds(at, part.When) {
			for _, s := range c.template(text, part.Text, inBody) {
				out.Body = appendSegment(out.Body, s)
			}
		}
	}
	if len(out.Body) > 0 && slices.Contains([]string{"GET", "HEAD"}, r.Method) {
		c.bad(path+".body", r.Method+" has no body", "")
	}
	c.cookies(path, r, part, nth, &out)
	c.answer(path, r, &out)
	return out
}

func appendSegment(t Template, s Segment) Template {
	if len(s.Args) == 0 {
		return appendLiteral(t, s.Literal)
	}
	return append(t, s)
}

// target compiles path and query.
func (c *compiler) target(path string, r *requestSpec) Template {
	out := c.template(path+".path", r.Path, inURL)
	if !strings.HasPrefix(r.Path, "/") {
		c.bad(path+".path", "must begin with /", "")
	}
	separator := "?"
	for i, q := range r.Query {
		at := fmt.Sprintf("%s.query[%d]", path, i)
		if !c.holds(at, q.When) {
			continue
		}
		out = appendLiteral(out, []byte(separator))
		out = appendLiteral(out, appendPercent(nil, []byte(q.Name), "%20"))
		out = appendLiteral(out, []byte("="))
		for _, s := range c.template(at+".value", q.Value, inURL) {
			out = appendSegment(out, s)
		}
		separator = "&"
	}
	return out
}

// headers compiles a request's own headers, the credentials of a method without
// session, and the headers that are sent back.
func (c *compiler) headers(path string, r *requestSpec, part role) []Header {
	out := c.headerList(path+".headers", r.Headers)
	if c.flow.Sessionless {
		at := fmt.Sprintf("methods[%d].credentials", slices.Index(c.spec.methodNames(), c.is.method))
		out = append(out, c.headerList(at, c.method.Credentials)...)
	}
	if part == login || c.flow.Sessionless {
		return out
	}
	for i, e := range c.spec.Echo {
		at := fmt.Sprintf("echo[%d]", i)
		if !c.holds(at, e.When) || len(e.Methods) > 0 && !slices.Contains(e.Methods, r.Method) ||
			slices.Contains(e.ExceptMethods, r.Method) || hasHeader(out, e.Header) {
			continue
		}
		c.headerName(at+".header", e.Header)
		out = append(out, Header{e.Header, c.template(at+".value", e.Value, inHeader)})
	}
	return out
}

func hasHeader(headers []Header, name string) bool {
	return slices.ContainsFunc(headers, func(h Header) bool { return strings.EqualFold(h.Name, name) })
}

func (c *compiler) headerList(path string, headers []headerSpec) []Header {
	var out []Header
	for i, h := range headers {
		at := fmt.Sprintf("%s[%d]", path, i)
		if !c.holds(at, h.When) {
			continue
		}
		c.headerName(at+".name", h.Name)
		if hasHeader(out, h.Name) {
			c.badHere(at+".name", fmt.Sprintf("%s is there twice", h.Name), "")
		}
		out = append(out, Header{h.Name, c.template(at+".value", h.Value, inHeader)})
	}
	return out
}

func (c *compiler) headerName(path, name string) {
	switch {
	case !token(name):
		c.bad(path, fmt.Sprintf("%q is no header name", name), "")
	case slices.Contains(ownHeaders, strings.ToLower(name)):
		c.bad(path, name+" is written by the driver", "")
	}
}

// cookies chooses what goes along: everything the session holds so far, except
// that the first request of a login starts afresh.
func (c *compiler) cookies(path string, r *requestSpec, part role, nth int, out *Request) {
	choice := cookieChoice{word: "all"}
	if part == login && nth == 0 {
		choice.word = "none"
	}
	if r.Cookies != nil {
		choice = *r.Cookies
	}
	if choice.word == "all" {
		for i, s := range c.flow.Slots {
			if s.Cookie {
				out.Cookies = append(out.Cookies, i)
			}
		}
	}
	out.Cookies = append(out.Cookies, c.cookieSlots(path+".cookies", choice.names)...)
	out.OtherCookies = c.flow.KeepOtherCookies && choice.word == "all"
	if r.OtherCookies != nil {
		out.OtherCookies = *r.OtherCookies && !c.flow.Sessionless
		if *r.OtherCookies && !c.spec.KeepOtherCookies {
			c.bad(path+".other_cookies", "none are kept: set keep_other_cookies", "")
		}
	}
}

// cookieSlots turns names into slots; a cookie that this choice doesn't have is
// left out.
func (c *compiler) cookieSlots(path string, names []string) []int {
	var out []int
	for i, name := range names {
		if slot, ok := c.slots["cookie."+name]; ok {
			out = append(out, slot)
			continue
		}
		var known []string
		for _, k := range c.spec.Cookies {
			known = append(known, k.as())
		}
		if !slices.Contains(known, name) {
			c.bad(fmt.Sprintf("%s[%d]", path, i), fmt.Sprintf("there is no cookie %q", name), spelling.Nearest(name, known))
		}
	}
	return out
}

// answer compiles what is done with the answer.
func (c *compiler) answer(path string, r *requestSpec, out *Request) {
	out.Accept = c.accept(path+".accept", &r.Accept)
	out.Classify = c.classify(path+".classify", r.Classify)
	out.Classify = append(out.Classify, c.classify("classify", c.spec.Classify)...)
	out.Classify = append(out.Classify, commonMeanings...)
	if !c.flow.Sessionless {
		for i, t := range r.Capture {
			at := fmt.Sprintf("%s.capture[%d]", path, i)
			if !c.holds(at, t.When) {
				continue
			}
			taken := c.place(at, &t.placeSpec)
			slot, ok := c.slotValue(at+".into", "capture."+t.Into)
			if taken.Slot = slot.Index; ok {
				taken.Required = !t.Optional
				out.Capture = append(out.Capture, taken)
			}
		}
	}
	if id := r.Identity; id != nil && c.holds(path+".identity", id.When) {
		found := c.place(path+".identity", &id.placeSpec)
		found.Slot, found.Required = -1, !id.Optional
		out.Identity = &found
		out.IdentityIs = c.template(path+".identity.is", id.Is, inIdentity)
	}
}

func (c *compiler) accept(path string, a *acceptSpec) Accept {
	out := Accept{ContentType: a.ContentType, Location: a.Location, Cookies: c.cookieSlots(path+".cookies", a.Cookies)}
	for i, s := range a.Status {
		at := fmt.Sprintf("%s.status[%d]", path, i)
		if !validStatus(s.Status) {
			c.bad(at, fmt.Sprintf("%d is no status", s.Status), "")
		}
		if c.holds(at, s.When) {
			out.Status = append(out.Status, s.Status)
		}
	}
	if len(a.Status) == 0 {
		out.Status = []int{200}
	} else if len(out.Status) == 0 {
		c.badHere(path+".status", "no status is left", "")
	}
	if a.Body != "" {
		out.Body = []byte(a.Body)
	}
	if a.NotBody != "" {
		out.NotBody = []byte(a.NotBody)
	}
	return out
}

func (c *compiler) classify(path string, list []classifySpec) []Classification {
	var out []Classification
	for i, k := range list {
		if !c.holds(fmt.Sprintf("%s[%d]", path, i), k.When) {
			continue
		}
		if k.Status.low == 0 && k.Body == "" && k.Header == "" {
			c.bad(fmt.Sprintf("%s[%d]", path, i), "fits every answer: say status, body or header", "")
		}
		out = append(out, k.meanings()...)
	}
	return out
}

// meanings has one entry for each status of the range.
func (k *classifySpec) meanings() []Classification {
	class, _ := results.ParseClass(string(k.Class))
	var out []Classification
	for status := k.Status.low; status <= k.Status.high; status++ {
		one := Classification{Status: status, Header: k.Header, Class: class}
		if k.Body != "" {
			one.Body = []byte(k.Body)
		}
		out = append(out, one)
	}
	return out
}

// commonMeanings hold for any server, after the profile's own.
var commonMeanings = func() (out []Classification) {
	for _, k := range []classifySpec{
		{Status: statusRange{429, 429}, Class: "throttled"},
		{Status: statusRange{503, 503}, Class: "throttled"}, // before the other 5xx
		{Status: statusRange{500, 599}, Class: "server-error"},
		{Status: statusRange{300, 399}, Class: "redirected"},
	} {
		out = append(out, k.meanings()...)
	}
	return out
}()

// place compiles where a value is found.
func (c *compiler) place(path string, p *placeSpec) Capture {
	given := 0
	out := Capture{}
	if p.Header != "" {
		given++
		out.From, out.Header = FromHeader, p.Header
		if !token(p.Header) {
			c.bad(path+".header", fmt.Sprintf("%q is no header name", p.Header), "")
		}
	}
	if len(p.JSON) > 0 {
		given++
		out.From, out.JSON = FromJSON, p.JSON
		if slices.Contains(p.JSON, "") {
			c.bad(path+".json", "has an empty name", "")
		}
	}
	if p.Pattern != "" {
		given++
		re, err := regexp.Compile(p.Pattern)
		if err != nil {
			c.bad(path+".pattern", "is no regular expression: "+strings.TrimPrefix(err.Error(), "error parsing regexp: "), "")
		} else if re.NumSubexp() < 1 {
			c.bad(path+".pattern", "needs a group: the value stands between ( and )", "")
		}
		out.From, out.Pattern = FromPattern, re
	}
	if given != 1 {
		c.bad(path, "needs one of header, json and pattern", "")
	}
	return out
}
