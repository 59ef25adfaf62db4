package driver

import (
	"fmt"
	"regexp"
	"strings"

	"authsoak/driver/exchange"
	"authsoak/profiles"
	"authsoak/results"
)

// blank stands where a secret was.
const blank = "[blanked]"

// exampleBody is how much of a body an example shows.
const exampleBody = 1024

// example hands over the first few failures of each class in full. The request
// is rendered again from blanked values, so that nothing secret can be in it;
// the answer is searched for everything secret that is known.
func (w *worker) example(t *target, g *group, r *wireRequest, end *ending) {
	if !w.recorder.WantsExample(g.series, end.class) {
		return
	}
	w.recorder.Example(g.series, end.class, results.Example{
		At: float64(end.at) / 1e9, Target: t.Name, Step: g.name, Request: r.spec.Name,
		Outcome: end.outcome.String(), Class: end.class.String(), Message: w.clean(w.reason),
		Sent: w.sentBlanked(t, r), Received: w.receivedBlanked(),
	})
}

func (w *worker) sentBlanked(t *target, r *wireRequest) string {
	v := blanked(&w.values)
	var scratch []byte
	text := string(r.append(nil, &scratch, &v, t.flow.Slots, nil))
	return authorization.ReplaceAllString(text, "${1}"+blank)
}

// blanked are values to render in the place of v: nothing secret is in them.
func blanked(v *profiles.Values) profiles.Values {
	out := profiles.Values{Account: make([][]byte, len(v.Account)), Slots: make([][]byte, len(v.Slots))}
	for i := range out.Account {
		if len(v.Account[i]) > 0 {
			out.Account[i] = []byte(blank)
		}
	}
	for i := range out.Slots {
		if len(v.Slots[i]) > 0 {
			out.Slots[i] = []byte(blank)
		}
	}
	return out
}

func (w *worker) receivedBlanked() string {
	return received(&w.answer, w.clean, exampleBody)
}

// received is an answer as text, cleaned of what is secret, with as much of its
// body as most says.
func received(a *exchange.Answer, clean func(string) string, most int) string {
	if a.Status == 0 {
		return ""
	}
	var b strings.Builder
	fmt.Fprintf(&b, "HTTP %d\r\n", a.Status)
	for _, f := range a.Fields {
		value := blank
		switch {
		case equalFoldBytes(f.Name, "Set-Cookie"):
			value = blankCookie(string(f.Value))
		case shownHeaders[strings.ToLower(string(f.Name))]:
			value = clean(string(f.Value))
			if equalFoldBytes(f.Name, "Location") {
				value = addressSecrets.ReplaceAllString(value, "${1}"+blank)
			}
		}
		fmt.Fprintf(&b, "%s: %s\r\n", f.Name, value)
	}
	b.WriteString("\r\n")
	// Blank first, cut later: a cut in the middle of a secret would hide it.
	text := blankNamed(clean(string(a.Body)))
	if len(text) > most {
		text = text[:most] + fmt.Sprintf("… (%d bytes in all)", a.BodyBytes)
	}
	b.WriteString(strings.ToValidUTF8(text, "\uFFFD"))
	return b.String()
}

// blankCookie keeps the name and the attributes of a Set-Cookie field. A field
// that may hold several cookies keeps its first name only.
func blankCookie(field string) string {
	pair, attributes, _ := strings.Cut(field, ";")
	name, value, _ := strings.Cut(pair, "=")
	if strings.Contains(attributes, "=") && strings.Contains(field, ",") && !expiresOnly.MatchString(attributes) {
		attributes = " " + blank
	}
	if value != "" {
		value = blank
	}
	if attributes != "" {
		attributes = ";" + attributes
	}
	return name + "=" + value + attributes
}

// expiresOnly matches attributes whose only comma is that of a date.
var expiresOnly = regexp.MustCompile(`(?i)^[^,]*expires=[a-z]+,[^,]*$`)

// clean takes every secret the worker knows out of a text.
func (w *worker) clean(text string) string {
	return without(text, w.values.Account, w.jar.Others, w.values.Slots, w.old.Slots, w.jar.Slots)
}
