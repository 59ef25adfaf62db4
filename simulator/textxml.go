package simulator

import (
	"bytes"
	"encoding/json"
	"strconv"
	"unicode/utf8"
)

// unquoteJSON resolves the escapes of a quoted JSON string.
func unquoteJSON(quoted []byte) ([]byte, bool) {
	var s string
	err := json.Unmarshal(quoted, &s)
	return []byte(s), err == nil
}

// readXML reads a small document: an optional declaration, one root, elements
// with text in them. Attributes are skipped but for the root's namespace,
// prefixes of names cut off, comments dropped, document types refused.
func readXML(text []byte) (document, bool) {
	r := &xmlReader{rest: bytes.TrimPrefix(text, []byte("\xef\xbb\xbf"))}
	for r.step() {
	}
	return r.found, !r.bad && len(r.open) == 0 && r.found.root != nil && len(bytes.TrimSpace(r.rest)) == 0
}

type xmlReader struct {
	rest  []byte
	open  [][]byte // names of the elements around
	text  []byte   // character data since the last start tag
	whole bool     // the last tag was a start tag, so that text is a leaf
	bad   bool
	found document
}

// step takes the text up to the next tag, and the tag; false at the end or
// when the document is broken.
func (r *xmlReader) step() bool {
	i := bytes.IndexByte(r.rest, '<')
	if i < 0 {
		return false
	}
	if !r.characters(r.rest[:i]) {
		r.bad = true
		return false
	}
	r.rest = r.rest[i:]
	r.bad = !r.markup()
	return !r.bad
}

// markup takes what begins with "<".
func (r *xmlReader) markup() bool {
	switch {
	case bytes.HasPrefix(r.rest, []byte("<?")):
		if bytes.HasPrefix(r.rest, []byte("<?xml ")) {
			if r.found.root != nil {
				return false
			}
			r.found.declared = true
		}
		return r.skipPast("?>")
	case bytes.HasPrefix(r.rest, []byte("<!--")):
		return r.skipPast("-->")
	case bytes.HasPrefix(r.rest, []byte("<![CDATA[")):
		data, rest, ok := bytes.Cut(r.rest[len("<![CDATA["):], []byte("]]>"))
		if !ok || len(r.open) == 0 {
			return false
		}
		r.text = append(r.text, data...)
		r.rest = rest
		return true
	case bytes.HasPrefix(r.rest, []byte("<!")):
		return false
	}
	tag, rest, ok := cutTag(r.rest[1:])
	if !ok {
		return false
	}
	r.rest = rest
	if len(tag) > 0 && tag[0] == '/' {
		return r.endTag(bytes.TrimRight(tag[1:], " \t\r\n"))
	}
	return r.startTag(tag)
}

func (r *xmlReader) skipPast(mark string) bool {
	_, rest, ok := bytes.Cut(r.rest, []byte(mark))
	r.rest = rest
	return ok
}

// cutTag finds the ">" that ends a tag, minding quoted attributes.
func cutTag(b []byte) (tag, rest []byte, ok bool) {
	quote := byte(0)
	for i, c := range b {
		switch {
		case quote != 0:
			if c == quote {
				quote = 0
			}
		case c == '"' || c == '\'':
			quote = c
		case c == '<':
			return nil, nil, false
		case c == '>':
			return b[:i], b[i+1:], true
		}
	}
	return nil, nil, false
}

func (r *xmlReader) startTag(tag []byte) bool {
	empty := bytes.HasSuffix(tag, []byte("/"))
	tag = bytes.TrimSuffix(tag, []byte("/"))
	end := bytes.IndexAny(tag, " \t\r\n")
	if end < 0 {
		end = len(tag)
	}
	name, attributes := tag[:end], tag[end:]
	if !isXMLName(name) || len(r.open) > maxDepth {
		return false
	}
	if len(r.open) == 0 {
		if r.found.root != nil {
			return false
		}
		r.found.root = local(name)
		r.found.namespace = namespaceOf(name, attributes)
	}
	r.open = append(r.open, name)
	r.text, r.whole = nil, true
	if empty {
		return r.endTag(name)
	}
	return true
}

func (r *xmlReader) endTag(name []byte) bool {
	last := len(r.open) - 1
	if last < 0 || !bytes.Equal(r.open[last], name) {
		return false
	}
	r.open = r.open[:last]
	if r.whole {
		r.found.leaves = append(r.found.leaves, leaf{local(name), r.text})
	}
	r.text, r.whole = nil, false
	return true
}

// namespaceOf is the value of the xmlns attribute that applies to the name.
func namespaceOf(name, attributes []byte) []byte {
	attribute := []byte("xmlns=")
	if prefix, _, ok := bytes.Cut(name, []byte{':'}); ok {
		attribute = append(append([]byte("xmlns:"), prefix...), '=')
	}
	_, value, ok := bytes.Cut(attributes, attribute)
	if !ok || len(value) < 2 {
		return nil
	}
	value, _, _ = bytes.Cut(value[1:], value[:1])
	return value
}

func local(name []byte) []byte { return name[bytes.IndexByte(name, ':')+1:] }

func isXMLName(name []byte) bool {
	for i, c := range name {
		letter := c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' || c == '_' || c >= 0x80
		if !letter && (i == 0 || c != '-' && c != '.' && c != ':' && (c < '0' || c > '9')) {
			return false
		}
	}
	return len(name) > 0
}

// characters adds text between tags, entities resolved.
func (r *xmlReader) characters(text []byte) bool {
	if len(r.open) == 0 {
		return len(bytes.TrimSpace(text)) == 0
	}
	for {
		before, rest, more := bytes.Cut(text, []byte{'&'})
		r.text = append(r.text, before...)
		if !more {
			return utf8.Valid(r.text)
		}
		entity, after, ok := bytes.Cut(rest, []byte{';'})
		if !ok || !r.entity(entity) {
			return false
		}
		text = after
	}
}

// entity adds what a reference stands for.
func (r *xmlReader) entity(name []byte) bool {
	switch string(name) {
	case "lt":
		r.text = append(r.text, '<')
	case "gt":
		r.text = append(r.text, '>')
	case "amp":
		r.text = append(r.text, '&')
	case "quot":
		r.text = append(r.text, '"')
	case "apos":
		r.text = append(r.text, '\'')
	default:
		return r.numeric(name)
	}
	return true
}

func (r *xmlReader) numeric(name []byte) bool {
	digits, ok := bytes.CutPrefix(name, []byte("#"))
	base := 10
	if hex, isHex := bytes.CutPrefix(digits, []byte("x")); isHex {
		digits, base = hex, 16
	}
	n, err := strconv.ParseUint(string(digits), base, 32)
	if !ok || err != nil || !utf8.ValidRune(rune(n)) || n == 0 {
		return false
	}
	r.text = utf8.AppendRune(r.text, rune(n))
	return true
}
