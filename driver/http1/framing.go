package http1

import (
	"bytes"
	"strings"
)

// judgeFrame reads from the fields where the answer ends. It looks at whole
// values, so that a folded one counts in full.
func (r *reader) judgeFrame() error {
	for i := range r.ans.Fields {
		f := &r.ans.Fields[i]
		var err error
		switch len(f.Name) {
		case len("Connection"):
			if isName(f.Name, "connection") {
				r.connection(f.Value)
			}
		case len("Content-Length"):
			if isName(f.Name, "content-length") {
				err = r.contentLength(f.Value)
			}
		case len("Transfer-Encoding"):
			if isName(f.Name, "transfer-encoding") {
				err = r.transferEncoding(f.Value)
			}
		}
		if err != nil {
			return err
		}
	}
	if r.chunked && r.hasLength {
		return wrong("the answer has both Content-Length and Transfer-Encoding", nil)
	}
	r.close = r.close || (r.old && !r.keepAlive)
	return nil
}

// isName compares with a name in small letters.
func isName(name []byte, small string) bool {
	for i := range name {
		if name[i]|0x20 != small[i] {
			return false
		}
	}
	return true
}

// connection takes the two options that matter; they may stand in a list.
func (r *reader) connection(v []byte) {
	for len(v) > 0 {
		option := v
		if i := bytes.IndexByte(v, ','); i >= 0 {
			option, v = v[:i], v[i+1:]
		} else {
			v = nil
		}
		start, end := trim(option, 0, len(option))
		switch option = option[start:end]; {
		case len(option) == 5 && isName(option, "close"):
			r.close = true
		case len(option) == 10 && isName(option, "keep-alive"):
			r.keepAlive = true
		}
	}
}

// contentLength takes a length. The same one twice is harmless (RFC 9110,
// section 8.6), two different ones are not.
func (r *reader) contentLength(v []byte) error {
	const most = 18 // digits that surely fit
	if len(v) == 0 || len(v) > most {
		return wrong("malformed Content-Length", v)
	}
	var n int64
	for _, b := range v {
		if b < '0' || b > '9' {
			return wrong("malformed Content-Length", v)
		}
		n = n*10 + int64(b-'0')
	}
	if r.hasLength && (n != r.length || len(v) != r.digits) {
		return wrong("two Content-Length fields differ", v)
	}
	r.hasLength, r.length, r.digits = true, n, len(v)
	return nil
}

// transferEncoding knows no coding but chunked, once, and none in HTTP/1.0,
// where it says that someone on the way did not understand it (RFC 9112,
// section 6.1).
func (r *reader) transferEncoding(v []byte) error {
	if r.old {
		return wrong("Transfer-Encoding in an HTTP/1.0 answer", v)
	}
	if r.chunked || !strings.EqualFold(string(v), "chunked") {
		return wrong("unknown Transfer-Encoding", v)
	}
	r.chunked = true
	return nil
}
