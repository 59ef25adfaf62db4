package simulator

import "bytes"

// cookie is one name and value of a request.
type cookie struct{ name, value []byte }

// appendCookies reads one Cookie header as the servlet containers of these
// products do, not as RFC 6265 does: pairs end at a semicolon or a comma, so
// that a client may send back the text of Set-Cookie as it came; names that
// begin with "$" (RFC 2965) and attribute names are no cookies; quotes around
// a value are taken off.
func appendCookies(dst []cookie, header []byte) []cookie {
	for len(header) > 0 {
		var pair []byte
		pair, header = cutPair(header)
		name, value, found := bytes.Cut(pair, []byte{'='})
		name, value = bytes.TrimSpace(name), bytes.TrimSpace(value)
		if !found || len(name) == 0 || name[0] == '$' || isAttribute(name) {
			continue
		}
		if n := len(value); n >= 2 && value[0] == '"' && value[n-1] == '"' {
			value = value[1 : n-1]
		}
		dst = append(dst, cookie{name, value})
	}
	return dst
}

// cutPair splits a header after its first pair, minding quotes.
func cutPair(header []byte) (pair, rest []byte) {
	pair, rest, _ = bytes.Cut(header, []byte{';'})
	if bytes.IndexByte(pair, ',') < 0 && bytes.IndexByte(pair, '"') < 0 {
		return pair, rest // nearly always
	}
	quoted := false
	for i, c := range header {
		switch {
		case c == '"':
			quoted = !quoted
		case (c == ';' || c == ',') && !quoted:
			return header[:i], header[i+1:]
		}
	}
	if quoted { // a quote that never closes quotes nothing
		if i := bytes.IndexAny(header, ";,"); i >= 0 {
			return header[:i], header[i+1:]
		}
	}
	return header, nil
}

// isAttribute tells the names that belong to Set-Cookie.
func isAttribute(name []byte) bool {
	switch len(name) {
	case 4:
		return foldEqual(name, "path")
	case 6:
		return foldEqual(name, "domain") || foldEqual(name, "secure")
	case 7:
		return foldEqual(name, "version") || foldEqual(name, "expires") || foldEqual(name, "max-age")
	case 8:
		return foldEqual(name, "httponly") || foldEqual(name, "samesite")
	}
	return false
}

// foldEqual compares ASCII text without regard to case; lower is lower case.
func foldEqual(b []byte, lower string) bool {
	if len(b) != len(lower) {
		return false
	}
	for i, c := range b {
		if c >= 'A' && c <= 'Z' {
			c += 'a' - 'A'
		}
		if c != lower[i] {
			return false
		}
	}
	return true
}
