package driver

import (
	"bytes"
	"fmt"
	"regexp"
	"strings"

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
	v := profiles.Values{Account: make([][]byte, len(w.values.Account)), Slots: make([][]byte, len(w.values.Slots))}
	for i := range v.Account {
		if len(w.values.Account[i]) > 0 {
			v.Account[i] = []byte(blank)
		}
	}
	for i := range v.Slots {
		if len(w.values.Slots[i]) > 0 {
			v.Slots[i] = []byte(blank)
		}
	}
	var scratch []byte
	text := string(r.append(nil, &scratch, &v, t.flow.Slots, nil))
	return authorization.ReplaceAllString(text, "${1}"+blank)
}

var (
	authorization = regexp.MustCompile(`(?mi)^((?:proxy-)?authorization: )[^\r\n]*`)
	secretMember  = regexp.MustCompile(`(?i)("[^"]*(?:token|secret|password|session)[^"]*"\s*:\s*")[^"]*`)
)

func (w *worker) receivedBlanked() string {
	a := &w.answer
	if a.Status == 0 {
		return ""
	}
	var b strings.Builder
	fmt.Fprintf(&b, "HTTP %d\r\n", a.Status)
	for _, f := range a.Fields {
		value := w.clean(string(f.Value))
		if equalFoldBytes(f.Name, "Set-Cookie") {
			value = blankCookie(string(f.Value))
		}
		fmt.Fprintf(&b, "%s: %s\r\n", f.Name, value)
	}
	b.WriteString("\r\n")
	body := a.Body
	// Blank first, cut later: a cut in the middle of a secret would hide it.
	text := secretMember.ReplaceAllString(w.clean(string(body)), "${1}"+blank)
	if len(text) > exampleBody {
		text = text[:exampleBody] + fmt.Sprintf("… (%d bytes in all)", a.BodyBytes)
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
	replace := func(secret []byte) {
		if len(secret) >= 4 {
			text = strings.ReplaceAll(text, string(secret), blank)
		}
	}
	for _, f := range w.values.Account {
		replace(f)
	}
	for _, jar := range [][][]byte{w.values.Slots, w.old.Slots, w.jar.Slots} {
		for _, s := range jar {
			replace(s)
		}
	}
	for pair := range bytes.SplitSeq(w.jar.Others, []byte("; ")) {
		_, value, _ := bytes.Cut(pair, []byte{'='})
		replace(value)
	}
	return text
}
