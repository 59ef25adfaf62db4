package driver

import (
	"bytes"
	"strconv"

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
	return text
}
