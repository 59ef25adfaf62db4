package simulator

import (
	"bytes"
	"strconv"
)

// Limits of one request.
const (
	maxHead = 64 << 10
	maxBody = 1 << 20
)

// framing says where a request's body ends and what becomes of the
// connection.
type framing struct {
	length    int // Content-Length; -1 when absent
	chunked   bool
	closes    bool // the client asked for, or its version implies, the end
	expects   bool // Expect: 100-continue
	http10    bool
	hosts     int
	keepAlive bool
}

// fault is a request that cannot be read; its value is the answer's status.
type fault int

const (
	faultNone       fault = 0
	faultBad        fault = 400
	faultTooLarge   fault = 413
	faultTarget     fault = 414
	faultExpect     fault = 417
	faultHead       fault = 431
	faultEncoding   fault = 501
	faultVersion    fault = 505
	faultConnection fault = -1 // nothing can be answered
)

// parseHead reads a request's head, from the request line to the empty line,
// into x. It takes what RFC 9112 allows and nothing else: CRLF line ends, no
// folding, no blank before a colon, one Host, one meaning of the length.
func parseHead(head []byte, x *exchange) (framing, fault) {
	fr := framing{length: -1}
	line, rest, ok := cutLine(head)
	if !ok {
		return fr, faultBad
	}
	if f := parseRequestLine(line, x, &fr); f != faultNone {
		return fr, f
	}
	for {
		line, rest, ok = cutLine(rest)
		if !ok {
			return fr, faultBad
		}
		if len(line) == 0 {
			break
		}
		if f := parseField(line, x, &fr); f != faultNone {
			return fr, f
		}
	}
	return fr, fr.settle()
}

// cutLine takes one line ended by CRLF.
func cutLine(b []byte) (line, rest []byte, ok bool) {
	i := bytes.IndexByte(b, '\n')
	if i < 1 || b[i-1] != '\r' {
		return nil, nil, false
	}
	return b[:i-1], b[i+1:], true
}

func parseRequestLine(line []byte, x *exchange, fr *framing) fault {
	method, rest, ok := bytes.Cut(line, []byte{' '})
	if !ok || len(method) == 0 || !isToken(method) {
		return faultBad
	}
	target, version, ok := bytes.Cut(rest, []byte{' '})
	if !ok {
		return faultBad
	}
	switch {
	case string(version) == "HTTP/1.1":
	case string(version) == "HTTP/1.0":
		fr.http10 = true
	case len(version) == 8 && bytes.HasPrefix(version, []byte("HTTP/")):
		return faultVersion
	default:
		return faultBad
	}
	x.method = methodName(method)
	return parseTarget(target, x)
}

// methodName avoids a copy for the usual methods.
func methodName(m []byte) string {
	switch string(m) {
	case "GET":
		return "GET"
	case "POST":
		return "POST"
	case "PUT":
		return "PUT"
	case "DELETE":
		return "DELETE"
	case "HEAD":
		return "HEAD"
	case "OPTIONS":
		return "OPTIONS"
	}
	return string(m)
}

// parseTarget splits the target into path and query, in origin or absolute
// form. Repeated slashes count as one, since one real client sends them.
func parseTarget(target []byte, x *exchange) fault {
	if len(target) > maxHead/2 {
		return faultTarget
	}
	for _, c := range target {
		if c <= ' ' || c >= 0x7f {
			return faultBad
		}
	}
	if i := bytes.Index(target, []byte("://")); i > 0 && target[0] != '/' {
		target = target[i+3:]
		slash := bytes.IndexByte(target, '/')
		if slash < 0 {
			return faultBad
		}
		target = target[slash:]
	}
	if string(target) == "*" && x.method == "OPTIONS" {
		x.path = target
		return faultNone
	}
	if len(target) == 0 || target[0] != '/' {
		return faultBad
	}
	x.path, x.query, _ = bytes.Cut(target, []byte{'?'})
	x.path = foldSlashes(unescape(x.path, false))
	return faultNone
}

