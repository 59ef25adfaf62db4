package rules

import (
	"fmt"
	"mime"
	"regexp"
	"slices"
	"strings"
	"unicode/utf8"
)

// normalBodyMost is how much of a body a normal form keeps, in runes.
const normalBodyMost = 200

var (
	// idText is what ids, tokens and hashes look like: long, with a digit.
	idText    = regexp.MustCompile(`[A-Za-z0-9_\-+/=.*%]{16,}`)
	dateText  = regexp.MustCompile(`\d{4}-\d\d-\d\d[T ]\d\d:\d\d:\d\d(\.\d+)?(Z|[+-]\d\d:?\d\d)?|(Mon|Tue|Wed|Thu|Fri|Sat|Sun)[a-z]*, \d\d[ -][A-Z][a-z]{2}[ -]\d{2,4} \d\d:\d\d:\d\d GMT`)
	clockText = regexp.MustCompile(`\b\d\d:\d\d:\d\d\b`)
	longDigit = regexp.MustCompile(`\d{4,}`)
	gluedDig  = regexp.MustCompile(`([A-Za-z_])\d{2,}`)
	blankText = regexp.MustCompile(`\s+`)
)

// Normal takes out of a text what differs from one time to the next: ids, dates,
// numbers that count, and the given words (the account's name, say).
func Normal(text string, words ...string) string {
	text = strings.ToValidUTF8(text, "?")
	sorted := slices.Clone(words)
	slices.SortFunc(sorted, func(a, b string) int { return len(b) - len(a) })
	for _, w := range sorted {
		if len(w) >= 3 {
			text = strings.ReplaceAll(text, w, "<account>")
		}
	}
	text = dateText.ReplaceAllString(text, "<date>")
	text = clockText.ReplaceAllString(text, "<time>")
	text = idText.ReplaceAllStringFunc(text, func(id string) string {
		if strings.ContainsAny(id, "0123456789") {
			return "<id>"
		}
		return id
	})
	text = longDigit.ReplaceAllString(text, "<number>")
	text = gluedDig.ReplaceAllString(text, "${1}<number>")
	text = blankText.ReplaceAllString(strings.TrimSpace(text), " ")
	if utf8.RuneCountInString(text) > normalBodyMost {
		text = string([]rune(text)[:normalBodyMost]) + "…"
	}
	return text
}

func (e *Evidence) normalBody(r *Reply) string {
	if len(r.Body) == 0 {
		return "empty"
	}
	return Normal(string(r.Body), e.Words...)
}

// normalReply is the last answer of an action in normal form: status, media
// type, where it leads, and body.
func normalReply(e *Evidence, action int) string {
	r := e.last(action)
	if r == nil || r.Err != nil {
		return "no answer"
	}
	text := fmt.Sprintf("status %d", r.Status)
	if media, _, err := mime.ParseMediaType(string(r.Get("Content-Type"))); err == nil && len(r.Body) > 0 {
		text += ", " + media
	}
	if to := r.Get("Location"); len(to) > 0 {
		text += ", to " + Normal(string(to), e.Words...)
	}
	return text + ", body: " + e.normalBody(r)
}

// normalOutcome is what became of an action in a word or two.
func normalOutcome(e *Evidence, action int) string {
	r := e.last(action)
	switch meaningOf(r) {
	case accepting:
		return "accepted"
	case noAnswer:
		return "no answer"
	}
	return fmt.Sprintf("refused with %d", r.Status)
}

// normalCookie is a cookie's attributes in normal form, sorted.
func normalCookie(k *Cookie) string {
	var parts []string
	for part := range strings.SplitSeq(k.Attributes, ";") {
		name, value, has := strings.Cut(strings.TrimSpace(part), "=")
		name = strings.ToLower(name)
		switch {
		case name == "":
			continue
		case name == "expires":
			name += "=<date>"
		case has:
			name += "=" + strings.Trim(value, `"`)
		}
		parts = append(parts, name)
	}
	slices.Sort(parts)
	if len(parts) == 0 {
		return "no attributes"
	}
	return strings.Join(parts, "; ")
}

// quote shows a body in a sentence.
func quote(body []byte) string {
	text := strings.ToValidUTF8(string(body), "?")
	if utf8.RuneCountInString(text) > 120 {
		text = string([]rune(text)[:120]) + "…"
	}
	return fmt.Sprintf("%q", text)
}
