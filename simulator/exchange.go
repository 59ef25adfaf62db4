package simulator

import (
	"bytes"
	"encoding/base64"
	"math/rand/v2"
	"strconv"
	"time"
)

// field is one header of a request; the bytes belong to the connection's
// buffer.
type field struct{ name, value []byte }

// exchange is one request and the answer that handlers make to it. A
// connection owns one and uses it again for every request.
type exchange struct {
	srv    *Server
	now    int64 // when handling began, or went on after a wait
	secure bool
	// certificate is the common name of the verified client certificate.
	certificate string
	rng         *rand.Rand
	timer       *time.Timer

	method  string
	path    []byte // without query, "//" folded
	query   []byte
	fields  []field
	host    []byte
	body    []byte
	cookies []cookie
	parsed  bool // cookies have been read

	status int
	phrase string // reason phrase; empty: the standard one
	ctype  string
	head   []byte // headers of the answer, each ended by CRLF
	out    []byte // body of the answer

	// For a mutant: whose request this is, whether the defect strikes, and the
	// account first named on the connection.
	owner  family
	part   part
	struck bool
	left   record // the session that a logout ends
	// strikes is the same for a defect that draws for itself.
	strikes bool
	first   accountID
	held    ref // the session whose call is counted as in flight

	scratch scratch
	small   [512]byte
}

// reset readies the exchange for the next request of its connection.
func (x *exchange) reset() {
	x.method, x.path, x.query, x.host, x.body = "", nil, nil, nil, nil
	x.fields, x.cookies, x.parsed = x.fields[:0], x.cookies[:0], false
	x.status, x.phrase, x.ctype = 200, "", ""
	x.head, x.out = x.head[:0], x.out[:0]
}

// get is the value of a request's header, nil when absent; lower is the name
// in lower case.
func (x *exchange) get(lower string) []byte {
	for i := range x.fields {
		if foldEqual(x.fields[i].name, lower) {
			return x.fields[i].value
		}
	}
	return nil
}

// jar is every cookie of the request, of all its Cookie headers.
func (x *exchange) jar() []cookie {
	if !x.parsed {
		x.parsed = true
		for i := range x.fields {
			if foldEqual(x.fields[i].name, "cookie") {
				x.cookies = appendCookies(x.cookies, x.fields[i].value)
			}
		}
	}
	return x.cookies
}

// token finds the first cookie of that name which holds a genuine id. The name
// is matched without regard to case by no product.
func (x *exchange) token(name string, f form, kind tokenKind) (ticket, bool) {
	for _, c := range x.jar() {
		if string(c.name) != name {
			continue
		}
		if t, ok := x.readToken(f, kind, c.value); ok {
			return t, true
		}
	}
	return ticket{}, false
}

// ticketFor is a new id for a session, issued now.
func (x *exchange) ticketFor(id ref, kind tokenKind) ticket {
	return ticket{ref: id, kind: kind, issued: x.now / 1000}
}

// read tells whether the request only reads.
func (x *exchange) read() bool { return x.method == "GET" || x.method == "HEAD" }

// allow answers 405 unless the method is one of those allowed; HEAD goes
// where GET goes.
func (x *exchange) allow(methods ...string) bool {
	for _, m := range methods {
		if x.method == m || x.method == "HEAD" && m == "GET" {
			return true
		}
	}
	x.status = 405
	x.head = append(x.head, "Allow: "...)
	for i, m := range methods {
		if i > 0 {
			x.head = append(x.head, ", "...)
		}
		x.head = append(x.head, m...)
	}
	x.head = append(x.head, "\r\n"...)
	return false
}

// header adds a header to the answer.
func (x *exchange) header(name, value string) {
	x.head = append(x.head, name...)
	x.head = append(x.head, ": "...)
	x.head = append(x.head, value...)
	x.head = append(x.head, "\r\n"...)
}

// say sets status, media type and body.
func (x *exchange) say(status int, ctype, text string) {
	x.status, x.ctype = status, ctype
	x.out = append(x.out[:0], text...)
}

// contentType is the media type of the request's body, parameters cut off, in
// lower case.
func (x *exchange) contentType() string {
	value := x.get("content-type")
	if i := bytes.IndexByte(value, ';'); i >= 0 {
		value = value[:i]
	}
	lower := appendLower(x.small[:0], bytes.TrimSpace(value))
	switch string(lower) {
	case "":
		return ""
	case "application/json":
		return "application/json"
	case "application/xml":
		return "application/xml"
	case "text/xml":
		return "text/xml"
	case "text/plain":
		return "text/plain"
	case "application/x-www-form-urlencoded":
		return "application/x-www-form-urlencoded"
	}
	return string(lower)
}

func appendLower(dst, text []byte) []byte {
	for _, c := range text {
		if c >= 'A' && c <= 'Z' {
			c += 'a' - 'A'
		}
		dst = append(dst, c)
	}
	return dst
}

// accepts tells whether the Accept header names a media type that holds part,
// for example "json".
func (x *exchange) accepts(part string) bool {
	value := x.get("accept")
	return len(value) > 0 && bytes.Contains(value, []byte(part))
}

// basic reads the Authorization header: user and secret, split at the first
// colon. The bytes last until the exchange is reset.
func (x *exchange) basic() (user, secret []byte, ok bool) {
	value := x.get("authorization")
	if len(value) < 6 || !foldEqual(value[:6], "basic ") {
		return nil, nil, false
	}
	encoded := bytes.TrimSpace(value[6:])
	plain, err := base64.StdEncoding.AppendDecode(x.small[:0], encoded)
	if err != nil {
		return nil, nil, false
	}
	return bytes.Cut(plain, []byte{':'})
}

// param is the value of a query or form parameter, percent-decoded; nil when
// absent.
func param(text []byte, name string) []byte {
	for len(text) > 0 {
		var pair []byte
		pair, text, _ = bytes.Cut(text, []byte{'&'})
		key, value, _ := bytes.Cut(pair, []byte{'='})
		if string(unescape(key, true)) == name {
			return append([]byte{}, unescape(value, true)...)
		}
	}
	return nil
}

// unescape resolves percent escapes, and plus signs for blanks in forms. It
// returns its argument when there is nothing to resolve; a broken escape
// stays as it is.
func unescape(text []byte, plus bool) []byte {
	if bytes.IndexByte(text, '%') < 0 && (!plus || bytes.IndexByte(text, '+') < 0) {
		return text
	}
	out := make([]byte, 0, len(text))
	for i := 0; i < len(text); i++ {
		c := text[i]
		switch {
		case c == '+' && plus:
			c = ' '
		case c == '%' && i+2 < len(text):
			if n, err := strconv.ParseUint(string(text[i+1:i+3]), 16, 8); err == nil {
				c = byte(n)
				i += 2
			}
		}
		out = append(out, c)
	}
	return out
}

// wait holds the exchange for d; false when the server closed meanwhile.
func (x *exchange) wait(d time.Duration) bool {
	if d <= 0 {
		return true
	}
	if x.timer == nil {
		x.timer = time.NewTimer(d)
	} else {
		x.timer.Reset(d)
	}
	select {
	case <-x.timer.C:
		x.now = x.srv.clock()
		return true
	case <-x.srv.done:
		x.timer.Stop()
		return false
	}
}
