package simulator

import (
	"bytes"
	"strconv"
	"unicode/utf8"
)

// appendJSON writes text as a JSON string, quotes included.
func appendJSON(dst, text []byte) []byte {
	dst = append(dst, '"')
	for len(text) > 0 {
		r, size := utf8.DecodeRune(text)
		switch {
		case r == '"' || r == '\\':
			dst = append(dst, '\\', byte(r))
		case r < ' ' || r == '<' || r == '>' || r == '&':
			dst = append(dst, `\u00`...)
			dst = append(dst, "0123456789abcdef"[r>>4], "0123456789abcdef"[r&15])
		default:
			dst = utf8.AppendRune(dst, r)
		}
		text = text[size:]
	}
	return append(dst, '"')
}

// appendXML writes text as character data.
func appendXML(dst, text []byte) []byte {
	for len(text) > 0 {
		r, size := utf8.DecodeRune(text)
		switch r {
		case '<':
			dst = append(dst, "&lt;"...)
		case '>':
			dst = append(dst, "&gt;"...)
		case '&':
			dst = append(dst, "&amp;"...)
		case '"':
			dst = append(dst, "&quot;"...)
		default:
			dst = utf8.AppendRune(dst, r)
		}
		text = text[size:]
	}
	return dst
}

// document is what the tiny readers of JSON and XML found: the root's name and
// namespace (XML only) and the leaves in their order.
type document struct {
	root, namespace []byte
	declared        bool // an XML declaration stood in front
	leaves          []leaf
}

// leaf is one member or child element that holds text.
type leaf struct{ name, value []byte }

// value is the text of the first leaf of that name, nil when there is none.
func (d *document) value(name string) []byte {
	for _, l := range d.leaves {
		if string(l.name) == name {
			return l.value
		}
	}
	return nil
}

const maxDepth = 32

// readJSON reads an object of strings, numbers, words and further objects;
// the leaves of inner objects count as its own. Where lenient, names and
// values may stand without quotes, as one official client writes them.
func readJSON(text []byte, lenient bool) (document, bool) {
	j := &jsonReader{rest: text, lenient: lenient}
	j.blanks()
	if !j.object(0) {
		return document{}, false
	}
	j.blanks()
	return j.found, len(j.rest) == 0
}

type jsonReader struct {
	rest    []byte
	lenient bool
	found   document
}

func (j *jsonReader) blanks() { j.rest = bytes.TrimLeft(j.rest, " \t\r\n") }

// eat takes one character, after blanks.
func (j *jsonReader) eat(c byte) bool {
	j.blanks()
	if len(j.rest) == 0 || j.rest[0] != c {
		return false
	}
	j.rest = j.rest[1:]
	return true
}

func (j *jsonReader) object(depth int) bool {
	if depth > maxDepth || !j.eat('{') {
		return false
	}
	if j.eat('}') {
		return true
	}
	for {
		j.blanks()
		name, ok := j.scalar(true)
		if !ok || !j.eat(':') || !j.member(name, depth) {
			return false
		}
		if j.eat('}') {
			return true
		}
		if !j.eat(',') {
			return false
		}
	}
}

func (j *jsonReader) member(name []byte, depth int) bool {
	j.blanks()
	if len(j.rest) > 0 && j.rest[0] == '{' {
		return j.object(depth + 1)
	}
	value, ok := j.scalar(false)
	j.found.leaves = append(j.found.leaves, leaf{name, value})
	return ok
}

// scalar reads a string, number or word. A name must be quoted unless lenient.
func (j *jsonReader) scalar(name bool) ([]byte, bool) {
	if len(j.rest) > 0 && j.rest[0] == '"' {
		return j.quoted()
	}
	end := bytes.IndexAny(j.rest, ",:{}[]\"\r\n")
	if !name && j.lenient { // unquoted secrets may hold colons
		end = bytes.IndexAny(j.rest, ",}\r\n")
	}
	if end <= 0 {
		return nil, false
	}
	word := bytes.TrimSpace(j.rest[:end])
	j.rest = j.rest[end:]
	return word, len(word) > 0 && (j.lenient || !name && isJSONWord(word))
}

// isJSONWord tells numbers, true, false and null.
func isJSONWord(word []byte) bool {
	switch string(word) {
	case "true", "false", "null":
		return true
	}
	_, err := strconv.ParseFloat(string(word), 64)
	return err == nil && (word[0] == '-' || word[0] >= '0' && word[0] <= '9')
}

// quoted reads a string. Without escapes it is a part of the input.
func (j *jsonReader) quoted() ([]byte, bool) {
	for i := 1; i < len(j.rest); i++ {
		switch c := j.rest[i]; {
		case c == '"':
			inner := j.rest[1:i]
			whole := j.rest[:i+1]
			j.rest = j.rest[i+1:]
			if bytes.IndexByte(inner, '\\') < 0 {
				return inner, utf8.Valid(inner)
			}
			return unquoteJSON(whole)
		case c == '\\':
			i++
		case c < ' ':
			return nil, false
		}
	}
	return nil, false
}

func appendInt(dst []byte, n int64) []byte { return strconv.AppendInt(dst, n, 10) }
