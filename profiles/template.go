package profiles

import (
	"encoding/base64"
	"unicode"
	"unicode/utf8"
)

// Template is a text with values put in at the time of the request, compiled.
// The zero value renders to nothing.
type Template []Segment

// Segment is literal text, or one function applied to values.
type Segment struct {
	Literal []byte
	Func    Func
	Args    []Value // empty: the segment is literal
}

// ValueKind says where a value comes from.
type ValueKind uint8

// Kinds of values.
const (
	AccountValue ValueKind = iota
	SlotValue
	ConstValue // known when the profile was compiled
)

// Value names one value of the request's context.
type Value struct {
	Kind  ValueKind
	Index int
	Const []byte // of a ConstValue
}

// Values is what templates are rendered from. Index order is that of
// [Flow.AccountFields] and [Flow.Slots]; a missing value is empty.
type Values struct {
	Account [][]byte
	Slots   [][]byte
}

func (v *Values) get(x Value) []byte {
	from := v.Account
	switch x.Kind {
	case ConstValue:
		return x.Const
	case SlotValue:
		from = v.Slots
	}
	if x.Index >= len(from) {
		return nil
	}
	return from[x.Index]
}

// Func is a template function.
type Func uint8

// The functions. All but Basic take one value.
const (
	Raw    Func = iota // the value as it is
	Field              // the value in a header: what would end the field (CR, LF, NUL) becomes a blank, RFC 9110 section 5.5
	Basic              // user and password as a whole Authorization value, RFC 7617
	Base64             // standard Base64
	JSON               // escaped for the inside of a JSON string, RFC 8259 section 7
	XML                // escaped for XML text and attributes
	URL                // percent-encoded for a path or query, RFC 3986 section 2.3
	Form               // encoded for an HTML form body
	Suffix             // Base64 with the URL alphabet, each pad written as X
	Lower              // in lower case
)

var funcNames = [...]string{"raw", "field", "basic", "base64", "json", "xml", "url", "form", "suffix", "lower"}

// String returns the name that templates use.
func (f Func) String() string { return funcNames[f] }

// Append appends the rendered template to dst. It allocates nothing beyond what
// dst has to grow.
func (t Template) Append(dst []byte, v *Values) []byte {
	for i := range t {
		s := &t[i]
		if len(s.Args) == 0 {
			dst = append(dst, s.Literal...)
			continue
		}
		dst = s.append(dst, v)
	}
	return dst
}

func (s *Segment) append(dst []byte, v *Values) []byte {
	x := v.get(s.Args[0])
	switch s.Func {
	case Raw:
		return append(dst, x...)
	case Field:
		return appendField(dst, x)
	case Basic:
		var password []byte
		if len(s.Args) > 1 {
			password = v.get(s.Args[1])
		}
		return appendBasic(append(dst, "Basic "...), x, password)
	case Base64:
		return base64.StdEncoding.AppendEncode(dst, x)
	case JSON:
		return appendJSON(dst, x)
	case XML:
		return appendXML(dst, x)
	case URL:
		return appendPercent(dst, x, "%20")
	case Form:
		return appendPercent(dst, x, "+")
	case Suffix:
		return appendSuffix(dst, x)
	case Lower:
		return appendLower(dst, x)
	}
	return dst
}

func appendField(dst, x []byte) []byte {
	for _, b := range x {
		if b == '\r' || b == '\n' || b == 0 {
			b = ' '
		}
		dst = append(dst, b)
	}
	return dst
}

// appendBasic encodes user:password piece by piece, since the three bytes that
// Base64 takes at a time may lie on both sides of the colon.
func appendBasic(dst, user, password []byte) []byte {
	var piece [96]byte // a multiple of 3: only the last one is padded
	n := 0
	total := len(user) + 1 + len(password)
	for i := range total {
		switch {
		case i < len(user):
			piece[n] = user[i]
		case i == len(user):
			piece[n] = ':'
		default:
			piece[n] = password[i-len(user)-1]
		}
		if n++; n == len(piece) || i == total-1 {
			dst = base64.StdEncoding.AppendEncode(dst, piece[:n])
			n = 0
		}
	}
	return dst
}

const hex, upperHex = "0123456789abcdef", "0123456789ABCDEF"

// appendJSON keeps UTF-8 as it is; what isn't UTF-8 becomes U+FFFD, so that the
// document around it stays JSON ([Flow.CheckAccount] refuses such a value).
func appendJSON(dst, x []byte) []byte {
	for i := 0; i < len(x); {
		b := x[i]
		if b >= utf8.RuneSelf {
			r, size := utf8.DecodeRune(x[i:])
			dst, i = utf8.AppendRune(dst, r), i+size
			continue
		}
		i++
		switch {
		case b == '"' || b == '\\':
			dst = append(dst, '\\', b)
		case b == '\n':
			dst = append(dst, '\\', 'n')
		case b == '\r':
			dst = append(dst, '\\', 'r')
		case b == '\t':
			dst = append(dst, '\\', 't')
		case b < 0x20:
			dst = append(dst, '\\', 'u', '0', '0', hex[b>>4], hex[b&15])
		default:
			dst = append(dst, b)
		}
	}
	return dst
}

// appendXML writes tab and line ends as references, which a parser leaves
// alone. What XML 1.0 can't hold at all becomes U+FFFD.
func appendXML(dst, x []byte) []byte {
	for i := 0; i < len(x); {
		r, size := utf8.DecodeRune(x[i:])
		i += size
		switch r {
		case '&':
			dst = append(dst, "&amp;"...)
		case '<':
			dst = append(dst, "&lt;"...)
		case '>':
			dst = append(dst, "&gt;"...)
		case '"':
			dst = append(dst, "&#34;"...)
		case '\'':
			dst = append(dst, "&#39;"...)
		case '\t':
			dst = append(dst, "&#9;"...)
		case '\n':
			dst = append(dst, "&#10;"...)
		case '\r':
			dst = append(dst, "&#13;"...)
		default:
			if !inXML(r) {
				r = utf8.RuneError
			}
			dst = utf8.AppendRune(dst, r)
		}
	}
	return dst
}

// inXML tells whether XML 1.0 can hold the character (production Char).
func inXML(r rune) bool {
	return r == '\t' || r == '\n' || r == '\r' ||
		r >= 0x20 && r <= 0xD7FF || r >= 0xE000 && r <= 0xFFFD || r >= 0x10000 && r <= unicode.MaxRune
}

func appendPercent(dst, x []byte, blank string) []byte {
	for _, b := range x {
		switch {
		case unreserved(b):
			dst = append(dst, b)
		case b == ' ':
			dst = append(dst, blank...)
		default:
			dst = append(dst, '%', upperHex[b>>4], upperHex[b&15])
		}
	}
	return dst
}

func unreserved(b byte) bool {
	return b >= 'a' && b <= 'z' || b >= 'A' && b <= 'Z' || b >= '0' && b <= '9' ||
		b == '-' || b == '.' || b == '_' || b == '~'
}

func appendSuffix(dst, x []byte) []byte {
	dst = base64.URLEncoding.AppendEncode(dst, x)
	for i := len(dst) - 1; len(x) > 0 && dst[i] == '='; i-- {
		dst[i] = 'X'
	}
	return dst
}

func appendLower(dst, x []byte) []byte {
	for i := 0; i < len(x); {
		r, size := utf8.DecodeRune(x[i:])
		if r == utf8.RuneError && size == 1 {
			dst = append(dst, x[i])
		} else {
			dst = utf8.AppendRune(dst, unicode.ToLower(r))
		}
		i += size
	}
	return dst
}
