package driver

import (
	"bytes"
	"strconv"

	"authsoak/driver/sessions"
	"authsoak/profiles"
	"authsoak/rules"
)

// vary applies a variation to a rendered request.
func vary(wire []byte, v *rules.Variation) []byte {
	head, body, _ := bytes.Cut(wire, []byte("\r\n\r\n"))
	lines := bytes.Split(head, []byte("\r\n"))
	method, target, _ := bytes.Cut(lines[0], []byte{' '})
	if v.Method != "" {
		method = []byte(v.Method)
	}
	if v.Body != nil {
		body = v.Body
	}
	if v.Replace[0] != "" {
		target = bytes.ReplaceAll(target, []byte(v.Replace[0]), []byte(v.Replace[1]))
	}
	out := append(append(bytes.Clone(method), ' '), target...)
	var cookies []byte
	for _, line := range lines[1:] {
		name, value, _ := bytes.Cut(line, []byte(": "))
		switch {
		case equalFoldBytes(name, "Cookie"):
			cookies = value
		case equalFoldBytes(name, "Content-Length") || drops(v, string(name)):
		default:
			out = append(append(out, "\r\n"...), line...)
		}
	}
	if cookies = varyCookies(v, cookies); len(cookies) > 0 {
		out = append(append(out, "\r\nCookie: "...), cookies...)
	}
	for _, line := range v.Set {
		out = append(append(out, "\r\n"...), line...)
	}
	if m := string(method); len(body) > 0 || m == "POST" || m == "PUT" || m == "PATCH" {
		out = strconv.AppendInt(append(out, "\r\nContent-Length: "...), int64(len(body)), 10)
	}
	return append(append(out, "\r\n\r\n"...), body...)
}

// drops tells whether a header is left out or replaced.
func drops(v *rules.Variation, name string) bool {
	for _, d := range v.Drop {
		if equalFold(d, name) {
			return true
		}
	}
	for _, s := range v.Set {
		if n, _, _ := bytes.Cut([]byte(s), []byte{':'}); equalFold(string(n), name) {
			return true
		}
	}
	return false
}

func varyCookies(v *rules.Variation, text []byte) []byte {
	if v.NoCookies {
		return nil
	}
	for _, name := range v.Omit {
		text, _ = replaceCookie(bytes.Clone(text), []byte(name), nil)
	}
	for name, value := range v.Swap {
		text, _ = replaceCookie(bytes.Clone(text), []byte(name), []byte(value))
	}
	for _, name := range v.Tamper {
		text = tamper(text, name)
	}
	return text
}

// tamper changes the character in the middle of a cookie's value: the last one
// of a Base64 text may hold bits that mean nothing.
func tamper(text []byte, name string) []byte {
	for pair := range bytes.SplitSeq(text, []byte("; ")) {
		n, value, _ := bytes.Cut(pair, []byte{'='})
		if string(n) != name || len(value) == 0 {
			continue
		}
		other := bytes.Clone(value)
		at := len(other) / 2
		if other[at]++; other[at] < '0' || other[at] > 'z' || bytes.IndexByte([]byte(`;\\`), other[at]) >= 0 {
			other[at] = '0'
		}
		text, _ = replaceCookie(bytes.Clone(text), n, other)
		return text
	}
	return text
}

// keep adds the client's cookies to a request that the profile sends without.
func keep(wire []byte, slots []profiles.Slot, jar *sessions.Jar) []byte {
	var cookies []byte
	for i, s := range slots {
		if s.Cookie && len(jar.Slots[i]) > 0 {
			cookies = appendCookie(cookies, []byte(s.Name), jar.Slots[i])
		}
	}
	for pair := range bytes.SplitSeq(jar.Others, []byte("; ")) {
		if name, value, ok := bytes.Cut(pair, []byte{'='}); ok {
			cookies = appendCookie(cookies, name, value)
		}
	}
	head, body, _ := bytes.Cut(wire, []byte("\r\n\r\n"))
	if len(cookies) == 0 || bytes.Contains(head, []byte("\r\nCookie: ")) {
		return wire
	}
	out := append(bytes.Clone(head), "\r\nCookie: "...)
	return append(append(append(out, cookies...), "\r\n\r\n"...), body...)
}
