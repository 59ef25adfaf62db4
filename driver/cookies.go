package driver

import (
	"bytes"
	"net/http"
	"strconv"
	"strings"
	"time"

	"authsoak/driver/exchange"
	"authsoak/driver/sessions"
	"authsoak/profiles"
)

// adoption is what an answer's Set-Cookie fields did to a session's values.
type adoption struct {
	set     uint64 // slots set, not empty
	changed bool   // any value differs from before
	renewed bool   // the value of an authenticating cookie was replaced by another
	tooBig  bool   // a cookie was left out, see mostValue and mostOthers
}

// What a session may carry, in bytes: one value, and all cookies together that
// the profile doesn't name. Four times what browsers promise to keep of one
// cookie (RFC 6265 section 6.1); with 60 slots it fits the session store. A
// server that sends more can't make the store, or each request, grow on and on.
const (
	mostValue  = 16 << 10
	mostOthers = 16 << 10
)

// adopt takes over the cookies of an answer, whatever it answers: servers renew
// them on any reply. Attributes matter only as far as they remove a cookie or
// tell cookies of one name apart.
func adopt(flow *profiles.Flow, jar *sessions.Jar, a *exchange.Answer) adoption {
	var done adoption
	for i := range a.Fields {
		f := &a.Fields[i]
		if len(f.Name) != len("Set-Cookie") || !equalFoldBytes(f.Name, "Set-Cookie") {
			continue
		}
		adoptField(flow, jar, f.Value, &done)
	}
	return done
}

// adoptField reads one Set-Cookie field. Old servers fold several cookies into
// one field, joined by commas (RFC 2109 section 4.2.2); a part is taken for
// another cookie only if the profile names it.
func adoptField(flow *profiles.Flow, jar *sessions.Jar, field []byte, done *adoption) {
	for len(field) > 0 {
		var rest []byte
		if i := foldedCookie(flow, field); i > 0 {
			field, rest = field[:i], field[i+1:]
		}
		name, value, attributes := splitCookie(field)
		if len(name) > 0 {
			adoptCookie(flow, jar, name, value, attributes, done)
		}
		field = rest
	}
}

// foldedCookie returns the index of the comma before another named cookie.
func foldedCookie(flow *profiles.Flow, field []byte) int {
	for from := 0; ; {
		comma := bytes.IndexByte(field[from:], ',')
		if comma < 0 {
			return 0
		}
		from += comma + 1
		next := bytes.TrimLeft(field[from:], " \t")
		if eq := bytes.IndexByte(next, '='); eq > 0 && slotOf(flow, next[:eq]) >= 0 {
			return from - 1
		}
	}
}

func splitCookie(field []byte) (name, value, attributes []byte) {
	pair, attributes, _ := bytes.Cut(field, []byte{';'})
	name, value, ok := bytes.Cut(pair, []byte{'='})
	if !ok {
		return nil, nil, nil
	}
	return bytes.TrimSpace(name), bytes.TrimSpace(value), attributes
}

func slotOf(flow *profiles.Flow, name []byte) int {
	for i := range flow.Slots {
		if s := &flow.Slots[i]; s.Cookie && string(name) == s.Name {
			return i
		}
	}
	return -1
}

func adoptCookie(flow *profiles.Flow, jar *sessions.Jar, name, value, attributes []byte, done *adoption) {
	if removed(value, attributes) {
		value = nil
	}
	i := slotOf(flow, name)
	if len(value) > mostValue || i < 0 && len(value) > 0 && len(jar.Others)+len(name)+len(value) > mostOthers {
		done.tooBig = done.tooBig || i >= 0 || flow.KeepOtherCookies
		return
	}
	if i < 0 {
		if flow.KeepOtherCookies {
			var changed bool
			jar.Others, changed = replaceCookie(jar.Others, name, value)
			done.changed = done.changed || changed
		}
		return
	}
	slot := &flow.Slots[i]
	if slot.Path != "" && !strings.EqualFold(slot.Path, string(attribute(attributes, "Path"))) {
		return
	}
	if len(value) > 0 {
		done.set |= 1 << i
	}
	if bytes.Equal(jar.Slots[i], value) {
		return
	}
	done.changed = true
	done.renewed = done.renewed || slot.Authenticates && len(value) > 0 && len(jar.Slots[i]) > 0
	jar.Slots[i] = append(jar.Slots[i][:0], value...)
}

// removed tells whether a cookie is being deleted: an empty value, a Max-Age
// of zero or less, or else a date that has passed (RFC 6265 section 5.2).
func removed(value, attributes []byte) bool {
	if len(value) == 0 || string(value) == `""` {
		return true
	}
	if age := attribute(attributes, "Max-Age"); len(age) > 0 {
		n, err := strconv.Atoi(string(age))
		return err == nil && n <= 0
	}
	expires := attribute(attributes, "Expires")
	if len(expires) == 0 {
		return false
	}
	at, err := http.ParseTime(strings.ReplaceAll(string(expires), "-", " "))
	return err == nil && at.Before(time.Now())
}

func attribute(attributes []byte, name string) []byte {
	for len(attributes) > 0 {
		var part []byte
		part, attributes, _ = bytes.Cut(attributes, []byte{';'})
		key, value, _ := bytes.Cut(bytes.TrimLeft(part, " "), []byte{'='})
		if equalFoldBytes(key, name) {
			return bytes.Trim(value, ` "`)
		}
	}
	return nil
}

// replaceCookie puts name=value into a Cookie text, or takes name out of it
// where value is empty.
func replaceCookie(text, name, value []byte) (out []byte, changed bool) {
	for pair := range bytes.SplitSeq(text, []byte("; ")) {
		n, v, _ := bytes.Cut(pair, []byte{'='})
		switch {
		case len(pair) == 0:
		case !bytes.Equal(n, name):
			out = appendCookie(out, n, v)
		case bytes.Equal(v, value):
			return text, false
		default:
			changed = true
		}
	}
	if !changed && len(value) == 0 {
		return text, false
	}
	if len(value) > 0 {
		out = appendCookie(out, name, value)
	}
	return append(text[:0], out...), true
}

func appendCookie(text, name, value []byte) []byte {
	if len(text) > 0 {
		text = append(text, "; "...)
	}
	text = append(text, name...)
	text = append(text, '=')
	return append(text, value...)
}

func equalFold(a, b string) bool { return strings.EqualFold(a, b) }

func equalFoldBytes(a []byte, b string) bool {
	return len(a) == len(b) && strings.EqualFold(string(a), b)
}
