package driver

import (
	"strconv"

	"authsoak/profiles"
)

// wireRequest is a profile's request, compiled for one target: everything that
// doesn't change from session to session is literal text already.
type wireRequest struct {
	spec *profiles.Request
	head profiles.Template // request line and headers, up to the cookies
	// bodyText is the whole tail after the cookies (Content-Length, empty line,
	// body) where the body is the same for everybody; else body is rendered.
	bodyText []byte
	body     profiles.Template
	isHead   bool
}

func newWireRequest(spec *profiles.Request, host, basePath, agent string) wireRequest {
	w := wireRequest{spec: spec, body: spec.Body, isHead: spec.Method == "HEAD"}
	var b templateBuilder
	b.text(spec.Method + " " + basePath)
	b.template(spec.Target)
	b.text(" HTTP/1.1\r\nHost: " + host + "\r\n")
	if !hasHeader(spec.Headers, "User-Agent") {
		b.text("User-Agent: " + agent + "\r\n")
	}
	for _, h := range spec.Headers {
		b.text(h.Name + ": ")
		b.template(h.Value)
		b.text("\r\n")
	}
	w.head = b.out
	if text, ok := literal(spec.Body); ok {
		w.bodyText = appendTail(nil, spec.Method, text)
		w.body = nil
	}
	return w
}

func hasHeader(list []profiles.Header, name string) bool {
	for _, h := range list {
		if equalFold(h.Name, name) {
			return true
		}
	}
	return false
}

// appendTail ends the headers and adds the body. Methods that usually carry a
// body say so even when it is empty (RFC 9110 section 8.6).
func appendTail(dst []byte, method string, body []byte) []byte {
	if len(body) > 0 || method == "POST" || method == "PUT" || method == "PATCH" {
		dst = append(dst, "Content-Length: "...)
		dst = strconv.AppendInt(dst, int64(len(body)), 10)
		dst = append(dst, "\r\n"...)
	}
	dst = append(dst, "\r\n"...)
	return append(dst, body...)
}

// append renders the request after dst; scratch is reused for the body.
func (w *wireRequest) append(dst []byte, scratch *[]byte, v *profiles.Values, slots []profiles.Slot, others []byte) []byte {
	dst = w.head.Append(dst, v)
	dst = w.appendCookies(dst, v, slots, others)
	if w.body == nil {
		return append(dst, w.bodyText...)
	}
	*scratch = w.body.Append((*scratch)[:0], v)
	return appendTail(dst, w.spec.Method, *scratch)
}

func (w *wireRequest) appendCookies(dst []byte, v *profiles.Values, slots []profiles.Slot, others []byte) []byte {
	first := true
	for _, i := range w.spec.Cookies {
		value := v.Slots[i]
		if len(value) == 0 {
			continue
		}
		dst = cookieSeparator(dst, &first)
		dst = append(dst, slots[i].Name...)
		dst = append(dst, '=')
		dst = append(dst, value...)
	}
	if w.spec.OtherCookies && len(others) > 0 {
		dst = cookieSeparator(dst, &first)
		dst = append(dst, others...)
	}
	if !first {
		dst = append(dst, "\r\n"...)
	}
	return dst
}

func cookieSeparator(dst []byte, first *bool) []byte {
	if *first {
		*first = false
		return append(dst, "Cookie: "...)
	}
	return append(dst, "; "...)
}

// templateBuilder joins templates and text, merging neighbouring literals.
type templateBuilder struct{ out profiles.Template }

func (b *templateBuilder) text(s string) {
	if n := len(b.out); n > 0 && len(b.out[n-1].Args) == 0 {
		last := &b.out[n-1]
		last.Literal = append(last.Literal[:len(last.Literal):len(last.Literal)], s...)
		return
	}
	b.out = append(b.out, profiles.Segment{Literal: []byte(s)})
}

func (b *templateBuilder) template(t profiles.Template) {
	for _, seg := range t {
		if len(seg.Args) == 0 {
			b.text(string(seg.Literal))
			continue
		}
		b.out = append(b.out, seg)
	}
}

// literal returns the text of a template without values.
func literal(t profiles.Template) ([]byte, bool) {
	var text []byte
	for _, seg := range t {
		if len(seg.Args) > 0 {
			return nil, false
		}
		text = append(text, seg.Literal...)
	}
	return text, true
}
