package simulator

import "strconv"

// jersey writes a cookie as Octane's JAX-RS library does: no blanks, Version
// first. Max-Age is in seconds; authenticating cookies are HttpOnly.
func (x *exchange) jersey(name string, value []byte, maxAge int64, hidden bool) {
	o := &x.srv.options.Octane
	x.head = append(x.head, "Set-Cookie: "...)
	x.head = append(x.head, name...)
	x.head = append(x.head, '=')
	x.head = append(x.head, value...)
	x.head = append(x.head, ";Version=1;"...)
	if o.Domain != "" {
		x.head = append(x.head, "Domain="...)
		x.head = append(x.head, o.Domain...)
		x.head = append(x.head, ';')
	}
	x.head = append(x.head, "Path=/;Max-Age="...)
	x.head = strconv.AppendInt(x.head, maxAge, 10)
	if x.secure && x.holds(cookieSecured, true) {
		x.head = append(x.head, ";Secure"...)
	}
	if hidden && x.holds(cookieHidden, true) {
		x.head = append(x.head, ";HttpOnly"...)
	}
	x.head = append(x.head, "\r\n"...)
}

// setCookie begins a Set-Cookie header; its value is then appended to x.head,
// and attributes ends it.
func (x *exchange) setCookie(name string) {
	x.head = append(x.head, "Set-Cookie: "...)
	x.head = append(x.head, name...)
	x.head = append(x.head, '=')
}

// attributes ends a Set-Cookie header in the style of RFC 6265: rest as it
// stands, then HttpOnly for cookies that scripts need not read, and Secure
// over TLS.
func (x *exchange) attributes(rest string, hidden bool) {
	x.partial(rest, hidden)
	x.head = append(x.head, "\r\n"...)
}

// partial is attributes without the end of the header, where another cookie
// follows in it.
func (x *exchange) partial(rest string, hidden bool) {
	x.head = append(x.head, rest...)
	if x.secure && x.holds(cookieSecured, true) {
		x.head = append(x.head, "; Secure"...)
	}
	if hidden && x.holds(cookieHidden, true) {
		x.head = append(x.head, "; HttpOnly"...)
	}
}

// clearCookie removes a cookie in the old style of the ALM family: a quoted
// empty value and a date with dashes.
func (x *exchange) clearCookie(name, path string) {
	if !x.holds(cookieCleared, true) {
		return
	}
	x.setCookie(name)
	x.head = append(x.head, `""; Expires=Thu, 01-Jan-1970 00:00:10 GMT; Path=`...)
	x.head = append(x.head, path...)
	x.head = append(x.head, "\r\n"...)
}

// id appends a new id to the answer's headers, as the value of a cookie.
func (x *exchange) id(f form, t ticket) {
	x.head = x.srv.sealer.appendToken(x.head, &x.scratch, f, t)
}
