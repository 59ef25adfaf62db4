package driver

import (
	"bytes"

	"authsoak/driver/exchange"
	"authsoak/driver/sessions"
	"authsoak/profiles"
	"authsoak/rules"
)

// shownBody is how much of a body a reply's text holds.
const shownBody = 16 << 10

// exhibit is what it takes to show an exchange as text later: few are ever
// shown, and blanking every spelling of every secret takes longer than the
// exchange. What the client goes on changing is copied.
type exhibit struct {
	prober *Prober
	wire   *wireRequest
	vary   rules.Variation
	client *Client // account and cookies before the exchange
	after  sessions.Jar
	reply  *rules.Reply
	answer exchange.Answer
}

// exhibit is called before the request is sent.
func (c *Client) exhibit(r *wireRequest, v *rules.Variation, out *taken) *exhibit {
	return &exhibit{prober: c.prober, wire: r, vary: *v, client: c.Copy(), reply: &rules.Reply{Sent: out.Sent}}
}

// answered adds the answer.
func (e *exhibit) answered(c *Client, out *taken) {
	reply := out.Reply
	e.reply, e.after = &reply, c.Copy().Jar
	e.answer = exchange.Answer{Status: out.Status, Body: out.Body, BodyBytes: c.answer.BodyBytes}
	for _, f := range out.Fields {
		e.answer.Fields = append(e.answer.Fields, exchange.Field{Name: []byte(f.Name), Value: []byte(f.Value)})
	}
}

// show is the exchange as text: whatever was, is, or could have become a value
// of the session is blanked. The answer is empty where there was none.
func (e *exhibit) show() (sent, answer string) {
	flow := e.prober.target.flow
	values := profiles.Values{Account: e.client.fields(e.vary.Account), Slots: e.client.Jar.Slots}
	sent = shown(e.reply.Sent, e.wire, &e.vary, &values, flow)
	var secrets [][]byte
	for _, k := range e.reply.Cookies {
		secrets = append(secrets, []byte(k.Value))
	}
	for i := range e.wire.spec.Capture {
		secrets = append(secrets, extract(&e.wire.spec.Capture[i], &e.answer))
	}
	return sent, received(&e.answer, func(text string) string {
		return without(text, values.Account, e.after.Others, values.Slots, e.after.Slots, secrets)
	}, shownBody)
}

// shown is a request as text. It is rendered again from blanked values, so that
// nothing secret can be in it; only the names of its cookies are taken from what
// was sent.
func shown(sent []byte, r *wireRequest, v *rules.Variation, values *profiles.Values, flow *profiles.Flow) string {
	twin := *v
	twin.Swap, twin.Tamper, twin.Omit, twin.NoCookies = nil, nil, nil, true
	clean := blanked(values)
	var scratch []byte
	text := vary(r.append(nil, &scratch, &clean, flow.Slots, nil), &twin)
	if cookies := cookieLine(sent); len(cookies) > 0 {
		head, body, _ := bytes.Cut(text, []byte("\r\n\r\n"))
		text = append(append(append(bytes.Clone(head), "\r\n"...), cookies...), "\r\n\r\n"...)
		text = append(text, body...)
	}
	return authorization.ReplaceAllString(string(text), "${1}"+blank)
}

// cookieLine is the Cookie field of a request, its values blanked.
func cookieLine(sent []byte) []byte {
	head, _, _ := bytes.Cut(sent, []byte("\r\n\r\n"))
	_, line, found := bytes.Cut(head, []byte("\r\nCookie: "))
	if !found {
		return nil
	}
	line, _, _ = bytes.Cut(line, []byte("\r\n"))
	out := []byte("Cookie: ")
	for i, pair := range bytes.Split(line, []byte("; ")) {
		name, _, _ := bytes.Cut(pair, []byte{'='})
		if i > 0 {
			out = append(out, "; "...)
		}
		out = append(append(append(out, name...), '='), blank...)
	}
	return out
}

// cookiesOf reads what an answer sets, with the attributes as they came.
func cookiesOf(flow *profiles.Flow, fields []exchange.Field) []rules.Cookie {
	var out []rules.Cookie
	for _, f := range fields {
		if !equalFoldBytes(f.Name, "Set-Cookie") {
			continue
		}
		for field := f.Value; len(field) > 0; {
			var rest []byte
			if i := foldedCookie(flow, field); i > 0 {
				field, rest = field[:i], field[i+1:]
			}
			name, value, attributes := splitCookie(field)
			if len(name) > 0 {
				out = append(out, rules.Cookie{Name: string(name), Value: string(value),
					Attributes: string(attributes), Removed: removed(value, attributes)})
			}
			field = rest
		}
	}
	return out
}
