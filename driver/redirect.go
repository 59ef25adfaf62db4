package driver

import (
	"bytes"
	"net/url"
	"strings"
)

func (w *worker) isRedirect() bool {
	switch w.answer.Status {
	case 301, 302, 303, 307, 308:
		return len(w.answer.Get("Location")) > 0
	}
	return false
}

// redirected renders a GET for the Location of the last answer, with the
// session's cookies and no other header, or returns false where it leads to
// another scheme, host or port: credentials never go there.
func (w *worker) redirected(t *target, r *wireRequest) bool {
	at, err := t.url.Parse(requestTarget(w.wire))
	if err != nil {
		return false
	}
	to, err := at.Parse(string(w.answer.Get("Location")))
	if err != nil || to.Scheme != t.url.Scheme || !strings.EqualFold(hostPort(to), hostPort(t.url)) {
		return false
	}
	w.wire = append(w.wire[:0], "GET "...)
	w.wire = append(w.wire, to.RequestURI()...)
	w.wire = append(w.wire, " HTTP/1.1\r\nHost: "...)
	w.wire = append(w.wire, t.url.Host...)
	w.wire = append(w.wire, "\r\nUser-Agent: "+t.agent+"\r\n"...)
	w.wire = r.appendCookies(w.wire, &w.values, t.flow.Slots, w.jar.Others)
	w.wire = append(w.wire, "\r\n"...)
	return true
}

// hostPort is a URL's host with the port that its scheme implies.
func hostPort(u *url.URL) string {
	if u.Port() != "" {
		return u.Host
	}
	if u.Scheme == "https" {
		return u.Host + ":443"
	}
	return u.Host + ":80"
}

// requestTarget is the second word of a rendered request.
func requestTarget(wire []byte) string {
	_, rest, _ := bytes.Cut(wire, []byte{' '})
	target, _, _ := bytes.Cut(rest, []byte{' '})
	return string(target)
}
