package driver

import (
	"authsoak/rules"
	"bytes"
	"encoding/json"
	"html"
	"strconv"

	"authsoak/driver/exchange"
	"authsoak/profiles"
)

// extract finds a captured value in an answer; nil where it isn't there.
func extract(c *profiles.Capture, a *exchange.Answer) []byte {
	switch c.From {
	case profiles.FromHeader:
		return a.Get(c.Header)
	case profiles.FromJSON:
		return extractJSON(a.Body, c.JSON)
	}
	m := c.Pattern.FindSubmatchIndex(a.Body)
	if len(m) < 4 || m[2] < 0 {
		return nil
	}
	value := a.Body[m[2]:m[3]]
	if bytes.IndexByte(value, '&') >= 0 { // pages and XML write & as an entity
		return []byte(html.UnescapeString(string(value)))
	}
	return value
}

// listed counts the sessions that the answer to a listing tells of. Of a list
// that is not there as a whole, nothing but a total is known.
func listed(l *profiles.Listing, a *exchange.Answer, values *profiles.Values) rules.Listed {
	out := rules.Listed{Own: rules.NotCounted, All: rules.NotCounted}
	if l.Total != nil {
		if n, err := strconv.Atoi(string(extract(l.Total, a))); err == nil {
			out.All = n
		}
	}
	if l.Each == nil || a.BodyBytes != int64(len(a.Body)) {
		return out
	}
	matches := l.Each.FindAllSubmatch(a.Body, -1)
	if l.Owner == nil {
		out.Own = len(matches)
		return out
	}
	if out.All > len(matches) {
		return out // a page of the list
	}
	owner := l.Owner.Append(nil, values)
	out.Own = 0
	for _, m := range matches {
		if bytes.Equal(m[1], owner) {
			out.Own++
		}
	}
	if l.Total == nil {
		out.All = len(matches)
	}
	return out
}

// extractJSON walks member names from the root and returns the scalar there as
// text.
func extractJSON(body []byte, path []string) []byte {
	raw := json.RawMessage(body)
	for _, name := range path {
		var object map[string]json.RawMessage
		if json.Unmarshal(raw, &object) != nil {
			return nil
		}
		raw = object[name]
	}
	var text string
	if json.Unmarshal(raw, &text) == nil {
		return []byte(text)
	}
	var scalar any
	if json.Unmarshal(raw, &scalar) != nil {
		return nil
	}
	switch scalar.(type) {
	case float64, bool:
		return bytes.TrimSpace(raw)
	}
	return nil
}
