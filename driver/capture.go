package driver

import (
	"bytes"
	"encoding/json"
	"html"

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