// foldSlashes makes one slash of many, in place.
func foldSlashes(path []byte) []byte {
	if !bytes.Contains(path, []byte("//")) {
		return path
	}
	out := path[:0]
	for i, c := range path {
		if c != '/' || i == 0 || path[i-1] != '/' {
			out = append(out, c)
		}
	}
	return out
}

func parseField(line []byte, x *exchange, fr *framing) fault {
	colon := bytes.IndexByte(line, ':')
	if colon < 1 || !isToken(line[:colon]) {
		return faultBad
	}
	name, value := line[:colon], bytes.Trim(line[colon+1:], " \t")
	for _, c := range value {
		if c < ' ' && c != '\t' || c == 0x7f {
			return faultBad
		}
	}
	x.fields = append(x.fields, field{name, value})
	return fr.note(name, value, x)
}

// note takes up the headers that decide about framing.
func (fr *framing) note(name, value []byte, x *exchange) fault {
	switch len(name) {
	case 4:
		if foldEqual(name, "host") {
			fr.hosts++
			x.host = value
		}
	case 6:
		if foldEqual(name, "expect") {
			if !foldEqual(value, "100-continue") {
				return faultExpect
			}
			fr.expects = true
		}
	case 10:
		if foldEqual(name, "connection") {
			fr.noteConnection(value)
		}
	case 14:
		if foldEqual(name, "content-length") {
			return fr.noteLength(value)
		}
	case 17:
		if foldEqual(name, "transfer-encoding") {
			if fr.chunked || !foldEqual(value, "chunked") {
				return faultEncoding
			}
			fr.chunked = true
		}
	}
	return faultNone
}

func (fr *framing) noteConnection(value []byte) {
	for len(value) > 0 {
		var word []byte
		word, value, _ = bytes.Cut(value, []byte{','})
		word = bytes.TrimSpace(word)
		fr.closes = fr.closes || foldEqual(word, "close")
		fr.keepAlive = fr.keepAlive || foldEqual(word, "keep-alive")
	}
}

func (fr *framing) noteLength(value []byte) fault {
	n, ok := decimal(value)
	if !ok || fr.length >= 0 && fr.length != n {
		return faultBad
	}
	fr.length = n
	if n > maxBody {
		return faultTooLarge
	}
	return faultNone
}

// decimal reads digits only, up to a length no body may have.
func decimal(b []byte) (int, bool) {
	if len(b) == 0 || len(b) > 18 {
		return 0, false
	}
	n := 0
	for _, c := range b {
		if c < '0' || c > '9' {
			return 0, false
		}
		n = n*10 + int(c-'0')
	}
	return n, true
}

// settle judges the headers together.
func (fr *framing) settle() fault {
	switch {
	case fr.chunked && (fr.length >= 0 || fr.http10):
		return faultBad // two meanings of the length: request smuggling
	case fr.hosts > 1, fr.hosts == 0 && !fr.http10:
		return faultBad
	}
	if fr.http10 {
		fr.closes = fr.closes || !fr.keepAlive
		fr.expects = false
	}
	return faultNone
}

// isToken tells names of methods and headers (RFC 9110, 5.6.2).
func isToken(b []byte) bool {
	for _, c := range b {
		if !tokenBytes[c] {
			return false
		}
	}
	return true
}

var tokenBytes = func() (t [256]bool) {
	for c := '0'; c <= 'z'; c++ {
		t[c] = c <= '9' || c >= 'A' && c <= 'Z' || c >= 'a'
	}
	for _, c := range "!#$%&'*+-.^_`|~" {
		t[c] = true
	}
	return t
}()

// chunkLine reads the line before a chunk: its size, extensions ignored.
func chunkLine(line []byte) (int, bool) {
	digits, _, _ := bytes.Cut(line, []byte{';'})
	digits = bytes.TrimRight(digits, " \t")
	if len(digits) == 0 || len(digits) > 8 || digits[0] == '+' || digits[0] == '-' {
		return 0, false
	}
	n, err := strconv.ParseUint(string(digits), 16, 32)
	return int(n), err == nil
}
